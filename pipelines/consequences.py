"""What follows from a publication: tickets for new findings, closed tickets for repaired ones, word to whoever used old values.

Driven by the outbox and safe to repeat: each consequence and the mark that it was carried out are one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from catalog.city import City
from pipelines.discovery import FINDINGS
from pipelines.intake.store import Delivery, DeliveryStore
from pipelines.problems.proofs import REPAIRS
from pipelines.problems.standing import gathered_between, whole
from quality.repairs import Repair
from quality.tickets.events import TicketRow
from quality.tickets.following import FindingGroup, Gathered, TicketFollower
from quality.tickets.report_tables import confirmed_value
from warehouse.lake import Lake, LakeReader
from warehouse.operational import OperationalDatabase
from warehouse.publication import Consequence, Publication, PublishedPointer

TICKETS, CORRECTIONS = "tickets", "corrections"
CHUNK = 50_000
"""Fingerprints handed over at once."""

Share = Callable[[Connection, LakeReader, Publication, datetime], None]
"""Tells everyone who used a value that was put right by a publication."""


class Consequences:
    """Carries out what the outbox holds.

    Args:
        city: what is declared.
        lake, pointer, database, deliveries: where things are kept.
        tickets: opens and closes tickets.
        share: tells whoever used values that were put right.
    """

    def __init__(
        self,
        *,
        city: City,
        lake: Lake,
        pointer: PublishedPointer,
        database: OperationalDatabase,
        deliveries: DeliveryStore,
        tickets: TicketFollower,
        share: Share = lambda *_: None,
    ) -> None:
        self._city = city
        self._lake = lake
        self._pointer = pointer
        self._database = database
        self._deliveries = deliveries
        self._tickets = tickets
        self._share = share

    def carry_out(self, now: datetime, progress: Callable[[str], None]) -> tuple[list[str], list[str]]:
        """Carry out everything that waits, oldest first; ids of the tickets opened and closed."""
        opened: list[TicketRow] = []
        closed: list[TicketRow] = []
        for consequence in self._pointer.waiting():
            tickets = consequence.kind == TICKETS
            progress("派发与办结工单 opening and closing tickets" if tickets else "更正通知 sharing corrections")
            with self._lake.reading(consequence.publication.lake_snapshot) as reader:
                if tickets:
                    more_opened, more_closed = self._follow(reader, consequence, now)
                    opened += more_opened
                    closed += more_closed
                else:
                    self._shared(reader, consequence, now)
        return [one.id for one in opened], [one.id for one in closed]

    def _follow(
        self, reader: LakeReader, consequence: Consequence, now: datetime
    ) -> tuple[list[TicketRow], list[TicketRow]]:
        """Open and close tickets for one publication; one transaction, safe to repeat."""
        publication = consequence.publication
        snapshot = publication.lake_snapshot
        with self._database.writing() as connection:
            opened: list[TicketRow] = []
            repairs = _repairs(reader, publication)
            gathered = self._gathered(reader, publication, repairs)
            gone = {kind: _chunks(reader, _of_kind(repairs, kind)) for kind in Repair} if repairs is not None else {}
            done = self._tickets.take_repairs(connection, snapshot, gone, gathered, now)
            if reader.has(FINDINGS):
                groups = self._groups(connection, reader, publication)
                opened = self._tickets.open_from_findings(connection, snapshot, groups, now)
            self._pointer.done(connection, consequence, now)
        return opened, done.closed

    def _shared(self, reader: LakeReader, consequence: Consequence, now: datetime) -> None:
        with self._database.writing() as connection:
            if reader.has(REPAIRS):
                self._share(connection, reader, consequence.publication, now)
            self._pointer.done(connection, consequence, now)

    def _groups(self, connection: Connection, reader: LakeReader, publication: Publication) -> Iterator[FindingGroup]:
        """New findings by resource and rule; at a full run all that are present (the tickets know which they hold).

        New is what the publication before did not have, for the first time or again: what a steward withdrew does not
        come back by itself. What was confirmed once and fails is new too: its value has changed since, maybe before any
        build saw it confirmed.
        """
        findings = reader.table(FINDINGS)
        present = findings.filter(findings["gone_since"].isnull())
        if not publication.facts.get("full"):
            once = connection.execute(sa.select(confirmed_value.c.fingerprint).distinct()).scalars().all()
            named = reader.engine.load("_confirmed_once", pa.table({"_once": pa.array(once, pa.string())}))
            joined = present.left_join(named, present["fingerprint"] == named["_once"])
            kept = joined.filter(joined["_once"].notnull()).select(*present.columns)
            earlier = reader.as_of(FINDINGS, self._pointer.before(connection, publication))
            known = None if earlier is None else earlier.filter(earlier["gone_since"].isnull()).select("fingerprint")
            new = present if known is None else present.anti_join(known, "fingerprint").union(kept).distinct()
            present = reader.engine.stage(new, "_new_findings")
        by = ["resource", "rule", "department", "severity"]
        named = present.group_by(by).agg(item=present["item"].min(), _items=present["item"].nunique())
        for group in reader.engine.to_arrow(named.order_by(by)).to_pylist():
            rows = present.filter((present["resource"] == group["resource"]) & (present["rule"] == group["rule"]))
            item = group.pop("item") if group.pop("_items") == 1 else None
            yield FindingGroup(**group, item=item, fingerprints=_chunks(reader, rows.select("fingerprint")))

    def _gathered(self, reader: LakeReader, publication: Publication, repairs: ir.Table | None) -> Gathered:
        """The batches behind a publication, and which of them put what right."""
        batches = self._deliveries_of(publication)
        by_rule: dict[tuple[str, str], list[str]] = {}
        by_fingerprint: dict[str, list[str]] = {}
        if repairs is not None:
            proven = repairs.filter(repairs["batch_after"].notnull())
            rules = proven.filter(~proven["rule"].startswith("report."))
            for row in reader.engine.to_arrow(rules.select("resource", "rule", "batch_after").distinct()).to_pylist():
                by_rule.setdefault((row["resource"], row["rule"]), []).append(row["batch_after"])
            for resource, rule in _put_back(reader, repairs):
                by_rule.setdefault((resource, rule), []).extend(
                    one.batch for one in batches if one.resource == resource
                )
            said = proven.filter(proven["rule"].startswith("report."))
            for row in reader.engine.to_arrow(said.select("fingerprint", "batch_after").distinct()).to_pylist():
                by_fingerprint.setdefault(row["fingerprint"], []).append(row["batch_after"])
        taken = frozenset(name for one in batches for name in (one.id, one.batch))
        return Gathered(by_rule=by_rule, by_fingerprint=by_fingerprint, whole=whole(self._city, batches), taken=taken)

    def _deliveries_of(self, publication: Publication) -> Sequence[Delivery]:
        first, last = (int(str(publication.facts[name])) for name in ("first_delivery", "last_delivery"))
        return gathered_between(
            self._deliveries, first=first, last=last, after=_previous(publication), until=publication.published_at
        )


def _repairs(reader: LakeReader, publication: Publication) -> ir.Table | None:
    """The proofs of one publication."""
    if not reader.has(REPAIRS):
        return None
    table = reader.table(REPAIRS)
    return reader.engine.stage(table.filter(table["repaired_at"] == _moment(publication)), "_repairs_of")


def _put_back(reader: LakeReader, repairs: ir.Table) -> list[tuple[str, str]]:
    """Resource and rule of findings whose rows came anew with the value that had been confirmed before."""
    anew = (repairs["kind"] == Repair.CONFIRMED.value) & (repairs["hash_after"] != repairs["hash_before"])
    rows = reader.engine.to_arrow(repairs.filter(anew).select("resource", "rule").distinct()).to_pylist()
    return [(row["resource"], row["rule"]) for row in rows]


def _of_kind(repairs: ir.Table, kind: Repair) -> ir.Table:
    return repairs.filter(repairs["kind"] == kind.value).select("fingerprint")


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
