"""Deliveries with a geometry are the same bytes for the same rows, and read back as what was written."""

from __future__ import annotations

import hashlib
import json
import zipfile
from datetime import date
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from simulation.declared import declared_feeds
from simulation.registers.ground import REGISTERS
from simulation.world import make_world
from simulation.writers.vector import open_vector
from standards.coordinates import to_cgcs2000

WORLD = make_world(2026, 100_000, date(2026, 11, 1))
FORMS = {"mz_street_boundary": "street.geojson", "zj_building": "building.gpkg", "gh_parcel": "dltb.zip"}


@cache
def _blocks(resource: str) -> list[pd.DataFrame]:
    return [
        REGISTERS[resource].rows(WORLD, SimpleNamespace(number=number)).iloc[:700]  # type: ignore[arg-type]
        for number in WORLD.blocks()
    ]


def _written(folder: Path, resource: str) -> tuple[Path, np.ndarray]:
    writer = open_vector(folder / FORMS[resource], declared_feeds()[resource], REGISTERS[resource].habits)
    numbers = [writer.append(rows) for rows in _blocks(resource)]
    (path,) = writer.close()
    return path, np.concatenate(numbers)


@pytest.mark.parametrize("resource", list(FORMS))
def test_same_rows_same_bytes(tmp_path: Path, resource: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = _written(tmp_path / "one", resource)
    monkeypatch.setenv("TZ", "Asia/Urumqi")
    second, _ = _written(tmp_path / "two", resource)
    assert hashlib.sha256(first.read_bytes()).digest() == hashlib.sha256(second.read_bytes()).digest()
    assert sorted(one.name for one in first.parent.iterdir()) == [first.name]


@pytest.mark.parametrize("resource", list(FORMS))
def test_no_time_of_writing_is_in_the_file(tmp_path: Path, resource: str) -> None:
    path, _ = _written(tmp_path, resource)
    if resource == "zj_building":
        import sqlite3
        from contextlib import closing

        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("select distinct last_change from gpkg_contents").fetchall() == [("2026-01-01T00:00:00.000Z",)]  # fmt: skip
    if resource == "gh_parcel":
        with zipfile.ZipFile(path) as archive:
            assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            tables = [archive.read(name)[1:4] for name in archive.namelist() if name.endswith(".dbf")]
        assert tables == [bytes((126, 1, 1))] * len(tables)
        assert tables


def test_geojson_is_one_feature_a_line(tmp_path: Path) -> None:
    path, numbers = _written(tmp_path, "mz_street_boundary")
    text = path.read_text(encoding="utf-8")
    features = json.loads(text)["features"]
    assert len(features) == len(text.splitlines()) - 2 == len(numbers) == 143
    rows = pd.concat(_blocks("mz_street_boundary"))
    assert [one["properties"]["name"] for one in features] == rows["name"].tolist()
    shapes = shapely.from_geojson([json.dumps(one["geometry"]) for one in features])
    assert shapely.equals_exact(shapes, shapely.from_wkt(rows["boundary"].to_numpy().astype(str)), 0).all()


def test_geopackage_reads_back(tmp_path: Path) -> None:
    path, numbers = _written(tmp_path, "zj_building")
    info = pyogrio.read_info(path, layer="building")
    assert info["crs"] == "EPSG:4490"
    table = pyogrio.read_arrow(path, layer="building")[1].to_pandas()
    rows = pd.concat(_blocks("zj_building"))
    assert numbers.tolist() == list(range(1, len(rows) + 1))
    assert table["building_id"].tolist() == rows["building_id"].tolist()
    assert table["floors"].tolist() == rows["floors"].astype(int).tolist()
    assert table["name"].fillna("").tolist() == rows["name"].tolist()
    expected = shapely.from_wkt(rows["footprint"].to_numpy().astype(str))
    assert shapely.equals_exact(shapely.from_wkb(table[info["geometry_name"]].to_numpy()), expected, 0).all()


def test_shapefiles_are_gbk_in_zone_38(tmp_path: Path) -> None:
    path, _ = _written(tmp_path, "gh_parcel")
    rows = pd.concat(_blocks("gh_parcel"))
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "parts")
    shapes = sorted((tmp_path / "parts").glob("*.shp"))
    assert [one.stem for one in shapes] == sorted(rows["district"].unique())
    assert (tmp_path / "parts" / shapes[0].name).with_suffix(".cpg").read_text() in ("GBK", "936", "CP936")
    assert "水田".encode("gbk") in b"".join(one.with_suffix(".dbf").read_bytes() for one in shapes)
    for shape in shapes:
        read = pyogrio.read_arrow(shape)[1].to_pandas()
        mine = rows[rows["district"] == shape.stem]
        assert read["BSM"].tolist() == mine["bsm"].tolist()
        assert read["DLMC"].tolist() == mine["dlmc"].tolist()
        assert read["TBMJ"].tolist() == mine["tbmj"].astype(float).tolist()
        drawn = shapely.get_coordinates(shapely.from_wkb(read["wkb_geometry"].to_numpy()))
        assert ((drawn[:, 0] > 38_000_000) & (drawn[:, 0] < 39_000_000)).all()
        lng, lat = to_cgcs2000(drawn[:, 0], drawn[:, 1], "EPSG:4526")
        true = shapely.get_coordinates(shapely.from_wkt(mine["shape"].to_numpy().astype(str)))
        # A shapefile turns the rings round; the points stay the same.
        assert set(map(tuple, np.stack([lng, lat], axis=1).round(8))) == set(map(tuple, true))
