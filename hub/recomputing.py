"""Dates that rest on the calendar, counted again when it changes: one list of all kinds of cases that have them.

A new kind of case with a legal date adds its line to `recomputers`, and nothing else: the command and its dry run follow.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date, datetime

from hub.case_clock import timer_of
from hub.hub import Hub
from policy.calendar import WorkingCalendar


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedCase:
    """A case whose date was, or would be, computed again with another result.

    Attributes:
        kind: which kind of case, such as ``ticket``.
        id: which one.
        department: who owes it.
        was: the last day as it was.
        due: the last day as it is; the same where the date only became certain.
        provisional: whether it still awaits a notice.
    """

    kind: str
    id: str
    department: str
    was: date
    due: date
    provisional: bool


Recomputer = Callable[[WorkingCalendar, Collection[int], datetime, bool], list[MovedCase]]
"""Counts the open cases of one kind again: on which calendar, for which changed years, at which moment, and whether only to
say what would move. Safe to repeat. Each that moves gets an event with both dates in its own trail."""


def recomputers(hub: Hub) -> list[Recomputer]:
    """Every kind of case whose dates rest on the calendar."""
    return [
        lambda calendar, years, now, dry: _tickets(hub, calendar, years, now, dry),
        lambda calendar, years, now, dry: _catalogue(hub, calendar, years, now, dry),
    ]


def recompute(
    hub: Hub, calendar: WorkingCalendar, years: Collection[int], now: datetime, *, dry_run: bool = False
) -> list[MovedCase]:
    """Count every open case again whose date rests on one of ``years``; those that moved, kind by kind."""
    return [moved for one in recomputers(hub) for moved in one(calendar, years, now, dry_run)]


def _tickets(hub: Hub, calendar: WorkingCalendar, years: Collection[int], now: datetime, dry: bool) -> list[MovedCase]:
    clock = replace(hub.clock, calendar=calendar)
    found = (
        [(one, limit.due, limit.provisional) for one, limit in hub.timer.moving(years, clock)]
        if dry
        else [(was, one.due, one.due_provisional) for was, one in hub.timer.recompute(years, clock, now)]
    )
    return [
        MovedCase(
            kind="ticket", id=one.id, department=one.department, was=one.due, due=due, provisional=provisional
        )
        for one, due, provisional in found
    ]  # fmt: skip


def _catalogue(
    hub: Hub, calendar: WorkingCalendar, years: Collection[int], now: datetime, dry: bool
) -> list[MovedCase]:
    timer = timer_of(hub)
    found = timer.moving(calendar, years) if dry else timer.recompute(calendar, years, now)
    return [
        MovedCase(
            kind=one.kind, id=one.id, department=one.department, was=one.was, due=one.due, provisional=one.provisional
        )
        for one in found
    ]  # fmt: skip
