"""Near-duplicates reach the authority with the step in which the gate finds them: one task for each pair, told, not asked twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from entry_desk import code
from typer.testing import CliRunner

from catalog.cases.person import Part, Person
from catalog.model import Resource
from catalog.tasks.model import Task
from catalog.tasks.states import TaskKind
from hub.hub import Hub, init_home
from notices.tables import notice
from policy.clock import SHANGHAI
from portal.cli.app import app

NOW = datetime(2026, 11, 27, 10, tzinfo=SHANGHAI)
UNITS = [
    {"id": "bureau", "name": "大数据局", "kind": "authority"},
    {"id": "ga", "name": "公安局"},
    {"id": "jy", "name": "教育局"},
]
BUREAU = Person("person:ju", Part.AUTHORITY, "bureau")
GA, JY = Person("person:gao", Part.PROVIDER, "ga"), Person("person:jiao", Part.PROVIDER, "jy")
DOSES, PORTIONS, ANOTHER = "疫苗接种剂次说明", "疫苗接种剂量说明", "疫苗接种剂型说明"


def entry(name: str, title: str, department: str, item: str, **more: Any) -> Resource:
    said: dict[str, Any] = {
        "id": name, "title": title, "department": department, "system": "无", "code": code(name),
        "category": "基础/人口", "abstract": title, "scope": "全市", "collection_basis": "三定方案",
        "gathering": {"mode": "manual"}, "grade": 1, "storage_format": "database", "provision_mode": "file",
        "share_until": "长期", "sharing": {"class": "unconditional"}, "opening": {"class": "unconditional"},
        "update_cycle": "monthly", "key": ["citizen_id"],
        "items": [
            {"id": "citizen_id", "title": "公民身份号码", "element": "citizen_id"}, {"id": "dose", "title": item},
        ], **more,
    }  # fmt: skip
    return Resource.model_validate(said)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    init_home(tmp_path / "home")
    city = tmp_path / "home" / "city"
    (city / "departments.yaml").write_text(yaml.safe_dump({"departments": UNITS}, allow_unicode=True), encoding="utf-8")
    write(tmp_path / "home", entry("doses", "疫苗接种登记", "ga", DOSES))
    return tmp_path / "home"


def write(home: Path, document: Resource) -> None:
    said = document.model_dump(mode="json", by_alias=True, exclude_unset=True)
    path = home / "city" / "resources" / f"{document.id}.yaml"
    path.write_text(yaml.safe_dump(said, allow_unicode=True, sort_keys=False), encoding="utf-8")


@pytest.fixture
def hub(home: Path) -> Iterator[Hub]:
    made = opened(home)
    yield made
    made.close()


def opened(home: Path) -> Hub:
    hub = Hub(home)
    hub.load_catalogue(NOW)
    return hub


def submitted(hub: Hub, document: Resource, by: Person = JY) -> None:
    hub.entries.draft(document, by, NOW)
    hub.entries.submit([document.id], by, NOW)


def pairs(hub: Hub, *, open_only: bool = True) -> list[Task]:
    return hub.catalogue_tasks.listed(kind=TaskKind.NEAR_DUPLICATE, open_only=open_only)


def told(hub: Hub) -> list[tuple[str, str, str]]:
    with hub.database.begin() as connection:
        query = sa.select(notice.c.topic, notice.c.recipient, notice.c.about).order_by(notice.c.seq)
        return [tuple(one) for one in connection.execute(query).all()]


def run(home: Path, *arguments: str) -> str:
    result = CliRunner().invoke(app, ["catalog", *arguments, "--home", str(home), "--now", "2026-11-27T10:00"])
    assert result.exit_code == 0, result.output
    return result.stdout


CHILDREN = entry("children", "儿童名册", "jy", PORTIONS)


@pytest.mark.duty("R-053")
def test_a_submission_puts_its_near_duplicates_to_the_authority_and_tells_it(home: Path, hub: Hub) -> None:
    submitted(hub, CHILDREN)
    (task,) = pairs(hub)
    assert (task.case.department, task.case.state) == ("bureau", "open")
    assert (task.facts["left"]["resource"], task.facts["right"]["resource"]) == ("children", "doses")
    assert told(hub) == [("catalogue_task", "department:bureau", task.id)]
    listed = json.loads(run(home, "tasks", "--open", "--department", "bureau", "--json"))
    assert [(one["id"], one["kind"]) for one in listed] == [(task.id, "near_duplicate")]
    assert DOSES in run(home, "task", "show", task.id) and PORTIONS in run(home, "task", "show", task.id)


def test_what_is_not_submitted_in_the_end_asks_nobody(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.entries.draft(CHILDREN, JY, NOW)

    def broken(*_: object) -> None:
        raise RuntimeError("磁盘已满")

    monkeypatch.setattr(type(hub.entries), "_happen", broken)
    with pytest.raises(RuntimeError):
        hub.entries.submit(["children"], JY, NOW)
    assert pairs(hub, open_only=False) == [] and told(hub) == []


def test_a_pair_is_asked_once_through_review_return_and_publication(home: Path, hub: Hub) -> None:
    submitted(hub, CHILDREN)
    (task,) = pairs(hub)
    hub.entries.return_(["children"], BUREAU, NOW, reason="摘要补充")
    submitted(hub, entry("children", "儿童名册", "jy", PORTIONS, abstract="全市儿童"))
    assert [one.id for one in pairs(hub)] == [task.id]
    run(home, "check", "--ask")
    assert [one.id for one in pairs(hub)] == [task.id], (
        "what is under review is not in the catalogue, and asked all the same"
    )
    hub.entries.review(["children"], BUREAU, NOW)
    hub.entries.publish(["children"], BUREAU, NOW)
    run(home, "check", "--ask")
    assert [one.id for one in pairs(hub, open_only=False)] == [task.id]
    assert [one for one in told(hub) if one[2] == task.id] == [("catalogue_task", "department:bureau", task.id)]


@pytest.mark.duty("R-027")
@pytest.mark.parametrize("decision", ["same", "different"])
def test_what_was_decided_is_asked_again_only_where_the_content_changed(hub: Hub, decision: str) -> None:
    submitted(hub, CHILDREN)
    (task,) = pairs(hub)
    hub.catalogue_tasks.decide(task.id, decision, "比对过样本", BUREAU, NOW)
    hub.entries.return_(["children"], BUREAU, NOW, reason="更新周期有误")
    submitted(hub, entry("children", "儿童名册", "jy", PORTIONS, update_cycle="daily"))
    hub.entries.review(["children"], BUREAU, NOW)
    assert pairs(hub) == []
    hub.entries.return_(["children"], BUREAU, NOW, reason="题名有误")
    submitted(hub, entry("children", "儿童名册", "jy", ANOTHER))
    (again,) = pairs(hub)
    assert again.id != task.id and again.subject == task.subject


def test_an_open_question_follows_what_the_entry_says(hub: Hub) -> None:
    submitted(hub, CHILDREN)
    (task,) = pairs(hub)
    hub.entries.return_(["children"], BUREAU, NOW, reason="题名有误")
    submitted(hub, entry("children", "儿童名册", "jy", ANOTHER))
    (same,) = pairs(hub)
    assert same.id == task.id and ANOTHER in same.facts["zh"]
    hub.catalogue_tasks.decide(task.id, "different", "剂次与说明不同", BUREAU, NOW)
    hub.entries.review(["children"], BUREAU, NOW)
    assert pairs(hub) == [], "the answer is to what the entry says now"


def test_a_question_settles_itself_where_the_item_or_the_entry_goes(hub: Hub) -> None:
    submitted(hub, CHILDREN)
    hub.entries.return_(["children"], BUREAU, NOW, reason="请登记为佐证")
    beside = [one.model_dump(mode="json", by_alias=True, exclude_unset=True) for one in CHILDREN.items]
    beside[1]["collection"] = {"as": "corroboration", "source": "doses.dose"}
    submitted(hub, entry("children", "儿童名册", "jy", PORTIONS, items=beside))
    assert [one.case.state for one in pairs(hub, open_only=False)] == ["done"] and pairs(hub) == []
    hub.entries.return_(["children"], BUREAU, NOW, reason="又改")
    submitted(hub, CHILDREN)
    assert len(pairs(hub)) == 1
    hub.entries.return_(["children"], BUREAU, NOW, reason="不列入")
    hub.entries.discard(["children"], JY, NOW, reason="不列入")
    assert pairs(hub) == []


def test_of_one_item_the_nearest_are_asked_about_and_the_check_asks_about_the_others(home: Path) -> None:
    for number, kind in enumerate("量型数期"):
        write(home, entry(f"more{number}", "疫苗接种登记", "ga", f"疫苗接种剂{kind}说明"))
    hub = opened(home)
    submitted(hub, entry("children", "儿童名册", "jy", "疫苗接种剂别说明"))
    found = hub.entries.reading.get("children").facts["findings"]
    assert len(found) > 3 and len(pairs(hub)) == 3
    first = {one.id for one in pairs(hub)}
    hub.entries.review(["children"], BUREAU, NOW)
    assert {one.id for one in pairs(hub)} == first
    hub.entries.publish(["children"], BUREAU, NOW)
    hub.close()
    run(home, "check", "--ask")
    hub = opened(home)
    assert len(pairs(hub)) == len(found) and first <= {one.id for one in pairs(hub)}
    hub.close()


def test_a_change_and_a_document_put_there_by_hand_are_asked_about_too(home: Path) -> None:
    write(home, entry("children", "儿童名册", "jy", "班级"))
    hub = opened(home)
    hub.entries.request_change([CHILDREN], JY, NOW, cause="data_changed")
    (task,) = pairs(hub)
    assert task.facts["left"] == {"department": "jy", "resource": "children", "item": "dose"}
    hub.close()
    write(home, entry("pupils", "学生名册", "jy", ANOTHER))
    hub = opened(home)
    hub.entries.confirm(["pupils"], BUREAU, NOW)
    assert {one.facts["left"]["resource"] for one in pairs(hub)} == {"children", "pupils"}
    hub.close()
