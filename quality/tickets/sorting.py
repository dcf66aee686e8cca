"""Sorting tickets: some findings go on in a ticket of their own, two tickets become one, several are of one cause."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from policy.clock import legal_date
from quality.tickets import policies, reports, store
from quality.tickets.events import TicketEvent, TicketRow
from quality.tickets.holding import Held, Holding
from quality.tickets.permissions import Actor, check_may
from quality.tickets.service import known
from quality.tickets.staging import stage, staged
from quality.tickets.states import Event, State


class Sorting(Holding):
    """Split, merge, group; errors as in `quality.tickets.handling.TicketHandling`."""

    def split(
        self, ticket: str, actor: Actor, now: datetime, *, fingerprints: Sequence[str], seen: int | None = None
    ) -> tuple[TicketRow, TicketRow]:
        """Some findings go on in a ticket of their own, with the same clock; the ticket left, and the new one."""
        with self.hold(ticket, actor, now, seen, Event.SPLIT_OFF) as held:
            connection, before = held.connection, held.ticket
            stage(connection, [list(fingerprints)])
            connection.execute(sa.delete(staged).where(staged.c.fingerprint.not_in(store.standing(ticket))))
            chosen = store.part_of_staged(0)
            number = int(connection.execute(sa.select(sa.func.count()).select_from(chosen.subquery())).scalar_one())
            policies.check_can_split(before, number)
            (name,) = store.new_ids(connection, legal_date(now), 1)
            moved = self.happen(held, Event.SPLIT_OFF, {"into": name, "findings": number}, about=chosen)
            return moved, self._split_from(held, name, number)

    def merge(
        self, ticket: str, actor: Actor, now: datetime, *, into: str, reason: str, seen: int | None = None
    ) -> TicketRow:
        """Let a ticket go on in another one; the one that takes it in."""
        with self.hold(ticket, actor, now, seen, Event.MERGED) as held:
            other = known(store.get(held.connection, into), into)
            check_may(actor, Event.ABSORBED, other)
            policies.check_can_merge(held.ticket, other)
            policies.check_said(reason, "并案须写明原因", "say why they are merged", held.ticket)
            said = {"from": ticket, "findings": held.ticket.findings_open, "reports": held.ticket.reports}
            taken = self._tickets.happen(
                held.connection, other, Event.ABSORBED, now, said, actor=actor, about=store.standing(ticket)
            )
            self.happen(held, Event.MERGED, {"into": into, "reason": reason}, about=store.standing(ticket))
            reports.move(held.connection, ticket, into)
            return taken

    def group(
        self, ticket: str, actor: Actor, now: datetime, *, name: str | None, seen: int | None = None
    ) -> TicketRow:
        """Put it into a group of one cause, or take it out (None)."""
        with self.hold(ticket, actor, now, seen, Event.GROUPED) as held:
            return self.happen(held, Event.GROUPED, {"group": name})

    def _split_from(self, held: Held, name: str, number: int) -> TicketRow:
        """The new ticket, brought to where the old one stands: routed with the same clock, accepted if that was."""
        before, now, actor = held.ticket, held.now, held.actor
        opening: dict[str, Any] = {
            "kind": before.kind.value, "channel": before.channel.value, "resource": before.resource, "rule": before.rule,
            "item": before.item, "department": before.department, "severity": before.severity, "findings": number,
            "from": before.id, "limit": before.clock.as_json(), "profile": before.profile, "group": before.group,
            "opened_at": before.opened_at.isoformat(),
        }  # fmt: skip
        happened = [(Event.SPLIT_FROM, opening)]
        if before.state is not State.SUBMITTED:
            happened.append((Event.ROUTED, {"department": before.department, "limit": before.clock.as_json()}))
        if before.state in (State.ACCEPTED, State.EXTENDED):
            happened.append((Event.ACCEPTED, {"assignee": before.assignee}))
        events = [
            TicketEvent(
                ticket=name, seq=seq, at=now, event=event, actor=actor.id, snapshot=before.snapshot, payload=said
            )
            for seq, (event, said) in enumerate(happened, start=1)
        ]
        made = store.write(held.connection, None, *events, about=store.part_of_staged(0))
        self._tickets.heard(held.connection, made, events)
        return made
