"""Takes one landed delivery into the lake: read, sift, refuse or write, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from catalog.feed import Feed, Mode
from catalog.formats import Csv, FixedWidth, Json, Parquet, Vector, Workbook, Xml, Zip
from catalog.model import Resource
from ground.errors import RefusedData
from pipelines.intake import (
    contract,
    read_csv,
    read_fixed_width,
    read_json,
    read_parquet,
    read_zip,
    standard,
)
from pipelines.intake.staged import Staged
from pipelines.intake.store import Delivery
from warehouse.duckdb_engine import DuckDbEngine
from warehouse.lake import LakeWriter

BATCHES = "raw.batch"
"""Lake table of the batches it holds, written in the transaction that wrote their rows."""

FEW = 20
"""Below so many rows or known keys a share says nothing: a department's three rows may lose two."""


@dataclass(frozen=True)
class Counts:
    """Rows of one taken delivery."""

    rows_in: int
    rows_taken: int
    rows_quarantined: int
    rows_repeated: int
    rows_changed: int
    rows_gone: int
    reasons: dict[str, int]


def read(engine: DuckDbEngine, feed: Feed, path: Path, spill: Path, *, where: str) -> Staged:
    """Stage delivered bytes by the feed's format.

    Raises:
        RefusedData: the file is not what the feed declares.
    """
    if not isinstance(feed.format, Zip):
        return _read_file(engine, feed, path, spill, where=where)

    def read_member(inner: Feed, unpacked: Path, name: str) -> Staged:
        return _read_file(engine, inner, unpacked, spill, where=name)

    return read_zip.read(engine, path, feed, feed.format, spill, read_member, where=where)


def _read_file(engine: DuckDbEngine, feed: Feed, path: Path, spill: Path, *, where: str) -> Staged:
    # What loads a library of its own (workbooks, maps, XML, databases) is loaded for a delivery of that form only.
    match feed.format:
        case Csv() as form:
            return read_csv.read(engine, path, feed, form, spill, where=where)
        case Workbook() as form:
            from pipelines.intake import read_xlsx

            return read_xlsx.read(engine, path, feed, form, where=where)
        case Json() as form:
            return read_json.read(engine, path, feed, form, where=where)
        case Xml() as form:
            from pipelines.intake import read_xml

            return read_xml.read(engine, path, feed, form, where=where)
        case FixedWidth() as form:
            return read_fixed_width.read(engine, path, feed, form, where=where)
        case Vector() as form:
            from pipelines.intake import read_vector

            return read_vector.read(engine, path, feed, form, spill, where=where)
        case Parquet():
            return read_parquet.read(engine, path, feed, where=where)
        case _:
            from pipelines.intake import read_sql

            return read_sql.read(engine, path, feed, where=where)


def take(
    writer: LakeWriter,
    feed: Feed,
    resource: Resource,
    one: Delivery,
    path: Path,
    spill: Path,
    *,
    after: Sequence[Delivery] = (),
    watch: Callable[[Staged], None] = lambda _: None,
) -> Counts:
    """Take a delivery, or refuse it whole.

    Args:
        writer: the open lake.
        feed, resource: their declarations of today.
        one: the delivery; its attempt says whether it is a replay.
        path: its bytes.
        spill: folder for work files.
        after: taken deliveries of this resource whose rows this one may not overwrite.
        watch: told of the delivery as it was read, taken or not.

    Raises:
        RefusedData: not what was declared, too many broken rows, or a full delivery that lost too many keys.
    """
    engine = writer.engine
    staged = read(engine, feed, path, spill, where=one.name)
    watch(staged)
    stamp = standard.Stamp(one.batch, feed.id, one.period, one.seq, one.received_at)
    name = f"standard.{resource.id}"
    current = writer.table(name) if writer.has(name) else None
    typed = engine.stage(contract.typed(staged.table, feed, resource))
    sifted = standard.sift(engine, typed, feed, resource, current, stamp)
    rows_in = count(engine, typed) + len(staged.rejected)
    bad = engine.stage(broken_rows(engine, sifted, staged))
    rows_bad = count(engine, bad)
    refusal = too_broken(feed, rows_bad, rows_in)
    if refusal is not None:
        raise RefusedData(*refusal, where=one.name)
    standing = standard.without(sifted, feed, resource, spoken_for(writer, resource, after))
    change = standard.change(standing, feed, resource, current, stamp)
    if staged.rejected and feed.mode is Mode.FULL:
        # Whose rows the broken lines are cannot be told: nobody is taken for gone on the word of this delivery.
        change = standard.Change(change.upserts, None)
    if change.gone is not None:
        change = standard.Change(change.upserts, engine.stage(change.gone))
        _refuse_cut_off(writer, feed, change, name, one)
    reasons = count_reasons(engine, bad)
    marks = {"_batch": ibis.literal(one.batch), "_feed": ibis.literal(feed.id)}
    with writer.transaction(f"intake {one.batch}", {"batch": one.batch, "feed": feed.id, "sha256": one.sha256}):
        writer.append(f"raw.{feed.id}", raw_rows(staged.table).mutate(**marks))
        if rows_bad:
            writer.append(f"quarantine.{resource.id}", bad.mutate(**marks))
        changed, gone = standard.apply(writer, name, change, resource.key)
        taken = count(engine, sifted.rows)
        counts = Counts(rows_in, taken, rows_bad, sifted.repeated, changed, gone, reasons)
        writer.append(BATCHES, engine.load("_batch_row", _batch_row(one, counts)))
    return counts


def taken_before(writer: LakeWriter, batches: Sequence[str]) -> dict[str, Counts]:
    """Batch -> counts of those whose rows are in the lake already (a run was killed before it could say so)."""
    if not writer.has(BATCHES) or not batches:
        return {}
    table = writer.table(BATCHES)
    found = writer.engine.to_arrow(table.filter(table["batch"].isin(batches))).to_pylist()
    return {row.pop("batch"): _counts(row) for row in found}


def _counts(row: dict[str, Any]) -> Counts:
    reasons = dict(part.rsplit("=", 1) for part in row.pop("reasons").split(";") if part)
    return Counts(**row, reasons={reason: int(number) for reason, number in reasons.items()})


def broken_rows(engine: DuckDbEngine, sifted: standard.Sifted, staged: Staged) -> ir.Table:
    """Every row that is not taken, broken lines included: ``_row``, ``reasons``."""
    if not staged.rejected:
        return sifted.quarantined
    lines = pa.table(
        {
            "_row": pa.array([line.line for line in staged.rejected], type=pa.int64()),
            "reasons": pa.array(["line:broken_line;"] * len(staged.rejected), type=pa.string()),
        }
    )
    return sifted.quarantined.union(engine.load("_broken_lines", lines))


def too_broken(feed: Feed, bad: int, rows: int) -> tuple[str, str] | None:
    """Why a delivery with so many broken rows is refused whole, or None."""
    if bad and feed.on_breach.row == "refuse_delivery":
        return (
            f"有 {bad} 行违反约定，按数据源约定整批退回，原件已保留。请修正后重新送达。",
            f"{bad} rows break the contract; by this feed's rule the delivery is refused whole. Its bytes are kept.",
        )
    if rows and bad / rows > feed.on_breach.refuse_above and (rows >= FEW or bad == rows):
        share = feed.on_breach.refuse_above
        return (
            f"{rows} 行中有 {bad} 行违反约定，超过允许的比例 {share:.0%}，整批退回，原件已保留。用 feed check 查看原因。",
            f"{bad} of {rows} rows break the contract, above the allowed {share:.0%}: refused whole. Its bytes are kept; "
            "feed check shows the reasons.",
        )
    return None


def count(engine: DuckDbEngine, table: ir.Table) -> int:
    """Rows of a table."""
    return int(engine.to_arrow(table.count()).column(0)[0].as_py())


def count_reasons(engine: DuckDbEngine, bad: ir.Table) -> dict[str, int]:
    """``item:reason`` -> rows, most frequent first."""
    each = bad.select(reason=bad["reasons"].split(";").unnest()).filter(ibis._["reason"] != "")
    tallied = each.group_by("reason").agg(n=each.count()).order_by(ibis.desc("n"), "reason")
    return {row["reason"]: row["n"] for row in engine.to_arrow(tallied).to_pylist()}


def _refuse_cut_off(writer: LakeWriter, feed: Feed, change: standard.Change, name: str, one: Delivery) -> None:
    """A full delivery that misses most known keys was cut off or filtered; taking it would delete a library."""
    if feed.mode is not Mode.FULL or change.gone is None:
        return
    known, gone = writer.count(name), count(writer.engine, change.gone)
    # A small resource may lose most of its rows by right; losing all of them is never believed.
    limit = feed.on_breach.refuse_gone_above
    if known and limit < 1 and (gone == known or (known >= FEW and gone / known > limit)):
        raise RefusedData(
            f"全量文件缺少已有 {known} 个主键中的 {gone} 个，超过允许的比例 {limit:.0%}，疑似导出不全。整批退回，原件已保留。"
            "若确已注销，请提高 on_breach.refuse_gone_above（1 为不限）后重放。",
            f"The full delivery misses {gone} of {known} known keys, above the allowed "
            f"{limit:.0%}: it looks incomplete and is refused whole. Its bytes are kept. If they are truly gone, raise "
            "on_breach.refuse_gone_above (1 is no limit) and replay.",
            where=one.name,
        )


def spoken_for(writer: LakeWriter, resource: Resource, after: Sequence[Delivery]) -> ir.Table | None:
    """Keys of the rows that later deliveries brought and that were taken.

    The stamps of standard do not tell: a row that a later delivery merely confirmed keeps its older stamp, and one that
    a later delivery removed is not there.
    """
    parts = []
    for name in sorted({one.feed for one in after if writer.has(f"raw.{one.feed}")}):
        rows = writer.table(f"raw.{name}")
        rows = rows.filter(rows["_batch"].isin([one.batch for one in after if one.feed == name]))
        if writer.has(f"quarantine.{resource.id}"):
            rows = rows.anti_join(writer.table(f"quarantine.{resource.id}"), ["_batch", "_row"])
        parts.append(contract.keys(rows, resource))
    return writer.engine.stage(ibis.union(*parts, distinct=True) if len(parts) > 1 else parts[0]) if parts else None


def raw_rows(staged: ir.Table) -> ir.Table:
    """Delivered rows as raw keeps them: the text as delivered, and its digest."""
    items = [name for name in staged.columns if name != "_row"]
    return staged.mutate(_hash=contract.row_hash(staged, items))


def _batch_row(one: Delivery, counts: Counts) -> pa.Table:
    return batch_rows([(one, counts)])


def batch_rows(taken: Sequence[tuple[Delivery, Counts]]) -> pa.Table:
    """Rows of `BATCHES` for deliveries that were taken."""
    return pa.Table.from_pylist(
        [
            {
                "batch": one.batch,
                **{name: value for name, value in vars(counts).items() if name != "reasons"},
                "reasons": ";".join(f"{reason}={number}" for reason, number in counts.reasons.items()),
            }
            for one, counts in taken
        ]
    )
