"""What follows from a publication: tickets for new findings, closed tickets for repaired ones.

Driven by the outbox and safe to repeat: each consequence and the mark that it was carried out are one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import ibis
import ibis.expr.types as ir

from pipelines.discovery import FINDINGS
from pipelines.intake.store import DeliveryStore, Outcome
from quality.tickets.service import FindingGroup, TicketService
from warehouse.lake import Lake, LakeReader
from warehouse.operational import OperationalDatabase
from warehouse.publication import Consequence, Publication, PublishedPointer

TICKETS = "tickets"
CHUNK = 50_000
"""Fingerprints handed over at once."""


class Consequences:
    """Carries out what the outbox holds.

    Args:
        lake, pointer, database, deliveries, tickets: where things are kept.
    """

    def __init__(
        self,
        *,
        lake: Lake,
        pointer: PublishedPointer,
        database: OperationalDatabase,
        deliveries: DeliveryStore,
        tickets: TicketService,
    ) -> None:
        self._lake = lake
        self._pointer = pointer
        self._database = database
        self._deliveries = deliveries
        self._tickets = tickets

    def carry_out(self, now: datetime, progress: Callable[[str], None]) -> tuple[list[str], list[str]]:
        """Carry out everything that waits, oldest first; ids of the tickets opened and closed."""
        opened: list[str] = []
        closed: list[str] = []
        for consequence in self._pointer.waiting():
            progress("派发工单 opening tickets")
            with self._lake.reading(consequence.publication.lake_snapshot) as reader:
                more_opened, more_closed = self._follow(reader, consequence, now)
            opened += more_opened
            closed += more_closed
        return opened, closed

    def _follow(self, reader: LakeReader, consequence: Consequence, now: datetime) -> tuple[list[str], list[str]]:
        """Open and close tickets for one publication; one transaction, safe to repeat."""
        publication = consequence.publication
        snapshot = publication.lake_snapshot
        with self._database.begin() as connection:
            opened, closed = [], []
            if reader.has(FINDINGS):
                findings = reader.table(FINDINGS)
                gone = findings.filter(findings["gone_since"] == _moment(publication)).select("fingerprint")
                repairs = self._tickets.close_repaired(
                    connection, snapshot, _chunks(reader, gone), self._evidence(publication), now
                )
                closed = [ticket.id for ticket in repairs.closed]
                opened = [
                    ticket.id
                    for ticket in self._tickets.open_from_findings(
                        connection, snapshot, self._groups(reader, publication), now
                    )
                ]
            self._pointer.done(connection, consequence, now)
        return opened, closed

    def _groups(self, reader: LakeReader, publication: Publication) -> Iterator[FindingGroup]:
        """New findings by resource and rule; at a full run all that are present (the tickets know which they hold)."""
        findings = reader.table(FINDINGS)
        present = findings.filter(findings["gone_since"].isnull())
        if not publication.facts.get("full"):
            present = present.filter((present["first_seen"] == _moment(publication)) | (present["reappeared"] > 0))
        by = ["resource", "rule", "department", "severity"]
        for group in reader.engine.to_arrow(present.select(*by).distinct().order_by(by)).to_pylist():
            rows = present.filter((present["resource"] == group["resource"]) & (present["rule"] == group["rule"]))
            yield FindingGroup(**group, fingerprints=_chunks(reader, rows.select("fingerprint")))

    def _evidence(self, publication: Publication) -> dict[str, list[str]]:
        """Batches taken since the publication before: the proof that a repair came by a delivery."""
        first, last = (int(str(publication.facts[name])) for name in ("first_delivery", "last_delivery"))
        batches: dict[str, list[str]] = {}
        for one in self._deliveries.of():
            # A replay keeps its place in the order of arrival; that it was settled in between tells it.
            replayed = (
                one.attempt > 1
                and one.settled_at is not None
                and _previous(publication) <= one.settled_at <= publication.published_at
            )
            if one.outcome is Outcome.TAKEN and (first <= one.seq <= last or replayed):
                batches.setdefault(one.resource, []).append(one.batch)
        return batches


def _previous(publication: Publication) -> datetime:
    """When the publication before was made; the beginning of time for the first."""
    stated = publication.facts.get("previous")
    return datetime.fromisoformat(str(stated)) if stated else datetime.min.replace(tzinfo=UTC)


def _moment(publication: Publication) -> ir.Value:
    return ibis.literal(publication.published_at.astimezone(UTC), type="timestamp('UTC')")


def _chunks(reader: LakeReader, fingerprints: ir.Table) -> Iterator[list[str]]:
    for batch in reader.engine.batches(fingerprints, CHUNK):
        if batch.num_rows:
            yield batch.column(0).to_pylist()
