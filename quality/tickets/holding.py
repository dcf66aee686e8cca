"""A ticket in hand: locked for one step of one person, permission and policy asked, then written.

Two officers at once: one wins, the other is told (``seen`` is the ``last_seq`` that the asker saw).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from quality.tickets import confirmations, policies, store
from quality.tickets.city_rules import check_city_allows
from quality.tickets.clocks import ProfileClock
from quality.tickets.events import TicketRow
from quality.tickets.permissions import Actor, check_may
from quality.tickets.service import TicketService, known
from quality.tickets.states import Event


@dataclass(frozen=True)
class Held:
    """A ticket in hand: locked, to be written in this transaction."""

    connection: Connection
    ticket: TicketRow
    actor: Actor
    now: datetime


class Holding:
    """A ticket in hand: locked, asked whether the step may be taken, written with its events.

    Args:
        tickets: where tickets are kept.
    """

    def __init__(self, tickets: TicketService) -> None:
        self._tickets = tickets

    @contextmanager
    def hold(self, ticket_id: str, actor: Actor, now: datetime, seen: int | None, event: Event) -> Iterator[Held]:
        """Lock a ticket for ``event``: permission, unchanged since it was seen, a step from where it stands, and one the city knows."""
        with self._tickets.db.writing() as connection:
            one = known(store.get(connection, ticket_id), ticket_id)
            check_may(actor, event, one)
            policies.check_unchanged(one, seen)
            policies.check_step(one, event)
            check_city_allows(self._tickets.clock.of(one.profile), event)
            yield Held(connection, one, actor, now)

    def _clock(self, held: Held) -> ProfileClock:
        """The clock of the rules that the ticket in hand keeps."""
        return self._tickets.clock.of(held.ticket.profile)

    def happen(
        self, held: Held, event: Event, said: Mapping[str, object], *, about: sa.Select[tuple[str]] | None = None
    ) -> TicketRow:
        """Write ``event`` on a ticket in hand."""
        return self._tickets.happen(held.connection, held.ticket, event, held.now, said, actor=held.actor, about=about)

    def _stands(
        self, held: Held, event: Event, said: Mapping[str, object], learned: Sequence[tuple[str, str]]
    ) -> TicketRow:
        """The values stand: the ticket closes, the marks go, and the rule learns them."""
        confirmations.learn(held.connection, held.ticket.id, learned, held.now)
        return self.happen(held, event, {**said, "learned": len(learned)}, about=store.standing(held.ticket.id))
