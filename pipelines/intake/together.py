"""Takes many small increments of one feed together: the outcome is that of one after another, the work that of one.

A system that pushes says little and says it often. Reading, contract, history and lake are one statement each over all
deliveries of a group, parted by ``_seq``; every delivery keeps its own counts, its own batch in raw and quarantine, and may be
refused for itself. In standard a key has the row of the last delivery that changed it, as if they had been taken in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from catalog.feed import Feed, Mode
from catalog.formats import Json
from catalog.model import Resource
from ground.errors import RefusedData
from pipelines.intake import contract, drift, read_json, standard, take
from pipelines.intake.store import Delivery
from pipelines.intake.take import Counts
from warehouse.duckdb_engine import DuckDbEngine
from warehouse.lake import LakeWriter

SMALL = 1 << 20
"""Bytes of a delivery that is taken together with others."""
MOST, MOST_BYTES = 2_000, 64 << 20
"""Deliveries and bytes of one group: it is held in memory while it is read."""

Answer = Counts | RefusedData


@dataclass(frozen=True)
class Taken:
    """What became of a group.

    Attributes:
        answers: of every delivery, in order: its counts, or why it was refused.
        seen: what the columns of the deliveries said, each thing once (`pipelines.intake.drift`).
    """

    answers: list[Answer]
    seen: list[drift.Seen]


@dataclass
class _Read:
    """Rows of a group before the contract: ``table`` has items and ``_row``, which runs on; ``place`` where each stood."""

    table: pa.Table
    place: pa.Table
    lines: pa.Table
    refused: dict[int, RefusedData]
    seen: list[drift.Seen]


_PLACE = pa.schema([("_row", pa.int64()), ("_seq", pa.int64()), ("_line", pa.int64())])
_LINES = pa.schema([("_seq", pa.int64()), ("_line", pa.int64()), ("reasons", pa.string())])


def groups(feed: Feed, landed: Sequence[Delivery]) -> Iterator[list[Delivery]]:
    """Part deliveries, in order, into those that are taken together; whatever is taken alone is a group of its own."""
    group: list[Delivery] = []
    for one in landed:
        alone = feed.mode is not Mode.INCREMENT or one.attempt > 1 or one.size > SMALL
        full = len(group) >= MOST or sum(other.size for other in group) + one.size > MOST_BYTES
        if group and (alone or full or one.period < group[-1].period):
            yield group
            group = []
        group.append(one)
        if alone:
            yield group
            group = []
    if group:
        yield group


def take_together(
    writer: LakeWriter,
    feed: Feed,
    resource: Resource,
    group: Sequence[Delivery],
    payload: Callable[[Delivery], Path],
    spill: Path,
    *,
    after: Sequence[Delivery] = (),
) -> Taken:
    """Take increments together, or refuse some of them; one transaction of the lake.

    Args:
        writer: the open lake.
        feed, resource: their declarations of today.
        group: the deliveries, in order of arrival and of their periods.
        payload: where the bytes of a delivery are.
        spill: folder for work files.
        after: taken deliveries of this resource whose rows none of the group may overwrite.
    """
    engine = writer.engine
    read = _read(engine, feed, group, payload, spill)
    staged = engine.load("_together", read.table)
    place = engine.load("_together_place", read.place)
    lines = engine.load("_together_lines", read.lines)
    typed = engine.stage(contract.typed(staged, feed, resource).join(place, "_row"))
    broken = typed.filter(typed[contract.BREACH].notnull()).select("_row", reasons=typed[contract.BREACH])
    good = typed.filter(typed[contract.BREACH].isnull()).drop(contract.BREACH)
    came = engine.load("_together_came", _came(group))
    good = good.join(came.select("_seq", "_received"), "_seq")
    full = engine.stage(standard.complete(good, resource, good["_received"], "_seq", "_line"))
    rows, losing, _ = standard.one_per_key(engine, full, resource.key, "_seq")
    bad = broken if losing is None else broken.union(losing)
    bad = engine.stage(bad.join(place, "_row").select("_seq", "_line", "reasons").union(lines))
    many = _by_seq(engine, rows_in=typed, rows_full=full, rows_taken=rows, rows_bad=bad, lines=lines)
    refused = dict(read.refused)
    for one in group:
        said = many.get(one.seq, {})
        why = take.too_broken(feed, said.get("rows_bad", 0), said.get("rows_in", 0) + said.get("lines", 0))
        if why is not None and one.seq not in refused:
            refused[one.seq] = RefusedData(*why, where=one.name)
    taken = [one for one in group if one.seq not in refused]
    if not taken:
        return Taken([refused[one.seq] for one in group], read.seen)
    keep = [one.seq for one in taken]
    current = writer.table(f"standard.{resource.id}") if writer.has(f"standard.{resource.id}") else None
    chain = _chain(
        engine, rows.filter(rows["_seq"].isin(keep)), resource, current, take.spoken_for(writer, resource, after)
    )
    changed = _by_seq(engine, rows_changed=chain)
    reasons = _reasons(engine, bad)
    counts = {
        one.seq: _counts(many.get(one.seq, {}), changed.get(one.seq, {}), reasons.get(one.seq, {})) for one in taken
    }
    stamps = came.select("_seq", "_batch", "_period", _feed=ibis.literal(feed.id))
    raw = take.raw_rows(staged).join(place, "_row").join(stamps, "_seq")
    raw = raw.filter(raw["_seq"].isin(keep)).drop("_row", "_seq", "_period").rename(_row="_line")
    kept_apart = bad.filter(bad["_seq"].isin(keep)).join(stamps, "_seq")
    with writer.transaction(
        f"intake {taken[0].batch} – {taken[-1].batch}", {"feed": feed.id, "batches": [one.batch for one in taken]}
    ):
        writer.append(f"raw.{feed.id}", raw)
        if any(one.rows_quarantined for one in counts.values()):
            quarantined = kept_apart.select("reasons", "_batch", "_feed", _row=kept_apart["_line"])
            writer.append(f"quarantine.{resource.id}", quarantined)
        standard.apply(
            writer, f"standard.{resource.id}", standard.Change(_last(chain, resource, stamps), None), resource.key
        )
        writer.append(
            take.BATCHES, engine.load("_batch_row", take.batch_rows([(one, counts[one.seq]) for one in taken]))
        )
    return Taken([counts[one.seq] if one.seq in counts else refused[one.seq] for one in group], read.seen)


def _chain(
    engine: DuckDbEngine, rows: ir.Table, resource: Resource, current: ir.Table | None, keys: ir.Table | None
) -> ir.Table:
    """The rows that change their key, delivery after delivery: another content than the delivery before left there."""
    if keys is not None:
        rows = rows.anti_join(keys, resource.key)
    if current is None:
        rows = rows.mutate(was=ibis.null(dt.string))
    else:
        before = current.select(*resource.key, was=current["_hash"])
        rows = rows.left_join(before, resource.key).select(*rows.columns, "was")
    turns = ibis.window(group_by=resource.key, order_by=rows["_seq"])
    rows = engine.stage(rows.mutate(_before=ibis.coalesce(rows["_hash"].lag().over(turns), rows["was"])))
    return engine.stage(rows.filter(rows["_before"].isnull() | (rows["_before"] != rows["_hash"])))


def _last(chain: ir.Table, resource: Resource, stamps: ir.Table) -> ir.Table:
    """Of every key the last change, stamped."""
    latest = ibis.window(group_by=resource.key, order_by=chain["_seq"].desc())
    rows = chain.mutate(_place=ibis.row_number().over(latest))
    rows = rows.filter(rows["_place"] == 0).drop("_row").rename(_row="_line").join(stamps, "_seq")
    return rows.select(*resource.item_ids, *standard.STAMPS)


# --- reading ------------------------------------------------------------------------------------------------------


def _read(
    engine: DuckDbEngine, feed: Feed, group: Sequence[Delivery], payload: Callable[[Delivery], Path], spill: Path
) -> _Read:
    if isinstance(feed.format, Json) and feed.format.kind == "json":
        try:
            return _read_documents(engine, feed, feed.format, group, payload)
        except RefusedData:
            pass  # one of them is not what was agreed; which, is found by reading each
    return _read_each(engine, feed, group, payload, spill)


def _read_documents(
    engine: DuckDbEngine, feed: Feed, form: Json, group: Sequence[Delivery], payload: Callable[[Delivery], Path]
) -> _Read:
    members = ((one.name, payload(one)) for one in group)
    staged, counts = read_json.read_documents(engine, members, feed, form, where=feed.id)
    many = np.array([number for _, number in counts], dtype=np.int64)
    seqs = np.repeat(np.array([one.seq for one in group], dtype=np.int64), many)
    running = np.arange(1, len(seqs) + 1, dtype=np.int64)
    line = running - np.repeat(np.cumsum(many) - many, many)
    place = pa.table([running, seqs, line], schema=_PLACE)
    seen = [drift.of_taken(feed, staged.not_taken)]
    return _Read(engine.to_arrow(staged.table), place, _LINES.empty_table(), {}, seen)


def _read_each(
    engine: DuckDbEngine, feed: Feed, group: Sequence[Delivery], payload: Callable[[Delivery], Path], spill: Path
) -> _Read:
    tables: list[pa.Table] = []
    places: list[pa.Table] = []
    lines = [_LINES.empty_table()]
    refused: dict[int, RefusedData] = {}
    seen: dict[drift.Seen, None] = {}
    above = 0
    for one in group:
        try:
            staged = take.read(engine, feed, payload(one), spill, where=one.name)
        except RefusedData as refusal:
            refused[one.seq] = refusal
            said = drift.of_refusal(feed, refusal)
            seen |= {said: None} if said is not None else {}
            continue
        seen[drift.of_taken(feed, staged.not_taken)] = None
        table = engine.to_arrow(staged.table)
        running = pa.array(np.arange(above + 1, above + len(table) + 1, dtype=np.int64))
        of = pa.array(np.full(len(table), one.seq, dtype=np.int64))
        places.append(pa.table([running, of, table["_row"].cast(pa.int64())], schema=_PLACE))
        tables.append(table.set_column(table.schema.get_field_index("_row"), "_row", running))
        broken = [line.line for line in staged.rejected]
        lines.append(pa.table([[one.seq] * len(broken), broken, ["line:broken_line;"] * len(broken)], schema=_LINES))
        above += len(table)
    if not tables:
        columns = pa.schema([*((name, pa.string()) for name in feed.columns.values()), ("_row", pa.int64())])
        tables, places = [columns.empty_table()], [_PLACE.empty_table()]
    return _Read(pa.concat_tables(tables), pa.concat_tables(places), pa.concat_tables(lines), refused, list(seen))


# --- counting -----------------------------------------------------------------------------------------------------


def _came(group: Sequence[Delivery]) -> pa.Table:
    """One row per delivery: what its rows carry."""
    return pa.table(
        {
            "_seq": pa.array([one.seq for one in group], pa.int64()),
            "_batch": pa.array([one.batch for one in group], pa.string()),
            "_period": pa.array([one.period for one in group], pa.string()),
            "_received": pa.array([standard.local(one.received_at) for one in group], pa.timestamp("us")),
        }
    )


def _by_seq(engine: DuckDbEngine, **tables: ir.Table) -> dict[int, dict[str, int]]:
    """Delivery -> name of a table -> its rows in it."""
    found: dict[int, dict[str, int]] = {}
    for name, table in tables.items():
        for row in engine.to_arrow(table.group_by("_seq").agg(n=table.count())).to_pylist():
            found.setdefault(row["_seq"], {})[name] = row["n"]
    return found


def _reasons(engine: DuckDbEngine, bad: ir.Table) -> dict[int, dict[str, int]]:
    """Delivery -> ``item:reason`` -> rows, most frequent first."""
    each = bad.select("_seq", reason=bad["reasons"].split(";").unnest()).filter(ibis._["reason"] != "")
    tallied = each.group_by("_seq", "reason").agg(n=each.count()).order_by("_seq", ibis.desc("n"), "reason")
    found: dict[int, dict[str, int]] = {}
    for row in engine.to_arrow(tallied).to_pylist():
        found.setdefault(row["_seq"], {})[row["reason"]] = row["n"]
    return found


def _counts(many: dict[str, Any], changed: dict[str, Any], reasons: dict[str, int]) -> Counts:
    of = {name: int(many.get(name, 0)) for name in ("rows_in", "rows_full", "rows_taken", "rows_bad", "lines")}
    # What is left of the whole rows neither stands nor lost: it merely repeated another.
    broken_by_contract = of["rows_in"] - of["rows_full"]
    losing = of["rows_bad"] - of["lines"] - broken_by_contract
    return Counts(
        rows_in=of["rows_in"] + of["lines"], rows_taken=of["rows_taken"], rows_quarantined=of["rows_bad"],
        rows_repeated=of["rows_full"] - of["rows_taken"] - losing, rows_changed=int(changed.get("rows_changed", 0)),
        rows_gone=0, reasons=reasons,
    )  # fmt: skip
