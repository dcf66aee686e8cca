"""Delivered workbooks, old and new, Parquet, and archives of files: what is read, what is told, what is refused."""

from __future__ import annotations

import datetime
import io
import struct
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
import xlwt
from reading import Desk, refusal

from pipelines.intake import archive, read_parquet
from pipelines.intake.staged import UNREADABLE
from warehouse.duckdb_engine import DuckDbEngine

MERGED = ((1, 0, 2, 0, "编号"), (1, 1, 1, 2, "保障金"), (1, 3, 2, 3, "备注"))
"""First and last row and column of merged cells, below a title row."""
BODY: list[list[Any]] = [
    ["江岸区", None, None, None], ["A1", 780.5, 9366, "x"], ["A2", 650, 7800, None], ["武昌区", None, None, None], ["A3", 0.1 + 0.2, 1, "y"],
]  # fmt: skip
COLUMNS = {"编号": "id", "保障金/月标准": "monthly", "保障金/年标准": "yearly"}


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDbEngine]:
    with DuckDbEngine(threads=1) as one:
        yield one


@pytest.fixture
def desk(engine: DuckDbEngine, tmp_path: Path) -> Desk:
    return Desk(engine, tmp_path)


# --- workbooks ------------------------------------------------------------------------------------------------------


def xlsx(**sheets: list[list[Any]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if cell is not None:
                    sheet.write(number, column, cell, *([day] if isinstance(cell, datetime.date) else []))
        if rows and rows[0] == ["标题"]:
            for area in MERGED:
                sheet.merge_range(*area)
    book.close()
    return out.getvalue()


def xls(**sheets: list[list[Any]]) -> bytes:
    out, book = io.BytesIO(), xlwt.Workbook()
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for name, rows in sheets.items():
        sheet = book.add_sheet(name, cell_overwrite_ok=True)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if cell is not None:
                    sheet.write(number, column, cell, *([day] if isinstance(cell, datetime.date) else []))
        if rows and rows[0] == ["标题"]:
            for first, left, last, right, text in MERGED:
                sheet.write_merge(first, last, left, right, text)
    book.save(out)
    return out.getvalue()


WITH_HEADER = [["标题"], [], [None, "月标准", "年标准", None], *BODY]


@pytest.mark.parametrize(("kind", "make"), [("xlsx", xlsx), ("xls", xls)])
def test_titles_merged_headers_and_sub_headings(desk, kind, make):
    form = {"kind": kind, "header_row": 2, "header_rows": 2, "skip_subheadings": True}
    got = desk.read(f"a.{kind}", make(低保=WITH_HEADER), form, COLUMNS)
    assert got.rows == [
        {"id": "A1", "monthly": "780.5", "yearly": "9366", "_row": 5},
        {"id": "A2", "monthly": "650", "yearly": "7800", "_row": 6},
        {"id": "A3", "monthly": "0.3", "yearly": "1", "_row": 8},
    ]
    assert got.staged.not_taken == ["备注"]
    assert "表头（第 2–3 行）：编号、保障金/月标准、保障金/年标准、备注；略过 2 个小标题行" in got.zh


@pytest.mark.parametrize(("kind", "make"), [("xlsx", xlsx), ("xls", xls)])
def test_codes_that_came_as_numbers_are_unreadable_and_days_are_days(desk, kind, make):
    rows = [
        ["编号", "日期", "序号"],
        [420106199001011234, datetime.date(2026, 1, 31), 45000],
        [13800000000, "2026-02-01", 999_999_999_999_999],
    ]
    got = desk.read(f"a.{kind}", make(一=rows), {"kind": kind}, {"编号": "id", "日期": "day", "序号": "number"})
    assert got.column("id") == [UNREADABLE, "13800000000"] and got.column("number") == ["45000", "999999999999999"]
    assert got.column("day")[0].startswith("2026-01-31") and got.column("day")[1] == "2026-02-01"


@pytest.mark.parametrize(("kind", "make"), [("xlsx", xlsx), ("xls", xls)])
def test_a_workbook_in_several_parts_has_one_running_number(desk, kind, make):
    part = [["编号"], ["A1"], ["A2"]]
    body = make(低保1=part, 说明=[["x"]], 低保2=[["编号"], ["A3"]])
    got = desk.read(f"a.{kind}", body, {"kind": kind, "sheet": "低保*"}, {"编号": "id"})
    assert [(row["id"], row["_row"]) for row in got.rows] == [("A1", 2), ("A2", 3), ("A3", 5)]
    assert "工作表 低保2：第 4–5 行（其中的行号 = 此处行号 − 3）" in got.zh and "说明" not in got.zh


def test_a_workbook_of_the_other_kind_is_told_or_read(desk):
    rows = [["编号"], ["A1"]]
    assert "改为 xls" in refusal(desk, "a.xlsx", xls(一=rows), {"kind": "xlsx"}, {"编号": "id"}).zh
    got = desk.read("a.xls", xlsx(一=rows), {"kind": "xls"}, {"编号": "id"})
    assert got.column("id") == ["A1"] and "内容是 xlsx，与声明的 xls 不同" in got.zh
    page = b"<html><table><tr><td>x</td></tr></table></html>"
    assert "网页（HTML 表格）" in refusal(desk, "a.xls", page, {"kind": "xls"}, {"编号": "id"}).zh
    assert "改为 csv" in refusal(desk, "a.xls", b"a,b\n1,2\n", {"kind": "xls"}, {"编号": "id"}).zh
    assert "已损坏" in refusal(desk, "a.xls", xls(一=rows)[:600], {"kind": "xls"}, {"编号": "id"}).zh
    assert "0 字节" in refusal(desk, "a.xls", b"", {"kind": "xls"}, {"编号": "id"}).zh
    assert "现有：一" in refusal(desk, "a.xls", xls(一=rows), {"kind": "xls", "sheet": "低保*"}, {"编号": "id"}).zh


# --- Parquet --------------------------------------------------------------------------------------------------------


def parquet(table: pa.Table, **more: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, **more)
    return out.getvalue()


TYPED: dict[str, tuple[pa.Array, list[str | None]]] = {
    "day": (pa.array([datetime.date(2026, 1, 31), None]), ["2026-01-31", None]),
    "moment": (pa.array([datetime.datetime(2026, 1, 31, 8, 0, 5), None]), ["2026-01-31 08:00:05", None]),
    "zoned": (
        pa.array([datetime.datetime(1990, 7, 1, 0, 0, tzinfo=datetime.UTC), None]), ["1990-07-01 09:00:00", None],
    ),
    "money": (pa.array([Decimal("12345678901234.5678"), Decimal("0.1")], pa.decimal128(18, 4)), ["12345678901234.5678", "0.1000"]),
    "tiny": (pa.array([Decimal("0.0000000001"), None], pa.decimal128(20, 10)), ["0.0000000001", None]),
    "long": (pa.array([420106199001011234, None], pa.int64()), ["420106199001011234", None]),
    "double": (pa.array([114.30512345, 13800000000.0]), ["114.30512345", "13800000000"]),
    "lost": (pa.array([420106199001011234.0, float("nan")]), [UNREADABLE, None]),
    "single": (pa.array([1.1, 2.0**25], pa.float32()), ["1.1", UNREADABLE]),
    "coded": (pa.array(["甲", ""]).dictionary_encode(), ["甲", None]),
    "truth": (pa.array([True, False]), ["true", "false"]),
    "large": (pa.array(["甲", "乙"], pa.large_string()), ["甲", "乙"]),
}  # fmt: skip


@pytest.mark.parametrize("name", TYPED)
def test_typed_values_become_text_without_a_rounded_digit(desk, name):
    values, texts = TYPED[name]
    got = desk.read("a.parquet", parquet(pa.table({"Ｖ": values, "rest": [1, 2]})), {"kind": "parquet"}, {"V": "v"})
    assert got.column("v") == texts and got.staged.not_taken == ["rest"] and got.column("_row") == [1, 2]


def test_parquet_is_read_in_pieces(desk, monkeypatch):
    monkeypatch.setattr(read_parquet, "ROWS_AT_ONCE", 100)
    count = 1_234
    body = parquet(pa.table({"id": [str(n) for n in range(count)]}), row_group_size=170)
    got = desk.read("a.parquet", body, {"kind": "parquet"}, {"id": "id"})
    assert got.column("id") == [str(n) for n in range(count)] and got.column("_row") == list(range(1, count + 1))


def test_parquet_that_is_none_or_has_no_text_is_refused(desk):
    good = parquet(pa.table({"id": ["1"], "list": [[1]], "bytes": [b"x"]}))
    assert "不是 Parquet" in refusal(desk, "a.parquet", b"id\n1\n", {"kind": "parquet"}, {"id": "id"}).zh
    assert "不完整" in refusal(desk, "a.parquet", good[:-20], {"kind": "parquet"}, {"id": "id"}).zh
    assert "缺少列：x" in refusal(desk, "a.parquet", good, {"kind": "parquet"}, {"x": "id"}).zh
    for name in ("list", "bytes"):
        assert name in refusal(desk, "a.parquet", good, {"kind": "parquet"}, {name: "id"}).zh


# --- archives -------------------------------------------------------------------------------------------------------

CSVS = {"kind": "zip", "member": "*.csv", "content": {"kind": "csv"}}
ID = {"编号": "id"}


def packed(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive_:
        for name, content in members.items():
            archive_.writestr(name, content)
    return out.getvalue()


def csv(*codes: str, encoding: str = "utf-8") -> bytes:
    return "\n".join(["编号", *codes, ""]).encode(encoding)


def test_members_are_read_one_after_another_with_one_running_number(desk):
    body = packed(
        {
            "甲/1.csv": csv("A1", "A2"),
            "说明.txt": b"x",
            "__MACOSX/1.csv": b"\0",
            "甲/": b"",
            "乙/2.csv": csv("A3", encoding="gbk"),
        }
    )
    got = desk.read("a.zip", body, CSVS, ID)
    assert [(row["id"], row["_row"]) for row in got.rows] == [("A1", 2), ("A2", 3), ("A3", 5)]
    assert "乙/2.csv：第 4–5 行（其中的行号 = 此处行号 − 3）" in got.zh and "甲/1.csv：编码：utf-8" in got.zh
    assert "未读取的成员（1 个）：说明.txt" in got.zh


def test_broken_lines_of_a_member_are_numbered_with_it(desk):
    body = packed({"1.csv": "编号,名\nA1,a\nbad\n".encode(), "2.csv": "编号,名\nbad\nA2,b\n".encode()})
    got = desk.read("a.zip", body, CSVS, ID)
    assert got.rejected == [3, 5] and got.column("_row") == [2, 6]


def test_names_in_gbk_are_read_as_they_were_meant(desk):
    """Older programs of Chinese systems write GBK names and do not say so."""
    body = packed({"XXXX.csv": csv("A1")}).replace(b"XXXX.csv", "低保".encode("gbk") + b".csv")
    got = desk.read("a.zip", body, CSVS | {"member": "低保*"}, ID)
    assert got.column("id") == ["A1"] and "低保.csv：" in got.zh


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ({"kind": "xlsx"}, xlsx(一=[["编号"], ["A1"]])), ({"kind": "json"}, '[{"编号":"A1"}]'.encode()),
        ({"kind": "jsonl"}, '{"编号":"A1"}\n'.encode()), ({"kind": "parquet"}, parquet(pa.table({"编号": ["A1"]}))),
        ({"kind": "xml", "record": "r"}, "<d><r><编号>A1</编号></r></d>".encode()),
        ({"kind": "fixed_width", "fields": {"编号": {"start": 1, "width": 2}}}, b"A1\n"),
        ({"kind": "geojson"}, '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"编号":"A1"},"geometry":null}]}'.encode()),
    ],
)  # fmt: skip
def test_every_form_is_read_from_an_archive_and_no_member_overwrites_another(desk, form, content):
    second = content.replace(b"A1", b"A2") if form["kind"] not in ("xlsx", "parquet") else content
    got = desk.read("a.zip", packed({"1.x": content, "2.x": second}), {"kind": "zip", "content": form}, ID)
    assert got.column("id") == ["A1", "A2" if second != content else "A1"]
    assert len(set(got.column("_row"))) == 2


def test_the_pages_of_an_interface_are_one_list(desk):
    page = '{"data": {"items": [%s]}}'
    form = {"kind": "zip", "content": {"kind": "json", "records": "data.items"}}
    pages = [page % '{"编号": "A1"}, {"编号": "A2"}', page % "", page % '{"编号": "A3", "late": 1}']
    body = packed({f"{n}.json": text.encode("gbk" if n == 2 else "utf-8") for n, text in enumerate(pages)})
    got = desk.read("a.zip", body, form, ID | {"late": "late"})
    assert [(row["id"], row["late"], row["_row"]) for row in got.rows] == [
        ("A1", None, 1),
        ("A2", None, 2),
        ("A3", "1", 3),
    ]
    assert "2.json：第 3–3 行（其中的行号 = 此处行号 − 2）" in got.zh and "3 条记录" in got.zh
    for broken, zh in (
        (b'{"data"', "不是有效的 JSON"),
        (b'{"data": 1}', "不是记录的列表"),
        (page.encode() % b"7", "第 1 个元素不是对象"),
    ):
        fault = refusal(desk, "a.zip", packed({"0.json": pages[0].encode(), "1.json": broken}), form, ID)
        assert zh in fault.zh and fault.where.startswith("a.zip!1.json")


@pytest.mark.parametrize("name", ["../x.csv", "/etc/x.csv", "a/../../x.csv", "..\\x.csv", "C:\\x.csv"])
def test_a_member_that_leads_out_of_its_folder_is_refused(desk, tmp_path, name):
    fault = refusal(desk, "a.zip", packed({name: csv("A1")}), CSVS, ID)
    assert "指向文件夹之外的路径" in fault.zh and "leads out of its folder" in fault.en
    assert not list(tmp_path.rglob("x.csv"))


def bomb(lying: bool) -> bytes:
    body = bytearray(packed({"x.csv": b"a\n" * (30 << 20)}))
    if lying:
        for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
            body[body.find(mark) + offset : body.find(mark) + offset + 4] = struct.pack("<I", 100)
    return bytes(body)


@pytest.mark.parametrize("lying", [False, True])
def test_an_archive_that_unpacks_out_of_all_proportion_is_stopped(desk, monkeypatch, lying):
    seen = []
    real = archive.unpacked

    def counted(*arguments):
        for chunk in real(*arguments):
            seen.append(len(chunk))
            yield chunk

    monkeypatch.setattr(archive, "unpacked", counted)
    body = bomb(lying)
    fault = refusal(desk, "a.zip", body, CSVS, ID)
    assert "疑似压缩炸弹" in fault.zh and "a.zip!x.csv" in fault.where
    assert sum(seen) <= max(archive.SMALL, archive.LARGEST_RATIO * len(body)) + (1 << 20)


def test_archives_that_cannot_be_taken_say_why(desk):
    good = packed({"1.csv": csv("A1")})
    assert "不是 ZIP 压缩包，或已损坏" in refusal(desk, "a.zip", good[:-30], CSVS, ID).zh
    assert "0 字节" in refusal(desk, "a.zip", b"", CSVS, ID).zh
    fault = refusal(desk, "a.zip", packed({"说明.txt": b"x"}), CSVS, ID)
    assert "没有与 *.csv 相符的文件，现有：说明.txt" in fault.zh
    damaged = bytearray(packed({"1.csv": csv(*[str(n) for n in range(500)])}, zipfile.ZIP_STORED))
    damaged[200] ^= 0xFF
    assert "a.zip!1.csv" in refusal(desk, "a.zip", bytes(damaged), CSVS, ID).where
    locked = bytearray(good)
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        locked[locked.find(mark) + offset] |= 1
    assert "已加密" in refusal(desk, "a.zip", bytes(locked), CSVS, ID).zh
    fault = refusal(desk, "a.zip", packed({"1.csv": csv("A1"), "2.csv": b"x,y\n"}), CSVS, ID)
    assert fault.where == "a.zip!2.csv" and "缺少列：编号" in fault.zh


def test_links_and_repeated_names_in_an_archive_are_refused(desk):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as writer:
        link = zipfile.ZipInfo("1.csv")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        writer.writestr(link, "/etc/passwd")
    assert "内有链接" in refusal(desk, "a.zip", out.getvalue(), CSVS, ID).zh
    twice = packed({"1.csv": csv("A1"), "2.csv": csv("A2")}).replace(b"2.csv", b"1.csv")
    assert "同名文件：1.csv" in refusal(desk, "a.zip", twice, CSVS, ID).zh
