"""What each kind of check means as an Ibis condition: true where the value passes.

One small function per kind, pure and portable: the same condition runs on DuckDB and on Spark. The national codes
come from `standards`; the second, independent reading for the cross-check is `quality.sql_conditions`.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from quality import rules as r
from standards import citizen_id, code_list, credit_code, phone


@dataclass(frozen=True)
class Context:
    """What a condition may know besides the row.

    Attributes:
        as_of: the day of evaluation.
        hit: for rules that look into another table, the column that is true where that table answered.
    """

    as_of: datetime.date
    hit: str = ""


@dataclass(frozen=True)
class Row:
    """The row a condition is about: its table, the value in question, and the context."""

    table: ir.Table
    value: Any
    context: Context


Condition = Callable[[Any, Row], ir.BooleanValue]


def passes(rule: r.Rule, table: ir.Table, context: Context) -> ir.BooleanValue:
    """The condition of one rule over ``table``: true, false, or null where the value is missing.

    For a rule with a guard (`guard_of`) it means something only where the guard holds.

    Args:
        rule: the rule.
        table: a standard table; for `InReference` and `Cross` with the column ``context.hit`` joined to it.
        context: day of evaluation and name of that column.
    """
    return CONDITIONS[type(rule.check)](rule.check, Row(table, table[rule.item], context))


def guard_of(rule: r.Rule) -> str | None:
    """The item whose identity number must be valid for this rule to be asked, if any.

    A number that is itself wrong proves nothing about other items. The scan tests each such number once for all rules
    that depend on it, the rule about the number included.
    """
    if isinstance(rule.check, r.CitizenId):
        return rule.item
    return rule.check.citizen_id if isinstance(rule.check, r.BirthDateOf | r.SexOf) else None


def is_guard(rule: r.Rule) -> bool:
    """Whether the rule says just what its guard says."""
    return isinstance(rule.check, r.CitizenId)


def guard(table: ir.Table, item: str) -> ir.BooleanValue:
    """Whether the identity number in ``item`` is valid; null where there is none."""
    return citizen_id.valid(table[item])


def _not_null(_check: r.NotNull, row: Row) -> ir.BooleanValue:
    there = row.value.notnull()
    return there & (row.value != "") if row.value.type().is_string() else there


def _citizen_id(_check: r.CitizenId, row: Row) -> ir.BooleanValue:
    return citizen_id.valid(row.value)


def _credit_code(_check: r.CreditCode, row: Row) -> ir.BooleanValue:
    return credit_code.valid(row.value)


def _phone(_check: r.Phone, row: Row) -> ir.BooleanValue:
    return phone.valid(row.value)


def _code_list(check: r.CodeList, row: Row) -> ir.BooleanValue:
    return code_list.in_list(row.value, check.list)


def _one_of(check: r.OneOf, row: Row) -> ir.BooleanValue:
    return row.value.isin(check.values)


def _division_in(check: r.DivisionIn, row: Row) -> ir.BooleanValue:
    known = [
        row.value.substr(0, size).isin(codes)
        for size in (2, 4, 6)
        if (codes := [code for code in check.divisions if len(code) == size])
    ]
    return ibis.or_(*known) & (row.value.length() == 6)


def _matches(check: r.Matches, row: Row) -> ir.BooleanValue:
    return row.value.re_search(rf"\A(?:{check.pattern})\z")


def _length(check: r.Length, row: Row) -> ir.BooleanValue:
    size = row.value.length()
    return size >= check.min if check.max is None else size.between(check.min, check.max)


def _between(check: r.Between, row: Row) -> ir.BooleanValue:
    bounds = [row.value >= check.min] if check.min is not None else []
    bounds += [row.value <= check.max] if check.max is not None else []
    return ibis.and_(*bounds)


def _date_not_after(check: r.DateNotAfter, row: Row) -> ir.BooleanValue:
    return _day(row.value) <= _limit(check.limit, row.context)


def _date_not_before(check: r.DateNotBefore, row: Row) -> ir.BooleanValue:
    return _day(row.value) >= _limit(check.limit, row.context)


def _birth_date_of(check: r.BirthDateOf, row: Row) -> ir.BooleanValue:
    # Only where the number is valid (`guard_of`), so that its eight characters are a date.
    return row.table[check.citizen_id].substr(6, 8) == _day(row.value).strftime("%Y%m%d")


def _sex_of(check: r.SexOf, row: Row) -> ir.BooleanValue:
    # The character code of a digit is odd where the digit is.
    odd = row.table[check.citizen_id].substr(16, 1).ascii_str() % 2 == 1
    return ~row.value.isin(["1", "2"]) | ((row.value == "1") == odd)


def _equals_item(check: r.EqualsItem, row: Row) -> ir.BooleanValue:
    return row.value == row.table[check.other]


def _not_equals_item(check: r.NotEqualsItem, row: Row) -> ir.BooleanValue:
    return row.value != row.table[check.other]


def _in_reference(check: r.InReference, row: Row) -> ir.BooleanValue:
    held = row.value.isnull() | row.table[row.context.hit].fill_null(False)
    if not check.starting:
        return held
    return held | ~ibis.or_(*[row.value.startswith(start) for start in check.starting])


def _cross(check: r.Cross, row: Row) -> ir.BooleanValue:
    here = ibis.and_(*[row.table[name] == value for name, value in check.when.items()])
    return row.value.isnull() | ~(here & row.table[row.context.hit].fill_null(False))


def _day(column: ir.Value) -> ir.DateValue:
    return column.date() if column.type().is_timestamp() else column


def _limit(limit: str | datetime.date, context: Context) -> datetime.date:
    return context.as_of if isinstance(limit, str) else limit


CONDITIONS: dict[type, Condition] = {
    r.NotNull: _not_null,
    r.CitizenId: _citizen_id,
    r.CreditCode: _credit_code,
    r.Phone: _phone,
    r.CodeList: _code_list,
    r.OneOf: _one_of,
    r.DivisionIn: _division_in,
    r.Matches: _matches,
    r.Length: _length,
    r.Between: _between,
    r.DateNotAfter: _date_not_after,
    r.DateNotBefore: _date_not_before,
    r.BirthDateOf: _birth_date_of,
    r.SexOf: _sex_of,
    r.EqualsItem: _equals_item,
    r.NotEqualsItem: _not_equals_item,
    r.InReference: _in_reference,
    r.Cross: _cross,
}
