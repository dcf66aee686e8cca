"""How does a source come to one row per key of the library?

National codes are corrected, merged and reissued; the alias table says which code a former one has become. After it two
rows of one source may share a key: the newest is kept, and which one that is never depends on the engine.
"""

from __future__ import annotations

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

    Returns:
        The columns of ``table``, its key column holding the key in force.
    """
    column = library.key_in[resource]
    rows = resolve(table.filter(table[column].notnull()), column, alias)
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
    return passed.union(_newest(rows.semi_join(repeated, rows[column] == repeated["_repeated"]), column))


def resolve(table: ir.Table, column: str, alias: ir.Table | None) -> ir.Table:
    """``table`` with former codes in ``column`` replaced by the codes in force; ``alias`` has ``alias`` and ``key``."""
    if alias is None:
        return table
    renamed = alias.select(_alias="alias", _in_force="key")
    # Two steps: ibis would merge a computed column of the join itself into the joins that follow.
    joined = table.left_join(renamed, table[column] == renamed["_alias"]).select(*table.columns, "_in_force")
    return joined.mutate(**{column: ibis.coalesce(joined["_in_force"], joined[column])}).select(*table.columns)


def _newest(table: ir.Table, column: str) -> ir.Table:
    """The newest row of each key: last observed, then last delivered, then last in its file.

    Nulls are made the oldest by hand, since engines order them differently.
    """
    order = [
        *[part for one in (OBSERVED, "_seq", "_row") for part in (table[one].isnull().asc(), table[one].desc())],
        table["_hash"].desc(),
    ]
    ranked = table.mutate(_rank=ibis.row_number().over(group_by=table[column], order_by=order))
    return ranked.filter(ranked["_rank"] == 0).drop("_rank")
