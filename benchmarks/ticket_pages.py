"""How long a page of the ticket queue takes at the service, on SQLite and on PostgreSQL.

One ticket is opened by the service; its row is copied with other ids, departments, states and due times, because the queue
reads the projection and nothing else. Sixteen departments; every page is a transaction of its own.
"""

from __future__ import annotations

import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from accounts.model import Role
from policy.calendar import WorkingCalendar
from policy.profile import load_profile
from quality.tickets.clocks import ProfileClock
from quality.tickets.following import FindingGroup, TicketFollower
from quality.tickets.permissions import Actor
from quality.tickets.queue import QueueFilter
from quality.tickets.report_tables import REPORT_TABLES
from quality.tickets.service import TicketService
from quality.tickets.states import State
from quality.tickets.tables import TABLES, ticket
from warehouse.operational import OperationalDatabase, metadata

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
ASKED = 200
DEPARTMENTS = 16
OFFICER = Actor("person:one", "一位", Role.PROVIDER, "d3")


@dataclass(frozen=True)
class Paged:
    """The time of one question over `ASKED` askings, in milliseconds."""

    what: str
    database: str
    median: float
    p95: float

    def line(self, tickets: int, hold: float) -> str:
        verdict = "held" if self.median <= hold else "MISSED"
        return (
            f"| {self.what}, {tickets:,} | {self.database} | {ASKED} times | {self.median:.1f} | {self.p95:.1f} "
            f"| median ≤ {hold:.0f} | {verdict} |"
        )


def pages(work: Path, tickets: int, postgres: str) -> list[Paged]:
    """Every question on every database; PostgreSQL is left out, and said so, where none answers."""
    (work / "queue.sqlite").unlink(missing_ok=True)
    found = _asked("SQLite", OperationalDatabase(f"sqlite:///{work / 'queue.sqlite'}"), tickets)
    if postgres:
        try:
            with _schema(postgres) as db:
                found += _asked("PostgreSQL", db, tickets)
        except sa.exc.OperationalError as fault:
            print(f"NO POSTGRESQL: {type(fault).__name__}", file=sys.stderr)
    return found


@contextmanager
def _schema(postgres: str) -> Iterator[OperationalDatabase]:
    """A schema of its own, dropped at the end."""
    url, schema = sa.make_url(postgres), f"shuyuan_{uuid.uuid4().hex[:12]}"
    owner = sa.create_engine(url, connect_args={"connect_timeout": 2})
    with owner.begin() as connection:
        connection.execute(sa.schema.CreateSchema(schema))
    own = url.update_query_dict({"options": f"-csearch_path={schema}"})
    db = OperationalDatabase(own.render_as_string(hide_password=False))
    try:
        yield db
    finally:
        db.dispose()
        with owner.begin() as connection:
            connection.execute(sa.schema.DropSchema(schema, cascade=True))
        owner.dispose()


def _asked(name: str, db: OperationalDatabase, tickets: int) -> list[Paged]:
    metadata.create_all(db.engine, tables=[*TABLES, *REPORT_TABLES])
    clock = ProfileClock("haishu", load_profile("haishu").problem_data, WorkingCalendar.standard())
    service = TicketService(db, clock=clock)
    group = FindingGroup(
        resource="ga_household", rule="ga_household.citizen_id.valid", item="citizen_id", department="d0",
        severity="error", fingerprints=iter([["f"]]),
    )  # fmt: skip
    with db.writing() as connection:
        TicketFollower(service).open_from_findings(connection, 1, [group], NOW)
    _multiply(db, tickets)
    deep = service.queue(limit=tickets // 2).next
    questions: dict[str, Callable[[], object]] = {
        "first page, steward": lambda: service.queue(limit=50),
        "page from the middle, steward": lambda: service.queue(limit=50, after=deep),
        "late ones, steward": lambda: service.queue(QueueFilter(overdue_at=NOW + timedelta(days=9)), limit=50),
        "first page, officer of one of 16 departments": lambda: service.queue(limit=50, seen_by=OFFICER),
        "one state, officer": lambda: service.queue(QueueFilter(states=(State.ACCEPTED,)), limit=50, seen_by=OFFICER),
    }
    return [Paged(what, name, *_timed(ask)) for what, ask in questions.items()]


def _multiply(db: OperationalDatabase, tickets: int) -> None:
    states = [State.ROUTED, State.ACCEPTED, State.EXTENSION_ASKED, State.COORDINATING]
    with db.writing() as connection:
        one = dict(connection.execute(sa.select(ticket)).mappings().one())
        for start in range(1, tickets, 5000):
            copies = [
                one | {
                    "id": f"T-20260302-{number:06d}x",
                    "department": f"d{number % DEPARTMENTS}",
                    "state": states[number // DEPARTMENTS % len(states)].value,
                    "due_at": one["due_at"] + timedelta(hours=number * 7919 % 720),
                }
                for number in range(start, min(start + 5000, tickets))
            ]  # fmt: skip
            connection.execute(sa.insert(ticket), copies)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("ANALYZE"))


def _timed(ask: Callable[[], object]) -> tuple[float, float]:
    taken = []
    for _ in range(ASKED):
        started = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken), statistics.quantiles(taken, n=20)[-1]
