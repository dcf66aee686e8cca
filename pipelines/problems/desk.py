"""The loop of problem data as the doors use it: report, answer, decide, look; across catalogue, lake, tickets and ledger.

Doors call this and nothing below for whatever needs more than the ticket alone; what is only a step of a ticket they call on
``handling``. A door checks who asks (`quality.tickets.permissions.Actor`); everything else is checked here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from catalog.city import City
from catalog.model import Resource
from ground.errors import Conflict, UserError
from pipelines.intake.store import Delivery
from pipelines.problems import asking, bulk, bulk_asking
from pipelines.problems.bulk import RowAnswer
from pipelines.problems.correcting import Correction, CorrectionDesk
from pipelines.problems.proofs import value_text
from pipelines.problems.records import RecordView
from pipelines.problems.viewing import FindingView, TicketViewer
from quality.tickets import own_reports
from quality.tickets.attachments import Attachment, AttachmentStore
from quality.tickets.events import Channel, Kind, TicketRow
from quality.tickets.handling import TicketHandling
from quality.tickets.permissions import Actor, check_may, check_may_reveal, may_reveal
from quality.tickets.policies import check_said, check_step, check_unchanged
from quality.tickets.queue import QueueFilter, QueuePage
from quality.tickets.reporting import ProblemReporting
from quality.tickets.reporting_many import Checked, Reported
from quality.tickets.reports import KeptReport, ProblemReport, Seal
from quality.tickets.service import TicketHistory, TicketService
from quality.tickets.states import Event, State


class ProblemDesk:
    """The use cases of the loop.

    Args:
        city: what is declared.
        tickets, handling, reporting: the tickets.
        viewer: what they are about.
        corrections: takes corrections.
        attachments: keeps files.
        seal: keyed digests.
    """

    def __init__(
        self,
        *,
        city: City,
        tickets: TicketService,
        handling: TicketHandling,
        reporting: ProblemReporting,
        viewer: TicketViewer,
        corrections: CorrectionDesk,
        attachments: AttachmentStore,
        seal: Seal,
    ) -> None:
        self.tickets = tickets
        self.handling = handling
        self.viewer = viewer
        self.attachments = attachments
        self._city = city
        self._reporting = reporting
        self._corrections = corrections
        self._seal = seal

    # --- reporting (Haishu 27, 28) --------------------------------------------------------------------------------

    def report(self, report: ProblemReport, actor: Actor, now: datetime, channel: Channel) -> Reported:
        """Take a report on one record; sent twice it is the same ticket.

        Raises:
            UserError: no such resource, key or item; a proposed value that breaks the contract; a record that is not there.
            Conflict: the reference was used for something else.
            Unavailable: nothing is published yet.
        """
        asking.check_report(self._city, report)
        known = self._reporting.again(report, actor)
        if known is not None:
            return known
        checked, value, batch = self._checked(report)
        return self._reporting.report(
            checked, actor, now,
            channel=channel, department=self._city.resource(report.resource).department, batch=batch, value=value,
        )  # fmt: skip

    def resubmit(
        self, ticket: str, report: ProblemReport, actor: Actor, now: datetime, *, seen: int | None = None
    ) -> TicketRow:
        """Complete a report that was returned."""
        checked, value, batch = self._checked(report)
        return self._reporting.resubmit(ticket, checked, actor, now, batch=batch, value=value, seen=seen)

    def report_many(self, content: bytes, actor: Actor, now: datetime) -> list[RowAnswer]:
        """Take a CSV of reports (`bulk.COLUMNS`; several key values joined by ``|``), each row for itself.

        Raises:
            UserError: not CSV in UTF-8 with these columns, or too many rows; nothing was taken.
        """
        answers: dict[int, RowAnswer] = {}
        reports: dict[int, tuple[Resource, ProblemReport]] = {}
        references: dict[int, str | None] = {}
        for number, row in enumerate(bulk.rows_of(content), start=1):
            references[number] = (row.get("reference") or "").strip() or None
            try:
                report = bulk.report_of(row)
                reports[number] = (asking.check_report(self._city, report), report)
                check_reason(report)
            except UserError as fault:
                reports.pop(number, None)
                answers[number] = RowAnswer(number, references[number], None, error=fault.as_dict())
        checked: dict[int, Checked] = {}
        for number, looked in self._looked_up(reports).items():
            resource, report = reports[number]
            if isinstance(looked, UserError):
                answers[number] = RowAnswer(number, references[number], None, error=looked.as_dict())
            else:
                digest = self._seal.digest(value_text(looked.value))
                checked[number] = Checked(replace(report, key=looked.key), resource.department, looked.batch, digest)
        order = sorted(checked)
        taken = self._reporting.report_many([checked[number] for number in order], actor, now, channel=Channel.BULK)
        for number, done in zip(order, taken, strict=True):
            answers[number] = (
                RowAnswer(number, references[number], None, error=done.as_dict())
                if isinstance(done, Conflict)
                else RowAnswer(number, references[number], done.ticket.id, done.joined, done.repeated)
            )
        return [answers[number] for number in sorted(answers)]

    def _looked_up(
        self, reports: Mapping[int, tuple[Resource, ProblemReport]]
    ) -> dict[int, bulk_asking.Looked | UserError]:
        if not reports:
            return {}
        with self.viewer.open() as reader:
            return bulk_asking.look_up(reader, self._city, reports)

    # --- reading --------------------------------------------------------------------------------------------------

    def queue(self, actor: Actor, wanted: QueueFilter, *, limit: int = 50, after: str | None = None) -> QueuePage:
        """A page of the queue, the most urgent first: what the actor may see of it."""
        return self.tickets.queue(wanted, seen_by=actor, limit=limit, after=after)

    def reported_by(
        self,
        actor: Actor,
        *,
        states: tuple[State, ...] = (),
        since: datetime | None = None,
        limit: int = 50,
        after: str | None = None,
    ) -> QueuePage:
        """A page of the tickets that hold what the actor reported; with ``since`` those that have moved from then on."""
        with self.tickets.db.begin() as connection:
            return own_reports.page(connection, actor.id, states=states, since=since, limit=limit, after=after)

    def show(self, ticket: str, actor: Actor) -> TicketHistory:
        """One ticket with its story; NotFound where the actor may not see it."""
        return self.tickets.show(ticket, actor)

    def reports(self, ticket: str, actor: Actor) -> list[KeptReport]:
        """What was reported; a reporter sees the own reports only."""
        history = self.show(ticket, actor)
        said = self._reporting.of(history.ticket.id)
        mine = [one for one in said if one.reporter == actor.id]
        return said if may_reveal(actor, history.ticket) else mine

    def own_report(self, ticket: str, actor: Actor) -> KeptReport:
        """The newest report of the actor on a ticket: the one to complete where it was returned.

        Raises:
            UserError: the actor has reported nothing there.
        """
        mine = [one for one in self.reports(ticket, actor) if one.reporter == actor.id]
        check_said("".join(one.id for one in mine), "此工单没有您的报告", "the ticket has no report of yours")
        return mine[-1]

    def findings(self, ticket: str, actor: Actor, *, limit: int = 50, offset: int = 0) -> list[FindingView]:
        """The findings of a ticket, keys masked, with the proofs of those that are gone."""
        return self.viewer.findings(self.show(ticket, actor).ticket, limit=limit, offset=offset)

    def findings_in_clear(
        self, ticket: str, actor: Actor, purpose: str, now: datetime, *, limit: int = 50, offset: int = 0
    ) -> list[FindingView]:
        """`findings` with their keys in clear; logged before they are read."""
        check_said(purpose, "查看须写明用途", "state the purpose")
        one = self.show(ticket, actor).ticket
        check_may_reveal(actor, one)
        return self.viewer.findings_in_clear(one, actor, purpose, now, limit=limit, offset=offset)

    def reveal(self, ticket: str, fingerprint: str, actor: Actor, purpose: str, now: datetime) -> RecordView:
        """One record of a ticket in clear, with the value of every source; logged before it is read."""
        check_said(purpose, "查看须写明用途", "state the purpose")
        one = self.show(ticket, actor).ticket
        check_may_reveal(actor, one)
        return self.viewer.reveal(one, fingerprint, actor, purpose, now)

    # --- answering (Haishu 27) ------------------------------------------------------------------------------------

    def answer_corrected(
        self,
        ticket: str,
        actor: Actor,
        now: datetime,
        *,
        how: str,
        correction: Correction | None = None,
        seen: int | None = None,
    ) -> tuple[TicketRow, Delivery | None]:
        """Answer 完成整改, with a correction batch where the department makes one here and now.

        The batch is landed first: an answer never names a batch that is not there. It closes the ticket when the next build
        proves it; an answer without a batch waits for the department's own delivery.
        """
        one = self.show(ticket, actor).ticket
        self._check_answer(one, actor, seen)
        check_said(how, "须写明整改措施", "say what was done", one)
        batch = None if correction is None else self._taken(one, correction, actor, now)
        done = self.handling.answer_corrected(ticket, actor, now, how=how, batch=batch.id if batch else None, seen=seen)
        return done, batch

    def correct(self, ticket: str, actor: Actor, now: datetime, correction: Correction) -> Delivery:
        """Deliver a correction while working on a ticket, without answering it yet."""
        one = self.show(ticket, actor).ticket
        check_may(actor, Event.ANSWERED_CORRECTED, one)
        return self._taken(one, correction, actor, now)

    def review(
        self,
        ticket: str,
        actor: Actor,
        now: datetime,
        *,
        accept: bool,
        reason: str = "",
        seen: int | None = None,
    ) -> TicketRow:
        """Close an answer, or send it back. What is confirmed teaches its rule (the value is not reported again)."""
        one = self.show(ticket, actor).ticket
        learned = self.viewer.digests(one, one.answered_at) if accept and one.state is State.RESOLVED else []
        return self.handling.review(ticket, actor, now, accept=accept, reason=reason, learned=learned, seen=seen)

    def coordinated(
        self, ticket: str, actor: Actor, now: datetime, *, decision: str, record: str, seen: int | None = None
    ) -> TicketRow:
        """The parties agree; where the value stands, its rule learns it."""
        learned = self.viewer.digests(self.show(ticket, actor).ticket) if decision == "stands" else []
        return self.handling.coordinated(
            ticket, actor, now, decision=decision, record=record, learned=learned, seen=seen
        )

    def conclude(self, ticket: str, actor: Actor, now: datetime, *, seen: int | None = None) -> TicketRow:
        """Close it as the government decided: the value stands, and its rule learns it."""
        learned = self.viewer.digests(self.show(ticket, actor).ticket)
        return self.handling.conclude(ticket, actor, now, learned=learned, seen=seen)

    def dispute(self, ticket: str, actor: Actor, now: datetime, *, reason: str, seen: int | None = None) -> TicketRow:
        """The reporter does not agree; a report is then about the value as it is now."""
        one = self.show(ticket, actor).ticket
        disputed = self.handling.dispute(ticket, actor, now, reason=reason, seen=seen)
        if one.kind is not Kind.FINDINGS:
            self._reporting.renew(ticket, now, self._value_now)
        return disputed

    def route(
        self, ticket: str, actor: Actor, now: datetime, *, department: str | None = None, seen: int | None = None
    ) -> TicketRow:
        """Route to the owner or to another department of the catalogue."""
        if department is not None:
            self._city.department(department)
        return self.handling.route(ticket, actor, now, department=department, seen=seen)

    def reassign(
        self, ticket: str, actor: Actor, now: datetime, *, department: str, reason: str, seen: int | None = None
    ) -> TicketRow:
        """Give it to another department of the catalogue."""
        self._city.department(department)
        return self.handling.reassign(ticket, actor, now, department=department, reason=reason, seen=seen)

    # --- attachments ----------------------------------------------------------------------------------------------

    def attach(self, ticket: str, actor: Actor, now: datetime, *, name: str, content: bytes) -> Attachment:
        """Keep a file with a ticket; what is no document (an archive that unpacks without end, a program) is refused."""
        self.show(ticket, actor)
        self.handling.check_can_attach(ticket, actor)
        kept = self.attachments.keep(ticket, None, name, content, actor.id, now)
        self.handling.attached(ticket, actor, now, name=kept.name, sha256=kept.sha256)
        return kept

    # --- parts ----------------------------------------------------------------------------------------------------

    def _taken(self, one: TicketRow, correction: Correction, actor: Actor, now: datetime) -> Delivery:
        """Take a correction; only a ticket on a missing record may bring one that was not there."""
        whole = replace(correction, adds=one.kind is Kind.MISSING_RECORD and one.item is None)
        return self._corrections.take(one.resource, whole, actor.name, now)

    def _check_answer(self, one: TicketRow, actor: Actor, seen: int | None) -> None:
        check_may(actor, Event.ANSWERED_CORRECTED, one)
        check_unchanged(one, seen)
        if one.state is not State.ROUTED:
            check_step(one, Event.ANSWERED_CORRECTED)

    def _checked(self, report: ProblemReport) -> tuple[ProblemReport, str, str | None]:
        """A report in canonical form, the digest of what the record says now, and the batch that said it."""
        resource = asking.check_report(self._city, report)
        check_reason(report)
        with self.viewer.open() as reader:
            found = asking.find(reader, resource, report.key, report.item)
            asking.check_exists(reader, self._city, resource, report, found)
            if report.item is not None and report.proposed is not None:
                asking.check_values(reader, resource, {report.item: report.proposed}, field="proposed")
        return replace(report, key=found.key), self._seal.digest(value_text(found.value)), found.batch

    def _value_now(self, report: ProblemReport) -> tuple[str, str | None]:
        """Digest of what the record says now, and the batch that said it."""
        resource = self._city.resource(report.resource)
        with self.viewer.open() as reader:
            found = asking.find(reader, resource, report.key, report.item)
        return self._seal.digest(value_text(found.value)), found.batch


def check_reason(report: ProblemReport) -> None:
    """A report says what its doubt rests on, or UserError says that it has to."""
    check_said(report.reason, "报告须写明理由（依据什么认为有误）", "say what the doubt rests on")
