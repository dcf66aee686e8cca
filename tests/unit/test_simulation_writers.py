"""Every form of delivery is read back by other means than those that wrote it, and has the same bytes twice."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import sqlite3
import zipfile
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
import python_calamine
from lxml import etree

from catalog.feed import Feed
from simulation.register import Habits
from simulation.writers import workbook
from simulation.writers.opening import open_writer, place_of

AS_OF = date(2026, 11, 1)
ROWS = pd.DataFrame(
    {
        "id": ["001", "002", "003"],
        "name": ['张"三"', "李;四", "王<五>&\\"],
        "amount": ["1.50", "", "不详"],
        "day": ["2026-02-03", "不详", ""],
        "moment": ["2026-02-03 04:05:06", "", "2026-12-31 23:59:59"],
        "district": ["江岸区", "江岸区", "武昌区"],
        "hidden": ["a", "b", "c"],
    },
    index=[7, 8, 9],
)
PLAIN = Habits()
COLUMNS = {"编号": "id", "姓名": "name", "金额": "amount", "日期": "day", "时间": "moment"}


def _feed(form: dict[str, Any], columns: dict[str, str] = COLUMNS, **changes: Any) -> Feed:
    source = {"kind": "file", "path": f"ga/one_{{period}}.{form['kind']}"}
    return Feed.model_validate(
        {"id": "one", "resource": "one", "source": source, "format": form, "columns": columns} | changes
    )


def _write(folder: Path, feed: Feed, habits: Habits = PLAIN, rows: pd.DataFrame = ROWS) -> tuple[list[Path], list[int]]:
    """Two rows, then the others, as two blocks."""
    writer = open_writer(feed, place_of(feed, folder, "2026-11"), habits, AS_OF)
    lines = [*writer.append(rows.iloc[:2]), *writer.append(rows.iloc[2:])]
    return writer.close(), [int(line) for line in lines]


def _only(paths: list[Path]) -> Path:
    (path,) = paths
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    return path


def _cells(rows: pd.DataFrame = ROWS) -> list[list[str]]:
    return rows[list(COLUMNS.values())].to_numpy().tolist()


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-8", ","), ("gbk", ","), ("gb18030", ";")])
def test_delimited_text(tmp_path: Path, encoding: str, delimiter: str) -> None:
    feed = _feed({"kind": "csv", "encoding": encoding, "delimiter": delimiter})
    paths, lines = _write(tmp_path, feed, Habits(line_end="\r\n"))
    text = _only(paths).read_bytes().decode(encoding)
    assert list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)) == [list(COLUMNS), *_cells()]
    assert text.count("\r\n") == 4
    assert lines == [2, 3, 4]


def test_delimited_text_without_header_and_with_a_mark(tmp_path: Path) -> None:
    feed = _feed({"kind": "csv", "header_row": 0}, {"1": "id", "2": "name"})
    paths, lines = _write(tmp_path, feed, Habits(byte_order_mark=True))
    content = _only(paths).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf001,")
    assert lines == [1, 2, 3]


def test_columns_outside_the_catalogue_and_missing_ones(tmp_path: Path) -> None:
    feed = _feed({"kind": "csv", "encoding": "utf-8"}, {"编号": "id", "别的": "not_given"})
    paths, _ = _write(tmp_path, feed, Habits(outside={"备注": "hidden"}))
    assert _only(paths).read_text("utf-8").splitlines()[:2] == ["编号,别的,备注", "001,,a"]


def test_fixed_width_counts_bytes(tmp_path: Path) -> None:
    fields = {"id": {"start": 3, "width": 4}, "name": {"start": 7, "width": 12}, "moment": {"start": 20, "width": 19}}
    feed = _feed({"kind": "fixed_width", "encoding": "gbk", "fields": fields}, {one: one for one in fields})
    paths, lines = _write(tmp_path, feed)
    written = _only(paths).read_bytes().splitlines()
    assert {len(line) for line in written} == {38}
    for line, (_, row) in zip(written, ROWS.iterrows(), strict=True):
        cut = {
            name: line[at["start"] - 1 : at["start"] - 1 + at["width"]].decode("gbk").strip()
            for name, at in fields.items()
        }
        assert cut == {name: row[name] for name in fields}
    assert lines == [1, 2, 3]


@pytest.mark.parametrize("unit", ["bytes", "characters"])
def test_fixed_width_refuses_what_is_too_wide(tmp_path: Path, unit: str) -> None:
    width = 5 if unit == "bytes" else 3
    form = {"kind": "fixed_width", "unit": unit, "fields": {"name": {"start": 1, "width": width}}}
    with pytest.raises(ValueError, match="name"):
        _write(tmp_path, _feed(form, {"name": "name"}))


NESTED = {"id": "id", "who.name": "name", "who.paid.amount": "amount"}


@pytest.mark.parametrize(("form", "records"), [("json", ""), ("json", "data.items"), ("jsonl", "")])
def test_nested_json(tmp_path: Path, form: str, records: str) -> None:
    rows = ROWS.assign(amount=["1.50", "", "2"])
    feed = _feed({"kind": form, "records": records} if form == "json" else {"kind": form}, NESTED)
    paths, lines = _write(tmp_path, feed, Habits(numbers=("amount",)), rows)
    text = _only(paths).read_text("utf-8")
    found = [json.loads(line) for line in text.splitlines()] if form == "jsonl" else json.loads(text)
    for name in records.split(".") if records else ():
        found = found[name]
    assert found == [
        {"id": id_, "who": {"name": name, "paid": {"amount": amount}}}
        for id_, name, amount in zip(rows["id"], rows["name"], [1.5, None, 2], strict=True)
    ]
    assert lines == [1, 2, 3]


def test_json_may_leave_empty_values_out(tmp_path: Path) -> None:
    feed = _feed({"kind": "jsonl"}, {"id": "id", "amount": "amount", "day": "day"})
    paths, _ = _write(tmp_path, feed, Habits(nulls="omit"))
    found = [json.loads(line) for line in _only(paths).read_text("utf-8").splitlines()]
    assert [list(one) for one in found] == [["id", "amount", "day"], ["id", "day"], ["id", "amount"]]


def test_xml(tmp_path: Path) -> None:
    feed = _feed({"kind": "xml", "record": "row"}, {"id": "id", "who/name": "name"})
    paths, lines = _write(tmp_path, feed, Habits(root="all"))
    root = etree.parse(_only(paths)).getroot()
    assert root.tag == "all"
    assert [(row.findtext("id"), row.findtext("who/name")) for row in root] == list(
        zip(ROWS["id"], ROWS["name"], strict=True)
    )
    assert lines == [1, 2, 3]


def test_parquet_holds_text_numbers_and_moments(tmp_path: Path) -> None:
    rows = ROWS.assign(amount=["1.50", "", "2"], lng=[114.5, 114.25, 114.0])
    feed = _feed({"kind": "parquet"}, {"id": "id", "amount": "amount", "moment": "moment", "lng": "lng"})
    paths, _ = _write(tmp_path, feed, Habits(numbers=("amount",), dates=("moment",)), rows)
    table = pq.read_table(_only(paths))
    assert [str(one) for one in table.schema.types] == ["string", "double", "timestamp[ms]", "double"]
    assert table.column("amount").to_pylist() == [1.5, None, 2.0]
    assert table.column("moment").to_pylist() == [
        datetime(2026, 2, 3, 4, 5, 6),
        None,
        datetime(2026, 12, 31, 23, 59, 59),
    ]


def test_sqlite(tmp_path: Path) -> None:
    source = {"kind": "sql", "url": "sqlite:///inbox/sw/one.sqlite", "query": "select * from one order by rowid"}
    feed = _feed({"kind": "rows"}, {one: one for one in ("id", "name", "amount")}, source=source)
    paths, lines = _write(tmp_path, feed)
    with closing(sqlite3.connect(_only(paths))) as connection:
        assert connection.execute(source["query"]).fetchall() == [
            *map(tuple, ROWS[["id", "name", "amount"]].to_numpy())
        ]
    assert lines == [1, 2, 3]


def test_workbook_with_titles_and_real_dates(tmp_path: Path) -> None:
    form = {"kind": "xlsx", "sheet": "表", "header_row": 3}
    habits = Habits(title=("题", "说明"), dates=("day", "moment"), numbers=("amount",))
    paths, lines = _write(tmp_path, _feed(form), habits)
    sheet = openpyxl.load_workbook(_only(paths))["表"]
    rows = list(sheet.iter_rows(values_only=True))
    assert [row[0] for row in rows[:3]] == ["题", "说明", "编号"]
    assert rows[3] == ("001", '张"三"', 1.5, datetime(2026, 2, 3), datetime(2026, 2, 3, 4, 5, 6))
    assert rows[4] == ("002", "李;四", None, "不详", None)
    assert rows[5][2:4] == ("不详", None)
    assert sheet["D4"].number_format == "yyyy-mm-dd"
    assert lines == [4, 5, 6]


def test_workbook_with_merged_header_and_sub_headings(tmp_path: Path) -> None:
    columns = {"人/编号": "id", "人/姓名": "name", "钱/金额": "amount", "时间": "moment"}
    form = {"kind": "xlsx", "sheet": "表", "header_row": 2, "header_rows": 2, "skip_subheadings": True}
    paths, lines = _write(tmp_path, _feed(form, columns), Habits(title=("题",), group="district"))
    sheet = openpyxl.load_workbook(_only(paths))["表"]
    assert {str(one) for one in sheet.merged_cells.ranges} == {"A1:D1", "A2:B2", "D2:D3"}
    rows = [[cell for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]
    assert rows[1:3] == [["人", "钱", "时间"], ["编号", "姓名", "金额"]]
    assert (rows[3], rows[6]) == (["江岸区"], ["武昌区"])
    assert lines == [5, 6, 8]
    assert [sheet.cell(line, 1).value for line in lines] == ROWS["id"].tolist()


def test_old_workbook_comes_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(workbook.ROWS, "xls", 3)
    source = {"kind": "file", "path": "jy/one_{period}_{part}.xls"}
    feed = _feed({"kind": "xls", "sheet": "表"}, source=source)
    paths, lines = _write(tmp_path, feed, Habits(dates=("moment",)))
    assert [path.name for path in paths] == ["one_2026-11_1.xls", "one_2026-11_2.xls"]
    sheets = [
        python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_name("表").to_python() for path in paths
    ]
    assert [len(sheet) for sheet in sheets] == [3, 2]
    assert [sheet[0] for sheet in sheets] == [list(COLUMNS)] * 2
    assert sheets[0][1][4] == datetime(2026, 2, 3, 4, 5, 6)
    assert lines == [2, 3, 2]


def test_a_workbook_that_is_full_is_no_delivery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(workbook.ROWS, "xlsx", 3)
    with pytest.raises(ValueError, match="cannot hold"):
        _write(tmp_path, _feed({"kind": "xlsx"}))


def test_archive_has_a_member_for_each_group(tmp_path: Path) -> None:
    form = {"kind": "zip", "member": "*.csv", "content": {"kind": "csv", "encoding": "gbk"}}
    paths, lines = _write(tmp_path, _feed(form), Habits(group="district", member="u_{group}.csv"))
    with zipfile.ZipFile(_only(paths)) as archive:
        assert archive.namelist() == ["u_武昌区.csv", "u_江岸区.csv"]
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        text = archive.read("u_江岸区.csv").decode("gbk")
    assert list(csv.reader(io.StringIO(text))) == [list(COLUMNS), *_cells(ROWS.iloc[:2])]
    assert lines == [2, 3, 2]


FORMS: dict[str, dict[str, Any]] = {
    "csv": {"kind": "csv"}, "json": {"kind": "json"}, "jsonl": {"kind": "jsonl"}, "parquet": {"kind": "parquet"},
    "xlsx": {"kind": "xlsx"}, "xls": {"kind": "xls"}, "xml": {"kind": "xml", "record": "r"},
    "zip": {"kind": "zip", "content": {"kind": "csv"}},
    "fixed_width": {"kind": "fixed_width", "fields": {"编号": {"start": 1, "width": 9}}},
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_same_rows_same_bytes_and_none_are_a_delivery_too(tmp_path: Path, form: str) -> None:
    columns = {"编号": "id", "时间": "moment"}
    feed = _feed(FORMS[form], columns)
    digests = [
        hashlib.sha256(_only(_write(tmp_path / again, feed, Habits(dates=("moment",)))[0]).read_bytes()).hexdigest()
        for again in ("one", "two")
    ]
    assert digests[0] == digests[1]
    paths, lines = _write(tmp_path / "nobody", feed, rows=ROWS.iloc[:0])
    assert lines == []
    assert _only(paths).exists()
