"""``calendar show`` and ``calendar import``: a year of the working-day calendar as a picture, and a holiday notice brought in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ground.errors import UserError
from hub.calendars import NoticeImport, carry_out, read_import, would_move
from hub.home_calendar import calendar_of
from policy.calendar import LAST_YEAR, CalendarDay, DayKind, WorkingCalendar
from policy.calendar_table import FIRST_YEAR, Festival
from policy.clock import legal_date
from portal.cli import output
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened

if TYPE_CHECKING:
    from hub.recomputing import MovedCase
    from policy.calendar_import import YearComparison

app = Noun()

MARKS: dict[DayKind, tuple[str, str]] = {
    DayKind.WORKDAY: ("  ", ""),
    DayKind.WEEKEND: ("  ", "dim"),
    DayKind.HOLIDAY: ("休", "red"),
    DayKind.MAKEUP_WORKDAY: ("班", "bold green"),
}
"""Kind of day -> the two columns behind its number, and its style."""
STATUS = {"confirmed": "已确认 confirmed", "provisional": "暂定 provisional"}
STANDING = {
    "new": "新录入 new",
    "unchanged": "已录入，无变化 known already, unchanged",
    "differs": "替换 replaced",
}
BLOCK = 37
"""Columns of one month: seven days of five, and a gap."""


@app.command()
def show(
    year: Annotated[int | None, typer.Argument(help="年份，默认当年 the year; this year where none is given.")] = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """按月显示一年的工作日历 Show a year month by month: days off, make-up working days, and where they come from."""
    wanted = year if year is not None else legal_date(moment(now)).year
    if not FIRST_YEAR <= wanted <= LAST_YEAR:
        raise UserError(
            f"工作日历不含 {wanted} 年，可用 {FIRST_YEAR} 至 {LAST_YEAR} 年。",
            f"The working-day calendar has no year {wanted}; it covers {FIRST_YEAR} to {LAST_YEAR}.",
        )
    calendar = calendar_of(home)
    days = list(calendar.days(date(wanted, 1, 1), date(wanted, 12, 31)))
    if json:
        output.as_json(_facts(calendar, wanted, days))
        return
    _draw(calendar, wanted, days)


@app.command("import")
def import_notice(
    file: Annotated[Path, typer.Argument(help="通知文件：.yaml 或 holiday-cn 的 .json the notice, in either form.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只核对，不写入 check and tell, write nothing.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="以文件替换已确认的年份 replace a confirmed year that differs.")
    ] = False,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """录入放假通知，并重新计算受影响的期限 Bring a holiday notice in, and count again every date that rests on it."""
    when = moment(now)
    with opened(home) as hub:
        notice = read_import(hub.home, file, when, replace=replace)
        moved = would_move(hub, notice, when) if dry_run else carry_out(hub, notice, when)
    if json:
        output.as_json(
            {
                "dry_run": dry_run,
                "years": [_year_facts(notice, one) for one in notice.years],
                "moved": moved,
            }
        )
        return
    _tell(notice, moved, dry_run=dry_run)


# --- a year as a picture ------------------------------------------------------------------------------------------


def _facts(calendar: WorkingCalendar, year: int, days: Sequence[CalendarDay]) -> dict[str, Any]:
    return {
        "year": year,
        "status": calendar.status(year),
        "source": calendar.source(year),
        "imported_at": calendar.imported_at(year),
        "working_days": sum(one.works for one in days),
        "off": [one.date for one in days if one.kind is DayKind.HOLIDAY],
        "make_up": [one.date for one in days if one.kind is DayKind.MAKEUP_WORKDAY],
        "provisional": [one.date for one in days if one.provisional],
        "days": days,
    }


def _draw(calendar: WorkingCalendar, year: int, days: Sequence[CalendarDay]) -> None:
    works = sum(one.works for one in days)
    output.line(f"[bold]{year}[/bold]  {STATUS[calendar.status(year)]}  工作日 working days：{works}")
    output.line(f"来源 source：{output.shown(calendar.source(year))}")
    imported = calendar.imported_at(year)
    if imported is not None:
        output.line(f"录入时间 imported：{output.moment(imported)}")
    sure = calendar.status(year) == "confirmed"  # of a provisional year the first line says so: no mark on every day
    months = [_month(list(group), marked=sure) for _, group in groupby(days, key=lambda one: one.date.month)]
    across = max(1, min(4, output.out.width // BLOCK))
    for first in range(0, 12, across):
        output.line("")
        for parts in zip(*months[first : first + across], strict=True):
            output.line("  ".join(parts).rstrip())
    output.line("")
    output.line("休 放假 off；班 调休上班 worked to make up" + ("；? 暂定 provisional" if sure else ""))
    for festival in sorted({one.festival for one in days if one.festival}, key=list(Festival).index):
        output.line(f"{festival.zh} {festival.en}：{_said([one for one in days if one.festival is festival])}")
    if sure and days[-1].provisional:
        output.line(
            f"12月29日至31日由{year + 1}年通知决定，尚未录入 29 to 31 December belong to the notice for {year + 1}, which is not in yet."
        )


def _month(days: Sequence[CalendarDay], *, marked: bool) -> list[str]:
    """Eight lines of equal width: the month, the weekdays, and six weeks from Monday to Sunday."""
    cells = ["     "] * days[0].date.weekday() + [_cell(one, marked=marked) for one in days]
    cells += ["     "] * (42 - len(cells))
    title = f"{days[0].date:%Y-%m}"
    head = [f"{title:<35}", "".join(f" {name}  " for name in "一二三四五六日")]
    return head + ["".join(cells[week : week + 7]) for week in range(0, 42, 7)]


def _cell(one: CalendarDay, *, marked: bool) -> str:
    mark, style = MARKS[one.kind]
    unsure = "?" if marked and one.provisional else " "
    text = f"{one.date.day:>2}{mark}{unsure}"
    return f"[{style}]{text}[/{style}]" if style else text


def _said(days: Sequence[CalendarDay]) -> str:
    """``放假 off 10-01 至 10-07；上班 worked 09-20、10-10``."""
    off = [one.date for one in days if one.kind is DayKind.HOLIDAY]
    worked = [f"{one.date:%m-%d}" for one in days if one.kind is DayKind.MAKEUP_WORKDAY]
    spans: list[list[date]] = []
    for day in off:
        if spans and day - spans[-1][-1] == timedelta(days=1):
            spans[-1].append(day)
        else:
            spans.append([day])
    told = [f"{one[0]:%m-%d} 至 {one[-1]:%m-%d}" if len(one) > 1 else f"{one[0]:%m-%d}" for one in spans]
    parts = [f"放假 off {'、'.join(told)}"] if told else []
    parts += [f"上班 worked {'、'.join(worked)}"] if worked else []
    return "；".join(parts)


# --- a notice -----------------------------------------------------------------------------------------------------


def _year_facts(notice: NoticeImport, one: YearComparison) -> dict[str, Any]:
    return {
        "year": one.year,
        "status": one.status,
        "standing": one.standing,
        "source": notice.sources[one.year],
        "differing": [{"date": now.date, "worked": was.works, "works": now.works} for was, now in one.differing],
    }


def _tell(notice: NoticeImport, moved: Sequence[MovedCase], *, dry_run: bool) -> None:
    for one in notice.years:
        output.line(f"[bold]{one.year}[/bold]  {STATUS[one.status]}  {STANDING[one.standing]}")
        output.line(f"  {output.shown(notice.sources[one.year])}")
        for was, now in one.differing:
            output.line(f"  {now.date}  {was.zh} → {now.zh}  [dim]{was.en} → {now.en}[/dim]")
    if dry_run:
        output.line(f"试运行，未写入 dry run, nothing was written；将变动 would move：{len(moved)}")
    else:
        output.line(f"已重新计算，变动 dates counted again, moved：{len(moved)}")
    if moved:
        output.table(
            "变动的期限 dates that moved",
            ["类别 kind", "编号 id", "部门 department", "原截止 was", "现截止 is", "状态 status"],
            [
                (one.kind, one.id, one.department, one.was, one.due, STATUS["provisional" if one.provisional else "confirmed"])
                for one in moved
            ],
        )  # fmt: skip
    if notice.kept is not None and not dry_run:
        output.line("正在运行的 Dagster 须重启后才按新日历计算 restart Dagster: it counts by the old calendar.")
