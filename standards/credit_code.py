"""Unified social credit code (统一社会信用代码, GB 32100-2015): is it right, and what does it contain.

Eighteen characters: registering authority (1), kind of entity (1), division (6 digits), organisation code (9), check
character. The first two may be letters: A (military), N (village collectives) and Y (others) are authorities too.
The division is never part of validity: registers hold hundreds of right codes whose county was abolished or never listed.
"""

from __future__ import annotations

import re

import ibis
import ibis.expr.types as ir

from standards import organisation_code
from standards.check_digits import weighted_sum

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""A character's value is its index; I, O, S, V and Z are not used."""
WEIGHTS = tuple(pow(3, place, 31) for place in range(17))

_WELL_FORMED = f"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}"
_CHARACTERS = re.compile(_WELL_FORMED)


def problem(value: str) -> str | None:
    """The first thing wrong with a credit code: ``length``, ``characters``, ``check_digit``, or None if it is right."""
    if len(value) != 18:
        return "length"
    if not _CHARACTERS.fullmatch(value):
        return "characters"
    return None if check_digit(value[:17]) == value[17] else "check_digit"


def is_valid(value: str) -> bool:
    """Whether a credit code is right in itself; its division and its organisation code are judged apart."""
    return problem(value) is None


def check_digit(body: str) -> str:
    """The check character that belongs to the first 17 characters."""
    total = sum(weight * ALPHABET.index(character) for weight, character in zip(WEIGHTS, body, strict=True))
    return ALPHABET[-total % 31]


def division(value: str) -> str | None:
    """The six digits of the division where a well-formed code was registered; None otherwise."""
    return value[2:8] if problem(value) in (None, "check_digit") else None


def organisation(value: str) -> str | None:
    """The organisation code in a well-formed credit code; None otherwise."""
    return value[8:17] if problem(value) in (None, "check_digit") else None


def well_formed(col: ir.StringValue) -> ir.BooleanValue:
    """Whether each code has 18 characters of the right kind; null for null."""
    return (col.length() == 18) & col.re_search(f"^{_WELL_FORMED}$")


def valid(col: ir.StringValue) -> ir.BooleanValue:
    """Set-based `is_valid`: never fails, whatever the text; null for null."""
    # For 1 M rows, a bare expression match being 1: every character by `find` 9.3; the six digits of the division as one
    # number and the other twelve by `find` 7.2; a list indexed by character code 7.3, but it fails on Spark outside the
    # list; arithmetic on character codes 14; translated to two numbers 27.
    values = ibis.literal(ALPHABET)
    total = weighted_sum(col.substr(2, 6), WEIGHTS[2:8], 31) + values.find(col.substr(17, 1))
    for place in (0, 1, *range(8, 17)):
        total = total + values.find(col.substr(place, 1)) * WEIGHTS[place]
    return well_formed(col) & (total % 31 == 0)


def division_code(col: ir.StringValue) -> ir.StringValue:
    """Set-based `division`: six digits of each well-formed code, null otherwise."""
    return ibis.ifelse(well_formed(col), col.substr(2, 6), ibis.null("string"))


def organisation_code_of(col: ir.StringValue) -> ir.StringValue:
    """Set-based `organisation`: nine characters of each well-formed code, null otherwise."""
    return ibis.ifelse(well_formed(col), col.substr(8, 9), ibis.null("string"))


def organisation_code_ok(col: ir.StringValue) -> ir.BooleanValue:
    """Whether the organisation code in each code passes its own check (GB 11714); false where it has none."""
    return organisation_code.valid(col.substr(8, 9)) & (col.length() == 18)
