"""The map of streets: one file that holds everything, and colours that say what the legend says."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from ground.errors import UserError
from pipelines.places.streets import NO_VALUE, classes, draw_street_map

SVG = "{http://www.w3.org/2000/svg}"


def square(west: float, south: float, size: float = 0.02, hole: bool = False) -> str:
    def ring(west: float, south: float, size: float) -> str:
        east, north = west + size, south + size
        return f"({west} {south}, {east} {south}, {east} {north}, {west} {north}, {west} {south})"

    inner = f", {ring(west + size / 4, south + size / 4, size / 2)}" if hole else ""
    return f"POLYGON ({ring(west, south, size)}{inner})"


@pytest.fixture
def streets() -> pa.Table:
    return pa.table(
        {
            "street_code": ["420102001000", "420102002000", "420102003000", "420102004000", "420102005000"],
            "name": ["一元街道", "大智街道", "<劳动>街道", "没有数", "没有界"],
            "wkt": [square(114.28, 30.58), square(114.30, 30.58, hole=True), square(114.28, 30.60), square(114.3, 30.6), None],
            "value": pa.array([10, 200, 3000, None, 5], pa.int64()),
        }
    )  # fmt: skip


def fills(root: ET.Element) -> dict[str, str]:
    """Name and value of a street -> its colour."""
    return {path.find(f"{SVG}title").text: path.get("fill") for path in root.iter(f"{SVG}path")}


def test_every_street_with_a_boundary_is_drawn_in_the_colour_of_its_class(streets: pa.Table, tmp_path: Path) -> None:
    path = draw_street_map(streets, "各街道居住人口", tmp_path / "map.svg")
    root = ET.fromstring(path.read_text(encoding="utf-8"))
    found = fills(root)
    assert list(found) == ["一元街道：10", "大智街道：200", "<劳动>街道：3,000", "没有数：无数据 no data"]
    assert found["没有数：无数据 no data"] == NO_VALUE
    assert len(set(found.values())) == 4
    legend = [(rect.get("fill")) for rect in root.iter(f"{SVG}rect")][1:]
    assert legend == [found["一元街道：10"], found["大智街道：200"], found["<劳动>街道：3,000"], NO_VALUE]
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert {"各街道居住人口", "一元街道", "大智街道", "<劳动>街道"} <= set(texts)


def test_north_is_up_and_shapes_keep_their_form(streets: pa.Table, tmp_path: Path) -> None:
    root = ET.fromstring(draw_street_map(streets, "图", tmp_path / "map.svg").read_text(encoding="utf-8"))
    corners = {}
    for path in root.iter(f"{SVG}path"):
        first = path.get("d").split("Z")[0]
        points = np.array([[float(one) for one in pair.split()] for pair in re.findall(r"[\d.]+ [\d.]+", first)])
        corners[path.find(f"{SVG}title").text.split("：")[0]] = points
        assert path.get("d").count("Z") == (2 if "大智" in path.find(f"{SVG}title").text else 1)
    assert corners["<劳动>街道"][:, 1].max() <= corners["一元街道"][:, 1].min() + 0.2
    assert corners["大智街道"][:, 0].min() >= corners["一元街道"][:, 0].max() - 0.2
    width, height = np.ptp(corners["一元街道"], axis=0)
    assert width / height == pytest.approx(np.cos(np.radians(30.6)), abs=0.01)


def test_a_page_needs_nothing_from_elsewhere(streets: pa.Table, tmp_path: Path) -> None:
    text = draw_street_map(streets, "图 & 表", tmp_path / "deep" / "map.html").read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "图 &amp; 表" in text
    addresses = re.findall(r"https?://[^\"' ]+", text)
    assert set(addresses) == {"http://www.w3.org/2000/svg"}
    assert "<script" not in text


def test_classes_hold_about_equally_many() -> None:
    values = np.random.default_rng(7).lognormal(8, 1, 600)
    bounds = classes(values)
    assert len(bounds) == 6
    assert bounds[-1] == values.max()
    counts = np.diff([0, *(np.sum(values <= one) for one in bounds)])
    assert counts.min() >= 95
    assert list(classes(np.array([5.0, 5.0, np.nan]))) == [5.0]
    assert list(classes(np.array([np.nan]))) == []


def test_what_cannot_be_drawn_is_said(streets: pa.Table, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="wkt"):
        draw_street_map(streets.drop_columns(["wkt"]), "图", tmp_path / "map.svg")
    with pytest.raises(UserError, match="街道界线"):
        draw_street_map(streets.slice(4), "图", tmp_path / "map.svg")
    broken = streets.set_column(2, "wkt", pa.array(["POLYGON ((1 2, 3"] * 5))
    with pytest.raises(UserError, match="WKT"):
        draw_street_map(broken, "图", tmp_path / "map.svg")
