"""Reference systems inside the engine: the same degrees as for one point, and as DuckDB's own projection gives."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from standards import coordinates
from warehouse.duckdb_engine import DuckDbEngine

ROWS = 5000


@pytest.fixture(scope="module")
def points() -> pa.Table:
    rng = np.random.default_rng(20260101)
    lng, lat = rng.uniform(113.7, 115.1, ROWS), rng.uniform(29.9, 31.4, ROWS)
    gap = np.arange(ROWS) % 97 == 0
    return pa.table({"place": np.arange(ROWS), "lng": pa.array(lng, mask=gap), "lat": pa.array(lat)})


@pytest.mark.parametrize("crs", ["cgcs2000", "wgs84", "gcj02", "bd09", "EPSG:4526", "EPSG:4547"])
def test_column_equals_scalar_there_and_back(duckdb_engine: DuckDbEngine, points: pa.Table, crs: str) -> None:
    given = duckdb_engine.load("points", points)
    moved = given.select("place", at=coordinates.column_from_cgcs2000(given.lng, given.lat, crs))
    moved = duckdb_engine.stage(moved.select("place", x=moved.at.lng, y=moved.at.lat))
    back = moved.select("place", "x", "y", at=coordinates.column_to_cgcs2000(moved.x, moved.y, crs))
    rows = duckdb_engine.to_arrow(back.order_by("place")).to_pylist()
    for row, lng, lat in zip(rows, points["lng"].to_pylist(), points["lat"].to_pylist(), strict=True):
        if lng is None:
            assert row["at"] is None
            continue
        assert (row["x"], row["y"]) == pytest.approx(coordinates.from_cgcs2000(lng, lat, crs), abs=1e-7)
        scalar = coordinates.to_cgcs2000(row["x"], row["y"], crs)
        assert (row["at"]["lng"], row["at"]["lat"]) == pytest.approx(scalar, abs=1e-12)
        assert scalar == pytest.approx((lng, lat), abs=1e-9)


@pytest.mark.parametrize("crs", ["EPSG:4525", "EPSG:4526", "EPSG:4546", "EPSG:4547"])
def test_zones_as_the_engine_projects_them(duckdb_engine: DuckDbEngine, points: pa.Table, crs: str) -> None:
    duckdb_engine.extend("spatial")
    duckdb_engine.load("points", points)
    rows = duckdb_engine.execute(
        "SELECT ST_X(p), ST_Y(p) FROM (SELECT place, ST_Transform(ST_Point(lng, lat), 'EPSG:4490', $1, always_xy := true) "
        "AS p FROM points WHERE lng IS NOT NULL) ORDER BY place",
        [crs],
    )
    given = points.filter(pc.is_valid(points["lng"]))
    x, y = coordinates.from_cgcs2000(given["lng"].to_numpy(), given["lat"].to_numpy(), crs)
    theirs = np.array(rows)
    assert np.abs(theirs[:, 0] - x).max() < 1e-6
    assert np.abs(theirs[:, 1] - y).max() < 1e-6


def test_many_functions_stand_in_one_query(duckdb_engine: DuckDbEngine, points: pa.Table) -> None:
    given = duckdb_engine.load("points", points)
    both = given.filter(given.lng.notnull()).mutate(
        a=coordinates.column_to_cgcs2000(given.lng, given.lat, "gcj02"),
        b=coordinates.column_to_cgcs2000(given.lng, given.lat, "bd09"),
    )
    rows = duckdb_engine.to_arrow(both.aggregate(a=both.a.lng.mean(), b=both.b.lng.mean(), lng=both.lng.mean()))
    a, b, lng = (rows[name][0].as_py() for name in ("a", "b", "lng"))
    assert lng - 0.008 < a < lng - 0.003
    assert a - 0.009 < b < a - 0.004
