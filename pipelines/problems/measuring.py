"""Measures the handling of problem data: of the city, of every department, of every rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import ibis
import pyarrow as pa
import sqlalchemy as sa

from catalog.city import City
from policy.calendar import WorkingCalendar
from policy.clock import legal_date
from quality.tickets.measured import ARROW, ticket_batches
from quality.tickets.measures import AGES, CALENDAR_SCHEMA, Measure, measured, timed
from quality.tickets.tables import ticket
from warehouse.duckdb_engine import DuckDbEngine
from warehouse.operational import OperationalDatabase


@dataclass(frozen=True, slots=True)
class Measures:
    """The measures at one moment.

    Attributes:
        at: the moment.
        city: over everything.
        departments: those that have tickets, the largest first.
        rules: likewise, as ``resource/rule``.
    """

    at: datetime
    city: Measure
    departments: list[Measure]
    rules: list[Measure]


class MeasuringService:
    """Measures tickets.

    Args:
        db: the operational database.
        calendar: the working-day calendar.
        city: what is declared.
        rule_title: rule id -> what it is called.
    """

    def __init__(
        self, db: OperationalDatabase, calendar: WorkingCalendar, city: City, rule_title: Callable[[str], str]
    ) -> None:
        self._db = db
        self._calendar = calendar
        self._city = city
        self._rule_title = rule_title

    def measure(self, now: datetime) -> Measures:
        """Measure every ticket there is; ages and what is overdue as of ``now``."""
        names = {one.id: one.name for one in self._city.departments}
        resources = {one.id: one.title for one in self._city.resources}
        with DuckDbEngine() as engine:
            with self._db.begin() as connection:
                tickets = engine.load_stream("_tickets", ARROW, ticket_batches(connection))
                first = connection.execute(sa.select(sa.func.min(ticket.c.received_at))).scalar()
            calendar = engine.load("_calendar", self._days(first, now))
            moment = ibis.literal(now.astimezone(UTC).replace(tzinfo=None), type="timestamp")
            rows = engine.stage(timed(tickets, calendar, moment), "_timed")
            [city] = engine.to_arrow(measured(rows, ())).to_pylist()
            by_department = engine.to_arrow(measured(rows, ("department",))).to_pylist()
            by_rule = engine.to_arrow(measured(rows, ("resource", "rule"))).to_pylist()
        departments = [
            _measure("department", row["department"], names.get(row["department"], row["department"]), row)
            for row in by_department
        ]
        rules = [
            _measure(
                "rule",
                f"{row['resource']}/{row['rule']}",
                # Rules of two resources may be called the same.
                f"{resources.get(row['resource'], row['resource'])}：{self._rule_title(row['rule'])}",
                row,
            )
            for row in by_rule
        ]
        return Measures(
            now, _measure("city", "", "全市", city), sorted(departments, key=_size), sorted(rules, key=_size)
        )

    def _days(self, first: datetime | None, now: datetime) -> pa.Table:
        """The calendar over every day that a ticket touches, each with its running number of working days."""
        begin = min(legal_date(first) if first else legal_date(now), legal_date(now))
        last = legal_date(now) + timedelta(days=1)
        days: list[date] = []
        numbers: list[int] = []
        for one in self._calendar.days(begin, last):
            days.append(one.date)
            numbers.append((numbers[-1] if numbers else 0) + one.works)
        return pa.table({"day": days, "number": numbers}, schema=CALENDAR_SCHEMA.to_pyarrow())


def _size(one: Measure) -> tuple[int, str]:
    return -one.received - one.waiting, one.id


def _measure(level: str, name: str, title: str, row: Mapping[str, Any]) -> Measure:
    counts = {
        field: row[field]
        for field in (
            "received", "waiting", "open", "overdue", "finished", "due", "on_time", "median_working_days", "median_days",
            "answered", "came_back", "asked", "granted", "refused",
        )
    }  # fmt: skip
    return Measure(level=level, id=name, title=title, ages={one[0]: row[one[0]] for one in AGES}, **counts)
