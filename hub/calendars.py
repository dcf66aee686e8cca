"""The home's calendar: bringing a holiday notice in, and counting again whatever rested on the years it settles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ground.documents import parse_document
from ground.errors import Conflict, UserError
from ground.files import place, turn
from hub.home_calendar import NOTICES, entered_notices
from hub.hub import Hub
from hub.recomputing import MovedCase, recompute
from policy.calendar import WorkingCalendar
from policy.calendar_import import (
    YearComparison,
    check_replaceable,
    compare,
    merged_notices,
    parse_notice,
    written,
)
from policy.calendar_table import CalendarYears
from policy.clock import SHANGHAI


@dataclass(frozen=True, slots=True)
class NoticeImport:
    """A notice that was read and may be taken.

    Attributes:
        years: each beside what was known of it.
        kept: what the home keeps afterwards; None where the notice says nothing new.
        calendar: what is counted by afterwards.
        sources: year -> what the notice calls itself.
        before: what the home kept when the notice was held against it.
    """

    years: tuple[YearComparison, ...]
    kept: CalendarYears | None
    calendar: WorkingCalendar
    sources: dict[int, str]
    before: CalendarYears | None


def read_import(home: Path, file: Path, now: datetime, *, replace: bool = False) -> NoticeImport:
    """Read a notice and hold it against what the home knows; nothing is written.

    Args:
        home: the home.
        file: the notice, in either form of `policy.calendar_import`.
        now: when; kept beside the years.
        replace: whether it may replace a confirmed year that it contradicts.

    Raises:
        UserError: the file is no notice, is not whole, or contradicts a confirmed year; with the days.
    """
    notice = parse_notice(_text(file), file.name)
    stored = entered_notices(home)
    before = WorkingCalendar.standard() if stored is None else WorkingCalendar.standard(stored)
    compared = compare(notice, before)
    check_replaceable(notice, compared, name=file.name, replace=replace)
    sources = {year: table.source for year, table in notice.years.items()}
    if all(one.standing == "unchanged" for one in compared):
        return NoticeImport(compared, None, before, sources, stored)
    kept = merged_notices(stored, notice, compared, now.astimezone(SHANGHAI))
    return NoticeImport(compared, kept, WorkingCalendar.standard(kept), sources, stored)


def would_move(hub: Hub, notice: NoticeImport, now: datetime) -> list[MovedCase]:
    """The cases whose date the notice would move."""
    return recompute(hub, notice.calendar, [one.year for one in notice.years], now, dry_run=True)


def carry_out(hub: Hub, notice: NoticeImport, now: datetime) -> list[MovedCase]:
    """Keep the notice and count again; the cases whose date moved.

    Safe to repeat: cut off between the two, the same import counts again though the notice is known already. Two imports at
    once take turns: each counts by all that is kept.

    Raises:
        Conflict: what the home keeps has changed since the notice was held against it.
    """
    with turn(hub.home):
        if entered_notices(hub.home) != notice.before:
            raise Conflict(
                "另一次导入刚刚改动了本目录的日历，本次未作任何更改。请重新执行导入。",
                "Another import has just changed the calendar of this home; nothing was changed. Run the import again.",
                where=NOTICES,
            )
        if notice.kept is not None:
            text = written(notice.kept)
            parse_document(text, CalendarYears, name=NOTICES)  # what could not be read again is not kept
            place(hub.home / NOTICES, text.encode())
        return recompute(hub, notice.calendar, [one.year for one in notice.years], now)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, IsADirectoryError):
        raise UserError(
            "找不到通知文件，请检查路径。", "No such notice file; check the path.", where=str(file)
        ) from None
    except UnicodeDecodeError:
        raise UserError(
            "通知文件不是 UTF-8 编码，请另存为 UTF-8。", "The notice is not UTF-8; save it as UTF-8.", where=str(file)
        ) from None
