"""Rules about geometry: a table with well-known text in, every row that breaks a rule out."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely
from pyproj import Geod

from quality.rules import Rule
from quality.scan import scan
from standards.coordinates import from_cgcs2000
from warehouse.duckdb_engine import DuckDbEngine

AS_OF = datetime.date(2026, 11, 21)


@dataclass(frozen=True)
class Owned:
    id: str = "place"
    department: str = "zj"


@pytest.fixture(scope="module")
def spatial() -> Any:
    with DuckDbEngine(threads=2) as engine:
        engine.extend_spatial()
        yield engine


def rule(item: str, /, **check: Any) -> Rule:
    return Rule.model_validate(
        {
            "id": f"place.{item}.r",
            "title": "t",
            "item": item,
            "check": check,
            "dimension": "accuracy",
            "basis": "GB",
            "message": {"zh": "有误", "en": "wrong"},
        }
    )


def square(west: float, south: float, size: float = 0.01) -> str:
    return shapely.box(west, south, west + size, south + size).wkt


def failing(
    engine: DuckDbEngine, check: Rule, rows: dict[str, list[Any]], **references: dict[str, list[Any]]
) -> list[int]:
    """Places of the rows that fail, in order."""
    size = len(next(iter(rows.values())))
    table = pa.table(rows | {"key": [f"k{n}" for n in range(size)], "_batch": ["b"] * size})
    plan = scan(
        engine.load("_place", table),
        [check],
        key=["key"],
        references={name: engine.load(f"_{name}", pa.table(columns)) for name, columns in references.items()},
        as_of=AS_OF,
        resource=Owned(),
    )
    assert not plan.not_assessable
    found = engine.to_arrow(plan.failures)["row_key"].to_pylist()
    counted = engine.to_arrow(plan.counts).to_pylist()
    assert [(one["rows"], one["failed"]) for one in counted] == [(size, len(found))]
    return sorted(int(one[1:]) for one in found)


BOWTIE = "POLYGON ((114 30, 114.01 30.01, 114.01 30, 114 30.01, 114 30))"
WITH_A_HOLE = "POLYGON ((114 30, 114.1 30, 114.1 30.1, 114 30.1, 114 30), (114.02 30.02, 114.02 30.04, 114.04 30.04, 114.02 30.02))"


def test_a_geometry_is_valid(spatial: DuckDbEngine) -> None:
    values = [
        square(114, 30),
        BOWTIE,
        "POLYGON ((114 30",
        "",
        None,
        "POINT (114 30)",
        WITH_A_HOLE,
        "LINESTRING (1 1, 1 1)",
    ]
    assert failing(spatial, rule("v", kind="geometry_valid"), {"v": values}) == [1, 2, 3, 7]


def test_a_geometry_lies_within_a_box(spatial: DuckDbEngine) -> None:
    check = rule("v", kind="within_city", bounds=[113, 29, 115, 31])
    values = [
        "POINT (114 30)",
        "POINT (30 114)",
        "POINT (113 29)",
        square(114.995, 30),
        None,
        BOWTIE.replace("114", "140"),
    ]
    assert failing(spatial, check, {"v": values}) == [1, 3]


def test_a_geometry_lies_within_the_districts_together(spatial: DuckDbEngine) -> None:
    """Over the border of two districts is inside the city; over the border of the city is not."""
    check = rule("v", kind="within_city", resource="street", item="shape")
    street = {"shape": [square(114, 30, 0.1), square(114.1, 30, 0.1), None]}
    values = [square(114.095, 30.05), square(114.195, 30.05), "POINT (114.05 30.05)", "POINT (115 30)", None, BOWTIE]
    assert failing(spatial, check, {"v": values}, street=street) == [1, 3]


def test_a_door_lies_in_the_street_of_its_code(spatial: DuckDbEngine) -> None:
    check = rule("v", kind="inside_of", key="code", resource="street", item="shape", other_key="street_code")
    street = {
        "street_code": ["s1", "s2", "s2", "s3", None],
        "shape": [square(114, 30), square(114.1, 30), square(114.2, 30), BOWTIE, square(114.3, 30)],
    }
    values = ["POINT (114.005 30.005)", "POINT (114.105 30.005)", "POINT (114.205 30.005)", "POINT (114.005 30.005)"]
    codes: list[str | None] = ["s1", "s1", "s2", "s2"]
    values += [
        "POINT (114 30)",
        "POINT (1 1)",
        "POINT (1 1)",
        "POINT (1 1)",
        None,
        square(114.001, 30.001, 0.001),
        square(114.005, 30),
    ]
    codes += ["s1", "s3", "s9", None, "s1", "s1", "s1"]
    assert failing(spatial, check, {"v": values, "code": codes}, street=street) == [1, 3, 10]


def test_it_may_stick_out_by_a_tolerance(spatial: DuckDbEngine) -> None:
    street = {"code": ["s1"], "shape": [square(114, 30)]}
    rows = {"v": ["POINT (113.99999 30.005)", "POINT (113.9999 30.005)"], "code": ["s1", "s1"]}
    wanted = {"key": "code", "resource": "street", "item": "shape"}
    assert failing(spatial, rule("v", kind="inside_of", **wanted), rows, street=street) == [0, 1]
    assert failing(spatial, rule("v", kind="inside_of", tolerance_m=5, **wanted), rows, street=street) == [1]


def test_polygons_do_not_overlap(spatial: DuckDbEngine) -> None:
    values = [
        square(114, 30),
        square(114.01, 30),  # shares a border
        square(114.02, 30),
        square(114.0299999, 30),  # a centimetre over the border: 11 square metres in all
        square(114.05, 30),
        square(114.055, 30.005),  # a quarter of it
        square(114.052, 30.001, 0.001),  # within the one before the last
        None,
        BOWTIE,
        square(114.05, 30.5, 0.0001),
    ]
    check = rule("v", kind="no_overlap", tolerance_m2=20)
    assert failing(spatial, check, {"v": values}) == [4, 5, 6]
    assert failing(spatial, rule("v", kind="no_overlap"), {"v": values}) == [2, 3, 4, 5, 6]


def test_overlaps_are_those_that_every_pair_compared_by_shapely_has(spatial: DuckDbEngine) -> None:
    """Sizes from a part of a cell to hundreds of cells, so that the grid cannot lose a pair unseen."""
    chance = np.random.default_rng(7)
    west, south = chance.uniform(114, 114.06, 150), chance.uniform(30, 30.06, 150)
    size = 10 ** chance.uniform(-4.5, -1.8, 150)
    shapes = shapely.box(west, south, west + size, south + size * chance.uniform(0.1, 2, 150))
    one, other = np.triu_indices(len(shapes), 1)
    geod = Geod(ellps="GRS80")
    shared = shapely.intersection(shapes[one], shapes[other])
    area = np.array([abs(geod.geometry_area_perimeter(part)[0]) if part.area else 0.0 for part in shared])
    expected = sorted(set(one[area > 1].tolist()) | set(other[area > 1].tolist()))
    assert 10 < len(expected) < 150
    assert failing(spatial, rule("v", kind="no_overlap"), {"v": shapely.to_wkt(shapes, 12).tolist()}) == expected


def test_the_area_written_down_is_that_of_the_polygon(spatial: DuckDbEngine) -> None:
    shape = square(114, 30)
    area = abs(Geod(ellps="GRS80").geometry_area_perimeter(shapely.from_wkt(shape))[0])
    check = rule("v", kind="area_equals", geometry="shape", tolerance=0.01)
    values = [area, area * 1.009, area * 1.011, area * 0.991, area * 0.989, None, area, area]
    rows = {"v": values, "shape": [shape] * 6 + [None, BOWTIE]}
    assert failing(spatial, check, rows) == [2, 4]
    mu = rule("v", kind="area_equals", geometry="shape", unit="mu")
    assert failing(spatial, mu, {"v": [area * 15 / 10_000, area], "shape": [shape, shape]}) == [1]


def test_a_point_in_the_wrong_system_is_told_from_one_in_the_wrong_place(spatial: DuckDbEngine) -> None:
    at = (114.305, 30.595)
    moved = {system: f"POINT ({' '.join(map(str, from_cgcs2000(*at, system)))})" for system in ("gcj02", "bd09")}
    street = {"code": ["s1"], "shape": [square(114.3, 30.59, 0.0075)]}
    values = [f"POINT ({at[0]} {at[1]})", moved["gcj02"], moved["bd09"], "POINT (114.5 30.5)", None]
    rows = {"v": values, "code": ["s1"] * 5}
    wanted = {"key": "code", "resource": "street", "item": "shape"}
    assert failing(spatial, rule("v", kind="inside_of", **wanted), rows, street=street) == [1, 2, 3]
    assert failing(spatial, rule("v", kind="coordinate_shift", **wanted), rows, street=street) == [1, 2]
    only = rule("v", kind="coordinate_shift", systems=["gcj02"], **wanted)
    assert failing(spatial, only, rows, street=street) == [1]
