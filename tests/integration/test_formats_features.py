"""Delivered features: GeoJSON, shapefiles with attributes in GBK, GeoPackages, and points in columns of coordinates."""

from __future__ import annotations

import io
import json
import sqlite3
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from pydantic import ValidationError
from reading import Desk

from catalog.feed import Feed
from ground.errors import RefusedData
from pipelines.intake import read_vector
from pipelines.intake.staged import UNREADABLE
from warehouse.duckdb_engine import DuckDbEngine

NAMES = ["江岸区", "欧阳镕", "喆𠮷"[:1]]
POINTS = [[114.3, 30.5], [114.40000000001, 30.6], [114.5, 30.7]]
WKT = ["POINT (114.3 30.5)", "POINT (114.40000000001 30.6)", "POINT (114.5 30.7)"]
COLUMNS = {"名称": "name"}
HERE = {"item": "place", "crs": "cgcs2000", "column": "geometry"}


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDbEngine]:
    with DuckDbEngine(threads=1) as one:
        yield one


@pytest.fixture
def desk(engine: DuckDbEngine, tmp_path: Path) -> Desk:
    return Desk(engine, tmp_path)


def refusal(desk: Desk, name: str, content: bytes, form, columns=COLUMNS, **more) -> RefusedData:
    with pytest.raises(RefusedData) as caught:
        desk.read(name, content, form, columns, **more)
    assert str(caught.value.where).startswith(name), "the message names the file"
    return caught.value


def written(folder: Path, name: str, driver: str, crs: str | None = "EPSG:4490", **more: Any) -> Path:
    """A file of three named points, by GDAL."""
    path = folder / name
    options: dict[str, Any] = {"names": NAMES, "encoding": None, "codes": [420106199001011234, 2, 3]} | more
    extra = {"encoding": options["encoding"]} if options["encoding"] else {}
    pyogrio.raw.write(
        path, shapely.to_wkb(shapely.points(POINTS)),
        [np.array(options["names"], dtype=object), np.array(options["codes"])], ["名称", "号码"],
        crs=crs or "EPSG:4490", geometry_type="Point", driver=driver, layer=options.get("layer"), append=options.get("append", False), **extra,
    )  # fmt: skip
    if crs is None:
        path.with_suffix(".prj").unlink()
    return path


# --- shapefiles -----------------------------------------------------------------------------------------------------


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    """The parts of a shapefile with attributes in GBK beside each other."""
    (tmp_path / "parts").mkdir()
    return written(tmp_path / "parts", "点.shp", "ESRI Shapefile", encoding="GBK")


def zipped(shape: Path, *, without: tuple[str, ...] = (), folder: str = "", also: tuple[Path, ...] = ()) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for one in (shape, *also):
            for part in sorted(one.parent.glob(f"{one.stem}.*")):
                if part.suffix not in without:
                    archive.writestr(folder + part.name, part.read_bytes())
    return out.getvalue()


SHAPE = {"kind": "shapefile"}


def test_a_shapefile_in_a_zip_with_its_attributes_in_gbk(desk, parts):
    got = desk.read("a.zip", zipped(parts, folder="数据/"), SHAPE, COLUMNS | {"号码": "code"}, geometry=HERE)
    assert got.column("name") == NAMES and got.column("place") == WKT and got.column("_row") == [1, 2, 3]
    assert got.column("code")[0] == "420106199001011234"
    assert "编码：gbk（由 .cpg 写明）" in got.zh and "坐标系：cgcs2000，与声明的 cgcs2000 相符" in got.zh


def test_a_shapefile_whose_parts_lie_beside_each_other(desk, parts):
    staged = desk.staged(parts, SHAPE, COLUMNS, geometry=HERE)
    assert desk.engine.to_arrow(staged.table.order_by("_row"))["place"].to_pylist() == WKT


@pytest.mark.parametrize(
    ("cpg", "declared", "zh"),
    [(None, "auto", "没有 .cpg，按内容判断"), (b"UTF-8", "auto", ".cpg 写的 utf-8 与内容不符"), (b"UTF-8", "gbk", "数据源声明"), (b"936", "auto", "由 .cpg 写明")],
)  # fmt: skip
def test_the_encoding_is_what_the_bytes_bear_out(desk, parts, cpg, declared, zh):
    parts.with_suffix(".cpg").unlink()
    if cpg:
        parts.with_suffix(".cpg").write_bytes(cpg)
    got = desk.read("a.zip", zipped(parts), SHAPE | {"encoding": declared}, COLUMNS, geometry=HERE)
    assert got.column("name") == NAMES and zh in got.zh


def test_an_attribute_cut_within_a_character_is_unreadable(desk, parts):
    table = parts.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace("江岸区".encode("gbk"), "江岸".encode("gbk") + b"\xc7 "))
    got = desk.read("a.zip", zipped(parts), SHAPE | {"encoding": "gbk"}, COLUMNS, geometry=HERE)
    assert got.column("name") == ["江岸" + UNREADABLE, *NAMES[1:]]


@pytest.mark.parametrize("suffix", [".shx", ".dbf"])
def test_a_shapefile_without_a_part_is_refused_and_the_part_named(desk, parts, suffix):
    fault = refusal(desk, "a.zip", zipped(parts, without=(suffix,)), SHAPE, geometry=HERE)
    assert f"缺少 {suffix} 文件" in fault.zh and f"lacks its {suffix}" in fault.en


@pytest.mark.parametrize("suffix", [".shp", ".shx", ".dbf"])
def test_a_part_that_was_cut_off_is_named(desk, parts, suffix):
    part = parts.with_suffix(suffix)
    part.write_bytes(part.read_bytes()[:-40])
    fault = refusal(desk, "a.zip", zipped(parts), SHAPE, geometry=HERE)
    assert f"{suffix} 文件不完整" in fault.zh


def test_parts_that_do_not_belong_together_are_refused(desk, parts):
    table = parts.with_suffix(".dbf")
    body = bytearray(table.read_bytes())
    body[4:8] = struct.pack("<I", 2)
    table.write_bytes(bytes(body))
    assert "有 2 条属性，图形有 3 个" in refusal(desk, "a.zip", zipped(parts), SHAPE, geometry=HERE).zh


def test_several_shapefiles_in_a_zip_are_named_or_read_in_turn(desk, parts):
    other = written(parts.parent, "线.shp", "ESRI Shapefile", encoding="GBK")
    body = zipped(parts, also=(other,))
    assert "点、线" in refusal(desk, "a.zip", body, SHAPE, geometry=HERE).zh
    assert len(desk.read("a.zip", body, SHAPE | {"layer": "线"}, COLUMNS, geometry=HERE).rows) == 3
    both = desk.read("a.zip", body, {"kind": "zip", "member": "*.shp", "content": SHAPE}, COLUMNS, geometry=HERE)
    assert both.column("name") == NAMES * 2 and both.column("_row") == [1, 2, 3, 4, 5, 6]


def test_features_come_in_pieces(desk, tmp_path, monkeypatch):
    monkeypatch.setattr(read_vector, "ROWS_AT_ONCE", 2)
    path = written(tmp_path, "x.gpkg", "GPKG")
    got = desk.read("a.gpkg", path.read_bytes(), {"kind": "geopackage"}, COLUMNS, geometry=HERE)
    assert got.column("name") == NAMES and got.column("_row") == [1, 2, 3]


# --- reference systems ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "declared", "zh"),
    [
        ("EPSG:4490", "wgs84", "坐标系：cgcs2000，与声明的 wgs84 相符"), ("EPSG:4326", "cgcs2000", "坐标系：wgs84"),
        ("EPSG:4547", "EPSG:4547", "坐标系：EPSG:4547，与声明的 EPSG:4547 相符"), (None, "gcj02", "文件未写明，按声明的 gcj02"),
    ],
)  # fmt: skip
def test_the_system_of_the_file_is_held_against_the_declared_one(desk, tmp_path, said, declared, zh):
    shape = written(tmp_path, "点.shp", "ESRI Shapefile", said, encoding="GBK")
    got = desk.read("a.zip", zipped(shape), SHAPE, COLUMNS, geometry=HERE | {"crs": declared})
    assert zh in got.zh and got.column("place") == WKT, "raw keeps what was delivered"


@pytest.mark.parametrize(
    ("said", "name"), [("EPSG:4326", "wgs84"), ("EPSG:4610", "Xian 1980"), ("EPSG:4526", "EPSG:4526")]
)
def test_a_contradiction_is_refused_unless_the_file_is_known_to_be_wrong(desk, tmp_path, said, name):
    shape = written(tmp_path, "点.shp", "ESRI Shapefile", said, encoding="GBK")
    fault = refusal(desk, "a.zip", zipped(shape), SHAPE, geometry=HERE | {"crs": "gcj02"})
    assert name in fault.zh and "两者矛盾" in fault.zh and "file_crs: ignored" in fault.en
    got = desk.read("a.zip", zipped(shape), SHAPE, COLUMNS, geometry=HERE | {"crs": "gcj02", "file_crs": "ignored"})
    assert "不予采信" in got.zh and len(got.rows) == 3


def test_an_unknown_system_is_refused_in_the_document():
    with pytest.raises(ValidationError, match="不认识坐标系 beijing54"):
        Feed.model_validate({
            "id": "f", "resource": "r", "source": {"kind": "file", "path": "a"}, "format": {"kind": "geojson"},
            "columns": {"a": "a"}, "geometry": HERE | {"crs": "beijing54"},
        })  # fmt: skip


# --- GeoJSON --------------------------------------------------------------------------------------------------------


def geojson(features: list[dict[str, Any]], **more: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", **more, "features": features}, ensure_ascii=False).encode()


def feature(name: str, point: list[float] | None, **more: Any) -> dict[str, Any]:
    geometry = None if point is None else {"type": "Point", "coordinates": point}
    return {"type": "Feature", "properties": {"名称": name, **more}, "geometry": geometry}


FEATURES = [feature(name, point) for name, point in zip(NAMES, POINTS, strict=True)]
GEOJSON = {"kind": "geojson"}


def test_geojson_with_codes_days_nested_values_and_no_geometry(desk):
    more = {"code": "007", "day": "2026/1/2", "big": 12345678901234567890123, "holder": {"id": "x"}, "list": [1, 2]}
    body = geojson([feature("甲", None, **more), feature("乙", [114.3, 30.5], code="008", big=1)])
    columns = COLUMNS | {"code": "code", "day": "day", "big": "big", "holder.id": "holder", "list": "list"}
    got = desk.read("a.json", body, GEOJSON, columns, geometry=HERE)
    assert got.rows[0] == {
        "name": "甲", "code": "007", "day": "2026/1/2", "big": UNREADABLE, "holder": "x", "list": "[ 1, 2 ]", "place": None, "_row": 1,
    }  # fmt: skip
    assert got.column("place")[1] == "POINT (114.3 30.5)"


def test_a_geojson_that_names_no_system_is_in_the_declared_one(desk):
    got = desk.read("a.geojson", geojson(FEATURES), GEOJSON, COLUMNS, geometry=HERE | {"crs": "gcj02"})
    assert "文件未写明，按声明的 gcj02" in got.zh
    named = {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}}
    fault = refusal(desk, "a.geojson", geojson(FEATURES, **named), GEOJSON, geometry=HERE | {"crs": "gcj02"})
    assert "wgs84" in fault.zh and "两者矛盾" in fault.zh
    assert desk.read("a.geojson", geojson(FEATURES, **named), GEOJSON, COLUMNS, geometry=HERE).column("place") == WKT


def test_geojson_that_is_none_is_broken_or_in_gbk_is_refused(desk):
    body = geojson(FEATURES)
    assert "不是可读的 GeoJSON" in refusal(desk, "a.geojson", body[:-40], GEOJSON, geometry=HERE).zh
    assert "不是可读的 GeoJSON" in refusal(desk, "a.geojson", b"<x/>", GEOJSON, geometry=HERE).zh
    assert "不是可读的 GeoJSON" in refusal(desk, "a.geojson", b'{"a": 1}', GEOJSON, geometry=HERE).zh
    assert "gb18030" in refusal(desk, "a.geojson", body.decode().encode("gbk"), GEOJSON, geometry=HERE).zh
    assert "缺少列：missing" in refusal(desk, "a.geojson", body, GEOJSON, {"missing": "name"}, geometry=HERE).zh


def test_no_driver_of_gdal_is_led_elsewhere_by_a_file(desk, tmp_path):
    """A virtual file of GDAL names others, which it would open: it is never asked."""
    (tmp_path / "other.csv").write_text("名称\nsecret\n")
    virtual = f'<OGRVRTDataSource><OGRVRTLayer name="other"><SrcDataSource>{tmp_path}/other.csv</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
    for form in (GEOJSON, SHAPE, {"kind": "geopackage"}):
        refusal(desk, "a.geojson", virtual.encode(), form, geometry=HERE)


# --- GeoPackage -----------------------------------------------------------------------------------------------------


def test_a_geopackage_by_layer(desk, tmp_path):
    path = written(tmp_path, "x.gpkg", "GPKG", layer="楼栋")
    one = desk.read("a.gpkg", path.read_bytes(), {"kind": "geopackage"}, COLUMNS, geometry=HERE)
    assert one.column("place") == WKT and "图层：楼栋，3 个要素" in one.zh
    written(tmp_path, "x.gpkg", "GPKG", layer="门牌", append=True)
    body = path.read_bytes()
    fault = refusal(desk, "a.gpkg", body, {"kind": "geopackage"}, geometry=HERE)
    assert "楼栋、门牌" in fault.zh and "format.layer" in fault.zh
    assert "没有图层 x" in refusal(desk, "a.gpkg", body, {"kind": "geopackage", "layer": "x"}, geometry=HERE).zh
    assert len(desk.read("a.gpkg", body, {"kind": "geopackage", "layer": "门牌"}, COLUMNS, geometry=HERE).rows) == 3


def test_a_geopackage_leaves_nothing_beside_itself(desk, tmp_path):
    path = written(tmp_path, "x.gpkg", "GPKG")
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    body = path.read_bytes()
    assert body[18] == 2
    got = desk.read("payload.gpkg", body, {"kind": "geopackage"}, COLUMNS, geometry=HERE)
    assert got.column("name") == NAMES
    landed = desk.folder / "landing" / "2026-11" / "0001"
    assert [one.name for one in landed.iterdir()] == ["payload.gpkg"] and (landed / "payload.gpkg").read_bytes() == body


def test_a_geopackage_that_is_none_or_damaged_is_refused(desk, tmp_path):
    body = written(tmp_path, "x.gpkg", "GPKG").read_bytes()
    assert "不是可读的 GeoPackage" in refusal(desk, "a.gpkg", b"x" * 200, {"kind": "geopackage"}, geometry=HERE).zh
    assert "不是可读的 GeoPackage" in refusal(desk, "a.gpkg", body[:5000], {"kind": "geopackage"}, geometry=HERE).zh


# --- columns of coordinates -----------------------------------------------------------------------------------------


def test_points_from_two_columns_keep_the_delivered_texts(desk):
    body = "名称,经度,纬度\na,114.300,30.5\nb,,\nc,114.3,\nd,N/A,N/A\ne,1 2,3\n"
    place = {"item": "place", "crs": "bd09", "longitude": "经度", "latitude": "纬度"}
    got = desk.read("a.csv", body.encode(), {"kind": "csv", "null_values": ["N/A"]}, COLUMNS, geometry=place)
    assert got.column("place") == ["POINT (114.300 30.5)", None, "POINT (114.3 )", None, "POINT (1_2 3)"]
    assert got.staged.not_taken == []


def test_a_missing_column_of_coordinates_is_named(desk):
    place = {"item": "place", "crs": "bd09", "longitude": "经度", "latitude": "纬度"}
    assert "缺少列：纬度" in refusal(desk, "a.csv", "名称,经度\na,1\n".encode(), {"kind": "csv"}, geometry=place).zh


def test_well_known_text_in_a_column(desk):
    got = desk.read(
        "a.csv",
        '名称,位置\na,"POLYGON ((0 0, 1 1, 1 0, 0 0))"\n'.encode(),
        {"kind": "csv"},
        COLUMNS,
        geometry=HERE | {"column": "位置"},
    )
    assert got.column("place") == ["POLYGON ((0 0, 1 1, 1 0, 0 0))"]


def test_points_of_a_database_query(desk, tmp_path):
    rows = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"名称": ["a"], "x": ["500000.5"], "y": ["3380000"]}), rows)
    place = {"item": "place", "crs": "EPSG:4547", "longitude": "x", "latitude": "y"}
    source = {"kind": "sql", "url": "sqlite:///inbox/x.sqlite", "query": "select 1"}
    staged = desk.staged(rows, {"kind": "rows"}, COLUMNS, geometry=place, source=source)
    assert desk.engine.to_arrow(staged.table)["place"].to_pylist() == ["POINT (500000.5 3380000)"]
