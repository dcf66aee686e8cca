"""Disagreement between sources as findings: what a base library's fusion saw, addressed to the authority.

A library knows, for every item, whether the corroborating sources agree with the authority (`<item>__agreement`).
Where they differ, somebody is wrong; the department that decides this item is asked first, since it owns the value
that everybody sees, and its answer may send the matter on. Same schema as the failures of rules.
"""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from catalog.register import Library, RegisteredItem
from quality.mask import Tested, failures_of
from quality.rules import Dimension, Severity

SUFFIX = "__agreement"
SOURCE = "__source"
DIFFERS = "differs"


def rule_ids(library_id: str, library: Library) -> tuple[str, ...]:
    """Ids of the disagreement rules of a library: one for every item that has a corroborating source."""
    return tuple(rule_id(library_id, name) for name, item in library.items.items() if item.corroborating)


def disagreements(
    base: ir.Table,
    library_id: str,
    library: Library,
    *,
    departments: Mapping[str, str],
    batches: Mapping[str, ir.Table] | None = None,
) -> ir.Table:
    """Every item of every row of a base library on which its sources differ.

    Args:
        base: the fused table: key, items and ``<item>__agreement`` for the items that are corroborated.
        library_id: its name in the register, such as ``population``.
        library: its entry in the register of sources.
        departments: resource -> the department that owns it.
        batches: resource -> its standard table, to name the batch the authority's value came in; without it the
            batch is null.

    Returns:
        A table in `quality.mask.FAILURE_SCHEMA`: rule ``agreement.<library>.<item>``, on the authority's resource,
        with the authority's own name of the item, severity error (somebody is wrong: a ticket asks the authority), dimension consistency (GB/T 36344, 0401).
    """
    found = []
    corroborated = {name: item for name, item in library.items.items() if item.corroborating}
    for authority in dict.fromkeys(one for item in corroborated.values() for one in item.authorities):
        items = {name: item for name, item in corroborated.items() if authority in item.authorities}
        sources = [f"{name}{SOURCE}" for name, item in items.items() if item.co_authorities]
        table = base.select(library.key, *[f"{name}{SUFFIX}" for name in items], *sources)
        tested = [
            _tested(table, library_id, name, item, authority, department=departments[authority])
            for name, item in items.items()
        ]
        failures = failures_of(table, tested, row_key=table[library.key].cast("string"), batch=ibis.null("string"))
        if batches and authority in batches:
            failures = _with_batch(failures, batches[authority], library.key_in[authority])
        found.append(failures)
    return ibis.union(*found) if len(found) > 1 else (found[0] if found else _none(base))


def _tested(
    table: ir.Table, library_id: str, name: str, item: RegisteredItem, authority: str, *, department: str
) -> Tested:
    passes = table[f"{name}{SUFFIX}"] != DIFFERS
    if item.co_authorities:
        # Each is asked about its own keys; the first one also where none of them has the value.
        source = table[f"{name}{SOURCE}"]
        others = [one for one in item.authorities if one != authority]
        elsewhere = source.isin(others) if authority == item.authority else source != authority
        passes = passes | elsewhere.fill_null(authority != item.authority)
    return Tested(
        rule=rule_id(library_id, name),
        resource=authority,
        department=department,
        item=item.from_item.get(authority, name),
        severity=Severity.ERROR.value,
        dimension=Dimension.CONSISTENCY.value,
        passes=passes,
    )


def _with_batch(failures: ir.Table, standard: ir.Table, key: str) -> ir.Table:
    # A resource may hold several rows of one key; the last batch is named once.
    known = standard.semi_join(failures, standard[key].cast("string") == failures["row_key"])
    known = known.group_by(_key=known[key].cast("string")).agg(_batch=known["_batch"].max())
    joined = failures.left_join(known, failures["row_key"] == known["_key"])
    return joined.select(*[failures[name] for name in failures.columns if name != "batch"], batch=known["_batch"])


def _none(base: ir.Table) -> ir.Table:
    return failures_of(base, [], row_key=ibis.null("string"), batch=ibis.null("string"))


def rule_id(library_id: str, item: str) -> str:
    """Id of the rule that the sources of an item of a library agree."""
    return f"agreement.{library_id}.{item}"
