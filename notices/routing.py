"""Which channels carry a notice to which address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from notices.model import Address, Notice, To, parts
from notices.settings import NoticeSettings

CALLBACK = "callback"
"""Id of the channel that calls systems of departments back; no channel of the settings may have it."""


@dataclass(frozen=True, slots=True)
class Route:
    """A channel and the address that it carries a notice to."""

    channel: str
    address: Address = field(repr=False)


def routes(notice: Notice, settings: NoticeSettings, addresses: Sequence[Address]) -> list[Route]:
    """Where a notice goes.

    A person is written to by the first mail server that is meant for him; a department's notices are also posted to every
    robot and system that serves it; a system with an API key is called back. What concerns one person is not posted to
    a group.

    Args:
        notice: what is told.
        settings: the channels.
        addresses: where its recipient is reached, by the directory.
    """
    kind, name = parts(notice.recipient)
    if kind is To.KEY:
        called = [Route(CALLBACK, one) for one in addresses if one.channel == "webhook"]
        return called if settings.callbacks is not None else []
    found: dict[tuple[str, str], Route] = {}
    carrying = [one for one in settings.channels if one.carries(notice.topic)]
    department = name if kind is To.DEPARTMENT else None
    for address in addresses:
        for one in carrying:
            if one.kind == address.channel == "smtp" and one.serves(address.department or department):
                found.setdefault((one.id, address.target.lower()), Route(one.id, address))
                break
    if department is not None:
        for one in carrying:
            if one.kind != "smtp" and one.serves(department):
                found[(one.id, "")] = Route(one.id, Address(one.kind, "", department, department=department))
    return list(found.values())
