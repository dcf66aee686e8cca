"""What the clock does to cases: reminders, lateness as a fact, dates that the calendar has moved.

Safe to repeat: a reminder is given once for each occasion of a limit, being late is noted once. Silence never decides
anything here: no case of the catalogue is approved because nobody answered (Wuhan 11 states a limit and no consequence).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.engine import Connection

from catalog.cases import store
from catalog.cases.machine import DUE_RECOMPUTED, OVERDUE, REMINDED, Machine
from catalog.cases.model import Case, Facts, Limit, noted_late
from catalog.cases.person import HUB
from catalog.cases.store import Change
from ledger.chain import Json
from policy.calendar import WorkingCalendar
from policy.calendar_table import notice_year
from policy.clock import Period, legal_date
from policy.reminders import reached, reminders
from warehouse.operational import OperationalDatabase

Heard = Callable[[Connection, Case, str, Facts, datetime], None]
"""Told of one event of one case and of what it carries, as the case stands after it."""

BEFORE = (Period.parse("1wd"),)
"""How long before the last day a reminder is given (a house rule, as for problem data)."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A case whose last day is another one under today's calendar."""

    kind: str
    id: str
    title: str
    department: str
    was: date
    due: date
    provisional: bool


class CaseTimer:
    """Looks at the clock for the cases of every kind.

    Args:
        database: where they are kept.
        machines: kind -> its machine.
        calendar: the working-day calendar, for reminders.
        heard: told of every reminder, lateness and date that moved, in their transaction: it queues what is to be said to whom.
    """

    def __init__(
        self,
        database: OperationalDatabase,
        machines: Mapping[str, Machine],
        calendar: WorkingCalendar,
        heard: Heard | None = None,
    ) -> None:
        self._db = database
        self._machines = machines
        self._calendar = calendar
        self._heard = heard

    def tick(self, now: datetime) -> dict[str, list[Case]]:
        """Remind, and note what is overdue; event -> the cases it happened to."""
        done: dict[str, list[Case]] = {REMINDED: [], OVERDUE: []}
        with self._db.writing() as connection:
            soon = legal_date(now) + timedelta(days=31)
            for case in store.listed(connection, open_only=True, due_until=soon):
                told = self._told(connection, case, now)
                if told is not None:
                    event, facts = told
                    change = Change(case=case, event=event, by=HUB, now=now, facts=facts)
                    after = store.happen(connection, self._machines[case.kind], change)
                    if self._heard is not None:
                        self._heard(connection, after, event, facts, now)
                    done[event].append(after)
        return done

    def moving(self, calendar: WorkingCalendar, years: Collection[int]) -> list[Moved]:
        """What `recompute` would move, with nothing written."""
        with self._db.begin() as connection:
            return [_moved(case, again) for case, again in _crossing(connection, calendar, years)]

    def recompute(self, calendar: WorkingCalendar, years: Collection[int], now: datetime) -> list[Moved]:
        """Count again every open limit that crosses one of ``years``; each that moved keeps both dates in its trail.

        Args:
            calendar: with the notice that has come, or that replaces another.
            years: those whose days are different now.
            now: when.
        """
        moved: list[Moved] = []
        with self._db.writing() as connection:
            for case, again in _crossing(connection, calendar, years):
                one = _moved(case, again)
                first, last = legal_date(again.received_at), max(one.was, one.due)
                facts = {
                    "was": one.was.isoformat(),
                    "due": one.due.isoformat(),
                    "notice": calendar.notices_between(first, last, years),
                }
                change = Change(case=case, event=DUE_RECOMPUTED, by=HUB, now=now, facts=facts, limit=again)
                after = store.happen(connection, self._machines[case.kind], change)
                if self._heard is not None:
                    self._heard(connection, after, DUE_RECOMPUTED, facts, now)
                moved.append(one)
        return moved

    def _told(self, connection: Connection, case: Case, now: datetime) -> tuple[str, dict[str, Json]] | None:
        """What is to be told of a case now, if anything and if it was not told before."""
        limit = case.limit
        if limit is None:
            return None
        trail = store.events(connection, case.kind, case.id)
        if case.is_late(now):
            return None if noted_late(trail, limit.due) else (OVERDUE, {"due": limit.due.isoformat()})
        given = reached(reminders(limit.due, limit.received_at, BEFORE, self._calendar), legal_date(now))
        if given is None:
            return None
        occasion = f"{given.occasion}@{limit.due.isoformat()}"
        told = [one.facts.get("occasion") for one in trail if one.event == REMINDED]
        return None if occasion in told else (REMINDED, {"occasion": occasion})


def _crossing(
    connection: Connection, calendar: WorkingCalendar, years: Collection[int]
) -> Iterator[tuple[Case, Limit]]:
    """Open cases whose count touches one of ``years`` under the old or the new calendar, with their new limit."""
    for case in store.listed(connection, open_only=True):
        limit = case.limit
        if limit is None:
            continue
        again = limit.again(calendar)
        touched = range(notice_year(legal_date(limit.received_at)), notice_year(max(limit.due, again.due)) + 1)
        if again != limit and any(year in touched for year in years):
            yield case, again


def _moved(case: Case, again: Limit) -> Moved:
    was = case.limit.due if case.limit is not None else again.due
    return Moved(case.kind, case.id, case.title, case.department, was, again.due, again.provisional)
