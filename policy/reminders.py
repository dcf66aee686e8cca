"""On which days somebody is reminded of a limit: before its last day, and on it.

Here: the days. Which periods apply is in the city's profile; sending belongs to the notices.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from policy.calendar import ONE_DAY, WorkingCalendar
from policy.clock import Period, Unit, legal_date

ON_THE_DAY = "due"
"""Occasion of the last day."""


class Reminder(NamedTuple):
    """One reminder: its occasion (``before-2wd``, ``due``), which is told once for each date of a limit, and its day."""

    occasion: str
    on: date


def reminders(
    due: date, received: date | datetime, before: Iterable[Period], calendar: WorkingCalendar
) -> tuple[Reminder, ...]:
    """The days on which to remind, the earliest first; the last is always the last day itself.

    A reminder that would fall on the day of receipt or before it is left out: who has just received it needs none. Of two for
    one day the first one named is kept.

    Args:
        due: the last day in time.
        received: day zero; an instant is converted to Beijing time.
        before: how long ahead: ``1wd`` is the last working day before ``due``, ``3nd`` three days before it.
        calendar: the working-day calendar.
    """
    start = legal_date(received)
    found = {due: ON_THE_DAY}
    for ahead in before:
        day = _back(due, ahead, calendar)
        if day > start:
            found.setdefault(day, f"before-{ahead}")
    return tuple(Reminder(found[day], day) for day in sorted(found))


def reached(given: Sequence[Reminder], today: date) -> Reminder | None:
    """The reminder to give today if it was not given yet: the last whose day has come; those before it are past."""
    come = [one for one in given if one.on <= today]
    return come[-1] if come else None


def _back(due: date, ahead: Period, calendar: WorkingCalendar) -> date:
    if ahead.unit is Unit.NATURAL_DAYS:
        return due - timedelta(days=ahead.count)
    day = due
    for _ in range(ahead.count):
        day = calendar.workday_on_or_before(day - ONE_DAY)
    return day
