"""What people do with a ticket: route, accept, answer, extend, review, note; with `disputes` and `sorting` all there is.

Each is one transaction (`quality.tickets.holding`). What a resolution must bring with it in data (a correction batch, digests of
confirmed values) is done by `pipelines.problems`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime

from ground.errors import UserError
from quality.tickets import policies, store
from quality.tickets.city_rules import check_city_allows
from quality.tickets.disputes import Disputes
from quality.tickets.events import TicketRow
from quality.tickets.holding import Held
from quality.tickets.permissions import Actor, check_may, check_may_see
from quality.tickets.service import known
from quality.tickets.sorting import Sorting
from quality.tickets.states import Event, Outcome, State


class TicketHandling(Disputes, Sorting):
    """The use cases of stewards, officers and reporters.

    Args:
        tickets: where tickets are kept.

    Every method raises NotFound (no such ticket, or none that the actor may see), Forbidden (somebody else's business),
    Conflict (it stands elsewhere, or has moved since it was seen), or UserError (what was given does not suffice).
    """

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
            limit = self._clock(held).urgent(held.ticket.clock, until)
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
            limit = self._clock(held).extended(held.ticket.clock, until)
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
            limit = self._clock(held).extended(held.ticket.clock, last)
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
            limit = self._clock(held).ordered(held.ticket.clock, until, now)
            return self.happen(held, Event.RECTIFICATION_ORDERED, {"document": document, "limit": limit.as_json()})

    # --- notes and files -------------------------------------------------------------------------------------------------

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
            check_city_allows(self._tickets.clock.of(one.profile), event)
            yield Held(connection, one, actor, now)

    def _told(self, answered: TicketRow, held: Held) -> TicketRow:
        """The reporter is told of the answer, which is queued with the event; rules have nobody to tell."""
        if not answered.reports:
            return answered
        said = {"what": str(answered.answer)}
        return self._tickets.happen(held.connection, answered, Event.REPORTER_NOTIFIED, held.now, said)
