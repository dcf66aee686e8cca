"""Taking a report: the same report again is the same ticket, the same problem joins the ticket that is open on it.

Three ways to say a thing twice. The same reporter sends the same number again, or without a number the very same words while the
ticket is open: nothing happens, the same answer is given. Others (or the same one, in other words) report the same record and
item: the open ticket gets one more report. After it is closed a new report opens a new ticket.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.engine import Connection

from ground.errors import Conflict, NotFound
from policy.clock import legal_date
from quality.tickets import policies, reports, store
from quality.tickets.city_rules import check_channel
from quality.tickets.events import Channel, TicketRow
from quality.tickets.handling import TicketHandling
from quality.tickets.permissions import Actor
from quality.tickets.reporting_many import Checked, Reported, Taking, chunked, reported_event, used_otherwise
from quality.tickets.reports import KeptReport, ProblemReport, Seal
from quality.tickets.service import TicketService, known
from quality.tickets.states import Event


class ProblemReporting:
    """Takes reports.

    Args:
        tickets: where tickets are kept.
        handling: what else reporters do.
        seal: keyed digests, and sealing of what a report says.
        route: whether a report goes to the owner at once; otherwise the authority looks at it first.
    """

    def __init__(self, tickets: TicketService, handling: TicketHandling, seal: Seal, *, route: bool = False) -> None:
        self._tickets = tickets
        self._handling = handling
        self._seal = seal
        self._route = route

    def report(
        self,
        report: ProblemReport,
        actor: Actor,
        now: datetime,
        *,
        channel: Channel,
        department: str,
        batch: str | None,
        value: str,
    ) -> Reported:
        """Take a report whose resource, key and item were found to exist.

        Args:
            report: what is said.
            actor: who reports.
            now: when.
            channel: the way it came in.
            department: the owner of the resource.
            batch: the batch in which the doubted row came.
            value: keyed digest of what the record says now.

        Raises:
            Conflict: the number was used before for something else.
            UserError: the city's rules do not know this way.
        """
        check_channel(self._tickets.clock.on(now), channel)
        with self._tickets.db.writing() as connection:
            store.take_turn(connection)
            before = self._sent(connection, report, actor)
            if before is not None:
                return before
            held = store.holding(connection, self._seal.fingerprint(report))
            opened = held or self._open(connection, report, actor, now, channel, department)
            name = reports.next_id(connection, opened.id)
            reports.keep(
                connection, self._seal, report,
                report_id=name, ticket=opened.id, channel=channel,
                reporter=(actor.id, actor.name, actor.department), batch=batch, value=value, now=now,
            )  # fmt: skip
            if held is not None:
                said = {"report": name, "channel": channel.value}
                opened = self._tickets.happen(connection, held, Event.REPORT_JOINED, now, said, actor=actor)
            elif self._route:
                opened = self._tickets.route(connection, opened, now)
            return Reported(opened, name, joined=held is not None)

    def again(self, report: ProblemReport, actor: Actor) -> Reported | None:
        """What became of a report that was sent before; None where it seems new. Ten thousand repeats cost no look at the data.

        A number that was used for other words is judged by `report`: the key may only be written in another way.
        """
        try:
            with self._tickets.db.begin() as connection:
                return self._sent(connection, report, actor)
        except Conflict:
            return None

    def report_many(
        self, checked: Sequence[Checked], actor: Actor, now: datetime, *, channel: Channel
    ) -> list[Reported | Conflict]:
        """`report` for many at once; each is answered for itself, in their order.

        Raises:
            UserError: the city's rules do not know this way.
        """
        check_channel(self._tickets.clock.on(now), channel)
        return [
            answer
            for chunk in chunked(checked)
            for answer in Taking(self._tickets, self._seal, actor, now, channel, route=self._route).take(chunk)
        ]

    def resubmit(
        self,
        ticket: str,
        report: ProblemReport,
        actor: Actor,
        now: datetime,
        *,
        batch: str | None,
        value: str,
        seen: int | None = None,
    ) -> TicketRow:
        """Complete a report that was returned; it stays about the same record and item."""
        with self._handling.hold(ticket, actor, now, seen, Event.RESUBMITTED) as held:
            connection = held.connection
            first = reports.of_ticket(connection, self._seal, ticket)
            if not first:
                raise NotFound("此工单没有报告。", "The ticket has no report.", where=ticket)
            if self._seal.fingerprint(report) != first[0].fingerprint:
                raise Conflict(
                    "补正的报告应针对同一条记录的同一项；其他问题请另行报告。",
                    "A completed report is about the same record and item; report other problems anew.",
                    where=ticket,
                )
            before = reports.sent_before(connection, actor.id, report.reference) if report.reference else None
            if before is not None and before["ticket"] != ticket:
                raise used_otherwise(report.reference, before["ticket"])
            name = reports.next_id(connection, ticket)
            reports.keep(
                # A number names one report: that of the first stays with it.
                connection, self._seal, report if before is None else replace(report, reference=None),
                report_id=name, ticket=ticket, channel=held.ticket.channel,
                reporter=(actor.id, actor.name, actor.department), batch=batch, value=value, now=now,
            )  # fmt: skip
            limit = self._tickets.clock.of(held.ticket.profile).triage(now)
            return self._handling.happen(held, Event.RESUBMITTED, {"report": name, "limit": limit.as_json()})

    def renew(self, ticket: str, now: datetime, value_now: Callable[[ProblemReport], tuple[str, str | None]]) -> None:
        """After a dispute the report is about the value as it is now: keep it once more, with that value's digest."""
        said = self.of(ticket)
        if not said:
            return
        last = said[-1]
        value, batch = value_now(last.said)
        with self._tickets.db.writing() as connection:
            reports.keep(
                connection, self._seal, replace(last.said, reference=None),
                report_id=reports.next_id(connection, ticket), ticket=ticket, channel=last.channel,
                reporter=(last.reporter, last.reporter_name, last.reporter_department), batch=batch, value=value, now=now,
            )  # fmt: skip

    def of(self, ticket: str) -> list[KeptReport]:
        """The reports of a ticket, opened: for those who may see them."""
        with self._tickets.db.begin() as connection:
            return reports.of_ticket(connection, self._seal, ticket)

    def standing(self) -> list[KeptReport]:
        """Every reported problem that stands, opened, one report each: what marks and proofs are made from."""
        with self._tickets.db.begin() as connection:
            return reports.of_fingerprints(connection, self._seal, reports.standing_reported())

    def _sent(self, connection: Connection, report: ProblemReport, actor: Actor) -> Reported | None:
        before = (
            reports.sent_before(connection, actor.id, report.reference)
            if report.reference
            else reports.said_before(connection, self._seal, actor.id, report)
        )
        if before is None:
            return None
        if before["digest"] != self._seal.content(report):
            raise used_otherwise(report.reference, before["ticket"])
        one = known(store.get(connection, before["ticket"]), before["ticket"])
        return Reported(one, before["id"], repeated=True)

    def _open(
        self,
        connection: Connection,
        report: ProblemReport,
        actor: Actor,
        now: datetime,
        channel: Channel,
        department: str,
    ) -> TicketRow:
        policies.check_said(report.reason, "报告须写明理由（依据什么认为有误）", "say what the doubt rests on")
        (name,) = store.new_ids(connection, legal_date(now), 1)
        event = reported_event(self._tickets, name, report, actor, now, channel, department)
        opened = store.write(connection, None, event, about=store.one_fingerprint(self._seal.fingerprint(report)))
        self._tickets.heard(connection, opened, [event])
        return opened
