"""Organisation code (组织机构代码, GB 11714-1997): eight characters and a check digit, written without its hyphen.

Replaced by the unified social credit code in 2015 and still contained in it, at places 9 to 17.
"""

from __future__ import annotations

import re

import ibis
import ibis.expr.types as ir

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""A character's value is its index."""
WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "0123456789X"
_CHARACTERS = re.compile(r"[0-9A-Z]{8}[0-9X]")


def problem(value: str) -> str | None:
    """The first thing wrong with an organisation code: ``length``, ``characters``, ``check_digit``, or None."""
    if len(value) != 9:
        return "length"
    if not _CHARACTERS.fullmatch(value):
        return "characters"
    return None if check_digit(value[:8]) == value[8] else "check_digit"


def is_valid(value: str) -> bool:
    """Whether a nine-character organisation code is right."""
    return problem(value) is None


def check_digit(body: str) -> str:
    """The check digit (``0``-``9`` or ``X``) that belongs to the first eight characters."""
    total = sum(weight * ALPHABET.index(character) for weight, character in zip(WEIGHTS, body, strict=True))
    return _CHECK_CHARACTERS[-total % 11]


def valid(col: ir.StringValue) -> ir.BooleanValue:
    """Set-based `is_valid`: never fails, whatever the text; null for null."""
    values = ibis.literal(ALPHABET)
    total = ibis.literal(_CHECK_CHARACTERS).find(col.substr(8, 1))
    for place, weight in enumerate(WEIGHTS):
        total = total + values.find(col.substr(place, 1)) * weight
    return (col.length() == 9) & col.re_search("^[0-9A-Z]{8}[0-9X]$") & (total % 11 == 0)
