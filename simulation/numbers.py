"""National numbers in bulk: citizen ids, credit codes and plain digit strings for whole columns at once.

Only what issuing needs, on numpy arrays; judging one number is the business of `standards`, and a test holds both
to the same check digits. Sources: GB 11643-1999 (ISO 7064 MOD 11-2), GB 32100-2015, GB 11714-1997.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Days = npt.NDArray[np.datetime64]
Text = npt.NDArray[np.str_]

CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters of GB 32100: digits and capitals without I, O, S, V and Z."""

_ID_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_ID_CHECKS = np.array([ord(one) for one in "10X98765432"])
_CREDIT_WEIGHTS = np.array([1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28])
_CREDIT_CHARACTERS = np.array([ord(one) for one in CREDIT_ALPHABET])
_ORGANISATION_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
_SERIAL_STEP, _SERIAL_COUNT = 600_000_007, 31**6
"""A step coprime to the number of serials visits every serial once, in no visible order."""


def digits(values: Ints, width: int) -> Ints:
    """The decimal digits of ``values``, one row each, ``width`` columns, leading zeros kept."""
    result: Ints = np.asarray(values, dtype=np.int64)[:, None] // 10 ** np.arange(width - 1, -1, -1) % 10
    return result


def joined(characters: npt.NDArray[Any]) -> Text:
    """One string per row of a matrix of code points."""
    matrix = np.ascontiguousarray(characters, dtype=np.uint32)
    return matrix.view(f"U{matrix.shape[1]}").ravel()


def numerals(values: Ints, width: int) -> Text:
    """``values`` as text of ``width`` digits, leading zeros kept."""
    return joined(digits(values, width) + ord("0"))


def citizen_ids(divisions: Ints, births: Days, sequences: Ints) -> Text:
    """18-digit citizen ids with their check digit (GB 11643-1999).

    Args:
        divisions: six-digit division at the time of issue.
        births: dates of birth.
        sequences: 0 to 999, odd for men, even for women.
    """
    body = np.hstack([digits(divisions, 6), digits(_compact(births), 8), digits(sequences, 3)])
    check = _ID_CHECKS[body @ _ID_WEIGHTS % 11]
    return joined(np.hstack([body + ord("0"), check[:, None]]))


def credit_codes(kinds: Ints, divisions: Ints, serials: Ints, authority: int = 9, opening: str = "MA") -> Text:
    """Unified social credit codes (GB 32100-2015), organisation code included (GB 11714-1997).

    Args:
        kinds: second character; of market entities 1 enterprise, 2 individual business, 3 farmers' cooperative.
        divisions: six-digit division of the registering authority.
        serials: distinct numbers from 0; distinct serials give distinct organisation codes.
        authority: first character: 9 market supervision, 5 civil affairs, 1 staffing office.
        opening: first two characters of the organisation code: MA market entities, MJ social organisations, MB public
            institutions.
    """
    scattered = (np.asarray(serials, dtype=np.int64) * _SERIAL_STEP) % _SERIAL_COUNT
    tail = _CREDIT_CHARACTERS[scattered[:, None] // 31 ** np.arange(5, -1, -1) % 31]
    organisation = np.hstack([np.tile([ord(one) for one in opening], (len(tail), 1)), tail])
    values = np.where(organisation >= ord("A"), organisation - ord("A") + 10, organisation - ord("0"))
    remainder = 11 - values @ _ORGANISATION_WEIGHTS % 11
    organisation_check = np.where(remainder == 10, ord("X"), ord("0") + remainder % 11)
    first = np.full((len(tail), 1), authority)
    head = np.hstack([first, np.asarray(kinds)[:, None], digits(divisions, 6)]) + ord("0")
    body = np.hstack([head, organisation, organisation_check[:, None]])
    position = np.searchsorted(_CREDIT_CHARACTERS, body)
    check = _CREDIT_CHARACTERS[(31 - position @ _CREDIT_WEIGHTS % 31) % 31]
    return joined(np.hstack([body, check[:, None]]))


def registration_numbers(authorities: Ints, serials: Ints) -> Text:
    """15-digit registration numbers of companies with their check digit (GS 15-2006, ISO 7064 MOD 11,10).

    Args:
        authorities: six-digit division of the registering authority.
        serials: eight digits; the first says 0-3 domestic, 4-5 foreign, 6-9 individual business.
    """
    body = np.hstack([digits(authorities, 6), digits(serials, 8)])
    product = np.full(len(body), 10, dtype=np.int64)
    for place in range(body.shape[1]):
        total = (product + body[:, place]) % 10
        product = np.where(total == 0, 10, total) * 2 % 11
    return joined(np.hstack([body, ((11 - product) % 10)[:, None]]) + ord("0"))


def compact_dates(days: Days) -> Text:
    """Dates as ``YYYYMMDD``."""
    return numerals(_compact(days), 8)


def iso_times(seconds: npt.NDArray[np.datetime64]) -> Text:
    """Moments as ``YYYY-MM-DD HH:MM:SS``."""
    text = np.datetime_as_string(seconds.astype("datetime64[s]"), unit="s")
    return np.strings.add(np.strings.add(np.strings.slice(text, 0, 10), " "), np.strings.slice(text, 11, 19))


def _compact(days: Days) -> Ints:
    year, month, day = calendar_parts(days)
    return year * 10_000 + month * 100 + day


def calendar_parts(days: Days) -> tuple[Ints, Ints, Ints]:
    """Year, month and day of the month of every date."""
    months = days.astype("datetime64[M]")
    ordinal = months.astype(np.int64)
    day = (days.astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64) + 1
    return 1970 + ordinal // 12, ordinal % 12 + 1, day
