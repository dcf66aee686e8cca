"""Of which rows a rule asks anything: B of its metric (GB/T 36344: the elements evaluated).

A rule that asks nothing of a row cannot be kept by it: a missing value is neither right nor wrong in its form, and a
rule ``where`` something holds says nothing elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from quality import check_kinds as k
from quality import relation_kinds as rk
from quality.rules import Rule


def asks(rule: Rule, table: ir.Table) -> ir.BooleanValue | None:
    """Whether a row of its resource's standard table is asked by the rule, never null; None where every row is.

    What other tables would have to be read for is not taken off: a row whose counterpart is missing counts as asked.
    """
    value = table[rule.item]
    conditions: list[ir.BooleanValue] = []
    if not isinstance(rule.check, k.NotNull):
        conditions.append(value.notnull())
    conditions += [table[name].notnull() for name in sorted(rule.check.own_items() - set(_optional(rule)))]
    conditions += [(table[name] == wanted).fill_null(False) for name, wanted in rule.where.items()]
    if isinstance(rule.check, rk.Cross):
        conditions += [(table[name] == wanted).fill_null(False) for name, wanted in rule.check.when.items()]
    if isinstance(rule.check, rk.InReference) and rule.check.starting:
        conditions.append(ibis.or_(*[value.startswith(start) for start in rule.check.starting]).fill_null(False))
    return ibis.and_(*conditions) if conditions else None


def asked_counts(rules: Sequence[Rule], table: ir.Table) -> ir.Table:
    """One row: per rule, in order, the rows asked, as ``n0``, ``n1``, …; the table is read once.

    Args:
        rules: at least one rule of this resource.
        table: its standard table.
    """
    asked = [asks(rule, table) for rule in rules]
    return table.agg(
        **{f"n{place}": table.count() if one is None else one.sum().fill_null(0) for place, one in enumerate(asked)}
    )


def _optional(rule: Rule) -> set[str]:
    """Items that a check reads and that may be missing without taking the row out of question."""
    check = rule.check
    if isinstance(check, rk.UniqueItem):
        return set(check.differs_in)
    if isinstance(check, rk.Follows):
        return rule.check.own_items() - {check.by, check.order}
    if isinstance(check, rk.Cross):
        return set(check.when)
    # A value that another one contradicts by being missing is still asked.
    return {check.other} if isinstance(check, k.EqualsItem | k.NotEqualsItem | k.StartsAlike) else set()
