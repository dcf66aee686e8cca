"""Catalogue tasks on both databases: near-duplicates, demands, changes of law; asked once, remembered, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
from entry_desk import resource
from sqlalchemy.engine import Connection

from catalog.cases import store
from catalog.cases.machine import OVERDUE
from catalog.cases.model import Case, apply
from catalog.cases.person import HUB, Part, Person
from catalog.cases.timing import CaseTimer
from catalog.gate.verdict import Finding, Kind
from catalog.matching.index import Collected
from catalog.remark import Remark, Severity
from catalog.tasks import near, stewards
from catalog.tasks.model import Opening
from catalog.tasks.rules import task_rules
from catalog.tasks.service import TaskService
from catalog.tasks.states import TASK, TaskKind
from ground.errors import Conflict, Forbidden, NotFound, UserError
from notices.model import Notice
from pipelines.task_telling import TaskTelling
from policy.calendar import WorkingCalendar
from policy.clock import SHANGHAI
from policy.profile import load_profile
from warehouse.operational import OperationalDatabase

NOW = datetime(2026, 11, 27, 10, 0, tzinfo=SHANGHAI)
CALENDAR = WorkingCalendar.standard()
AUTHORITY, OPERATOR = Person("person:a", Part.AUTHORITY, "bureau"), Person("person:o", Part.OPERATOR, "centre")
GA, SW = Person("person:g", Part.PROVIDER, "ga"), Person("person:s", Part.PROVIDER, "sw")


def service(database: OperationalDatabase, city: str = "chifeng", heard=None) -> TaskService:
    rules = task_rules(load_profile(city), f"{city}@1")
    more = {} if heard is None else {"heard": heard}
    return TaskService(database, CALENDAR, lambda _: rules, in_jurisdiction, **more)


def in_jurisdiction(person: Person, department: str) -> bool:
    return person.part is Part.AUTHORITY and (person.department == "bureau" or department.startswith("west"))


def finding(left: str, right: str, kind: Kind = Kind.NEAR_DUPLICATE, content: str = "a|b") -> Finding:
    sides = [Collected(one.split(".")[0], *one.split(".")[1:]) for one in (left, right)]
    return Finding(kind, sides[0], sides[1], 0.8, "近似", "near", content)


PAIR = finding("sw.list.name", "ga.household.name")


def ask(database, tasks, *found, whole=True, now=NOW):
    stands = (lambda one, other: False) if whole else None
    return near.ask(database, tasks, found, lambda one, other: "bureau", now, stands=stands)


def test_each_pair_is_asked_about_once_whichever_side_is_named_first(operational) -> None:
    tasks = service(operational)
    opened, settled = ask(
        operational, tasks, PAIR, finding("sw.list.a", "ga.b.c"), finding("x.y.z", "x.y.w", Kind.COLLECTOR)
    )
    assert [(one.case.department, one.subject) for one in opened] == [
        ("bureau", "household.name|list.name"), ("bureau", "b.c|list.a"),
    ] and settled == []  # fmt: skip
    assert [one.id for one in opened] == ["CT-20261127-0001", "CT-20261127-0002"]
    again, _ = ask(operational, tasks, finding("ga.household.name", "sw.list.name"), finding("sw.list.a", "ga.b.c"))
    assert again == []


@pytest.mark.duty("R-027")
@pytest.mark.parametrize("decision", ["same", "different"])
def test_what_the_authority_decided_is_not_asked_again(operational, decision: str) -> None:
    tasks = service(operational)
    (task,), _ = ask(operational, tasks, PAIR)
    for person in (GA, SW, OPERATOR):
        with pytest.raises(Forbidden):
            tasks.decide(task.id, decision, "理由", person, NOW)
    done = tasks.decide(task.id, decision, "比对过样本", AUTHORITY, NOW)
    assert (done.case.state, done.facts["decision"]) == ("done", decision)
    assert ask(operational, tasks, PAIR) == ([], [])
    with pytest.raises(Conflict):
        tasks.decide(task.id, decision, "再次", AUTHORITY, NOW)


def test_a_pair_that_is_gone_settles_itself_and_is_asked_anew_if_it_comes_back(operational) -> None:
    tasks = service(operational)
    (task,), _ = ask(operational, tasks, PAIR)
    assert ask(operational, tasks, whole=False) == ([], []), "a part of the catalogue says nothing of the rest"
    _, (settled,) = ask(operational, tasks)
    assert (settled.id, settled.case.state) == (task.id, "done")
    (again,), _ = ask(operational, tasks, PAIR)
    assert again.id != task.id


@pytest.mark.duty("R-041")
def test_a_demand_without_entry_is_added_to_the_catalogue_by_the_department_that_holds_the_data(operational) -> None:
    tasks = service(operational)
    asked = tasks.demand("供热用户", "冬季保供", SW, NOW, title_zh="赤峰市")
    assert (asked.case.state, asked.case.department, asked.case.limit) == ("proposed", "sw", None)
    for person in (SW, GA, OPERATOR):
        with pytest.raises(Forbidden):
            tasks.approve(asked.id, "ga", person, NOW)
    approved = tasks.approve(asked.id, "ga", AUTHORITY, NOW)
    assert (approved.case.state, approved.case.department) == ("open", "ga")
    assert approved.case.limit is not None and approved.case.limit.due == date(2026, 12, 4)
    assert "赤峰市四（二）2" in approved.case.limit.ground and "自定规则" in approved.case.limit.ground
    with pytest.raises(Forbidden):
        tasks.take(asked.id, SW, NOW)
    tasks.take(asked.id, GA, NOW)
    with pytest.raises(UserError, match="发布"):
        tasks.finish(asked.id, GA, NOW, entry="heating", published=lambda _: None)
    done = tasks.finish(asked.id, GA, NOW, entry="heating", published={"heating": resource("heating")}.get)
    assert (done.case.state, done.facts["entry"], done.facts["demanded_by"]) == ("done", "heating", "sw")


@pytest.mark.parametrize("city", ["haishu", "longyan", "lianyungang", "wuhan"])
def test_a_city_without_that_procedure_says_so(operational, city: str) -> None:
    with pytest.raises(UserError, match="未编目需求"):
        service(operational, city).demand("供热用户", "冬季保供", SW, NOW, title_zh=city)


def test_a_demand_says_what_for_and_a_refusal_why(operational) -> None:
    tasks = service(operational)
    with pytest.raises(UserError, match="应用场景"):
        tasks.demand("供热用户", " ", SW, NOW, title_zh="赤峰市")
    asked = tasks.demand("供热用户", "冬季保供", SW, NOW, title_zh="赤峰市")
    with pytest.raises(UserError):
        tasks.refuse(asked.id, "", AUTHORITY, NOW)
    assert tasks.refuse(asked.id, "已有条目", AUTHORITY, NOW).case.state == "dismissed"


def test_a_task_that_nobody_does_is_noted_as_late(operational) -> None:
    tasks = service(operational)
    (task,) = tasks.open_all([Opening(TaskKind.LEGAL_CHANGE, "税法@2026-12-01", "sw", "核对", {"entries": {}})], NOW)
    timer = CaseTimer(operational, {TASK.kind: TASK}, CALENDAR)
    late = timer.tick(NOW + timedelta(days=8))
    assert [one.id for one in late[OVERDUE]] == [task.id]


def lacks(unit: str, severity: Severity = Severity.OVERDUE, kind: str = "steward_missing") -> Remark:
    return Remark(kind, unit, unit, severity, "未登记专管员", "no steward", "龙岩市第26条")


def test_a_unit_without_steward_has_one_task_until_one_is_registered(operational) -> None:
    tasks = service(operational, "longyan")
    said = [lacks("ga"), lacks("sw", Severity.UNBOUND), lacks("jy", kind="head_missing")]
    (task,), _ = stewards.ask(operational, tasks, said, NOW)
    assert (task.case.department, task.kind, task.facts["article"]) == ("ga", TaskKind.STEWARD_MISSING, "龙岩市第26条")
    assert stewards.ask(operational, tasks, said, NOW) == ([], [])
    _, (settled,) = stewards.ask(operational, tasks, [], NOW)
    assert (settled.id, settled.case.state) == (task.id, "done")


def test_one_open_task_about_one_subject_but_another_when_it_is_over(operational) -> None:
    tasks = service(operational)
    opening = Opening(TaskKind.LEGAL_CHANGE, "税法@2026-12-01", "sw", "核对", {"entries": {"a": ["collection_basis"]}})
    (task,) = tasks.open_all([opening, opening], NOW, AUTHORITY)
    assert tasks.open_all([opening], NOW, AUTHORITY) == []
    tasks.dismiss(task.id, "无影响", SW, NOW)
    (again,) = tasks.open_all([opening], NOW, AUTHORITY)
    assert again.id == "CT-20261127-0002"
    with pytest.raises(Forbidden):
        tasks.open_all([Opening(TaskKind.LEGAL_CHANGE, "x", "sw", "x")], NOW, SW)


def test_whoever_is_told_is_told_in_the_transaction_of_the_event(operational) -> None:
    def fails(connection: Connection, happened: Sequence[tuple[Case, str]], now: datetime) -> None:
        raise RuntimeError("the outbox is full")

    with pytest.raises(RuntimeError, match="outbox"):
        service(operational, heard=fails).open_all([Opening(TaskKind.DRIFT, "x", "ga", "x")], NOW)
    assert service(operational).listed() == []


@pytest.mark.parametrize(("many", "notices"), [(1, 1), (20, 20), (21, 1), (300, 1)])
def test_many_tasks_that_are_opened_at_once_are_told_together(operational, many: int, notices: int) -> None:
    told: list[Notice] = []
    telling = TaskTelling(lambda: lambda connection, said, now: told.extend(said), lambda: ["bureau"])
    wanted = [Opening(TaskKind.DRIFT, f"x{one}", "ga", "x") for one in range(many)]
    opened = service(operational, heard=telling.heard).open_all([*wanted, Opening(TaskKind.DRIFT, "y", "sw", "y")], NOW)
    mine = [one for one in told if one.recipient == "department:ga"]
    assert len(mine) == notices and [one.recipient for one in told if one not in mine] == ["department:sw"]
    if notices == many:
        assert [one.about for one in mine] == [one.id for one in opened[:many]]
    else:
        assert str(many) in mine[0].subject_zh and mine[0].about == f"{opened[0].id}..{opened[many - 1].id}"


def test_tasks_are_what_their_events_add_up_to(operational) -> None:
    tasks = service(operational)
    (task,), _ = ask(operational, tasks, PAIR)
    tasks.decide(task.id, "same", "理由", AUTHORITY, NOW)
    shown, trail = tasks.show(task.id)
    case = None
    for one in trail:
        case = apply(TASK, case, one)
    assert case == shown.case and [one.by for one in trail] == [HUB, AUTHORITY]
    with operational.begin() as connection:
        assert store.get(connection, TASK, task.id) == case
    with pytest.raises(NotFound):
        tasks.show("CT-1")


@pytest.mark.duty("R-006")
def test_a_districts_authority_decides_nothing_of_another_district(operational) -> None:
    tasks = service(operational)
    west = Person("person:w", Part.AUTHORITY, "west_data")
    demand = tasks.demand("供热用户清单", "低保核对", SW, NOW, title_zh="赤峰市")
    with pytest.raises(Forbidden, match="west_data"):
        tasks.approve(demand.id, "west_heat", west, NOW)
    own = tasks.demand("供热用户清单", "低保核对", Person("person:v", Part.PROVIDER, "west_mz"), NOW, title_zh="赤峰市")
    with pytest.raises(Forbidden, match="west_data"):
        tasks.approve(own.id, "ga", west, NOW)
    assert tasks.approve(own.id, "west_heat", west, NOW).case.department == "west_heat"
