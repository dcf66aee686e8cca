"""Keeps the alias table of a library in the lake, and says which aliases the rows of this build are brought under.

One former number for every company makes a table as large as the library. So it is changed in places, and a build only
joins with the aliases that some row is really known by: codes that are not shaped like a code in force.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import ibis.expr.types as ir

from catalog.register import Library
from pipelines.fusion.alias import ALIAS_SCHEMA, alias_table, former_codes, in_force
from warehouse.lake import LakeWriter


def alias_name(library: str) -> str:
    """Lake table of a base library's aliases (`pipelines.fusion.alias.ALIAS_SCHEMA`)."""
    return f"base.{library}_alias"


@dataclass(frozen=True)
class Aliases:
    """The aliases of a library as they are now.

    Attributes:
        in_use: ``alias``, ``key``: what rows of this build can be known by; None if there is none.
        moved: ``alias``, ``key``: former codes of which something else is said since the last build, each beside the
            keys it led to, leads to now, and itself; None if nothing moved, or everything is looked at.
        ambiguous: former codes that lead to several codes in force.
    """

    in_use: ir.Table | None = None
    moved: ir.Table | None = None
    ambiguous: int = 0


def update_aliases(
    writer: LakeWriter,
    library: Library,
    name: str,
    tables: Mapping[str, ir.Table],
    *,
    since: int | None,
    changed: Mapping[str, ir.Table],
) -> Aliases:
    """Bring the alias table of a library up to date.

    Args:
        writer: the open lake.
        library: the register of the library.
        name: its id.
        tables: resource -> its standard table, of those that have delivered.
        since: the snapshot of the last build; None to compute it anew.
        changed: resource -> the key and alias items of its rows that changed since then.
    """
    delivered = list(dict.fromkeys(one.resource for one in library.aliases if one.resource in tables))
    if not delivered:
        return Aliases()
    table = alias_name(name)
    kept = writer.has(table) and writer.table(table).schema().names == ALIAS_SCHEMA.names
    moved = None
    if since is None or not kept:
        whole = alias_table(library, tables)
        with writer.transaction(f"aliases {name}", {"library": name, "mode": "full"}):
            writer.create(table, whole)
    else:
        moved = _change(writer, library, name, tables, [changed[one] for one in delivered], delivered)
    known = writer.table(table)
    return _used(writer, library, name, known, tables, changed, moved)


def _change(
    writer: LakeWriter,
    library: Library,
    name: str,
    tables: Mapping[str, ir.Table],
    changed: list[ir.Table],
    resources: list[str],
) -> ir.Table | None:
    """Replace what is said of the former codes that the changed rows speak of, and of those that lead through them."""
    engine, table = writer.engine, alias_name(name)
    spoken = [former_codes(library, one, rows) for one, rows in zip(resources, changed, strict=True)]
    direct = engine.stage(reduce(lambda left, right: left.union(right), spoken).distinct(), f"_spoken_{name}")
    if _is_empty(writer, direct):
        return None
    before = writer.table(table)
    led_to = before.semi_join(direct, "alias").select(_through="key")
    through = direct.select(_through="alias").union(led_to).distinct()
    behind = before.semi_join(through, before["key"] == through["_through"]).select("alias")
    touched = engine.stage(direct.union(behind).distinct(), f"_touched_{name}")
    old = engine.stage(before.semi_join(touched, "alias"), f"_aliases_before_{name}")
    new = engine.stage(alias_table(library, tables, among=touched), f"_aliases_after_{name}")
    with writer.transaction(f"aliases {name}", {"library": name, "mode": "increment"}):
        writer.delete(table, touched, ["alias"])
        writer.append(table, new)
    itself = touched.select("alias", key="alias")
    return itself.union(old.select("alias", "key"), new.select("alias", "key")).distinct()


def _used(
    writer: LakeWriter,
    library: Library,
    name: str,
    known: ir.Table,
    tables: Mapping[str, ir.Table],
    changed: Mapping[str, ir.Table],
    moved: ir.Table | None,
) -> Aliases:
    usable, length = in_force(known), library.key_length
    if length is not None:
        keys = [
            rows.select(_code=rows[library.key_in[resource]])
            for resource, rows in (*tables.items(), *changed.items())
            if resource in library.key_in
        ]
        codes = reduce(lambda left, right: left.union(right), keys)
        wanted = writer.engine.stage(codes.filter(codes["_code"].length() != length).distinct(), f"_wanted_{name}")
        usable = _named(usable, wanted, length)
        moved = None if moved is None else _named(moved, wanted, length)
    usable = writer.engine.stage(usable, f"_alias_{name}")
    moved = None if moved is None else writer.engine.stage(moved, f"_alias_moved_{name}")
    doubtful = known.filter(known["ambiguous"]).agg(n=known["alias"].nunique())
    ambiguous = int(writer.engine.to_arrow(doubtful).column(0)[0].as_py() or 0)
    return Aliases(None if _is_empty(writer, usable) else usable, moved, ambiguous)


def _named(aliases: ir.Table, wanted: ir.Table, length: int) -> ir.Table:
    """Aliases shaped like a code in force, and the others that some row is known by."""
    shaped = aliases.filter(aliases["alias"].length() == length)
    other = aliases.filter(aliases["alias"].length() != length)
    return shaped.union(other.semi_join(wanted, other["alias"] == wanted["_code"]))


def _is_empty(writer: LakeWriter, table: ir.Table) -> bool:
    return int(writer.engine.to_arrow(table.count()).column(0)[0].as_py()) == 0
