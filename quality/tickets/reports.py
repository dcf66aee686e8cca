"""What a person or a system reports of one record: a wrong value, a missing record, an infringement (Haishu 27).

The form and the interface have the same fields (Haishu 28). Here: what a report says, how it is sealed, and where it is kept.
Whether resource, key and item exist is asked where the catalogue and the data are known (`pipelines.problems`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from cryptography.fernet import Fernet
from sqlalchemy.engine import Connection, RowMapping

from quality.tickets.events import Channel, Kind
from quality.tickets.report_tables import problem_report
from quality.tickets.tables import ticket, ticket_finding


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemReport:
    """What is said of one record.

    Attributes:
        kind: a wrong value, a missing record, or an infringement.
        resource: id of the resource.
        key: the values of its key items, in order.
        item: the item in doubt; None where the whole record is meant.
        doubted: the value as the reporter saw it; None: it is empty, or it is not a value that is wrong.
        proposed: the value that the reporter believes right, if there is one.
        reason: what the doubt rests on.
        observed_at: when the reporter saw it.
        reference: the reporter's own number of the case; sent twice it is one report.
        contact: how to reach the reporter.
    """

    kind: Kind
    resource: str
    key: tuple[str, ...]
    item: str | None
    reason: str
    doubted: str | None = None
    proposed: str | None = None
    observed_at: date | None = None
    reference: str | None = None
    contact: str | None = None

    @property
    def row_key(self) -> str:
        """How the row is called: the key values joined by ``|``."""
        return "|".join(self.key)

    @property
    def rule(self) -> str:
        """What stands in the place of a rule for a report."""
        return f"report.{self.kind.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReport:
    """A report as it is kept, opened: for those who may see it."""

    id: str
    ticket: str
    channel: Channel
    reporter: str
    reporter_name: str
    reporter_department: str | None
    received_at: datetime
    fingerprint: str
    batch: str | None
    value: str
    said: ProblemReport


class Seal:
    """Keyed digests and sealing of what reports say.

    Args:
        fingerprint_key: secret of the fingerprints, the one that findings use.
        sealing_key: 32 bytes, the secret of what is kept sealed.
    """

    def __init__(self, fingerprint_key: bytes, sealing_key: bytes) -> None:
        self._key = fingerprint_key
        self._fernet = Fernet(base64.urlsafe_b64encode(sealing_key[:32].ljust(32, b"\0")))

    def digest(self, text: str) -> str:
        """HMAC-SHA256 in hex, as the engine computes it for findings (RFC 2104)."""
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def fingerprint(self, report: ProblemReport) -> str:
        """The finding that a report is: ``resource|row_key|item|report.<kind>`` as a keyed digest."""
        return self.digest(f"{report.resource}|{report.row_key}|{report.item or ''}|{report.rule}")

    def content(self, report: ProblemReport) -> str:
        """Digest of everything that a report says but its own number: equal exactly where two say the same."""
        said = [report.resource, list(report.key), report.item, report.kind.value, report.doubted, report.proposed]
        return self.digest(json.dumps(said, ensure_ascii=False))

    def close(self, report: ProblemReport) -> bytes:
        """What a report says, sealed."""
        said = {
            "key": list(report.key), "doubted": report.doubted, "proposed": report.proposed, "reason": report.reason,
            "observed_at": report.observed_at.isoformat() if report.observed_at else None, "contact": report.contact,
        }  # fmt: skip
        return self._fernet.encrypt(json.dumps(said, ensure_ascii=False).encode())

    def open(self, row: RowMapping) -> KeptReport:
        """A kept report, opened."""
        said = json.loads(self._fernet.decrypt(bytes(row["sealed"])))
        observed = said["observed_at"]
        return KeptReport(
            id=row["id"],
            ticket=row["ticket"],
            channel=Channel(row["channel"]),
            reporter=row["reporter"],
            reporter_name=row["reporter_name"],
            reporter_department=row["reporter_department"],
            received_at=row["received_at"],
            fingerprint=row["fingerprint"],
            batch=row["batch"],
            value=row["value"],
            said=ProblemReport(
                kind=Kind(row["kind"]),
                resource=row["resource"],
                key=tuple(said["key"]),
                item=row["item"],
                reason=said["reason"],
                doubted=said["doubted"],
                proposed=said["proposed"],
                observed_at=date.fromisoformat(observed) if observed else None,
                reference=row["reference"],
                contact=said["contact"],
            ),
        )


def keep(
    connection: Connection,
    seal: Seal,
    report: ProblemReport,
    *,
    report_id: str,
    ticket: str,
    channel: Channel,
    reporter: tuple[str, str, str | None],
    batch: str | None,
    value: str,
    now: datetime,
) -> None:
    """Keep a report, sealed; ``reporter`` is id, name and department, ``value`` the digest of what the record says now."""
    row = as_row(
        seal, report, report_id=report_id, ticket=ticket, channel=channel, reporter=reporter, batch=batch, value=value, now=now
    )  # fmt: skip
    connection.execute(sa.insert(problem_report).values(row))


def as_row(
    seal: Seal,
    report: ProblemReport,
    *,
    report_id: str,
    ticket: str,
    channel: Channel,
    reporter: tuple[str, str, str | None],
    batch: str | None,
    value: str,
    now: datetime,
) -> dict[str, object]:
    """A report as a row, sealed; see `keep`."""
    return {
        "id": report_id, "ticket": ticket, "kind": report.kind, "channel": channel,
        "reporter": reporter[0], "reporter_name": reporter[1], "reporter_department": reporter[2],
        "reference": report.reference, "resource": report.resource, "item": report.item,
        "fingerprint": seal.fingerprint(report), "digest": seal.content(report), "sealed": seal.close(report),
        "batch": batch, "value": value, "received_at": now,
    }  # fmt: skip


def next_id(connection: Connection, ticket_id: str) -> str:
    """Id of the next report of a ticket: ``<ticket>/R<n>``. Those that came from a merged ticket keep theirs."""
    return report_id(ticket_id, kept_under(connection, ticket_id) + 1)


def report_id(ticket_id: str, number: int) -> str:
    """Id of a ticket's report with this number."""
    return f"{ticket_id}/R{number}"


def kept_under(connection: Connection, ticket_id: str) -> int:
    """How many reports are called after a ticket."""
    name = problem_report.c.id
    # "S" follows "R": the range of the key in which the ids of a ticket's reports lie.
    found = sa.select(sa.func.count()).where(name >= f"{ticket_id}/R", name < f"{ticket_id}/S")
    return int(connection.execute(found).scalar_one())


def sent_before(connection: Connection, reporter: str, reference: str) -> RowMapping | None:
    """The report that this reporter sent under this number, if any."""
    found = sa.select(problem_report).where(
        problem_report.c.reporter == reporter, problem_report.c.reference == reference
    )
    return connection.execute(found).mappings().first()


def said_before(connection: Connection, seal: Seal, reporter: str, report: ProblemReport) -> RowMapping | None:
    """What this reporter said without a number in the very same words, while its ticket is open, if anything."""
    found = (
        sa.select(problem_report)
        .join(ticket, ticket.c.id == problem_report.c.ticket)
        .where(
            problem_report.c.fingerprint == seal.fingerprint(report), problem_report.c.reporter == reporter,
            problem_report.c.reference.is_(None), problem_report.c.digest == seal.content(report), ticket.c.is_open,
        )
    )  # fmt: skip
    rows = connection.execute(found.order_by(problem_report.c.received_at, problem_report.c.id).limit(100)).mappings()
    return next((row for row in rows if seal.open(row).said == report), None)


def of_ticket(connection: Connection, seal: Seal, ticket_id: str) -> list[KeptReport]:
    """The reports of a ticket, the first one first."""
    found = sa.select(problem_report).where(problem_report.c.ticket == ticket_id)
    rows = connection.execute(found.order_by(problem_report.c.received_at, problem_report.c.id)).mappings()
    return [seal.open(row) for row in rows]


def of_fingerprints(connection: Connection, seal: Seal, wanted: sa.Select[tuple[str]]) -> list[KeptReport]:
    """The newest report of every fingerprint that a statement selects."""
    place = sa.func.row_number().over(
        partition_by=problem_report.c.fingerprint,
        order_by=[problem_report.c.received_at.desc(), problem_report.c.id.desc()],
    )
    ranked = (
        sa.select(problem_report.c.id, place.label("place")).where(problem_report.c.fingerprint.in_(wanted)).subquery()
    )
    newest = sa.select(ranked.c.id).where(ranked.c.place == 1)
    rows = connection.execute(sa.select(problem_report).where(problem_report.c.id.in_(newest))).mappings()
    return [seal.open(row) for row in rows]


def standing_reported() -> sa.Select[tuple[str]]:
    """Select the fingerprints of reported problems that stand in a ticket."""
    return (
        sa.select(ticket_finding.c.fingerprint)
        .join(ticket, ticket.c.id == ticket_finding.c.ticket)
        .where(ticket_finding.c.ended_by.is_(None), ticket.c.kind != Kind.FINDINGS)
    )


def move(connection: Connection, from_ticket: str, into: str) -> None:
    """The reports of a merged ticket belong to the other one."""
    connection.execute(sa.update(problem_report).where(problem_report.c.ticket == from_ticket).values(ticket=into))


def reporters(connection: Connection, ticket_id: str) -> Sequence[RowMapping]:
    """Who reported a ticket's problem: ``reporter, reference``, nothing sealed."""
    columns = problem_report.c.reporter, problem_report.c.reference
    found = sa.select(*columns).where(problem_report.c.ticket == ticket_id).distinct()
    return connection.execute(found).mappings().all()
