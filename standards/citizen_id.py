"""Citizen identity number (公民身份号码, GB 11643-1999): is it right, and what does it say of its bearer.

Eighteen characters: division (6), birth date (8), sequence (3, odd male, even female), check digit by ISO 7064 MOD 11-2.
Only the number itself is judged, in its normal form (half width, upper-case X). Whether its birth date lies in the future is
a question of a day; it belongs to rules. Whether its division ever existed is asked apart (`issuing_division_known`) and is
never more than a warning: lists have gaps, and a number is its bearer's whatever a list says.

The same form have the numbers of residence permits of people from Hong Kong (810000), Macao (820000) and Taiwan (830000),
and of the cards of foreign permanent residents since 2023, which begin with 9.
"""

from __future__ import annotations

import datetime
import re

import ibis
import ibis.expr.types as ir

from standards import division_history
from standards.check_digits import weighted_sum, weighted_sum_of, written_out
from standards.text import Step

WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))
CHECK_CHARACTERS = "10X98765432"
"""The check digit at index (weighted sum mod 11)."""

_CHARACTERS = re.compile(r"[0-9]{17}[0-9X]")
_CENTURIES = "(18|19|20)"
_LEAP_YEARS = f"({_CENTURIES}(0[48]|[2468][048]|[13579][26])|2000)"
_DAYS = "((0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])|(0[469]|11)(0[1-9]|[12][0-9]|30)|02(0[1-9]|1[0-9]|2[0-8]))"
_REAL_DATE = f"({_CENTURIES}[0-9]{{2}}{_DAYS}|{_LEAP_YEARS}0229)"
# The whole Gregorian calendar in the expression costs no more than a bare run of digits: both are one automaton.
_WELL_FORMED = f"^[0-9]{{6}}{_REAL_DATE}[0-9]{{3}}[0-9X]$"

# Neither 1800 nor 1900 was a leap year, so that the date of a 15-digit number is real in both centuries or in none.
_FIFTEEN_WELL_FORMED = f"^[0-9]{{6}}([0-9]{{2}}{_DAYS}|(0[48]|[2468][048]|[13579][26])0229)[0-9]{{3}}$"
_FIFTEEN = re.compile(r"[0-9]{15}")
_WITHOUT_DIVISION = "^(9|8[123]0000)"
_CENTENARIANS = ("996", "997", "998", "999")


def problem(value: str) -> str | None:
    """The first thing wrong with an identity number.

    Returns:
        ``length``, ``characters``, ``birth_date`` (no real date of 1800 to 2099), ``check_digit``, or None if it is right.
    """
    if len(value) != 18:
        return "length"
    if not _CHARACTERS.fullmatch(value):
        return "characters"
    if _real_date(value[6:14]) is None:
        return "birth_date"
    if check_digit(value[:17]) != value[17]:
        return "check_digit"
    return None


def is_valid(value: str) -> bool:
    """Whether an 18-character identity number is right; the old 15-digit form is not (see `from_15`)."""
    return problem(value) is None


def check_digit(body: str) -> str:
    """The check digit (``0``-``9`` or ``X``) that belongs to the first 17 digits."""
    return CHECK_CHARACTERS[sum(weight * int(digit) for weight, digit in zip(WEIGHTS, body, strict=True)) % 11]


def birth_date(value: str) -> datetime.date | None:
    """The birth date in a well-formed number (whatever its check digit); None otherwise."""
    return _real_date(value[6:14]) if _is_well_formed(value) else None


def sex(value: str) -> str | None:
    """``1`` male or ``2`` female (GB/T 2261.1) of a well-formed number; None otherwise."""
    if not _is_well_formed(value):
        return None
    return "1" if int(value[16]) % 2 else "2"


def division(value: str) -> str | None:
    """The six digits of the division where a well-formed number was issued; None otherwise."""
    return value[:6] if _is_well_formed(value) else None


def from_15(value: str) -> str | None:
    """The 18-character form of a number of the first generation (15 digits, issued until 1999).

    The century is 19, but 18 where the sequence is 996 to 999: those were kept for people over a hundred.

    Returns:
        The longer number, or None if ``value`` is not 15 digits with a real birth date.
    """
    if not _FIFTEEN.fullmatch(value):
        return None
    century = "18" if value[12:] in _CENTENARIANS else "19"
    body = value[:6] + century + value[6:]
    return body + check_digit(body) if _real_date(body[6:14]) else None


def is_issuing_division_known(value: str) -> bool | None:
    """Whether the division in a well-formed number existed at any time from its bearer's birth on; None if not well formed.

    The day of issue is not in the number. Codes of permits and of foreign residents are known.
    """
    if not _is_well_formed(value):
        return None
    return _without_division(value) or division_history.is_known_since(value[:6], int(value[6:10]))


def well_formed(col: ir.StringValue) -> ir.BooleanValue:
    """Whether each number has 18 characters of the right kind and a real birth date; null for null."""
    # The length also refuses a line break at the end, which `$` of Java's expressions would let pass.
    return (col.length() == 18) & col.re_search(_WELL_FORMED)


def check_digit_ok(col: ir.StringValue) -> ir.BooleanValue:
    """Whether each check digit fits the digits before it; false where there are not 17 digits, null for null."""
    total = weighted_sum(col.substr(0, 17), WEIGHTS, 11) + ibis.literal("0123456789X").find(col.substr(17, 1))
    return (col.length() == 18) & col.re_search("^[0-9]{17}[0-9X]$") & (total % 11 == 1)


def valid(col: ir.StringValue, digits: ir.IntegerValue | None = None) -> ir.BooleanValue:
    """Set-based `is_valid`: never fails, whatever the text; null for null.

    Args:
        col: the numbers.
        digits: `as_number` of ``col``, as a column of its own: then it costs half as much.
    """
    if digits is None:
        total = weighted_sum(col.substr(0, 17), WEIGHTS, 11) + ibis.literal("0123456789X").find(col.substr(17, 1))
        return well_formed(col) & (total % 11 == 1)
    total = weighted_sum_of(digits, (*WEIGHTS, 1), 11) + ibis.ifelse(col.endswith("X"), 10, 0)
    # A day of 29 to 31 is left to the expression, as is everything that is not plainly a date.
    plainly = (
        written_out(col, digits, 10**17, 10**18 - 1)
        & (digits % 10**6).between(1_0000, 28_9999)
        & (digits % 10**8).between(1_00_0000, 12_99_9999)
        & (digits % 10**12).between(1800_00_00_0000, 2099_99_99_9999)
    )
    return ibis.ifelse(plainly, True, well_formed(col)) & (total % 11 == 1)


def as_number(col: ir.StringValue) -> ir.IntegerValue:
    """The eighteen digits of each number as a whole number, an X at the end as 0; meaningless, or null, where ill-formed."""
    return ibis.ifelse(col.endswith("X"), (col.substr(0, 17) + "0").try_cast("int64"), col.try_cast("int64"))


def upgraded(col: ir.StringValue) -> ir.StringValue:
    """Set-based `from_15`: the 18-character form of each number of the first generation; null for everything else."""
    century = ibis.ifelse(col.substr(12, 3).isin(_CENTENARIANS), "18", "19")
    body = col.substr(0, 6) + century + col.substr(6, 9)
    digit = ibis.literal(CHECK_CHARACTERS).substr(weighted_sum(body, WEIGHTS, 11) % 11, 1)
    right = (col.length() == 15) & col.re_search(_FIFTEEN_WELL_FORMED)
    return ibis.ifelse(right, body + digit, ibis.null("string"))


def issuing_division_known(col: ir.StringValue) -> ir.BooleanValue:
    """Set-based `is_issuing_division_known`: true, false or null."""
    special = col.re_search(_WITHOUT_DIVISION)
    known = special | division_history.known_since(col.substr(0, 6), col.substr(6, 4))
    return ibis.ifelse(well_formed(col), known, ibis.null("boolean"))


def birth_text(col: ir.StringValue) -> ir.StringValue:
    """The birth date (``YYYYMMDD``) of each well-formed number; null otherwise."""
    return _where_well_formed(col, col.substr(6, 8))


def sex_code(col: ir.StringValue) -> ir.StringValue:
    """Set-based `sex`: ``1``, ``2`` or null."""
    odd = col.substr(16, 1).isin(["1", "3", "5", "7", "9"])
    return _where_well_formed(col, ibis.ifelse(odd, "1", "2"))


def division_code(col: ir.StringValue) -> ir.StringValue:
    """Set-based `division`: six digits or null."""
    return _where_well_formed(col, col.substr(0, 6))


def _where_well_formed(col: ir.StringValue, part: ir.StringValue) -> ir.StringValue:
    return ibis.ifelse(well_formed(col), part, ibis.null("string"))


def _is_well_formed(value: str) -> bool:
    return problem(value) in (None, "check_digit")


def _without_division(value: str) -> bool:
    return re.match(_WITHOUT_DIVISION, value) is not None


def _real_date(text: str) -> datetime.date | None:
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:])
    try:
        return datetime.date(year, month, day) if 1800 <= year <= 2099 else None
    except ValueError:
        return None


STEP = Step(
    touches="^[0-9]{15}$",
    scalar=lambda value: from_15(value) or value,
    column=lambda col: ibis.coalesce(upgraded(col), col),
)
"""Numbers of the first generation become numbers of eighteen characters; everything else stays as delivered."""
