"""Disputes: the reporter does not agree, the authority coordinates, the government of the same level decides (Chifeng, part 5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import sqlalchemy as sa

from ground.errors import UserError
from quality.tickets import confirmations, policies, store
from quality.tickets.escalating import said_of
from quality.tickets.events import TicketRow
from quality.tickets.holding import Holding
from quality.tickets.permissions import Actor
from quality.tickets.states import Event, Outcome, State

DECISIONS = ("correct", "stands")


class Disputes(Holding):
    """The steps of a dispute; errors as in `quality.tickets.handling.TicketHandling`."""

    def dispute(self, ticket: str, actor: Actor, now: datetime, *, reason: str, seen: int | None = None) -> TicketRow:
        """The reporter does not agree with the answer; the value is doubtful again."""
        with self.hold(ticket, actor, now, seen, Event.DISPUTED) as held:
            policies.check_can_dispute(held.ticket, reason)
            about = _doubted(held.ticket)
            said: dict[str, object] = {"reason": reason}
            if about is not None:
                counted = sa.select(sa.func.count()).select_from(about.subquery())
                said["findings"] = int(held.connection.execute(counted).scalar_one())
            confirmations.revoke(held.connection, ticket, now)
            return self.happen(held, Event.DISPUTED, said, about=about)

    def coordinate(
        self, ticket: str, actor: Actor, now: datetime, *, parties: str, seen: int | None = None
    ) -> TicketRow:
        """The authority begins to coordinate."""
        with self.hold(ticket, actor, now, seen, Event.COORDINATION_STARTED) as held:
            policies.check_said(parties, "须写明参加协调的各方", "name the parties", held.ticket)
            return self.happen(held, Event.COORDINATION_STARTED, {"parties": parties})

    def coordinated(
        self,
        ticket: str,
        actor: Actor,
        now: datetime,
        *,
        decision: str,
        record: str,
        learned: Sequence[tuple[str, str]] = (),
        seen: int | None = None,
    ) -> TicketRow:
        """The parties agree: ``correct`` (the department puts it right, within a new limit) or ``stands``."""
        event = Event.COORDINATED_CORRECT if _decision(decision) == "correct" else Event.COORDINATED_STANDS
        with self.hold(ticket, actor, now, seen, event) as held:
            policies.check_said(record, "须附协调记录", "give the record of the coordination", held.ticket)
            said: dict[str, object] = {"record": record}
            if event is Event.COORDINATED_STANDS:
                return self._stands(held, event, said, learned)
            return self.happen(held, event, {**said, "limit": self._clock(held).receipt(now).as_json()})

    def escalate(
        self, ticket: str, actor: Actor, now: datetime, *, document: str, seen: int | None = None
    ) -> TicketRow:
        """Put it before the government of the same level; the event says which, and it is told."""
        with self.hold(ticket, actor, now, seen, Event.ESCALATED) as held:
            policies.check_said(document, "须写明报送文号", "give the number of the document", held.ticket)
            government = self._tickets.government(held.ticket.department)
            return self.happen(held, Event.ESCALATED, {"document": document, **said_of(government)})

    def government_decided(
        self, ticket: str, actor: Actor, now: datetime, *, decision: str, document: str, seen: int | None = None
    ) -> TicketRow:
        """Record what the government decided: ``correct`` (to be put right within a new limit) or ``stands``."""
        with self.hold(ticket, actor, now, seen, Event.GOVERNMENT_DECIDED) as held:
            policies.check_said(document, "须写明决定文号", "give the number of the decision", held.ticket)
            said: dict[str, object] = {"decision": _decision(decision), "document": document}
            if decision == "correct":
                said["limit"] = self._clock(held).receipt(now).as_json()
            return self.happen(held, Event.GOVERNMENT_DECIDED, said)

    def conclude(
        self,
        ticket: str,
        actor: Actor,
        now: datetime,
        *,
        learned: Sequence[tuple[str, str]] = (),
        seen: int | None = None,
    ) -> TicketRow:
        """Close it as the government decided: the value stands."""
        with self.hold(ticket, actor, now, seen, Event.CONCLUDED) as held:
            policies.check_can_conclude(held.ticket)
            return self._stands(held, Event.CONCLUDED, {}, learned)


def _doubted(ticket: TicketRow) -> sa.Select[tuple[str]] | None:
    """What stands again by a dispute: what was confirmed as right, or all that was repaired; None if it stands anyway."""
    if ticket.state is not State.CLOSED or ticket.outcome is Outcome.TALKED_THROUGH:
        return None
    found = store.ended_last if ticket.outcome is Outcome.CONFIRMED else partial(store.standing, ended=True)
    # What was found again since stands in a ticket of its own, which answers for it.
    return store.not_elsewhere(found(ticket.id), ticket.id)


def _decision(text: str) -> str:
    if text not in DECISIONS:
        raise UserError(
            f"决定只能是 correct（更正）或 stands（维持），实际为 {text}。",
            f"A decision is 'correct' or 'stands'; found {text}.",
        )
    return text
