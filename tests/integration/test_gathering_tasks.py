"""A published entry has a task to gather its data to its platform until they have come (Wuhan 13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from entry_desk import (
    BUREAU,
    CALENDAR,
    EAST,
    EAST_GA,
    EAST_MZ,
    GA,
    NOT_SHARED,
    NOW,
    UNITS,
    Desk,
    make_desk,
    resource,
)
from intake_home import Home, csv, feed

from catalog.cases.person import Person
from catalog.city import City
from catalog.departments import Department
from catalog.norms import Norm, Norms
from catalog.register import Register
from catalog.tasks.model import Task
from catalog.tasks.rules import task_rules
from catalog.tasks.service import TaskService
from catalog.tasks.states import TaskKind
from ground.errors import Conflict
from hub.case_clock import tick
from hub.hub import Hub
from pipelines.gathering_tasks import GatheringTasks, norm_of
from pipelines.intake.store import DeliveryStore, Outcome
from policy.profile import load_profile
from warehouse.operational import OperationalDatabase

DAY = timedelta(days=1)
NORM = Norm.model_validate(
    {"id": "gather", "number": "武数规", "title": "公共数据资源汇聚规范", "version": "2025", "kind": "city",
     "domains": ["gathering"], "issued_by": ["bureau"]}
)  # fmt: skip


@dataclass
class Office:
    """Entries of a city whose publication opens tasks."""

    desk: Desk
    tasks: TaskService
    gathering: GatheringTasks
    deliveries: DeliveryStore

    def publish(self, name: str, by: Person = GA, reviewer: Person = BUREAU, **over: Any) -> None:
        service = self.desk.service
        service.draft_many([resource(name, **over)], by, NOW)
        service.submit([name], by, NOW)
        if self.desk.case(name).state == "submitted":
            service.review([name], reviewer, NOW)
        if self.desk.case(name).state == "with_city":
            service.merge([name], BUREAU, NOW)
        service.publish([name], by, NOW)

    def deliver(self, name: str, outcome: Outcome = Outcome.TAKEN) -> None:
        one = self.deliveries.add(
            feed=name,
            resource=name,
            period="2026-11",
            name="f.csv",
            sha256="0" * 64,
            size=1,
            now=NOW,
            outcome=Outcome.LANDED,
        )
        self.deliveries.settle(one, outcome, NOW + DAY)
        if outcome is Outcome.TAKEN:
            self.gathering.delivered(name, NOW + DAY)

    def open(self) -> list[Task]:
        return self.tasks.listed(kind=TaskKind.GATHERING, open_only=True)

    def subjects(self) -> list[str]:
        return [one.subject for one in self.open()]


@pytest.fixture
def office(operational: OperationalDatabase, tmp_path: Path) -> Office:
    return make_office(operational, tmp_path)


def make_office(database: OperationalDatabase, home: Path, city: str = "wuhan", norms: Norms | None = None) -> Office:
    rules = task_rules(load_profile(city), f"{city}@1")
    tasks = TaskService(database, CALENDAR, lambda _: rules, lambda *_: True)
    found = City(
        tuple(Department.model_validate(one) for one in UNITS),
        (),
        (),
        Register(libraries={}),
        norms=norms or Norms.standard(),
    )
    gathering = GatheringTasks(database, lambda: found, lambda: tasks, lambda _: load_profile(city).gathering)
    desk = make_desk(database, home, city=city, heard=gathering.heard)
    return Office(desk, tasks, gathering, DeliveryStore(database))


@pytest.mark.duty("R-059")
def test_a_published_entry_is_to_be_gathered_until_its_first_delivery_is_taken(office: Office) -> None:
    office.publish("ga_household")
    (task,) = office.open()
    assert (task.subject, task.case.department, task.facts["platform"]) == ("ga_household", "ga", "bureau")
    assert "第13条" in task.facts["why_zh"]
    assert task.case.limit is not None
    assert (task.case.limit.due.isoformat(), "自定规则" in task.case.limit.ground) == ("2026-12-23", True)
    office.deliver("ga_household", Outcome.REFUSED)
    assert office.subjects() == ["ga_household"], "what was refused has not come"
    office.deliver("ga_household")
    assert office.open() == []
    ended, story = office.tasks.show(task.id)
    assert (ended.case.state, [one.event for one in story]) == ("done", ["opened", "settled"])


@pytest.mark.duty("R-059")
@pytest.mark.parametrize(
    ("by", "reviewer", "department", "gathers", "platform"),
    [(EAST_MZ, EAST, "east_mz", "east_mz", "east_data"), (EAST_GA, BUREAU, "east_ga", "ga", "bureau")],
)
def test_it_names_the_platform_of_wuhan_13_and_whoever_gathers_to_it(
    office: Office, by: Person, reviewer: Person, department: str, gathers: str, platform: str
) -> None:
    office.publish(
        "one", GA if department == "east_ga" else by, reviewer, department=department, code="1001001001/000009"
    )
    (task,) = office.open()
    assert (task.case.department, task.facts["platform"]) == (gathers, platform)


@pytest.mark.duty("R-059")
def test_only_what_can_be_shared_or_opened_is_gathered_in_wuhan_and_everything_in_haishu(
    operational: OperationalDatabase, tmp_path: Path
) -> None:
    closed = {"sharing": NOT_SHARED, "opening": NOT_SHARED}
    for city, wanted in (("wuhan", False), ("haishu", True)):
        office = make_office(operational, tmp_path / city, city)
        name = f"{city}_secrets"
        with operational.writing() as connection:
            office.gathering._open(connection, [resource(name, **closed)], NOW)
        assert (name in office.subjects()) is wanted


@pytest.mark.duty("R-059")
def test_the_norm_of_gathering_that_the_city_issued_stands_in_the_task(
    operational: OperationalDatabase, tmp_path: Path
) -> None:
    office = make_office(operational, tmp_path, norms=Norms.standard([NORM]))
    office.publish("ga_household")
    (task,) = office.open()
    assert task.facts["norm"] == "武数规-2025"


@pytest.mark.duty("R-059")
def test_a_norm_is_named_from_its_first_day_to_its_last() -> None:
    day = NOW.date()
    for first, last, named in (
        (day, day, "武数规-2025"), (None, day - DAY, None), (day + DAY, None, None),
    ):  # fmt: skip
        norm = NORM.model_copy(update={"effective_from": first, "effective_to": last})
        assert norm_of(Norms.standard([norm]), NOW) == named


def test_without_a_norm_of_its_own_the_task_says_that_none_is_registered(office: Office) -> None:
    office.publish("ga_household")
    assert office.open()[0].facts["norm"] is None


@pytest.mark.duty("R-059")
def test_what_came_before_is_not_asked_for_and_what_goes_out_of_force_is_not_any_more(office: Office) -> None:
    office.deliver("ga_household")
    office.publish("ga_household")
    assert office.open() == []
    office.publish("mz_marriage", code="1001001001/000002")
    assert office.subjects() == ["mz_marriage"]
    office.desk.service.request_withdrawal(["mz_marriage"], GA, NOW, reason="停用")
    office.desk.service.withdraw(["mz_marriage"], BUREAU, NOW)
    assert office.open() == []


def test_it_ends_with_a_delivery_or_a_reason_and_is_not_simply_done(office: Office) -> None:
    office.publish("ga_household")
    (task,) = office.open()
    with pytest.raises(Conflict, match="首批数据"):
        office.tasks.finish(task.id, GA, NOW, note="已办")
    office.tasks.dismiss(task.id, "暂由省平台回流", BUREAU, NOW)
    with office.desk.database.writing() as connection:
        assert office.gathering._open(connection, [resource()], NOW + DAY) == [], (
            "what was dismissed is not asked again"
        )


def test_a_publication_that_fails_leaves_no_task(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("after the task")

    monkeypatch.setattr("catalog.entries.shelving.follow", fails)
    with pytest.raises(RuntimeError):
        office.publish("ga_household")
    assert office.open() == []


@pytest.mark.duty("R-059")
def test_in_a_whole_home_the_day_opens_them_and_a_run_of_intake_settles_them(tmp_path: Path) -> None:
    home = Home(tmp_path / "home", feed("full"), whole=True)
    hub = Hub(home.root)
    assert [(one.id, one.department) for one in tick(hub, NOW).gathering_opened] == [("CT-20261125-0001", "ga")]
    assert tick(hub, NOW + DAY).gathering_opened == []
    home.drop("full_202611.csv", csv("公民身份号码|姓名|电话|更新时间\n330106197001010001|甲|1|2026-11-01 08:00:00"))
    assert [one.outcome for one in hub.intake.run("full", NOW + DAY)] == [Outcome.TAKEN]
    assert hub.catalogue_tasks.listed(kind=TaskKind.GATHERING, open_only=True) == []
    hub.close()
    home.close()
