"""How many findings does one cause explain? Counts over the failing rows of one rule, held against the rows that pass.

Tables in, small tables of counts out. A cause is only named where the failing rows have something in common that the others
do not have to the same degree: that all failing rows came in one batch says nothing where every row did. Values never leave:
what is shown of them is their form (`pattern_of`) or, of codes, at most four letters and digits (`shown_code`).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from itertools import groupby

import ibis
import ibis.expr.types as ir

from quality import check_kinds as k
from quality.rules import Rule
from quality.scan import scan

LEAST = 3
"""Findings that must have it in common."""
SHARE = 0.3
"""Of the findings, at the least."""
LIFT = 2.0
"""As often among the failing rows as among all, or among those that pass."""
TOP = 5
"""Values, patterns or groups looked at."""
CODE_LENGTH = 4

COUNTED = ibis.schema({"aspect": "string", "value": "string", "failing": "int64", "rows": "int64"})


@dataclass(frozen=True, slots=True)
class Counted:
    """A value of an aspect: how many failing rows have it, and how many of the rows it is held against."""

    aspect: str
    value: str
    failing: int
    rows: int


@dataclass(frozen=True, slots=True)
class Whole:
    """How many rows fail, and how many there are to hold them against."""

    failing: int
    rows: int


def stands_out(one: Counted, among: Whole) -> bool:
    """Whether failing rows are `LIFT` times as frequent among the rows with this value as among all rows."""
    if one.failing < LEAST or one.failing < SHARE * among.failing or not one.rows:
        return False
    return one.failing * among.rows >= LIFT * one.rows * among.failing


def differs_from_sound(one: Counted, among: Whole) -> bool:
    """Whether it is `LIFT` times as frequent among the failing rows as among the sound ones (``rows`` are sound rows)."""
    if one.failing < LEAST or one.failing < SHARE * among.failing:
        return False
    return one.failing * max(among.rows, 1) >= LIFT * one.rows * among.failing


def shared_values(failing: ir.Table, rows: ir.Table, aspects: Mapping[str, Callable[[ir.Table], ir.Value]]) -> ir.Table:
    """The commonest values of each aspect among the failing rows, with their number among ``rows``; in `COUNTED`.

    Args:
        failing: the failing rows.
        rows: the rows to hold them against: all, or those that pass.
        aspects: name -> the value of a row, such as its batch.
    """
    parts = []
    for name, value_of in aspects.items():
        here = failing.select(_v=value_of(failing).cast("string"))
        top = here.filter(here["_v"].notnull()).group_by("_v").agg(_failing=lambda t: t.count())
        top = top.order_by([ibis.desc("_failing"), "_v"]).limit(TOP)
        there = rows.select(_v=value_of(rows).cast("string")).semi_join(top, "_v")
        counted = there.group_by("_v").agg(_rows=lambda t: t.count())
        both = top.left_join(counted, "_v")
        parts.append(
            both.select(
                aspect=ibis.literal(name), value=top["_v"], failing=top["_failing"], rows=counted["_rows"].fill_null(0)
            )
        )
    return reduce(lambda one, other: one.union(other), parts).cast(COUNTED) if parts else _none()


@dataclass(frozen=True)
class Neighbour:
    """Another item of the resource, whose values may have come under the item that fails.

    Attributes:
        item: its id.
        read: text -> its type, null where it cannot be read so.
        rules: rules about the form of its value alone (`form_rules`).
        typed: reading alone is a test, since it is no text.
    """

    item: str
    read: Callable[[ir.StringValue], ir.Value]
    rules: Sequence[Rule]
    typed: bool

    @property
    def testable(self) -> bool:
        """Whether anything can tell its values from any others."""
        return self.typed or bool(self.rules)


def form_rules(rules: Sequence[Rule], item: str) -> list[Rule]:
    """The rules of an item that a value alone can break, whatever else stands in its row."""
    return [
        rule
        for rule in rules
        if rule.item == item
        and not rule.where
        and not rule.across_rows
        and not rule.is_spatial
        and not rule.check.own_items()
        and not isinstance(rule.check, k.NotNull | k.IssuingDivisionKnown)
    ]


def misplaced(
    failing: ir.Table, sound: ir.Table, item: str, neighbours: Sequence[Neighbour], as_of: datetime.date
) -> ir.Table:
    """How many values of ``item`` would be right in a neighbour, or equal it: aspects ``fits:<item>`` and ``equals:<item>``.

    Held against the sound rows, in `COUNTED`: what fits there as well is no sign of a shift. Both tables name their rows in
    ``_row_key`` and their batch in ``_batch``.
    """
    parts = []
    for one in neighbours:
        tests = {f"equals:{one.item}": partial(_equals, item=item, one=one)}
        if one.testable:
            tests[f"fits:{one.item}"] = partial(_fits, item=item, one=one, as_of=as_of)
        for aspect, test in tests.items():
            here, there = _size(test(failing)), _size(test(sound)).rename(_sound="_n")
            named = {"aspect": ibis.literal(aspect), "value": ibis.literal(one.item)}
            parts.append(here.cross_join(there).select(**named, failing="_n", rows="_sound"))
    return reduce(lambda one, other: one.union(other), parts).cast(COUNTED) if parts else _none()


def _equals(rows: ir.Table, *, item: str, one: Neighbour) -> ir.Table:
    return rows.filter(rows[item].cast("string") == rows[one.item].cast("string"))


def _fits(rows: ir.Table, *, item: str, one: Neighbour, as_of: datetime.date) -> ir.Table:
    """The rows in which the value can be read as the neighbour's, and breaks none of its rules."""
    moved = rows.select("_row_key", "_batch", **{one.item: one.read(rows[item].cast("string"))})
    read = moved.filter(moved[one.item].notnull())
    if not one.rules:
        return read
    plan = scan(read, one.rules, key=["_row_key"], references={}, as_of=as_of, resource=_MOVED)
    broken = plan.failures.select(_row_key="row_key").distinct()
    return read.anti_join(broken, "_row_key")


def _size(rows: ir.Table) -> ir.Table:
    return rows.agg(_n=rows.count())


@dataclass(frozen=True)
class _Moved:
    """In place of a resource: values where they do not stand belong to nobody."""

    id: str = ""
    department: str = ""


_MOVED = _Moved()


def pattern_of(column: ir.Value) -> ir.StringValue:
    """The form of a value: digits 9, Latin letters A, Han 汉 (any number), full width ９ and Ａ, anything unusual ※."""
    text = column.cast("string")
    for found, instead in _CLASSES:
        text = text.re_replace(found, instead)
    return text


_CLASSES = (
    (r"[0-9]", "9"),
    (r"[A-Za-z]", "A"),
    (r"[\x{3400}-\x{9fff}]+", "汉"),
    (r"[\x{ff10}-\x{ff19}]", "９"),
    (r"[\x{ff21}-\x{ff3a}\x{ff41}-\x{ff5a}]", "Ａ"),
    (r"[^ -~汉９Ａ]", "※"),
)


def shown_pattern(pattern: str) -> str:
    """A pattern as people read it: ``9{17}A``; the empty text has none."""
    runs = [(character, len(list(run))) for character, run in groupby(pattern)]
    return "".join(f"{one}{{{times}}}" if times > 1 else one for one, times in runs) or "空文本 empty"


def shown_code(value: str) -> str | None:
    """A value that is a short code and may be shown; None where it might be somebody's name or number."""
    return value if re.fullmatch(rf"[0-9A-Za-z]{{1,{CODE_LENGTH}}}", value) else None


def _none() -> ir.Table:
    return ibis.memtable([], schema=COUNTED)
