"""The guesses of a draft: forms, types, keys, places and names, each on a file small enough to read."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from catalog.feed import Feed
from catalog.model import RESERVED, ItemType, Resource
from ground.documents import parse_document
from ground.errors import RefusedData, UserError
from pipelines.intake.drafting import columns, document, form, keys, places, titles
from pipelines.intake.drafting.draft import Drafted, draft
from warehouse.duckdb_engine import DuckDbEngine


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDbEngine]:
    with DuckDbEngine() as one:
        yield one


def measured(engine: DuckDbEngine, **values: list[str | None]) -> tuple[Any, list[columns.Column]]:
    data = pa.table({f"c{at}": pa.array(column, pa.string()) for at, column in enumerate(values.values())})
    table = engine.stage(engine.load("_drafting", data))
    return table, columns.measure(engine, table, {f"c{at}": title for at, title in enumerate(values)})


# --- types ----------------------------------------------------------------------------------------------------------

TYPES: dict[str, tuple[str, list[str | None], ItemType]] = {
    "integers": ("座席", ["3", "12", "-4"], ItemType.INTEGER),
    "numbers": ("面积", ["3.5", "12", "1,204.25"], ItemType.DECIMAL),
    "days": ("启用", ["2019-05-01", "2016年9月30日", "20180115", "2015/7/8"], ItemType.DATE),
    "compact days": ("建成", ["20190501", "20160930"], ItemType.DATE),
    "times": ("上报", ["2026-11-01 08:00:00", "2026-11-02T09:30:00"], ItemType.TIMESTAMP),
    "codes with leading zeros stay text": ("次序", ["001", "002", "010"], ItemType.TEXT),
    "numbers that name something stay text": ("厕所编号", ["101", "102", "103"], ItemType.TEXT),
    "telephones stay text": ("电话", ["13800000000", "13900000000"], ItemType.TEXT),
    "an id in English stays text": ("rootId", ["7", "8"], ItemType.TEXT),
    "eighteen digits are no number": ("数", ["330106197001010001", "330106197001010002"], ItemType.TEXT),
    "coordinates would be rounded": ("经", ["114.36512345", "114.30"], ItemType.TEXT),
    "years are no days": ("建成年", ["2005", "2013"], ItemType.INTEGER),
    "words": ("名", ["甲", "乙"], ItemType.TEXT),
    "nothing": ("空列", [None, ""], ItemType.TEXT),
    "no value is not held against a type": ("座席", ["3", "无", "-", "N/A", "4"], ItemType.INTEGER),
    "one mistake in a hundred is a mistake": ("座席", [*map(str, range(99)), "三"], ItemType.INTEGER),
    "one in three is a text": ("座席", ["1", "2", "三"], ItemType.TEXT),
}  # fmt: skip


@pytest.mark.parametrize("case", TYPES)
def test_the_type_of_a_column(engine, case):
    title, values, expected = TYPES[case]
    _, (one,) = measured(engine, **{title: values})
    assert one.type is expected, one.zh


def test_words_for_no_value_are_those_that_stand_there(engine):
    _, (seats, name) = measured(engine, 座席=["3", "无", "-", "4"], 名称=["甲", "N/A", "无", "-"])
    assert set(seats.nothing) == {"无", "-"}
    assert name.nothing == ("N/A",), "in a text, 无 may be meant"


def test_a_standard_element_brings_its_code_list_where_all_values_fit(engine):
    _, (fits, other) = measured(engine, 性别=["1", "2", None], 民族=["01", "汉", "02"])
    assert (fits.element, fits.code_list) == ("sex", "sex")
    assert (other.element, other.code_list) == ("ethnicity", None)


# --- keys -----------------------------------------------------------------------------------------------------------

KEYS: dict[str, tuple[dict[str, list[str | None]], tuple[str, ...], bool]] = {
    "an id before a name": ({"名称": ["甲", "乙", "丙"], "编号": ["a", "b", "c"]}, ("编号",), True),
    "a standard element before an id": (
        {"编号": ["1", "2"], "统一社会信用代码": ["x", "y"]}, ("统一社会信用代码",), True),
    "a pair": ({"线路": ["1", "1", "2"], "站": ["甲", "乙", "甲"]}, ("线路", "站"), True),
    "a column with a gap is none": ({"编号": ["a", None, "c"], "名称": ["甲", "乙", "丙"]}, ("名称",), True),
    "a float is none": ({"面积": ["1.5", "2.5", "3.5"], "名": ["甲", "甲", "甲"]}, ("名",), False),
    "a float kept as text is none": ({"x": ["1.123456", "2.123456"], "名": ["甲", "乙"]}, ("名",), True),
    "a row number is the last choice": ({"序号": ["1", "2", "3"], "名称": ["甲", "乙", "丙"]}, ("名称",), True),
    "a row number, where there is nothing else": ({"序号": ["1", "2", "3"], "类": ["甲", "甲", "甲"]}, ("序号",), True),
    "rows that repeat altogether count once": ({"编号": ["a", "a", "b"], "名": ["甲", "甲", "乙"]}, ("编号",), True),
    "nearly": (
        {"编号": [*map(str, range(30)), "3"], "名": [*["甲"] * 30, "乙"], "数": [*["1.5"] * 30, "2.5"]}, ("编号", "名"), True),
    "only nearly": (
        {"编号": [*map(str, range(30)), "3"], "数": [*["1.5"] * 30, "2.5"]}, ("编号",), False),
}  # fmt: skip


@pytest.mark.parametrize("case", KEYS)
def test_what_names_a_row(engine, case):
    values, expected, sure = KEYS[case]
    table, found = measured(engine, **values)
    key = keys.find(engine, table, found)
    assert (tuple(one.title for one in key.columns), key.sure) == (expected, sure), key.zh


# --- places ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "titles_", "shape"),
    [({"经度": ["114.3", "114.4"], "纬度": ["30.5", "30.6"]}, ["经度", "纬度"], "point"),
     ({"Lon": ["114.3"], "LAT": ["30.5"]}, ["Lon", "LAT"], "point"),
     ({"形": ["POLYGON ((0 0, 1 0, 1 1, 0 0))", "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))"]}, ["形"], "polygon"),
     ({"形": ["LINESTRING Z (0 0 1, 1 0 1)"], "经度": ["1"], "纬度": ["1"]}, ["形"], "line")],
)  # fmt: skip
def test_where_rows_say_where_they_are(engine, values, titles_, shape):
    table, found = measured(engine, **values)
    place = places.find(engine, table, found)
    assert place is not None
    assert ([one.title for one in place.columns], place.shape) == (titles_, shape)


@pytest.mark.parametrize(
    "values",
    [
        {"经度": ["114.3"]},
        {"经度": ["534000.5"], "纬度": ["3381000.5"]},
        {"经度": [None], "纬度": [None]},
        {"名": ["POINT of view"]},
    ],
)
def test_what_is_no_place(engine, values):
    table, found = measured(engine, **values)
    assert places.find(engine, table, found) is None


# --- names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "element", "name"),
    [("CreditCode", "credit_code", "credit_code"), ("KeyNo", None, "key_no"), ("name:en", None, "name_en"), ("3", None, "column_03"),
     ("登记日期", None, "registered_date"), ("厕所编号", None, "number_01"), ("备注", None, "remark"), ("蓝色", None, "item_01"),
     ("面积（平方米）", None, "area"), ("key", None, "key_item"), ("No", None, "number"), ("2024", None, "column_2024"), ("#", None, "item_01"),
     ("a__source", None, "a_source")],
)  # fmt: skip
def test_names_for_titles(title, element, name):
    assert titles.names([(title, element)]) == [name]


@given(st.lists(st.text(max_size=30), max_size=8))
def test_every_name_is_one_that_a_catalogue_takes_and_no_two_are_alike(given_titles):
    found = titles.names([(title, None) for title in given_titles])
    assert len(set(found)) == len(found)
    for name in found:
        assert yaml.safe_load(f"a: {name}") == {"a": name}, "YAML reads it as text"
        assert titles._ID.fullmatch(name) and name not in RESERVED
        assert not name.endswith(("__source", "__observed", "__agreement", "__disputed"))


# --- forms ----------------------------------------------------------------------------------------------------------


def put(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


RECORDS = [{"no": number, "name": f"甲{number}"} for number in range(5)]
FORMS: dict[str, tuple[bytes, dict[str, Any]]] = {
    "GBK with semicolons": (
        "编号;名称\n001;东湖路公厕在水一方的那一边\n002;江滩公厕\n".encode("gbk"),
        {"kind": "csv", "encoding": "gb18030", "delimiter": ";"}),
    "tabs and a BOM": ("编号\t名称\n001\t甲\n".encode("utf-8-sig"), {"kind": "csv", "encoding": "utf-8", "delimiter": "\t"}),
    "a comma within quotes": (
        '编号|名称\n001|"甲,乙,丙"\n002|丁\n'.encode(), {"kind": "csv", "encoding": "utf-8", "delimiter": "|"}),
    "records in a document": (
        json.dumps({"code": 0, "data": {"items": RECORDS, "tags": [{"a": 1}]}}).encode(), {"kind": "json", "records": "data.items"}),
    "records within a few": (
        json.dumps({"lines": [{"n": 1, "stops": RECORDS * 2}, {"n": 2, "stops": RECORDS}]}).encode(),
        {"kind": "json", "records": "lines[*].stops"}),
    "details within many": (
        json.dumps({"items": [{"n": n, "tags": RECORDS} for n in range(60)]}).encode(), {"kind": "json", "records": "items"}),
    "a list": (json.dumps(RECORDS).encode(), {"kind": "json"}),
    "lines": ("\n".join(map(json.dumps, RECORDS)).encode(), {"kind": "jsonl"}),
    "an indented document": (json.dumps(RECORDS, indent=2).encode(), {"kind": "json"}),
    "XML": (b"<a><meta x='1'/><row><no>1</no></row><row><no>2</no></row></a>", {"kind": "xml", "record": "row"}),
    "features": (
        b'{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"n": 1}, "geometry": '
        b'{"type": "Point", "coordinates": [114.3, 30.5]}}]}', {"kind": "geojson"}),
}  # fmt: skip


@pytest.mark.parametrize("case", FORMS)
def test_the_form_of_a_file_is_told_from_its_content(tmp_path, case):
    content, expected = FORMS[case]
    found = form.detect(put(tmp_path, "file.dat", content))
    assert found.form.model_dump(exclude_defaults=True) == expected
    assert found.crs is None, "a format's default is no statement"


def test_an_archive_is_read_as_what_its_members_are(tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "编号;名称\n001;甲\n")
        archive.writestr("b.csv", "编号;名称\n002;乙\n")
    found = form.detect(path)
    assert found.form.model_dump(exclude_defaults=True) == {
        "kind": "zip", "member": "*.csv", "content": {"kind": "csv", "encoding": "utf-8", "delimiter": ";"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "fault", "says"),
    [(b"", RefusedData, "0 bytes"), (b"{broken", RefusedData, "no JSON"), (b'{"a": {"b": 1}}', RefusedData, "no list of records"),
     (b"<a><b/></a>", RefusedData, "no element repeats"), (b"<a><b></a>", RefusedData, "no XML"),
     (b"PK\x03\x04broken", RefusedData, "no ZIP"), (b"\xd0\xcf\x11\xe0broken", RefusedData, "no table"),
     (b"\0\0\0\x01", RefusedData, "binary content"),
     ("00123江岸区00045\n00124江汉区00046\n".encode("gbk"), UserError, "start and width of every field")],
)  # fmt: skip
def test_what_cannot_be_told_is_said(tmp_path, content, fault, says):
    with pytest.raises(fault, match=f"(?i){says}"):
        form.detect(put(tmp_path, "file.dat", content))


# --- whole ----------------------------------------------------------------------------------------------------------

TOILETS = """全市公厕名录,,,,
公厕编号,公厕名称,经度,纬度,启用日期,男厕位,备注,备注
T001,东湖路公厕,114.365112,30.556211,2019-05-01,6,,
T002,江滩公厕,114.301222,30.601344,2016-09-30,无,,
"""


def drafted(engine: DuckDbEngine, tmp_path: Path, **options: Any) -> tuple[Drafted, Feed, Resource, str]:
    path = put(tmp_path, "toilets_2026-11.csv", TOILETS)
    found = draft(engine, path, tmp_path / "spill", feed_id=None, department="bureau", **options)
    text = document.write(found)
    feed = parse_document(text, Feed, name="draft.yaml")
    assert isinstance(feed.resource, Resource)
    return found, feed, feed.resource, text


def test_a_draft_is_a_feed_that_loads(engine, tmp_path):
    found, feed, resource, text = drafted(engine, tmp_path)
    assert (feed.id, feed.source.place, resource.update_cycle, feed.mode) == (  # type: ignore[union-attr]
        "toilets", "bureau/toilets_{period}.csv", "monthly", "full")  # fmt: skip
    assert feed.format.model_dump(exclude_defaults=True) == {
        "kind": "csv", "encoding": "utf-8", "header_row": 2, "null_values": ["无"],
    }  # fmt: skip
    assert {item.title: item.type for item in resource.items} == {
        "公厕编号": "text", "公厕名称": "text", "经度": "text", "纬度": "text", "启用日期": "date", "男厕位": "integer",
    }  # fmt: skip
    assert [resource.item(name).title for name in resource.key] == ["公厕编号"]
    assert found.unusable == ("备注",) and "备注: 该列名出现不止一次" in text
    assert feed.geometry is None and "# geometry: {item: location, crs: 待填, longitude: 经度, latitude: 纬度}" in text


def test_a_draft_with_a_known_system_has_its_geometry(engine, tmp_path):
    _, feed, resource, text = drafted(engine, tmp_path, crs="gcj02")
    assert feed.geometry is not None
    assert feed.geometry.model_dump(exclude_none=True, exclude_defaults=True) == {
        "item": "location", "crs": "gcj02", "longitude": "经度", "latitude": "纬度",
    }  # fmt: skip
    assert (resource.item("location").type, resource.item("location").shape) == ("geometry", "point")
    assert "经度" not in feed.columns and "# geometry" not in text


def test_titles_that_yaml_would_read_otherwise_are_written_so_that_they_come_back(engine, tmp_path):
    odd = ["yes", "2024", "a: b", "{x}", "- y", "#z", '学校"名称"', "first\nsecond", "~"]
    path = tmp_path / "odd.json"
    path.write_text(json.dumps([dict.fromkeys(odd, f"v{number}") for number in range(3)]), encoding="utf-8")
    found = draft(engine, path, tmp_path / "spill", feed_id="odd", department="ga")
    feed = parse_document(document.write(found), Feed, name="odd.yaml")
    assert set(feed.columns) == {one.title for _, one in found.columns} and len(feed.columns) == len(odd)


def test_every_guess_says_why(engine, tmp_path):
    *_, text = drafted(engine, tmp_path)
    for mark in (
        "header_row: 2  # ",
        "key: [",
        "update_cycle: monthly  # ",
        "mode: full  # ",
        "type: date",
        "type: integer",
    ):
        (line,) = [line for line in text.splitlines() if mark in line]
        assert "# " in line, line


def test_no_value_of_the_file_stands_in_the_draft(engine, tmp_path):
    *_, text = drafted(engine, tmp_path)
    assert not any(value in text for value in ("T001", "东湖路", "114.36", "2019-05-01"))


@pytest.mark.parametrize(
    ("name", "pattern", "cycle"),
    [("户籍_202611.csv", "户籍_{period}.csv", "monthly"), ("2019-08-01.csv", "{period}.csv", "daily"),
     ("x_2026Q4.xlsx", "x_{period}.xlsx", "quarterly"), ("fake_1000.csv", "fake_1000.csv", "yearly"),
     ("n_20261399.csv", "n_20261399.csv", "yearly"), ("a[1]*2026.csv", "a[[]1][*]{period}.csv", "yearly"),
     ("138000201911.csv", "138000201911.csv", "yearly")],
)  # fmt: skip
def test_the_period_in_a_name(engine, tmp_path, name, pattern, cycle):
    path = put(tmp_path, name, "编号,名称\n001,甲\n002,乙\n")
    found = draft(engine, path, tmp_path / "spill", feed_id="x", department="ga")
    assert (found.path, found.cycle.value) == (f"ga/{pattern}", cycle)
