"""The residue of a library: rows that name no key. They wait here, apart from the library, and are never guessed into it.

A health record without an identity number is somebody's; whose is for the health commission to find out. Until then its
values can be read here, under the library's names, with the row they stand in.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import ibis
import ibis.expr.types as ir

from catalog.city import City
from catalog.register import Library
from pipelines.fusion.shape import DATATYPES, OBSERVED, item_of
from quality.row_key import row_key_of
from warehouse.lake import LakeWriter


def residue_name(library: str) -> str:
    """Lake table of the rows without a key of a base library."""
    return f"base.{library}_residue"


def waiting_rows(library: Library, resource: str, table: ir.Table, own_key: list[str]) -> ir.Table:
    """The rows of one resource that name no key of the library.

    Args:
        library: the register of the library.
        resource: id of a contributing resource.
        table: its standard table.
        own_key: items of the resource's own key.

    Returns:
        ``resource``, ``row_key``; every item of the library, null where the resource does not have it; ``observed``,
        ``batch``.
    """
    rows = table.filter(table[library.key_in[resource]].isnull())
    items = {
        name: (rows[column] if (column := item_of(resource, name, item)) in rows.columns else ibis.null()).cast(
            DATATYPES[item.type]
        )
        for name, item in library.items.items()
    }
    return rows.select(
        resource=ibis.literal(resource),
        row_key=row_key_of(rows, own_key),
        **items,
        observed=rows[OBSERVED],
        batch=rows["_batch"],
    )


def update_residue(
    writer: LakeWriter, city: City, name: str, tables: Mapping[str, ir.Table], *, since: int | None
) -> int:
    """Bring the residue of a library up to date; how many rows wait.

    Args:
        writer: the open lake.
        city: what is declared.
        name: the library.
        tables: resource -> its standard table, of those that have delivered.
        since: the snapshot of the last build; None to collect it anew.
    """
    library = city.library(name)
    # A row whose own key contains the library's key always names one.
    keys = {one: city.resource(one).key for one in library.key_in if one in tables}
    keys = {one: key for one, key in keys.items() if library.key_in[one] not in key}
    if not keys:
        return 0
    waiting = {one: waiting_rows(library, one, tables[one], key) for one, key in keys.items()}
    table = residue_name(name)
    shape = next(iter(waiting.values())).columns
    moved = {}
    if since is not None and writer.has(table) and writer.table(table).columns == shape:
        changed = {one: writer.changed_keys(f"standard.{one}", since, key) for one, key in keys.items()}
        moved = {one: rows for one, rows in changed.items() if rows is not None}
    if len(moved) < len(keys):
        with writer.transaction(f"residue {name}", {"library": name, "mode": "full"}):
            return writer.create(table, _all(list(waiting.values())))
    looked = [
        rows.select(resource=ibis.literal(one), row_key=row_key_of(rows, keys[one])) for one, rows in moved.items()
    ]
    found = [
        waiting_rows(library, one, tables[one].semi_join(rows, keys[one]), keys[one]) for one, rows in moved.items()
    ]
    touched = writer.engine.stage(_all(looked), f"_residue_touched_{name}")
    fresh = writer.engine.stage(_all(found), f"_residue_{name}")
    if writer.engine.to_arrow(touched.count()).column(0)[0].as_py():
        with writer.transaction(f"residue {name}", {"library": name, "mode": "increment"}):
            writer.delete(table, touched, ["resource", "row_key"])
            writer.append(table, fresh)
    return writer.count(table)


def _all(parts: list[ir.Table]) -> ir.Table:
    return reduce(lambda left, right: left.union(right), parts)
