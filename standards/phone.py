"""Telephone numbers of the mainland: mobile and fixed, in the one form in which they are compared.

A mobile number is eleven digits. A fixed number is area code and seven or eight digits, with or without a hyphen, perhaps
with an extension behind another. The prefix of a mobile number no longer tells the carrier, so it is not read.
"""

from __future__ import annotations

import re
from typing import Literal

import ibis
import ibis.expr.types as ir

from standards.text import Step, whole_match

_MOBILE = "1[3-9][0-9]{9}"
MOBILE = (130_0000_0000, 199_9999_9999)
"""Mobile numbers as whole numbers, from and to: each between is one."""
_PREFIXED_MOBILE = f"(0|86|0086)?{_MOBILE}"
_AREA = "(010|02[0-9]|0[3-9][0-9]{2})"
_LANDLINE = f"{_AREA}-?[0-9]{{7,8}}(-[0-9]{{1,6}})?"
_PLAIN_LANDLINE = f"{_AREA}[0-9]{{7,8}}"
_SEPARATORS = " -+()（）"


def kind(value: str) -> Literal["mobile", "landline"] | None:
    """What sort of number a normalised value is; None if it is none."""
    if re.fullmatch(_MOBILE, value):
        return "mobile"
    return "landline" if re.fullmatch(_LANDLINE, value) else None


def is_valid(value: str) -> bool:
    """Whether a normalised value is a mobile or a fixed number."""
    return kind(value) is not None


def normalise_text(value: str) -> str:
    """A number without its separators and its country code; what is no such number, and extensions, stay as delivered."""
    plain = value.translate({ord(sign): None for sign in _SEPARATORS})
    if re.fullmatch(_PREFIXED_MOBILE, plain):
        return plain[-11:]
    return plain if re.fullmatch(_PLAIN_LANDLINE, plain) else value


def mobile(col: ir.StringValue) -> ir.BooleanValue:
    """Whether each normalised value is a mobile number; null for null."""
    return whole_match(col, _MOBILE)


def landline(col: ir.StringValue) -> ir.BooleanValue:
    """Whether each normalised value is a fixed number; null for null."""
    return whole_match(col, _LANDLINE)


def valid(col: ir.StringValue) -> ir.BooleanValue:
    """Set-based `is_valid`; null for null."""
    return whole_match(col, f"{_MOBILE}|{_LANDLINE}")


def normalise(col: ir.StringValue) -> ir.StringValue:
    """Set-based `normalise_text`; null stays null."""
    plain = col.translate(_SEPARATORS, "")
    return ibis.cases(
        (whole_match(plain, _PREFIXED_MOBILE), plain.right(11)),
        (whole_match(plain, _PLAIN_LANDLINE), plain),
        else_=col,
    )


STEP = Step(touches="^0|^86|[^0-9]", scalar=normalise_text, column=normalise)
