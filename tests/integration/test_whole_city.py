"""The main job on the whole simulated city, sixteen departments, as ``shuyuan demo`` runs it; every test reads its home."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest

from hub.hub import Hub
from pipelines.intake.store import Outcome
from pipelines.serving import Reader
from pipelines.themes.marks import DISPUTED
from portal.cli.app import main
from simulation.truth import Comparison, compare, read_truth

PERSONS, NOW = 3_000, "2026-11-21T15:00"
"""As the fixture `whole_home` was made with."""
ME = Reader("tester", "测试")
THEMES = {"company_life": "credit_code", "live_and_work": "street_code", "livelihood_support": "citizen_id"}


@dataclass(frozen=True)
class City:
    """The home after the demonstration, and what that said, without the lines of its tables."""

    hub: Hub
    said: str

    def ask(self, query: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.hub.serving.sql(query, ME, datetime.fromisoformat(NOW + "+08:00")).to_pylist()
        return rows

    def one(self, query: str) -> Any:
        ((value,),) = [list(row.values()) for row in self.ask(query)]
        return value


@pytest.fixture(scope="module")
def city(whole_home: tuple[Path, str]) -> Iterator[City]:
    home, said = whole_home
    hub = Hub(home)
    yield City(hub, re.sub(r"[ \t]+", " ", re.sub(r"[│┃|]", " ", said)))
    hub.close()


@pytest.fixture(scope="module")
def comparison(city: City) -> Comparison:
    """The findings of the published snapshot against what was planted."""
    found = city.hub.serving.sql(
        "SELECT resource, row_key AS key, item, rule FROM finding WHERE gone_since IS NULL",
        ME,
        datetime.fromisoformat(NOW + "+08:00"),
    )
    return compare(read_truth(city.hub.home), found.to_pandas())


def as_json(capsys: pytest.CaptureFixture[str], *words: str, home: Path) -> Any:
    with pytest.raises(SystemExit) as left:
        main([*words, "--json", "--home", str(home), "--now", NOW])
    said = capsys.readouterr()
    assert not left.value.code, said.err
    return json.loads(said.out)


# --- what came in, and what became of it ------------------------------------------------------------------------------


@pytest.mark.duty("R-062")
def test_every_department_has_delivered_and_every_delivery_was_taken(city: City) -> None:
    settled = city.hub.deliveries.of()
    assert {one.outcome for one in settled} == {Outcome.TAKEN}
    delivered = {city.hub.city.feed(one.feed).resource_id for one in settled}
    assert delivered == {one.resource_id for one in city.hub.city.feeds}
    assert len({city.hub.city.department_of(one).id for one in delivered}) == 16
    # What has an entry and no feed is a gap that `pipelines.gaps` tells; nobody delivers it.
    waiting = {one.id for one in city.hub.city.resources} - delivered
    assert {one.split("_")[0] for one in waiting} == {"dhf", "jar"}, "of districts' departments"


@pytest.mark.duty("R-056", "R-057", "R-067", "R-069")
def test_every_library_has_one_row_per_key_and_says_who_decided(city: City) -> None:
    libraries = city.hub.city.register.libraries
    assert {one.base for one in libraries.values()} == {"population", "legal_person", "geography", "licence"}
    for name, library in libraries.items():
        # A value has a source, and nothing else has one.
        sources = ", ".join(
            f"list(DISTINCT {item}__source) AS {item}, "
            f"count(*) FILTER (({item} IS NULL) <> ({item}__source IS NULL)) AS {item}_unsaid"
            for item in library.items
        )
        [row] = city.ask(f"SELECT count(*) AS _n, count(DISTINCT {library.key}) AS _k, {sources} FROM {name}")
        assert row["_n"] == row["_k"] > 0, name
        for item, entry in library.items.items():
            assert row[f"{item}_unsaid"] == 0, f"{name}.{item}"
            assert set(row[item]) - {None} <= set(entry.origins), f"{name}.{item}"


@pytest.mark.duty("R-057")
def test_every_kind_of_legal_person_is_served_under_its_own_register(city: City) -> None:
    rows = city.ask("SELECT name__source AS s, count(*) AS n FROM legal_person WHERE name IS NOT NULL GROUP BY 1")
    assert {row["s"] for row in rows} >= {"sc_company", "mz_social_organisation", "bb_public_institution"}


@pytest.mark.duty("R-056", "R-067")
def test_former_codes_lead_to_the_code_in_force_with_their_evidence(city: City) -> None:
    for name, key in (("population", "citizen_id"), ("legal_person", "credit_code")):
        [row] = city.ask(
            f"SELECT count(*) AS n, count(batch) AS evidence, count(DISTINCT alias) AS codes, "
            f"count(*) FILTER (alias IN (SELECT {key} FROM {name})) AS of_their_own FROM {name}_alias WHERE NOT ambiguous"
        )
        assert row["n"] == row["evidence"] == row["codes"] > 0
        # What is an alias is no key of its own: its rows were joined under the code in force.
        assert row["of_their_own"] == 0
    assert city.one("SELECT count(*) FROM legal_person_alias WHERE kind = 'split' AND NOT ambiguous") == 0


@pytest.mark.duty("R-067")
def test_what_names_nobody_waits_beside_the_library(city: City) -> None:
    """A newborn or a death without an identity number is in no row of the population, and is not lost."""
    waiting = city.ask("SELECT resource, count(*) AS n FROM population_residue GROUP BY 1")
    assert waiting and all(row["n"] > 0 for row in waiting)
    for row in waiting:
        resource = row["resource"]
        key = city.hub.city.register.libraries["population"].key_in[resource]
        assert row["n"] == city.one(f"SELECT count(*) FROM {resource} WHERE {key} IS NULL")


# --- errors ---------------------------------------------------------------------------------------------------------


@pytest.mark.duty("R-076", "R-077")
def test_what_was_planted_is_found_and_what_is_found_was_planted(comparison: Comparison) -> None:
    recall = comparison.recall
    planted, found = int(recall["planted"].sum()), int(recall["found"].sum())
    assert len(recall) > 30 and planted > 200
    assert found / planted >= 0.99, f"{found} of {planted}:\n{recall[recall['recall'] < 1].to_string()}"
    findings, caused = int(comparison.precision["findings"].sum()), int(comparison.precision["caused"].sum())
    strange = comparison.precision[comparison.precision["precision"] < 1]
    assert caused / findings >= 0.99, f"{caused} of {findings}:\n{strange.to_string()}"


def test_no_kind_of_error_goes_unfound_altogether(comparison: Comparison) -> None:
    unseen = comparison.recall[comparison.recall["found"] == 0]
    assert unseen.empty, unseen.to_string()


def test_what_only_looks_wrong_raises_no_alarm(comparison: Comparison) -> None:
    assert len(comparison.look_alikes) > 20
    assert comparison.false_alarms.empty, comparison.false_alarms.to_string()


@pytest.mark.duty("R-077", "R-180")
def test_every_error_is_with_the_department_that_must_mend_it(city: City) -> None:
    tickets = city.hub.tickets.list()
    errors = city.one("SELECT count(*) FROM finding WHERE gone_since IS NULL AND severity = 'error'")
    assert sum(one.findings_open for one in tickets) == errors > 200
    assert {str(one.due) for one in tickets} == {"2026-11-27"}
    assert len({one.department for one in tickets}) >= 10


# --- what the demonstration says --------------------------------------------------------------------------------------


def test_the_demonstration_says_how_many_of_each_kind_were_found(city: City, comparison: Comparison) -> None:
    for row in comparison.recall.itertuples():
        assert f" {row.kind} {row.planted} {row.found} {row.recall:.1%} " in city.said
    for row in comparison.precision.itertuples():
        assert f" {row.rule} {row.findings} {row.caused} {row.precision:.1%} " in city.said
    for row in comparison.look_alikes.itertuples():
        assert f" {row.kind} {row.rows} {row.false_alarms} " in city.said
    planted, found = int(comparison.recall["planted"].sum()), int(comparison.recall["found"].sum())
    assert f"planted {planted}，发现 found {found}（{found / planted:.2%}）" in city.said


def test_the_demonstration_names_departments_libraries_and_releases(city: City) -> None:
    for library in city.hub.city.register.libraries:
        assert f" {library} " in city.said
    owing = {one.department for one in city.hub.tickets.list()}
    for one in city.hub.city.departments:
        assert (one.name in city.said) or one.id not in owing
    for release in city.hub.releases.declared():
        folder = city.hub.home / "published" / release.replace("_", "-")
        assert bool(list(folder.glob("*/manifest.json"))) is (f"{release} 未发布 refused" not in city.said)
    assert {path.name for path in (city.hub.home / "published").iterdir()} >= {
        "legal-person-by-district-industry", "population-by-district-age",
    }  # fmt: skip


# --- places and themes ------------------------------------------------------------------------------------------------


@pytest.mark.duty("R-067")
def test_the_report_on_addresses_by_command(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    facts = as_json(capsys, "report", "addresses", home=city.hub.home)
    complete = facts["complete"]
    assert complete["rows"] > PERSONS
    assert complete["right_rate"] >= 0.95
    assert complete["error_rate"] <= 0.005
    assert {one["library"] for one in facts["grades"]} == {"population", "legal_person"}
    assert all(one["error_rate"] <= 0.05 for one in facts["forms"] if one["rows"] >= 20)
    assert f"{complete['right_rate']:.2%}" in city.said
    assert (city.hub.home / "reports" / "addresses.md").read_text(encoding="utf-8")


@pytest.mark.duty("R-068", "R-069")
@pytest.mark.parametrize(("theme", "key"), THEMES.items())
def test_a_theme_is_built_by_the_build_and_served_by_sql(city: City, theme: str, key: str) -> None:
    [row] = city.ask(f"SELECT count(*) AS n, count(DISTINCT {key}) AS k FROM {theme}")
    assert row["n"] == row["k"] > 0
    declared = city.hub.theme(theme).header
    # the declared columns, and beside them the mark of a ticket still open on the row
    assert list(city.ask(f"SELECT * FROM {theme} LIMIT 1")[0]) == [*declared.columns, DISPUTED]
    for condition in declared.hold.values():
        assert city.one(f"SELECT count(*) FROM {theme} WHERE NOT coalesce({condition}, false)") == 0


@pytest.mark.duty("R-068")
def test_a_theme_agrees_with_the_libraries_it_is_derived_from(city: City) -> None:
    counted = {
        "units": "company_life",
        "legal_persons": "legal_person",
        "supported": "livelihood_support WHERE minimum_living_state = '1'",
        "receiving": "population WHERE minimum_living_state = '1'",
        "streets": "live_and_work",
        "boundaries": "place_street",
        "alive": "population WHERE death_date IS NULL",
    }
    parts = ", ".join(f"(SELECT count(*) FROM {what}) AS {name}" for name, what in counted.items())
    [row] = city.ask(f"SELECT {parts}, (SELECT sum(residents) FROM live_and_work) AS living")
    assert row["units"] == row["legal_persons"] > 0
    assert row["supported"] == row["receiving"] > 0
    assert row["streets"] == row["boundaries"] > 0
    assert 0.8 * PERSONS < row["living"] <= row["alive"]


@pytest.mark.duty("R-068")
def test_themes_by_command(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    home = city.hub.home
    listed = {one["id"]: one for one in as_json(capsys, "theme", "list", home=home)}
    assert set(listed) == set(THEMES)
    assert {listed[name]["department"] for name in THEMES} == {"sc", "ga", "mz"}
    shown = as_json(capsys, "theme", "show", "company_life", home=home)
    assert shown["columns"] == listed["company_life"]["columns"]
    assert "FROM legal_person" in shown["query"]
    with pytest.raises(SystemExit) as left:
        main(["theme", "show", "company_lif", "--home", str(home)])
    assert left.value.code == 2
    assert "company_life" in capsys.readouterr().err


@pytest.mark.duty("R-068", "R-100")
def test_a_theme_is_drawn_street_by_street_and_the_use_is_in_the_ledger(
    city: City, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = city.hub.home
    drawn = as_json(capsys, "theme", "map", "live_and_work", "--user", "甲", "--purpose", "制图核查", home=home)
    picture = ElementTree.parse(drawn["file"]).getroot()
    streets = city.one("SELECT count(*) FROM place_street WHERE boundary IS NOT NULL")
    assert picture.tag.endswith("svg")
    assert len([one for one in picture.iter() if one.tag.endswith("path")]) >= streets > 3
    as_json(capsys, "ledger", "export", str(tmp_path / "ledger"), home=home)
    [file] = (tmp_path / "ledger").glob("ledger*.jsonl")
    assert "制图核查" in file.read_text(encoding="utf-8")
    with pytest.raises(SystemExit) as left:
        main(["theme", "map", "company_life", "--home", str(home), "--now", NOW])
    assert left.value.code == 2


@pytest.mark.duty("R-068")
def test_a_theme_whose_test_fails_stops_the_build_and_readers_see_what_they_saw(city: City, tmp_path: Path) -> None:
    home = Path(shutil.copytree(city.hub.home, tmp_path / "home"))
    path = home / "city" / "themes" / "company_life.sql"
    text = path.read_text(encoding="utf-8")
    impossible = "-- hold:\n--   不可能: employees_insured < 0\n"
    assert "-- hold:\n" in text
    path.write_text(text.replace("-- hold:\n", impossible, 1), encoding="utf-8")
    with pytest.raises(SystemExit) as left:
        main(["build", "--home", str(home), "--now", "2026-11-23T15:00"])
    assert left.value.code == 3
    other = Hub(home)
    try:
        assert other.pointer.current() == city.hub.pointer.current()
    finally:
        other.close()


def test_the_numbers_of_the_truth_are_those_of_the_city(city: City) -> None:
    """The comparison above is worth something only if the city bears errors of every kind in every corner."""
    truth: pd.DataFrame = read_truth(city.hub.home)
    errors = truth[truth["is_error"]]
    assert errors["kind"].nunique() > 40
    assert len(set(errors["resource"])) >= 25
    assert set(truth["expected"]) == {"finding", "quarantine", "normalised", "none", "false_alarm", "human"}
