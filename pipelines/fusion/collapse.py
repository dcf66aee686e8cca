"""How does a source come to one row per key of the library?

National codes are corrected, merged and reissued; the alias table says which code a former one has become. After it two
rows of one source may share a key: the newest is kept, and which one that is never depends on the engine.
"""

from __future__ import annotations

import datetime

import ibis
import ibis.expr.types as ir

from catalog.register import Library
from pipelines.fusion.shape import OBSERVED

ALIAS_COLUMNS = ("library", "alias", "key")
"""The alias table: one row per library and former code; ``key`` is the code in force, never itself an alias."""


def aliases_of(alias: ir.Table, name: str) -> ir.Table:
    """The aliases of the library called ``name`` (population, legal_person)."""
    return alias.filter(alias["library"] == name)


def collapse(
    library: Library,
    resource: str,
    table: ir.Table,
    alias: ir.Table | None = None,
    *,
    keys: ir.Table | None = None,
    one_row_per_code: bool = False,
    day: datetime.date | None = None,
) -> ir.Table:
    """The rows of one source under the keys in force, one per key; rows without a key wait elsewhere and are left out.

    Args:
        library: the register of the library.
        resource: id of the resource whose standard table this is.
        table: its standard table.
        alias: the aliases of this library (`aliases_of`); None if there are none yet.
        keys: only these keys (a table with the library's key column), for an increment.
        one_row_per_code: the resource's own key is this library's code, so that only an alias can bring two rows
            together; it saves looking for repeats in the whole table.
        day: the day of the build, for resources that hold versions (`Library.in_force_from`): the last version that has
            begun by then is taken. Needed for those only.

    Returns:
        The columns of ``table``, its key column holding the key in force.
    """
    column = library.key_in[resource]
    begins = library.in_force_from.get(resource)
    rows = resolve(table.filter(table[column].notnull(), *_begun(table, begins, day)), column, alias)
    if keys is not None:
        wanted = keys.select(_wanted=library.key)
        rows = rows.semi_join(wanted, rows[column] == wanted["_wanted"])
    if alias is None and one_row_per_code:
        return rows
    if alias is not None and one_row_per_code:
        repeated = alias.select(_repeated="key").distinct()
    else:
        counted = rows.group_by(_repeated=rows[column]).agg(_times=rows.count())
        repeated = counted.filter(counted["_times"] > 1).select("_repeated")
    passed = rows.anti_join(repeated, rows[column] == repeated["_repeated"])
    return passed.union(_newest(rows.semi_join(repeated, rows[column] == repeated["_repeated"]), column, begins))


def resolve(table: ir.Table, column: str, alias: ir.Table | None) -> ir.Table:
    """``table`` with former codes in ``column`` replaced by the codes in force; ``alias`` has ``alias`` and ``key``."""
    if alias is None:
        return table
    renamed = alias.select(_alias="alias", _in_force="key")
    # Two steps: ibis would merge a computed column of the join itself into the joins that follow.
    joined = table.left_join(renamed, table[column] == renamed["_alias"]).select(*table.columns, "_in_force")
    return joined.mutate(**{column: ibis.coalesce(joined["_in_force"], joined[column])}).select(*table.columns)


def _begun(table: ir.Table, begins: str | None, day: datetime.date | None) -> list[ir.BooleanValue]:
    """Rows whose version has begun; one without a date has always been in force."""
    if begins is None:
        return []
    if day is None:
        raise ValueError("a resource with versions is collapsed for a day")
    return [table[begins].isnull() | (table[begins].cast("date") <= day)]


def _newest(table: ir.Table, column: str, begins: str | None) -> ir.Table:
    """The newest row of each key: begun last (where it holds versions), last observed, last delivered, last in its file.

    Nulls are made the oldest by hand, since engines order them differently.
    """
    by = [*([begins] if begins else []), OBSERVED, "_seq", "_row"]
    order = [*[part for one in by for part in (table[one].isnull().asc(), table[one].desc())], table["_hash"].desc()]
    ranked = table.mutate(_rank=ibis.row_number().over(group_by=table[column], order_by=order))
    return ranked.filter(ranked["_rank"] == 0).drop("_rank")
