"""What the contract makes of a delivered geometry: tables in, tables out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.feed import Feed
from catalog.model import Resource
from pipelines.intake import contract, geometry
from standards import coordinates
from warehouse.duckdb_engine import DuckDbEngine

Typed = Callable[..., list[tuple[str | None, str | None]]]


@pytest.fixture
def typed(duckdb_engine: DuckDbEngine) -> Typed:
    """Texts of one geometry item in, pairs of what standard holds and the breach out."""

    def run(*texts: str | None, crs: str = "cgcs2000", shape: str = "point", required: bool = False):
        resource = Resource.model_validate({
            "id": "r", "title": "r", "department": "gh", "system": "s", "sharing": {"class": "unconditional"},
            "opening": {"class": "unconditional"}, "update_cycle": "monthly", "key": ["id"],
            "items": [{"id": "id", "title": "id"},
                      {"id": "place", "title": "p", "type": "geometry", "srid": 4490, "shape": shape, "required": required}],
        })  # fmt: skip
        feed = Feed.model_validate({
            "id": "f", "resource": "r", "source": {"kind": "file", "path": "a"}, "format": {"kind": "csv"},
            "columns": {"id": "id"}, "geometry": {"item": "place", "crs": crs, "column": "wkt"},
        })  # fmt: skip
        rows = pa.table(
            {
                "id": [str(n) for n in range(len(texts))],
                "place": pa.array(texts, pa.string()),
                "_row": list(range(len(texts))),
            }
        )
        table = contract.typed(duckdb_engine.load("delivered", rows), feed, resource)
        found = duckdb_engine.to_arrow(table.order_by("_row")).to_pylist()
        return [(row["place"], row["_breach"]) for row in found]

    return run


NO, OUT = (None, "place:not_geometry;"), (None, "place:out_of_range;")


def test_degrees_are_kept_and_rounded_to_eight_decimals(typed):
    assert typed("POINT (114.3 30.5)", " point( 114.123456789123 30 ) ", None, "") == [
        ("POINT (114.3 30.5)", None), ("POINT (114.12345679 30)", None), (None, None), (None, None),
    ]  # fmt: skip
    assert typed("POINT (114.3 30.5)", crs="wgs84") == [("POINT (114.3 30.5)", None)]


def test_what_is_no_geometry_or_another_shape_breaks_the_contract(typed):
    texts = ("x", "POINT (114.3 )", "POINT (1_2 3)", "POINT EMPTY", "POINT (nan 30)", "POINT (inf 30)", "SRID=4490;POINT (114 30)",
             "LINESTRING (114 30, 115 30)", "MULTIPOINT (114 30, 115 30)", "POINT (114.3 30.5", "\ufffd")  # fmt: skip
    assert typed(*texts) == [NO] * len(texts)
    assert (
        typed("POINT (114 30)", "POLYGON ((114 30, 115 30))", "POLYGON ((114 30, 115 30, 115 31))", shape="polygon")
        == [NO] * 3
    )


def test_coordinates_outside_the_range_of_the_system_break_the_contract(typed):
    assert typed("POINT (30.5 114.3)", "POINT (538000 3380000)") == [OUT, OUT], "axes in the wrong order; metres"
    # A zone without its number in the easting (4547), and with it (4526, zone 38).
    bare, numbered = "POINT (530000 3380000)", "POINT (38530000 3380000)"
    assert typed(bare, numbered, "POINT (3380000 530000)", "POINT (114.3 30.5)", crs="EPSG:4547")[1:] == [OUT] * 2 + [
        OUT
    ]
    assert typed(numbered, bare, "POINT (39530000 3380000)", crs="EPSG:4526")[1:] == [OUT, OUT]


def test_one_vertex_out_of_range_breaks_the_whole_geometry(typed):
    assert typed("LINESTRING (114 30, 115 91)", "LINESTRING (114 30, 115 31)", shape="line") == [
        OUT, ("LINESTRING (114 30, 115 31)", None),
    ]  # fmt: skip


@pytest.mark.parametrize("crs", ["gcj02", "bd09", "EPSG:4547", "EPSG:4526"])
def test_every_vertex_is_converted_as_the_standard_says(typed, crs):
    lng, lat = np.array([114.1, 114.2, 114.2, 114.1]), np.array([30.5, 30.5, 30.6, 30.5])
    x, y = coordinates.from_cgcs2000(lng, lat, crs)
    delivered = "POLYGON ((" + ", ".join(f"{a!r} {b!r}" for a, b in zip(x.tolist(), y.tolist(), strict=True)) + "))"
    ((text, breach),) = typed(delivered, crs=crs, shape="polygon")
    assert breach is None
    there = shapely.get_coordinates(shapely.from_wkt(text))
    assert np.abs(there - np.column_stack([lng, lat])).max() <= 2e-8


def test_several_lines_and_polygons_with_holes_and_heights_pass(typed):
    lines = "MULTILINESTRING ((114 30, 115 31), (113 30, 113 31))"
    holed = "MULTIPOLYGON (((114 30, 115 30, 115 31, 114 30), (114.5 30.2, 114.6 30.2, 114.6 30.3, 114.5 30.2)), ((113 30, 113.5 30, 113.5 31, 113 30)))"
    assert typed(lines, shape="line") == [(lines, None)]
    assert typed(holed, shape="polygon") == [(holed, None)]
    assert typed("POINT Z (114 30 25.5)") == [("POINT (114 30)", None)]


def test_a_polygon_that_crosses_itself_passes_for_a_rule_to_find(typed):
    bow = "POLYGON ((114 30, 115 31, 115 30, 114 31, 114 30))"
    assert typed(bow, shape="polygon") == [(bow, None)]
    assert not shapely.is_valid(shapely.from_wkt(bow))


def test_a_required_geometry_that_is_missing_is_said_to_be_missing(typed):
    assert typed(None, "x", required=True) == [(None, "place:missing;"), NO]


def test_the_engine_asks_for_each_geometry_once(typed, monkeypatch):
    seen: list[int] = []
    real = geometry.convert

    def counted(texts: Any, *more: Any) -> Any:
        seen.append(len(texts))
        return real(texts, *more)

    monkeypatch.setattr(geometry, "convert", counted)
    geometry._converter.cache_clear()
    assert len(typed(*["POINT (114.3 30.5)"] * 5_000)) == 5_000
    geometry._converter.cache_clear()
    assert sum(seen) == 5_000


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.none(),
            st.text(max_size=30),
            st.tuples(st.floats(), st.floats()).map(lambda p: f"POINT ({p[0]} {p[1]})"),
            st.tuples(st.floats(-1e8, 1e8), st.floats(-1e8, 1e8)).map(lambda p: f"POINT ({p[0]} {p[1]})"),
        ),
        max_size=8,
    ),
    st.sampled_from(["cgcs2000", "gcj02", "bd09", "EPSG:4547", "EPSG:4526"]),
)
def test_whatever_is_delivered_becomes_a_point_on_earth_or_a_reason(texts, crs):
    for text, made in zip(texts, geometry.convert(np.array(texts, dtype=object), crs, "point"), strict=True):
        if text is None:
            assert made is None
        elif not made.startswith("!"):
            ((x, y),) = shapely.get_coordinates(shapely.from_wkt(made))
            assert abs(x) <= 180.01 and abs(y) <= 90.01


@pytest.mark.parametrize(("text", "day"), [("45000", "2023-03-15"), ("20000", "1954-10-03"), ("19999", None), ("80000", None), ("2023-03-15", "2023-03-15"), ("20230315", "2023-03-15")])  # fmt: skip
def test_the_bare_number_of_a_sheets_day_is_that_day(duckdb_engine, text, day):
    table = duckdb_engine.load("days", pa.table({"t": [text]}))
    found = duckdb_engine.to_arrow(table.select(d=contract._day(table["t"])))["d"].to_pylist()
    assert [str(one) if one else None for one in found] == [day]


@pytest.mark.parametrize(("text", "lost"), [("4.20106E+17", True), ("1.0e+18", True), ("1.5E+2", False), ("A4.2E+17", False), ("420106", False)])  # fmt: skip
def test_a_code_that_a_spreadsheet_has_rounded_is_unreadable(duckdb_engine, text, lost):
    resource = Resource.model_validate({
        "id": "r", "title": "r", "department": "gh", "system": "s", "sharing": {"class": "unconditional"},
        "opening": {"class": "unconditional"}, "update_cycle": "monthly", "key": ["id"], "items": [{"id": "id", "title": "id"}],
    })  # fmt: skip
    feed = Feed.model_validate({
        "id": "f", "resource": "r", "source": {"kind": "file", "path": "a"}, "format": {"kind": "csv"}, "columns": {"id": "id"},
    })  # fmt: skip
    table = duckdb_engine.load("codes", pa.table({"id": [text], "_row": [1]}))
    breach = duckdb_engine.to_arrow(contract.typed(table, feed, resource))["_breach"].to_pylist()
    assert breach == ["id:unreadable;" if lost else None]
