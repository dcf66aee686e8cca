"""Tells a system over HTTP, signed: one declared for its departments, or the callback address of an API key.

Signature: ``Shuyuan-Signature: v1=<hex of HMAC-SHA256(secret, timestamp + "." + body)>``, with ``Shuyuan-Timestamp`` in
Unix seconds, so that a receiver can refuse what is old, and ``Shuyuan-Delivery``, the same at every try, so that it can
tell a repetition.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from notices.channels.channel import DeliveryFailed
from notices.channels.hosts import Resolve, numbers, target
from notices.channels.posting import Post, post
from notices.message import Message
from notices.model import Address

TIMESTAMP, SIGNATURE, DELIVERY = "Shuyuan-Timestamp", "Shuyuan-Signature", "Shuyuan-Delivery"
VERSION = "v1"
TOLERANCE = 300
"""Seconds by which the timestamp of a genuine message may differ."""


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """The value of ``Shuyuan-Signature``."""
    mac = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return f"{VERSION}={mac.hexdigest()}"


def verify(
    secret: str, timestamp: str, signature: str, body: bytes, *, now: datetime, tolerance: int = TOLERANCE
) -> bool:
    """Whether a message is genuine and not old; what a receiver does.

    Args:
        secret: what both sides know.
        timestamp, signature: the headers as they came.
        body: the bytes as they came.
        now: aware.
        tolerance: seconds by which the timestamp may differ from ``now``.
    """
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    expected = sign(secret, int(timestamp), body)
    genuine = hmac.compare_digest(expected.encode(), signature.encode())
    return genuine and abs(now.timestamp() - int(timestamp)) <= tolerance


def headers(secret: str, message: Message, body: bytes, now: datetime) -> dict[str, str]:
    """The three headers of a signed message."""
    timestamp = int(now.timestamp())
    return {TIMESTAMP: str(timestamp), SIGNATURE: sign(secret, timestamp, body), DELIVERY: message.id}


class Webhook:
    """A declared system."""

    merges = False

    def __init__(self, url: str, secret: str, *, timeout: float, ca_file: str | None) -> None:
        self._url = url
        self._secret = secret
        self._timeout = timeout
        self._ca_file = ca_file

    def send(self, address: Address, message: Message, now: datetime) -> None:
        """Post one notice; any 2xx is taken for yes."""
        body = message.document().encode()
        signed = headers(self._secret, message, body, now)
        post(Post(self._url, body, headers=signed, timeout=self._timeout, ca_file=self._ca_file))


class Callback:
    """The systems of departments, each at the address beside its API key and signed with that key's secret."""

    merges = False

    def __init__(
        self,
        *,
        allow_hosts: tuple[str, ...],
        allow_loopback: bool,
        timeout: float,
        ca_file: str | None,
        resolve: Resolve = numbers,
    ) -> None:
        self._allow_hosts = allow_hosts
        self._allow_loopback = allow_loopback
        self._timeout = timeout
        self._ca_file = ca_file
        self._resolve = resolve

    def send(self, address: Address, message: Message, now: datetime) -> None:
        """Post one notice to the address, if its host may be called."""
        if not address.secret:
            raise DeliveryFailed("no_secret", retry=False)
        where = target(
            address.target,
            allow_hosts=self._allow_hosts,
            allow_loopback=self._allow_loopback,
            resolve=self._resolve,
        )
        body = message.document().encode()
        post(
            Post(
                where.url,
                body,
                headers={**headers(address.secret, message, body, now), "Host": where.header},
                timeout=self._timeout,
                ca_file=self._ca_file,
                server_name=where.host,
                proxies=False,  # a proxy would look the host up once more, and may reach what we may not
            )
        )
