"""Written addresses are joined to the right door, and what several doors would fit is left open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import count
from typing import Any

import ibis.expr.types as ir
import place_city
import pyarrow as pa
import pytest

from pipelines.places.grades import GRADES, WITH_DOOR
from pipelines.places.match import PLACE_COLUMNS, match
from pipelines.places.similar import similar_names
from warehouse.duckdb_engine import DuckDbEngine

_names = count()


@pytest.fixture(scope="module")
def city(duckdb_engine: DuckDbEngine) -> DuckDbEngine:
    """The small city with all its addresses matched, table ``c_match``."""
    place_city.build(duckdb_engine)
    tables = [duckdb_engine.table(name) for name in ("c_door", "c_building", "c_division")]
    candidates = duckdb_engine.table("c_address").select("key", "address", "division")
    duckdb_engine.stage(match(candidates, *tables, duckdb_engine.stage, city="武汉市"), "c_match")
    return duckdb_engine


def rates(engine: DuckDbEngine) -> dict[str, tuple[int, float, float]]:
    """Per form: addresses, the share at the right door, the share at a wrong one."""
    rows = engine.execute(
        "SELECT form, count(*), avg(CAST(coalesce(m.address_id = a.address_id, false) AS INTEGER)), "
        "avg(CAST(coalesce(m.address_id <> a.address_id, false) AS INTEGER)) "
        "FROM c_address a JOIN c_match m USING (key) GROUP BY form"
    )
    return {str(form): (int(rows), float(right), float(wrong)) for form, rows, right, wrong in rows}


@pytest.mark.parametrize("form", place_city.COMPLETE)
def test_a_complete_address_finds_its_door(city: DuckDbEngine, form: str) -> None:
    rows, right, wrong = rates(city)[form]
    assert rows > 1000
    assert right >= 0.99
    assert wrong <= 0.001


@pytest.mark.parametrize("form", place_city.INCOMPLETE)
def test_an_incomplete_address_is_not_given_a_wrong_door(city: DuckDbEngine, form: str) -> None:
    _, right, wrong = rates(city)[form]
    assert wrong <= 0.01
    if form == "street_only":
        assert right == 0
    if form == "misspelt":
        assert right >= 0.9


def test_one_row_per_key_with_a_known_grade(city: DuckDbEngine) -> None:
    assert city.execute("SELECT count(*) = count(DISTINCT key) FROM c_match") == [(True,)]
    assert city.execute("SELECT count(*) FROM c_match") == city.execute("SELECT count(*) FROM c_address")
    found = city.execute("SELECT DISTINCT grade, address_id IS NOT NULL FROM c_match")
    assert {grade for grade, _ in found} <= {one.id for one in GRADES}
    assert all(door == (grade in WITH_DOOR) for grade, door in found)


def test_the_building_is_the_one_written(city: DuckDbEngine) -> None:
    wrong = city.execute(
        "SELECT count(*) FROM c_address a JOIN c_match m USING (key) "
        "WHERE m.grade IN ('room', 'building') AND m.building_id IS DISTINCT FROM a.building_id"
    )
    assert wrong == [(0,)]
    assert city.execute("SELECT count(*) > 10000 FROM c_match WHERE grade = 'room'") == [(True,)]


def test_a_road_of_several_districts_is_ambiguous_without_one(city: DuckDbEngine) -> None:
    grades = city.execute(
        "SELECT DISTINCT m.grade, m.address_id FROM c_address a JOIN c_match m USING (key) "
        "WHERE form = 'no_district' AND address LIKE '中山大道%'"
    )
    assert grades == [("ambiguous", None)]


def test_old_names_of_streets_lead_to_present_ones(city: DuckDbEngine) -> None:
    found = city.execute(
        "SELECT DISTINCT m.old_name, m.old_name_until, right(m.street_code, 6) FROM c_address a JOIN c_match m USING (key) "
        "WHERE form = '6' ORDER BY 1"
    )
    assert found == [("merged", date(2018, 12, 31), "001000"), ("renamed", date(2015, 6, 30), "002000")]
    assert city.execute(
        "SELECT count(*) FROM c_match WHERE old_name IS NOT NULL AND key NOT LIKE '6%'"
    ) == [(0,)]  # fmt: skip


# --- single cases, on every engine ------------------------------------------------------------------------------------

DOORS = [
    # address_id, division, street_code, community, road, door_number, estate
    ("d1", "420102", "420102001000", "扬子社区", "中山大道", "12号", "阳光花园"),
    ("d2", "420102", "420102001000", "扬子社区", "中山大道", "14号", "阳光花园"),
    ("d3", "420103", "420103001000", "民权社区", "中山大道", "12号", "金色小区"),
    ("d4", "420103", "420103001000", "民权社区", "黎黄陂路", "5号附1", ""),
    ("d5", "420102", "420102002000", "大智社区", "解放路", "7号", "春风苑"),
    ("d6", "420102", "420102002000", "大智社区", "解放大道", "7号", "秋月苑"),
    ("d7", "420116", "420116001000", "张家村", "3组", "12号", ""),
    ("d8", "420116", "420116001000", "李家村", "3组", "12号", ""),
    ("d9", "420102", "420102001000", "扬子社区", "同名路", "1号", ""),
    ("d10", "420102", "420102002000", "大智社区", "同名路", "1号", ""),
    ("d12", "420116", "420116001000", "张家村", "木兰大道", "8号", ""),
    ("d13", "420102", "420102001000", "扬子社区", "水塔街", "8号", "水乡花园"),
    ("d14", "420102", "420102001000", "扬子社区", "水塔街", "10号", "水乡花园"),
    ("d11", "420103", "420103001000", "民权社区", "独一路", "1号", "独园"),
]
BUILDINGS = [("b1", "d1", "1", 6, 2), ("b2", "d1", "2栋", 18, 3), ("b3", "d5", "1", 6, 1)]
DIVISIONS = [
    ("420102", "江岸区", "3", "1990-01-01", None, "established", None),
    ("420103", "江汉区", "3", "1990-01-01", None, "established", None),
    ("420116", "黄陂区", "3", "1998-09-15", None, "established", None),
    ("420116", "黄陂县", "3", "1950-01-01", "1998-09-14", "renamed", None),
    ("420102001000", "一元街道", "4", "1990-01-01", None, "established", None),
    ("420102002000", "大智街道", "4", "2000-01-01", None, "renamed", None),
    ("420102002000", "车站街道", "4", "1980-01-01", "1999-12-31", "established", None),
    ("420102008000", "天声街道", "4", "1980-01-01", "2009-12-31", "merged", "420102009000"),
    ("420102009000", "天声桥街道", "4", "2000-01-01", "2014-12-31", "merged", "420102001000"),
    ("420103001000", "民权街道", "4", "1990-01-01", None, "established", None),
    ("420116001000", "木兰乡", "4", "1990-01-01", None, "established", None),
    ("420116001001", "张家村", "5", "2010-01-01", None, "renamed", None),
    ("420116001001", "红星村", "5", "1970-01-01", "2009-12-31", "established", None),
]  # fmt: skip

CASES: list[tuple[str, str | None, str, str | None, str | None]] = [
    # address, declared division, grade, door, building
    ("江岸区中山大道12号阳光花园2栋3单元1801室", "420102", "room", "d1", "b2"),
    ("江岸区中山大道12号2栋4单元501室", "420102", "building", "d1", "b2"),
    ("江岸区中山大道12号2栋1单元1901室", "420102", "building", "d1", "b2"),
    ("江岸区中山大道12号9栋1单元101室", "420102", "door", "d1", None),
    ("江岸区中山大道12号", None, "door", "d1", None),
    ("江岸区大智街道中山大道12号", None, "door_other_street", "d1", None),
    ("江岸区中山大道12号金色小区1栋", None, "door_other_estate", "d1", "b1"),
    ("江岸区中山大道12号", "420103", "door_other_division", "d1", None),
    ("中山大道12号", "420103", "door", "d3", None),
    ("中山大道12号", None, "ambiguous", None, None),
    ("中山大道14号", None, "door_other_division", "d2", None),
    ("独一路1号", "420102", "door_other_division", "d11", None),
    ("一元街道中山大道12号", None, "door", "d1", None),
    ("江岸区同名路1号", None, "ambiguous", None, None),
    ("江岸区大智街道同名路1号", None, "door", "d10", None),
    ("江岸区大智社区同名路1号", None, "door", "d10", None),
    ("江岸区车站街道同名路1号", None, "door", "d10", None),
    ("江岸区天声街道同名路1号", None, "door", "d9", None),
    ("江汉区黎黄坡路5号附1号", None, "door_similar", "d4", None),
    ("江汉区黎黄陂大道5-1号", None, "door_similar", "d4", None),
    # Both roads are there: only the estate can tell that the other one was meant.
    ("江岸区解放路7号1单元301室", None, "room", "d5", "b3"),
    ("江岸区解放路7号秋月苑", None, "door_similar", "d6", None),
    ("江岸区解放一路7号", None, "door_similar", "d5", "b3"),
    ("江岸区解方路7号秋月苑", None, "estate", None, None),
    ("黄陂区木兰乡张家村3组12号", None, "door", "d7", None),
    ("黄陂县木兰乡红星村村委会三组十二号", None, "door", "d7", None),
    ("黄陂区木兰乡张家村木兰大道8号", None, "door", "d12", None),
    ("江岸区水乡花园", None, "estate", None, None),
    ("江汉区独一路独园", None, "door_by_estate", "d11", None),
    ("江岸区中山大道阳光花园", None, "estate", None, None),
    ("江岸区中山大道99号", None, "road", None, None),
    ("江岸区一元街道", None, "street", None, None),
    ("江岸区", None, "division", None, None),
    ("长沙市芙蓉区中山大道14号", "420102", "elsewhere", None, None),
    ("海外", None, "none", None, None),
    ("", None, "none", None, None),
]


def text_table(names: list[str], rows: list[tuple[Any, ...]]) -> pa.Table:
    columns = list(zip(*rows, strict=True))
    return pa.table({name: pa.array(column) for name, column in zip(names, columns, strict=True)})


def keeper(engine: Any) -> Callable[[ir.Table], ir.Table]:
    """Evaluates a table once, on any engine."""
    if hasattr(engine, "stage"):
        return engine.stage
    return lambda table: engine.load(f"placed_{next(_names)}", engine.to_arrow(table))


def matched(engine: Any, cases: list[tuple[str, str | None]]) -> list[dict[str, Any]]:
    doors = text_table(["address_id", "division", "street_code", "community", "road", "door_number", "estate"], DOORS)
    buildings = text_table(["building_id", "address_id", "building_no", "floors", "units"], BUILDINGS)
    divisions = text_table(["code", "name", "level", "valid_from", "valid_to", "change", "successor"], DIVISIONS)
    for name in ("valid_from", "valid_to"):
        place = divisions.column_names.index(name)
        divisions = divisions.set_column(place, name, divisions[name].cast(pa.date32()))
    candidates = pa.table(
        {
            "key": pa.array([f"k{place:03d}" for place in range(len(cases))]),
            "address": pa.array([address for address, _ in cases], pa.string()),
            "division": pa.array([division for _, division in cases], pa.string()),
        }
    )
    tables = [
        engine.load(f"case_{name}", table)
        for name, table in (("asked", candidates), ("door", doors), ("building", buildings), ("division", divisions))
    ]
    found = engine.to_arrow(match(*tables, keeper(engine), city="武汉市")).sort_by("key")
    assert found.column_names == ["key", *PLACE_COLUMNS]
    return found.to_pylist()


def test_cases(engine: Any) -> None:
    found = matched(engine, [(address, declared) for address, declared, *_ in CASES])
    got = [(row["grade"], row["address_id"], row["building_id"]) for row in found]
    expected = [(grade, door, building) for _, _, grade, door, building in CASES]
    wrong = [(case[:2], one) for case, one, right in zip(CASES, got, expected, strict=True) if one != right]
    assert not wrong


def test_where_an_address_lies_is_told_as_far_as_it_is_known(duckdb_engine: DuckDbEngine) -> None:
    asked = ["江岸区天声街道", "江岸区中山大道99号", "江岸区", "长沙市芙蓉区某路1号", "独一路1号", "江岸区车站街道"]
    found = matched(duckdb_engine, [(address, "420102") for address in asked])
    assert [(row["street_code"], row["division"], row["old_name"]) for row in found] == [
        ("420102001000", "420102", "merged"),
        ("420102001000", "420102", None),
        (None, "420102", None),
        (None, "420102", None),
        ("420103001000", "420103", None),
        ("420102002000", "420102", "renamed"),
    ]


def test_names_one_character_apart(duckdb_engine: DuckDbEngine) -> None:
    def names(*given: str) -> ir.Table:
        table = pa.table({"district": ["420102"] * len(given), "named": list(given)})
        return duckdb_engine.load(f"names_{next(_names)}", table)

    known = ["中山大道", "中山路", "建设一路", "建设二路", "黎黄陂路", "胜利街", "洞庭街"]
    pairs = similar_names(
        names("中山", "建设三路", "黎黄坡路", "黎陂路", "黎黄陂路口", "胜利路", "陂黎黄路"), names(*known)
    )
    found = sorted((row["named"], row["meant"]) for row in duckdb_engine.to_arrow(pairs).to_pylist())
    assert found == [
        ("建设三路", "建设一路"),
        ("建设三路", "建设二路"),
        ("胜利路", "胜利街"),
        ("黎陂路", "黎黄陂路"),
        ("黎黄坡路", "黎黄陂路"),
        ("黎黄陂路口", "黎黄陂路"),
    ]
