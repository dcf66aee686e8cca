"""Registration number of enterprises before 2015 (营业执照注册号, GS 15-2006): fifteen digits, the last a check digit.

Authority (6 digits, 100000 the state's), sequence (8) and check digit by ISO 7064 MOD 11,10. Since 2015-10-01 the unified
social credit code takes its place; old files and alias tables still name enterprises by it.
"""

from __future__ import annotations

import re

import ibis.expr.types as ir

_CHARACTERS = re.compile("[0-9]{15}")


def problem(value: str) -> str | None:
    """The first thing wrong with a registration number: ``length``, ``characters``, ``check_digit``, or None."""
    if len(value) != 15:
        return "length"
    if not _CHARACTERS.fullmatch(value):
        return "characters"
    return None if check_digit(value[:14]) == value[14] else "check_digit"


def is_valid(value: str) -> bool:
    """Whether a fifteen-digit registration number is right; thirteen-digit numbers of before 2007 have no check."""
    return problem(value) is None


def check_digit(body: str) -> str:
    """The check digit that belongs to the first fourteen digits."""
    product = 10
    for digit in body:
        product = ((product + int(digit) - 1) % 10 + 1) * 2 % 11
    return str((11 - product) % 10)


def valid(col: ir.StringValue) -> ir.BooleanValue:
    """Set-based `is_valid`: never fails, whatever the text; null for null."""
    # Each product stands in the next one once, so the expression grows by one digit a step and no faster.
    product: ir.IntegerValue = col.substr(0, 1).try_cast("int64") + 9
    for place in range(1, 14):
        product = (product % 10 + 1) * 2 % 11 + col.substr(place, 1).try_cast("int64") - 1
    product = (product % 10 + 1) * 2 % 11
    right = (product + col.substr(14, 1).try_cast("int64")) % 10 == 1
    return (col.length() == 15) & col.re_search("^[0-9]{15}$") & right
