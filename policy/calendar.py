"""The working-day calendar of the People's Republic: what kind of day a date is, why, and whether that is certain.

Here: days. Counting them towards a deadline belongs to `policy.clock`; where the days come from to
`policy.calendar_table`.

A year is *confirmed* once the State Council's notice with its days off and make-up working days (调休) is in the
calendar, otherwise *provisional*: weekends and statutory days only. A provisional day says so wherever it is shown.
The reading is explained in docs/decisions/0005-working-day-calendar.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal

from ground.errors import UserError
from policy.calendar_table import (
    FIRST_YEAR,
    FIXED_DAYS,
    CalendarYears,
    Deviation,
    Festival,
    YearTable,
    announced_deviations,
    announced_source,
    announced_years,
    notice_year,
    own_table,
)

ONE_DAY = timedelta(days=1)
LAST_YEAR = 2200
"""Beyond this a date is a slip of the pen."""


class DayKind(StrEnum):
    """What a date is to somebody who counts working days."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKEUP_WORKDAY = "makeup_workday"

    @property
    def works(self) -> bool:
        """Whether offices are open."""
        return self in (DayKind.WORKDAY, DayKind.MAKEUP_WORKDAY)


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One date: its kind, the reason in both languages, and whether its year still awaits its notice.

    ``festival``: what a day off or a make-up day is for.
    """

    date: date
    kind: DayKind
    provisional: bool
    zh: str
    en: str
    festival: Festival | None = None

    @property
    def works(self) -> bool:
        """Whether it counts as a working day."""
        return self.kind.works


class WorkingCalendar:
    """Every day from 2004 on, with its kind and reason.

    Args:
        *tables: dated tables, later ones win; a provisional year never replaces a confirmed one.

    Use `WorkingCalendar.standard` for the calendar as shipped, with newly imported notices on top.
    """

    def __init__(self, *tables: CalendarYears) -> None:
        self._deviations: dict[date, Deviation] = {one.day: one for one in announced_deviations()}
        self._confirmed: set[int] = set(announced_years())
        self._tables: dict[int, YearTable] = {}
        for table in tables:
            self._take(table)

    @classmethod
    def standard(cls, *notices: CalendarYears) -> WorkingCalendar:
        """The calendar as shipped (announced years, then our own table), with ``notices`` imported on top."""
        return cls(own_table(), *notices)

    def _take(self, table: CalendarYears) -> None:
        for year, one in table.years.items():
            if one.status == "provisional" and year in self._confirmed:
                continue
            stale = [day for day in self._deviations if notice_year(day) == year]
            for day in stale:
                del self._deviations[day]
            self._deviations.update({deviation.day: deviation for deviation in one.deviations()})
            self._tables[year] = one
            if one.status == "confirmed":
                self._confirmed.add(year)

    def status(self, year: int) -> Literal["confirmed", "provisional"]:
        """Whether the notice for ``year`` is in the calendar."""
        return "confirmed" if year in self._confirmed else "provisional"

    def source(self, year: int) -> str:
        """Where the days of ``year`` come from."""
        if year in self._tables:
            return self._tables[year].source
        return announced_source(year) if year in self._confirmed else "周末与日期固定的法定节假日，农历节日未列入"

    def notices_between(self, first: date, last: date, among: Collection[int] | None = None) -> str:
        """What the notices call themselves that settle the days from ``first`` to ``last``, joined by ；; those of ``among`` only.

        Empty where none of these years has its notice yet.
        """
        years = range(notice_year(first), notice_year(last) + 1)
        return "；".join(
            self.source(year) for year in years if year in self._confirmed and (among is None or year in among)
        )

    def imported_at(self, year: int) -> datetime | None:
        """When the notice for ``year`` was imported; None where it came with the software, or is not there."""
        return self._tables[year].imported_at if year in self._tables else None

    def is_provisional(self, day: date) -> bool:
        """Whether the notice that settles ``day`` is still missing. 29 to 31 December wait for next year's notice."""
        return notice_year(day) not in self._confirmed

    def is_workday(self, day: date) -> bool:
        """Whether ``day`` counts as a working day (make-up Saturdays and Sundays do).

        Raises:
            UserError: before 2004 or beyond 2200.
        """
        return self._kind(day).works

    def day(self, day: date) -> CalendarDay:
        """What ``day`` is, and why.

        Raises:
            UserError: before 2004 or beyond 2200.
        """
        kind = self._kind(day)
        deviation = self._deviation(day)
        zh, en = _reason(day, kind, deviation)
        provisional = self.is_provisional(day)
        if provisional:
            year = notice_year(day)
            zh += f"（暂定：{year}年放假通知尚未录入）"
            en += f" (provisional: the holiday notice for {year} is not in the calendar yet)"
        festival = deviation.festival if deviation is not None else None
        return CalendarDay(date=day, kind=kind, provisional=provisional, zh=zh, en=en, festival=festival)

    def days(self, first: date, last: date) -> Iterator[CalendarDay]:
        """Every day from ``first`` to ``last``, both included: the table that a query joins."""
        for step in range((last - first).days + 1):
            yield self.day(first + timedelta(days=step))

    def workday_on_or_after(self, day: date) -> date:
        """``day`` if it works, else the first working day after it."""
        while not self.is_workday(day):
            day += ONE_DAY
        return day

    def workday_on_or_before(self, day: date) -> date:
        """``day`` if it works, else the last working day before it."""
        while not self.is_workday(day):
            day -= ONE_DAY
        return day

    def next_workday(self, day: date) -> date:
        """The first working day after ``day``."""
        return self.workday_on_or_after(day + ONE_DAY)

    def workdays_between(self, after: date, until: date) -> int:
        """How many working days lie after ``after``, up to and including ``until``; 0 when ``until`` is not later."""
        return sum(self.is_workday(after + timedelta(days=step)) for step in range(1, (until - after).days + 1))

    def _known(self, year: int) -> bool:
        return year in self._confirmed or year in self._tables

    def _deviation(self, day: date) -> Deviation | None:
        found = self._deviations.get(day)
        if found is None and not self._known(notice_year(day)) and (day.month, day.day) in FIXED_DAYS:
            return Deviation(day, works=False, festival=FIXED_DAYS[(day.month, day.day)])
        return found

    def _kind(self, day: date) -> DayKind:
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise UserError(
                f"工作日历不含 {day.year} 年，可用 {FIRST_YEAR} 至 {LAST_YEAR} 年，请检查日期。",
                f"The working-day calendar has no year {day.year}; it covers {FIRST_YEAR} to {LAST_YEAR}. Check the date.",
                where=day.isoformat(),
            )
        deviation = self._deviation(day)
        if deviation is not None:
            return DayKind.MAKEUP_WORKDAY if deviation.works else DayKind.HOLIDAY
        return DayKind.WEEKEND if day.weekday() >= 5 else DayKind.WORKDAY


_WEEKDAYS = (
    ("周一", "Monday"),
    ("周二", "Tuesday"),
    ("周三", "Wednesday"),
    ("周四", "Thursday"),
    ("周五", "Friday"),
    ("周六", "Saturday"),
    ("周日", "Sunday"),
)


def _reason(day: date, kind: DayKind, deviation: Deviation | None) -> tuple[str, str]:
    zh, en = _WEEKDAYS[day.weekday()]
    if deviation is None:
        return (
            (f"{zh}，休息日", f"{en}, weekend") if kind is DayKind.WEEKEND else (f"{zh}，工作日", f"{en}, working day")
        )
    name = deviation.festival
    if deviation.works:
        return f"{zh}，{name.zh}调休上班", f"{en}, worked to make up for {name.en}"
    return f"{zh}，{name.zh}放假", f"{en}, off for {name.en}"
