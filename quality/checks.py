"""What each kind of check means as an Ibis condition: true where the value passes.

One small function per kind, pure and, but for geometry, portable: the same condition runs on DuckDB and on Spark. The national codes
come from `standards`; the second, independent reading for the cross-check is `quality.gx_conditions`.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from quality import check_kinds as k
from quality import geometry as g
from quality import library_kinds as lk
from quality import relation_kinds as rk
from quality import spatial_kinds as sk
from quality.patterns import among, matches
from quality.rules import Rule
from quality.shared import digits, surely
from standards import (
    bank_card,
    citizen_id,
    code_list,
    credit_code,
    division_history,
    organisation_code,
    phone,
    plate,
    registration_number,
)


@dataclass(frozen=True)
class Context:
    """What a condition may know besides the row.

    Attributes:
        as_of: the day of evaluation.
        hit: for rules that look beyond their row, the column with what was found there.
    """

    as_of: datetime.date
    hit: str = ""


@dataclass(frozen=True)
class Row:
    """The row a condition is about: its table, the rule, and the context."""

    table: ir.Table
    rule: Rule
    context: Context

    @property
    def value(self) -> Any:
        """The value in question."""
        return self.table[self.rule.item]


Condition = Callable[[Any, Row], ir.BooleanValue]


def passes(rule: Rule, table: ir.Table, context: Context) -> ir.BooleanValue:
    """The condition of one rule over ``table``: true, false, or null where the value is missing.

    For a rule with a guard (`quality.shared.guard_of`) it means something only where the guard holds.

    Args:
        rule: the rule.
        table: a standard table `quality.shared.with_shared`; for rules that look beyond their row with the column ``context.hit`` joined to it
            (`quality.lookups`).
        context: day of evaluation and name of that column.
    """
    holds = CONDITIONS[type(rule.check)](rule.check, Row(table, rule, context))
    if not rule.where:
        return holds
    asked = ibis.and_(*[table[name] == value for name, value in rule.where.items()])
    return holds | ~asked.fill_null(False)


def _not_null(_check: k.NotNull, row: Row) -> ir.BooleanValue:
    there = row.value.notnull()
    return there & (row.value != "") if row.value.type().is_string() else there


def _citizen_id(_check: k.CitizenId, row: Row) -> ir.BooleanValue:
    return citizen_id.valid(row.value)


def _credit_code(_check: k.CreditCode, row: Row) -> ir.BooleanValue:
    return credit_code.valid(row.value)


def _organisation_code(_check: k.OrganisationCode, row: Row) -> ir.BooleanValue:
    return organisation_code.valid(row.value)


def _registration_number(_check: k.RegistrationNumber, row: Row) -> ir.BooleanValue:
    return registration_number.valid(row.value)


def _bank_card(_check: k.BankCard, row: Row) -> ir.BooleanValue:
    return bank_card.valid(row.value)


def _plate(_check: k.Plate, row: Row) -> ir.BooleanValue:
    return plate.valid(row.value)


def _issuing_division_known(check: k.IssuingDivisionKnown, row: Row) -> ir.BooleanValue:
    if check.of == "citizen_id":
        # Only where the number is valid (`quality.shared.guard_of`). Numbers are given after birth, under the divisions of that day.
        return division_history.known_since(row.value.substr(0, 6), row.value.substr(6, 4))
    # 100000 stands for the state's own registers.
    code = row.value.substr(2, 6)
    return ~credit_code.well_formed(row.value) | (code == "100000") | division_history.known(code)


def _phone(_check: k.Phone, row: Row) -> ir.BooleanValue:
    return _unless(surely(row.table, row.rule), phone.valid(row.value))


def _unless(known: ir.BooleanValue | None, condition: ir.BooleanValue) -> ir.BooleanValue:
    """``condition``, asked only where the cheap test before it has not said yes already."""
    return condition if known is None else ibis.ifelse(known, True, condition)


def _code_list(check: k.CodeList, row: Row) -> ir.BooleanValue:
    return among(row.value, list(code_list.codes(check.list)))


def _one_of(check: k.OneOf, row: Row) -> ir.BooleanValue:
    return among(row.value, check.values)


def _division_in(check: k.DivisionIn, row: Row) -> ir.BooleanValue:
    known = [
        among(row.value.substr(0, size), codes)
        for size in (2, 4, 6)
        if (codes := [code for code in check.divisions if len(code) == size])
    ]
    return ibis.or_(*known) & (row.value.length() == 6)


def _matches(check: k.Matches, row: Row) -> ir.BooleanValue:
    return _unless(surely(row.table, row.rule), matches(row.value, check.pattern))


def _length(check: k.Length, row: Row) -> ir.BooleanValue:
    size = row.value.length()
    if check.min == check.max:
        return size == check.min
    return size >= check.min if check.max is None else size.between(check.min, check.max)


def _between(check: k.Between, row: Row) -> ir.BooleanValue:
    bounds = [row.value >= check.min] if check.min is not None else []
    bounds += [row.value <= check.max] if check.max is not None else []
    return ibis.and_(*bounds)


def _date_not_after(check: k.DateNotAfter, row: Row) -> ir.BooleanValue:
    return _day(row.value) <= _limit(check.limit, row.context)


def _date_not_before(check: k.DateNotBefore, row: Row) -> ir.BooleanValue:
    return _day(row.value) >= _limit(check.limit, row.context)


def _birth_date_of(check: k.BirthDateOf, row: Row) -> ir.BooleanValue:
    # Only where the number is valid (`quality.shared.guard_of`). Behind the date stand four digits more.
    return _born(check.citizen_id, row) == _as_number(_day(row.value)) * 10_000


def _sex_of(check: k.SexOf, row: Row) -> ir.BooleanValue:
    return ~row.value.isin(["1", "2"]) | ((row.value == "1") == _is_man(check.citizen_id, row))


def _age_between(check: k.AgeBetween, row: Row) -> ir.BooleanValue:
    lived = _as_number(_day(row.value)) * 10_000 - _born(check.citizen_id, row)
    least: ir.Value = ibis.literal(check.min * 10**8)
    if check.min_of_men is not None:
        least = ibis.ifelse(_is_man(check.citizen_id, row), check.min_of_men * 10**8, least)
    return (lived >= least) & (lived < (check.max + 1) * 10**8)


def _born(item: str, row: Row) -> ir.IntegerValue:
    """The birth date in a valid number as YYYYMMDD0000."""
    number = digits(row.table, item)
    return number % 10**12 - number % 10**4


def _is_man(item: str, row: Row) -> ir.BooleanValue:
    # The last digit but one is odd.
    return digits(row.table, item) % 20 >= 10


def _years_ago(check: k.YearsAgo, row: Row) -> ir.BooleanValue:
    past = int(f"{row.context.as_of:%Y%m%d}") - _as_number(_day(row.value))
    return (past >= check.min * 10_000) & (past < (check.max + 1) * 10_000)


def _as_number(day: ir.DateValue) -> ir.IntegerValue:
    """A day as YYYYMMDD: the difference of two has the full years between them in front of its last four digits."""
    # A fourth of what text made of the day and read again costs.
    return day.year().cast("int64") * 10_000 + day.month() * 100 + day.day()


def _not_before_item(check: k.NotBeforeItem, row: Row) -> ir.BooleanValue:
    return _day(row.value) >= _day(row.table[check.other])


def _not_after_item(check: k.NotAfterItem, row: Row) -> ir.BooleanValue:
    return _day(row.value) <= _day(row.table[check.other])


def _equals_item(check: k.EqualsItem, row: Row) -> ir.BooleanValue:
    return row.value == row.table[check.other]


def _not_equals_item(check: k.NotEqualsItem, row: Row) -> ir.BooleanValue:
    return row.value != row.table[check.other]


def _starts_alike(check: k.StartsAlike, row: Row) -> ir.BooleanValue:
    return row.value.substr(0, check.length) == row.table[check.other].substr(0, check.length)


def _equals_difference(check: k.EqualsDifference, row: Row) -> ir.BooleanValue:
    return (row.value - (row.table[check.minuend] - row.table[check.subtrahend])).abs() <= check.tolerance


def _in_reference(check: rk.InReference, row: Row) -> ir.BooleanValue:
    held = row.value.isnull() | row.table[row.context.hit].fill_null(False)
    if not check.starting:
        return held
    return held | ~ibis.or_(*[row.value.startswith(start) for start in check.starting])


def _not_found(_check: object, row: Row) -> ir.BooleanValue:
    """Passes where the lookup did not find the row, or its value, among those that break the rule."""
    return row.value.isnull() | ~row.table[row.context.hit].fill_null(False)


def _geometry_valid(_check: sk.GeometryValid, row: Row) -> ir.BooleanValue:
    return row.value.isnull() | g.is_valid(g.parsed(row.value)).fill_null(False)


def _within_city(check: sk.WithinCity, row: Row) -> ir.BooleanValue:
    if check.bounds is None:
        return _not_found(check, row)
    return g.covered_by(g.geometry(row.value), g.box(*check.bounds))


SQUARE_METRES = {"m2": 1.0, "mu": 10_000 / 15, "hectare": 10_000.0}
"""Of each unit of area; 15 mu are a hectare."""


def _area_equals(check: sk.AreaEquals, row: Row) -> ir.BooleanValue:
    written = row.value.cast("float64") * SQUARE_METRES[check.unit]
    # The share is taken of the written area on both sides, so that the polygon is measured once.
    return g.area_m2(g.geometry(row.table[check.geometry])).between(
        written / (1 + check.tolerance), written / (1 - check.tolerance) if check.tolerance < 1 else ibis.literal(1e300)
    )


def _cross(check: rk.Cross, row: Row) -> ir.BooleanValue:
    found = row.table[row.context.hit].fill_null(False)
    here = [row.table[name] == value for name, value in check.when.items()]
    return row.value.isnull() | ~ibis.and_(*here, found)


def _day(column: ir.Value) -> ir.DateValue:
    return column.date() if column.type().is_timestamp() else column


def _limit(limit: str | datetime.date, context: Context) -> datetime.date:
    return context.as_of if isinstance(limit, str) else limit


CONDITIONS: dict[type, Condition] = {
    k.NotNull: _not_null,
    k.CitizenId: _citizen_id,
    k.CreditCode: _credit_code,
    k.OrganisationCode: _organisation_code,
    k.RegistrationNumber: _registration_number,
    k.BankCard: _bank_card,
    k.Plate: _plate,
    k.Phone: _phone,
    k.IssuingDivisionKnown: _issuing_division_known,
    k.CodeList: _code_list,
    k.OneOf: _one_of,
    k.DivisionIn: _division_in,
    k.Matches: _matches,
    k.Length: _length,
    k.Between: _between,
    k.DateNotAfter: _date_not_after,
    k.DateNotBefore: _date_not_before,
    k.NotBeforeItem: _not_before_item,
    k.NotAfterItem: _not_after_item,
    k.BirthDateOf: _birth_date_of,
    k.SexOf: _sex_of,
    k.AgeBetween: _age_between,
    k.YearsAgo: _years_ago,
    k.EqualsItem: _equals_item,
    k.NotEqualsItem: _not_equals_item,
    k.StartsAlike: _starts_alike,
    k.EqualsDifference: _equals_difference,
    rk.UniqueItem: _not_found,
    rk.UsualWith: _not_found,
    rk.Follows: _not_found,
    rk.AgreesWith: _not_found,
    rk.InReference: _in_reference,
    rk.AbsentInReference: _not_found,
    rk.Cross: _cross,
    lk.Steady: _not_found,
    lk.SamePlace: _not_found,
    sk.GeometryValid: _geometry_valid,
    sk.WithinCity: _within_city,
    sk.InsideOf: _not_found,
    sk.NoOverlap: _not_found,
    sk.AreaEquals: _area_equals,
    sk.CoordinateShift: _not_found,
}
