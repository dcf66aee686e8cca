"""The fused scan: every failing row of every rule of one resource, by one pass over its standard table.

Rules that look beyond their row get a column by LEFT JOIN first (`quality.lookups`). Then each row gets a bit mask, one bit a rule
(`quality.mask`); rows without a bit are dropped, and the rest is spread into one row per broken rule. Nothing is
sampled and nothing is counted by looking again.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import ibis.expr.types as ir

from quality.checks import Context, passes
from quality.lookups import hit_of, with_lookups
from quality.mask import Tested, counts_of, failures_of
from quality.row_key import row_key_of
from quality.rules import Rule
from quality.shared import guard, guard_of, guards_of, is_guard, with_shared


class Owned(Protocol):
    """What the scan needs to know of a resource; `catalog.model.Resource` has it."""

    @property
    def id(self) -> str:
        """Name of the resource."""

    @property
    def department(self) -> str:
        """The department that owns it and puts its findings right."""


@dataclass(frozen=True)
class NotAssessable:
    """A rule that could not be evaluated, and why. It is reported; it never counts as passed (GB/T 36344)."""

    rule: str
    zh: str
    en: str


@dataclass(frozen=True)
class ScanPlan:
    """What one scan will find, as expressions that nobody has run yet.

    Attributes:
        failures: one row per (row key, broken rule), columns of `quality.mask.FAILURE_SCHEMA`.
        counts: one row per evaluated rule, ``rule, item, severity, dimension, rows, failed``, zeros included.
        evaluated: ids of the rules that were evaluated: the scope of what may be found gone.
        not_assessable: the others, each with its reason.
    """

    failures: ir.Table
    counts: ir.Table
    evaluated: tuple[str, ...]
    not_assessable: tuple[NotAssessable, ...]


def scan(
    table: ir.Table,
    rules: Sequence[Rule],
    *,
    key: Sequence[str],
    references: Mapping[str, ir.Table],
    as_of: datetime.date,
    resource: Owned,
) -> ScanPlan:
    """Plan the evaluation of ``rules`` over one standard table.

    Args:
        table: the standard table, one row per key, with ``_batch``. It may hold only the changed keys of a day:
            then findings outside of them must be kept out of `quality.findings.Scope`.
        rules: the rules of this resource, in any order.
        key: items of the business key; their values joined by ``|`` are the row key.
        references: resource -> its standard table, for rules that look elsewhere.
        as_of: the day of evaluation.
        resource: whose table this is.

    Raises:
        KeyError: a rule names an item that a table does not have (`quality.rules.check_rules` says so before).
    """
    blocked = tuple(_not_assessable(rule, references) for rule in rules if _is_blocked(rule, references))
    usable = [rule for rule in rules if not _is_blocked(rule, references)]
    looked_up = with_shared(with_lookups(_needed(table, usable, key), usable, references, key, as_of), usable)
    tested = [
        Tested(
            rule=rule.id,
            resource=resource.id,
            department=resource.department,
            item=rule.item,
            severity=rule.severity.value,
            dimension=rule.dimension.value,
            passes=passes(rule, looked_up, Context(as_of=as_of, hit=hit_of(number))),
            guard=guard_of(rule),
            is_guard=is_guard(rule),
        )
        for number, rule in enumerate(usable)
    ]
    row_key = row_key_of(looked_up, key)
    guards = {item: guard(looked_up, item) for item in guards_of(usable)}
    return ScanPlan(
        failures=failures_of(looked_up, tested, row_key=row_key, batch=looked_up["_batch"], guards=guards),
        counts=counts_of(looked_up, tested, guards=guards),
        evaluated=tuple(rule.id for rule in usable),
        not_assessable=blocked,
    )


def _needed(table: ir.Table, rules: Sequence[Rule], key: Sequence[str]) -> ir.Table:
    names = {*key, "_batch", *(name for rule in rules for name in rule.items)}
    return table.select(*[name for name in table.columns if name in names], *sorted(names - set(table.columns)))


def _is_blocked(rule: Rule, references: Mapping[str, ir.Table]) -> bool:
    return not set(rule.needs) <= set(references)


def _not_assessable(rule: Rule, references: Mapping[str, ir.Table]) -> NotAssessable:
    missing = [name for name in rule.needs if name not in references]
    return NotAssessable(
        rule=rule.id,
        zh=f"规则 {rule.id} 未评估：所需的资源 {'、'.join(missing)} 尚无标准表。待其汇聚后自动评估。",
        en=f"Rule {rule.id} was not assessed: resource {', '.join(missing)} has no standard table yet.",
    )
