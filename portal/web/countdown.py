"""How long is it until a ticket is late, in the words of an office?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from policy.calendar import WorkingCalendar
from policy.clock import Deadline, legal_date
from portal.wording import is_late
from quality.tickets.clocks import ProfileClock
from quality.tickets.events import TicketRow

Tone = Literal["late", "today", "soon", "calm", "ended"]
SOON = 2
"""Working days within which a ticket is shown as nearly due."""


@dataclass(frozen=True)
class Countdown:
    """What is left.

    Attributes:
        text: in working days, as the limit is counted.
        exact: days and hours; empty where nothing runs.
        tone: how it is shown.
        deadline: every day of the count.
    """

    text: str
    exact: str
    tone: Tone
    deadline: Deadline


def countdown(one: TicketRow, now: datetime, clock: ProfileClock) -> Countdown:
    """What is left of a ticket's limit at ``now``."""
    deadline = clock.explain(one.clock)
    if not one.is_open:
        in_time = one.closed_at is None or one.closed_at < one.due_at
        return Countdown("按期办结" if in_time else "逾期办结", "", "ended", deadline)
    today, exact = legal_date(now), _span(abs(one.due_at - now))
    if is_late(one, now):
        days = _workdays(clock.calendar, one, now)
        return Countdown(f"逾期 {days} 个工作日" if days else "已逾期", f"已过 {exact}", "late", deadline)
    if one.due == today:
        return Countdown("今日到期", f"还有 {exact}", "today", deadline)
    days = clock.calendar.workdays_between(today, one.due)
    return Countdown(f"剩 {days} 个工作日", f"还有 {exact}", "soon" if days <= SOON else "calm", deadline)


def _workdays(calendar: WorkingCalendar, one: TicketRow, now: datetime) -> int:
    return calendar.workdays_between(one.due, legal_date(now))


def _span(left: timedelta) -> str:
    """Days and hours, or hours and minutes; portal/web/static/desk.js counts on in the same words."""
    minutes = int(left.total_seconds()) // 60
    days, hours = divmod(minutes // 60, 24)
    return f"{days} 天 {hours} 小时" if days else f"{hours} 小时 {minutes % 60} 分"
