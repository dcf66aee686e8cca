"""Measures over tickets as they really run: events through the service, on SQLite and PostgreSQL, and by command."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from accounts.model import Role
from catalog.city import City
from catalog.documents import load_city
from hub import schema
from hub.hub import init_home
from pipelines.problems.measuring import MeasuringService
from policy.calendar import WorkingCalendar
from policy.profile import load_profile
from portal.cli.app import main
from quality.repairs import Repair
from quality.tickets.clocks import ProfileClock
from quality.tickets.events import TicketRow
from quality.tickets.following import FindingGroup, Gathered, TicketFollower
from quality.tickets.permissions import Actor
from quality.tickets.service import TicketService
from quality.tickets.states import Event
from warehouse.operational import OperationalDatabase

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 2, 10, 0, tzinfo=SHANGHAI)
DAY = timedelta(days=1)
CALENDAR = WorkingCalendar.standard()
OFFICER = Actor("person:li", "李娜", Role.PROVIDER, "ga")
STEWARD = Actor("person:qu", "质管", Role.STEWARD)


def postgres_url() -> str:
    url = os.environ.get("SHUYUAN_TEST_POSTGRES", "postgresql+psycopg://root@127.0.0.1:5432/test")
    probe = sa.create_engine(url, connect_args={"connect_timeout": 2})
    try:
        with probe.connect():
            return url
    except DBAPIError as fault:
        if "SHUYUAN_TEST_POSTGRES" in os.environ:
            raise
        pytest.skip(f"NO POSTGRESQL: measures are tested on SQLite only ({type(fault).__name__})")
    finally:
        probe.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OperationalDatabase]:
    if request.param == "sqlite":
        database = OperationalDatabase(f"sqlite:///{tmp_path / 'operational.sqlite'}")
        schema.upgrade(database)
        yield database
        database.dispose()
        return
    url = sa.make_url(postgres_url())
    name = f"shuyuan_{uuid.uuid4().hex[:12]}"
    owner = sa.create_engine(url)
    with owner.begin() as connection:
        connection.execute(sa.schema.CreateSchema(name))
    own = url.update_query_dict({"options": f"-csearch_path={name}"})
    database = OperationalDatabase(own.render_as_string(hide_password=False))
    schema.upgrade(database)
    yield database
    database.dispose()
    with owner.begin() as connection:
        connection.execute(sa.schema.DropSchema(name, cascade=True))
    owner.dispose()


@pytest.fixture
def city(tmp_path: Path) -> City:
    init_home(tmp_path / "home")
    return load_city(tmp_path / "home" / "city")


class Office:
    """The tickets of one department, day by day."""

    def __init__(self, db: OperationalDatabase) -> None:
        profile = load_profile("haishu")
        self.db = db
        self.service = TicketService(db, clock=ProfileClock("haishu", profile.problem_data, CALENDAR))
        self.follower = TicketFollower(self.service)
        self.snapshot = 0

    def find(self, now: datetime, rule: str, *fingerprints: str) -> str:
        self.snapshot += 1
        group = FindingGroup(
            resource="r", rule=rule, department="ga", severity="error", fingerprints=[list(fingerprints)]
        )
        with self.db.writing() as connection:
            [opened] = self.follower.open_from_findings(connection, self.snapshot, [group], now)
        return opened.id

    def repair(self, now: datetime, rule: str, *fingerprints: str) -> None:
        self.snapshot += 1
        gathered = Gathered(by_rule={("r", rule): ["b"]}, by_fingerprint={}, whole={}, taken=frozenset({"b"}))
        with self.db.writing() as connection:
            self.follower.take_repairs(connection, self.snapshot, {Repair.CHANGED: [list(fingerprints)]}, gathered, now)

    def happen(self, name: str, event: Event, now: datetime, actor: Actor, **said: object) -> TicketRow:
        with self.db.writing() as connection:
            before = self.service.show(name).ticket
            return self.service.happen(connection, before, event, now, said, actor=actor)


def test_measures_of_tickets_that_ran(db: OperationalDatabase, city: City) -> None:
    office = Office(db)
    # Put right after 2 working days; found again a week later, and still there.
    office.find(MONDAY, "r.a", "f1", "f2")
    office.repair(MONDAY + 2 * DAY, "r.a", "f1", "f2")
    office.find(MONDAY + 9 * DAY, "r.a", "f2")
    # Put right after 8 working days, too late.
    office.find(MONDAY, "r.b", "f3")
    office.repair(MONDAY + 10 * DAY, "r.b", "f3")
    # Extended to the cap, open and in time.
    extended = office.find(MONDAY, "r.c", "f4")
    office.happen(extended, Event.ACCEPTED, MONDAY + DAY, OFFICER)
    office.happen(extended, Event.EXTENSION_ASKED, MONDAY + DAY, OFFICER, until=None, cause="系统改造")
    limit = office.service.clock.extended(office.service.show(extended).ticket.clock, None)
    office.happen(extended, Event.EXTENSION_GRANTED, MONDAY + 2 * DAY, STEWARD, limit=limit.as_json())
    # Answered on the third working day, sent back once, answered again on the fifth: the last day.
    answered = office.find(MONDAY, "r.d", "f5")
    office.happen(answered, Event.ACCEPTED, MONDAY + DAY, OFFICER)
    office.happen(answered, Event.ANSWERED_CONFIRMED, MONDAY + 3 * DAY, OFFICER, check="核对", basis="档案")
    office.happen(answered, Event.SENT_BACK, MONDAY + 4 * DAY, STEWARD, reason="无依据")
    office.happen(answered, Event.ANSWERED_CONFIRMED, MONDAY + 7 * DAY, OFFICER, check="核对", basis="档案")
    service = MeasuringService(db, CALENDAR, city, lambda rule: rule)
    found = service.measure(MONDAY + 14 * DAY)
    whole = found.city
    assert (whole.received, whole.open, whole.overdue, whole.finished) == (5, 2, 0, 3)
    # On time: r.a (2), r.d (5 working days). Late: r.b (8). Not yet due: the second r.a (3) and r.c.
    assert (whole.due, whole.on_time) == (3, 2)
    assert whole.median_working_days == sorted([2, 8, 5])[1]
    assert whole.median_days == sorted([2, 10, 7])[1]
    # Came back: the first r.a by its finding, r.d by being sent back.
    assert (whole.answered, whole.came_back) == (3, 2)
    assert (whole.asked, whole.granted, whole.refused) == (1, 1, 0)
    assert whole.ages == {"a5": 1, "a10": 1, "a20": 0, "a40": 0, "more": 0}
    assert [one.id for one in found.departments] == ["ga"]
    rules = {one.id: one for one in found.rules}
    assert set(rules) == {"r/r.a", "r/r.b", "r/r.c", "r/r.d"}
    assert rules["r/r.a"].reopen_rate == 1.0
    assert rules["r/r.b"].on_time_rate == 0.0
    assert rules["r/r.c"].extension_rate == 1.0
    # Seventeen days on the second ticket of r.a is late as well.
    assert service.measure(MONDAY + 17 * DAY).city.overdue == 1


def test_nothing_has_happened_yet(db: OperationalDatabase, city: City) -> None:
    found = MeasuringService(db, CALENDAR, city, lambda rule: rule).measure(MONDAY)
    assert found.city.received == 0
    assert (found.departments, found.rules) == ([], [])


def test_the_report_by_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = tmp_path / "home"
    init_home(home)
    with pytest.raises(SystemExit) as ended:
        main(["quality", "report", "--home", str(home), "--now", "2026-11-30T09:00", "--json"])
    assert ended.value.code == 0
    said = json.loads(capsys.readouterr().out)
    assert said["city"]["received"] == 0
    assert said["city"]["on_time_rate"] is None
    assert Path(said["page"]) == home / "reports" / "problem-data" / "index.html"
    assert Path(said["page"]).exists()
    with pytest.raises(SystemExit):
        main(["quality", "report", "--home", str(home), "--now", "2026-11-30T09:00"])
    assert "各部门办理情况" in capsys.readouterr().out
