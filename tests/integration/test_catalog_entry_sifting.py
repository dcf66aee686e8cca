"""Many drafts submitted at once: those that pass go on, and of each other one every reason is told; or all or none."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from entry_desk import BUREAU, GA, MZ, NOW, Desk, make_desk, resource

from catalog.entries.files import Shelf
from catalog.gate.gate import CatalogueGate
from catalog.model import Resource
from ground.errors import DocumentError, UserError
from portal.cli.app import main


@pytest.fixture
def desk(operational, tmp_path) -> Desk:
    made: list[Desk] = []

    def gate(candidates, under_review):
        known = made[0].city()
        return CatalogueGate(known.resources, known.register, known.departments)(candidates, under_review)

    made.append(make_desk(operational, tmp_path, "haishu", gate=gate))
    return made[0]


def vehicles(name: str, department: str, *, until: str = "长期", **said: Any) -> Resource:
    """What two departments collect of vehicles is one fact; ``said`` is said of that item."""
    number = {"id": "number", "title": f"{name}表单编号"}
    return resource(
        name, department=department, title="车辆信息", key=["number"],
        items=[number, {"id": "colour", "title": "车身颜色", **said}], share_until=until,
    )  # fmt: skip


def beside(source: str) -> dict[str, Any]:
    return {"collection": {"as": "corroboration", "source": source}}


def states(desk: Desk, *names: str) -> list[str]:
    return [desk.case(one).state for one in names]


def test_what_passes_is_submitted_and_of_the_rest_every_reason_is_told(desk) -> None:
    desk.service.draft(vehicles("ga_cars", "ga"), GA, NOW)
    desk.service.submit(["ga_cars"], GA, NOW)
    desk.service.review(["ga_cars"], BUREAU, NOW)
    desk.service.publish(["ga_cars"], BUREAU, NOW)
    drafts = [
        vehicles("mz_fine", "mz", **beside("ga_cars.colour")), vehicles("mz_twice", "mz"),
        vehicles("mz_blank", "mz", until="2020-01-01", **beside("ga_cars.colour")),
    ]  # fmt: skip
    desk.service.draft_many(drafts, MZ, NOW)
    done = desk.service.submit_passing([one.id for one in drafts], MZ, NOW)
    assert [one.id for one in done.cases] == ["mz_fine"] and list(done.refused) == ["mz_twice", "mz_blank"]
    assert "已有来源" in done.refused["mz_twice"][0][0] and "共享期限" in done.refused["mz_blank"][0][0]
    assert states(desk, "mz_fine", "mz_twice", "mz_blank") == ["submitted", "drafted", "drafted"]


def test_where_none_passes_nothing_happens_and_every_reason_is_told(desk) -> None:
    desk.service.draft_many(
        [vehicles("mz_a", "mz", until="2020-01-01"), vehicles("mz_b", "mz", until="2020-01-01")], MZ, NOW
    )
    with pytest.raises(UserError, match=r"mz_a：共享期限(.|\n)*mz_b：共享期限"):
        desk.service.submit_passing(["mz_a", "mz_b"], MZ, NOW)
    assert states(desk, "mz_a", "mz_b") == ["drafted", "drafted"]


def test_what_rests_on_a_refused_draft_falls_out_and_what_was_second_to_it_goes_on(desk) -> None:
    drafts = [
        vehicles("ga_a", "ga", until="2020-01-01"), vehicles("ga_c", "ga", **beside("ga_a.colour")), vehicles("ga_ok", "ga"),
    ]  # fmt: skip
    desk.service.draft_many(drafts, GA, NOW)
    done = desk.service.submit_passing(["ga_a", "ga_c", "ga_ok"], GA, NOW)
    assert [one.id for one in done.cases] == ["ga_ok"]
    assert "不在目录中" in done.refused["ga_c"][0][0], "its source was not submitted"


def test_what_was_second_to_one_that_the_gate_refuses_is_tried_again(operational, tmp_path) -> None:
    asked: list[list[str]] = []

    class Said:
        zh, en = "已有来源", "has a source"

    class Verdict:
        def __init__(self, barred: bool) -> None:
            self.refusals, self.findings = ([Said()] if barred else []), []

    def gate(candidates, under_review):
        names = [one.id for one in candidates]
        asked.append(names)
        return [Verdict(one == "mz_a" or (one == "mz_b" and "mz_a" in names[: names.index(one)])) for one in names]

    desk = make_desk(operational, tmp_path, "haishu", gate=gate)
    desk.service.draft_many([vehicles(one, "mz") for one in ("mz_a", "mz_b")], MZ, NOW)
    done = desk.service.submit_passing(["mz_a", "mz_b"], MZ, NOW)
    assert [one.id for one in done.cases] == ["mz_b"] and list(done.refused) == ["mz_a"]


def test_a_draft_with_which_the_catalogue_would_not_load_is_told_by_its_place(operational, tmp_path) -> None:
    desk = make_desk(operational, tmp_path, "haishu")
    systems = [{"id": "cars", "name": "人口信息系统", "department": "mz", "hosting": "government_cloud"}]
    (desk.directory / "systems.yaml").write_text(yaml.safe_dump({"systems": systems}, allow_unicode=True), "utf-8")
    desk.service.draft_many([vehicles("mz_a", "mz"), vehicles("ga_a", "ga", **beside("mz_a.colour"))][:1], MZ, NOW)
    other = vehicles("mz_b", "mz").model_copy(update={"system": "别的系统"})
    desk.service.draft(other, MZ, NOW)
    done = desk.service.submit_passing(["mz_a", "mz_b"], MZ, NOW)
    assert [one.id for one in done.cases] == ["mz_a"]
    assert "resources/mz_b.yaml" in done.refused["mz_b"][0][0] and "别的系统" in done.refused["mz_b"][0][0]


def test_a_catalogue_that_does_not_load_for_another_reason_is_told_as_it_is(operational, tmp_path) -> None:
    def broken(directory: Path) -> None:
        raise DocumentError("目录有问题\ncity/feeds/x.yaml:1 id: 名称不对", "Problems\ncity/feeds/x.yaml:1 id: wrong")

    desk = make_desk(operational, tmp_path, "haishu", shelf=Shelf(tmp_path / "city", broken))
    desk.service.draft(vehicles("mz_a", "mz"), MZ, NOW)
    with pytest.raises(DocumentError, match="名称不对"):
        desk.service.submit_passing(["mz_a"], MZ, NOW)


def test_a_department_without_steward_is_refused_and_the_others_go_on(operational, tmp_path) -> None:
    def standing(department: str, today: object) -> None:
        if department == "ga":
            raise UserError("公安局未登记专管员", "ga has no steward")

    desk = make_desk(operational, tmp_path, "longyan", check_standing=standing)
    desk.service.draft(vehicles("ga_a", "ga"), GA, NOW)
    desk.service.draft(vehicles("mz_a", "mz"), MZ, NOW)
    with pytest.raises(UserError, match="专管员"):
        desk.service.submit_passing(["ga_a"], GA, NOW)
    assert [one.id for one in desk.service.submit_passing(["mz_a"], MZ, NOW).cases] == ["mz_a"]


COMPLETE = """\
id: ga_{name}
title: 养犬登记{name}
department: ga
system: 无
code: 3012001001/00090{number}
category: 部门/公安局
abstract: {abstract}
collection_basis: 养犬管理条例第三条
storage_format: database
provision_mode: file
share_until: 长期
sharing: {{class: unconditional}}
opening: {{class: unconditional}}
update_cycle: monthly
key: [licence_no]
items:
  - {{id: licence_no, title: 养犬登记证号}}
"""


@pytest.fixture
def home(small_city: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_city, tmp_path / "home"))


def test_by_command_a_department_submits_what_passes_and_named_entries_are_all_or_none(home, tmp_path, capsys) -> None:
    def run(*words: str, code: int = 0) -> tuple[str, str]:
        with pytest.raises(SystemExit) as left:
            main(["catalog", *words, "--home", str(home), "--now", "2026-11-25T10:00"])
        said = capsys.readouterr()
        assert int(left.value.code or 0) == code, said
        return said.out, said.err

    names = [("a", "登记"), ("b", '""'), ("c", "登记")]
    for number, (name, abstract) in enumerate(names):
        text = COMPLETE.format(name=name, number=number, abstract=abstract)
        (tmp_path / f"ga_{name}.yaml").write_text(text, encoding="utf-8")
        run("draft", str(tmp_path / f"ga_{name}.yaml"), "--department", "ga")
    run("submit", "ga_a", "ga_b", "--department", "ga", code=2)
    run("submit", "--department", "ga", "--whole", code=2)
    out, err = run("submit", "--department", "ga", code=3)
    assert "ga_a" in out and "ga_c" in out and "未提交 not submitted ga_b" in out and "1 个未提交：ga_b" in err
    states = {one["id"]: one["state"] for one in json.loads(run("entries", "--json")[0])}
    assert [states[f"ga_{one}"] for one, _ in names] == ["submitted", "drafted", "submitted"]
    text = COMPLETE.format(name="d", number=9, abstract="登记")
    (tmp_path / "ga_d.yaml").write_text(text, encoding="utf-8")
    run("draft", str(tmp_path / "ga_d.yaml"), "--department", "ga")
    said = json.loads(run("submit", "ga_b", "ga_d", "--passing", "--json", "--department", "ga", code=3)[0])
    assert [one["id"] for one in said["submitted"]] == ["ga_d"]
    assert [(one["id"], set(one["reasons"][0])) for one in said["refused"]] == [("ga_b", {"zh", "en"})]
