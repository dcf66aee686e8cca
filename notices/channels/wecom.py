"""The group robot of WeCom 企业微信 (群机器人).

It knows no signature: the ``key`` in its address is all that a sender must know. So the key is the secret, taken from the
environment, and put into the address at the last moment.
"""

from __future__ import annotations

import json
from datetime import datetime

from notices.channels.posting import Post
from notices.channels.robots import tell
from notices.message import Message
from notices.model import Address

LONGEST = 4096
"""Bytes of ``markdown.content`` in UTF-8."""


class Wecom:
    """One robot in one group."""

    merges = True

    def __init__(self, url: str, key: str, *, timeout: float, ca_file: str | None) -> None:
        self._url = url
        self._key = key
        self._timeout = timeout
        self._ca_file = ca_file

    def send(self, address: Address, message: Message, now: datetime) -> None:
        """Post the message as Markdown."""
        content = {"msgtype": "markdown", "markdown": {"content": message.markdown(LONGEST)}}
        body = json.dumps(content, ensure_ascii=False).encode()
        tell(Post(self._url, body, parameters={"key": self._key}, timeout=self._timeout, ca_file=self._ca_file))
