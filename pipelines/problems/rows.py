"""The row that a finding is about: its value, the batch it came in and the digest of its items, for many findings at once.

Findings of rules name the row as its resource does. Findings of a library (sources that differ) name it by the library's key,
which the resource may hold in another item than its own key.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import ibis
import ibis.expr.types as ir

from catalog.city import City
from catalog.model import Resource
from quality.row_key import row_key_of
from warehouse.duckdb_engine import DuckDbEngine

ROW_COLUMNS = ("resource", "row_key", "item", "value", "batch", "hash")
"""One row per finding's row and item: ``value`` as text, null where there is none; ``hash`` null never."""

SCHEMA = ibis.schema(dict.fromkeys(ROW_COLUMNS, "string"))
Find = Callable[[str], ir.Table | None]
"""Resource -> its standard table at the moment that is meant; None where there is none."""


def rows_of(engine: DuckDbEngine, city: City, find: Find, findings: ir.Table) -> ir.Table:
    """Rows of findings, `ROW_COLUMNS`; those that do not exist are left out.

    Args:
        engine: evaluates which resources and items are meant.
        city: what is declared.
        find: gives the standard tables.
        findings: ``resource, row_key, item, rule``; materialised, for it is read once per resource and item.
    """
    asked = engine.to_arrow(findings.select("resource", "item", "rule").distinct()).to_pylist()
    places = {(one["resource"], one["item"], _library(city, one["rule"])) for one in asked}
    parts = []
    for resource, item, library in sorted(places, key=str):
        table = find(resource)
        if table is not None and any(one.id == resource for one in city.resources):
            parts.append(_part(city.resource(resource), table, item, _key_item(city, resource, library), findings))
    if not parts:
        return ibis.memtable([], schema=SCHEMA)
    return reduce(lambda one, other: one.union(other), parts).distinct()


def _part(resource: Resource, table: ir.Table, item: str, key_item: str | None, findings: ir.Table) -> ir.Table:
    key = row_key_of(table, resource.key) if key_item is None else table[key_item].cast("string")
    value = table[item].cast("string") if item in table.columns else ibis.null("string")
    rows = table.select(row_key=key, value=value, batch="_batch", hash="_hash")
    mine = (
        findings.filter((findings["resource"] == resource.id) & (findings["item"] == item)).select("row_key").distinct()
    )
    rows = rows.semi_join(mine, "row_key")
    # A resource may hold several rows of one person: they are one thing here, and change when any of them does.
    grouped = rows.group_by("row_key").agg(
        value=rows["value"].max(), batch=rows["batch"].max(), hash=rows["hash"].max()
    )
    return grouped.select(
        resource=ibis.literal(resource.id), row_key="row_key", item=ibis.literal(item), value="value", batch="batch",
        hash="hash",
    )  # fmt: skip


def _library(city: City, rule: str) -> str | None:
    """The library that an agreement rule is about."""
    kind, _, rest = rule.partition(".")
    name = rest.partition(".")[0]
    return name if kind == "agreement" and name in city.register.libraries else None


def _key_item(city: City, resource: str, library: str | None) -> str | None:
    """The item by which a library knows the rows of a resource, where that is not the resource's own key."""
    if library is None:
        return None
    item = city.library(library).key_in.get(resource)
    return None if item is None or city.resource(resource).key == [item] else item
