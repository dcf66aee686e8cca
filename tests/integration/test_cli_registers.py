"""Departments, systems, norms and lawful collectors by command: for people, for programs, and under another city's rules."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from portal.cli.app import main
from simulation.declared import DOCUMENTS

NOW = "2026-11-28T09:00"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with pytest.raises(SystemExit) as left:
        main(["init", "--home", str(tmp_path / "home")])
    assert left.value.code in (0, None)
    shutil.copytree(DOCUMENTS, tmp_path / "home" / "city", dirs_exist_ok=True)
    return tmp_path / "home"


def run(capsys: pytest.CaptureFixture[str], home: Path, *words: str) -> tuple[int, str, str]:
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main([*words, "--home", str(home), "--now", NOW])
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out, said.err


def told(capsys: pytest.CaptureFixture[str], home: Path, *words: str) -> Any:
    code, out, err = run(capsys, home, *words, "--json")
    assert code == 0, err
    return json.loads(out)


def under(home: Path, profile: str) -> None:
    path = home / "settings.yaml"
    text = path.read_text(encoding="utf-8")
    assert "profile: haishu" in text
    path.write_text(text.replace("profile: haishu", f"profile: {profile}"), encoding="utf-8")


def test_departments_are_a_tree_with_who_governs_and_where_data_go(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {one["id"]: one for one in told(capsys, home, "department", "list")["departments"]}
    assert len(found) == 30
    assert (found["jar_mz"]["depth"], found["jar_mz"]["authority"], found["jar_mz"]["platform"]) == (
        2,
        "jar_sj",
        "jar_sj",
    )
    assert (found["jar_sw"]["catalogue_owner"], found["jar_sw"]["platform"]) == ("sw", "bureau")
    assert found["dhf_cg"]["government"] == "dhf"
    assert sorted(found["jar_sj"]["governs"]) == ["jar", "jar_jy", "jar_mz", "jar_sj"]
    code, out, _ = run(capsys, home, "department", "list")
    assert code == 0
    lines = [line for line in out.splitlines() if line.startswith("│ ")]
    assert any(line.startswith("│ 　　江岸区税务局") and "政务部门·垂直" in line for line in lines)
    assert "宁波市海曙区第8条" in out


def test_other_rules_other_remarks(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = told(capsys, home, "department", "list")
    under(home, "longyan")
    after = told(capsys, home, "department", "list")
    assert (before["rules"].split("@")[0], after["rules"].split("@")[0]) == ("haishu", "longyan")
    assert "steward_missing" not in {one["kind"] for one in before["remarks"]}
    missing = [one for one in after["remarks"] if one["kind"] == "steward_missing"]
    assert {one["department"] for one in missing} == {"gsl", "jar_jy", "tj"}
    assert {one["article"] for one in missing} == {"龙岩市第5、26条"}
    everything = told(capsys, home, "department", "list", "--all")["remarks"]
    assert {"unbound"} <= {one["severity"] for one in everything}
    assert len(everything) > len(after["remarks"])


def test_one_department_is_shown_whole(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, home, "department", "show", "jar_sj")
    assert code == 0
    assert "江岸区人民政府 → 市人民政府" in out
    assert "jar_jy_kindergarten_place" in out
    shown = told(capsys, home, "department", "show", "ga")
    assert shown["systems"] == ["ga_address", "ga_floating", "ga_population"]
    assert shown["steward"] == "许宁"
    code, _, err = run(capsys, home, "department", "show", "jar_sz")
    assert code == 2
    assert "jar_sj" in err


def test_systems_are_listed_with_what_is_amiss(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    under(home, "longyan")
    found = told(capsys, home, "system", "list")
    assert len(found["systems"]) == 27
    assert {one["subject"] for one in found["remarks"] if one["kind"].startswith("protection")} == {
        "sw_social",
        "wj_death",
        "zf_case",
    }
    code, out, _ = run(capsys, home, "system", "list")
    assert code == 0
    assert "龙岩市第25条" in out


@pytest.mark.duty("R-018")
def test_norms_are_listed_with_rules_that_rest_on_none(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys, home, "norm", "list")
    held = {(one["number"], one["version"]): one for one in found["norms"]}
    assert held["GB/T 36344", "2018"]["cited"] > 50
    assert not held["GB/T 4754", "2011"]["in_force"]
    assert found["compilation"]["version"] == "2026"
    assert {one["standing"] for one in found["unbound"]} == {"unregistered"}
    assert {one["subject"].split(".")[0] for one in found["unbound"]} == {"sp_licence"}
    rule = home / "city" / "rules" / "sc_company.yaml"
    text = rule.read_text(encoding="utf-8")
    assert "GB/T 4754-2017" in text
    rule.write_text(text.replace("GB/T 4754-2017", "GB/T 4754-2011"), encoding="utf-8")
    loose = [one for one in told(capsys, home, "norm", "list")["unbound"] if one["standing"] == "superseded"]
    assert {one["instead"] for one in loose} == {"GB/T 4754-2017"}
    code, out, _ = run(capsys, home, "norm", "list")
    assert code == 0
    assert "已被代替" in out


@pytest.mark.duty("R-052")
def test_collectors_are_listed_with_the_citys_departments(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = {one["id"]: one for one in told(capsys, home, "collector", "list")}
    assert found["marriage"]["departments"] == ["jar_mz", "mz"]
    assert found["veteran"]["departments"] == []
    only = told(capsys, home, "collector", "list", "--subject", "parcel")
    assert [one["id"] for one in only] == ["land_survey"]
    code, out, _ = run(capsys, home, "collector", "list")
    assert code == 0
    assert "市政府专题会议纪要〔2025〕21号" in out


@pytest.mark.parametrize(
    ("name", "old", "new", "told_zh"),
    [
        ("departments.yaml", "kind: peoples_government\n    division: \"420100\"", "kind: peoples_government\n    parent: jar\n    division: \"420100\"", "上级关系成环：szf → jar → szf"),
        ("systems.yaml", "department: zj\n", "department: jz\n", "没有名为 jz 的部门"),
        ("register.yaml", "marital: {title: 婚姻状况, authority: mz_marriage}", "marital: {title: 婚姻状况, authority: cl_disability, from_item: {cl_disability: kind}}", "残疾人联合会"),
        ("norms.yaml", "effective_to: 2027-12-31", "effective_to: 2028-12-31", "同时有效"),
    ],
    ids=["circle", "system", "collector", "norms"],
)  # fmt: skip
def test_bad_documents_are_told_with_place_and_nothing_is_loaded(
    home: Path, capsys: pytest.CaptureFixture[str], name: str, old: str, new: str, told_zh: str
) -> None:
    path = home / "city" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    for command in ("department", "system", "norm", "collector"):
        code, out, err = run(capsys, home, command, "list")
        assert code == 2
        assert out == ""
        assert f"city/{name}:" in err
        assert told_zh in err


# --- norms by domain --------------------------------------------------------------------------------------------------


@pytest.mark.duty("R-019")
def test_norms_by_domain_tell_what_lacks_and_who_did_not_issue_with_whom(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = told(capsys, home, "norm", "domains")
    own = {one["domain"]: one["own"] for one in said["domains"]}
    assert list(own) == ["collecting", "cataloguing", "gathering", "sharing", "opening", "trading", "security"]
    assert own["trading"] == [] and own["cataloguing"] == ["city_compilation"]
    assert {norm["cited"] for one in said["domains"] if one["domain"] == "trading" for norm in one["norms"]} >= {
        "GB/T 37728-2019"
    }
    assert [one["issued_alone"] for one in said["domains"] if one["domain"] == "gathering"] == [
        {"city_gathering": ["market_regulator"]}
    ]
    assert {one["kind"]: one["article"] for one in said["remarks"]} == {
        "norm_domains_missing": "宁波市海曙区第30条", "norms_not_issued_together": "宁波市海曙区第30条",
    }  # fmt: skip
    code, out, _ = run(capsys, home, "norm", "domains", "--domain", "gathering")
    assert code == 0 and "本市公共数据资源汇聚规范（缺 市场监督管理部门）" in out and "交易流通。" in out
    listed = {one["kind"] for one in told(capsys, home, "department", "list")["remarks"]}
    assert {"norm_domains_missing", "norms_not_issued_together"} <= listed
    under(home, "wuhan")
    assert {one["severity"] for one in told(capsys, home, "norm", "domains")["remarks"]} == {"unbound"}


@pytest.mark.duty("R-019")
def test_a_set_of_rules_is_bound_to_a_version_and_told_when_another_replaces_it(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sets = told(capsys, home, "norm", "domains")["rule_sets"]
    assert len(sets) == len(list((home / "city" / "rules").glob("*.yaml")))
    assert {(one["text"], one["standing"]) for one in sets} == {("city_quality@2026", "bound")}
    path = home / "city" / "rules" / "ga_household.yaml"
    path.write_text(path.read_text("utf-8").replace("version: 2026}", "version: 2024}"), "utf-8")
    (one,) = [
        one for one in told(capsys, home, "norm", "domains")["rule_sets"] if one["rules"] == "rules/ga_household.yaml"
    ]
    assert (one["standing"], one["instead"]) == ("superseded", "公共数据质量核验规范-2026")
    loose = told(capsys, home, "norm", "list")["unbound"]
    assert [one["subject"] for one in loose if one["standing"] == "superseded"] == ["rules/ga_household.yaml"]
