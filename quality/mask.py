"""The bit mask: many conditions over one table, tested in one pass, spread into one row per condition broken.

Used by the rules of a resource (`quality.scan`) and by the disagreements of a library (`quality.agreement`).
Measured choices are in docs/decisions/0006-rules-once-two-evaluators.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

import ibis
import ibis.expr.types as ir

BITS = 62
"""Conditions per mask: bits of a signed 64-bit integer whose powers of two, and their sum, stay positive."""

FAILURE_SCHEMA = ibis.schema(
    {
        "resource": "string",
        "department": "string",
        "row_key": "string",
        "item": "string",
        "rule": "string",
        "severity": "string",
        "dimension": "string",
        "batch": "string",
    }
)
"""One row per failing (row, rule) of one run."""

COUNT_SCHEMA = ibis.schema(
    {
        "rule": "string",
        "item": "string",
        "severity": "string",
        "dimension": "string",
        "rows": "int64",
        "failed": "int64",
    }
)
"""One row per evaluated rule: rows looked at and rows that failed."""


@dataclass(frozen=True)
class Tested:
    """One condition and what a failure of it is called. A null condition passes.

    Attributes:
        guard: name in the guards given beside; the condition is asked only where that guard does not fail. None: always.
        is_guard: the condition is the guard itself: failing where the guard fails.
    """

    rule: str
    resource: str
    department: str
    item: str
    severity: str
    dimension: str
    passes: ir.BooleanValue
    guard: str | None = None
    is_guard: bool = False


Guards = Mapping[str, ir.BooleanValue]
"""Conditions that others depend on, by name. A costly one is a column: in a condition it would be computed again."""


def failures_of(
    table: ir.Table,
    tested: Sequence[Tested],
    *,
    row_key: ir.StringValue,
    batch: ir.StringValue,
    guards: Guards | None = None,
) -> ir.Table:
    """Every failing row of every condition, in `FAILURE_SCHEMA`; ``table`` is scanned once."""
    if not tested:
        return ibis.memtable([], schema=FAILURE_SCHEMA)
    masks = _masks(tested, guards or {})
    marked = table.select(row_key=row_key, batch=batch, **masks)
    # Rows without a bit go by the unnesting of nothing. A filter would be pushed below the projection by DuckDB, and
    # every mask of a failing row computed twice.
    fails = ibis.or_(*[marked[name] != 0 for name in masks])
    kept = marked.mutate(_kept=ibis.ifelse(fails, ibis.array([_number(1)]), ibis.null("array<int64>")).unnest())
    bits = _bits(tested)
    spread = kept.join(bits, _is_set(kept, bits, list(masks)))
    return spread.select(*FAILURE_SCHEMA.names)


def counts_of(table: ir.Table, tested: Sequence[Tested], *, guards: Guards | None = None) -> ir.Table:
    """Failures per condition, in `COUNT_SCHEMA`, zeros included; ``table`` is scanned once and never spread."""
    if not tested:
        return ibis.memtable([], schema=COUNT_SCHEMA)
    masks = _masks(tested, guards or {})
    marked = table.select(**masks)
    grouped = marked.group_by(list(masks)).agg(rows=marked.count())
    bits = _bits(tested)
    crossed = grouped.cross_join(bits)
    failed = ibis.ifelse(_is_set(crossed, crossed, list(masks)), crossed["rows"], 0).sum()
    found = crossed.group_by("rule").agg(rows=crossed["rows"].sum(), failed=failed)
    names = bits.left_join(found, "rule")
    return names.select(
        "rule",
        "item",
        "severity",
        "dimension",
        rows=found["rows"].fill_null(0).cast("int64"),
        failed=found["failed"].fill_null(0).cast("int64"),
    )


def _masks(tested: Sequence[Tested], guards: Guards) -> dict[str, ir.IntegerValue]:
    """One int64 per `BITS` conditions; sums of distinct powers of two, so that plus is bitwise or."""
    parts = [tested[start : start + BITS] for start in range(0, len(tested), BITS)]
    return {f"_mask_{number}": _mask(part, guards) for number, part in enumerate(parts)}


def _mask(part: Sequence[Tested], guards: Guards) -> ir.IntegerValue:
    numbered = list(enumerate(part))
    terms = [_bit(bit, one) for bit, one in numbered if one.guard is None]
    for name, holds in guards.items():
        own = sum(1 << bit for bit, one in numbered if one.guard == name and one.is_guard)
        under = [_bit(bit, one) for bit, one in numbered if one.guard == name and not one.is_guard]
        if own or under:
            terms.append(ibis.ifelse(~holds, _number(own), reduce(add, under, _number(0))))
    return reduce(add, terms)


def _bit(bit: int, one: Tested) -> ir.IntegerValue:
    # A null condition is not false, and so takes the second branch.
    return ibis.ifelse(~one.passes, _number(1 << bit), _number(0))


def _number(value: int) -> ir.IntegerScalar:
    return ibis.literal(value, "int64")


def _bits(tested: Sequence[Tested]) -> ir.Table:
    """The small table of conditions: which mask, which bit, and what a failure is called."""
    return ibis.memtable(
        [
            {
                "_part": number // BITS,
                "_bit": 1 << number % BITS,
                "rule": one.rule,
                "resource": one.resource,
                "department": one.department,
                "item": one.item,
                "severity": one.severity,
                "dimension": one.dimension,
            }
            for number, one in enumerate(tested)
        ],
        schema={"_part": "int64", "_bit": "int64", **dict.fromkeys(_NAMES, "string")},
    )


_NAMES = ("rule", "resource", "department", "item", "severity", "dimension")


def _is_set(marked: ir.Table, bits: ir.Table, masks: Sequence[str]) -> ir.BooleanValue:
    if len(masks) == 1:
        return (marked[masks[0]] & bits["_bit"]) != 0
    return ibis.or_(
        *[(bits["_part"] == part) & ((marked[name] & bits["_bit"]) != 0) for part, name in enumerate(masks)]
    )
