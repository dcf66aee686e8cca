"""Tells a person by mail, through the mail server of the office."""

from __future__ import annotations

import smtplib
from datetime import datetime
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP as WRITTEN
from email.utils import format_datetime

from notices.channels.channel import DeliveryFailed
from notices.channels.posting import trusted
from notices.message import Message
from notices.model import Address
from notices.settings import SmtpChannel

PERMANENT = 500
"""From this reply code on a mail server says that asking again is useless (RFC 5321, 4.2.1)."""


class Smtp:
    """One mail server.

    Args:
        settings: host, port, protection, sender.
        password: for ``settings.user``; None without a login.
    """

    merges = True

    def __init__(self, settings: SmtpChannel, password: str | None) -> None:
        self._settings = settings
        self._password = password

    def send(self, address: Address, message: Message, now: datetime) -> None:
        """Send one mail."""
        try:
            mail = self._mail(address, message, now)
        except (ValueError, MessageError, UnicodeError):
            raise DeliveryFailed("address_not_an_address", retry=False) from None
        try:
            with self._connected() as server:
                server.send_message(mail, to_addrs=[address.target])
        except smtplib.SMTPRecipientsRefused as fault:
            codes = [code for code, _ in fault.recipients.values()]
            raise _refused("recipient_refused", max(codes, default=0)) from None
        except smtplib.SMTPAuthenticationError:
            raise DeliveryFailed("login_refused", retry=True) from None
        except smtplib.SMTPResponseException as fault:
            raise _refused("smtp", fault.smtp_code) from None
        except TimeoutError:
            raise DeliveryFailed("timeout", retry=True) from None
        except (smtplib.SMTPException, OSError):
            # SMTPServerDisconnected, SMTPNotSupportedError (no STARTTLS), a certificate that does not hold.
            raise DeliveryFailed("unreachable", retry=True) from None

    def _connected(self) -> smtplib.SMTP:
        one = self._settings
        if one.tls == "ssl":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                one.host, one.port, timeout=one.timeout_seconds, context=trusted(one.ca_file)
            )
        else:
            server = smtplib.SMTP(one.host, one.port, timeout=one.timeout_seconds)
        try:
            if one.tls == "starttls":
                server.starttls(context=trusted(one.ca_file))
            if one.user is not None and self._password is not None:
                server.login(one.user, self._password)
        except BaseException:
            server.close()
            raise
        return server

    def _mail(self, address: Address, message: Message, now: datetime) -> EmailMessage:
        if not address.target.isascii() or any(character in address.target for character in "\r\n,;<> "):
            raise ValueError
        mail = EmailMessage(policy=WRITTEN)
        mail["From"] = self._settings.from_
        mail["To"] = address.target
        mail["Subject"] = message.subject
        mail["Date"] = format_datetime(now)
        # The same at every try: mail programs show a repetition once.
        mail["Message-ID"] = f"<{message.id}@{self._settings.from_.partition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answers, please
        mail.set_content(message.text())
        return mail


def _refused(kind: str, code: int) -> DeliveryFailed:
    return DeliveryFailed(f"{kind}_{code}", retry=code < PERMANENT)
