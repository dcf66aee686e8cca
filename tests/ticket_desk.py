"""Tickets over a bare database: who acts, groups of findings, repairs; for tests of the loop below the lake."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from accounts.model import Role
from policy.calendar import WorkingCalendar
from policy.profile import load_profile
from quality.repairs import Repair
from quality.tickets import store
from quality.tickets.clocks import ProfileClock
from quality.tickets.events import TicketRow
from quality.tickets.following import FindingGroup, Gathered, Repairs, TicketFollower
from quality.tickets.handling import TicketHandling
from quality.tickets.marks import open_marks
from quality.tickets.permissions import Actor
from quality.tickets.report_tables import REPORT_TABLES
from quality.tickets.reporting import ProblemReporting
from quality.tickets.reports import Seal
from quality.tickets.service import TicketService
from quality.tickets.states import State
from quality.tickets.tables import TABLES, ticket, ticket_event, ticket_event_finding, ticket_finding
from quality.tickets.timing import TicketTimer
from warehouse.operational import OperationalDatabase, metadata

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
"""A Monday morning in Beijing."""
DAY = timedelta(days=1)
HOUSEHOLD = "ga_household"
VALID = "ga_household.citizen_id.valid"
SEX = "ga_household.sex.code"

STEWARD = Actor("person:li", "李工", Role.STEWARD, "bureau")
OFFICER = Actor("person:wang", "王芳", Role.PROVIDER, "ga")
SECOND = Actor("person:zhao", "赵强", Role.PROVIDER, "ga")
TAXMAN = Actor("person:chen", "陈明", Role.PROVIDER, "sw")
CLERK = Actor("person:sun", "孙倩", Role.REPORTER, "sp")
COUNTER = Actor("key:k_00000001", "政务大厅叫号系统", Role.REPORTER, "sp")

EVERY_TABLE = (*TABLES, *REPORT_TABLES)


class Desk:
    """The services of tickets over one database."""

    def __init__(self, db: OperationalDatabase, *, route: bool = True, route_reports: bool = False) -> None:
        self.db = db
        self.clock = ProfileClock("haishu", load_profile("haishu").problem_data, WorkingCalendar.standard())
        self.told: list[str] = []
        self.tickets = TicketService(db, clock=self.clock, heard=self._hear)
        self.follower = TicketFollower(self.tickets, route=route)
        self.handling = TicketHandling(self.tickets)
        self.timer = TicketTimer(self.tickets)
        self.seal = Seal(b"fingerprint".ljust(32, b"."), b"sealing".ljust(32, b"."))
        self.reporting = ProblemReporting(self.tickets, self.handling, self.seal, route=route_reports)

    def _hear(self, _connection: object, _ticket: object, happened: Sequence[object]) -> None:
        self.told += [event.event.value for event in happened]  # type: ignore[attr-defined]

    def find(self, snapshot: int, *groups: FindingGroup, now: datetime = NOW) -> list[TicketRow]:
        """Open tickets from findings of a snapshot."""
        with self.db.writing() as connection:
            return self.follower.open_from_findings(connection, snapshot, groups, now)

    def one(self, *fingerprints: str, snapshot: int = 7, now: datetime = NOW, rule: str = VALID) -> TicketRow:
        """One ticket with these findings."""
        (opened,) = self.find(snapshot, group(list(fingerprints), rule), now=now)
        return opened

    def repair(
        self,
        snapshot: int,
        gone: Sequence[str],
        *,
        batches: Sequence[str] = ("b2",),
        kind: Repair = Repair.CHANGED,
        rules: Sequence[str] = (VALID, SEX),
        whole: Mapping[str, Sequence[tuple[str, datetime]]] | None = None,
        now: datetime = NOW + DAY,
        reports: Mapping[str, Sequence[str]] | None = None,
    ) -> Repairs:
        """Findings are gone from a snapshot."""
        gathered = Gathered(
            by_rule={(HOUSEHOLD, one): list(batches) for one in rules},
            by_fingerprint=reports or {},
            whole=whole or {},
            taken=frozenset(batches),
        )
        with self.db.writing() as connection:
            return self.follower.take_repairs(connection, snapshot, {kind: [list(gone)]}, gathered, now)

    def show(self, name: str) -> TicketRow:
        """A ticket as it stands."""
        return self.tickets.show(name).ticket

    def state(self, name: str) -> State:
        """Where a ticket stands."""
        return self.show(name).state

    def marks(self) -> list[str]:
        """Fingerprints that dispute a value now."""
        with self.db.begin() as connection:
            return sorted(connection.execute(open_marks()).scalars())

    def standing(self, name: str) -> set[str]:
        """Fingerprints that stand in a ticket."""
        with self.db.begin() as connection:
            return set(connection.execute(store.standing(name)).scalars())

    def contents(self) -> dict[str, list[object]]:
        """The projection."""
        return self._rows(ticket, ticket_finding)

    def truth(self) -> dict[str, list[object]]:
        """The event stream."""
        return self._rows(ticket_event, ticket_event_finding)

    def _rows(self, *tables: sa.Table) -> dict[str, list[object]]:
        with self.db.begin() as connection:
            return {table.name: sorted(map(tuple, connection.execute(sa.select(table))), key=repr) for table in tables}


def group(
    fingerprints: Sequence[str],
    rule: str = VALID,
    severity: str = "error",
    resource: str = HOUSEHOLD,
    department: str = "ga",
    size: int = 2,
) -> FindingGroup:
    """Findings of one rule, in chunks."""
    chunks = [list(fingerprints[at : at + size]) for at in range(0, len(fingerprints), size)]
    return FindingGroup(
        resource=resource, rule=rule, item=rule.split(".")[1], department=department, severity=severity,
        fingerprints=iter(chunks),
    )  # fmt: skip


def postgres_url() -> str:
    """Where PostgreSQL answers; the test is skipped loudly where none does, and fails where one was named."""
    url = os.environ.get("SHUYUAN_TEST_POSTGRES", "postgresql+psycopg://root@127.0.0.1:5432/test")
    probe = sa.create_engine(url, connect_args={"connect_timeout": 2})
    try:
        with probe.connect():
            return url
    except DBAPIError as fault:
        if "SHUYUAN_TEST_POSTGRES" in os.environ:
            raise
        pytest.skip(
            f"NO POSTGRESQL: tickets are tested on SQLite only ({type(fault).__name__}); set SHUYUAN_TEST_POSTGRES"
        )
    finally:
        probe.dispose()


def databases(kind: str, tmp_path: object) -> Iterator[OperationalDatabase]:
    """A database of its own with the tables of tickets: ``sqlite`` or ``postgresql``."""
    if kind == "sqlite":
        database = OperationalDatabase(f"sqlite:///{tmp_path}/operational.sqlite")
        metadata.create_all(database.engine, tables=EVERY_TABLE)
        yield database
        database.dispose()
        return
    url = sa.make_url(postgres_url())
    schema = f"shuyuan_{uuid.uuid4().hex[:12]}"
    owner = sa.create_engine(url)
    with owner.begin() as connection:
        connection.execute(sa.schema.CreateSchema(schema))
    own = url.update_query_dict({"options": f"-csearch_path={schema}"})
    database = OperationalDatabase(own.render_as_string(hide_password=False))
    metadata.create_all(database.engine, tables=EVERY_TABLE)
    yield database
    database.dispose()
    with owner.begin() as connection:
        connection.execute(sa.schema.DropSchema(schema, cascade=True))
    owner.dispose()
