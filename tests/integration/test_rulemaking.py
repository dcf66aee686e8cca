"""Stewards try and adopt rules over what is published: what is said, what is written, and what is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ground.errors import DocumentError, Unavailable
from hub.hub import Hub
from pipelines.rulemaking import CHANGES
from pipelines.serving import Reader
from portal.cli.app import main

ME = Reader("tester", "测试")
START = datetime.fromisoformat("2026-11-21T15:00:00+08:00")
LATER = START + timedelta(days=1)
DOCUMENT = """\
resource: ga_household
rules:
  # 姓名一般两到四字
  - id: ga_household.name.usual_length
    title: 姓名为两到四字
    item: name
    check: {kind: length, min: 2, max: 4}
    severity: warning
    dimension: accuracy
    basis: 户籍窗口约定
    message: {zh: 姓名字数少见，请核实。, en: An unusual length of a name; verify it.}
"""
MOST_FAIL = DOCUMENT.replace("usual_length", "one_letter").replace("min: 2, max: 4", "min: 9, max: 9")


@pytest.fixture(scope="module")
def built(small_city: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = Path(shutil.copytree(small_city, tmp_path_factory.mktemp("rules") / "home"))
    hub = Hub(home)
    hub.load_catalogue(START)
    with pytest.raises(Unavailable):
        hub.rulemaking.dry_run(DOCUMENT)
    for feed in hub.city.feeds:
        hub.intake.run(feed.id, START)
    hub.builder.run(START)
    hub.close()
    return home


@pytest.fixture
def hub(built: Path, tmp_path: Path) -> Iterator[Hub]:
    hub = Hub(Path(shutil.copytree(built, tmp_path / "home")))
    yield hub
    hub.close()


def state(home: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (home / "city" / "rules").iterdir()}


@pytest.mark.duty("R-077")
def test_a_dry_run_says_how_many_rows_fail_and_changes_nothing(hub: Hub) -> None:
    before = state(hub.home)
    tried = hub.rulemaking.dry_run(DOCUMENT)
    [row] = hub.serving.sql(
        "SELECT count(*) AS n, count(name) AS asked, count(*) FILTER (length(name) NOT BETWEEN 2 AND 4) AS failing "
        "FROM ga_household", ME, START,
    ).to_pylist()  # fmt: skip
    [trial] = tried.trials
    assert (tried.rows, trial.asked, trial.failing) == (row["n"], row["asked"], row["failing"])
    assert 0 < trial.failing < trial.asked
    assert trial.metric == "0302"
    assert state(hub.home) == before
    # Where some of them stand, by batch and row number, and no value.
    wrong = hub.serving.sql(
        "SELECT _batch, _row, name, citizen_id FROM ga_household WHERE length(name) NOT BETWEEN 2 AND 4", ME, START
    ).to_pylist()
    places = {f"{one['_batch']} 第 {one['_row']} 行 row" for one in wrong}
    assert set(trial.examples) <= places
    assert len(trial.examples) == min(5, len(places))
    said = repr(tried)
    assert not any(one["name"] in said or one["citizen_id"] in said for one in wrong)


@pytest.mark.duty("R-077")
def test_an_adopted_rule_finds_in_the_next_build_what_it_was_said_to_find(hub: Hub) -> None:
    path = hub.home / "city" / "rules" / "ga_household.yaml"
    before = path.read_text(encoding="utf-8")
    done = hub.rulemaking.adopt(DOCUMENT, "甲", LATER)
    assert done.path == path
    after = path.read_text(encoding="utf-8")
    assert after.startswith(before.rstrip("\n"))
    assert "# 姓名一般两到四字" in after
    [line] = (path.parent / CHANGES).read_text(encoding="utf-8").splitlines()
    entry = json.loads(line)
    assert (entry["by"], entry["rules"][0]["id"]) == ("甲", "ga_household.name.usual_length")
    assert entry["rules"][0]["failing"] == done.tried.trials[0].failing
    again = Hub(hub.home)
    try:
        again.builder.run(LATER)
        found = again.serving.sql(
            "SELECT count(*) AS n FROM finding WHERE rule = 'ga_household.name.usual_length' AND gone_since IS NULL",
            ME, LATER,
        ).to_pylist()  # fmt: skip
        assert found == [{"n": done.tried.trials[0].failing}]
        with pytest.raises(DocumentError, match="usual_length"):
            again.rulemaking.adopt(DOCUMENT, "甲", LATER)
    finally:
        again.close()


def test_a_rule_that_most_rows_fail_is_refused_unless_the_steward_insists(hub: Hub) -> None:
    before = state(hub.home)
    with pytest.raises(DocumentError, match="--even-if-many"):
        hub.rulemaking.adopt(MOST_FAIL, "甲", LATER)
    assert state(hub.home) == before
    hub.rulemaking.adopt(MOST_FAIL, "甲", LATER, even_if_many=True)
    assert "one_letter" in (hub.home / "city" / "rules" / "ga_household.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "where", "said"),
    [
        (("kind: length", "kind: lenght"), r"rule\.yaml:7 .*check", "length"),
        (("item: name", "item: nam"), "rule.yaml", "ga_household.nam."),
        (("name", "nickname"), "rule.yaml", "nickname"),
        (("dimension: accuracy", "dimension: accuracy\n    metric: '0201'"), r"rule\.yaml:\d+ ", "0201"),
        (("    title: 姓名为两到四字\n", ""), r"rule\.yaml:\d+ .*title", "title"),
        (("min: 2, max: 4", "min: 4, max: 2"), r"rule\.yaml:7 ", "4"),
        (("resource: ga_household", "resource: ga_househol"), "rule.yaml", "ga_househol"),
        (("message: {", "message: {zh: x, "), r"rule\.yaml:11", "zh"),
        (
            ("resource: ga_household\n", "resource: ga_household\nwithout: {ga_household.name.builtin_x: 无}\n"),
            "without",
            "without",
        ),
    ],
)
def test_what_does_not_hold_is_refused_with_its_place_and_nothing_is_written(
    hub: Hub, change: tuple[str, str], where: str, said: str
) -> None:
    before = state(hub.home)
    with pytest.raises(DocumentError, match=where) as refused:
        hub.rulemaking.adopt(DOCUMENT.replace(*change), "甲", LATER)
    assert said in refused.value.zh + refused.value.en + str(refused.value)
    assert state(hub.home) == before


def test_a_rule_about_a_library_that_has_no_history_yet_is_said_to_be_not_assessable(hub: Hub) -> None:
    text = DOCUMENT.replace(
        "{kind: length, min: 2, max: 4}",
        "{kind: steady, key: citizen_id, library: population, library_item: name, within_days: 30}",
    )
    [trial] = hub.rulemaking.dry_run(text).trials
    assert (trial.asked, trial.failing, trial.share) == (None, None, None)
    assert trial.not_assessable is not None and "population_history" in trial.not_assessable


def test_a_resource_without_rules_gets_a_document(hub: Hub) -> None:
    path = hub.home / "city" / "rules" / "ga_household.yaml"
    path.unlink()
    hub.rulemaking.adopt(DOCUMENT, "甲", LATER)
    assert path.read_text(encoding="utf-8") == DOCUMENT


def test_by_command(hub: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(DOCUMENT, encoding="utf-8")

    def run(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(["quality", "rule", *words, "--home", str(hub.home), "--now", LATER.isoformat()])
        text = capsys.readouterr()
        return int(left.value.code or 0), text.out, text.err

    before = state(hub.home)
    code, out, _ = run("check", str(file), "--json")
    tried = json.loads(out)
    assert (code, state(hub.home)) == (0, before)
    assert tried["rules"][0]["failing"] > 0
    code, out, _ = run("add", str(file), "--user", "甲", "--json")
    assert code == 0
    assert json.loads(out)["written"].endswith("ga_household.yaml")
    code, _, err = run("add", str(file))
    assert (code, "已存在" in err) == (2, True)
    file.write_text(DOCUMENT.replace("kind: length", "kind: lenght"), encoding="utf-8")
    code, _, err = run("check", str(file))
    assert code == 2
    assert "mine.yaml:7" in err
    assert run("check", str(tmp_path / "none.yaml"))[0] == 2
