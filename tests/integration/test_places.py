"""People's addresses joined to doors in a real lake: whole, by what changed, after an interruption, and reported."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from assets.definitions import build_defs
from assets.resources import Clock
from catalog.documents import load_city
from ground.errors import DocumentError
from hub.hub import Hub, init_home
from pipelines import building as building_service
from pipelines.building import BuildReport
from pipelines.places.report import TRUTH_COLUMNS
from pipelines.serving import Reader
from portal.cli.app import main
from warehouse.duckdb_engine import DuckDbEngine

sys.path.insert(0, str(Path(__file__).parent.parent / "spec"))
import place_city

ME = Reader("tester", "测试")
SAMPLE = 23
"""Every so manieth address lives in the lake of these tests."""
ITEMS: dict[str, tuple[list[str], list[tuple[str, str]]]] = {
    "door": (
        ["address_id"],
        [(one, "text") for one in ("address_id", "division", "street_code", "community", "road", "door_number", "estate")],
    ),
    "house": (
        ["building_id"],
        [("building_id", "text"), ("address_id", "text"), ("building_no", "text"), ("floors", "integer"), ("units", "integer")],
    ),
    "area": (
        ["code", "valid_from"],
        [
            ("code", "text"), ("name", "text"), ("level", "text"), ("parent", "text"), ("valid_from", "date"),
            ("valid_to", "date"), ("change", "text"), ("successor", "text"),
        ],
    ),
    "person": (["person_id"], [(one, "text") for one in ("person_id", "address", "division")]),
}  # fmt: skip
REGISTER: dict[str, Any] = {
    "libraries": {
        name: {
            "title": name,
            "key": ITEMS[resource][0][0],
            "key_in": {resource: ITEMS[resource][0][0]},
            "items": {
                item: {"title": item, "authority": resource, "type": kind} for item, kind in ITEMS[resource][1][1:]
            },
        }
        for name, resource in (("resident", "person"), ("doors", "door"), ("houses", "house"))
    },
    "places": {"doors": "doors", "buildings": "houses", "divisions": "area"},
}
REGISTER["libraries"]["resident"]["located"] = {"address": {"division": "division"}}


def declare(home: Path, register: dict[str, Any]) -> None:
    """Write the catalogue of the little city."""
    for resource, (key, items) in ITEMS.items():
        entry = {
            "id": resource, "title": resource, "department": "bureau", "system": "系统", "storage_format": "database",
            "provision_mode": "file", "share_until": "长期", "sharing": {"class": "unconditional"},
            "opening": {"class": "unconditional"}, "update_cycle": "monthly", "key": key,
            "items": [{"id": name, "title": name, "type": kind} for name, kind in items],
        }  # fmt: skip
        feed = {
            "id": resource, "resource": resource, "source": {"kind": "file", "path": f"bureau/{resource}_{{period}}.csv"},
            "format": {"kind": "csv", "encoding": "utf-8"}, "columns": {name: name for name, _ in items},
        }  # fmt: skip
        write(home / "city" / "resources" / f"{resource}.yaml", entry)
        write(home / "city" / "feeds" / f"{resource}.yaml", feed)
    write(home / "city" / "register.yaml", register)


def write(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")


def deliver(home: Path, resource: str, rows: list[dict[str, Any]], now: datetime) -> None:
    """Put a full delivery into the inbox and take it."""
    path = home / "inbox" / "bureau" / f"{resource}_{now:%Y-%m-%d}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    names = [name for name, _ in ITEMS[resource][1]]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    hub = Hub(home)
    try:
        outcomes = [one.outcome.value for one in hub.intake.run(resource, now)]
    finally:
        hub.close()
    assert outcomes[-1] == "taken"


def build(home: Path, now: datetime) -> BuildReport:
    hub = Hub(home)
    try:
        hub.load_catalogue(now)
        return hub.builder.run(now)
    finally:
        hub.close()


def ask(home: Path, query: str, now: datetime) -> list[dict[str, Any]]:
    hub = Hub(home)
    try:
        return hub.serving.sql(query, ME, now).to_pylist()
    finally:
        hub.close()


@pytest.fixture(scope="module")
def city() -> dict[str, list[dict[str, Any]]]:
    """Rows of every resource, and the truth of the people's addresses."""
    with DuckDbEngine(threads=1) as engine:
        place_city.build(engine)
        engine.execute(
            f"CREATE TEMP TABLE sample AS SELECT key AS person_id, * FROM c_address WHERE hash(key) % {SAMPLE} = 0"
        )
        tables = {"door": "c_door", "house": "c_building", "area": "c_division", "person": "sample"}
        return {name: engine.to_arrow(engine.table(table)).to_pylist() for name, table in tables.items()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, city: dict[str, list[dict[str, Any]]]) -> tuple[Path, BuildReport]:
    """A home with everything delivered and built once, and what its first build said."""
    home, now = tmp_path_factory.mktemp("places") / "home", datetime.fromisoformat("2026-11-21T15:00:00+08:00")
    init_home(home)
    declare(home, REGISTER)
    for resource, rows in city.items():
        deliver(home, resource, rows, now)
    truth = pa.Table.from_pylist(
        [
            one | {"resource": "person", "complete": one["form"] in place_city.COMPLETE, "building_id": one["building_id"] or ""}
            for one in city["person"]
        ]
    )  # fmt: skip
    (home / "simulation").mkdir()
    pq.write_table(truth.select(list(TRUTH_COLUMNS)), home / "simulation" / "address_truth.parquet")
    return home, build(home, now)


@pytest.fixture
def home(built: tuple[Path, BuildReport], tmp_path: Path) -> Path:
    return Path(shutil.copytree(built[0], tmp_path / "home"))


PLACES = "SELECT * FROM resident_place ORDER BY person_id"


def test_places_follow_what_changes(
    home: Path, built: tuple[Path, BuildReport], now: datetime, city: dict[str, list[dict[str, Any]]]
) -> None:
    [located] = built[1].located
    people = city["person"]
    assert (located.library, located.mode, located.rows) == ("resident", "full", len(people))
    before = ask(home, PLACES, now)
    assert len(before) == len(people)
    assert {row["item"] for row in before} == {"address"}

    # A few people move, one leaves: only they are looked up.
    later = now + timedelta(days=1)
    target = next(one for one in people if one["form"] == "2")
    moved = [one | {"address": target["address"]} for one in people[1:8]]
    deliver(home, "person", [*moved, *people[8:]], later)
    second = build(home, later)
    [located] = second.located
    assert (located.mode, located.rows) == ("increment", len(people) - 1)
    assert located.looked_up <= 7
    after = ask(home, PLACES, later)
    assert {row["address_id"] for row in after if row["person_id"] in {one["person_id"] for one in moved}} == {
        target["address_id"]
    }
    untouched = {one["person_id"] for one in people[8:]}
    assert [row for row in after if row["person_id"] in untouched] == [
        row for row in before if row["person_id"] in untouched
    ]

    # A door goes: every address may mean another one now.
    last = now + timedelta(days=2)
    gone = target["address_id"]
    deliver(home, "door", [one for one in city["door"] if one["address_id"] != gone], last)
    third = build(home, last)
    assert [one.mode for one in third.located] == ["full"]
    assert not ask(home, f"SELECT 1 FROM resident_place WHERE address_id = '{gone}'", last)
    assert build(home, last + timedelta(hours=1)).located == []


def test_an_interrupted_build_leaves_the_published_places(
    home: Path, now: datetime, city: dict[str, list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ask(home, PLACES, now)
    later = now + timedelta(days=1)
    deliver(home, "person", [one | {"address": "江岸区"} for one in city["person"]], later)
    with monkeypatch.context() as patched:
        patched.setattr(building_service.Discoverer, "run", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            build(home, later)
    assert ask(home, PLACES, later) == before
    again = build(home, later)
    assert "base.resident_place" in again.restored
    assert {row["grade"] for row in ask(home, PLACES, later)} == {"division"}


THEME = """\
-- title: 住户所在街道
-- grain: 每个街道一行
-- department: bureau
-- key: [street_code]
-- columns: {street_code: 街道代码, people: 人数}
-- hold: {有人: people > 0}
SELECT street_code, count(*) AS people FROM resident_place WHERE street_code IS NOT NULL GROUP BY street_code
"""


@pytest.mark.duty("R-067", "R-068")
def test_the_run_in_dagster_shows_where_people_are_and_what_is_derived_from_it(
    home: Path, now: datetime, city: dict[str, list[dict[str, Any]]]
) -> None:
    (home / "city" / "themes" / "streets.sql").write_text(THEME, encoding="utf-8")
    later = now + timedelta(days=1)
    deliver(home, "person", city["person"][5:], later)
    defs = build_defs(home=home, resource_overrides={"clock": Clock(fixed=later.isoformat())})
    with dg.DagsterInstance.ephemeral() as instance:
        result = defs.resolve_job_def("build_and_publish").execute_in_process(instance=instance)
    told = {
        event.materialization.asset_key.to_user_string(): {
            name: one.value for name, one in event.materialization.metadata.items()
        }
        for event in result.get_asset_materialization_events()
    }
    assert told["place/resident"]["dagster/row_count"] == len(city["person"]) - 5
    assert told["place/resident"]["mode"] == "increment"
    assert 0 < told["place/resident"]["with_door"] < len(city["person"])
    streets = ask(home, "SELECT people FROM streets", later)
    assert told["theme/streets"]["dagster/row_count"] == len(streets) > 0
    assert told["published"]["moved"]
    # Nothing new: no address is matched, no theme derived, and the run still ends well.
    with dg.DagsterInstance.ephemeral() as instance:
        again = defs.resolve_job_def("build_and_publish").execute_in_process(instance=instance)
    shown = {event.materialization.asset_key.to_user_string() for event in again.get_asset_materialization_events()}
    assert again.success
    assert not shown & {"place/resident", "theme/streets"}


def test_without_doors_nobody_is_located(tmp_path: Path, now: datetime, city: dict[str, list[dict[str, Any]]]) -> None:
    home = tmp_path / "home"
    init_home(home)
    declare(home, REGISTER)
    deliver(home, "person", city["person"][:20], now)
    assert build(home, now).located == []
    # Doors alone will do; buildings and the history of divisions may come later.
    deliver(home, "door", city["door"], now + timedelta(days=1))
    assert [one.mode for one in build(home, now + timedelta(days=1)).located] == ["full"]


def test_the_report_holds_the_matches_against_the_truth(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main(["report", "addresses", "--home", str(home), "--json"])
    assert done.value.code == 0
    facts = json.loads(capsys.readouterr().out)
    complete = facts["complete"]
    assert complete["rows"] > 1500
    assert complete["right_rate"] >= 0.95
    assert complete["error_rate"] <= 0.005
    assert {one["kind"] for one in facts["forms"]} == {*place_city.COMPLETE, *place_city.INCOMPLETE}
    assert [one["kind"] for one in facts["forms"]][:6] == list(place_city.COMPLETE)
    assert sum(one["rows"] for one in facts["by_grade"]) == sum(one["rows"] for one in facts["grades"])
    rooms = next(one for one in facts["by_grade"] if one["kind"] == "room")
    assert rooms["building_right"] == rooms["buildings"] == rooms["rows"]
    page = (home / "reports" / "addresses.md").read_text(encoding="utf-8")
    assert f"{complete['right_rate']:.2%}" in page
    assert (home / "reports" / "addresses.svg").read_text(encoding="utf-8").count("<rect") > 30

    (home / "simulation" / "address_truth.parquet").unlink()
    with pytest.raises(SystemExit) as done:
        main(["report", "addresses", "--home", str(home)])
    assert done.value.code == 0
    assert "resident" in capsys.readouterr().out


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no such item": ({"located": {"home": {}}}, "home"),
    "no places": ({"places": None}, "places"),
    "doors without a road": ({"road": None}, "road"),
    "no such library": ({"doors": "nowhere"}, "nowhere"),
    "no such resource": ({"divisions": "nowhere"}, "nowhere"),
}


@pytest.mark.parametrize("change", WRONG)
def test_a_mistake_in_the_register_is_named(tmp_path: Path, change: str) -> None:
    home = tmp_path / "home"
    init_home(home)
    register: dict[str, Any] = yaml.safe_load(yaml.safe_dump(REGISTER))
    edit, said = WRONG[change]
    if "located" in edit:
        register["libraries"]["resident"]["located"] = edit["located"]
    elif "places" in edit:
        del register["places"]
    elif "road" in edit:
        del register["libraries"]["doors"]["items"]["road"]
    else:
        register["places"] |= edit
    declare(home, register)
    with pytest.raises(DocumentError, match=said):
        load_city(home / "city")
