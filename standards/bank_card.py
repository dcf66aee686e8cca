"""Bank card numbers (GB/T 14504, ISO/IEC 7812-1): 16 to 19 digits, the last a check digit by Luhn.

Fifteen-digit and shorter numbers of other schemes are not cards of the mainland; which bank issued a card is not judged.
"""

from __future__ import annotations

import re

import ibis
import ibis.expr.types as ir

_CHARACTERS = re.compile("[0-9]+")
_DOUBLED = "0516273849"
"""A digit's place here is the sum of the digits of its double."""
_LONGEST = 19


def problem(value: str) -> str | None:
    """The first thing wrong with a card number: ``length``, ``characters``, ``check_digit``, or None."""
    if not 16 <= len(value) <= _LONGEST:
        return "length"
    if not _CHARACTERS.fullmatch(value):
        return "characters"
    return None if check_digit(value[:-1]) == value[-1] else "check_digit"


def is_valid(value: str) -> bool:
    """Whether a card number is right, written without blanks."""
    return problem(value) is None


def check_digit(body: str) -> str:
    """The check digit that belongs to the digits before it."""
    digits = [int(digit) for digit in reversed(body)]
    total = sum(digits[1::2]) + sum(_DOUBLED.index(str(digit)) for digit in digits[::2])
    return str(-total % 10)


def valid(col: ir.StringValue) -> ir.BooleanValue:
    """Set-based `is_valid`: never fails, whatever the text; null for null."""
    # Zeros in front change nothing, and bring the check digit of every length to the same place.
    padded = (ibis.literal("0" * (_LONGEST - 16)) + col).right(_LONGEST)
    total: ir.IntegerValue = ibis.literal(0)
    for place in range(_LONGEST):
        values = "0123456789" if (_LONGEST - 1 - place) % 2 == 0 else _DOUBLED
        total = total + ibis.literal(values).find(padded.substr(place, 1))
    return col.length().between(16, _LONGEST) & col.re_search("^[0-9]{16,19}$") & (total % 10 == 0)
