"""What several conditions ask of one row, computed once in columns of their own: `with_shared`.

DuckDB shares no part of an expression inside AND and CASE, where conditions stand; a column is computed once. The
verdict on an identity number is one: it is what a rule about the number says, it decides whether the rules that read the
number are asked (its *guard*), and it answers most patterns. So is the test whether a text is plainly a number, which
spares most rows the regular expressions of several rules (`standards.check_digits.written_out`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import ibis.expr.types as ir

from quality import check_kinds as k
from quality.patterns import Span, describes_identity_numbers, words_of
from quality.patterns import span as span_of_pattern
from quality.rules import Rule
from standards import citizen_id
from standards.check_digits import written_out
from standards.phone import MOBILE


def guard_of(rule: Rule) -> str | None:
    """The item whose identity number must be valid for this rule to be asked, if any.

    A number that is itself wrong proves nothing about other items. The scan tests each such number once for all rules
    that depend on it, the rule about the number included.
    """
    check = rule.check
    if isinstance(check, k.CitizenId) and rule.where:
        return None  # asked of some rows only: it says less than the guard
    if isinstance(check, k.CitizenId) or (isinstance(check, k.IssuingDivisionKnown) and check.of == "citizen_id"):
        return rule.item
    return check.citizen_id if isinstance(check, k.BirthDateOf | k.SexOf | k.AgeBetween) else None


def is_guard(rule: Rule) -> bool:
    """Whether the rule says just what its guard says."""
    return isinstance(rule.check, k.CitizenId) and not rule.where


def guards_of(rules: Sequence[Rule]) -> list[str]:
    """The items that are a guard of one of the rules."""
    return [item for item in dict.fromkeys(map(guard_of, rules)) if item is not None]


def with_shared(table: ir.Table, rules: Sequence[Rule]) -> ir.Table:
    """``table`` with the columns that `guard`, `digits` and `surely` give."""
    guards = guards_of(rules)
    asked = Counter((rule.item, span) for rule in rules if rule.item not in guards and (span := _span(rule)))
    # For one rule alone the expression costs no more than the cast.
    spans = [one for one, times in asked.items() if times > 1]
    numbers = {f"_number_{item}": table[item].try_cast("int64") for item, _ in spans}
    counted = table.mutate(**numbers, **{_digits(item): citizen_id.as_number(table[item]) for item in guards})
    right = {_right(item): citizen_id.valid(counted[item], counted[_digits(item)]) for item in guards}
    within = {
        _within(item, span): written_out(counted[item], counted[f"_number_{item}"], span.least, span.most)
        for item, span in spans
    }
    return counted.mutate(**right, **within)


def guard(table: ir.Table, item: str) -> ir.BooleanValue:
    """Whether the identity number in ``item`` is valid; null where there is none."""
    return table[_right(item)]


def digits(table: ir.Table, item: str) -> ir.IntegerValue:
    """The eighteen digits of the identity number in ``item``, where the guard holds."""
    return table[_digits(item)]


def surely(table: ir.Table, rule: Rule) -> ir.BooleanValue | None:
    """A cheap test after which the rule, about a pattern or a telephone, passes; None if there is none."""
    if _right(rule.item) in table.columns:
        identity = isinstance(rule.check, k.Matches) and describes_identity_numbers(rule.check.pattern)
        return guard(table, rule.item) & (digits(table, rule.item) >= 10**17) if identity else None
    span = _span(rule)
    return table[name] if span and (name := _within(rule.item, span)) in table.columns else None


def _span(rule: Rule) -> Span | None:
    """Numbers that pass, if the rule is about a text whose right values are mostly those."""
    if isinstance(rule.check, k.Phone):
        return Span(*MOBILE)
    if isinstance(rule.check, k.Matches) and words_of(rule.check.pattern) is None:
        return span_of_pattern(rule.check.pattern)
    return None


def _right(item: str) -> str:
    return f"_right_{item}"


def _digits(item: str) -> str:
    return f"_digits_{item}"


def _within(item: str, span: Span) -> str:
    return f"_within_{item}_{span.least}_{span.most}"
