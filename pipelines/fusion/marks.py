"""Marks under the keys of a library: a resource may call its rows otherwise than the library does."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import ibis.expr.types as ir

from catalog.model import Resource
from catalog.register import Library
from pipelines.fusion.collapse import collapse, resolve
from quality.row_key import row_key_of

MARK_COLUMNS = ("resource", "row_key", "item")
"""A mark: this item of this row of this resource is in question (an open ticket holds a finding on it)."""


def marks_by_key(
    library: Library,
    marks: ir.Table,
    resources: Mapping[str, Resource],
    tables: Mapping[str, ir.Table],
    alias: ir.Table | None,
    *,
    day: datetime.date,
) -> ir.Table:
    """The marks, and those on the rows that a library took under another key once more under that key.

    A mark on an older record of the same person, which the library did not take, disputes nothing.

    Args:
        library: the register of the library.
        marks: `MARK_COLUMNS`; ``row_key`` is how the resource calls the row.
        resources: the contributing resources by id.
        tables: their standard tables, of those that have delivered.
        alias: ``alias``, ``key`` of the library.
        day: the day of the build that readers see.

    Returns:
        `MARK_COLUMNS`, for `pipelines.fusion.served.served`.
    """
    found = marks.select(*MARK_COLUMNS)
    for name, column in library.key_in.items():
        if name not in tables or resources[name].key == [column]:
            continue
        own = found.filter(found["resource"] == name)
        rows = tables[name].mutate(_row_key=row_key_of(tables[name], resources[name].key))
        marked = rows.semi_join(own, rows["_row_key"] == own["row_key"])
        known = resolve(marked.filter(marked[column].notnull()).select(column), column, alias)
        keys = known.select(**{library.key: column}).distinct()
        taken = collapse(library, name, rows, alias, keys=keys, day=day)
        under = taken.select(_row_key="_row_key", _key=taken[column])
        joined = own.inner_join(under, own["row_key"] == under["_row_key"])
        found = found.union(joined.select("resource", row_key="_key", item="item"))
    return found
