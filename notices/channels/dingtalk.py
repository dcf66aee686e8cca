"""The custom robot of DingTalk 钉钉 (自定义机器人) with 加签.

``sign`` is the Base64 of HMAC-SHA256(secret, timestamp in milliseconds + line feed + secret); both go into the address
beside ``access_token``. The robot refuses a timestamp that is more than an hour away (errcode 310000).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime

from notices.channels.posting import Post
from notices.channels.robots import tell
from notices.message import Message
from notices.model import Address

LONGEST = 20_000
"""Bytes of a request."""


def sign(secret: str, milliseconds: int) -> str:
    """The parameter ``sign``, not yet encoded for an address."""
    mac = hmac.new(secret.encode(), f"{milliseconds}\n{secret}".encode(), hashlib.sha256)
    return base64.b64encode(mac.digest()).decode()


class Dingtalk:
    """One robot in one group."""

    merges = True

    def __init__(self, url: str, token: str, secret: str, *, timeout: float, ca_file: str | None) -> None:
        self._url = url
        self._token = token
        self._secret = secret
        self._timeout = timeout
        self._ca_file = ca_file

    def send(self, address: Address, message: Message, now: datetime) -> None:
        """Post the message as Markdown."""
        milliseconds = int(now.timestamp() * 1000)
        # JSON writes a line feed or a quote as two bytes: leave room.
        content = {"title": message.subject[:60], "text": message.markdown(LONGEST * 3 // 4)}
        body = json.dumps({"msgtype": "markdown", "markdown": content}, ensure_ascii=False).encode()
        parameters = {
            "access_token": self._token,
            "timestamp": str(milliseconds),
            "sign": sign(self._secret, milliseconds),
        }
        tell(Post(self._url, body, parameters=parameters, timeout=self._timeout, ca_file=self._ca_file))
