"""Before which government does a ticket go, and when does it go there by itself?

Two ways up. A dispute that the authority could not settle is put before the government of the level by a person (Chifeng, part
4(三)2). An order to rectify that nobody carried out in time is reported to the government (Lianyungang 39): the clock does
that, once for each order, where the rules that the ticket keeps say so, and nowhere else. Who has answered and waits for a
batch to prove it has not been silent. Which government that is, the organisation says (Wuhan 5: the one that leads the level).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ledger.chain import Json
from policy.silence import Following, after_silence
from quality.tickets.clocks import ProfileClock
from quality.tickets.events import TicketRow
from quality.tickets.states import NEXT, Event


@dataclass(frozen=True, slots=True)
class Government:
    """The government that leads a level: its id as a department, and its name."""

    id: str
    name: str


Governing = Callable[[str], Government | None]
"""Department -> the government of its level; None where the organisation declares none."""


def nobody(_department: str) -> Government | None:
    """Where no organisation is known."""
    return None


def said_of(government: Government | None) -> dict[str, Json]:
    """What an event says of the government that it goes to."""
    return {
        "government": government.id if government else None,
        "government_name": government.name if government else None,
    }


def goes_up(ticket: TicketRow, clock: ProfileClock, now: datetime) -> bool:
    """Whether a ticket is to be reported to the government now: nobody carried out its order, and it was not reported yet."""
    if (ticket.state, Event.REPORTED_UP) not in NEXT:
        return False
    ordered, reported = ticket.rectified_at, ticket.escalated_at
    if ordered is None or (reported is not None and reported >= ordered):
        return False
    outcome = after_silence(clock.on_silence(ticket.clock), clock.explain(ticket.clock), now)
    return outcome.follows is Following.ESCALATED
