"""What did a build prove of tickets? Counted from the event stream, for whoever watches builds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from quality.tickets.states import Event, State
from quality.tickets.tables import ticket, ticket_event

_SAYS = {
    Event.REPAIRED: "closed",
    Event.FINDINGS_GONE: "progressed",
    Event.NOT_REPAIRED: "failed",
    Event.MARK_CLEARED: "cleared",
}


@dataclass(frozen=True)
class Verified:
    """What was verified at one moment, and what still waits.

    Attributes:
        closed: tickets closed by proof.
        progressed: tickets that lost findings and stay open.
        failed: tickets that were said to be put right and were not.
        cleared: tickets closed before as talked through, whose value has been put right.
        waiting: tickets that wait for their proof now.
        failed_ids: ids of the failed ones, the first of them.
    """

    closed: int
    progressed: int
    failed: int
    cleared: int
    waiting: int
    failed_ids: Sequence[str]


def verified(connection: Connection, at: datetime, *, named: int = 100) -> Verified:
    """What a build at ``at`` verified; at most ``named`` ids of what failed.

    Args:
        connection: a transaction.
        at: the moment of the build, which its events carry.
        named: ids given at most.
    """
    mine = ticket_event.c.at == at
    found = sa.select(ticket_event.c.event, sa.func.count(sa.distinct(ticket_event.c.ticket)))
    found = found.where(mine, ticket_event.c.event.in_(_SAYS)).group_by(ticket_event.c.event)
    counts = dict.fromkeys(_SAYS.values(), 0)
    counts |= {_SAYS[Event(event)]: int(number) for event, number in connection.execute(found)}
    waiting = sa.select(sa.func.count()).select_from(ticket).where(ticket.c.state == State.VERIFICATION)
    failed = sa.select(ticket_event.c.ticket).where(mine, ticket_event.c.event == Event.NOT_REPAIRED)
    ids = connection.execute(failed.order_by(ticket_event.c.ticket).limit(named)).scalars().all()
    return Verified(**counts, waiting=int(connection.execute(waiting).scalar_one()), failed_ids=list(ids))
