"""Deliveries of the newer formats on their whole way: from the inbox through landing, raw and quarantine to standard."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from intake_home import Home, feed, resource

from pipelines.intake.store import Outcome
from standards import coordinates

ENTRY = resource(
    key=["citizen_id"], observed_at=None,
    items=[
        {"id": "citizen_id", "title": "编号"}, {"id": "name", "title": "名称"},
        {"id": "place", "title": "位置", "type": "geometry", "srid": 4490, "shape": "point", "required": True},
    ],
)  # fmt: skip
COLUMNS = {"编号": "citizen_id", "名称": "name"}
PAIR = {"item": "place", "crs": "gcj02", "longitude": "经度", "latitude": "纬度"}
POINTS = feed("points", columns=COLUMNS, geometry=PAIR)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Callable[..., Home]]:
    made = []

    def make(*feeds: dict[str, Any]) -> Home:
        made.append(Home(tmp_path / f"home{len(made)}", *feeds, entry=ENTRY))
        return made[-1]

    yield make
    for one in made:
        one.close()


def csv(*lines: str) -> str:
    return "\n".join(["编号,名称,经度,纬度", *lines, ""])


def test_points_in_gcj02_are_raw_as_delivered_and_standard_in_cgcs2000(home):
    h = home(POINTS)
    one = h.take("points_202611.csv", csv("A1,甲,114.30,30.50", "A2,乙,30.5,114.3", "A3,丙,x,30", "A4,丁,,"))
    assert (one.outcome, one.rows_taken) == (Outcome.TAKEN, 1)
    assert one.reasons == {"place:missing": 1, "place:not_geometry": 1, "place:out_of_range": 1}
    assert [(row, reason) for _, row, reason in h.quarantine()] == [
        (3, "place:out_of_range;"), (4, "place:not_geometry;"), (5, "place:missing;"),
    ]  # fmt: skip
    raw = {row["citizen_id"]: row["place"] for row in h.rows("raw.points")}
    assert raw == {"A1": "POINT (114.30 30.50)", "A2": "POINT (30.5 114.3)", "A3": "POINT (x 30)", "A4": None}
    lng, lat = coordinates.to_cgcs2000(114.3, 30.5, "gcj02")
    assert h.standard()["A1"]["place"] == f"POINT ({round(lng, 8)} {round(lat, 8)})"


def test_a_point_in_one_column_is_read_as_map_services_write_it(home):
    single = {"item": "place", "crs": "cgcs2000", "column": "位置"}
    h = home(feed("single", columns=COLUMNS, geometry=single))
    body = '编号,名称,位置\nA1,甲,"114.30,30.50"\nA2,乙,114.4， 30.6\nA3,丙,POINT (114.5 30.5)\nA4,丁,"114.3,30.5,7"\n'
    one = h.take("single_202611.csv", body)
    assert one.reasons == {"place:not_geometry": 1}
    assert {key: row["place"] for key, row in h.standard().items()} == {
        "A1": "POINT (114.3 30.5)", "A2": "POINT (114.4 30.6)", "A3": "POINT (114.5 30.5)",
    }  # fmt: skip


def test_a_geometry_that_did_not_change_is_no_change(home):
    h = home(POINTS)
    h.take("points_202610.csv", csv("A1,甲,114.30,30.50", "A2,乙,114.4,30.6"))
    again = h.take("points_202611.csv", csv("A1,甲,114.3,30.5", "A2,乙,114.5,30.6"))
    assert again.rows_changed == 1, "114.30 and 114.3 are one place"


def test_a_shapefile_is_landed_with_all_its_parts_and_taken(home):
    shape = feed(
        "shape", columns=COLUMNS, source={"kind": "file", "path": "ga/shape_{period}.shp"},
        format={"kind": "shapefile"}, geometry={"item": "place", "crs": "EPSG:4547", "column": "geometry"},
    )  # fmt: skip
    h = home(shape)
    x, y = coordinates.from_cgcs2000(np.array([114.3, 114.4]), np.array([30.5, 30.6]), "EPSG:4547")
    pyogrio.raw.write(
        h.inbox / "ga" / "shape_202611.shp", shapely.to_wkb(shapely.points(x, y)),
        [np.array(["A1", "A2"], dtype=object), np.array(["江岸区", "武昌区"], dtype=object)], ["编号", "名称"],
        crs="EPSG:4547", geometry_type="Point", driver="ESRI Shapefile", encoding="GBK",
    )  # fmt: skip
    (one,) = h.run("shape")
    assert one.outcome is Outcome.TAKEN, one.message_zh
    assert h.names() == {"A1": "江岸区", "A2": "武昌区"}
    there = shapely.from_wkt([h.standard()[key]["place"] for key in ("A1", "A2")])
    assert np.abs(shapely.get_coordinates(there) - [[114.3, 30.5], [114.4, 30.6]]).max() < 2e-8
    (payload,) = (h.root / "landing" / "shape" / "2026-11" / "0001").glob("payload*")
    with zipfile.ZipFile(payload) as archive:
        kept = {Path(name).suffix: archive.read(name) for name in archive.namelist()}
    for part in (h.inbox / "ga").glob("shape_202611.*"):
        assert kept[part.suffix] == part.read_bytes()
    assert h.replay(one.id).outcome is Outcome.TAKEN, "what was kept is enough to take it again"


def test_a_broken_line_of_json_is_quarantined_and_nobody_is_taken_for_gone(home):
    lines = feed(
        "lines", columns=COLUMNS, source={"kind": "file", "path": "ga/lines_{period}.jsonl"}, format={"kind": "jsonl"},
        geometry={"item": "place", "crs": "cgcs2000", "column": "位置"},
    )  # fmt: skip
    h = home(lines)
    row = '{"编号":"%s","名称":"甲","位置":"POINT (114.3 30.5)"}\n'
    h.take("lines_202610.jsonl", row % "A1" + row % "A2")
    one = h.take("lines_202611.jsonl", row % "A1" + '{"编号":"A2\n' + row % "A3")
    assert (one.outcome, one.reasons, one.rows_gone) == (Outcome.TAKEN, {"line:broken_line": 1}, 0)
    assert set(h.names()) == {"A1", "A2", "A3"}
