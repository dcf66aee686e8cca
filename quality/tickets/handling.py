"""What people do with a ticket: route, accept, answer, extend, review, dispute, coordinate, split, merge.

Each is one transaction: the ticket is read under a lock, permission and policy are asked, the events and their projection are
written. Two officers at once: one wins, the other is told (``seen`` is the ``last_seq`` that the asker saw). What a resolution
must bring with it in data (a correction batch, digests of confirmed values) is done by `pipelines.problems`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.errors import UserError
from policy.clock import legal_date
from quality.tickets import confirmations, policies, reports, store
from quality.tickets.clocks import Limit
from quality.tickets.events import TicketEvent, TicketRow
from quality.tickets.permissions import Actor, check_may, check_may_see
from quality.tickets.service import TicketService, known
from quality.tickets.staging import stage, staged
from quality.tickets.states import Event, Outcome, State

DECISIONS = ("correct", "stands")


@dataclass(frozen=True)
class Held:
    """A ticket in hand: locked, to be written in this transaction."""

    connection: Connection
    ticket: TicketRow
    actor: Actor
    now: datetime


class TicketHandling:
    """The use cases of stewards, officers and reporters.

    Args:
        tickets: where tickets are kept.

    Every method raises NotFound (no such ticket, or none that the actor may see), Forbidden (somebody else's business),
    Conflict (it stands elsewhere, or has moved since it was seen), or UserError (what was given does not suffice).
    """

    def __init__(self, tickets: TicketService) -> None:
        self._tickets = tickets

    @contextmanager
    def hold(self, ticket_id: str, actor: Actor, now: datetime, seen: int | None, event: Event) -> Iterator[Held]:
        """Lock a ticket for ``event``: permission, unchanged since it was seen, and a step from where it stands."""
        with self._tickets.db.writing() as connection:
            one = known(store.get(connection, ticket_id), ticket_id)
            check_may(actor, event, one)
            policies.check_unchanged(one, seen)
            policies.check_step(one, event)
            yield Held(connection, one, actor, now)

    def happen(
        self, held: Held, event: Event, said: Mapping[str, object], *, about: sa.Select[tuple[str]] | None = None
    ) -> TicketRow:
        """Write ``event`` on a ticket in hand."""
        return self._tickets.happen(held.connection, held.ticket, event, held.now, said, actor=held.actor, about=about)

    # --- the authority: taking it up ------------------------------------------------------------------------------

    def route(
        self, ticket: str, actor: Actor, now: datetime, *, department: str | None = None, seen: int | None = None
    ) -> TicketRow:
        """Route to the owner, or to another department; sealed from then on. The department is one of the catalogue."""
        with self.hold(ticket, actor, now, seen, Event.ROUTED) as held:
            return self._tickets.route(held.connection, held.ticket, now, actor=actor, department=department)

    def reassign(
        self, ticket: str, actor: Actor, now: datetime, *, department: str, reason: str, seen: int | None = None
    ) -> TicketRow:
        """Give it to another department, whose clock begins now; the same department is told so."""
        with self.hold(ticket, actor, now, seen, Event.REASSIGNED) as held:
            policies.check_said(reason, "改派须写明原因", "say why it is given to another department", held.ticket)
            if department == held.ticket.department:
                raise UserError("工单已在该部门。", "The ticket is with this department already.", where=ticket)
            return self._tickets.route(
                held.connection, held.ticket, now,
                actor=actor, department=department, event=Event.REASSIGNED, more={"reason": reason},
            )  # fmt: skip

    def return_report(
        self, ticket: str, actor: Actor, now: datetime, *, reason: str, seen: int | None = None
    ) -> TicketRow:
        """Send a report back to its reporter, to be completed."""
        with self.hold(ticket, actor, now, seen, Event.RETURNED) as held:
            policies.check_can_return(held.ticket, reason)
            return self.happen(held, Event.RETURNED, {"reason": reason})

    def withdraw(self, ticket: str, actor: Actor, now: datetime, *, reason: str, seen: int | None = None) -> TicketRow:
        """Withdraw it: the reporter before it is routed, the authority where rule or reason is gone."""
        with self.hold(ticket, actor, now, seen, Event.WITHDRAWN) as held:
            policies.check_said(reason, "撤销须写明原因", "say why it is withdrawn", held.ticket)
            return self.happen(held, Event.WITHDRAWN, {"reason": reason}, about=store.standing(ticket))

    def set_urgent(
        self, ticket: str, actor: Actor, now: datetime, *, until: date, reason: str, seen: int | None = None
    ) -> TicketRow:
        """Set an urgent limit for this case (Haishu 27: 限时处理)."""
        with self.hold(ticket, actor, now, seen, Event.URGENT_SET) as held:
            policies.check_said(reason, "限时办理须写明原因", "say why it is urgent", held.ticket)
            limit = self._tickets.clock.urgent(held.ticket.clock, until)
            return self.happen(held, Event.URGENT_SET, {"limit": limit.as_json(), "reason": reason})

    # --- the department -------------------------------------------------------------------------------------------

    def accept(self, ticket: str, actor: Actor, now: datetime, *, seen: int | None = None) -> TicketRow:
        """The department confirms receipt (签收). No date changes."""
        with self.hold(ticket, actor, now, seen, Event.ACCEPTED) as held:
            return self.happen(held, Event.ACCEPTED, {"assignee": actor.id})

    def ask_extension(
        self, ticket: str, actor: Actor, now: datetime, *, cause: str, until: date | None, seen: int | None = None
    ) -> TicketRow:
        """Ask for a longer limit; a date beyond the cap is refused at once."""
        with self.hold(ticket, actor, now, seen, Event.EXTENSION_ASKED) as held:
            policies.check_can_ask_extension(held.ticket, cause, now)
            limit = self._tickets.clock.extended(held.ticket.clock, until)
            said = {"cause": cause, "until": until.isoformat() if until else None, "limit": limit.as_json()}
            return self.happen(held, Event.EXTENSION_ASKED, said)

    def answer_corrected(
        self, ticket: str, actor: Actor, now: datetime, *, how: str, batch: str | None = None, seen: int | None = None
    ) -> TicketRow:
        """Answer 完成整改: it closes when a later batch proves it (``batch``, where it came already)."""
        with self._answering(ticket, actor, now, seen, Event.ANSWERED_CORRECTED) as held:
            policies.check_said(how, "须写明整改措施", "say what was done", held.ticket)
            return self.happen(held, Event.ANSWERED_CORRECTED, {"how": how, "batch": batch})

    def answer_confirmed(
        self, ticket: str, actor: Actor, now: datetime, *, check: str, basis: str, seen: int | None = None
    ) -> TicketRow:
        """Answer 确认无误 with what was checked and on which basis."""
        with self._answering(ticket, actor, now, seen, Event.ANSWERED_CONFIRMED) as held:
            policies.check_can_confirm(held.ticket, check, basis)
            return self._told(self.happen(held, Event.ANSWERED_CONFIRMED, {"check": check, "basis": basis}), held)

    def answer_talked(
        self,
        ticket: str,
        actor: Actor,
        now: datetime,
        *,
        record: str,
        review_on: date | None,
        seen: int | None = None,
    ) -> TicketRow:
        """Answer 沟通解决 with the record of the talk and the date on which the value is looked at again."""
        with self._answering(ticket, actor, now, seen, Event.ANSWERED_TALKED) as held:
            policies.check_can_talk_through(held.ticket, record, review_on, now)
            said = {"record": record, "review_on": review_on.isoformat() if review_on else None}
            return self._told(self.happen(held, Event.ANSWERED_TALKED, said), held)

    # --- the authority: deciding ----------------------------------------------------------------------------------

    def decide_extension(
        self,
        ticket: str,
        actor: Actor,
        now: datetime,
        *,
        grant: bool,
        reason: str,
        until: date | None = None,
        seen: int | None = None,
    ) -> TicketRow:
        """Grant the extension, as asked or until an earlier day, or refuse it with a reason (Haishu 27)."""
        event = Event.EXTENSION_GRANTED if grant else Event.EXTENSION_REFUSED
        with self.hold(ticket, actor, now, seen, event) as held:
            policies.check_said(reason, "审核延期须写明意见", "give the reason of the decision", held.ticket)
            if not grant:
                return self.happen(held, event, {"reason": reason})
            asked = held.ticket.asked_until
            last = until or (date.fromisoformat(asked) if asked else None)
            limit = self._tickets.clock.extended(held.ticket.clock, last)
            return self.happen(held, event, {"limit": limit.as_json(), "reason": reason})

    def review(
        self,
        ticket: str,
        actor: Actor,
        now: datetime,
        *,
        accept: bool,
        reason: str = "",
        learned: Sequence[tuple[str, str]] = (),
        seen: int | None = None,
    ) -> TicketRow:
        """Close an answer 确认无误 or 沟通解决, or send it back with a reason.

        ``learned``: fingerprints and digests of the values that are confirmed so.
        """
        if not accept:
            with self.hold(ticket, actor, now, seen, Event.SENT_BACK) as held:
                policies.check_said(reason, "复核退回须写明理由", "say why the answer does not suffice", held.ticket)
                return self.happen(held, Event.SENT_BACK, {"reason": reason})
        with self._tickets.db.begin() as connection:
            answer = known(store.get(connection, ticket), ticket).answer
        event = Event.TALKED_THROUGH if answer is Outcome.TALKED_THROUGH else Event.CONFIRMED
        with self.hold(ticket, actor, now, seen, event) as held:
            policies.check_can_review(held.ticket, event)
            said = {"reason": reason, "answer": str(held.ticket.answer)}
            if event is Event.TALKED_THROUGH:
                return self.happen(held, event, said)
            return self._stands(held, event, said, learned)

    def reopen(self, ticket: str, actor: Actor, now: datetime, *, reason: str, seen: int | None = None) -> TicketRow:
        """Take up again what was talked through."""
        with self.hold(ticket, actor, now, seen, Event.REOPENED) as held:
            policies.check_can_reopen(held.ticket)
            policies.check_said(reason, "须写明复核原因", "say why it is taken up again", held.ticket)
            return self._tickets.route(
                held.connection, held.ticket, now, actor=actor, event=Event.REOPENED, more={"reason": reason}
            )

    def rectify(
        self, ticket: str, actor: Actor, now: datetime, *, document: str, until: date, seen: int | None = None
    ) -> TicketRow:
        """Make out a rectification order on an overdue ticket, with a date."""
        with self.hold(ticket, actor, now, seen, Event.RECTIFICATION_ORDERED) as held:
            policies.check_can_rectify(held.ticket, document, now)
            limit = self._tickets.clock.ordered(held.ticket.clock, until, now)
            return self.happen(held, Event.RECTIFICATION_ORDERED, {"document": document, "limit": limit.as_json()})

    # --- disputes (Chifeng, part 5) -------------------------------------------------------------------------------

    def dispute(self, ticket: str, actor: Actor, now: datetime, *, reason: str, seen: int | None = None) -> TicketRow:
        """The reporter does not agree with the answer; the value is doubtful again."""
        with self.hold(ticket, actor, now, seen, Event.DISPUTED) as held:
            policies.check_can_dispute(held.ticket, reason)
            ended = held.ticket.state is State.CLOSED and held.ticket.outcome is not Outcome.TALKED_THROUGH
            about = store.standing(ticket, ended=True) if ended else None
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
            return self.happen(held, event, {**said, "limit": self._new_limit(now).as_json()})

    def escalate(
        self, ticket: str, actor: Actor, now: datetime, *, document: str, seen: int | None = None
    ) -> TicketRow:
        """Put it before the government of the same level."""
        with self.hold(ticket, actor, now, seen, Event.ESCALATED) as held:
            policies.check_said(document, "须写明报送文号", "give the number of the document", held.ticket)
            return self.happen(held, Event.ESCALATED, {"document": document})

    def government_decided(
        self, ticket: str, actor: Actor, now: datetime, *, decision: str, document: str, seen: int | None = None
    ) -> TicketRow:
        """Record what the government decided: ``correct`` (to be put right within a new limit) or ``stands``."""
        with self.hold(ticket, actor, now, seen, Event.GOVERNMENT_DECIDED) as held:
            policies.check_said(document, "须写明决定文号", "give the number of the decision", held.ticket)
            said: dict[str, object] = {"decision": _decision(decision), "document": document}
            if decision == "correct":
                said["limit"] = self._new_limit(now).as_json()
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

    # --- triage ---------------------------------------------------------------------------------------------------

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

    def note(self, ticket: str, actor: Actor, now: datetime, *, text: str) -> TicketRow:
        """Write a note that everybody who sees the ticket reads."""
        with self.hold(ticket, actor, now, None, Event.NOTED) as held:
            policies.check_said(text, "备注不能为空", "a note has a text", held.ticket)
            return self.happen(held, Event.NOTED, {"text": text})

    def attached(self, ticket: str, actor: Actor, now: datetime, *, name: str, sha256: str) -> TicketRow:
        """Note that a file was attached (`quality.tickets.attachments` keeps it)."""
        with self.hold(ticket, actor, now, None, Event.ATTACHED) as held:
            return self.happen(held, Event.ATTACHED, {"name": name, "sha256": sha256})

    def check_can_attach(self, ticket: str, actor: Actor) -> None:
        """A file may be attached now, or the reason why not; before its bytes are kept."""
        with self._tickets.db.begin() as connection:
            one = known(store.get(connection, ticket), ticket)
            check_may_see(actor, one)
            policies.check_step(one, Event.ATTACHED)

    # --- parts of the above ---------------------------------------------------------------------------------------

    @contextmanager
    def _answering(self, ticket: str, actor: Actor, now: datetime, seen: int | None, event: Event) -> Iterator[Held]:
        """Lock a ticket for an answer; whoever answers has received it."""
        with self._tickets.db.writing() as connection:
            one = known(store.get(connection, ticket), ticket)
            check_may(actor, event, one)
            policies.check_unchanged(one, seen)
            if one.state is State.ROUTED:
                one = self._tickets.happen(connection, one, Event.ACCEPTED, now, {"assignee": actor.id}, actor=actor)
            policies.check_step(one, event)
            yield Held(connection, one, actor, now)

    def _stands(
        self, held: Held, event: Event, said: Mapping[str, object], learned: Sequence[tuple[str, str]]
    ) -> TicketRow:
        """The values stand: the ticket closes, the marks go, and the rule learns them."""
        confirmations.learn(held.connection, held.ticket.id, learned, held.now)
        return self.happen(held, event, {**said, "learned": len(learned)}, about=store.standing(held.ticket.id))

    def _told(self, answered: TicketRow, held: Held) -> TicketRow:
        """The reporter is told of the answer, which is queued with the event; rules have nobody to tell."""
        if not answered.reports:
            return answered
        said = {"what": str(answered.answer)}
        return self._tickets.happen(held.connection, answered, Event.REPORTER_NOTIFIED, held.now, said)

    def _new_limit(self, now: datetime) -> Limit:
        return self._tickets.clock.receipt(now)

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


def _decision(text: str) -> str:
    if text not in DECISIONS:
        raise UserError(
            f"决定只能是 correct（更正）或 stands（维持），实际为 {text}。",
            f"A decision is 'correct' or 'stands'; found {text}.",
        )
    return text
