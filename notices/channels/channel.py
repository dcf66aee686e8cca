"""What every channel promises: it takes a message or says, without secrets, why not."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from notices.message import Message
from notices.model import Address

OUT_OF_ORDER = frozenset(
    {"unreachable", "timeout", "rate_limited", "secret_not_set", "login_refused", "no_certificates"}
)
"""Kinds of failure that the next message to the same server would meet too."""


class DeliveryFailed(Exception):
    """A channel did not take a message.

    Args:
        kind: what happened, in a word, with the status or error code where there is one: ``unreachable``,
            ``http_500``, ``errcode_310000``. Never text of the other side, an address or a secret.
        retry: whether a later try may help.
    """

    def __init__(self, kind: str, *, retry: bool) -> None:
        self.kind = kind
        self.retry = retry
        super().__init__(kind)


class Channel(Protocol):
    """One way out.

    Attributes:
        merges: whether a digest is one message; systems get notice by notice.
    """

    @property
    def merges(self) -> bool:
        """Whether a digest is one message."""
        ...

    def send(self, address: Address, message: Message, now: datetime) -> None:
        """Hand a message over.

        Raises:
            DeliveryFailed: it was not taken.
        """
        ...


class UnsetSecret:
    """A channel whose environment variables are not set: every message waits until they are."""

    def __init__(self, *, merges: bool) -> None:
        self.merges = merges

    def send(self, address: Address, message: Message, now: datetime) -> None:
        """Refuse."""
        raise DeliveryFailed("secret_not_set", retry=True)
