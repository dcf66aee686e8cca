"""What a ticket is about, row by row: keys masked in lists, a value shown only after the ledger knows who looks at it.

Everything is read at the published snapshot. A list shows masked keys and no value, so it is not logged. `reveal` shows one
record with the value of every source beside it, and is (Longyan 21: who used which data for what).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import sqlalchemy as sa

from catalog.city import City
from ground.errors import NotFound, Unavailable
from ledger.entry import Kind as Use
from masking.techniques import keep_ends
from pipelines.discovery import FINDINGS
from pipelines.problems.digests import value_digests
from pipelines.problems.proofs import REPAIRS
from pipelines.problems.records import RecordReading, RecordView, standard
from pipelines.serving import Reader, ServingService
from quality.row_key import row_key_of
from quality.tickets.events import Kind, TicketRow
from quality.tickets.permissions import Actor
from quality.tickets.reporting import ProblemReporting
from quality.tickets.service import TicketService
from quality.tickets.tables import ticket_finding
from warehouse.lake import Lake, LakeReader
from warehouse.publication import PublishedPointer


@dataclass(frozen=True)
class FindingView:
    """One finding of a ticket as lists show it, with the proof of its repair where it is gone.

    ``key`` is masked. ``repair`` is a `quality.repairs.Repair`; batches and row hashes are the evidence.
    """

    fingerprint: str
    key: str
    item: str
    stands: bool
    first_seen: datetime | None = None
    reappeared: int = 0
    repair: str | None = None
    batch_before: str | None = None
    hash_before: str | None = None
    batch_after: str | None = None
    hash_after: str | None = None


class TicketViewer:
    """Reads what tickets are about.

    Args:
        city: what is declared.
        lake, pointer: where the data are.
        tickets, reporting: the tickets and what people reported.
        serving: writes the ledger.
        fingerprint_key: secret of the fingerprints.
    """

    def __init__(
        self,
        *,
        city: City,
        lake: Lake,
        pointer: PublishedPointer,
        tickets: TicketService,
        reporting: ProblemReporting,
        serving: ServingService,
        fingerprint_key: bytes,
    ) -> None:
        self._city = city
        self._lake = lake
        self._pointer = pointer
        self._tickets = tickets
        self._reporting = reporting
        self._serving = serving
        self._key = fingerprint_key

    @contextmanager
    def open(self, seen_at: datetime | None = None) -> Iterator[LakeReader]:
        """The lake at the published snapshot, or at the one that readers saw at ``seen_at``.

        Raises:
            Unavailable: nothing is published yet.
        """
        publication = self._pointer.current() if seen_at is None else self._pointer.at(seen_at)
        if publication is None:
            raise Unavailable(
                "还没有发布任何数据，请先运行 feed run 与 build。",
                "Nothing is published yet; run feed run and build first.",
            )
        with self._lake.reading(publication.lake_snapshot) as reader:
            yield reader

    def findings(self, ticket: TicketRow, *, limit: int = 50, offset: int = 0) -> list[FindingView]:
        """The findings of a ticket, those that stand first, keys masked; with the proofs of those that are gone."""
        return self._findings(ticket, limit, offset, clear=False)

    def findings_in_clear(
        self, ticket: TicketRow, actor: Actor, purpose: str, now: datetime, *, limit: int = 50, offset: int = 0
    ) -> list[FindingView]:
        """`findings` with the keys as they are; the use is in the ledger before anything is read.

        Raises:
            Unavailable: the ledger cannot be written.
        """
        content: dict[str, object] = {
            "ticket": ticket.id, "resource": ticket.resource, "item": ticket.item, "offset": offset, "limit": limit,
        }  # fmt: skip
        self._serving.record(
            Use.ACCESS, Reader(f"{actor.name} ({actor.id})", purpose, "问题数据办理 handling of problem data"), now, content,
            mode="接口 interface", medium="业务系统 system of the department",
        )  # fmt: skip
        return self._findings(ticket, limit, offset, clear=True)

    def _findings(self, ticket: TicketRow, limit: int, offset: int, *, clear: bool) -> list[FindingView]:
        names = self._fingerprints(ticket.id, ended=True)
        if ticket.kind is not Kind.FINDINGS:
            return self._reported(ticket, names, clear=clear)[offset : offset + limit]
        with self.open() as reader:
            if not reader.has(FINDINGS) or not names:
                return []
            mine = reader.engine.load("_mine", _named(names))
            found = reader.table(FINDINGS).inner_join(mine, "fingerprint")
            proofs = self._proofs(reader, mine)
            rows = found.left_join(proofs, "fingerprint").select(
                fingerprint=found["fingerprint"],
                key=found["row_key"] if clear else masked(found["row_key"]),
                item=found["item"],
                stands=found["stands"],
                first_seen=found["first_seen"],
                reappeared=found["reappeared"],
                **{name: proofs[name] for name in _PROOF},
            )
            page = rows.order_by([ibis.desc("stands"), "item", "fingerprint"]).limit(limit, offset=offset)
            return [FindingView(**row) for row in reader.engine.to_arrow(page).to_pylist()]

    def reveal(self, ticket: TicketRow, fingerprint: str, actor: Actor, purpose: str, now: datetime) -> RecordView:
        """One record of a ticket with its values; the use is in the ledger before anything is read.

        Raises:
            NotFound: the finding is none of this ticket.
            Unavailable: the ledger cannot be written.
        """
        if fingerprint not in dict(self._fingerprints(ticket.id, ended=True)):
            raise NotFound("此工单没有这条问题。", "The ticket has no such finding.", where=ticket.id)
        content: dict[str, object] = {
            "ticket": ticket.id, "resource": ticket.resource, "item": ticket.item, "finding": fingerprint,
        }  # fmt: skip
        self._serving.record(
            Use.ACCESS, Reader(f"{actor.name} ({actor.id})", purpose, "问题数据办理 handling of problem data"), now, content,
            mode="办理台 desk", medium="屏幕 screen",
        )  # fmt: skip
        with self.open() as reader:
            key, item = self._place(reader, ticket, fingerprint)
            return RecordReading(reader, self._city).record(ticket.resource, key, item, self._key_item(ticket))

    def digests(self, ticket: TicketRow, seen_at: datetime | None = None) -> list[tuple[str, str]]:
        """Fingerprint and keyed digest of the value of every finding that stands: what a confirmation teaches.

        The value now, or the one published at ``seen_at``: whoever answered then has checked no other.
        """
        if ticket.kind is not Kind.FINDINGS:
            return []
        names = [name for name, _ in self._fingerprints(ticket.id, ended=False)]
        with self.open(seen_at) as reader:
            return value_digests(reader, self._city, names, self._key)

    def keys_of(self, ticket: TicketRow, fingerprints: Sequence[str]) -> dict[str, dict[str, str]]:
        """Fingerprint -> the key items of the resource's row, for a correction; only rows that are there and single."""
        resource = self._city.resource(ticket.resource)
        if ticket.kind is not Kind.FINDINGS:
            (report, *_) = self._reporting.of(ticket.id)
            return {report.fingerprint: dict(zip(resource.key, report.said.key, strict=True))}
        with self.open() as reader:
            mine = reader.engine.load("_mine", _named([(name, True) for name in fingerprints]))
            found = reader.table(FINDINGS).semi_join(mine, "fingerprint").select("fingerprint", "row_key")
            table = standard(reader, resource.id)
            if table is None:
                return {}
            column = self._key_item(ticket)
            key = row_key_of(table, resource.key) if column is None else table[column].cast("string")
            rows = table.select(_row_key=key, **{name: table[name].cast("string") for name in resource.key})
            joined = found.inner_join(rows, found["row_key"] == rows["_row_key"]).select("fingerprint", *resource.key)
            every = reader.engine.to_arrow(joined).to_pylist()
        counted: dict[str, list[dict[str, str]]] = {}
        for row in every:
            counted.setdefault(row.pop("fingerprint"), []).append(row)
        return {name: rows[0] for name, rows in counted.items() if len(rows) == 1}

    # --- parts ----------------------------------------------------------------------------------------------------

    def _fingerprints(self, ticket_id: str, *, ended: bool) -> list[tuple[str, bool]]:
        wanted = sa.select(ticket_finding.c.fingerprint, ticket_finding.c.ended_by.is_(None)).where(
            ticket_finding.c.ticket == ticket_id
        )
        if not ended:
            wanted = wanted.where(ticket_finding.c.ended_by.is_(None))
        with self._tickets.db.begin() as connection:
            return [(row[0], bool(row[1])) for row in connection.execute(wanted)]

    def _reported(self, ticket: TicketRow, names: Sequence[tuple[str, bool]], *, clear: bool) -> list[FindingView]:
        said = self._reporting.of(ticket.id)
        stands = dict(names)
        proofs: dict[str, dict[str, str | None]] = {}
        if not all(stands.values()):
            with self.open() as reader:
                mine = reader.engine.load("_mine", _named(names))
                proofs = {
                    row["fingerprint"]: row for row in reader.engine.to_arrow(self._proofs(reader, mine)).to_pylist()
                }
        seen: dict[str, FindingView] = {}
        for one in said:
            proof = proofs.get(one.fingerprint, {})
            seen.setdefault(
                one.fingerprint,
                FindingView(
                    fingerprint=one.fingerprint, key=one.said.row_key if clear else masked_text(one.said.row_key), item=one.said.item or "",
                    stands=stands.get(one.fingerprint, False), first_seen=one.received_at,
                    repair=proof.get("repair"), batch_before=proof.get("batch_before"),
                    hash_before=proof.get("hash_before"), batch_after=proof.get("batch_after"), hash_after=proof.get("hash_after"),
                ),
            )  # fmt: skip
        return list(seen.values())

    def _proofs(self, reader: LakeReader, mine: ir.Table) -> ir.Table:
        """The newest proof of each fingerprint."""
        if not reader.has(REPAIRS):
            return ibis.memtable([], schema={"fingerprint": "string", **dict.fromkeys(_PROOF, "string")})
        table = reader.table(REPAIRS).semi_join(mine, "fingerprint")
        last = table.group_by(_of="fingerprint").agg(_at=table["repaired_at"].max())
        newest = table.semi_join(last, [table["fingerprint"] == last["_of"], table["repaired_at"] == last["_at"]])
        return newest.select("fingerprint", repair="kind", **{name: name for name in _PROOF if name != "repair"})

    def _place(self, reader: LakeReader, ticket: TicketRow, fingerprint: str) -> tuple[str, str | None]:
        """Row key and item of a finding."""
        if ticket.kind is not Kind.FINDINGS:
            for one in self._reporting.of(ticket.id):
                if one.fingerprint == fingerprint:
                    return one.said.row_key, one.said.item
        findings = reader.table(FINDINGS)
        row = reader.engine.to_arrow(findings.filter(findings["fingerprint"] == fingerprint)).to_pylist()[0]
        return row["row_key"], row["item"]

    def _key_item(self, ticket: TicketRow) -> str | None:
        """The item by which findings of a library name the resource's rows, where that is not its own key."""
        kind, _, rest = ticket.rule.partition(".")
        library = self._city.register.libraries.get(rest.partition(".")[0]) if kind == "agreement" else None
        item = library.key_in.get(ticket.resource) if library else None
        return None if item is None or self._city.resource(ticket.resource).key == [item] else item


_PROOF = ("repair", "batch_before", "hash_before", "batch_after", "hash_after")


def masked(key: ir.StringValue) -> ir.StringValue:
    """A row key as lists show it: its first three characters, or nothing of a short one."""
    return keep_ends(key, first=3, last=0)


def masked_text(key: str) -> str:
    """`masked` for one key."""
    return f"{key[:3]}****" if len(key) >= 9 else "**"


def _named(names: Sequence[tuple[str, bool]]) -> pa.Table:
    schema = pa.schema([("fingerprint", pa.string()), ("stands", pa.bool_())])
    return pa.table(
        {"fingerprint": [one for one, _ in names], "stands": [stands for _, stands in names]}, schema=schema
    )
