"""Where the calendar's days come from: the package's announced years, our own dated table, the fixed statutory days.

Here: the typed form of ``calendar_years.yaml``, the festivals, and which notice a date belongs to. Asking what kind of
day a date is belongs to `policy.calendar`.

Sources: the State Council's yearly notices, as carried by ``chinesecalendar`` (2004 onwards); 全国年节及纪念日放假办法
as amended by State Council Order 795 (in force 2025-01-01), articles 2 and 7.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Literal, NamedTuple, Self

import chinese_calendar
from pydantic import AwareDatetime, Field, field_validator, model_validator

from ground.documents import Declared, read_document

FIRST_YEAR = 2004
"""The first year whose days are known."""

TAIL = (12, 29)
"""From this day on a December belongs to the notice of the next year: 2006, 2007, 2011 and 2018 were rearranged by the notice
for the year after, and no notice since 2004 reached further back."""


class Festival(StrEnum):
    """What a day off or a make-up day is announced for."""

    NEW_YEAR = "new_year"
    SPRING_FESTIVAL = "spring_festival"
    QINGMING = "qingming"
    LABOUR_DAY = "labour_day"
    DRAGON_BOAT = "dragon_boat"
    MID_AUTUMN = "mid_autumn"
    NATIONAL_DAY = "national_day"
    SPECIAL = "special"

    @property
    def zh(self) -> str:
        """Name in Chinese."""
        return _NAMES[self][0]

    @property
    def en(self) -> str:
        """Name in English."""
        return _NAMES[self][1]


_NAMES = {
    Festival.NEW_YEAR: ("元旦", "New Year"),
    Festival.SPRING_FESTIVAL: ("春节", "Spring Festival"),
    Festival.QINGMING: ("清明节", "Qingming"),
    Festival.LABOUR_DAY: ("劳动节", "Labour Day"),
    Festival.DRAGON_BOAT: ("端午节", "Dragon Boat Festival"),
    Festival.MID_AUTUMN: ("中秋节", "Mid-Autumn Festival"),
    Festival.NATIONAL_DAY: ("国庆节", "National Day"),
    Festival.SPECIAL: ("专项安排", "a special arrangement"),
}

_IN_PACKAGE = {
    "new_years_day": Festival.NEW_YEAR,
    "spring_festival": Festival.SPRING_FESTIVAL,
    "tomb_sweeping_day": Festival.QINGMING,
    "labour_day": Festival.LABOUR_DAY,
    "dragon_boat_festival": Festival.DRAGON_BOAT,
    "mid_autumn_festival": Festival.MID_AUTUMN,
    "national_day": Festival.NATIONAL_DAY,
}

FIXED_DAYS = {
    (1, 1): Festival.NEW_YEAR,
    (5, 1): Festival.LABOUR_DAY,
    (5, 2): Festival.LABOUR_DAY,
    (10, 1): Festival.NATIONAL_DAY,
    (10, 2): Festival.NATIONAL_DAY,
    (10, 3): Festival.NATIONAL_DAY,
}
"""Statutory days that stand on the same solar date every year (month, day): all that is known without a table."""


class Deviation(NamedTuple):
    """A date that its weekday alone does not explain: off, or worked to make up for days off."""

    day: date
    works: bool
    festival: Festival


class Rest(Declared):
    """Consecutive days off, weekends within them included."""

    first: date
    last: date
    festival: Festival

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not timedelta(0) <= self.last - self.first <= timedelta(days=30):
            raise ValueError(
                "last 不得早于 first，且一次放假不超过 31 天；last must not be before first, nor more than 30 days after it"
            )
        return self


class MakeUp(Declared):
    """A Saturday or Sunday that is worked (调休上班)."""

    day: date
    festival: Festival

    @model_validator(mode="after")
    def _at_a_weekend(self) -> Self:
        if self.day.weekday() < 5:
            raise ValueError("调休上班日应为周六或周日；a make-up day must be a Saturday or Sunday")
        return self


class YearTable(Declared):
    """One year as its notice has it, or as far as it is known before the notice is out.

    ``confirmed`` only when every day of the notice is listed; ``source`` names the notice, or says what stands in for it.
    ``imported_at``: when ``shuyuan calendar import`` brought it into a home.
    """

    status: Literal["confirmed", "provisional"]
    source: str = Field(min_length=1)
    imported_at: AwareDatetime | None = None
    rest: list[Rest] = Field(min_length=1)
    make_up: list[MakeUp] = Field(default_factory=list)

    def deviations(self) -> Iterator[Deviation]:
        """Every date this table speaks of, days off first."""
        for one in self.rest:
            for step in range((one.last - one.first).days + 1):
                yield Deviation(one.first + timedelta(days=step), works=False, festival=one.festival)
        for worked in self.make_up:
            yield Deviation(worked.day, works=True, festival=worked.festival)


class CalendarYears(Declared):
    """The document ``calendar_years.yaml``, and the form in which a new notice is imported."""

    years: dict[int, YearTable]

    @field_validator("years")
    @classmethod
    def _each_in_its_year(cls, years: dict[int, YearTable]) -> dict[int, YearTable]:
        for year, table in years.items():
            days = [one.day for one in table.deviations()]
            strayed = sorted({day for day in days if notice_year(day) != year})
            if strayed:
                raise ValueError(
                    f"{year} 年的表中有不属于该年通知的日期：{_listed(strayed)}（上年12月29日至当年12月28日）；"
                    f"dates outside 29 December {year - 1} to 28 December {year}"
                )
            repeated = sorted({day for day in days if days.count(day) > 1})
            if repeated:
                raise ValueError(f"{year} 年的表中有重复日期：{_listed(repeated)}；dates written more than once")
        return years


def notice_year(day: date) -> int:
    """The year whose State Council notice settles ``day``: its own, or the next one for the last days of December."""
    return day.year + 1 if (day.month, day.day) >= TAIL else day.year


def notice_window(year: int) -> tuple[date, date]:
    """The first and the last day that the notice for ``year`` settles."""
    return date(year - 1, *TAIL), date(year, *TAIL) - timedelta(days=1)


def own_table() -> CalendarYears:
    """The table that comes with the software: years that the package does not have yet."""
    path = Path(__file__).with_name("calendar_years.yaml")
    return read_document(path, CalendarYears, name="policy/calendar_years.yaml")


def announced_years() -> range:
    """Years whose notice the installed package carries."""
    return range(FIRST_YEAR, max(chinese_calendar.holidays).year + 1)


def announced_source(year: int) -> str:
    """Where the days of an announced year come from."""
    return f"国务院办公厅{year}年放假通知，随 chinesecalendar {version('chinesecalendar')} 提供"


def announced_deviations() -> Iterator[Deviation]:
    """Every date the package's notices speak of."""
    for works, days in ((False, chinese_calendar.holidays), (True, chinese_calendar.workdays)):
        for day, name in days.items():
            key = chinese_calendar.Holiday(name).name
            yield Deviation(day, works=works, festival=_IN_PACKAGE.get(key, Festival.SPECIAL))


def _listed(days: list[date]) -> str:
    return "、".join(day.isoformat() for day in days)
