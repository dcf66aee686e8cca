"""catalog import, export, template, receive and search as they are typed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from entry_desk import PLAIN, UNITS
from rdflib import DCAT, RDF, Graph

from hub.hub import Hub, init_home
from portal.cli.app import main

NOW = "2026-11-25T10:00"
RESOURCES: list[dict[str, Any]] = [
    {"id": "ga_household", **PLAIN},
    {"id": "mz_marriage", **PLAIN, "title": "婚姻登记", "department": "mz", "code": "2/1", "system": "婚姻登记系统", "abstract": "结婚与离婚登记",
     "key": ["no"], "items": [{"id": "no", "title": "登记证号"}]},
    {"id": "east_mz_pension", **PLAIN, "title": "高龄津贴发放", "department": "east_mz", "code": "3/1", "system": "东区民政系统",
     "key": ["no"], "items": [{"id": "no", "title": "津贴编号"}]},
]  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("exchange") / "home"
    init_home(home)
    city = home / "city"
    (city / "departments.yaml").write_text(yaml.safe_dump({"departments": UNITS}, allow_unicode=True), encoding="utf-8")
    for one in RESOURCES:
        (city / "resources" / f"{one['id']}.yaml").write_text(yaml.safe_dump(one, allow_unicode=True), encoding="utf-8")
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "home"))


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]):
    def call(*words: str, now: str | None = NOW, where: Path | None = None) -> tuple[int, str, str]:
        more = ["--now", now] if now else []
        with pytest.raises(SystemExit) as left:
            main(["catalog", *words, "--home", str(where or home), *more])
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out, said.err

    return call


def states(home: Path) -> dict[str, str]:
    hub = Hub(home)
    try:
        return {one.id: one.state for one in hub.entries.reading.listed()}
    finally:
        hub.close()


def edit(path: Path, **cells: str) -> Path:
    """Change cells of a workbook."""
    book = openpyxl.load_workbook(path)
    for place, value in cells.items():
        book.active[place] = value
    book.save(path)
    return path


def column(path: Path, title: str) -> str:
    """Letter of a column by its title."""
    book = openpyxl.load_workbook(path)
    return next(cell.column_letter for cell in book.active[1] if cell.value == title)


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_what_was_exported_is_unchanged_when_it_is_imported(form, run, tmp_path):
    out = str(tmp_path / f"o.{form}")
    code, said, _ = run("export", out, "--format", form, "--json")
    assert code == 0 and json.loads(said)["resources"] == 3 and json.loads(said)["items"] == 4
    code, said, _ = run("import", out, "--dry-run", "--json")
    facts = json.loads(said)
    assert code == 0 and sorted(facts["unchanged"]) == sorted(one["id"] for one in RESOURCES)
    assert facts["new"] == facts["changed"] == facts["problems"] == []


def test_an_export_of_one_department_has_its_entries_alone(run, tmp_path):
    out = tmp_path / "o.json"
    assert run("export", str(out), "--format", "json", "--department", "mz")[0] == 0
    said = json.loads(out.read_text(encoding="utf-8"))
    assert [one["id"] for one in said["resources"]] == ["mz_marriage"] and [
        one["id"] for one in said["departments"]
    ] == ["mz"]
    code, _, err = run("export", str(tmp_path / "x.json"), "--format", "json", "--department", "water")
    assert code == 2 and "没有符合条件" in err and not (tmp_path / "x.json").exists()
    assert run("export", str(tmp_path / "x.json"), "--department", "mzz")[0] == 2


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")  # rdflib's own reader of JSON-LD
@pytest.mark.parametrize(("form", "reads"), [("turtle", "turtle"), ("jsonld", "json-ld")])
def test_linked_data_names_things_below_the_base(form, reads, run, tmp_path):
    out = tmp_path / f"o.{'ttl' if form == 'turtle' else form}"
    assert run("export", str(out), "--format", form, "--base", "https://data.example.gov.cn/c/")[0] == 0
    data = Graph().parse(out, format=reads)
    names = {str(one) for one in data.subjects(RDF.type, DCAT.Dataset)}
    assert names == {f"https://data.example.gov.cn/c/dataset/{one['id']}" for one in RESOURCES}
    assert run("export", str(out), "--format", form, "--base", "nowhere")[0] == 2


def test_a_wrong_sheet_imports_nothing_and_the_marked_copy_says_where(run, home, tmp_path):
    out = tmp_path / "o.xlsx"
    run("export", str(out), "--department", "mz")
    edit(out, **{f"{column(out, '更新周期')}2": "有时", f"{column(out, '信息资源提供方')}2": "市民正局"})
    marked = tmp_path / "marked.xlsx"
    code, said, err = run("import", str(out), "--errors", str(marked), "--department", "mz")
    assert code == 2 and "2 处问题" in err and "o.xlsx 目录:" in err and "是否应为“市民政局”" in err
    assert (
        openpyxl.load_workbook(marked).active.cell(1, openpyxl.load_workbook(out).active.max_column + 1).value == "问题"
    )
    refused = run("import", str(out), "--errors", str(tmp_path / "marked.csv"), "--department", "mz")
    assert refused[0] == 2 and ".xlsx 结尾，交来的是 CSV 也一样" in refused[2]
    assert "mz_marriage" not in {name for name, state in states(home).items() if state == "drafted"}
    code, said, _ = run("import", str(out), "--dry-run")
    assert code == 2 and "更新周期" in said and "nothing would be imported" in said
    code, said, _ = run("import", str(out), "--dry-run", "--json")
    assert (
        code == 2
        and len(json.loads(said)["problems"]) == 2
        and json.loads(said)["problems"][0]["place"].startswith("o.xlsx 目录:")
    )


def test_a_sheet_becomes_drafts_and_changes_with_update(run, home, tmp_path):
    out = tmp_path / "o.xlsx"
    run("export", str(out), "--department", "mz")
    edit(out, **{f"{column(out, '更新周期')}2": "每日"})
    code, said, _ = run("import", str(out), "--department", "mz")
    assert code == 0 and "nothing to import" in said and states(home)["mz_marriage"] == "published"
    code, said, _ = run("import", str(out), "--update", "--because", "data_changed", "--department", "mz")
    assert code == 0 and "变更申请 1" in said and states(home)["mz_marriage"] == "change_submitted"
    edit(
        out,
        **{
            f"{column(out, '信息资源名称')}2": "收养登记",
            f"{column(out, '信息资源代码')}2": "2/9",
            f"{column(out, '资源标识')}2": "",
        },
    )
    code, said, _ = run("import", str(out), "--department", "mz")
    assert code == 0 and "mz_sydj *" in said and states(home)["mz_sydj"] == "drafted"
    code, _, err = run(
        "import",
        str(edit(out, **{f"{column(out, '信息资源代码')}2": "2/8", f"{column(out, '信息资源名称')}2": "别的"})),
        "--department",
        "ga",
    )
    assert code == 2 and "起草" in err


def test_a_template_is_written_for_the_city(run, tmp_path):
    out = tmp_path / "t.xlsx"
    assert run("template", str(out), now=None)[0] == 0
    book = openpyxl.load_workbook(out)
    offered = {cell.value for row in book["词表"] for cell in row}
    assert {"受限共享", "市公安局", "每季度"} <= offered and "填写说明" in book.sheetnames
    assert run("template", str(tmp_path / "t.csv"), now=None)[0] == 2


@pytest.mark.duty("R-014", "R-017")
def test_a_district_sends_its_catalogue_and_the_city_receives_it(run, home, made, tmp_path):
    sent = tmp_path / "east.json"
    assert run("export", str(sent), "--format", "package", "--district", "east")[0] == 0
    assert run("export", str(tmp_path / "x.json"), "--format", "package")[0] == 2
    city = Path(shutil.copytree(made, tmp_path / "city"))
    (city / "city" / "resources" / "east_mz_pension.yaml").unlink()
    code, said, _ = run("receive", str(sent), "--dry-run", where=city)
    assert code == 0 and "新 new 1" in said and "east_mz_pension" not in states(city)
    code, said, _ = run("receive", str(sent), where=city)
    assert code == 0 and "草稿 1" in said and states(city)["east_mz_pension"] == "drafted"
    code, said, _ = run("receive", str(sent), "--json", where=city)
    assert code == 0 and json.loads(said)["received_before"] and json.loads(said)["drafts"] == []
    assert run("receive", str(sent), "--department", "east_data", where=city)[0] == 2
    sent.write_text(sent.read_text(encoding="utf-8").replace("高龄津贴", "低龄津贴"), encoding="utf-8")
    code, _, err = run("receive", str(sent), where=city)
    assert code == 2 and "摘要不符" in err


def test_search_by_words_pinyin_and_filters(run, home, tmp_path):
    code, said, _ = run("search", "hydj", "--json", now=None)
    facts = json.loads(said)
    assert code == 0 and [one["id"] for one in facts["found"]] == ["mz_marriage"] and facts["total"] == 1
    code, said, _ = run("search", "登记", "--department", "mz", now=None)
    assert code == 0 and "婚姻【登记】" in said and "ga_household" not in said
    assert run("search", "登记", "--department", "mzz", now=None)[0] == 2
    code, said, _ = run("search", "婚姻登记状况证明", now=None)
    assert code == 0 and "no entry has every word" in said
    out = tmp_path / "o.xlsx"
    run("export", str(out), "--department", "mz")
    edit(
        out,
        **{
            f"{column(out, '信息资源名称')}2": "收养登记",
            f"{column(out, '信息资源代码')}2": "2/9",
            f"{column(out, '资源标识')}2": "",
        },
    )
    run("import", str(out), "--department", "mz")
    assert json.loads(run("search", "收养", "--json", now=None)[1])["total"] == 0
    assert [one["state"] for one in json.loads(run("search", "收养", "--drafts", "--json", now=None)[1])["found"]] == [
        "drafted"
    ]
    assert (home / "search" / "catalogue.sqlite").exists()


def test_the_ending_of_the_name_is_the_form_and_a_contradiction_is_refused(run, tmp_path):
    for ending, begins in (
        (".csv", "\ufeff信息资源"),
        (".json", "{"),
        (".ttl", "@prefix"),
        (".jsonld", '{\n "@context"'),
    ):
        out = tmp_path / f"o{ending}"
        assert run("export", str(out))[0] == 0
        assert out.read_text("utf-8").startswith(begins), ending
    for name, more in (("o.csv", ("--format", "xlsx")), ("o.txt", ())):
        code, _, err = run("export", str(tmp_path / name), *more)
        assert code == 2 and "扩展名" in err
