"""The gate where documents are loaded, at the draft of a feed, and by command: what it says, and that nothing is half done."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from typer.testing import CliRunner

from catalog.cases.person import Part, Person
from catalog.documents import load_city
from catalog.model import Resource
from ground.errors import DocumentError, RefusedData, UserError
from hub.exchanging import exchange_of
from hub.hub import Hub, init_home
from pipelines.intake.drafting.service import DraftingService
from policy.profile import PROFILES
from portal.cli.app import app

NOW = "2026-11-27T10:00"
ZONE = ZoneInfo("Asia/Shanghai")
UNITS = [
    {"id": "bureau", "name": "大数据局", "kind": "authority"},
    {"id": "ga", "name": "公安局"},
    {"id": "jy", "name": "教育局"},
]
BASIS = {"class": "conditional", "reason": "含个人信息", "legal_basis": "个人信息保护法第三十四条"}
ITEMS = [{"id": "citizen_id", "title": "公民身份号码", "element": "citizen_id"}]


def entry(name: str, title: str, department: str, *items: dict) -> dict:
    return {
        "id": name, "title": title, "department": department, "system": "系统", "storage_format": "database",
        "provision_mode": "file", "share_until": "长期", "sharing": BASIS, "opening": {"class": "unconditional"},
        "update_cycle": "monthly", "key": ["citizen_id"], "items": [*ITEMS, *items],
    }  # fmt: skip


HOUSEHOLD = entry("household", "户籍登记", "ga", {"id": "name", "title": "姓名", "element": "person_name"})
PUPILS = entry("pupils", "学生名册", "jy", {"id": "name", "title": "学生姓名"}, {"id": "class_name", "title": "班级"})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    init_home(tmp_path / "home")
    write(tmp_path / "home", "departments", {"departments": UNITS})
    write(tmp_path / "home", "resources/household", HOUSEHOLD)
    return tmp_path / "home"


def write(home: Path, name: str, document: dict) -> None:
    path = home / "city" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")


def run(home: Path, *arguments: str):
    return CliRunner().invoke(app, ["catalog", *arguments, "--home", str(home), "--now", NOW])


@pytest.mark.duty("R-053", "R-055")
def test_documents_that_collect_a_fact_twice_are_refused_with_place_and_remedy(home: Path) -> None:
    write(home, "resources/pupils", PUPILS)
    with pytest.raises(DocumentError) as told:
        load_city(home / "city")
    assert "resources/pupils.yaml" in told.value.zh and "items.1" in told.value.zh
    assert "collection: {as: corroboration, source: household.name}" in told.value.zh
    mended = PUPILS["items"][1] | {"collection": {"as": "corroboration", "source": "household.name"}}
    write(home, "resources/pupils", PUPILS | {"items": [ITEMS[0], mended, PUPILS["items"][2]]})
    assert [one.id for one in load_city(home / "city").resources] == ["household", "pupils"]


@pytest.mark.duty("R-027", "R-053")
def test_the_check_prints_what_is_refused_with_the_citys_article_and_ends_with_three(home: Path) -> None:
    write(home, "resources/pupils", PUPILS)
    result = run(home, "check")
    assert isinstance(result.exception, RefusedData) and result.exception.exit_code == 3
    assert "宁波市海曙区第12条" in result.stdout and "公安局" in result.stdout and "申请共享" in result.stdout
    assert "refused 1" in result.stdout
    said = json.loads(run(home, "check", "--json").stdout)
    assert [(one["resource"], one["item"], one["reason"]) for one in said["refusals"]] == [
        ("pupils", "name", "duplicate")
    ]
    assert said["refusals"][0]["source"] == {"department": "ga", "resource": "household", "item": "name"}
    other = run(home, "check", "--department", "ga")
    assert other.exit_code == 0 and "refused 0" in other.stdout


def test_near_duplicates_become_tasks_of_the_authority_and_are_decided_once(home: Path) -> None:
    write(home, "resources/doses", entry("doses", "疫苗接种登记", "ga", {"id": "dose", "title": "疫苗接种剂次说明"}))
    write(home, "resources/children", entry("children", "儿童名册", "jy", {"id": "dose", "title": "疫苗接种剂量说明"}))
    checked = run(home, "check", "--ask")
    assert checked.exit_code == 0 and "findings 1" in checked.stdout and "CT-20261127-0001" in checked.stdout
    (task,) = json.loads(run(home, "tasks", "--open", "--json").stdout)
    assert (task["kind"], task["department"], task["due"]) == ("near_duplicate", "bureau", "2026-12-04")
    assert "疫苗接种剂次说明" in run(home, "task", "show", task["id"]).stdout
    refused = run(home, "task", "decide", task["id"], "different", "--reason", "剂次不是剂量", "--department", "jy")
    assert refused.exit_code != 0
    decided = run(home, "task", "decide", task["id"], "different", "--reason", "剂次不是剂量")
    assert decided.exit_code == 0 and "已办结" in decided.stdout
    assert "CT-20261127-0002" not in run(home, "check", "--ask").stdout
    assert json.loads(run(home, "tasks", "--open", "--json").stdout) == []
    assert task["id"] in run(home, "task", "list").stdout, "the noun has its list, too"


@pytest.mark.duty("R-028")
def test_a_changed_law_gives_each_department_whose_entries_rest_on_it_one_task(home: Path) -> None:
    result = run(home, "law", "个人信息保护法", "--change", "修订", "--on", "2026-12-01")
    assert result.exit_code == 0 and "household" in result.stdout and "sharing.legal_basis" in result.stdout
    (task,) = json.loads(run(home, "tasks", "--json").stdout)
    assert (task["kind"], task["department"], task["facts"]["entries"]) == (
        "legal_change", "ga", {"household": ["sharing.legal_basis"]},
    )  # fmt: skip
    assert "无 none" in run(home, "law", "个人信息保护法", "--change", "修订", "--on", "2026-12-01").stdout


@pytest.mark.duty("R-055")
def test_the_draft_of_a_feed_proposes_how_to_hold_what_has_a_source(home: Path, tmp_path: Path) -> None:
    rows = "\n".join(f"33010619700101{n:04d},张伟{n},三年{n}班" for n in range(30))
    file = tmp_path / "学生名册_2026-10.csv"
    file.write_text(f"公民身份号码,学生姓名,班级\n{rows}\n", encoding="utf-8")
    hub = Hub(home)
    written = DraftingService(home, hub.city).new(file, feed_id="roster", department="jy")
    hub.close()
    held = {one.title: one.collection for one in written.resource.items}
    assert held["班级"] is None and held["学生姓名"] is not None
    assert (held["学生姓名"].as_, held["学生姓名"].source) == ("corroboration", "household.name")
    line = next(one for one in written.document.read_text(encoding="utf-8").splitlines() if "学生姓名" in one)
    assert "待核" in line and "household.name" in line and "check this" in line
    assert load_city(home / "city").feed("roster").id == "roster"


def with_rules_to_come(home: Path) -> None:
    """The city's rules end in June 2027; from July its class has another name and stands in another article."""
    said = (PROFILES / "haishu.yaml").read_text(encoding="utf-8")
    folder = home / "city" / "profiles"
    folder.mkdir()
    (folder / "haishu.yaml").write_text(
        said.replace("effective_to: null", "effective_to: 2027-06-30"), encoding="utf-8"
    )
    later = said.replace("effective_from: 2022-01-01", "effective_from: 2027-07-01")
    later = later.replace("conditional: 受限共享", "conditional: 依约共享").replace(
        'recollection_barred: {value: true, article: "12"}', 'recollection_barred: {value: true, article: "77"}'
    )
    (folder / "haishu@2027-07-01.yaml").write_text(later, encoding="utf-8")


@pytest.mark.parametrize(
    ("now", "version", "article", "word"),
    [
        (datetime(2026, 11, 27, 10, tzinfo=ZONE), "haishu@2022-01-01", "海曙区第12条", "受限共享"),
        (datetime(2027, 6, 30, 23, 59, tzinfo=ZONE), "haishu@2022-01-01", "海曙区第12条", "受限共享"),
        (datetime(2027, 7, 1, 0, 0, tzinfo=ZONE), "haishu@2027-07-01", "海曙区第77条", "依约共享"),
    ],
)
def test_rules_to_come_are_not_applied_before_their_day(
    home: Path, tmp_path: Path, now: datetime, version: str, article: str, word: str
) -> None:
    with_rules_to_come(home)
    hub = Hub(home)
    assert hub.rules_on(now).name == version
    hub.load_catalogue(now)
    person = Person("person:jy", Part.PROVIDER, "jy")
    hub.entries.draft(Resource.model_validate(PUPILS), person, now)
    with pytest.raises(UserError) as told:
        hub.entries.submit(["pupils"], person, now)
    assert article in told.value.zh and f"属{word}" in told.value.zh
    exchange = exchange_of(hub, now)
    assert exchange.words.sharing["conditional"] == word
    hub.close()
    at = ["--home", str(home), "--now", now.strftime("%Y-%m-%dT%H:%M")]
    written = CliRunner().invoke(app, ["catalog", "export", str(tmp_path / "out.csv"), "--format", "csv", *at])
    assert written.exit_code == 0, written.output
    assert word in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
