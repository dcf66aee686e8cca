"""Day after day from a receipt to the last day of a limit: which one counts, under which number, and why.

Here: the walk. What a limit is, and what its end means, belongs to `policy.clock`; what kind of day a date is to
`policy.calendar`; which days are taken out to `policy.pauses`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from policy.calendar import ONE_DAY, WorkingCalendar
from policy.pauses import Pause, pause_on
from policy.periods import Period, Unit


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a count: counted with its number (from 1), or not counted, and why.

    ``paused`` tells the days of a pause from days off. ``provisional``: whether the day counts hangs on a notice that is
    not in the calendar yet.
    """

    date: date
    counted: bool
    number: int | None
    zh: str
    en: str
    paused: bool = False
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Walk:
    """The days after a receipt.

    Attributes:
        days: every day up to the last that is known, without the day of receipt.
        left: how many days of the limit are still to be counted; 0 where it is known when it ends.
        stopped: the pause without an end that the walk came to; None where the last day is known.
    """

    days: tuple[Day, ...]
    left: int
    stopped: Pause | None


def walk(
    start: date,
    period: Period,
    calendar: WorkingCalendar,
    *,
    roll: bool,
    pauses: Sequence[Pause] = (),
) -> Walk:
    """Walk from the day after ``start`` until as many days are counted as ``period`` has.

    Args:
        start: the day of receipt.
        period: how many days, and of which kind.
        calendar: the working-day calendar.
        roll: natural days only: go on to the next working day where the last one is a day off.
        pauses: without overlap (`policy.pauses.merged`).
    """
    working = period.unit is Unit.WORKING_DAYS
    days: list[Day] = []
    day, number = start, 0
    while number < period.count:
        day += ONE_DAY
        pause = pause_on(pauses, day)
        if pause is not None:
            if pause.until is None:
                return Walk(tuple(days), period.count - number, pause)
            days.append(_paused(day, pause))
            continue
        one = _working(day, number, calendar) if working else _natural(day, number)
        number += one.counted
        days.append(one)
    if working or not roll:
        return Walk(tuple(days), 0, None)
    return _rolled(days, calendar, pauses)


def _working(day: date, counted: int, calendar: WorkingCalendar) -> Day:
    one = calendar.day(day)
    number = counted + 1 if one.works else None
    return Day(day, one.works, number, one.zh, one.en, provisional=one.provisional)


def _natural(day: date, counted: int) -> Day:
    return Day(day, counted=True, number=counted + 1, zh="自然日", en="natural day")


def _paused(day: date, pause: Pause) -> Day:
    reason = pause.reason
    return Day(day, counted=False, number=None, zh=f"暂停：{reason}", en=f"paused: {reason}", paused=True)


def _rolled(days: list[Day], calendar: WorkingCalendar, pauses: Sequence[Pause]) -> Walk:
    """``days`` and those after it up to the next working day, if the last is a day off; they are not counted."""
    last = calendar.day(days[-1].date)
    days[-1] = replace(days[-1], provisional=last.provisional)
    works, zh, en = last.works, last.zh, last.en
    while not works:
        day = days[-1].date + ONE_DAY
        pause = pause_on(pauses, day)
        if pause is None:
            one = calendar.day(day)
            said = (f"顺延：前一日为{zh}", f"rolled on: {en} before")
            days.append(Day(day, counted=False, number=None, zh=said[0], en=said[1], provisional=one.provisional))
            works, zh, en = one.works, one.zh, one.en
        elif pause.until is None:
            return Walk(tuple(days), 0, pause)
        else:
            days.append(_paused(day, pause))
            zh, en = "暂停", "a pause"
    return Walk(tuple(days), 0, None)
