"""What the clock does to cases: reminders, lateness as a fact, dates that the calendar has moved.

Safe to repeat: a reminder is given once for each occasion of a limit, being late is noted once. Silence never decides
anything here: no case of the catalogue is approved because nobody answered (Wuhan 11 states a limit and no consequence).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.engine import Connection

from catalog.cases import store
from catalog.cases.machine import DUE_RECOMPUTED, OVERDUE, REMINDED, Machine
from catalog.cases.model import Case, noted_late
from catalog.cases.person import HUB
from catalog.cases.store import Change
from ledger.chain import Json
from policy.calendar import WorkingCalendar
from policy.clock import legal_date
from warehouse.operational import OperationalDatabase

AHEAD = 1
"""Working days before the last day on which a reminder is given (a house rule, as for problem data)."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A case whose last day is another one under today's calendar."""

    kind: str
    id: str
    title: str
    department: str
    was: date
    due: date


class CaseTimer:
    """Looks at the clock for the cases of every kind.

    Args:
        database: where they are kept.
        machines: kind -> its machine.
        calendar: the working-day calendar.
    """

    def __init__(
        self, database: OperationalDatabase, machines: Mapping[str, Machine], calendar: WorkingCalendar
    ) -> None:
        self._db = database
        self._machines = machines
        self._calendar = calendar

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
                    done[event].append(store.happen(connection, self._machines[case.kind], change))
        return done

    def recompute(self, now: datetime, *, provisional_only: bool = True) -> list[Moved]:
        """Count every open limit again under today's calendar; each that moved keeps both dates in its trail.

        Args:
            now: when.
            provisional_only: only dates that rest on a year without its notice; False where a notice was replaced.
        """
        moved: list[Moved] = []
        with self._db.writing() as connection:
            for case in store.listed(connection, open_only=True, provisional=provisional_only):
                if case.limit is None:
                    continue
                again = case.limit.again(self._calendar)
                if again == case.limit:
                    continue
                facts = {"was": case.limit.due.isoformat(), "due": again.due.isoformat()}
                change = Change(case=case, event=DUE_RECOMPUTED, by=HUB, now=now, facts=facts, limit=again)
                store.happen(connection, self._machines[case.kind], change)
                moved.append(Moved(case.kind, case.id, case.title, case.department, case.limit.due, again.due))
        return moved

    def _told(self, connection: Connection, case: Case, now: datetime) -> tuple[str, dict[str, Json]] | None:
        """What is to be told of a case now, if anything and if it was not told before."""
        limit = case.limit
        if limit is None:
            return None
        trail = store.events(connection, case.kind, case.id)
        if case.is_late(now):
            return None if noted_late(trail, limit.due) else (OVERDUE, {"due": limit.due.isoformat()})
        occasion = self._occasion(limit.due, legal_date(limit.received_at), legal_date(now))
        told = [one.facts.get("occasion") for one in trail if one.event == REMINDED]
        return None if occasion is None or occasion in told else (REMINDED, {"occasion": occasion})

    def _occasion(self, last: date, received: date, today: date) -> str | None:
        """The reminder that is due today: ``ahead``, or ``due`` on the last day; none before."""
        if today >= last:
            return f"due@{last.isoformat()}"
        day = last
        for _ in range(AHEAD):
            day = self._calendar.workday_on_or_before(day - timedelta(days=1))
        return f"ahead@{last.isoformat()}" if received < day <= today else None
