"""The standard stage: the current row per business key of one resource, kept so as deliveries come.

Order of arrival decides, with two exceptions: an older period of the same feed never overwrites a newer one, and a
replayed delivery never overwrites what came after it (`without`: what came after is read from raw). Unchanged rows
are not touched, so that what follows costs the change and not the city.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from catalog.feed import Feed, Mode
from catalog.model import Resource
from pipelines.intake import contract
from warehouse.duckdb_engine import DuckDbEngine
from warehouse.lake import LakeWriter

SHANGHAI = ZoneInfo("Asia/Shanghai")
STAMPS = ["_batch", "_feed", "_period", "_seq", "_row", "_observed", "_hash"]


@dataclass(frozen=True)
class Stamp:
    """What every row of one delivery carries."""

    batch: str
    feed: str
    period: str
    seq: int
    received_at: datetime


@dataclass(frozen=True)
class Sifted:
    """One delivery after the contract.

    Attributes:
        rows: rows to take, one per key; the items, ``_row``, ``_observed``, ``_hash`` (tombstones: key, ``_row``).
        quarantined: ``_row`` and ``reasons`` (``item:reason;…``) of every row not taken.
        repeated: rows that repeat another one word for word; neither taken twice nor broken.
        present: keys that were delivered, in whatever row: a broken row does not make its key gone.
    """

    rows: ir.Table
    quarantined: ir.Table
    repeated: int
    present: ir.Table


@dataclass(frozen=True)
class Change:
    """The rows a delivery changes in standard."""

    upserts: ir.Table | None
    gone: ir.Table | None


def sift(
    engine: DuckDbEngine, typed: ir.Table, feed: Feed, resource: Resource, current: ir.Table | None, stamp: Stamp
) -> Sifted:
    """Part the rows to take from those that break the contract.

    Args:
        engine: stages intermediate tables, so that nothing is computed twice.
        typed: `contract.typed`.
        feed, resource: their declarations.
        current: the standard table, None before the first delivery.
        stamp: of this delivery.
    """
    broken = typed.filter(typed[contract.BREACH].notnull()).select("_row", reasons=typed[contract.BREACH])
    good = typed.filter(typed[contract.BREACH].isnull()).drop(contract.BREACH)
    if feed.mode in (Mode.CORRECTION, Mode.TOMBSTONE):
        good, unknown = _known(good, feed, resource, current)
        broken = broken.union(unknown)
    if feed.mode is Mode.TOMBSTONE:
        rows = good.select(*resource.key, "_row").distinct(on=resource.key, keep="first")
        return Sifted(engine.stage(rows), engine.stage(broken), 0, rows.select(*resource.key))
    received = ibis.literal(local(stamp.received_at), dt.timestamp)
    full = engine.stage(complete(good, resource, received))
    present = typed.select(*resource.key).distinct()
    rows, losing, repeated = one_per_key(engine, full, resource.key)
    return Sifted(rows, engine.stage(broken if losing is None else broken.union(losing)), repeated, present)


def local(moment: datetime) -> datetime:
    """A moment as departments write it, Beijing time without a zone: so is what stands in for a missing time."""
    return moment.astimezone(SHANGHAI).replace(tzinfo=None)


def complete(good: ir.Table, resource: Resource, received: ir.Value, *carried: str) -> ir.Table:
    """Typed rows with every item of the resource, ``_observed``, ``_hash`` and the columns that are ``carried``.

    Args:
        good: rows that keep the contract, and ``_row``; items that the feed does not deliver become null.
        resource: its declaration.
        received: when the row came, for rows that do not say when they were observed.
        carried: further columns to keep.
    """
    missing = {
        item.id: ibis.null(contract.DATA_TYPES[item.type]) for item in resource.items if item.id not in good.columns
    }
    observed = received
    if resource.observed_at is not None:
        stated = missing.get(resource.observed_at)
        stated = good[resource.observed_at] if stated is None else stated
        observed = ibis.coalesce(stated.cast(dt.timestamp), received)
    full = good.mutate(**missing, _observed=observed).select(*resource.item_ids, "_row", "_observed", *carried)
    return full.mutate(_hash=contract.row_hash(full, resource.item_ids))


def without(sifted: Sifted, feed: Feed, resource: Resource, keys: ir.Table | None) -> Sifted:
    """A late or replayed delivery without the keys that a later one speaks for; they count as delivered, not as gone."""
    if keys is None:
        return sifted
    present = sifted.present.union(keys) if feed.mode is Mode.FULL else sifted.present.anti_join(keys, resource.key)
    return replace(sifted, rows=sifted.rows.anti_join(keys, resource.key), present=present)


def change(sifted: Sifted, feed: Feed, resource: Resource, current: ir.Table | None, stamp: Stamp) -> Change:
    """What the taken rows of a delivery change in the standard table.

    Args:
        sifted: `sift`, `without` what it may not overwrite.
        feed, resource: their declarations.
        current: the standard table, None before the first delivery.
        stamp: of this delivery.
    """
    if feed.mode is Mode.TOMBSTONE:
        return Change(None, None if current is None else sifted.present)
    stamped = sifted.rows.mutate(
        _batch=ibis.literal(stamp.batch),
        _feed=ibis.literal(stamp.feed),
        _period=ibis.literal(stamp.period),
        _seq=ibis.literal(stamp.seq, dt.int64),
    ).select(*resource.item_ids, *STAMPS)
    if current is None:
        return Change(stamped, None)
    joined = stamped.left_join(current.select(*resource.key, was=current["_hash"]), resource.key)
    changed = joined.filter(joined["was"].isnull() | (joined["was"] != joined["_hash"]))
    gone = None
    if feed.mode is Mode.FULL:
        gone = current.anti_join(sifted.present, resource.key).select(*resource.key)
    return Change(changed.select(*stamped.columns), gone)


def apply(writer: LakeWriter, name: str, what: Change, key: list[str]) -> tuple[int, int]:
    """Write a change to the standard table; rows written and rows removed. Inside the caller's transaction."""
    removed = writer.delete(name, what.gone, key) if what.gone is not None and writer.has(name) else 0
    written = writer.upsert(name, what.upserts, key) if what.upserts is not None else 0
    return written, removed


def _known(good: ir.Table, feed: Feed, resource: Resource, current: ir.Table | None) -> tuple[ir.Table, ir.Table]:
    """Part rows whose key is in standard from those whose key is not; a correction's undelivered items are filled in.

    A correction that delivers every required item may also bring a record that was missing.
    """
    required = {item.id for item in resource.items if item.required}
    if feed.mode is Mode.CORRECTION and required <= set(good.columns):
        unknown = good.filter(ibis.literal(False))
    elif current is None:
        unknown, good = good, good.filter(ibis.literal(False))
    else:
        unknown = good.anti_join(current, resource.key)
        good = good.semi_join(current, resource.key)
    if feed.mode is Mode.CORRECTION and current is not None:
        kept = [name for name in resource.item_ids if name not in good.columns]
        if kept:
            good = good.left_join(current.select(*resource.key, *kept), resource.key)
            good = good.select(*[name for name in good.columns if not name.endswith("_right")])
    reason = ibis.literal(f"{resource.key[0]}:unknown_key;")
    return good, unknown.select("_row", reasons=reason)


def one_per_key(
    engine: DuckDbEngine, full: ir.Table, key: list[str], *within: str
) -> tuple[ir.Table, ir.Table | None, int]:
    """One row per key: the newest observed, then the last in the file. Only keys that repeat are resolved.

    Args:
        engine: stages intermediate tables.
        full: `complete` rows.
        key: the items of the key.
        within: columns that part the rows: a key may stand once in each part.

    Returns:
        The rows to take, the rows that lost against another of their key (``_row``, ``reasons``), and how many merely
        repeated it.
    """
    reason = ibis.literal(f"{key[0]}:duplicate_key;")
    key = [*within, *key]
    many = engine.stage(full.group_by(key).agg(n=full.count()).filter(ibis._.n > 1).select(*key))
    if engine.to_arrow(many.count()).column(0)[0].as_py() == 0:
        return full, None, 0
    window = ibis.window(group_by=key, order_by=[full["_observed"].desc(nulls_first=False), full["_row"].desc()])
    ranked = engine.stage(
        full.semi_join(many, key).mutate(
            place=ibis.row_number().over(window), first_hash=ibis._["_hash"].first().over(window)
        )
    )
    rows = full.anti_join(many, key).union(ranked.filter(ranked["place"] == 0).select(*full.columns))
    losing = ranked.filter((ranked["place"] > 0) & (ranked["_hash"] != ranked["first_hash"]))
    same = ranked.filter((ranked["place"] > 0) & (ranked["_hash"] == ranked["first_hash"])).count()
    repeated = int(engine.to_arrow(same).column(0)[0].as_py())
    return engine.stage(rows), losing.select("_row", reasons=reason), repeated
