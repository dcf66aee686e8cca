"""Points of every known reference system become CGCS2000, and go back."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ground.errors import UserError
from standards import coordinates, map_offsets

OFFSET_SYSTEMS = ["gcj02", "bd09"]
DEGREES = 1e-9
"""A tenth of a millimetre."""


def between(source: str, target: str, lng: float, lat: float) -> tuple[float, float]:
    return coordinates.from_cgcs2000(*coordinates.to_cgcs2000(lng, lat, source), target)


def test_published_vectors(shared_data: Callable[[str], Path]) -> None:
    with (shared_data("coord_vectors") / "coord_vectors_a.csv").open(encoding="utf-8") as lines:
        vectors = list(csv.DictReader(lines))
    assert len(vectors) == 6
    for vector in vectors:
        got = between(vector["from"], vector["to"], float(vector["lng_in"]), float(vector["lat_in"]))
        # Published inverses take one step: they are right to 1e-5 degrees. Forward maps agree to the last digits.
        one_step = vector["to"] == "wgs84" or vector["from"] == "bd09"
        expected = (float(vector["lng_out"]), float(vector["lat_out"]))
        assert got == pytest.approx(expected, abs=2e-5 if one_step else 1e-9), vector["note"]


def test_one_step_inverse_is_off_and_ours_is_not() -> None:
    lng, lat = (axis.ravel() for axis in np.meshgrid(np.linspace(75, 134, 60), np.linspace(18, 53, 60)))
    moved = coordinates.from_cgcs2000(lng, lat, "gcj02")
    again = coordinates.from_cgcs2000(*moved, "gcj02")
    one_step = 2 * moved[0] - again[0]
    assert np.abs(one_step - lng).max() > 1e-5
    assert np.abs(coordinates.to_cgcs2000(*moved, "gcj02")[0] - lng).max() < DEGREES


@pytest.mark.parametrize("crs", OFFSET_SYSTEMS)
@given(data=st.data())
@settings(max_examples=30, deadline=None, derandomize=True)
def test_offsets_return(crs: str, data: st.DataObject) -> None:
    west, south, east, north = map_offsets.CHINA
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    lng, lat = rng.uniform(west, east, 2000), rng.uniform(south, north, 2000)
    # The square root in the offset has no derivative on these two lines.
    lng[:20], lat[20:40] = 105.0 + rng.normal(0, 1e-9, 20), 35.0 + rng.normal(0, 1e-9, 20)
    moved = coordinates.from_cgcs2000(lng, lat, crs)
    back = coordinates.to_cgcs2000(*moved, crs)
    assert np.abs(back[0] - lng).max() < DEGREES
    assert np.abs(back[1] - lat).max() < DEGREES


@pytest.mark.parametrize(("crs", "most"), [("gcj02", 1100.0), ("bd09", 2100.0)])
def test_offsets_move_by_hundreds_of_metres(crs: str, most: float) -> None:
    lng, lat = np.meshgrid(np.linspace(75, 134, 60), np.linspace(18, 53, 60))
    moved = coordinates.from_cgcs2000(lng.ravel(), lat.ravel(), crs)
    _, _, metres = pyproj.Geod(ellps="GRS80").inv(lng.ravel(), lat.ravel(), *moved)
    assert np.min(metres) > 20
    assert np.max(metres) < most


@pytest.mark.parametrize("crs", OFFSET_SYSTEMS)
@pytest.mark.parametrize("point", [(2.35, 48.86), (-74.0, 40.7), (151.2, -33.9), (114.2, 0.1), (0.0, 0.0)])
def test_nothing_moves_outside_china(crs: str, point: tuple[float, float]) -> None:
    assert coordinates.from_cgcs2000(*point, crs) == point
    assert coordinates.to_cgcs2000(*point, crs) == point


@pytest.mark.parametrize("crs", coordinates.ZONES)
def test_every_zone_stands_where_its_number_says(crs: str) -> None:
    number = int(crs.removeprefix("EPSG:"))
    with_zone_number = number <= 4533
    zone = number - 4513 + 25 if with_zone_number else number - 4534 + 25
    # On the central meridian the easting is the false easting, and the scale is 1: the northing is the meridian's arc.
    x, y = coordinates.from_cgcs2000(zone * 3.0, 30.0, crs)
    assert x == pytest.approx(500_000 + (zone * 1_000_000 if with_zone_number else 0), abs=1e-6)
    arc = pyproj.Geod(ellps="GRS80").inv(zone * 3.0, 0.0, zone * 3.0, 30.0)[2]
    assert y == pytest.approx(arc, abs=1e-3)
    lng, lat = zone * 3 + np.linspace(-2, 2, 41), np.linspace(5, 55, 41)
    back = coordinates.to_cgcs2000(*coordinates.from_cgcs2000(lng, lat, crs), crs)
    assert np.abs(back[0] - lng).max() < DEGREES
    assert np.abs(back[1] - lat).max() < DEGREES


@pytest.mark.parametrize("crs", coordinates.ZONES)
def test_zones_agree_with_proj(crs: str) -> None:
    meridian = (int(crs.removeprefix("EPSG:")) - 4513) % 21 * 3 + 75
    lng, lat = (axis.ravel() for axis in np.meshgrid(meridian + np.linspace(-6, 6, 25), np.linspace(-2, 56, 30)))
    theirs = pyproj.Transformer.from_crs("EPSG:4490", crs, always_xy=True).transform(lng, lat)
    ours = coordinates.from_cgcs2000(lng, lat, crs)
    assert np.abs(np.array(ours) - np.array(theirs)).max() < 1e-6
    back = coordinates.to_cgcs2000(*theirs, crs)
    assert np.abs(np.array(back) - np.array([lng, lat])).max() < 1e-10


def test_a_point_far_from_its_zone_is_no_point() -> None:
    assert np.isnan(coordinates.from_cgcs2000(2.35, 48.86, "EPSG:4526")).all()
    assert np.isnan(coordinates.to_cgcs2000(114.3, 30.6, "EPSG:4526")).all()
    # An easting with the number of another zone lies in that other zone: to be seen, not to be lost.
    lng, _ = coordinates.to_cgcs2000(38_528_770.2, 3_386_666.3, "EPSG:4523")
    assert 130 < lng < 142


def test_wgs84_is_taken_as_cgcs2000() -> None:
    assert coordinates.to_cgcs2000(114.3, 30.6, "wgs84") == (114.3, 30.6)
    assert coordinates.to_cgcs2000(114.3, 30.6, "cgcs2000") == (114.3, 30.6)


@pytest.mark.parametrize("crs", ["cgcs2000", "wgs84", "gcj02", "bd09", "EPSG:4526", "EPSG:4547"])
def test_what_is_no_point_becomes_not_a_number(crs: str) -> None:
    lng = np.array([np.nan, 114.3, np.inf, 114.3])
    lat = np.array([30.6, np.nan, 30.6, 30.6])
    for got in coordinates.from_cgcs2000(lng, lat, crs):
        assert np.isnan(got).tolist() == [True, True, True, False]


@pytest.mark.parametrize("crs", ["gcj02", "bd09", "EPSG:4526"])
def test_a_number_and_an_array_of_it_are_converted_alike(crs: str) -> None:
    one = coordinates.from_cgcs2000(114.3, 30.6, crs)
    many = coordinates.from_cgcs2000(np.array([114.3, 80.0]), np.array([30.6, 40.0]), crs)
    assert isinstance(one[0], float)
    assert one == pytest.approx((many[0][0], many[1][0]), abs=1e-9)


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("CGCS2000", "cgcs2000"),
        ("EPSG:4490", "cgcs2000"),
        ("GCS_China_Geodetic_Coordinate_System_2000", "cgcs2000"),
        ("China Geodetic Coordinate System 2000", "cgcs2000"),
        ("http://www.opengis.net/def/crs/EPSG/0/4490", "cgcs2000"),
        ("WGS-84", "wgs84"),
        ("WGS 84", "wgs84"),
        ("GCS_WGS_1984", "wgs84"),
        ("EPSG:4326", "wgs84"),
        ("CRS84", "wgs84"),
        ("OGC:CRS84", "wgs84"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "wgs84"),
        ("urn:ogc:def:crs:EPSG::4326", "wgs84"),
        ("GCJ-02", "gcj02"),
        ("GCJ02", "gcj02"),
        ("BD-09", "bd09"),
        ("bd09ll", "bd09"),
        ("epsg:4523", "EPSG:4523"),
        ("CGCS2000_3_Degree_GK_Zone_35", "EPSG:4523"),
        ("CGCS2000 / 3-degree Gauss-Kruger zone 45", "EPSG:4533"),
        ("CGCS2000_3_Degree_GK_CM_114E", "EPSG:4547"),
        ("CGCS2000 / 3-degree Gauss-Kruger CM 75E", "EPSG:4534"),
    ],
)
def test_spellings(spelling: str, name: str) -> None:
    assert coordinates.normal_crs(spelling) == name
    assert coordinates.known_crs(spelling)


@pytest.mark.parametrize(
    "name",
    ["", "EPSG:3857", "EPSG:4512", "EPSG:4555", "EPSG:4214", "xian80", "CGCS2000_3_Degree_GK_Zone_46",
     "CGCS2000_3_Degree_GK_CM_113E", "CGCS2000_3_Degree_GK_CM_138E"],
)  # fmt: skip
def test_unknown_systems_are_refused(name: str) -> None:
    assert not coordinates.known_crs(name)
    with pytest.raises(UserError, match="坐标系"):
        coordinates.to_cgcs2000(114.3, 30.6, name)


def test_which_systems_are_metres() -> None:
    assert coordinates.is_projected("CGCS2000_3_Degree_GK_Zone_38")
    assert not coordinates.is_projected("gcj02")


def test_every_proj_name_of_a_zone_is_known() -> None:
    assert len(coordinates.ZONES) == 42
    for crs in coordinates.ZONES:
        assert coordinates.normal_crs(pyproj.CRS(crs).name) == crs
