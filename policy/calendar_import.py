"""A holiday notice as it is brought in: read from either form, checked, compared with what is known, merged and written.

Here: pure conversions, text in and text out. Where a home keeps its notices and which cases are counted again belongs to
`hub.calendars`. Two forms are read: our own YAML (`policy.calendar_table.CalendarYears`), and the JSON of
NateScarlet/holiday-cn, one file a year, which lists days (``isOffDay``) where ours lists ranges.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Literal, Self

import yaml
from pydantic import Field, model_validator

from ground.documents import Declared, parse_document
from ground.errors import UserError
from policy.calendar import LAST_YEAR, ONE_DAY, CalendarDay, WorkingCalendar
from policy.calendar_table import (
    FIRST_YEAR,
    CalendarYears,
    Festival,
    MakeUp,
    Rest,
    YearTable,
    notice_window,
    notice_year,
)

WHOLE_SINCE = 2008
"""From this year on every notice names Qingming, Dragon Boat and Mid-Autumn, too (State Council Order 513)."""

HEAD = """\
# 本工作目录录入的放假通知 Holiday notices entered into this home. 由 shuyuan calendar import 写入 written by it;
# 手写的注释在下次录入时不保留 comments are not kept. 格式见 policy/calendar_years.yaml for the form.
"""


class HolidayDay(Declared):
    """One day of a holiday-cn file. A Monday to Friday that is not off says nothing: 2020 names the Monday after its extension."""

    name: str = Field(min_length=1)
    day: date = Field(alias="date")
    off: bool = Field(alias="isOffDay")


class HolidayFile(Declared):
    """A file of holiday-cn, as its schema.json has it."""

    schema_url: str | None = Field(default=None, alias="$schema")
    id_url: str | None = Field(default=None, alias="$id")
    year: int
    papers: list[str]
    days: list[HolidayDay]

    @model_validator(mode="after")
    def _days_of_its_notice(self) -> Self:
        days = [one.day for one in self.days]
        strayed = sorted({day for day in days if notice_year(day) != self.year})
        repeated = sorted({day for day in days if days.count(day) > 1})
        if strayed:
            raise ValueError(
                f"不属于 {self.year} 年通知的日期：{_listed(strayed)}（上年12月29日至当年12月28日）；"
                f"dates outside 29 December {self.year - 1} to 28 December {self.year}"
            )
        if repeated:
            raise ValueError(f"重复日期：{_listed(repeated)}；dates written more than once")
        return self


@dataclass(frozen=True, slots=True)
class YearComparison:
    """A year of a notice beside what was known of it.

    Attributes:
        year: which.
        standing: ``new`` the year was not confirmed; ``unchanged`` it was, or is as provisional as before, with the same
            working days; ``differs`` it is confirmed with other working days.
        status: what the year is after the import.
        differing: days that work in the one and not in the other: as they were, as they are.
    """

    year: int
    standing: Literal["new", "unchanged", "differs"]
    status: Literal["confirmed", "provisional"]
    differing: tuple[tuple[CalendarDay, CalendarDay], ...]


def parse_notice(text: str, name: str) -> CalendarYears:
    """The notice that a file brings; ``name`` decides the form: ``.json`` is holiday-cn, ``.yaml`` and ``.yml`` are ours.

    Raises:
        DocumentError: not what the form allows, with line and field.
        UserError: another kind of file; a year without days, whose notice is not out; a year outside the calendar; or a
            notice from which festivals are missing.
    """
    if name.lower().endswith(".json"):
        # JSON is read as the YAML that it is, so that faults name their line; YAML 1.1 has no tabs and no "\\/".
        notice = _converted(parse_document(text.replace("\\/", "/").expandtabs(2), HolidayFile, name=name), name)
    elif name.lower().endswith((".yaml", ".yml")):
        notice = parse_document(text, CalendarYears, name=name)
    else:
        raise UserError(
            "放假通知应为 .yaml（本平台格式）或 .json（holiday-cn 格式）文件。",
            "A notice is a .yaml file in our own form or a .json file of holiday-cn.",
            where=name,
        )
    if not notice.years:
        raise _nothing_yet("years", name)
    for year, table in notice.years.items():
        _check_year(year, table, name)
    return notice


def compare(notice: CalendarYears, before: WorkingCalendar) -> tuple[YearComparison, ...]:
    """Every year of a notice beside what ``before`` knows of it."""
    after = WorkingCalendar.standard(notice)
    found = []
    for year, table in sorted(notice.years.items()):
        first, last = notice_window(year)
        days = zip(before.days(first, last), WorkingCalendar(notice).days(first, last), strict=True)
        differing = tuple((was, now) for was, now in days if was.works != now.works)
        confirmed = before.status(year) == "confirmed"
        same = not differing and table.status == before.status(year)
        standing: Literal["new", "unchanged", "differs"] = "unchanged" if same else "differs" if confirmed else "new"
        found.append(YearComparison(year, standing, after.status(year), differing))
    return tuple(found)


def check_replaceable(notice: CalendarYears, compared: Sequence[YearComparison], *, name: str, replace: bool) -> None:
    """A notice may be taken: it contradicts no confirmed year, or ``replace`` says that it shall; ``name`` is the file's.

    Raises:
        UserError: it contradicts one, with the days; or it is provisional and the year is confirmed.
    """
    for one in compared:
        if one.standing != "differs":
            continue
        if notice.years[one.year].status == "provisional":
            raise UserError(
                f"{one.year} 年已经确认，不能以暂定日历（status: provisional）替换。",
                f"{one.year} is confirmed; a provisional table cannot replace it.",
                where=name,
            )
        if not replace:
            days = [f"{now.date}（原：{was.zh}；通知：{now.zh}）" for was, now in one.differing]
            plain = [f"{now.date} (known: {was.en}; notice: {now.en})" for was, now in one.differing]
            raise UserError(
                f"{one.year} 年已经确认，文件与之有 {len(days)} 天不同：{'、'.join(days)}。"
                "请核对国务院通知；确需以文件为准，加 --replace。",
                f"{one.year} is confirmed, and the file differs on {len(days)} days: {', '.join(plain)}. "
                "Check the State Council's notice; if the file is right, say --replace.",
                where=name,
            )


def merged_notices(
    stored: CalendarYears | None, notice: CalendarYears, compared: Iterable[YearComparison], now: datetime
) -> CalendarYears:
    """What a home keeps after the import: its own years, those of the notice that say anything new in their place."""
    kept = dict(stored.years) if stored is not None else {}
    for one in compared:
        if one.standing != "unchanged":
            kept[one.year] = notice.years[one.year].model_copy(update={"imported_at": now})
    return CalendarYears(years=dict(sorted(kept.items())))


def written(years: CalendarYears) -> str:
    """The document as it is written into a home; read again it is the same."""
    body = {year: table.model_dump(mode="json", exclude_none=True) for year, table in years.years.items()}
    return HEAD + yaml.safe_dump({"years": body}, allow_unicode=True, sort_keys=False, width=120)


TOGETHER = 8
"""Days of National Day from which the Mid-Autumn Festival is among them, as in 2012, 2020 and 2025; alone it has seven at most."""


def festival_of(name: str) -> Festival:
    """The festival that a name of holiday-cn means; one that is none of the seven is a special arrangement.

    Where two fall together (``国庆节、中秋节``) it is National Day, whose days surround the other.
    """
    return next((festival for part, festival in _NAMED if part in name), Festival.SPECIAL)


_NAMED = (
    ("国庆", Festival.NATIONAL_DAY),
    ("十一", Festival.NATIONAL_DAY),
    ("春节", Festival.SPRING_FESTIVAL),
    ("元旦", Festival.NEW_YEAR),
    ("清明", Festival.QINGMING),
    ("劳动", Festival.LABOUR_DAY),
    ("五一", Festival.LABOUR_DAY),
    ("端午", Festival.DRAGON_BOAT),
    ("中秋", Festival.MID_AUTUMN),
)


def _converted(file: HolidayFile, name: str) -> CalendarYears:
    off = sorted((one for one in file.days if one.off), key=lambda one: one.day)
    if not off:
        raise _nothing_yet(str(file.year), name)
    starts = [off[0], *(two for one, two in pairwise(off) if not _together(one, two))]
    ends = [*(one for one, two in pairwise(off) if not _together(one, two)), off[-1]]
    rest = [
        Rest(first=one.day, last=two.day, festival=festival_of(one.name)) for one, two in zip(starts, ends, strict=True)
    ]
    worked = sorted((one for one in file.days if not one.off and one.day.weekday() >= 5), key=lambda one: one.day)
    make_up = [MakeUp(day=one.day, festival=festival_of(one.name)) for one in worked]
    papers = "、".join(file.papers)
    source = f"国务院办公厅{file.year}年放假通知，据 holiday-cn 转录" + (f"：{papers}" if papers else "")
    return CalendarYears(years={file.year: YearTable(status="confirmed", source=source, rest=rest, make_up=make_up)})


def _together(one: HolidayDay, two: HolidayDay) -> bool:
    return two.day - one.day == ONE_DAY and festival_of(one.name) is festival_of(two.name)


def _check_year(year: int, table: YearTable, name: str) -> None:
    if not FIRST_YEAR < year <= LAST_YEAR:
        raise UserError(
            f"工作日历只收 {FIRST_YEAR + 1} 至 {LAST_YEAR} 年，文件为 {year} 年。",
            f"The calendar takes the years {FIRST_YEAR + 1} to {LAST_YEAR}; the file is about {year}.",
            where=name,
        )
    if table.status == "provisional" or year < WHOLE_SINCE:
        return
    off = {one.day for one in table.deviations() if not one.works}
    wanted = {Festival.NEW_YEAR: (1, 1), Festival.LABOUR_DAY: (5, 1), Festival.NATIONAL_DAY: (10, 1)}
    named = {one.festival for one in table.rest}
    missing = [festival for festival, (month, day) in wanted.items() if date(year, month, day) not in off]
    missing += [one for one in (Festival.SPRING_FESTIVAL, Festival.QINGMING, Festival.DRAGON_BOAT) if one not in named]
    if Festival.MID_AUTUMN not in named and _days_of(table, Festival.NATIONAL_DAY) < TOGETHER:
        missing.append(Festival.MID_AUTUMN)
    if missing:
        raise UserError(
            f"{year} 年的通知不完整，缺少：{'、'.join(one.zh for one in missing)}。"
            "已确认（confirmed）的年份须列出通知的全部日期，请补全后再录入。",
            f"The notice for {year} is not whole; missing: {', '.join(one.en for one in missing)}. "
            "A confirmed year lists every day of its notice: complete it and import again.",
            where=name,
        )


def _days_of(table: YearTable, festival: Festival) -> int:
    return sum((one.last - one.first).days + 1 for one in table.rest if one.festival is festival)


def _nothing_yet(year: str, name: str) -> UserError:
    return UserError(
        f"{year} 没有任何放假日期：该年放假通知尚未发布，没有可录入的内容。请在国务院通知发布后再试。",
        f"{year} has no days: there is no notice yet, and nothing to import. Try again when the State Council has published it.",
        where=name,
    )


def _listed(days: Iterable[date]) -> str:
    return "、".join(day.isoformat() for day in days)
