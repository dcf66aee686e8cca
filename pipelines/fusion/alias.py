"""The alias table: former codes and the key in force, with the evidence, from the resources that the register names for it.

Two sorts of source feed it. A *change of a code* is one row for each correction, merger, reissue or split: few rows, and
they form chains. A *former number* stands beside the code of every holder, or is a part of it: many rows, no chains.
A split code leads nowhere by itself: rows under it stay under it, and the table says that it is ambiguous.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import ibis
import ibis.expr.types as ir

from catalog.register import AliasKind, AliasSource, Library

ALIAS_SCHEMA = ibis.schema(
    {
        "alias": "string",
        "key": "string",
        "kind": "string",
        "resource": "string",
        "observed": "timestamp(6)",
        "batch": "string",
        "ambiguous": "boolean",
    }
)
"""One row per former code and the code in force that it leads to: several rows, all ambiguous, where it leads to several.

``kind`` is a `catalog.register.AliasKind`; ``resource``, ``observed`` and ``batch`` say who stated it, when, and in which
batch it came.
"""

LONGEST_CHAIN = 4
"""A code reissued more often than this is followed this far and then waits for a shorter record."""


def alias_table(library: Library, sources: Mapping[str, ir.Table], *, among: ir.Table | None = None) -> ir.Table | None:
    """Every former code of a library with the key in force and the evidence.

    Args:
        library: the register of the library.
        sources: resource -> its standard table; resources not delivered yet are absent.
        among: only these former codes (a table with ``alias``), for an increment.

    Returns:
        `ALIAS_SCHEMA`. Of several changes of one code the newest statement wins; a chain A to B to C is followed, so that
        an unambiguous ``key`` is never itself an alias. None where no source of aliases has delivered.
    """
    changes = _stated(library, sources, numbers=False)
    numbers = _stated(library, sources, numbers=True)
    if numbers is not None and among is not None:
        numbers = numbers.semi_join(among, "alias")
    if changes is None:
        return None if numbers is None else _numbers(numbers, None)
    followed = _changes_of_codes(changes)
    if numbers is not None:
        return _among(followed, among).union(_numbers(numbers, followed))
    return _among(followed, among)


def in_force(alias: ir.Table) -> ir.Table:
    """``alias`` and ``key`` of the aliases that lead to one code: those that rows are brought under."""
    return alias.filter(~alias["ambiguous"]).select("alias", "key")


def former_codes(library: Library, resource: str, rows: ir.Table) -> ir.Table:
    """The former codes that rows of a resource speak of, whether or not they count: one column ``alias``.

    Args:
        library: the register of the library.
        resource: id of a source of aliases.
        rows: a table with the items that the source reads.
    """
    parts = [rows.select(alias=_alias_of(one, rows)) for one in library.aliases if one.resource == resource]
    found = reduce(lambda left, right: left.union(right), parts)
    return found.filter(found["alias"].notnull()).distinct()


def _stated(library: Library, sources: Mapping[str, ir.Table], *, numbers: bool) -> ir.Table | None:
    """What the resources state, one row per statement: alias, key, kind, resource, _observed, _seq, batch."""
    stated = [
        _statements(one, table)
        for one in library.aliases
        if one.is_number is numbers and (table := sources.get(one.resource)) is not None
    ]
    return reduce(lambda left, right: left.union(right), stated) if stated else None


def _statements(source: AliasSource, table: ir.Table) -> ir.Table:
    meant = table.filter(*[table[item].isin(values) for item, values in source.when.items()]) if source.when else table
    rows = meant.select(
        alias=_alias_of(source, meant),
        key=meant[source.key],
        kind=_kind_of(source, meant),
        resource=ibis.literal(source.resource),
        _observed=meant["_observed"].cast("timestamp(6)"),
        _seq="_seq",
        batch="_batch",
    )
    return rows.filter(rows["alias"].notnull() & rows["key"].notnull() & (rows["alias"] != rows["key"]))


def _alias_of(source: AliasSource, table: ir.Table) -> ir.StringValue:
    if source.alias_part is None:
        return table[source.alias]
    whole, part = table[source.alias_part.of], source.alias_part
    contained = whole.substr(part.from_ - 1, part.to - part.from_ + 1)
    return ibis.ifelse(whole.length() >= part.to, contained, ibis.null("string"))


def _kind_of(source: AliasSource, table: ir.Table) -> ir.StringValue:
    otherwise = ibis.literal(source.means.value)
    if source.kind is None:
        return otherwise
    words = source.kinds or {kind.value: kind for kind in AliasKind}
    said = [(table[source.kind] == word, ibis.literal(kind.value)) for word, kind in words.items()]
    return ibis.cases(*said, else_=otherwise)


def _changes_of_codes(rows: ir.Table) -> ir.Table:
    """The newest statement of every code, or every part of a split, with chains followed."""
    order = [
        rows["_observed"].isnull().asc(),
        ibis.desc("_observed"),
        ibis.desc("_seq"),
        ibis.asc("key"),
        ibis.asc("kind"),
    ]
    of_alias = ibis.window(group_by="alias", order_by=order)
    of_pair = ibis.window(group_by=["alias", "key"], order_by=order)
    ranked = rows.mutate(
        _place=ibis.row_number().over(of_alias),
        _repeat=ibis.row_number().over(of_pair),
        _latest=rows["kind"].first().over(of_alias),
    )
    split = AliasKind.SPLIT.value
    part = (ranked["_latest"] == split) & (ranked["kind"] == split) & (ranked["_repeat"] == 0)
    kept = ranked.filter((ranked["_place"] == 0) | part)
    table = kept.select(
        "alias", "key", "kind", "resource", "batch", observed="_observed", ambiguous=kept["kind"] == split
    ).select(*ALIAS_SCHEMA.names)
    direct = in_force(table)
    return reduce(lambda one, _: _followed(one, direct), range(LONGEST_CHAIN - 1), table)


def _followed(table: ir.Table, direct: ir.Table) -> ir.Table:
    further = direct.select(_from="alias", _to="key")
    joined = table.left_join(further, table["key"] == further["_from"]).select(*table.columns, "_to")
    # A circle (A to B to A) would lead back: the last step before it stands.
    step = ibis.ifelse(joined["_to"] == joined["alias"], joined["key"], ibis.coalesce(joined["_to"], joined["key"]))
    return joined.mutate(key=step).select(*ALIAS_SCHEMA.names)


def _numbers(rows: ir.Table, changes: ir.Table | None) -> ir.Table:
    """Former numbers under the codes in force; ambiguous where two holders still have the same number."""
    if changes is not None:
        known = in_force(changes).select(_from="alias", _to="key")
        joined = rows.left_join(known, rows["key"] == known["_from"]).select(*rows.columns, "_to")
        rows = joined.mutate(key=ibis.coalesce(joined["_to"], joined["key"])).select(*rows.columns)
        # What a change says of a code goes before what it would be as a number.
        stated = changes.select(_stated="alias").distinct()
        rows = rows.anti_join(stated, rows["alias"] == stated["_stated"])
    pairs = rows.group_by("alias", "key").agg(
        resource=rows["resource"].min(), observed=rows["_observed"].max(), batch=rows["batch"].max()
    )
    times = pairs.group_by(_alias="alias").agg(_keys=pairs.count())
    counted = pairs.inner_join(times, pairs["alias"] == times["_alias"])
    return counted.select(
        "alias",
        "key",
        "resource",
        "observed",
        "batch",
        kind=ibis.literal(AliasKind.FORMER_NUMBER.value),
        ambiguous=counted["_keys"] > 1,
    ).select(*ALIAS_SCHEMA.names)


def _among(table: ir.Table, among: ir.Table | None) -> ir.Table:
    return table if among is None else table.semi_join(among, "alias")
