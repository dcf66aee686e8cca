"""The alias table: former codes and the key in force, from the resources that the register names for it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import ibis
import ibis.expr.types as ir

from catalog.register import Library

LONGEST_CHAIN = 4
"""A code reissued more often than this is followed this far and then waits for a shorter record."""


def alias_table(library: Library, sources: Mapping[str, ir.Table]) -> ir.Table | None:
    """Every former code of a library with the key in force.

    Args:
        library: the register of the library.
        sources: resource -> its standard table; resources not delivered yet are absent.

    Returns:
        ``alias``, ``key``: one row per alias, the newest statement winning; a chain A to B to C is followed, so that
        ``key`` is never itself an alias. None where the register names no source of aliases, or none has delivered.
    """
    stated = [
        table.filter(
            table[one.alias].notnull() & table[one.key].notnull() & (table[one.alias] != table[one.key])
        ).select(alias=one.alias, key=one.key, _observed="_observed", _seq="_seq")
        for one in library.aliases
        if (table := sources.get(one.resource)) is not None
    ]
    if not stated:
        return None
    rows = reduce(lambda left, right: left.union(right), stated)
    window = ibis.window(group_by="alias", order_by=[ibis.desc("_observed"), ibis.desc("_seq"), ibis.asc("key")])
    newest = rows.mutate(_place=ibis.row_number().over(window))
    direct = newest.filter(newest["_place"] == 0).select("alias", "key")
    return reduce(lambda table, _: _followed(table, direct), range(LONGEST_CHAIN - 1), direct)


def _followed(table: ir.Table, direct: ir.Table) -> ir.Table:
    further = direct.select(_from="alias", _to="key")
    joined = table.left_join(further, table["key"] == further["_from"]).select("alias", "key", "_to")
    # A circle (A to B to A) would lead back: the last step before it stands.
    step = ibis.ifelse(joined["_to"] == joined["alias"], joined["key"], ibis.coalesce(joined["_to"], joined["key"]))
    return joined.select("alias", key=step)
