"""Brings one base library up to date in the lake: whole at first, afterwards only the keys that changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir

from catalog.city import City
from catalog.register import Library
from ground.errors import RefusedData
from pipelines.fusion.collapse import collapse
from pipelines.fusion.fuse import fuse
from pipelines.fusion.history import Changes, changes
from pipelines.fusion.increment import changed_keys
from pipelines.fusion.kept_aliases import alias_name, update_aliases
from pipelines.fusion.residue import residue_name, update_residue
from pipelines.fusion.shape import RECORDED_FROM, base_schema
from warehouse.lake import LakeWriter

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Built:
    """What a build did to one library.

    Attributes:
        library: its id.
        mode: ``first``, ``full``, ``increment``, or ``unchanged``.
        rows: rows of the library now.
        inserted, updated, deleted: rows that differ from before (all are inserted at the first build).
        keys: the keys looked at, for an increment; None for all.
        residue: rows that name no key and wait apart (`pipelines.fusion.residue`).
        ambiguous: former codes that lead to several codes in force; rows under them stay where they are.
    """

    library: str
    mode: str
    rows: int
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    keys: ir.Table | None = None
    residue: int = 0
    ambiguous: int = 0


def base_name(library: str) -> str:
    """Lake table of a base library."""
    return f"base.{library}"


def history_name(library: str) -> str:
    """Lake table of a base library's closed versions."""
    return f"base.{library}_history"


def derived_tables(city: City) -> list[str]:
    """Every lake table that a build of the base libraries writes."""
    names = (base_name, history_name, alias_name, residue_name)
    return [name(library) for library in city.register.libraries for name in names]


def build_library(
    writer: LakeWriter, city: City, name: str, *, since: int | None, now: datetime, last: datetime | None = None
) -> Built:
    """Bring the library ``name`` up to date.

    Args:
        writer: the open lake.
        city: what is declared.
        name: the library.
        since: the snapshot of the lake it was last built from; None to look at every key.
        now: the moment recorded in history; its day in China decides which version of a row is in force.
        last: the moment of that build; without it every key of a resource with versions is looked at.

    Raises:
        RefusedData: the result does not have one row per key.
    """
    library = city.library(name)
    tables = {
        resource: writer.table(f"standard.{resource}")
        for resource in dict.fromkeys([*library.key_in, *[one.resource for one in library.aliases]])
        if writer.has(f"standard.{resource}")
    }
    exists = writer.has(base_name(name))
    same_shape = exists and list(writer.table(base_name(name)).columns) == [*base_schema(library).names, RECORDED_FROM]
    changed = _changed(writer, library, tables, since) if since is not None and same_shape else None
    since = since if changed is not None else None
    aliases = update_aliases(writer, library, name, tables, since=since, changed=changed or {})
    waiting = update_residue(writer, city, name, tables, since=since)
    keys = None
    if changed is not None:
        begun = {
            one: _begun_since(library, one, tables[one], now, last) for one in library.in_force_from if one in tables
        }
        moved = [
            (resource, rows) for resource, rows in (*changed.items(), *begun.items()) if resource in library.key_in
        ]
        keys = writer.engine.stage(
            changed_keys(library, moved, aliases.in_use, alias_changes=aliases.moved), f"_keys_{name}"
        )
    if keys is not None and _count(writer, keys) == 0:
        built = Built(name, "unchanged", writer.count(base_name(name)), keys=keys)
    else:
        sources = {
            resource: collapse(
                library, resource, tables[resource], aliases.in_use, keys=keys,
                one_row_per_code=city.resource(resource).key == [library.key_in[resource]], day=day_of(now),
            )
            for resource in library.key_in
            if resource in tables
        }  # fmt: skip
        built = _written(writer, name, library, fuse(library, sources), keys, now, same_shape=same_shape)
    return replace(built, residue=waiting, ambiguous=aliases.ambiguous)


def day_of(now: datetime) -> date:
    """The day of a moment in China."""
    return now.astimezone(SHANGHAI).date()


def _changed(
    writer: LakeWriter, library: Library, tables: Mapping[str, ir.Table], since: int
) -> dict[str, ir.Table] | None:
    """Resource -> key and alias items of its rows that changed since a snapshot, as they were and as they are.

    None where the change feed does not reach back (then every key is looked at).
    """
    found = {}
    for resource in tables:
        read = [library.key_in[resource]] if resource in library.key_in else []
        read += [name for one in library.aliases if one.resource == resource for name in one.items]
        rows = writer.changed_keys(f"standard.{resource}", since, list(dict.fromkeys(read)))
        if rows is None:
            return None
        found[resource] = rows
    return found


def _begun_since(library: Library, resource: str, table: ir.Table, now: datetime, last: datetime | None) -> ir.Table:
    """Rows whose version came into force after the day of the last build, without anybody delivering anything."""
    begins = table[library.in_force_from[resource]].cast("date")
    due = begins <= day_of(now) if last is None else (begins > day_of(last)) & (begins <= day_of(now))
    return table.filter(due).select(library.key_in[resource])


def _written(
    writer: LakeWriter,
    name: str,
    library: Library,
    fresh: ir.Table,
    keys: ir.Table | None,
    now: datetime,
    *,
    same_shape: bool,
) -> Built:
    if not same_shape:
        return _first(writer, name, library, fresh, now)
    fresh = writer.engine.stage(fresh, f"_fresh_{name}")
    current = writer.table(base_name(name))
    if keys is not None:
        # Read once here: the comparison below looks at it four times.
        current = writer.engine.stage(current.semi_join(keys, library.key), f"_current_{name}")
    return _applied(writer, name, changes(library, current, fresh, now, keys=keys), keys)


def _first(writer: LakeWriter, name: str, library: Library, fresh: ir.Table, now: datetime) -> Built:
    """Write the library whole; the versions of an earlier shape of the register end in its history."""
    moment = ibis.literal(now.astimezone(UTC).replace(tzinfo=None), "timestamp(6)")
    with writer.transaction(f"build {name}", {"library": name, "mode": "first"}):
        if writer.has(base_name(name)):
            old = writer.table(base_name(name)).rename(recorded_from=RECORDED_FROM)
            writer.append(history_name(name), old.mutate(recorded_to=moment, change=ibis.literal("register_changed")))
        rows = writer.create(base_name(name), fresh.mutate(**{RECORDED_FROM: moment}))
    _refuse_repeated(writer, name, library)
    return Built(name, "first", rows, inserted=rows)


def _applied(writer: LakeWriter, name: str, what: Changes, keys: ir.Table | None) -> Built:
    """Write what changed, closing the versions that end; base and history in one transaction."""
    engine, key = writer.engine, what.delete.columns[0]
    staged = Changes(*[engine.stage(table) for table in (what.insert, what.update, what.delete, what.history)])
    mode = "full" if keys is None else "increment"
    inserted, updated, deleted = (_count(writer, table) for table in (staged.insert, staged.update, staged.delete))
    with writer.transaction(f"build {name}", {"library": name, "mode": mode}):
        removed = added = 0
        if deleted or updated:
            removed = writer.delete(base_name(name), staged.delete.union(staged.update.select(key)), [key])
        if inserted or updated:
            added = writer.append(base_name(name), staged.insert.union(staged.update))
        if _count(writer, staged.history):
            writer.append(history_name(name), staged.history)
        _refuse_uneven(name, (removed, added), (deleted + updated, inserted + updated))
    return Built(name, mode, writer.count(base_name(name)), inserted, updated, deleted, keys)


def _refuse_repeated(writer: LakeWriter, name: str, library: Library) -> None:
    """The blocking check of a library written whole: one row per key, none without a key."""
    rows = writer.table(base_name(name))
    sums = rows.agg(rows=rows.count(), keys=rows[library.key].nunique(), empty=rows[library.key].isnull().sum())
    found = writer.engine.to_arrow(sums).to_pylist()[0]
    if found["rows"] != found["keys"] or found["empty"]:
        raise RefusedData(
            f"基础库 {name} 有 {found['rows']} 行但只有 {found['keys']} 个主键（空主键 {found['empty'] or 0} 行），未发布，原发布版本不变。",
            f"Library {name} has {found['rows']} rows but {found['keys']} keys ({found['empty'] or 0} rows without); it was not "
            "published and what was published stays.",
            where=base_name(name),
        )


def _refuse_uneven(name: str, done: tuple[int, int], meant: tuple[int, int]) -> None:
    """The blocking check of a library changed in places: as many rows left and came as the comparison named.

    A key with two rows would lose more rows than were named, a fresh result with two rows of a key would be refused by
    the comparison's own join; both are found without reading the library again.
    """
    if done != meant:
        raise RefusedData(
            f"基础库 {name} 应移除 {meant[0]} 行、写入 {meant[1]} 行，实际移除 {done[0]} 行、写入 {done[1]} 行，已撤销，原发布版本不变。",
            f"Library {name}: {meant[0]} rows should leave and {meant[1]} come, but {done[0]} left and {done[1]} came. It was "
            "undone and what was published stays.",
            where=base_name(name),
        )


def _count(writer: LakeWriter, table: ir.Table) -> int:
    return int(writer.engine.to_arrow(table.count()).column(0)[0].as_py())
