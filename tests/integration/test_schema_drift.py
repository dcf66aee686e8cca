"""A delivery whose columns are not those declared opens one task for the department that owns the resource."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from intake_home import COLUMNS, ITEMS, NOW, Home, feed, resource

from catalog.cases.person import Part, Person
from catalog.tasks.model import Task, differences
from catalog.tasks.states import TaskKind
from hub.hub import Hub
from notices.tables import notice

OWNER = Person("person:li", Part.PROVIDER, "ga")
HEAD = [*COLUMNS]
VALUES = ["330106197001010001", "张伟", "13800000001", "2026-10-01 08:00:00"]
Deliver = Callable[..., list[Task]]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home", feed("people"), whole=True)
    made.close()
    return made


def deliver(home: Home, period: str, columns: list[str], values: list[str]) -> str:
    """One delivery taken by the whole hub; its outcome."""
    home.drop(f"people_{period}.csv", ",".join(columns) + "\n" + ",".join(values) + "\n")
    hub = Hub(home.root)
    try:
        (settled,) = [one for one in hub.intake.run("people", NOW) if one.period == period]
        return settled.outcome.value
    finally:
        hub.close()


def tasks(home: Home) -> list[Task]:
    hub = Hub(home.root)
    try:
        return hub.catalogue_tasks.listed(kind=TaskKind.DRIFT)
    finally:
        hub.close()


def said(task: Task) -> set[tuple[str, str, str | None]]:
    return {(one.kind, one.column, one.item) for one in differences(task.facts)}


@pytest.mark.duty("R-034")
def test_a_column_outside_the_entry_opens_one_task_for_its_department_and_tells_it(home: Home) -> None:
    assert deliver(home, "2026-08", [*HEAD, "血型"], [*VALUES, "A"]) == "taken"
    (task,) = tasks(home)
    assert (task.case.department, task.case.state, task.subject) == ("ga", "open", "person")
    assert said(task) == {("new", "血型", None)}
    assert task.case.limit is not None and task.case.limit.due.isoformat() == "2026-11-27"
    assert "自定规则" in task.case.limit.ground
    hub = Hub(home.root)
    with hub.database.begin() as connection:
        told = connection.execute(sa.select(notice.c.topic, notice.c.recipient, notice.c.about)).all()
    hub.close()
    assert [tuple(one) for one in told] == [("catalogue_task", "department:ga", task.id)]


@pytest.mark.duty("R-034")
def test_the_same_difference_adds_nothing_however_often_it_comes(home: Home) -> None:
    for period in ("2026-07", "2026-08", "2026-09"):
        deliver(home, period, [*HEAD, "血型"], [*VALUES, "A"])
    (task,) = tasks(home)
    assert task.case.events == 1
    deliver(home, "2026-10", [*HEAD, "血型", "学历"], [*VALUES, "A", "本科"])
    (task,) = tasks(home)
    assert said(task) == {("new", "血型", None), ("new", "学历", None)} and task.case.events == 2


def test_a_delivery_as_declared_opens_nothing(home: Home) -> None:
    deliver(home, "2026-08", HEAD, VALUES)
    assert tasks(home) == []


def test_a_new_column_that_is_not_there_once_stays_in_the_task(home: Home) -> None:
    deliver(home, "2026-08", [*HEAD, "血型"], [*VALUES, "A"])
    deliver(home, "2026-09", HEAD, VALUES)
    (task,) = tasks(home)
    assert task.case.state == "open" and task.case.events == 1


def test_a_refused_header_says_what_is_gone_and_what_may_be_its_new_name(home: Home) -> None:
    outcome = deliver(home, "2026-08", ["公民身份号码", "姓名", "联系电话", "更新时间"], VALUES)
    assert outcome == "refused"
    (task,) = tasks(home)
    assert said(task) == {("renamed", "联系电话", "phone")}
    deliver(home, "2026-09", ["公民身份号码", "姓名", "更新时间"], [VALUES[0], VALUES[1], VALUES[3]])
    (task,) = tasks(home)
    assert ("gone", "电话", "phone") in said(task)
    deliver(home, "2026-10", HEAD, VALUES)
    (task,) = tasks(home)
    assert task.case.state == "done", "the columns are as they were"


def test_a_row_of_values_where_the_header_should_be_is_kept_nowhere(home: Home) -> None:
    assert deliver(home, "2026-08", VALUES, VALUES) == "refused"
    (task,) = tasks(home)
    assert {column for _, column, _ in said(task)} == set(HEAD)
    kept = b"".join(path.read_bytes() for path in home.root.glob("*.sqlite*"))
    assert VALUES[0].encode() not in kept and VALUES[2].encode() not in kept


def test_a_number_among_the_titles_is_no_column(home: Home) -> None:
    deliver(home, "2026-08", [*HEAD, "13912345678", "血型"], [*VALUES, "x", "A"])
    (task,) = tasks(home)
    assert said(task) == {("new", "血型", None)}


@pytest.mark.duty("R-034")
def test_when_entry_and_feed_catch_up_the_task_settles_itself(home: Home) -> None:
    deliver(home, "2026-08", [*HEAD, "血型"], [*VALUES, "A"])
    home.declare_entry(resource(items=[*ITEMS, {"id": "blood", "title": "血型"}]))
    home.declare(feed("people", columns=COLUMNS | {"血型": "blood"}))
    hub = Hub(home.root)
    settled = hub.drift.catch_up(hub.city, NOW + timedelta(hours=1))
    hub.close()
    assert [one.case.state for one in settled] == ["done"]
    deliver(home, "2026-09", [*HEAD, "血型"], [*VALUES, "A"])
    assert [one.case.state for one in tasks(home)] == ["done"]


def test_the_next_delivery_settles_it_as_well(home: Home) -> None:
    deliver(home, "2026-08", [*HEAD, "血型"], [*VALUES, "A"])
    home.declare_entry(resource(items=[*ITEMS, {"id": "blood", "title": "血型"}]))
    home.declare(feed("people", columns=COLUMNS | {"血型": "blood"}))
    deliver(home, "2026-09", [*HEAD, "血型"], [*VALUES, "A"])
    (task,) = tasks(home)
    assert task.case.state == "done"


def test_what_was_dismissed_is_not_brought_up_again_and_what_was_said_to_be_done_is(home: Home) -> None:
    deliver(home, "2026-07", [*HEAD, "血型"], [*VALUES, "A"])
    hub = Hub(home.root)
    (task,) = hub.catalogue_tasks.listed()
    hub.catalogue_tasks.dismiss(task.id, "该列不提供", OWNER, NOW)
    hub.close()
    deliver(home, "2026-08", [*HEAD, "血型"], [*VALUES, "A"])
    assert [one.case.state for one in tasks(home)] == ["dismissed"]
    deliver(home, "2026-09", [*HEAD, "血型", "学历"], [*VALUES, "A", "本科"])
    fresh = tasks(home)[-1]
    assert said(fresh) == {("new", "学历", None)}
    hub = Hub(home.root)
    hub.catalogue_tasks.finish(fresh.id, OWNER, NOW, note="已补充")
    hub.close()
    deliver(home, "2026-10", [*HEAD, "血型", "学历"], [*VALUES, "A", "本科"])
    assert [one.case.state for one in tasks(home)] == ["dismissed", "done", "open"], "nothing was in fact declared"
