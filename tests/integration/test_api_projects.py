"""The system that approves projects asks for a project's gate by the interface."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from asking import Systems, asked
from desk_city import MONDAY
from running_desk import RunningDesk

from accounts.api_key import Scope
from catalog.cases.person import Part, Person
from hub.settings import FILE

GA = Person("person:ga", Part.PROVIDER, "ga")
BUREAU = Person("person:steward", Part.AUTHORITY, "bureau")


@pytest.fixture(scope="module")
def served(built_city: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningDesk, Systems]]:
    home = tmp_path_factory.mktemp("api_projects") / "home"
    shutil.copytree(built_city, home)
    settings = home / FILE
    settings.write_text(
        re.sub(r"^profile: \w+", "profile: wuhan", settings.read_text("utf-8"), flags=re.MULTILINE), "utf-8"
    )
    with asked(home, MONDAY) as both:
        yield both


@pytest.mark.duty("R-044")
def test_the_gate_is_computed_when_it_is_asked(served: tuple[RunningDesk, Systems]) -> None:
    desk, systems = served
    approver = systems("sc", [Scope.PROJECTS_READ])
    project = desk.hub.projects.register("人口平台二期", "ga", 2027, "方案", GA, MONDAY)
    path = f"/projects/{project.case.id}/gate"

    before = approver.get(path)
    assert before.status_code == 200, before.text
    said = before.json()
    assert (said["state"], said["passed"], said["rules"]) == ("registered", False, project.case.profile)
    approval, acceptance = said["gates"]
    assert (approval["gate"], approval["passed"], approval["consequence_zh"]) == ("approval", False, "不予审批立项")
    (lacking,) = approval["checks"]
    assert (lacking["ok"], lacking["article"]) == (False, "武汉市第34条")
    assert acceptance["consequence_en"] == "the project does not pass acceptance"

    desk.hub.projects.link(project.case.id, GA, MONDAY, entries=["ga_household"])
    after = approver.get(path).json()
    assert [(gate["gate"], gate["passed"], gate["consequence_zh"]) for gate in after["gates"]] == [
        ("approval", True, None), ("acceptance", True, None),
    ]  # fmt: skip
    assert after["passed"] is True


def test_a_key_without_the_scope_reads_no_project_and_an_unknown_one_is_not_found(
    served: tuple[RunningDesk, Systems],
) -> None:
    _, systems = served
    other = systems("sc", [scope for scope in Scope if scope is not Scope.PROJECTS_READ])
    refused = other.get("/projects/P-20261123-0001/gate")
    assert (refused.status_code, refused.json()["kind"]) == (403, "not_in_scope") or refused.status_code == 403
    approver = systems("sc", [Scope.PROJECTS_READ])
    assert approver.get("/projects/P-20200101-0001/gate").status_code == 404
    assert approver.get("/projects/nothing/gate").status_code == 422


def test_a_city_without_gates_answers_null(served: tuple[RunningDesk, Systems]) -> None:
    desk, systems = served
    hub = desk.hub
    rules = hub.projects._rules
    hub.projects._rules = lambda name, now: hub.profiles.version(name) if name else hub.profiles.newest("lianyungang")
    try:
        project = hub.projects.register("平台", "ga", 2027, "方案", GA, MONDAY)
    finally:
        hub.projects._rules = rules
    said = systems("sc", [Scope.PROJECTS_READ]).get(f"/projects/{project.case.id}/gate").json()
    assert (said["passed"], said["gates"]) == (None, [])
    assert said["rules"].startswith("lianyungang@")
