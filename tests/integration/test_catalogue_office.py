"""What a home wires together for its catalogue: whoever publishes through its hub has told, asked and bound everybody at once."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from entry_desk import BUREAU, EAST, EAST_MZ, GA, NOT_SHARED, NOW, UNITS, WEST, resource

from catalog.cases.machine import OVERDUE
from catalog.tasks.states import TaskKind
from ground.errors import Forbidden
from hub.case_clock import tick
from hub.hub import Hub, init_home
from hub.settings import FILE
from notices.model import Topic


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of a city with two districts and no entry yet."""
    home = tmp_path_factory.mktemp("office") / "home"
    init_home(home)
    steward = {"stewards": [{"name": "丁琳", "appointed": "2026-01-05"}]}  # Longyan publishes nothing without one
    units = [one | steward if one["id"] == "ga" else one for one in UNITS]
    text = yaml.safe_dump({"departments": units}, allow_unicode=True)
    (home / "city" / "departments.yaml").write_text(text, encoding="utf-8")
    return home


@pytest.fixture
def hub_of(empty: Path, tmp_path: Path) -> Iterator[Callable[[str], Hub]]:
    """A city's name -> the hub of a home that goes by its rules; asked again, the home as another process opens it."""
    made: list[Hub] = []

    def opened(city: str) -> Hub:
        home = tmp_path / city
        if not home.exists():
            shutil.copytree(empty, home)
            settings = (home / FILE).read_text("utf-8")
            (home / FILE).write_text(re.sub(r"(?m)^profile: \w+", f"profile: {city}", settings), encoding="utf-8")
        made.append(Hub(home))
        made[-1].load_catalogue(NOW)
        return made[-1]

    yield opened
    for one in made:
        one.close()


def told(hub: Hub, department: str) -> list[tuple[Any, Any]]:
    """Event and entries of what a department was told of the catalogue, oldest first."""
    inbox = [one.notice for one in reversed(hub.notices.inbox(f"department:{department}"))]
    said: list[Any] = [one.payload for one in inbox if one.topic is Topic.CATALOGUE_CHANGED]
    return [(one["event"], one["entries"]) for one in said]


def publish(hub: Hub) -> None:
    hub.entries.draft(resource(), GA, NOW)
    hub.entries.submit(["ga_household"], GA, NOW)
    hub.entries.review(["ga_household"], BUREAU, NOW)
    assert hub.catalogue_tasks.listed(kind=TaskKind.GATHERING, open_only=True) == []
    hub.entries.publish(["ga_household"], GA, NOW)


@pytest.mark.duty("R-038", "R-059")
def test_what_is_published_is_to_be_gathered_and_told_before_any_tick(hub_of: Callable[[str], Hub]) -> None:
    hub = hub_of("haishu")
    publish(hub)
    (task,) = hub.catalogue_tasks.listed(kind=TaskKind.GATHERING, open_only=True)
    assert (task.subject, task.case.department, task.facts["platform"]) == ("ga_household", "ga", "bureau")
    assert told(hub, "bureau") == [("published", ["ga_household"])]


@pytest.mark.duty("R-059")
def test_an_exception_from_real_time_keeps_no_task_of_gathering_from_running_out(hub_of: Callable[[str], Hub]) -> None:
    publish(hub_of("longyan"))
    hub = hub_of("longyan")
    filed = hub.filings.file("ga_household", "专网", GA, NOW, met_by="每日导出", until=date(2027, 12, 31))
    hub.filings.accept(filed.id, "龙数备〔2026〕1号", BUREAU, NOW)
    (task,) = hub.catalogue_tasks.listed(kind=TaskKind.GATHERING, open_only=True)
    assert task.case.limit is not None
    late = NOW + (task.case.limit.due - NOW.date() + timedelta(days=1))
    assert tick(hub, NOW).gathering_settled == []
    tick(hub, late)
    assert set(hub.filings.excused(late)) == {"ga_household"}
    still, story = hub.catalogue_tasks.show(task.id)
    assert (still.case.is_open, [one.event for one in story]) == (True, ["opened", OVERDUE])


@pytest.mark.duty("R-004")
def test_a_class_that_a_government_approves_is_put_to_that_of_the_district(hub_of: Callable[[str], Hub]) -> None:
    hub = hub_of("wuhan")
    entry = resource("east_marriage", department="east_mz", sharing=NOT_SHARED)
    hub.entries.draft(entry, EAST_MZ, NOW)
    hub.entries.submit([entry.id], EAST_MZ, NOW)
    hub.entries.review([entry.id], EAST, NOW)
    assert told(hub, "east") == [("passed_to_government", ["east_marriage"])]
    assert told(hub, "gov") == []


@pytest.mark.duty("R-006")
def test_the_tasks_of_a_home_know_whose_district_is_whose(hub_of: Callable[[str], Hub]) -> None:
    tasks = hub_of("chifeng").catalogue_tasks
    demand = tasks.demand("供热用户清单", "低保核对", EAST_MZ, NOW, title_zh="赤峰市")
    with pytest.raises(Forbidden, match="west_data"):
        tasks.approve(demand.id, "east_mz", WEST, NOW)
    with pytest.raises(Forbidden, match="east_data"):
        tasks.approve(demand.id, "ga", EAST, NOW)
    assert tasks.approve(demand.id, "east_mz", EAST, NOW).case.department == "east_mz"
