"""What does a reader of a base library see? Every item with its source, observation time, agreement and dispute.

The view reads the same for every item, whatever the base table had to keep. Marks come from tickets in their own table
and are joined here, so that a rebuild of the library never depends on a ticket.
"""

from __future__ import annotations

from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from catalog.model import ItemType
from catalog.register import Library, RegisteredItem
from pipelines.fusion.collapse import resolve
from pipelines.fusion.marks import MARK_COLUMNS
from pipelines.fusion.shape import (
    DATATYPES,
    DIFFERS,
    SOLE,
    agreement_column,
    disputed_column,
    item_of,
    observed_column,
    source_column,
)


def served(library: Library, base: ir.Table, marks: ir.Table | None = None, alias: ir.Table | None = None) -> ir.Table:
    """The view of a base library that readers get.

    A value is disputed if a mark lies on the item it was taken from, in the resource it was taken from, or on the
    authority's item while the sources differ; the key, if any contributing resource has a mark on its key item. A mark
    on a value that is not the one served disputes nothing else.

    Args:
        library: the register of the library.
        base: its base table.
        marks: `MARK_COLUMNS`; ``row_key`` is the code by which the resource calls the row. None: nothing is marked.
        alias: the aliases of this library, for marks that name a former code.

    Returns:
        One row per key: the key and `<key>__disputed`; for every item `<item>`, `<item>__source`, `<item>__observed`,
        `<item>__agreement` (``sole`` where the register compares with nobody) and `<item>__disputed`.
    """
    places = _places(library)
    rows = base if marks is None else _with_flags(library, base, marks, alias, places)
    flag = {
        place: ibis.literal(False) if marks is None else rows[f"_m{n}"].fill_null(False)
        for n, place in enumerate(places)
    }
    columns: dict[str, ir.Value] = {
        library.key: rows[library.key],
        disputed_column(library.key): reduce(or_, [flag[place] for place in library.key_in.items()]),
    }
    for name, item in library.items.items():
        columns |= _served_item(name, item, rows, flag)
    return rows.select(**columns)


Place = tuple[str, str]
"""A resource and the item of it that a value can come from."""


def _served_item(
    name: str, item: RegisteredItem, rows: ir.Table, flag: dict[Place, ir.BooleanValue]
) -> dict[str, ir.Value]:
    value = rows[name]
    origins = item.origins
    there = value.notnull()
    kept = source_column(name) in rows.columns
    taken = {origin: rows[source_column(name)] == origin if kept else there for origin in origins}
    agreement = rows[agreement_column(name)] if item.corroborating else ibis.ifelse(there, SOLE, ibis.null("string"))
    in_question = [taken[origin].fill_null(False) & flag[origin, item_of(origin, name, item)] for origin in origins]
    if item.fallback and item.corroborating:
        # That the sources differ is put to the authority, also where it is silent and a fallback is served.
        asked = flag[item.authority, item_of(item.authority, name, item)]
        in_question.append((agreement == DIFFERS).fill_null(False) & asked)
    return {
        name: value,
        source_column(name): ibis.cases(*[(taken[origin], ibis.literal(origin)) for origin in origins]),
        observed_column(name): ibis.cases(
            *[(taken[origin], rows[observed_column(origin)]) for origin in origins],
            else_=ibis.null(DATATYPES[ItemType.TIMESTAMP]),
        ),
        agreement_column(name): agreement,
        disputed_column(name): reduce(or_, in_question),
    }


def _places(library: Library) -> list[Place]:
    """Everywhere a served value or a key can come from, each once, in order."""
    found: dict[Place, None] = dict.fromkeys(library.key_in.items())
    for name, item in library.items.items():
        found |= {(origin, item_of(origin, name, item)): None for origin in item.origins}
    return list(found)


def _with_flags(
    library: Library, base: ir.Table, marks: ir.Table, alias: ir.Table | None, places: list[Place]
) -> ir.Table:
    """``base`` with a boolean column `_m<n>` for the n-th place, null where the key has no mark at all."""
    known = resolve(marks.select(*MARK_COLUMNS), "row_key", alias)
    flags = known.group_by(_marked="row_key").agg(
        **{
            f"_m{n}": ((known["resource"] == resource) & (known["item"] == item)).any()
            for n, (resource, item) in enumerate(places)
        }
    )
    return base.left_join(flags, base[library.key] == flags["_marked"])
