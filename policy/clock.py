"""The legal clock: from a receipt and a period to the instant at which a duty is overdue, explained day by day.

Here: limits and their ends. The walk from day to day is `policy.counting`; what kind of day a date is belongs to
`policy.calendar`; days that a case waits to `policy.pauses`; what follows when nobody answered to `policy.silence`; reminders to
`policy.reminders`; which period applies to `policy.profile`; how often a department delivers to `policy.freshness`.

How days are counted (Civil Code 201 and 203; limits in 工作日 leave out days off, Administrative Licensing Law 82):
the day of receipt, in Beijing time, is day zero, whatever its kind; the next day, or the next working day, is day one;
the limit ends at 24:00 of the last day, so a duty is overdue from 00:00 of the day after. Days within a pause are not
counted, be they working days or natural ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Literal, overload
from zoneinfo import ZoneInfo

from ground.errors import InternalFault, UserError
from policy.calendar import ONE_DAY, WorkingCalendar
from policy.counting import Day, walk
from policy.pauses import Pause, merged
from policy.periods import Period, Unit

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""Legal time (北京时间)."""

__all__ = [
    "SHANGHAI",
    "Day",
    "Deadline",
    "Pause",
    "Period",
    "Suspended",
    "Unit",
    "bring_forward",
    "due",
    "end_of",
    "extend",
    "legal_date",
    "pause_between",
]
"""What a limit is made of comes from here, wherever it stands."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a duty ends, and every day on the way there.

    ``received`` is what was given to `due`; ``received_on`` its date in Beijing time. ``due`` is the last day,
    ``due_at`` its 24:00, which is 00:00 of the next day, with its time zone. ``provisional``: the result hangs on a day
    whose year still awaits its notice; compute it again when that is imported, and let nothing follow from silence.
    ``pauses`` are those that were given, merged: an extension is counted around them too.
    """

    received: date | datetime
    received_on: date
    period: Period
    due: date
    due_at: datetime
    provisional: bool
    days: tuple[Day, ...]
    pauses: tuple[Pause, ...] = ()

    def is_overdue(self, now: datetime) -> bool:
        """Whether the limit has run out at ``now`` (aware).

        Raises:
            InternalFault: ``now`` has no time zone.
        """
        return _aware(now) >= self.due_at

    def explain(self, language: Literal["zh", "en"] = "zh") -> list[str]:
        """The count in words: one line for the result, then one for each day, day zero first."""
        paused = sum(day.paused for day in self.days)
        if language == "zh":
            head = f"{self.received_on.isoformat()} 收到，{self.period.zh}，截止 {self.due.isoformat()} 24:00"
            head += f"（暂停 {paused} 日不计）" if paused else ""
            head += "（暂定，放假通知录入后须重新计算）" if self.provisional else ""
        else:
            head = f"received {self.received_on.isoformat()}, {self.period.en}, due {self.due.isoformat()} 24:00"
            head += f" ({paused} paused day{'' if paused == 1 else 's'} not counted)" if paused else ""
            head += (
                " (provisional: to be computed again when the holiday notice is imported)" if self.provisional else ""
            )
        return [head, *_told(self.days, language)]


@dataclass(frozen=True, slots=True)
class Suspended:
    """A limit in the midst of a pause that has not ended: it has no last day, and nobody can be late.

    ``received``, ``received_on``, ``period`` and ``pauses`` as in `Deadline`. ``since`` and ``reason`` are of the pause that
    is open; ``left`` says how many days are still to be counted when it ends (0: a limit in natural days only waits for
    its next working day); ``days`` are those up to the pause.
    """

    received: date | datetime
    received_on: date
    period: Period
    since: date
    reason: str
    left: int
    days: tuple[Day, ...]
    pauses: tuple[Pause, ...]

    def is_overdue(self, now: datetime) -> Literal[False]:
        """Never: what is paused does not run out.

        Raises:
            InternalFault: ``now`` has no time zone.
        """
        _aware(now)
        return False

    def explain(self, language: Literal["zh", "en"] = "zh") -> list[str]:
        """As `Deadline.explain`; the head says since when it is paused, why, and what is left."""
        counted = self.period.count - self.left
        if language == "zh":
            head = (
                f"{self.received_on.isoformat()} 收到，{self.period.zh}，自 {self.since.isoformat()} 起暂停（{self.reason}），"
                f"已计 {counted} 日，尚余 {self.left} 日；恢复计时前没有截止日"
            )
        else:
            head = (
                f"received {self.received_on.isoformat()}, {self.period.en}, paused since {self.since.isoformat()} "
                f"({self.reason}), {counted} counted, {self.left} left; it has no due date until the count goes on"
            )
        return [head, *_told(self.days, language)]


def legal_date(moment: date | datetime) -> date:
    """The date of ``moment`` in Beijing time; a plain date is taken as it is.

    Raises:
        InternalFault: a datetime without a time zone.
    """
    return _aware(moment).astimezone(SHANGHAI).date() if isinstance(moment, datetime) else moment


def pause_between(began: date | datetime, ended: date | datetime | None, reason: str) -> Pause:
    """The pause between two events, on their dates in Beijing time; both days are within it.

    Raises:
        UserError: it ends before it begins, or has no reason.
        InternalFault: a datetime without a time zone.
    """
    return Pause(legal_date(began), None if ended is None else legal_date(ended), reason)


@overload
def due(
    received: date | datetime, period: Period, calendar: WorkingCalendar, *, roll_past_holidays: bool = False
) -> Deadline: ...


@overload
def due(
    received: date | datetime,
    period: Period,
    calendar: WorkingCalendar,
    *,
    roll_past_holidays: bool = False,
    pauses: Sequence[Pause],
) -> Deadline | Suspended: ...


def due(
    received: date | datetime,
    period: Period,
    calendar: WorkingCalendar,
    *,
    roll_past_holidays: bool = False,
    pauses: Sequence[Pause] = (),
) -> Deadline | Suspended:
    """Count ``period`` from ``received``.

    Args:
        received: when the duty reached the one who owes it; an instant is converted to Beijing time first.
        period: how long.
        calendar: the working-day calendar; of natural days it only decides the roll.
        roll_past_holidays: natural days only: a last day on a day off moves to the next working day (Civil Code 203).
            Off by default, which is the strict reading of a cap such as 最多延长至60个自然日; a profile decides.
        pauses: days that do not count; they may overlap.

    Returns:
        The deadline; `Suspended` where the count comes to a pause without an end. Without ``pauses`` always a deadline.

    Raises:
        UserError: a day outside the calendar's years.
        InternalFault: a datetime without a time zone.
    """
    start, taken_out = legal_date(received), merged(pauses)
    gone = walk(start, period, calendar, roll=roll_past_holidays, pauses=taken_out)
    zero = Day(start, counted=False, number=None, zh="收到当日，不计入", en="day of receipt, not counted")
    days = (zero, *gone.days)
    if gone.stopped is not None:
        since, reason = gone.stopped.since, gone.stopped.reason
        return Suspended(received, start, period, since, reason, gone.left, days, taken_out)
    last = days[-1].date
    provisional = any(day.provisional for day in gone.days)
    return Deadline(received, start, period, last, end_of(last), provisional, days, taken_out)


def extend(
    first: Deadline,
    cap: Period,
    calendar: WorkingCalendar,
    *,
    until: date | None = None,
    roll_past_holidays: bool = False,
) -> Deadline:
    """The deadline after an extension was granted, never beyond ``cap`` counted from receipt.

    Args:
        first: the deadline that is extended.
        cap: the longest the profile allows, counted from the original receipt and not from the first due date
            (Haishu 27: 最多延长至60个自然日).
        calendar: as in `due`.
        until: the last day that was granted; None grants the whole cap.
        roll_past_holidays: as in `due`, for the cap.

    The pauses of ``first`` do not count towards the cap either (a house reading: what is no part of the limit is no part of
    its longest form). A day that was granted stays that day, whatever pauses.

    Raises:
        UserError: ``until`` lies beyond the cap or does not come after the present due date; or the cap has no last day,
            since a pause is open.
    """
    limit = due(first.received, cap, calendar, roll_past_holidays=roll_past_holidays, pauses=first.pauses)
    if isinstance(limit, Suspended):
        raise UserError(
            f"期限自 {limit.since} 起暂停（{limit.reason}），不能延期。请先恢复计时。",
            f"The limit is paused since {limit.since} ({limit.reason}); it cannot be extended. Let the count go on first.",
        )
    granted = until if until is not None else limit.due
    if not first.due < granted <= limit.due:
        raise UserError(
            f"延期应晚于现截止日 {first.due}，且不得超过自收到之日起{cap.zh}（{limit.due}），所求为 {granted}。",
            f"An extension must end after the present due date {first.due} and no later than {cap.en} from receipt "
            f"({limit.due}); asked for {granted}.",
        )
    return limit if granted == limit.due else _to_date(first, granted, calendar)


def bring_forward(first: Deadline, until: date, calendar: WorkingCalendar) -> Deadline:
    """The deadline of an urgent case, set for it by hand (Haishu 27: 限时处理): after receipt, never later than before.

    Raises:
        UserError: ``until`` is not after the day of receipt, or later than the present due date.
    """
    if not first.received_on < until <= first.due:
        raise UserError(
            f"紧急限时应晚于收到日 {first.received_on}，且不晚于现截止日 {first.due}，所设为 {until}。",
            f"An urgent limit must lie after the day of receipt {first.received_on} and no later than the present due "
            f"date {first.due}; set to {until}.",
        )
    return _to_date(first, until, calendar)


def end_of(day: date) -> datetime:
    """24:00 of ``day`` in Beijing time: 00:00 of the next day, aware."""
    return datetime.combine(day + ONE_DAY, time(), tzinfo=SHANGHAI)


def _to_date(first: Deadline, until: date, calendar: WorkingCalendar) -> Deadline:
    """A limit set as a date is the natural days up to it; no calendar and no pause can move it: it is never provisional."""
    days = Period((until - first.received_on).days, Unit.NATURAL_DAYS)
    return replace(due(first.received, days, calendar), pauses=first.pauses)


def _told(days: Sequence[Day], language: Literal["zh", "en"]) -> list[str]:
    if language == "zh":
        return [f"{day.date.isoformat()}  {f'第{day.number}日' if day.counted else '不计'}  {day.zh}" for day in days]
    return [
        f"{day.date.isoformat()}  {f'day {day.number}' if day.counted else 'not counted'}  {day.en}" for day in days
    ]


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise InternalFault("时间缺少时区，无法计算期限。", "A moment without a time zone reached the legal clock.")
    return moment
