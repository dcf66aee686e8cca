"""``shuyuan policy``: shown side by side, used, checked; what a reader sees, and what a program gets."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ground.errors import DocumentError, UserError
from hub.hub import init_home
from hub.settings import TEMPLATE
from policy.overlays import OVERLAYS
from policy.parameters import PARAMETERS
from policy.profile import PROFILES
from portal.cli.app import app
from portal.cli.policies import with_profile

NOW = ["--now", "2026-11-02T09:00"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("policies") / "home"
    init_home(place)
    return place


def run(home: Path, *said: str) -> str:
    done = attempt(home, *said)
    assert done.exit_code == 0, done.output
    return done.output


def attempt(home: Path, *said: str) -> Result:
    return CliRunner().invoke(app, ["policy", *said, "--home", str(home), *NOW])


def test_the_list_names_every_version_with_its_status(home: Path) -> None:
    told = run(home, "list")
    for word in (
        "haishu@2022-01-01",
        "已废止",
        "repealed",
        "试行",
        "on trial",
        "仅有官方解读",
        "explanation only",
        "现行有效",
        "本目录 here",
    ):
        assert word in told, word
    rows = json.loads(run(home, "list", "--json"))
    assert [one["city"] for one in rows] == ["chifeng", "haishu", "lianyungang", "longyan", "wuhan"]
    assert [one["city"] for one in rows if one["used_here"]] == ["haishu"]
    assert all(one["current"] for one in rows)


def test_a_city_is_shown_with_articles_house_reasons_and_silence(home: Path) -> None:
    told = run(home, "show", "wuhan")
    for word in (
        "武汉市 Wuhan",
        "现行有效 in force",
        "视为同意",
        "consent",
        "第17条",
        "3个工作日",
        "第11条",
        "未规定",
        "自定 house：",
        "10个工作日（未核实 unverified）",
    ):
        assert word in told, word
    facts = json.loads(run(home, "show", "wuhan", "--json"))
    said = facts["parameters"]
    assert set(said) == {one.path for one in PARAMETERS}
    assert said["sharing.answer_within"]["said"] == {"value": "10wd", "article": "17"}
    assert said["sharing.deliver_within"]["said"] == "silent"
    assert "house" in said["problem_data.days"]["said"]
    assert said["sharing.silence"]["use"] == {"kind": "waits", "where": "sharing"}
    assert {one["parameter"] for one in facts["unverified"]} >= {"sharing.answer_within", "problem_data.days"}


def test_without_a_city_the_home_s_own_is_shown_and_its_repeal_first(home: Path) -> None:
    first, second = run(home, "show").splitlines()[:2]
    assert "宁波市海曙区" in first and "已废止 repealed" in first
    assert "废止" in second


def test_two_cities_stand_side_by_side_and_only_what_differs(home: Path) -> None:
    told = run(home, "diff", "haishu", "wuhan")
    assert "宁波市海曙区（规则已废止）" in told and "武汉市" in told
    assert "受限共享" in told and "有条件共享" in told
    assert "5个工作日" in told and "10个工作日" in told
    assert "互补隐去" not in told  # the same in both
    assert "互补隐去" in run(home, "diff", "haishu", "wuhan", "--all")
    facts = json.loads(run(home, "diff", "haishu", "wuhan", "--json"))
    assert facts["versions"] == ["haishu@2022-01-01", "wuhan@2021-11-15"]
    found = {one["parameter"]: one for one in facts["parameters"]}
    assert found["sharing.silence"]["wuhan@2021-11-15"] == {"value": "consent", "article": "17"}
    assert found["problem_data.urgent"]["wuhan@2021-11-15"] == "silent"
    assert f"共 {len(PARAMETERS)} 项，不同 {len(found)} 项" in told


def test_a_city_differs_in_nothing_from_itself(home: Path) -> None:
    assert "不同 0 项" in run(home, "diff", "longyan", "longyan@2020-10-26")


def test_another_city_is_used_and_the_settings_keep_their_comments(tmp_path: Path) -> None:
    place = tmp_path / "home"
    init_home(place)
    told = run(place, "use", "longyan")
    assert "龙岩市" in told and "试行 on trial" in told and "原为 haishu" in told
    assert (place / "settings.yaml").read_text(encoding="utf-8") == TEMPLATE.replace(
        "profile: haishu", "profile: longyan"
    )
    assert json.loads(run(place, "use", "wuhan", "--json")) == {
        "before": "longyan", "profile": "wuhan", "version": "wuhan@2021-11-15", "open_cases": {},
    }  # fmt: skip


@pytest.mark.parametrize("city", ["nowhere", "wuhan@2021-11-15"])
def test_what_is_no_city_is_not_used(home: Path, city: str) -> None:
    before = (home / "settings.yaml").read_text(encoding="utf-8")
    assert isinstance(attempt(home, "use", city).exception, UserError)
    assert (home / "settings.yaml").read_text(encoding="utf-8") == before


def test_settings_without_a_profile_get_one() -> None:
    assert with_profile("threads: 2\n", "wuhan") == "profile: wuhan\nthreads: 2\n"
    assert (
        with_profile("# profile: x\nprofile: haishu   # ours\n", "wuhan") == "# profile: x\nprofile: wuhan   # ours\n"
    )


def test_a_file_is_checked_before_it_is_put_into_the_home(home: Path, tmp_path: Path) -> None:
    text = (PROFILES / "wuhan.yaml").read_text(encoding="utf-8")
    good = tmp_path / "ours.yaml"
    good.write_text(text.replace("id: wuhan", "id: ours"), encoding="utf-8")
    assert "ours@2021-11-15" in run(home, "check", str(good))
    wrong = tmp_path / "wuhan.yaml"
    wrong.write_text(text.replace("value: 3wd", "value: 3天"), encoding="utf-8")
    with pytest.raises(DocumentError) as caught:
        raise attempt(home, "check", str(wrong)).exception
    line = text[: text.index("value: 3wd")].count("\n") + 1
    assert f"wuhan.yaml:{line} catalogue.review_within.value: 期限“3天”无法识别" in caught.value.zh
    twice = tmp_path / "wuhan@2026-01-01.yaml"
    twice.write_text(text.replace("effective_from: 2021-11-15", "effective_from: 2026-01-01"), encoding="utf-8")
    with pytest.raises(UserError, match="in force at once"):
        raise attempt(home, "check", str(twice)).exception


def test_without_a_file_all_of_the_home_are_checked_and_every_wrong_one_told(tmp_path: Path) -> None:
    place = tmp_path / "home"
    init_home(place)
    assert "没有文件" in run(place, "check")
    profiles, overlays = place / "city" / "profiles", place / "city" / "overlays"
    profiles.mkdir(exist_ok=True)
    overlays.mkdir(exist_ok=True)
    text = (PROFILES / "wuhan.yaml").read_text(encoding="utf-8")
    (profiles / "ours.yaml").write_text(text.replace("id: wuhan", "id: ours"), encoding="utf-8")
    law = (OVERLAYS / "order_809.yaml").read_text(encoding="utf-8")
    (overlays / "order_809.yaml").write_text(law, encoding="utf-8")
    told = json.loads(run(place, "check", "--json"))
    assert [one["file"] for one in told] == ["city/profiles/ours.yaml", "city/overlays/order_809.yaml"]
    assert "ours@2021-11-15" in (said := run(place, "check")) and "order_809" in said
    (profiles / "ours.yaml").write_text(text.replace("id: wuhan", "id: theirs"), encoding="utf-8")
    (overlays / "order_809.yaml").write_text(law.replace("verified: false", "verified: 否", 1), encoding="utf-8")
    with pytest.raises(DocumentError) as caught:
        raise attempt(place, "check").exception
    assert "city/profiles/ours.yaml" in caught.value.zh
    assert "city/overlays/order_809.yaml:" in caught.value.zh


def test_a_broken_file_of_the_home_stops_it_with_place_and_remedy(tmp_path: Path) -> None:
    place = tmp_path / "home"
    init_home(place)
    (place / "city" / "profiles").mkdir()
    (place / "city" / "profiles" / "haishu@2027-01-01.yaml").write_text(
        (PROFILES / "haishu.yaml")
        .read_text(encoding="utf-8")
        .replace("effective_from: 2022-01-01", "effective_from: 2027-01-01"),
        encoding="utf-8",
    )
    with pytest.raises(UserError) as caught:
        raise attempt(place, "list").exception
    assert "city/profiles/haishu@2027-01-01.yaml" in caught.value.zh
    assert "2026-12-31" in caught.value.zh


def test_a_city_that_cannot_be_written_down_leaves_the_settings_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "home"
    init_home(place)
    before = (place / "settings.yaml").read_bytes()

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert "磁盘" in str(attempt(place, "use", "wuhan").exception)
    assert (place / "settings.yaml").read_bytes() == before
    assert not list(place.glob(".settings*"))
