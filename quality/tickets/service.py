"""Tickets as they are kept: every event goes through here, every queue is read here.

What rules and deliveries do to them is `quality.tickets.following`, what the clock does `quality.tickets.timing`, what people
do `quality.tickets.handling`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.errors import NotFound
from quality.tickets import queue, store
from quality.tickets.clocks import TicketClock
from quality.tickets.escalating import Governing, nobody
from quality.tickets.events import TicketEvent, TicketRow
from quality.tickets.permissions import SYSTEM, Actor, check_may_see
from quality.tickets.queue import QueueFilter, QueuePage
from quality.tickets.states import Event, State
from quality.tickets.tables import ticket, ticket_event
from warehouse.operational import OperationalDatabase

Heard = Callable[[Connection, TicketRow, Sequence[TicketEvent]], None]
"""Told of what happened to a ticket, in the same transaction."""


EVERYTHING_OPEN = QueueFilter()


@dataclass(frozen=True, slots=True)
class TicketHistory:
    """One ticket and everything that happened to it, in order."""

    ticket: TicketRow
    events: list[TicketEvent]


class TicketService:
    """Tickets kept in ``db``.

    Args:
        db: the operational database.
        clock: the legal clock of the city's rules (Haishu 27: five working days), of whatever version a ticket keeps.
        heard: told of every event.
        government: which government leads the level of a department.
    """

    def __init__(
        self,
        db: OperationalDatabase,
        *,
        clock: TicketClock,
        heard: Heard = lambda *_: None,
        government: Governing = nobody,
    ) -> None:
        self.db = db
        self.clock = clock
        self.heard = heard
        self.government = government

    # --- reading --------------------------------------------------------------------------------------------------

    def queue(
        self,
        wanted: QueueFilter = EVERYTHING_OPEN,
        *,
        seen_by: Actor = SYSTEM,
        limit: int = 50,
        after: str | None = None,
    ) -> QueuePage:
        """A page of the queue, the most urgent first."""
        with self.db.begin() as connection:
            return queue.page(connection, wanted, seen_by=seen_by, limit=limit, after=after)

    def counts(self, wanted: QueueFilter = EVERYTHING_OPEN, *, seen_by: Actor = SYSTEM) -> dict[State, int]:
        """How many tickets of each state."""
        with self.db.begin() as connection:
            return queue.counts(connection, wanted, seen_by=seen_by)

    def overdue(self, now: datetime, wanted: QueueFilter = EVERYTHING_OPEN, *, seen_by: Actor = SYSTEM) -> int:
        """How many open tickets are late."""
        with self.db.begin() as connection:
            return queue.overdue(connection, wanted, now, seen_by=seen_by)

    def list(
        self, state: State | None = None, department: str | None = None, *, limit: int | None = None
    ) -> Sequence[TicketRow]:
        """Tickets by due time, ended ones too; all of them where no ``limit`` is given."""
        wanted = QueueFilter(open=None, states=(state,) if state else (), department=department)
        with self.db.begin() as connection:
            return queue.page(connection, wanted, seen_by=SYSTEM, limit=limit or 10_000_000).rows

    def show(self, ticket_id: str, seen_by: Actor = SYSTEM) -> TicketHistory:
        """One ticket with its events.

        Raises:
            NotFound: no such ticket, or none that the asker may see.
        """
        with self.db.begin() as connection:
            one = known(store.get(connection, ticket_id), ticket_id)
            if not queue.seen_as_reporter(connection, seen_by, ticket_id):
                check_may_see(seen_by, one)
            return TicketHistory(one, [*store.events(connection, ticket_id)])

    def explain(self, one: TicketRow) -> Sequence[str]:
        """The count of a ticket's limit, day by day, in Chinese."""
        return self.clock.of(one.profile).explain(one.clock).explain("zh")

    def rebuild(self) -> int:
        """Make the projection anew from the events; returns the number of tickets."""
        with self.db.writing() as connection:
            return store.rebuild(connection)

    def rebuild_if_empty(self) -> None:
        """Make the projection where there are events and no projection."""
        with self.db.begin() as connection:
            known = connection.execute(sa.select(ticket.c.id).limit(1)).first()
            told = connection.execute(sa.select(ticket_event.c.id).limit(1)).first()
        if told is not None and known is None:
            self.rebuild()

    # --- writing --------------------------------------------------------------------------------------------------

    def happen(
        self,
        connection: Connection,
        before: TicketRow,
        event: Event,
        now: datetime,
        said: Mapping[str, object],
        *,
        actor: Actor = SYSTEM,
        snapshot: int | None = None,
        about: sa.Select[tuple[str]] | None = None,
    ) -> TicketRow:
        """Write one event of a ticket, project it, and tell whoever listens."""
        happened = TicketEvent(
            ticket=before.id,
            seq=before.last_seq + 1,
            at=now,
            event=event,
            actor=actor.id,
            snapshot=snapshot,
            payload=said,
        )
        after = store.write(connection, before, happened, about=about)
        self.heard(connection, after, [happened])
        return after

    def route(
        self,
        connection: Connection,
        before: TicketRow,
        now: datetime,
        *,
        actor: Actor = SYSTEM,
        department: str | None = None,
        event: Event = Event.ROUTED,
        more: Mapping[str, object] | None = None,
    ) -> TicketRow:
        """Put a ticket into a department's queue; its clock begins now."""
        said = {
            "department": department or before.department,
            "limit": self.clock.of(before.profile).receipt(now).as_json(),
            **(more or {}),
        }
        return self.happen(connection, before, event, now, said, actor=actor)

    def opening(self, facts: Mapping[str, object], now: datetime) -> dict[str, object]:
        """What an opening event says: ``facts``, the authority's own limit, and the rules in force."""
        clock = self.clock.on(now)
        return {**facts, "limit": clock.triage(now).as_json(), "profile": clock.profile}


def known(one: TicketRow | None, name: str) -> TicketRow:
    """The ticket, or NotFound."""
    if one is None:
        raise NotFound("没有这张工单，请检查编号。", "There is no such ticket; check its id.", where=name)
    return one
