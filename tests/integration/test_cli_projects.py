"""Projects, purchases, assets, gathering, gaps and the archive by command, in a simulated city whose deliveries were taken."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from hub.settings import FILE
from portal.cli.app import main

NOW = "2026-11-23T09:00"
THEME = """\
-- title: 汛期老人
-- kind: special
-- purpose: 防汛转移
-- until: 2026-09-30
-- grain: 每人一行
-- department: ga
-- key: [citizen_id]
-- columns: {citizen_id: 公民身份号码}
SELECT citizen_id FROM population
"""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(built_city: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built_city, tmp_path / "home"))


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: str, now: str = NOW) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main([*words, "--home", str(home), "--now", now])
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out, said.err

    return call


def city(home: Path, name: str) -> None:
    settings = home / FILE
    settings.write_text(
        re.sub(r"^profile: \w+", f"profile: {name}", settings.read_text("utf-8"), flags=re.MULTILINE), "utf-8"
    )


def read(run: Run, *words: str, now: str = NOW) -> Any:
    code, out, err = run(*words, "--json", now=now)
    assert code == 0, err
    return json.loads(out)


def test_a_project_goes_from_registration_to_operation(run: Run, home: Path) -> None:
    of, at = ("--department", "ga"), ("--as", "steward")
    one = read(run, "project", "add", "人口平台二期", "--year", "2027", "--plan", "方案", *of)["id"]

    code, out, err = run("project", "approve", one, "--document", "发改1号", *at)
    assert code == 2
    assert "尚无同意的审核意见" in err
    code, out, _ = run("project", "show", one, *of)
    assert code == 0
    assert (
        f"下一步 next：公安局 → 关联目录与数据资产 linked to entries and data assets（project link {one} --entry 条目）"
        in out
    )
    read(run, "project", "link", one, "--entry", "ga_household", "--asset", "户籍=ga_household", "--asset", "标签", *of)
    assert read(run, "project", "opinion", one, "--agreed", *at)["state"] == "agreed"
    assert read(run, "project", "approve", one, "--document", "发改1号", *at)["approval"] == "发改1号"
    code, out, _ = run("project", "start", one, *of)
    assert f"（project ask-acceptance {one}）" in out
    assert (
        read(run, "project", "ask-acceptance", one, *of)["next"]["command"] == f"project accept {one} --document 文号"
    )
    assert read(run, "project", "refuse", one, "--reason", "材料不全", *at)["state"] == "acceptance_refused"
    read(run, "project", "ask-acceptance", one, *of)
    seen = read(run, "project", "checklist", one, *at)
    assert seen["gates"] == {"project_opinion": True, "acceptance": True}
    code, out, _ = run("project", "checklist", one, *at)
    assert code == 0
    assert "具备 met" in out
    assert "送达 1 次" in out
    assert read(run, "project", "accept", one, "--document", "验收1号", *at)["state"] == "accepted"
    assert read(run, "project", "operate", one, *of)["state"] == "operating"
    assert read(run, "project", "funds", one, "--year", "2028", "--granted", *at)["state"] == "operating"
    code, out, _ = run("project", "show", one, *at)
    assert "投入运行" in out
    assert [p["id"] for p in read(run, "project", "list", *at)] == [one]
    made = read(run, "project", "statement", one, *at)
    page, data = (Path(path) for path in made["files"])
    assert made["complied"] is True
    assert "废止" in page.read_text("utf-8")  # Haishu's rules are marked repealed wherever they are named
    assert json.loads(data.read_text("utf-8"))["digest"] == made["digest"]
    assert page.parent == home / "reports" / "projects"


def test_an_acceptance_that_is_barred_says_what_lacks(run: Run, home: Path) -> None:
    of = ("--department", "ga")
    city(home, "wuhan")
    one = read(run, "project", "add", "平台", "--year", "2027", "--plan", "方案", *of)["id"]
    code, _, err = run("project", "approve", one, "--document", "发改1号", "--as", "steward")
    assert code == 2
    assert "不得审批立项" in err
    code, _, err = run("project", "opinion", one, "--agreed", "--as", "steward")
    assert code == 2
    assert "未规定项目审核意见" in err
    assert read(run, "project", "withdraw", one, "--reason", "不建了", *of)["state"] == "withdrawn"


def test_a_purchase_of_what_the_platform_has_is_refused_and_another_becomes_a_task(run: Run, home: Path) -> None:
    of = ("--department", "sw")
    code, _, err = run("purchase", "tell", "户籍登记", "--from", "某公司", *of)
    assert code == 2
    assert "未要求购买数据前告知" in err
    city(home, "wuhan")
    code, out, _ = run("purchase", "tell", "户籍登记", "--from", "某公司", *of)
    assert code == 0
    assert "ga_household" in out
    assert "申请" in out
    other = read(run, "purchase", "tell", "卫星遥感影像", "--from", "某公司", "--item", "影像", *of)
    assert other["state"] == "clear"
    bought = read(run, "purchase", "bought", other["id"], "--contract", "HT-1", "--day", "2026-11-23", *of)
    assert bought["state"] == "bought"
    done = read(run, "purchase", "catalogue", other["id"], "--entry", "sw_tax_registration", *of)
    assert done["state"] == "shared"  # it is published, and on condition it may be shared
    assert {one["state"] for one in read(run, "purchase", "list", "--as", "steward")} >= {"duplicate"}
    assert any(one["kind"] == "purchase" for one in read(run, "asset", "list"))


@pytest.mark.duty("R-049", "R-050")
def test_the_ledger_of_assets_is_generated_per_department(run: Run, tmp_path: Path) -> None:
    found = read(run, "asset", "list", "--department", "ga")
    household = next(one for one in found if one["id"] == "ga_household")
    assert {one["department"] for one in found} == {"ga"}
    assert household["rows"] > 0
    assert household["last"].startswith("2026-11-21")
    book = tmp_path / "assets.xlsx"
    code, _, _ = run("asset", "list", "--xlsx", str(book))
    assert code == 0
    sheet = openpyxl.load_workbook(book)["数据资产"]
    rows = list(sheet.iter_rows(values_only=True))
    assert len(rows) - 1 == len(read(run, "asset", "list"))
    assert {row[1] for row in rows[1:]} >= {"信息资源", "基础库"}
    assert household["rows"] in [row[7] for row in rows]


def test_gathering_by_command(run: Run, home: Path) -> None:
    found = read(run, "gathering", "status")
    assert {one["standing"] for one in found} == {"in_time"}
    code, out, _ = run("gathering", "rate")
    assert code == 0
    assert "100%" in out
    assert read(run, "gathering", "rate")[-1]["share"] == 1.0
    code, _, err = run("gathering", "file", "ga_household", "--reason", "专网", "--met-by", "接口", "--until", "2027-03-31",
                       "--department", "ga")  # fmt: skip
    assert code == 2
    assert "没有汇聚例外备案" in err
    city(home, "longyan")
    stale = read(run, "gathering", "status", "--fresh", "1")
    assert "stale" in {one["standing"] for one in stale}
    filing = (
        "sw_social_insurance",
        "--reason",
        "专网",
        "--met-by",
        "接口",
        "--until",
        "2027-03-31",
        "--department",
        "sw",
    )
    filed = read(run, "gathering", "file", *filing)
    read(run, "gathering", "accept", filed["id"], "--document", "龙数备3号", "--as", "steward")
    listed = read(run, "gathering", "exceptions", "--as", "steward")
    assert listed["excused"]["sw_social_insurance"] == "龙数备3号"
    ended = read(run, "gathering", "exceptions", "--as", "steward", now="2027-04-01T09:00")
    assert "sw_social_insurance" not in ended["excused"]
    assert [one["state"] for one in ended["filings"]] == ["ended"]
    flow = read(
        run,
        "gathering",
        "return-flow",
        "request",
        "死亡数据",
        "--system",
        "省系统",
        "--need",
        "比对",
        "--department",
        "ga",
    )
    read(run, "gathering", "return-flow", "pass-up", flow["id"], "--document", "龙公请1号", "--department", "ga")
    done = read(run, "gathering", "return-flow", "grant", flow["id"], "--feed", "ga_household", "--department", "ga")
    assert done["state"] == "granted"
    assert [one["feed"] for one in read(run, "gathering", "return-flow", "list", "--as", "steward")] == ["ga_household"]


def test_gaps_by_command_with_a_page(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "gaps.html"
    found = read(run, "catalog", "gaps", "--html", str(page), now="2027-03-10T09:00")
    late = {one["subject"] for one in found["gaps"] if one["kind"] == "late"}
    assert "sw_tax_registration" in late
    assert found["city"]["gaps"]["late"] == len(late)
    assert "税务登记" in page.read_text("utf-8")
    code, out, _ = run("catalog", "gaps", "--department", "sw", now="2027-03-10T09:00")
    assert code == 0
    assert "送达逾期" in out
    assert "全市" not in out
    code, _, _ = run("catalog", "gaps", "--department", "gb")
    assert code == 2


def test_the_archive_by_command(run: Run, home: Path) -> None:
    done = read(run, "archive", "run", "--as", "steward")
    assert len(done["receipt"]["deliveries"]) > 0
    assert Path(done["file"]).exists()
    assert read(run, "archive", "run", "--as", "steward")["receipt"] is None
    assert [one["state"] for one in read(run, "archive", "verify", "--as", "steward")] == ["kept"]
    package = Path(done["file"])
    package.write_bytes(package.read_bytes()[:-20_000])
    code, out, err = run("archive", "verify", "--as", "steward")
    assert code == 3
    assert "已损坏" in out + err
    code, out, _ = run("archive", "list")
    assert done["receipt"]["package"] in out
    assert len(read(run, "archive", "run", "--as", "steward")["receipt"]["deliveries"]) == len(
        done["receipt"]["deliveries"]
    )


@pytest.mark.duty("R-070")
def test_special_libraries_are_listed_apart_and_their_end_is_told(run: Run, home: Path) -> None:
    (home / "city" / "themes").mkdir(exist_ok=True)
    (home / "city" / "themes" / "flood_elderly.sql").write_text(THEME, encoding="utf-8")
    code, out, err = run("theme", "list")
    assert code == 0, err
    assert "专题库 special libraries" in out
    assert "已到期" in out
    assert out.index("flood_elderly") > out.index("专题库")
    city(home, "wuhan")
    _, _, err = run("theme", "list")
    assert "未列专题库" in err
    city(home, "chifeng")
    _, _, err = run("theme", "list")
    assert "未列专题库" not in err
    kinds = {one["id"]: one["kind"] for one in read(run, "asset", "list")}
    assert kinds["flood_elderly"] == "special"


def test_what_the_clock_brings_to_filings_and_purchases(run: Run, home: Path) -> None:
    city(home, "wuhan")
    other = read(run, "purchase", "tell", "卫星遥感影像", "--from", "某公司", "--department", "sw")
    read(run, "purchase", "bought", other["id"], "--contract", "HT-1", "--day", "2026-11-23", "--department", "sw")
    assert read(run, "catalog", "remind")["purchases_shared"] == []
    city(home, "longyan")
    filing = (
        "sw_social_insurance",
        "--reason",
        "专网",
        "--met-by",
        "接口",
        "--until",
        "2027-03-31",
        "--department",
        "sw",
    )
    filed = read(run, "gathering", "file", *filing)
    read(run, "gathering", "accept", filed["id"], "--document", "龙数备3号", "--as", "steward")
    assert read(run, "catalog", "remind", now="2027-03-31T09:00")["exceptions_ended"] == []
    (ended,) = read(run, "catalog", "remind", now="2027-04-01T00:05")["exceptions_ended"]
    assert (ended["id"], ended["state"]) == (filed["id"], "ended")
