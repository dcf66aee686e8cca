"""Quality scores over a published snapshot: what they count, against a second count of the same city by SQL."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ground.errors import Unavailable
from hub.hub import Hub
from pipelines.scoring import Scores
from pipelines.serving import Reader
from portal.cli.app import main
from quality.scoring import Coverage

ME = Reader("tester", "测试")
START = datetime.fromisoformat("2026-11-21T15:00:00+08:00")


@pytest.fixture(scope="module")
def hub(small_city: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    home = Path(shutil.copytree(small_city, tmp_path_factory.mktemp("scored") / "home"))
    hub = Hub(home)
    hub.load_catalogue(START)
    with pytest.raises(Unavailable):
        hub.scoring.scores(START)
    for feed in hub.city.feeds:
        hub.intake.run(feed.id, START)
    hub.builder.run(START)
    yield hub
    hub.close()


@pytest.fixture(scope="module")
def scores(hub: Hub) -> Scores:
    return hub.scoring.scores(START)


def one(hub: Hub, query: str) -> int:
    [row] = hub.serving.sql(query, ME, START).to_pylist()
    [value] = row.values()
    return int(value)


@pytest.mark.duty("R-074", "R-076")
def test_a_metric_counts_what_was_asked_and_what_failed(hub: Hub, scores: Scores) -> None:
    [household] = [of for of in scores.resources if of.id == "ga_household"]
    # Completeness (0201) is the one rule that the name is given.
    rows = one(hub, "SELECT count(*) FROM ga_household")
    missing = one(hub, "SELECT count(*) FROM ga_household WHERE name IS NULL OR name = ''")
    found = household.metric("0201")
    assert (found.asked, found.counted, found.rules) == (rows, rows - missing, 1)
    assert missing > 0
    # Lists (0101) are asked of values that are there.
    given = one(hub, "SELECT count(sex) + count(ethnicity) + count(division) FROM ga_household")
    failed = one(
        hub,
        "SELECT count(*) FROM finding WHERE gone_since IS NULL AND rule IN "
        "('ga_household.sex.code', 'ga_household.ethnicity.code', 'ga_household.division.known')",
    )
    assert (household.metric("0101").asked, household.metric("0101").counted) == (given, given - failed)
    assert failed > 0


@pytest.mark.duty("R-076")
def test_sources_are_compared_only_where_two_know_the_key(hub: Hub, scores: Scores) -> None:
    [library] = [of for of in scores.libraries if of.id == "population"]
    compared = one(hub, "SELECT count(*) FROM population WHERE name__agreement IN ('agreed', 'differs')")
    differing = one(hub, "SELECT count(*) FROM population WHERE name__agreement = 'differs'")
    assert (library.metric("0401").asked, library.metric("0401").counted) == (compared, compared - differing)
    assert 0 < differing < compared < one(hub, "SELECT count(*) FROM population")


@pytest.mark.duty("R-074")
def test_what_intake_saw_counts_where_lower_is_better(hub: Hub, scores: Scores) -> None:
    [household] = [of for of in scores.resources if of.id == "ga_household"]
    [delivery] = hub.deliveries.of_resource("ga_household")
    dirty, twice = household.metric("0305"), household.metric("0303")
    assert (dirty.counted, dirty.asked) == (delivery.rows_quarantined, delivery.rows_in)
    assert (twice.counted, twice.asked) == (delivery.rows_repeated, delivery.rows_in)
    assert dirty.direction == twice.direction == "lower"
    assert dirty.share is not None and dirty.oriented == pytest.approx(100 - dirty.share)


@pytest.mark.duty("R-071", "R-072", "R-073")
def test_a_resource_that_is_overdue_loses_its_timeliness(hub: Hub, scores: Scores) -> None:
    assert {of.metric("0502").oriented for of in scores.resources} == {100}
    late = hub.scoring.scores(START + timedelta(days=70))
    assert {of.metric("0502").oriented for of in late.resources} == {0}
    assert late.city.score is not None and scores.city.score is not None
    assert late.city.score < scores.city.score


@pytest.mark.duty("R-074")
def test_everything_is_scored_and_nothing_unassessed_is_a_hundred(hub: Hub, scores: Scores) -> None:
    assert {of.id for of in scores.resources} == {of.id for of in hub.city.resources}
    assert {of.id for of in scores.departments} == {of.id for of in hub.city.departments}
    assert {of.id for of in scores.libraries} == set(hub.city.register.libraries)
    opened = {of.id for of in hub.city.resources if of.opening.class_ != "not"}
    assert opened and all(of.score is not None for of in scores.resources if of.id in opened)
    for of in (scores.city, *scores.resources):
        assert of.metric("0301").coverage is Coverage.NOT_ASSESSABLE
        assert of.metric("0301").oriented is None
        assert of.score is not None and of.score < 100
    # A department is its resources added up.
    police = next(of for of in scores.departments if of.id == "ga")
    assert police.metric("0302") == next(of for of in scores.resources if of.id == "ga_household").metric("0302")
    assert sum(of.findings for of in scores.departments) == scores.city.findings


def test_the_findings_of_the_scores_are_those_of_the_snapshot(hub: Hub, scores: Scores) -> None:
    assert scores.city.findings == one(hub, "SELECT count(*) FROM finding WHERE gone_since IS NULL")


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main([*words])
    text = capsys.readouterr()
    return int(left.value.code or 0), text.out, text.err


def test_scores_by_command(hub: Hub, scores: Scores, capsys: pytest.CaptureFixture[str]) -> None:
    at = ["--home", str(hub.home), "--now", START.isoformat()]
    code, out, _ = said(capsys, "quality", "score", "--resource", "ga_household", "--json", *at)
    assert code == 0
    [shown] = json.loads(out)["scores"]
    [expected] = [of for of in scores.resources if of.id == "ga_household"]
    assert shown["score"] == pytest.approx(expected.score, abs=1e-6)
    metrics = {of["metric"]: of for part in shown["dimensions"] for of in part["metrics"]}
    assert metrics["0301"]["coverage"] == "not_assessable"
    assert metrics["0301"]["oriented"] is None
    code, out, _ = said(capsys, "quality", "score", *at)
    assert code == 0
    assert "不可评估" in out and "not covered" in out
    code, _, err = said(capsys, "quality", "score", "--resource", "ga_houshold", *at)
    assert code == 2
    assert "ga_household" in err


def test_the_standard_that_turns_two_metrics_round_changes_no_score(
    hub: Hub, scores: Scores, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--home", str(hub.home), "--now", START.isoformat()]
    _, out, _ = said(capsys, "quality", "score", "--db31", "--json", *at)
    told = json.loads(out)
    assert told["standard"] == "DB31/T 1523-2024"
    city = told["scores"][0]
    assert city["score"] == pytest.approx(scores.city.score, abs=1e-6)
    turned = next(of for part in city["dimensions"] for of in part["metrics"] if of["metric"] == "0305")
    assert turned["better"] == "higher"
    assert turned["share"] == turned["oriented"] == pytest.approx(scores.city.metric("0305").oriented, abs=1e-5)


@pytest.mark.duty("R-077")
def test_every_rule_is_listed_with_where_it_comes_from(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(capsys, "quality", "rules", "--json", "--home", str(hub.home))
    listed = {of["rule"]: of for of in json.loads(out)}
    found = hub.serving.sql("SELECT DISTINCT rule FROM finding", ME, START).column("rule").to_pylist()
    assert set(found) <= set(listed)
    assert listed["ga_household.name.given"]["source"] == "declared"
    assert listed["ga_household.name.given"]["metric"] == "0201"
    assert listed["agreement.population.name"]["source"] == "register"
    assert listed["freshness.ga_household.in_time"]["source"] == "catalogue"
