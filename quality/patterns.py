r"""How a text is compared with a pattern or with a few values, as cheaply as its form allows.

A regular expression is the dearest thing a rule asks. Many patterns of rules are only a short list of words
(``[1-4]0``), or hold a plain range of numbers (``1[3-9][0-9]{9}``), and those are asked first. What is meant stays the
pattern; measured costs are in docs/decisions/0006-rules-once-two-evaluators.md.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import ibis
import ibis.expr.types as ir

LISTED = 128
"""Values up to which an array is asked; beyond it the hash table of an IN is quicker."""

_PLACE = re.compile(r"(?:\[((?:[A-Za-z0-9]-[A-Za-z0-9]|[A-Za-z0-9])+)\]|([A-Za-z0-9]))(?:\{([0-9]{1,2})\})?")
"""One place of a pattern of fixed length: a class of plain signs or a sign, perhaps so and so often."""
_DIGITS = "0123456789"


@dataclass(frozen=True)
class Span:
    """Whole numbers from ``least`` to ``most``, of equally many digits: as text each matches the pattern it belongs to."""

    least: int
    most: int


def among(col: ir.StringValue, values: Sequence[str]) -> ir.BooleanValue:
    """Whether each text is one of ``values``; a missing one passes."""
    if len(values) == 1:
        return col == values[0]
    if len(values) > LISTED:
        return col.isin(values)
    # DuckDB makes an IN of more than a few values a join of every row. A constant array is asked once per value where
    # the column comes as a dictionary, and costs a third of the join where it does not. Spark's is false for null.
    return col.isnull() | ibis.array(values).contains(col)


def matches(col: ir.StringValue, pattern: str) -> ir.BooleanValue:
    """Whether the whole of each text matches ``pattern``; a missing one passes.

    Args:
        col: the texts.
        pattern: from the part that RE2, Java and Rust have in common, without anchors.
    """
    words = words_of(pattern)
    return col.re_search(rf"\A(?:{pattern})\z") if words is None else among(col, words)


def describes_identity_numbers(pattern: str) -> bool:
    """Whether ``pattern`` describes every text of 17 digits, the first no zero, and a digit or X."""
    places = _places(pattern) or []
    wanted = [_DIGITS[1:], *[_DIGITS] * 16, _DIGITS + "X"]
    return len(places) == 18 and all(set(one) <= set(signs) for one, signs in zip(wanted, places, strict=True))


@cache
def words_of(pattern: str) -> tuple[str, ...] | None:
    """Every text that ``pattern`` describes, if it has a fixed length and describes at most `LISTED`."""
    places = _places(pattern)
    if places is None:
        return None
    size = 1
    for signs in places:
        size *= len(signs)
        if size > LISTED:
            return None
    return tuple("".join(word) for word in itertools.product(*places))


@cache
def span(pattern: str) -> Span | None:
    """The range of numbers from 100 up that ``pattern`` describes in full, if it is of fixed length and describes little else.

    Only the last place may be more than a digit. Where many right values have letters, asking for numbers first is lost time.
    """
    places = _places(pattern)
    if places is None or not 3 <= len(places) <= 18 or not all(set(signs) <= set(_DIGITS) for signs in places[:-1]):
        return None
    least = most = ""
    for signs in places:
        # As long as there is one number only, the place may be any run of digits; behind that it must be every digit.
        first, last = _run(signs) if least == most else ("0", "9") if set(_DIGITS) <= set(signs) else ("", "")
        if not first:
            return None
        least, most = least + first, most + last
    return Span(int(least), int(most)) if least[0] != "0" else None


def _run(signs: str) -> tuple[str, str]:
    """The first and the last of digits that follow each other; nothing if they do not."""
    digits = sorted(set(signs) & set(_DIGITS))
    return (digits[0], digits[-1]) if digits and "".join(digits) in _DIGITS else ("", "")


def _places(pattern: str) -> list[str] | None:
    """The signs that may stand at each place; None if the pattern is more than a row of such places."""
    places: list[str] = []
    end = 0
    while end < len(pattern):
        found = _PLACE.match(pattern, end)
        if found is None:
            return None
        members, sign, count = found.groups()
        places += [_members(members) if members else sign] * int(count or 1)
        end = found.end()
    return places or None


def _members(written: str) -> str:
    ranges = re.findall(r"(.)-(.)|(.)", written)
    signs = [chr(code) for first, last, one in ranges for code in range(ord(first or one), ord(last or one) + 1)]
    return "".join(dict.fromkeys(signs))
