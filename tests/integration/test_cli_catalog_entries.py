"""Entries and lists by command, over a home: what a person reads, and what changing the city's rules changes."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from portal.cli.app import main

NOW = "2026-11-25T10:00"
Run = Callable[..., str]
ENTRY = """\
id: ga_dog_licence
title: 养犬登记
department: ga
system: 无
code: 3012001001/000901
category: 部门/公安局
abstract: 全市养犬登记信息
collection_basis: 养犬管理条例第三条
storage_format: database
provision_mode: file
share_until: 长期
sharing: {class: not, reason: 涉及个人隐私, legal_basis: 个人信息保护法第二十八条}
opening: {class: unconditional}
update_cycle: monthly
key: [licence_no]
items:
  - {id: licence_no, title: 养犬登记证号}
  - {id: breed, title: 犬种}
"""


@pytest.fixture
def home(small_city: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_city, tmp_path / "home"))


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: str, code: int = 0, now: str = NOW) -> str:
        with pytest.raises(SystemExit) as left:
            main(["catalog", *words, "--home", str(home), "--now", now])
        said = capsys.readouterr()
        assert int(left.value.code or 0) == code, said.err
        return said.out if code == 0 else said.err

    return call


@pytest.fixture
def document(tmp_path: Path) -> Callable[..., str]:
    def written(text: str = ENTRY, name: str = "ga_dog_licence.yaml") -> str:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return str(tmp_path / name)

    return written


def under(home: Path, city: str) -> None:
    settings = home / "settings.yaml"
    settings.write_text(
        re.sub(r"(?m)^profile:.*$", f"profile: {city}", settings.read_text(encoding="utf-8")), encoding="utf-8"
    )


def test_an_entry_goes_its_way_and_every_step_says_what_comes_next(home, run, document):
    under(home, "wuhan")
    drafted = run("draft", document(), "--department", "ga")
    assert (
        "下一步 next：公安局 → 提交审核" in drafted and "（catalog submit ga_dog_licence --department ga）" in drafted
    )
    assert "catalog review ga_dog_licence" in run("submit", "--department", "ga")
    assert "待政府批准" in run("review", "ga_dog_licence", "--department", "bureau")
    assert "待政府批准" in run("publish", "ga_dog_licence", code=2)
    assert "文号" in run("approve", "ga_dog_licence", code=2)
    run("approve", "ga_dog_licence", "--document", "武政〔2026〕8号")
    run("publish", "ga_dog_licence", "--department", "ga")
    assert (home / "city" / "resources" / "ga_dog_licence.yaml").exists()
    shown = run("show", "ga_dog_licence")
    assert "不予共享（涉及个人隐私；个人信息保护法第二十八条；武政〔2026〕8号）" in shown
    changed = document(ENTRY.replace("title: 养犬登记\n", "title: 养犬登记与免疫\n"))
    assert "2026-11-30 24:00（武汉市第11条）" in run("change", changed, "--because", "error", "--department", "ga")
    shown = run("show", "ga_dog_licence")
    assert "title：养犬登记 → 养犬登记与免疫" in shown
    assert "2026-11-28  不计  周六，休息日" in shown
    assert "逾期" in run("entries", "--due", now="2026-12-02T09:00")
    told = json.loads(run("changes", "--since", "2026-11-25", "--json"))
    assert ("ga_dog_licence", "change_requested") in [(one["entry"], one["event"]) for one in told]
    assert json.loads(run("show", "ga_dog_licence", "--json"))["changes"][0]["new"] == "养犬登记与免疫"


@pytest.mark.parametrize(
    ("city", "word", "due"),
    [("wuhan", "不予共享", "2026-11-30"), ("longyan", "暂不共享", None), ("haishu", "非共享", None)],
)
def test_changing_the_rules_of_a_home_changes_words_dates_and_what_is_permitted(home, run, document, city, word, due):
    under(home, city)
    department = home / "city" / "departments.yaml"
    text = department.read_text(encoding="utf-8")
    if "stewards" not in text:  # Longyan asks for one
        text = text.replace("id: ga\n", "id: ga\n  stewards: [{name: 李某, appointed: 2020-01-01}]\n", 1)
        department.write_text(text, encoding="utf-8")
    run("draft", document(), "--department", "ga")
    run("submit", "ga_dog_licence", "--department", "ga")
    if city == "longyan":
        assert "备案（龙岩市第11条）" in run("review", "ga_dog_licence", code=2)
    run("review", "ga_dog_licence", "--document", "备〔2026〕1号")
    if city == "wuhan":
        run("approve", "ga_dog_licence", "--document", "武政〔2026〕8号")
    run("publish", "ga_dog_licence")
    assert word in run("show", "ga_dog_licence")
    override = (
        "override",
        "ga_dog_licence",
        "--class",
        "unconditional",
        "--until",
        "2026-12-01",
        "--reason",
        "防疫应急",
    )
    if city == "wuhan":
        assert "临时调整至" in run(*override, "--department", "ga") + run("show", "ga_dog_licence")
    else:
        assert "没有临时性调整共享类型的规定" in run(*override, "--department", "ga", code=2)
    changed = document(ENTRY.replace("title: 养犬登记\n", "title: 养犬登记与免疫\n"))
    (told,) = json.loads(run("change", changed, "--because", "error", "--department", "ga", "--json"))
    assert told["due"] == due


def test_a_secret_is_refused_at_the_door(run, document):
    told = run("draft", document(ENTRY + "secret: true\n"), "--department", "ga", code=2)
    assert "国家秘密" in told
    assert "R-20261125-0001" in told
    assert "养犬" not in told


def test_documents_changed_by_hand_are_seen_and_confirmed(home, run):
    run("entries")
    path = home / "city" / "resources" / "ga_household.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("title: 户籍登记", "title: 户口登记"), encoding="utf-8")
    assert "文件有改动，未复核" in run("entries", "--state", "redeclared")
    assert "文件改动未复核" in run("entries", "--due")
    assert "已发布 published" in run("confirm", "--all")
    assert "title：户籍登记 → 户口登记" in run("trail", "ga_household")
    assert "无 none" in run("entries", "--state", "redeclared")


def test_what_is_used_is_not_withdrawn(run):
    run("withdraw", "ga_household", "--reason", "试", "--department", "ga")
    told = run("withdraw", "ga_household", code=2)
    assert "数据源 ga_household 送达它" in told
    assert "来源登记（population）引用它" in told
    run("withdraw", "ga_household", "--refuse", "--reason", "仍在使用")
    assert [one["event"] for one in _trail(run, "ga_household")][-2:] == ["withdrawal_requested", "withdrawal_refused"]


def test_how_far_the_catalogue_is(run):
    told = run("rollup")
    assert "未提交 nothing" in told
    assert "公安局（ga）" in told
    rows = {one["department"]: one for one in json.loads(run("rollup", "--json"))}
    assert (rows["ga"]["published"], rows["bureau"]["nothing"]) == (1, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("entries", "--state", "lost"), "没有名为 lost 的状态"),
        (("show", "nothing"), "nothing"),
        (("submit",), "请写明条目编号"),
        (("review", "--all"), "没有可由您办理此步骤的条目"),
        (("trail", "ga_household", "--sharing", "--opening"), "只写一个"),
        (("return", "ga_household"), "原因"),
    ],
)
def test_what_cannot_be_is_said_with_what_can(run, words, told):
    run("entries")
    assert told in run(*words, code=2)


def test_an_open_list_from_its_beginning_to_the_public(home, run):
    under(home, "haishu")
    name = json.loads(run("open-list", "open", "--title", "开放目录", "--json"))["id"]
    assert "开放属性属不开放的一类" in run("open-list", "compile", name, "ga_household", code=2)
    run("open-list", "compile", name, "sc_company:credit_code,name", "--format", "csv")
    assert "尚未征求" in run("open-list", "publish", name, code=2)
    told = run("open-list", "consult", name, "--until", "2026-12-01", "--public-until", "2026-12-02")
    assert "2026-12-02 24:00" in told
    run("open-list", "answer", name, "--agree", "--department", "sc")
    run("open-list", "comment", name, "--author", "王某", "--text", "希望每日更新")
    assert "公众意见第 1 条未答复" in run("open-list", "close", name, code=2)
    run("open-list", "reply", name, "1", "--not-taken", "--text", "来源按月更新")
    run("open-list", "close", name, now="2026-12-03T09:00")
    assert "没有已公布的开放清单" in run("open-list", "public")
    run("open-list", "publish", name, now="2026-12-03T09:00")
    told = run("open-list", "public")
    assert "credit_code、name" in told
    assert "无条件开放" in told
    assert "王某" in run("open-list", "show", name)
    assert _listed(run)[0]["state"] == "published"
    under(home, "wuhan")
    assert "未规定开放清单" in run("open-list", "open", "--title", "开放目录", code=2)
    assert "没有区（县）补充目录的规定" in run("supplement", "open", "--title", "补充", "--of", "bureau", code=2)


def _trail(run: Run, entry: str) -> Any:
    return json.loads(run("trail", entry, "--json"))


def _listed(run: Run) -> Any:
    return json.loads(run("open-list", "list", "--json"))
