"""When a notice is sent, and when it is tried again. Pure: no clock, no database, no document.

Evenings, days off and the digest are for persons; a system is told at once, whatever the hour.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from ground.errors import InternalFault
from policy.clock import SHANGHAI

PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)
"""After the first, second, … failed try; after the one that follows the last pause a delivery is given up."""

_ONE_DAY = timedelta(days=1)
_LONGEST = 400
"""Days to look ahead; no calendar has so many days off in a row."""

IsWorkday = Callable[[date], bool]


@dataclass(frozen=True, slots=True)
class Quiet:
    """When persons are left alone, in Beijing time: from ``start`` (included) until ``end`` (excluded), over midnight too.

    Attributes:
        start: when quiet begins.
        end: when it ends; not the same as ``start``.
        days_off: whether days that are no working days are quiet as a whole.
    """

    start: time
    end: time
    days_off: bool = False

    def covers(self, at: time) -> bool:
        """Whether a time of day is quiet on every day."""
        if self.start < self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end

    def holds(self, at: datetime, is_workday: IsWorkday) -> bool:
        """Whether a moment is quiet."""
        local = at.astimezone(SHANGHAI)
        return self.covers(local.time()) or (self.days_off and not is_workday(local.date()))


def when(
    now: datetime,
    *,
    urgent: bool,
    machine: bool,
    digest_at: time | None,
    quiet: Quiet | None,
    is_workday: IsWorkday,
) -> datetime:
    """The moment from which a notice that is queued now is to be sent.

    Args:
        now: aware.
        urgent: it breaks quiet hours and waits for no digest.
        machine: a system is told.
        digest_at: time of day of the digest if its topic waits for that; outside the quiet hours.
        quiet: when persons are left alone.
        is_workday: whether a date is a working day.
    """
    if urgent or machine:
        return now
    if digest_at is None:
        return first_audible(now, quiet, is_workday)
    day = now.astimezone(SHANGHAI).date()
    for step in range(_LONGEST):
        at = datetime.combine(day + step * _ONE_DAY, digest_at, SHANGHAI)
        if at >= now and not (quiet and quiet.holds(at, is_workday)):
            return at
    raise _never()


def first_audible(at: datetime, quiet: Quiet | None, is_workday: IsWorkday) -> datetime:
    """``at`` if it is not quiet, else the first moment after it that is not."""
    if quiet is None or not quiet.holds(at, is_workday):
        return at
    day = at.astimezone(SHANGHAI).date()
    for step in range(_LONGEST):
        # Quiet ends when the hours end or, after a day off, at midnight.
        for start in sorted((time(), quiet.end)):
            moment = datetime.combine(day + step * _ONE_DAY, start, SHANGHAI)
            if moment > at and not quiet.holds(moment, is_workday):
                return moment
    raise _never()


def after_failure(tries: int, now: datetime) -> datetime | None:
    """When to try again after ``tries`` failed tries; None when it is given up."""
    return now + PAUSES[tries - 1] if tries <= len(PAUSES) else None


def _never() -> InternalFault:
    return InternalFault("日历中一年多没有工作日。", "The calendar has no working day for more than a year.")
