"""The legal clock: from a receipt and a period to the instant at which a duty is overdue, explained day by day.

Here: counting. What kind of day a date is belongs to `policy.calendar`; which period applies to `policy.profile`; how
often a department delivers to `policy.freshness`.

How days are counted (Civil Code 201 and 203; limits in 工作日 leave out days off, Administrative Licensing Law 82):
the day of receipt, in Beijing time, is day zero, whatever its kind; the next day, or the next working day, is day one;
the limit ends at 24:00 of the last day, so a duty is overdue from 00:00 of the day after.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from ground.errors import InternalFault, UserError
from policy.calendar import ONE_DAY, CalendarDay, WorkingCalendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""Legal time (北京时间)."""

LONGEST = 3660
"""Days. A longer period is a slip of the pen."""


class Unit(StrEnum):
    """What a period counts."""

    WORKING_DAYS = "wd"
    NATURAL_DAYS = "nd"


@dataclass(frozen=True, slots=True)
class Period:
    """A number of working days (工作日) or natural days (自然日), written ``10wd`` or ``60nd``."""

    count: int
    unit: Unit

    def __post_init__(self) -> None:
        if not 1 <= self.count <= LONGEST:
            raise UserError(
                f"期限天数应在 1 至 {LONGEST} 之间，实际为 {self.count}。",
                f"A period has 1 to {LONGEST} days; found {self.count}.",
            )

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read ``10wd`` (working days) or ``60nd`` (natural days).

        Raises:
            UserError: anything else.
        """
        match = re.fullmatch(r"([0-9]{1,5})(wd|nd)", text.strip())
        if match is None:
            raise UserError(
                f"期限“{text}”无法识别，应写作 10wd（10个工作日）或 60nd（60个自然日）。",
                f"'{text}' is not a period; write 10wd (10 working days) or 60nd (60 natural days).",
            )
        return cls(int(match[1]), Unit(match[2]))

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"

    @property
    def zh(self) -> str:
        """``10个工作日`` or ``60个自然日``."""
        return f"{self.count}个{'工作日' if self.unit is Unit.WORKING_DAYS else '自然日'}"

    @property
    def en(self) -> str:
        """``10 working days`` or ``60 natural days``."""
        kind = "working" if self.unit is Unit.WORKING_DAYS else "natural"
        return f"{self.count} {kind} day{'' if self.count == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a count: counted with its number (from 1), or not counted, and why."""

    date: date
    counted: bool
    number: int | None
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a duty ends, and every day on the way there.

    ``received`` is what was given to `due`; ``received_on`` its date in Beijing time. ``due`` is the last day,
    ``due_at`` its 24:00, which is 00:00 of the next day, with its time zone. ``provisional``: the result hangs on a day
    whose year still awaits its notice; compute it again when that is imported, and let nothing follow from silence.
    """

    received: date | datetime
    received_on: date
    period: Period
    due: date
    due_at: datetime
    provisional: bool
    days: tuple[Day, ...]

    def is_overdue(self, now: datetime) -> bool:
        """Whether the limit has run out at ``now`` (aware).

        Raises:
            InternalFault: ``now`` has no time zone.
        """
        return _aware(now) >= self.due_at

    def explain(self, language: Literal["zh", "en"] = "zh") -> list[str]:
        """The count in words: one line for the result, then one for each day, day zero first."""
        if language == "zh":
            head = f"{self.received_on.isoformat()} 收到，{self.period.zh}，截止 {self.due.isoformat()} 24:00"
            head += "（暂定，放假通知录入后须重新计算）" if self.provisional else ""
            return [head, *(f"{day.date.isoformat()}  {_number(day, '第{}日', '不计')}  {day.zh}" for day in self.days)]
        head = f"received {self.received_on.isoformat()}, {self.period.en}, due {self.due.isoformat()} 24:00"
        head += " (provisional: to be computed again when the holiday notice is imported)" if self.provisional else ""
        return [
            head,
            *(f"{day.date.isoformat()}  {_number(day, 'day {}', 'not counted')}  {day.en}" for day in self.days),
        ]


def legal_date(moment: date | datetime) -> date:
    """The date of ``moment`` in Beijing time; a plain date is taken as it is.

    Raises:
        InternalFault: a datetime without a time zone.
    """
    return _aware(moment).astimezone(SHANGHAI).date() if isinstance(moment, datetime) else moment


def due(
    received: date | datetime, period: Period, calendar: WorkingCalendar, *, roll_past_holidays: bool = False
) -> Deadline:
    """Count ``period`` from ``received``.

    Args:
        received: when the duty reached the one who owes it; an instant is converted to Beijing time first.
        period: how long.
        calendar: the working-day calendar; of natural days it only decides the roll.
        roll_past_holidays: natural days only: a last day on a day off moves to the next working day (Civil Code 203).
            Off by default, which is the strict reading of a cap such as 最多延长至60个自然日; a profile decides.

    Raises:
        UserError: a day outside the calendar's years.
        InternalFault: a datetime without a time zone.
    """
    start = legal_date(received)
    if period.unit is Unit.WORKING_DAYS:
        counted = list(_working(start, period.count, calendar))
        certain = not any(calendar.is_provisional(day.date) for day in counted)
    else:
        counted = list(_natural(start, period.count))
        certain = True
        if roll_past_holidays:
            rolled = list(_rolled(counted[-1].date, calendar))
            certain = not any(calendar.is_provisional(day.date) for day in [counted[-1], *rolled])
            counted += rolled
    zero = Day(start, counted=False, number=None, zh="收到当日，不计入", en="day of receipt, not counted")
    last = counted[-1].date
    return Deadline(
        received=received,
        received_on=start,
        period=period,
        due=last,
        due_at=end_of(last),
        provisional=not certain,
        days=(zero, *counted),
    )


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

    Raises:
        UserError: ``until`` lies beyond the cap or does not come after the present due date.
    """
    limit = due(first.received, cap, calendar, roll_past_holidays=roll_past_holidays)
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
    """A limit set as a date is the natural days up to it; no calendar can move it, so it is never provisional."""
    return due(first.received, Period((until - first.received_on).days, Unit.NATURAL_DAYS), calendar)


def _working(start: date, count: int, calendar: WorkingCalendar) -> Iterator[Day]:
    number, day = 0, start
    while number < count:
        day += ONE_DAY
        one = calendar.day(day)
        number += one.works
        yield Day(day, counted=one.works, number=number if one.works else None, zh=one.zh, en=one.en)


def _natural(start: date, count: int) -> Iterator[Day]:
    for number in range(1, count + 1):
        yield Day(start + timedelta(days=number), counted=True, number=number, zh="自然日", en="natural day")


def _rolled(last: date, calendar: WorkingCalendar) -> Iterator[Day]:
    """The days after ``last`` up to the next working day, if ``last`` is a day off; they are not counted."""
    until = calendar.workday_on_or_after(last)
    days: list[CalendarDay] = list(calendar.days(last, until))
    for before, one in pairwise(days):
        yield Day(
            one.date, counted=False, number=None, zh=f"顺延：前一日为{before.zh}", en=f"rolled on: {before.en} before"
        )


def _number(day: Day, counted: str, uncounted: str) -> str:
    return counted.format(day.number) if day.counted else uncounted


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise InternalFault("时间缺少时区，无法计算期限。", "A moment without a time zone reached the legal clock.")
    return moment
