"""Which period a delivery speaks for: read from its name, or from the day it is fetched."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

from catalog.model import UpdateCycle
from ground.errors import UserError

PERIOD = r"(?P<period>\d{4}Q[1-4]|\d{4}-?\d{2}-?\d{2}|\d{4}-?\d{2}|\d{4})"
"""What ``{period}`` in a path matches: 2026, 2026Q4, 2026-11, 202611, 2026-11-21 or 20261121."""

_LONGEST_BREAK = 10
"""Days without work at most, between two working days (a long holiday with the weekends beside it)."""


def canonical(text: str) -> str:
    """``202611`` -> ``2026-11``, ``20261121`` -> ``2026-11-21``; others as they are. Sorts as text in time."""
    if re.fullmatch(r"\d{6}", text):
        return f"{text[:4]}-{text[4:]}"
    if re.fullmatch(r"\d{8}", text):
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    return text


def named(text: str) -> str:
    """A period as a person names it, canonical.

    Raises:
        UserError: it is no period.
    """
    try:
        if re.fullmatch(PERIOD, text):
            last_day(canonical(text))
            return canonical(text)
    except ValueError:
        pass
    raise UserError(
        f"{text} 不是周期，应形如 2026、2026Q4、2026-11 或 2026-11-21。",
        f"{text} is no period; write 2026, 2026Q4, 2026-11 or 2026-11-21.",
    )


def last_day(period: str) -> date:
    """The last day of a canonical period.

    Raises:
        ValueError: there is no such month or day.
    """
    year = int(period[:4])
    if period[4:5] == "Q":
        month = 3 * int(period[5])
    elif len(period) == len("2026-11-21"):
        return date.fromisoformat(period)
    else:
        month = int(period[5:7]) if len(period) > len("2026") else 12
    if not 1 <= month <= 12:
        raise ValueError(period)
    return date(year, month, calendar.monthrange(year, month)[1])


def speaks_until(period: str, received: date, cycle: UpdateCycle) -> date:
    """The day from which the next delivery is counted: the day of receipt, unless the period is long past.

    A delivery for one period comes in that period or, as most do, in the one after it. One that comes later says nothing
    about the time since: it counts as if it had come on the last day of the period after its own.
    """
    try:
        end = last_day(period)
    except ValueError:
        return received  # a name such as 2026-13 is somebody's number, no period
    following = last_day(of_day(end + timedelta(days=1), cycle))
    if cycle is UpdateCycle.WEEKLY:
        following = end + timedelta(days=7)
    elif cycle is UpdateCycle.WORKING_DAY:
        following = end + timedelta(days=_LONGEST_BREAK)
    return min(received, max(end, following))


def of_day(day: date, cycle: UpdateCycle) -> str:
    """The period that ``day`` falls in, for deliveries whose name carries none."""
    if cycle in (UpdateCycle.REAL_TIME, UpdateCycle.DAILY, UpdateCycle.WORKING_DAY, UpdateCycle.WEEKLY):
        return day.isoformat()
    if cycle is UpdateCycle.MONTHLY:
        return f"{day:%Y-%m}"
    if cycle is UpdateCycle.QUARTERLY:
        return f"{day.year}Q{(day.month + 2) // 3}"
    if cycle is UpdateCycle.HALF_YEARLY:  # a half is named by the quarter that ends it
        return f"{day.year}Q{2 if day.month <= 6 else 4}"
    return str(day.year)
