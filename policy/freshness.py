"""When the next delivery of a resource is due by its update cycle (更新周期).

Here: the date on which a department is late with its data, for the freshness monitor (Wuhan 15, Haishu 26,
Lianyungang 15). Statutory limits of cases belong to `policy.clock`.

The regulations name the cycle but no day within it, so the reading is ours: a delivery made in one period is followed
by one at the latest on the last working day of the next period.
"""

from __future__ import annotations

from datetime import date, timedelta

from ground.errors import UserError
from policy.calendar import ONE_DAY, WorkingCalendar

CYCLES = (
    "real_time", "daily", "working_day", "weekly", "monthly", "quarterly", "half_yearly", "yearly", "ad_hoc", "once",
)  # fmt: skip
"""The update cycles of the catalogue."""

_MONTHS = {"monthly": 1, "quarterly": 3, "half_yearly": 6, "yearly": 12}


def next_delivery_due(cycle: str, last: date, calendar: WorkingCalendar) -> date | None:
    """The last day on which the delivery that follows the one of ``last`` is still on time.

    ============  =========================================================
    real_time     the next day: a stream in which nothing came for a whole day has stopped
    daily         the next day
    working_day   the next working day
    weekly        the last working day of the next week (Monday to Sunday)
    monthly       the last working day of the next month
    quarterly     the last working day of the next quarter
    half_yearly   the last working day of the next half of a year
    yearly        the last working day of the next year
    ad_hoc, once  never: None
    ============  =========================================================

    A week without any working day (a long holiday) moves to the first working day after it.

    Args:
        cycle: one of `CYCLES`.
        last: the day of the last delivery, in Beijing time.
        calendar: the working-day calendar.

    Raises:
        UserError: an unknown cycle, or a day outside the calendar's years.
    """
    if cycle in ("ad_hoc", "once"):
        return None
    if cycle in ("real_time", "daily"):
        return last + ONE_DAY
    if cycle == "working_day":
        return calendar.next_workday(last)
    if cycle == "weekly":
        first = last + timedelta(days=7 - last.weekday())
        end = first + timedelta(days=6)
    elif cycle in _MONTHS:
        first, end = _next_months(last, _MONTHS[cycle])
    else:
        raise UserError(
            f"更新周期“{cycle}”不在允许范围内。允许的值：{'、'.join(CYCLES)}",
            f"'{cycle}' is not an update cycle. Allowed: {', '.join(CYCLES)}",
        )
    found = calendar.workday_on_or_before(end)
    return found if found >= first else calendar.next_workday(end)


def _next_months(last: date, width: int) -> tuple[date, date]:
    """First and last day of the period of ``width`` months that follows the one in which ``last`` lies."""
    index = last.year * 12 + last.month - 1
    start = index - index % width + width
    after = start + width
    return date(start // 12, start % 12 + 1, 1), date(after // 12, after % 12 + 1, 1) - ONE_DAY
