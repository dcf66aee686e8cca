"""Taking many reports at once: what one report does (`quality.tickets.reporting`), in a few statements for all of them.

A chunk is one transaction. Its rows are answered in their order, so that a row may join the ticket that an earlier row of the
same file has opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.errors import Conflict
from policy.clock import legal_date
from quality.rules import Severity
from quality.tickets import reports, store
from quality.tickets.events import Channel, TicketEvent, TicketRow, apply
from quality.tickets.permissions import SYSTEM, Actor
from quality.tickets.report_tables import problem_report
from quality.tickets.reports import ProblemReport, Seal
from quality.tickets.service import TicketService
from quality.tickets.states import Event
from quality.tickets.tables import ticket, ticket_event, ticket_event_finding, ticket_finding

CHUNK = 1000
"""Reports of one transaction: others wait for a ticket no longer than it takes."""


@dataclass(frozen=True, slots=True)
class Reported:
    """What became of a report.

    Attributes:
        ticket: the ticket that holds it.
        report: id of the report.
        repeated: it had been sent before, and nothing happened.
        joined: it joined a ticket that was open on the same problem.
    """

    ticket: TicketRow
    report: str
    repeated: bool = False
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """A report whose resource, key and item were found to exist.

    Attributes:
        report: what is said, its key in the form of the standard stage.
        department: the owner of the resource.
        batch: the batch in which the doubted row came.
        value: keyed digest of what the record says now.
    """

    report: ProblemReport
    department: str
    batch: str | None
    value: str


class Taking:
    """One chunk of reports being taken, in one transaction.

    Args:
        tickets: where tickets are kept.
        seal: keyed digests and sealing.
        actor: who reports.
        now: when.
        channel: the way they came in.
        route: give them to the owner at once.
    """

    def __init__(
        self, tickets: TicketService, seal: Seal, actor: Actor, now: datetime, channel: Channel, *, route: bool
    ) -> None:
        self._tickets = tickets
        self._seal = seal
        self._actor = actor
        self._now = now
        self._channel = channel
        self._route = route
        self._kept: list[dict[str, object]] = []
        self._happened: dict[str, list[TicketEvent]] = {}
        self._before: dict[str, TicketRow | None] = {}
        self._after: dict[str, TicketRow] = {}
        self._numbers: dict[str, int] = {}
        """Ticket -> how many reports are called after it."""

    def take(self, checked: Sequence[Checked]) -> list[Reported | Conflict]:
        """Take a chunk; what became of each, in their order."""
        with self._tickets.db.writing() as connection:
            store.take_turn(connection)
            prints = [self._seal.fingerprint(one.report) for one in checked]
            sent = self._sent_before(connection, [one.report.reference for one in checked])
            said = self._said_before(connection, prints)
            open_on = self._open_on(connection, prints)
            ids = iter(store.new_ids(connection, legal_date(self._now), len(checked)))
            found: list[_Found | Conflict] = []
            for one, fingerprint in zip(checked, prints, strict=True):
                answer = self._earlier(one.report, fingerprint, sent, said)
                if answer is None:
                    answer = self._new(one, fingerprint, open_on, ids)
                    _remember(one.report, fingerprint, self._seal.content(one.report), answer, sent, said)
                found.append(answer)
            self._write(connection)
            rows = self._after | self._others(connection, found)
        return [
            one if isinstance(one, Conflict) else Reported(rows[one.ticket], one.report, one.repeated, one.joined)
            for one in found
        ]

    # --- what is known --------------------------------------------------------------------------------------------

    def _sent_before(self, connection: Connection, references: Sequence[str | None]) -> dict[str, _Sent]:
        wanted = sorted({one for one in references if one is not None})
        columns = problem_report.c.reference, problem_report.c.digest, problem_report.c.ticket, problem_report.c.id
        found = sa.select(*columns).where(
            problem_report.c.reporter == self._actor.id, problem_report.c.reference.in_(wanted)
        )
        return {row[0]: _Sent(row[1], row[2], row[3]) for row in connection.execute(found)}

    def _said_before(
        self, connection: Connection, prints: Sequence[str]
    ) -> dict[str, list[tuple[ProblemReport, _Sent]]]:
        """What was said without a number on these problems, while their tickets are open."""
        found = (
            sa.select(problem_report, ticket.c.is_open)
            .join(ticket, ticket.c.id == problem_report.c.ticket)
            .where(
                problem_report.c.fingerprint.in_(set(prints)), problem_report.c.reporter == self._actor.id,
                problem_report.c.reference.is_(None),
            )
        )  # fmt: skip
        said: dict[str, list[tuple[ProblemReport, _Sent]]] = {}
        for row in connection.execute(found).mappings():
            if row["is_open"]:
                sent = _Sent(row["digest"], row["ticket"], row["id"])
                said.setdefault(row["fingerprint"], []).append((self._seal.open(row).said, sent))
        return said

    def _open_on(self, connection: Connection, prints: Sequence[str]) -> dict[str, str]:
        """Fingerprint -> the open ticket in which it stands; the tickets are noted as they stand."""
        # Found by fingerprint, then by id: asked in one, SQLite goes through all open tickets.
        standing = sa.select(ticket_finding.c.fingerprint, ticket_finding.c.ticket).where(
            ticket_finding.c.fingerprint.in_(set(prints)), ticket_finding.c.ended_by.is_(None)
        )
        stands = connection.execute(standing).all()
        named = sa.select(ticket).where(ticket.c.id.in_({row[1] for row in stands})).order_by(ticket.c.id)
        rows = connection.execute(named.with_for_update()).mappings()
        held = {one.id: one for one in map(store.as_ticket, rows) if one.is_open}
        for name, one in held.items():
            self._before[name] = self._after[name] = one
            self._numbers[name] = reports.kept_under(connection, name)
        return {row[0]: row[1] for row in sorted(stands, key=lambda row: row[1], reverse=True) if row[1] in held}

    def _earlier(
        self,
        report: ProblemReport,
        fingerprint: str,
        sent: dict[str, _Sent],
        said: dict[str, list[tuple[ProblemReport, _Sent]]],
    ) -> _Found | Conflict | None:
        if report.reference is None:
            same = next((one for other, one in said.get(fingerprint, ()) if other == report), None)
            return None if same is None else _Found(same.ticket, same.report, repeated=True)
        before = sent.get(report.reference)
        if before is None:
            return None
        if before.digest != self._seal.content(report):
            return used_otherwise(report.reference, before.ticket)
        return _Found(before.ticket, before.report, repeated=True)

    # --- what is new ----------------------------------------------------------------------------------------------

    def _new(self, checked: Checked, fingerprint: str, open_on: dict[str, str], ids: Iterator[str]) -> _Found:
        held = open_on.get(fingerprint)
        name = held or next(ids)
        self._numbers[name] = self._numbers.get(name, 0) + 1
        report = reports.report_id(name, self._numbers[name])
        if held is not None:
            self._happen(name, Event.REPORT_JOINED, {"report": report, "channel": self._channel.value})
        else:
            open_on[fingerprint] = name
            self._before[name] = None
            opening = reported_event(
                self._tickets, name, checked.report, self._actor, self._now, self._channel, checked.department
            )
            self._happened[name] = [opening]
            self._after[name] = apply(None, opening)
            if self._route:
                limit = self._tickets.clock.on(self._now).receipt(self._now).as_json()
                self._happen(name, Event.ROUTED, {"department": checked.department, "limit": limit}, by=SYSTEM)
        self._kept.append(
            reports.as_row(
                self._seal, checked.report,
                report_id=report, ticket=name, channel=self._channel,
                reporter=(self._actor.id, self._actor.name, self._actor.department),
                batch=checked.batch, value=checked.value, now=self._now,
            )
        )  # fmt: skip
        return _Found(name, report, joined=held is not None)

    def _happen(self, name: str, event: Event, said: dict[str, object], *, by: Actor | None = None) -> None:
        before = self._after[name]
        one = TicketEvent(
            ticket=name, seq=before.last_seq + 1, at=self._now, event=event, actor=(by or self._actor).id, snapshot=None,
            payload=said,
        )  # fmt: skip
        self._happened.setdefault(name, []).append(one)
        self._after[name] = apply(before, one)

    # --- writing --------------------------------------------------------------------------------------------------

    def _write(self, connection: Connection) -> None:
        """Everything in a few statements: reports, events, tickets, which finding stands where; and who is told."""
        if not self._kept:
            return
        connection.execute(sa.insert(problem_report), self._kept)
        events = [one for stream in self._happened.values() for one in stream]
        connection.execute(sa.insert(ticket_event), [store.event_row(one) for one in events])
        fresh = [name for name in self._happened if self._before[name] is None]
        moved = [name for name in self._happened if self._before[name] is not None]
        if fresh:
            connection.execute(sa.insert(ticket), [store.as_row(self._after[name]) for name in fresh])
            self._stand(connection, fresh)
        if moved:
            change = sa.update(ticket).where(ticket.c.id == sa.bindparam("ticket_id"))
            rows = [{"ticket_id": name, **store.as_row(self._after[name])} for name in moved]
            connection.execute(change, rows)
        for name, stream in self._happened.items():
            self._tickets.heard(connection, self._after[name], stream)

    def _stand(self, connection: Connection, fresh: Sequence[str]) -> None:
        """The problem of every new ticket stands in it: that of its first report."""
        first = problem_report.c.id == problem_report.c.ticket + "/R1"
        opened = (
            sa.select(ticket_event.c.id, problem_report.c.fingerprint)
            .join(problem_report, problem_report.c.ticket == ticket_event.c.ticket)
            .where(ticket_event.c.ticket.in_(fresh), ticket_event.c.event == Event.REPORTED, first)
        )
        connection.execute(sa.insert(ticket_event_finding).from_select(["event", "fingerprint"], opened))
        stands = sa.select(problem_report.c.fingerprint, problem_report.c.ticket).where(
            problem_report.c.ticket.in_(fresh), first
        )
        connection.execute(sa.insert(ticket_finding).from_select(["fingerprint", "ticket"], stands))

    def _others(self, connection: Connection, found: Sequence[_Found | Conflict]) -> dict[str, TicketRow]:
        """The tickets of repeated reports, as they stand."""
        wanted = {one.ticket for one in found if isinstance(one, _Found)} - self._after.keys()
        rows = connection.execute(sa.select(ticket).where(ticket.c.id.in_(wanted))).mappings()
        return {row["id"]: store.as_ticket(row) for row in rows}


@dataclass(frozen=True, slots=True)
class _Sent:
    digest: str
    ticket: str
    report: str


@dataclass(frozen=True, slots=True)
class _Found:
    ticket: str
    report: str
    repeated: bool = False
    joined: bool = False


def _remember(
    report: ProblemReport,
    fingerprint: str,
    digest: str,
    answer: _Found,
    sent: dict[str, _Sent],
    said: dict[str, list[tuple[ProblemReport, _Sent]]],
) -> None:
    """Later rows of the chunk may say it again."""
    one = _Sent(digest, answer.ticket, answer.report)
    if report.reference is not None:
        sent[report.reference] = one
    else:
        said.setdefault(fingerprint, []).append((report, one))


def reported_event(
    tickets: TicketService,
    name: str,
    report: ProblemReport,
    actor: Actor,
    now: datetime,
    channel: Channel,
    department: str,
) -> TicketEvent:
    """The event that opens a ticket on a report."""
    facts = {
        "kind": report.kind.value, "channel": channel.value, "resource": report.resource, "rule": report.rule,
        "item": report.item, "department": department, "severity": Severity.ERROR.value, "findings": 1,
        "reporter": actor.id,
    }  # fmt: skip
    return TicketEvent(
        ticket=name, seq=1, at=now, event=Event.REPORTED, actor=actor.id, snapshot=None,
        payload=tickets.opening(facts, now),
    )  # fmt: skip


def used_otherwise(reference: str | None, name: str) -> Conflict:
    """A number that was used for another report."""
    return Conflict(
        f"编号 {reference} 已用于另一份报告（工单 {name}），请换一个编号。",
        f"The reference {reference} was used for another report (ticket {name}); use a new one.",
        where="reference",
    )


def chunked(checked: Sequence[Checked]) -> Iterator[Sequence[Checked]]:
    """In chunks of `CHUNK`."""
    for begin in range(0, len(checked), CHUNK):
        yield checked[begin : begin + CHUNK]
