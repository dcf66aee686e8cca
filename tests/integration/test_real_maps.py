"""Real geometry: boundaries in three formats, stops and lines, a metro in GCJ-02, buildings and the districts around them.

Counted with pyogrio and shapely, apart from this software; GCJ-02 by the published forward formula, turned back by
iteration (`wgs84_of`), where the software has its own way.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import pyproj
import pytest
import shapely
from real_home import RealHome, counts, frame, home_of

from pipelines.building import BuildReport

NOT_OF_TODAY = {"500121", "500223", "500224", "500226", "500227", "500228", "500232", "500234"}
"""Chongqing's codes that the list of today lacks: counties that became districts (开县 is 500154 now), and a mistaken one."""
FEATURES, POINTS, BUILDINGS, CUT = 355, 90, 237, 4
"""Buildings and their labels; 265 polygons are 237 buildings, 24 of them twice the same, four cut at the edge of a tile."""
STOPS_OF_LINES, STATIONS = 300, 262
"""An interchange stands in each of its lines."""
MOVED = {
    "滠口新城": "420116", "额头湾": "420112", "宝通寺": "420106", "江汉路": "420103", "菱角湖": "420103", "铁机路": "420111",
    "厂前": "420111", "石桥": "420103", "园博园": "420104", "徐东": "420106", "小洪山": "420106", "豹澥": "420111",
    "桂子湖": "420113",
}  # fmt: skip
"""Stations that fall into another district as delivered, and the one they are in."""
OUTSIDE = "葛店南站"
"""The last station of line 11 lies in the next city (114.655, 30.492)."""


@dataclass(frozen=True)
class Maps:
    """The home, what its build did, and the delivered files by name."""

    home: RealHome
    report: BuildReport
    files: dict[str, Path]

    def features(self, name: str) -> tuple[pd.DataFrame, Any]:
        """Attributes and shapes of a delivered file: GeoJSON as JSON, a shapefile as pyogrio reads it in GBK."""
        path = self.files[name]
        if path.suffix == ".shp":
            meta, _, shapes, fields = pyogrio.raw.read(path, encoding="GBK")
            return pd.DataFrame(dict(zip(meta["fields"], fields, strict=True))), shapely.from_wkb(shapes)
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        written = [json.dumps(one["geometry"]) for one in features]
        return pd.DataFrame([one["properties"] for one in features]), shapely.from_geojson(written)

    def shapes(self, query: str) -> dict[str, Any]:
        """Key -> shape of a query for two columns."""
        table = self.home.table(query)
        return dict(zip(table.column(0).to_pylist(), shapely.from_wkt(table.column(1).to_pylist()), strict=True))


@pytest.fixture(scope="module")
def real(shared_data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Maps]:
    folders = {
        "boundary_districts_osm_wgs84": "gh", "boundary_shenzhen": "gh", "shapefile_chongqing_shp": "gh",
        "busstop_sample": "jt", "metro_wuhan_gcj02": "jt", "shapefile_metroline": "jt", "osm_wuhan_buildings": "zj",
    }  # fmt: skip
    files = {f"{to}/{path.name}": path for name, to in folders.items() for path in sorted(shared_data(name).iterdir())}
    files["tj/areas.csv"] = shared_data("divisions_stats_v2.4.0") / "areas.csv"
    home = home_of("map", tmp_path_factory.mktemp("map"))
    home.drop(files)
    home.take()
    yield Maps(home, home.build(), {path.name: path for path in files.values()})
    home.hub.close()


@pytest.fixture(scope="module")
def districts(real: Maps) -> dict[str, Any]:
    rows, shapes = real.features("wuhan.geojson")
    return dict(zip(rows["Code_County"].astype(str), shapes, strict=True))


def found(real: Maps) -> dict[str, tuple[str, int]]:
    return {one["rule"]: (one["severity"], one["present"]) for one in real.report.findings}


def district_of(districts: dict[str, Any], point: Any) -> str | None:
    return next((code for code, shape in districts.items() if shape.covers(point)), None)


def wgs84_of(lng: float, lat: float) -> tuple[float, float]:
    """The point whose image under the published GCJ-02 formula is this one, by twenty steps towards it."""
    x, y = lng, lat
    for _ in range(20):
        image = gcj02_of(x, y)
        x, y = x + lng - image[0], y + lat - image[1]
    return x, y


def gcj02_of(lng: float, lat: float) -> tuple[float, float]:
    """The published formula, written out (Krasovsky 1940)."""
    x, y, pi, major, squared = lng - 105, lat - 35, math.pi, 6378245.0, 0.00669342162296594323
    waves = (20 * math.sin(6 * x * pi) + 20 * math.sin(2 * x * pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + waves
    north += (20 * math.sin(y * pi) + 40 * math.sin(y / 3 * pi)) * 2 / 3
    north += (160 * math.sin(y / 12 * pi) + 320 * math.sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + waves
    east += (20 * math.sin(x * pi) + 40 * math.sin(x / 3 * pi)) * 2 / 3
    east += (150 * math.sin(x / 12 * pi) + 300 * math.sin(x / 30 * pi)) * 2 / 3
    angle = lat / 180 * pi
    magic = 1 - squared * math.sin(angle) ** 2
    root = math.sqrt(magic)
    return (
        lng + east * 180 / (major / root * math.cos(angle) * pi),
        lat + north * 180 / (major * (1 - squared) / (magic * root) * pi),
    )


def test_boundaries_of_four_cities_are_taken_whole(real: Maps) -> None:
    taken = {"chongqing_county": 38, "wuhan_district": 13, "lianyungang_district": 6, "shenzhen_district": 10}
    for name, rows in taken.items():
        assert counts(real.home.deliveries[f"gh_{name}/2026/0001"]) == ("taken", rows, rows, 0, 0)
    rows, shapes = real.features("qxj_area.shp")
    held = real.shapes("SELECT name, boundary FROM gh_chongqing_county")
    assert set(held) == set(rows["NAME"]) and "綦江区" in held, "attributes are GBK"
    for name, shape in zip(rows["NAME"], shapes, strict=True):
        assert shapely.hausdorff_distance(shape, held[name]) < 1e-7, "WGS-84 is taken as CGCS2000"
    assert not [rule for rule in found(real) if rule.endswith((".boundary.valid", ".boundary.no_overlap"))]


def test_codes_that_are_gone_are_kept_and_a_name_under_a_wrong_code_is_disputed(real: Maps) -> None:
    rows, _ = real.features("qxj_area.shp")
    today = frame(real.files["areas.csv"]).set_index("code")["name"]
    assert set(rows["ADMINCODE"]) - set(today.index) == NOT_OF_TODAY
    assert found(real)["gh_chongqing_county.code.of_today"] == ("warning", len(NOT_OF_TODAY))
    kept = real.home.sql("SELECT code, name FROM place_district WHERE boundary IS NOT NULL AND code LIKE '50%'")
    assert {row["code"]: row["name"] for row in kept} == dict(zip(rows["ADMINCODE"], rows["NAME"], strict=True))
    # 綦江区 is 500110; the file gives it the code of 璧山区.
    assert found(real)["agreement.place_district.name"] == ("error", 1)
    (disputed,) = real.home.sql(
        "SELECT code, name, name__disputed AS it FROM place_district WHERE name__agreement = 'differs'"
    )
    assert (disputed["code"], disputed["name"], today["500120"], today["500110"]) == (
        "500120",
        "綦江区",
        "璧山区",
        "綦江区",
    )


def test_districts_without_a_code_and_stops_without_one_wait_in_the_residue(real: Maps) -> None:
    built = {one.library: (one.rows, one.residue) for one in real.report.built}
    # 2994 counties of the list, and the eight boundaries it does not know.
    assert built == {
        "place_district": (2994 + len(NOT_OF_TODAY), 10), "place_station": (STATIONS, 49),
        "place_building": (BUILDINGS, 0), "transit_line": (2, 0),
    }  # fmt: skip
    names, shapes = real.features("sz.geojson")
    held = real.shapes("SELECT name, boundary FROM place_district_residue")
    assert set(held) == set(names["qh"]) and all(shape.is_valid for shape in held.values())
    assert sum(shape.area for shape in held.values()) == pytest.approx(shapely.area(shapes).sum(), rel=1e-6)


def test_stops_lie_on_their_lines_and_lines_lose_their_height(real: Maps) -> None:
    assert counts(real.home.deliveries["jt_bus_stop/2026/0001"]) == ("taken", 49, 49, 0, 0)
    _, lines = real.features("busline.json")
    assert shapely.has_z(lines).all()
    held = real.shapes("SELECT name, course FROM transit_line")
    assert len(held) == 2 and not any(line.has_z for line in held.values())
    stops = real.home.sql("SELECT line, location FROM jt_bus_stop")
    away = [held[row["line"]].distance(shapely.from_wkt(row["location"])) for row in stops]
    assert max(away) < 0.001, "within a hundred metres of the line they name"


def test_a_shapefile_without_its_index_is_refused_whole(real: Maps) -> None:
    one = real.home.deliveries["jt_metro_line/2026/0001"]
    assert (one.outcome.value, one.rows_taken) == ("refused", None)
    assert one.message_zh and ".shx" in one.message_zh


def test_stations_fall_into_their_districts_only_after_conversion(real: Maps, districts: dict[str, Any]) -> None:
    document = json.loads(real.files["wuhan-subway.json"].read_text(encoding="utf-8"))
    delivered = {stop["poiid"]: stop for line in document["l"] for stop in line["st"]}
    assert sum(len(line["st"]) for line in document["l"]) == STOPS_OF_LINES and len(delivered) == STATIONS
    one = real.home.deliveries["jt_station/2026/0001"]
    assert counts(one) == ("taken", STOPS_OF_LINES, STATIONS, 0, STOPS_OF_LINES - STATIONS)
    converted = real.shapes("SELECT station_id, location FROM jt_station")
    as_is = real.shapes("SELECT station_id, location FROM jt_station_unconverted")
    moved, outside = {}, set()
    for station, stop in delivered.items():
        lng, lat = map(float, stop["sl"].split(","))
        x, y = wgs84_of(lng, lat)
        assert math.hypot(converted[station].x - x, converted[station].y - y) < 2e-7, "two centimetres"
        assert (as_is[station].x, as_is[station].y) == (lng, lat)
        here, there = district_of(districts, converted[station]), district_of(districts, as_is[station])
        if here is None:
            outside.add(stop["n"])
        elif here != there:
            moved[stop["n"]] = here
    assert moved == MOVED
    assert outside == {OUTSIDE}
    for resource in ("jt_station", "jt_station_unconverted"):
        assert found(real)[f"{resource}.location.within_city"] == ("warning", 1)


def test_buildings_are_polygons_and_labels_are_none(real: Maps) -> None:
    rows, shapes = real.features("wuhan_guanggu_buildings.geojson")
    polygon = shapely.get_type_id(shapes) == 3
    assert (len(rows), int((~polygon).sum()), rows["id"][polygon].nunique()) == (FEATURES, POINTS, BUILDINGS)
    one = real.home.deliveries["zj_building/2026/0001"]
    assert one.reasons == {"footprint:not_geometry": POINTS, "building_id:duplicate_key": CUT}
    assert counts(one) == ("taken", FEATURES, BUILDINGS, POINTS + CUT, FEATURES - POINTS - CUT - BUILDINGS)


def test_buildings_stand_in_one_district_and_some_on_each_other(real: Maps, districts: dict[str, Any]) -> None:
    held = real.shapes("SELECT building_id, footprint FROM place_building")
    assert Counter(district_of(districts, shape) for shape in held.values()) == {"420111": BUILDINGS}
    names, outlines = list(held), np.array(list(held.values()))
    globe = pyproj.Geod(ellps="GRS80")
    one, other = shapely.STRtree(outlines).query(outlines, predicate="intersects")
    over = {
        name
        for a, b in zip(one, other, strict=True)
        if a < b and abs(globe.geometry_area_perimeter(shapely.intersection(outlines[a], outlines[b]))[0]) > 1
        for name in (names[a], names[b])
    }
    assert found(real)["zj_building.footprint.no_overlap"] == ("warning", len(over)) and len(over) == 7
    assert set(real.home.column("SELECT row_key FROM finding WHERE rule = 'zj_building.footprint.no_overlap'")) == over
    for quiet in ("zj_building.footprint.valid", "zj_building.footprint.within_city"):
        assert quiet not in found(real)


def test_areas_that_were_measured_on_the_web_map_are_a_third_too_large(real: Maps) -> None:
    """Web Mercator stretches by 1/cos² of the latitude: 1.347 at 30.5 degrees."""
    assert found(real)["zj_building.area.as_drawn"] == ("warning", BUILDINGS)
    globe = pyproj.Geod(ellps="GRS80")
    rows = real.home.sql("SELECT area, footprint FROM zj_building")
    ratio = [row["area"] / abs(globe.geometry_area_perimeter(shapely.from_wkt(row["footprint"]))[0]) for row in rows]
    assert np.median(ratio) == pytest.approx(1 / math.cos(math.radians(30.5)) ** 2, rel=0.01)
