"""Whole numbers as addresses write them: 12, 012, 十二, 一百零三, 一〇三, 5〇1 all become plain digits.

Up to 9999, enough for any door, building, unit or room. What is no number stays as it is.
"""

from __future__ import annotations

import re

import ibis
import ibis.expr.types as ir

NUMERALS = "〇零一二三四五六七八九十百千两"
"""The signs of a number written in Chinese."""
_DIGITS, _PLAIN = "〇零一二三四五六七八九两", "001234567892"
_TABLE = str.maketrans(_DIGITS, _PLAIN)
_NUMBER = f"^[0-9{NUMERALS}]+[|]$"
_UNITS = "[十百千]"

_COUNTED = ((1000, "([0-9])千"), (100, "([0-9])百"), (10, "([0-9])十"), (1, "[十0]([0-9])$"))
"""What a digit counts for by the sign behind it; the last one stands alone behind 十 or 零."""
_SPOKEN = ((100, "千([1-9])$"), (10, "百([1-9])$"))
"""一百二 is said for 120."""
_BARE_TEN = "(^|[^0-9])十"
"""十二, without a digit before it."""


def to_digits(value: str) -> str:
    """The number in plain digits without leading zeros; an empty text for zero, any other text unchanged."""
    if not re.search(_NUMBER, value + "|"):
        return value
    plain = value.translate(_TABLE)
    if re.search(_UNITS, plain):
        found = [(weight, re.search(pattern, plain)) for weight, pattern in (*_COUNTED, *_SPOKEN)]
        total = sum(weight * int(match.group(1)) for weight, match in found if match)
        plain = str(total + (10 if re.search(_BARE_TEN, plain) else 0))
    return re.sub("^0+", "", plain)


def digits(col: ir.StringValue) -> ir.StringValue:
    """Set-based `to_digits`; null stays null."""
    plain = col.translate(_DIGITS, _PLAIN)
    total = ibis.ifelse(plain.re_search(_BARE_TEN), 10, 0)
    for weight, pattern in (*_COUNTED, *_SPOKEN):
        digit = ibis.ifelse(plain.re_search(pattern), plain.re_extract(pattern, 1), "0")
        total += digit.cast("int64") * weight
    # Nearly every number is written in digits: only the others pay for the table and for the sum.
    written = ibis.cases(
        (~col.re_search(f"[{NUMERALS}]"), col),
        (col.re_search(_UNITS), total.cast("string")),
        else_=plain,
    )
    return ibis.ifelse((col + "|").re_search(_NUMBER), written.re_replace("^0+", ""), col)
