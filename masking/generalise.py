"""Techniques that make a value coarser: the year of a date, bands of age and number, coding of the ends.

Pure Ibis forms like `masking.techniques`, and they fail closed too: what cannot be placed becomes `UNKNOWN`. Null stays
null. Ages are integer arithmetic on YYYYMMDD, because date arithmetic differs between engines.
"""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import cast

import ibis
import ibis.expr.types as ir

UNKNOWN = "不详"
"""Label of a value that fits no band, such as a birth date in the future."""


def year(value: ir.DateValue) -> ir.IntegerValue:
    """The calendar year of a date."""
    return cast(ir.IntegerValue, value.year())


def age(birth: ir.DateValue, *, as_of: date) -> ir.IntegerValue:
    """Completed years of age (周岁) on ``as_of``; negative for a birth later than that."""
    born = birth.year() * 10000 + birth.month() * 100 + birth.day()
    today = as_of.year * 10000 + as_of.month * 100 + as_of.day
    lived = ibis.ifelse(born > today, -10000, today - born) // 10000
    return cast(ir.IntegerValue, lived.cast("int64"))


def age_band(birth: ir.DateValue, edges: list[int], *, as_of: date) -> ir.StringValue:
    """Age on ``as_of`` as a band: edges 0, 18, 60 give ``0至17岁``, ``18至59岁``, ``60岁及以上``.

    A birth in the future is `UNKNOWN`.
    """
    years = age(birth, as_of=as_of)
    banded = integer_band(years, edges, unit="岁")
    return cast(ir.StringValue, ibis.ifelse(years < 0, UNKNOWN, banded))


def year_band(value: ir.DateValue, edges: list[int]) -> ir.StringValue:
    """The year of a date as a band: ``2010至2014年``."""
    return integer_band(year(value), edges, unit="年")


def integer_band(value: ir.IntegerValue, edges: list[int], *, unit: str = "") -> ir.StringValue:
    """An integer as a band ``lower至upper`` with both ends inside; the outer bands are open."""
    return _band(value, edges, band_labels(edges, unit=unit, whole=True))


def number_band(value: ir.NumericValue, edges: list[int], *, unit: str = "") -> ir.StringValue:
    """A number as a band ``lower至不足upper``, lower end inside, upper outside; the outer bands are open."""
    return _band(value, edges, band_labels(edges, unit=unit, whole=False))


def band_labels(edges: list[int], *, unit: str, whole: bool) -> list[str]:
    """Every label the bands over ``edges`` can give, from the open one below upwards; ``whole`` for integers."""
    below = f"{edges[0]}{unit}以前" if unit == "年" else f"不足{edges[0]}{unit}"
    inner = [_label(lower, upper, unit, whole) for lower, upper in pairwise(edges)]
    above = "及以后" if unit == "年" else "及以上"
    return [below, *inner, f"{edges[-1]}{unit}{above}"]


def clip(value: ir.NumericValue, *, bottom: int | None = None, top: int | None = None) -> ir.NumericValue:
    """Bottom and top coding: what lies outside is published as the bound itself."""
    return value.clip(lower=bottom, upper=top)


def _label(lower: int, upper: int, unit: str, whole: bool) -> str:
    if not whole:
        return f"{lower}至不足{upper}{unit}"
    return f"{lower}{unit}" if upper - lower == 1 else f"{lower}至{upper - 1}{unit}"


def _band(value: ir.NumericValue, edges: list[int], labels: list[str]) -> ir.StringValue:
    below = [(value < edge, label) for edge, label in zip(edges, labels, strict=False)]
    return cast(ir.StringValue, ibis.cases(*below, (value >= edges[-1], labels[-1]), else_=ibis.null("string")))
