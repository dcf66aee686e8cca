"""Delivered text in every dialect: what is read, what is found out about it, and what is refused with which words."""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import Desk, refusal

from catalog.formats import FixedWidth
from pipelines.intake import decoding, lines, read_fixed_width, read_json, read_xml
from pipelines.intake.staged import UNREADABLE
from warehouse.duckdb_engine import DuckDbEngine

COLUMNS = {"编号": "id", "姓名": "name", "地址": "address"}
PEOPLE = [("A1", "张喆", "江岸区解放大道1号"), ("A2", "欧阳镕", "武昌区珞喻路2号"), ("A3", "李娜", "洪山区3号")]
CSV = "编号,姓名,地址\n" + "".join(f"{a},{b},{c}\n" for a, b, c in PEOPLE)


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDbEngine]:
    with DuckDbEngine(threads=1) as one:
        yield one


@pytest.fixture
def desk(engine: DuckDbEngine, tmp_path: Path) -> Desk:
    return Desk(engine, tmp_path)


# --- CSV: encodings -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declared", "content", "zh"),
    [
        ("gbk", CSV.encode("gbk"), "编码：gbk（数据源声明）"),
        ("gb18030", CSV.replace("李娜", "李𠮷").encode("gb18030"), "编码：gb18030（数据源声明）"),
        ("auto", CSV.encode("gb18030"), "不是 utf-8"),
        ("auto", CSV.encode("utf-8"), "编码：utf-8（按 utf-8 解码全文相符）"),
        ("auto", CSV.encode("utf-8-sig"), "编码：utf-8（文件以 BOM 开头）"),
        ("utf-8", CSV.encode("utf-8-sig"), "编码：utf-8（数据源声明）"),
    ],
)
def test_each_encoding_is_read_and_the_note_says_why_it_was_taken(desk, declared, content, zh):
    got = desk.read("a.csv", content, {"kind": "csv", "encoding": declared}, COLUMNS)
    assert got.column("name")[:2] == ["张喆", "欧阳镕"]
    assert got.column("address") == [row[2] for row in PEOPLE]
    assert [row["_row"] for row in got.rows] == [2, 3, 4]
    assert zh in got.zh


def test_where_the_declared_encoding_fails_the_byte_and_the_line_are_named_and_the_one_that_fits(desk):
    content = ("编号,姓名\n" + "x,y\n" * 5).encode("gbk") + "A1,张伟的家人们都来了，二十个字以上才算数啊\n".encode()
    content = content.replace("编号,姓名".encode("gbk"), b"id,name")
    fault = refusal(desk, "a.csv", content, {"kind": "csv", "encoding": "gbk"}, {"id": "id", "name": "name"})
    assert "format.encoding 改为 utf-8" in fault.zh and "Set format.encoding: utf-8" in fault.en
    fault = refusal(desk, "b.csv", CSV.encode("gbk"), {"kind": "csv", "encoding": "utf-8"}, COLUMNS)
    assert "第 1 行、字节偏移 0" in fault.zh and "line 1, byte offset 0" in fault.en


def test_a_byte_that_does_not_decode_is_told_with_its_place_and_its_row_is_marked(desk):
    content = CSV.encode().replace("李娜".encode(), b"\xe6\x9d")
    got = desk.read("a.csv", content, {"kind": "csv", "encoding": "utf-8"}, COLUMNS)
    assert UNREADABLE in got.column("name")[2]
    place = content.index(b"\xe6\x9d,")
    assert f"第 4 行（字节偏移 {place}）" in got.zh and f"byte offset {place}" in got.en


@pytest.mark.parametrize("cut", [1, 2, 3, 5, 7])
def test_the_first_fault_is_found_wherever_the_pieces_are_cut(tmp_path, monkeypatch, cut):
    monkeypatch.setattr(decoding, "CHUNK", cut)
    path = tmp_path / "x"
    good = "甲乙\n丙a丁\n".encode("gbk")
    path.write_bytes(good + b"\xb0\nxx")
    assert decoding.first_fault(path, "gbk") == (len(good), 3)
    path.write_bytes(good)
    assert decoding.first_fault(path, "gbk") is None


# --- CSV: dialects --------------------------------------------------------------------------------------------------


def test_semicolons_and_files_without_header(desk):
    body = CSV.replace(",", ";").encode()
    got = desk.read("a.csv", body, {"kind": "csv", "delimiter": ";"}, COLUMNS)
    assert got.column("id") == ["A1", "A2", "A3"]
    bare = b"".join(body.splitlines(keepends=True)[1:])
    got = desk.read("a.csv", bare, {"kind": "csv", "delimiter": ";", "header_row": 0}, {"1": "id", "3": "address"})
    assert got.rows[0] == {"id": "A1", "address": PEOPLE[0][2], "_row": 1}
    assert got.staged.not_taken == ["2"]
    assert "没有表头，3 列" in got.zh and "no header: 3 columns" in got.en


def test_the_delimiter_that_would_fit_is_named(desk):
    fault = refusal(desk, "a.csv", CSV.replace(",", ";").encode(), {"kind": "csv"}, COLUMNS)
    assert "format.delimiter 改为 ';'" in fault.zh and "Set format.delimiter: ';'" in fault.en


def test_a_column_beyond_the_last_of_a_file_without_header_is_named(desk):
    fault = refusal(desk, "a.csv", b"1,2\n", {"kind": "csv", "header_row": 0}, {"1": "id", "3": "name"})
    assert "首行有 2 列，缺少列：3" in fault.zh and "missing columns: 3" in fault.en


def test_a_tab_hidden_before_a_code_is_delivered_as_it_is_and_not_a_column(desk):
    got = desk.read(
        "a.csv", "编号,姓名\n\t420106199001011234,张\t伟\n".encode(), {"kind": "csv"}, {"编号": "id", "姓名": "name"}
    )
    assert got.rows == [{"id": "\t420106199001011234", "name": "张\t伟", "_row": 2}]


QUOTES = {
    "closed further down, lines between": ('A1,"x,y\nA2,b,c\nA3,b,c\nA4,d",z\nA5,e,f\n', ["A5"], [2, 3, 4, 5]),
    "met by another quote": ('A1,"x,y\nA2,"b",c\nA3,b,c\n', ["A3"], [2, 3]),
    "opened in the first value": ('"A1,x,y\nA2,b,c\n"A3",b,c\nA4,b,c\n', ["A4"], [2, 3, 4]),
    "a bad line below a line break": ('A1,"x\ny",z\nbad\nA3,b,c\n', ["A1", "A3"], [4]),
}


@pytest.mark.parametrize("case", QUOTES)
def test_a_quote_that_is_not_closed_swallows_no_row_in_silence(desk, case):
    body, kept, rejected = QUOTES[case]
    got = desk.read("a.csv", ("i,j,k\n" + body).encode(), {"kind": "csv"}, {"i": "id", "j": "name", "k": "address"})
    assert (got.column("id"), got.rejected) == (kept, rejected)
    total = body.count("\n") - sum((value or "").count("\n") for row in got.rows for value in (row["name"],))
    assert len(got.rows) + len(got.rejected) == total, "every line is a row or rejected"


def test_the_note_says_from_where_to_where_a_quote_ran(desk):
    body = 'i,j,k\nA0,"x, y\nz",c\nA1,"x,y\nA2,b,c\nA3,b,c\nA4,d",z\nA5,e,f\n'
    got = desk.read("a.csv", body.encode(), {"kind": "csv"}, {"i": "id", "j": "name"})
    assert "第 4 行起有引号跨行（至第 7 行）" in got.zh and "from line 4 to 7" in got.en
    assert [(row["id"], row["_row"]) for row in got.rows] == [("A0", 2), ("A5", 8)]
    assert got.rows[0]["name"] == "x, y\nz", "a value may hold a line break and a comma"


def test_a_quote_that_is_never_closed_refuses_the_file_and_names_its_line(desk):
    fault = refusal(desk, "a.csv", b'i,j\nA1,b\nA2,"c\nA3,d\n', {"kind": "csv"}, {"i": "id", "j": "name"})
    assert "第 3 行的引号直到文件末尾都没有闭合" in fault.zh and fault.where == "a.csv:3"


# --- fixed width ----------------------------------------------------------------------------------------------------

FIELDS = {"编号": {"start": 1, "width": 4}, "姓名": {"start": 5, "width": 8}, "地址": {"start": 13, "width": 12}}


def padded(*cells: tuple[str, int], encoding: str = "gbk") -> bytes:
    return b"".join(text.encode(encoding).ljust(width) for text, width in cells)


def fixed(**more):
    return {"kind": "fixed_width", "encoding": "gbk", "fields": FIELDS} | more


def test_fixed_width_is_cut_by_bytes(desk):
    body = b"HEAD\r\n" + b"\r\n".join(padded((a, 4), (b, 8), (c[:5], 12)) for a, b, c in PEOPLE) + b"\r\n"
    got = desk.read("a.txt", body, fixed(skip_lines=1), COLUMNS)
    assert [tuple(row.values()) for row in got.rows] == [
        (a, b, c[:5], n) for n, (a, b, c) in enumerate(PEOPLE, start=2)
    ]
    assert "按字节切分" in got.zh


def test_a_cut_within_a_character_is_unreadable_and_shifts_nothing(desk):
    body = "A1  张三三a号四号".encode("gbk") + b" " * 9  # bytes 12 and 13 are one character
    got = desk.read("a.txt", body + b"\n", fixed(), COLUMNS)
    assert (got.column("id"), got.column("name"), got.column("address")) == (["A1"], [UNREADABLE], [UNREADABLE])


def test_a_line_with_a_lost_byte_has_no_readable_field(desk):
    good = padded(("A1", 4), ("李娜", 8), ("江岸", 12))
    bad = padded(("A2", 4), ("李娜", 8), ("江岸", 12)).replace("娜".encode("gbk"), b"\xff\xff")
    got = desk.read("a.txt", b"\n".join([good, bad, b""]), fixed(), COLUMNS)
    assert got.column("id") == ["A1", UNREADABLE] and got.column("name") == ["李娜", UNREADABLE]
    assert "第 2 行" in got.zh


def test_characters_and_trimmed_lines_and_short_ones(desk):
    body = "A1  张三    江岸区\nA2  李四\n\nA3\n".encode()
    form = fixed(encoding="utf-8", unit="characters")
    short = desk.read(
        "a.txt",
        body,
        form | {"fields": FIELDS | {"姓名": {"start": 5, "width": 6}, "地址": {"start": 11, "width": 3}}},
        COLUMNS,
    )
    assert short.rejected == [2, 4] and short.column("id") == ["A1"]
    trimmed = desk.read(
        "a.txt",
        body,
        form
        | {"trimmed": True, "fields": FIELDS | {"姓名": {"start": 5, "width": 6}, "地址": {"start": 11, "width": 3}}},
        COLUMNS,
    )
    assert trimmed.column("id") == ["A1", "A2", "A3"] and trimmed.column("name") == ["张三", "李四", None]
    assert [row["_row"] for row in trimmed.rows] == [1, 2, 4]


def test_fixed_width_that_breaks_off_or_is_in_another_encoding_is_refused(desk):
    row = padded(("A1", 4), ("李娜", 8), ("江岸区解放大", 12)) + b"\n"
    assert "第 3 行中断" in refusal(desk, "a.txt", row * 2 + row[:10], fixed(), COLUMNS).zh
    utf8 = (padded(("A1", 4), ("张三李四王五赵六", 8), ("江岸区解放大道", 12), encoding="utf-8") + b"\n") * 9
    assert "改为 utf-8" in refusal(desk, "a.txt", utf8 + "甲\n".encode(), fixed(), COLUMNS).zh
    assert "没有数据行" in refusal(desk, "a.txt", b"HEAD\n", fixed(skip_lines=1), COLUMNS).zh


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.text(
            st.characters(
                codec="gbk",
                exclude_characters="\r\n\x1c\x1d\x1e\x85\u2028\ufffd",
                exclude_categories=["Cc", "Zs", "Zl", "Zp"],
            ),
            min_size=6,
            max_size=9,
        ),
        min_size=1,
        max_size=6,
    ),
    st.lists(st.tuples(st.integers(1, 6), st.integers(1, 5)), min_size=1, max_size=3),
)
def test_cutting_blocks_is_cutting_line_by_line(texts, places):
    """Against the plain way: encode one line, cut its bytes, decode the piece."""
    form = FixedWidth.model_validate(
        {
            "kind": "fixed_width",
            "trimmed": True,
            "fields": {str(n): {"start": s, "width": w} for n, (s, w) in enumerate(places)},
        }
    )
    cut = read_fixed_width._Cutting(form, "gbk", lossless=True)._cut(1, texts)
    kept = [text for text in texts if len(text.encode("gbk")) >= cut_needed(form)]
    for number, (start, width) in enumerate(places):
        assert cut.column(number).to_pylist() == [plain_cut(text, start, width) for text in kept]


def cut_needed(form: FixedWidth) -> int:
    return min(field.start for field in form.fields.values())


def plain_cut(text: str, start: int, width: int) -> str | None:
    ends = {0, *np.cumsum([len(one.encode("gbk")) for one in text]).tolist()}
    raw = text.encode("gbk")
    begin, stop = min(start - 1, len(raw)), min(start - 1 + width, len(raw))
    return (raw[begin:stop].decode("gbk").strip() or None) if {begin, stop} <= ends else UNREADABLE


def test_blocks_of_a_large_file_are_cut_as_one(desk, monkeypatch):
    monkeypatch.setattr(decoding, "CHUNK", 997)
    count = 3_000
    body = b"".join(
        padded((f"{n:04d}", 4), ("张三" if n % 2 else "李", 8), (f"路{n}", 12)) + b"\n" for n in range(count)
    )
    got = desk.read("a.txt", body, fixed(), COLUMNS)
    assert got.column("id") == [f"{n:04d}" for n in range(count)] and got.column("address")[-1] == f"路{count - 1}"
    assert got.column("_row") == list(range(1, count + 1))


# --- JSON -----------------------------------------------------------------------------------------------------------

NESTED = {"编号": "id", "holder.name": "name", "amount": "address"}


def record(number: int, **more) -> dict:
    return {"编号": f"{number:03d}", "holder": {"name": "张伟", "code": 420106199001011234}, "amount": 12.5} | more


def test_json_lists_nested_values_and_numbers_keep_every_digit(desk):
    document = {"code": 0, "data": {"items": [record(1), record(2, amount=None), record(3, amount=1234.0)]}}
    got = desk.read(
        "a.json",
        json.dumps(document).encode(),
        {"kind": "json", "records": "data.items"},
        NESTED | {"holder.code": "code"},
    )
    assert got.column("id") == ["001", "002", "003"] and got.column("address") == ["12.5", None, "1234"]
    assert set(got.column("code")) == {"420106199001011234"} and got.column("_row") == [1, 2, 3]
    assert "3 条记录" in got.zh


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("12345678901234.5678", UNREADABLE), ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("0.1", "0.1"), ("-0.00012", "-0.00012"), ("18446744073709551615", "18446744073709551615"), ("1.10", "1.1"),
        ('"1.10"', "1.10"), ("true", "true"), ('""', None), ('{"a":1}', '{"a":1}'), ("[1,2]", "[1,2]"),
    ],
)  # fmt: skip
def test_a_json_number_is_exact_or_unreadable(desk, number, text):
    got = desk.read("a.json", b'[{"id":"1","v":%s}]' % number.encode(), {"kind": "json"}, {"id": "id", "v": "v"})
    assert got.column("v") == [text]


def test_the_records_of_every_element_of_a_list(desk):
    lines = [
        {"name": "1号线", "stops": [record(1), record(2)]},
        {"name": "2号线", "stops": [record(3)]},
        {"name": "3号线"},
    ]
    form = {"kind": "json", "records": "city.lines[*].stops"}
    got = desk.read("a.json", json.dumps({"city": {"lines": lines}}).encode(), form, NESTED)
    assert [row["id"] for row in got.rows] == [record(number)["编号"] for number in (1, 2, 3)]
    lines[1]["stops"] = {"编号": "3"}
    fault = refusal(desk, "a.json", json.dumps({"city": {"lines": lines}}).encode(), form, NESTED)
    assert "city.lines[*].stops 处不是记录的列表" in fault.zh and "city.lines" in fault.zh
    fault = refusal(desk, "a.json", json.dumps({"city": {"lines": []}}).encode(), form, NESTED)
    assert "不是记录的列表" in fault.zh


def test_json_in_gbk_is_read_and_said(desk):
    body = json.dumps([record(n, 姓名="欧阳镕张喆") for n in range(5)], ensure_ascii=False).encode("gb18030")
    got = desk.read("a.json", body, {"kind": "json"}, {"编号": "id", "姓名": "name"})
    assert got.column("name") == ["欧阳镕张喆"] * 5 and "gb18030" in got.zh


def test_broken_json_is_refused_with_its_place_and_with_what_would_fit(desk):
    form = {"kind": "json", "records": "data.items"}
    body = json.dumps({"data": {"items": [record(1)]}}, indent=1).encode()
    fault = refusal(desk, "a.json", body[:-20], form, NESTED)
    assert "不是有效的 JSON" in fault.zh and "a.json:" in fault.where
    fault = refusal(desk, "a.json", body, {"kind": "json", "records": "data.rows"}, NESTED)
    assert "data.items" in fault.zh and "data.items" in fault.en
    fault = refusal(desk, "a.json", b'{"a":1}\n{"a":2}\n', {"kind": "json"}, {"a": "id"})
    assert "format.kind 改为 jsonl" in fault.zh
    fault = refusal(desk, "a.json", b'[{"a":1},7]', {"kind": "json"}, {"a": "id"})
    assert "第 2 个元素不是对象" in fault.zh
    fault = refusal(desk, "a.json", b'[{"a":1}]', {"kind": "json"}, {"b": "id"})
    assert "缺少列：b" in fault.zh


def test_an_empty_list_of_records_is_no_fault(desk):
    assert desk.read("a.json", b'{"items":[]}', {"kind": "json", "records": "items"}, {"a": "id"}).rows == []


def test_json_lines_keep_what_is_no_record_apart(desk, monkeypatch):
    monkeypatch.setattr(decoding, "CHUNK", 64)
    monkeypatch.setattr(read_json, "SAMPLE", 2)
    count = 500
    body = [json.dumps(record(n)) for n in range(count)]
    body[3], body[7], body[9], body[400] = '{"编号": "00', "[1,2]", "", json.dumps(record(400, rare="x"))
    got = desk.read("a.jsonl", "\n".join([*body, ""]).encode(), {"kind": "jsonl"}, NESTED | {"rare": "rare"})
    assert got.rejected == [4, 8]
    assert got.column("_row") == [n + 1 for n in range(count) if n not in (3, 7, 9)]
    assert [value for value in got.column("rare") if value] == ["x"], "a column that the first records do not have"
    assert got.staged.not_taken == ["holder.code"]


def test_json_lines_that_break_off_or_are_none_are_refused(desk):
    body = "\n".join(json.dumps(record(n)) for n in range(3)).encode()
    assert "第 3 行中断" in refusal(desk, "a.jsonl", body[:-5], {"kind": "jsonl"}, NESTED).zh
    document = json.dumps([record(1)], indent=1).encode() + b"\n"
    assert "format.kind 改为 json" in refusal(desk, "a.jsonl", document, {"kind": "jsonl"}, NESTED).zh


def test_a_file_without_line_ends_is_not_read_into_memory_as_one_line(desk, monkeypatch):
    monkeypatch.setattr(lines, "LONGEST_LINE", 1000)
    monkeypatch.setattr(decoding, "CHUNK", 100)
    fault = refusal(desk, "a.jsonl", b'{"a":"' + b"x" * 5000 + b'"}', {"kind": "jsonl"}, {"a": "id"})
    assert "第 1 行超过 1000 个字符" in fault.zh


# --- XML ------------------------------------------------------------------------------------------------------------

XML = {"@id": "id", "holder/name": "name", "tag": "address"}


def xml(*records: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> str:
    return f"{head}\n<data><rows>\n{''.join(records)}</rows></data>\n"


def element(number: int, name: str = "张伟", more: str = "") -> str:
    return f'<row id="{number}"><holder kind="p"><name> {name} </name></holder>{more}</row>\n'


def test_xml_records_by_path_attributes_and_repeats(desk):
    more = "<tag>a</tag><tag><![CDATA[<b>]]></tag>"
    got = desk.read("a.xml", xml(element(1, more=more), element(2, "")).encode(), {"kind": "xml", "record": "row"}, XML)
    assert got.rows == [
        {"id": "1", "name": "张伟", "address": "a;<b>", "_row": 1}, {"id": "2", "name": None, "address": None, "_row": 2},
    ]  # fmt: skip
    assert got.staged.not_taken == ["holder/@kind"]


@pytest.mark.parametrize("encoding", ["GBK", "GB18030", "UTF-8"])
def test_xml_in_the_encoding_that_it_declares_and_with_namespaces(desk, encoding):
    body = (
        xml(element(1, "欧阳镕")).replace("UTF-8", encoding).replace("<data>", '<data xmlns="urn:x" xmlns:y="urn:y">')
    )
    got = desk.read(
        "a.xml", body.encode(encoding), {"kind": "xml", "record": "row"}, {"@id": "id", "holder/name": "name"}
    )
    assert got.column("name") == ["欧阳镕"] and f"编码：{encoding}" in got.zh


def test_many_xml_records_never_grow_the_tree(desk, monkeypatch):
    monkeypatch.setattr(read_xml, "ROWS_AT_ONCE", 50)
    heights = []
    real = read_xml._forget

    def watched(one):
        real(one)
        parent = one.getparent()
        heights.append(0 if parent is None else len(parent))

    monkeypatch.setattr(read_xml, "_forget", watched)
    body = xml(*[element(n) for n in range(5_000)])
    got = desk.read("a.xml", body.encode(), {"kind": "xml", "record": "row"}, {"@id": "id"})
    assert got.column("id") == [str(n) for n in range(5_000)] and got.column("_row") == list(range(1, 5_001))
    assert max(heights) < 1_000, "no more than the parser has read ahead"


LAUGHS = '<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>'
STRANGE = {
    "reads another file": '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
    "asks the network": '<!DOCTYPE d SYSTEM "http://127.0.0.1:1/x.dtd">',
    "billion laughs": LAUGHS,
    "parameter entity": '<!DOCTYPE d [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]>',
}


@pytest.mark.parametrize("case", STRANGE)
def test_xml_with_a_doctype_is_refused_unread(desk, case):
    entity = "&c;" if case == "billion laughs" else "&x;" if "file" in case else "x"
    body = STRANGE[case] + f"<data><row id='1'><name>{entity}</name></row></data>"
    fault = refusal(desk, "a.xml", body.encode(), {"kind": "xml", "record": "row"}, {"name": "name"})
    assert "DOCTYPE" in fault.zh and "DOCTYPE" in fault.en


def test_broken_xml_is_refused_with_its_line_or_the_encoding_that_fits(desk):
    form = {"kind": "xml", "record": "row"}
    body = xml(*[element(n) for n in range(5)])
    fault = refusal(desk, "a.xml", body.encode()[:-30], form, {"@id": "id"})
    assert "不是有效的 XML" in fault.zh and ":" in fault.where
    fault = refusal(desk, "a.xml", body.encode("gbk"), form, {"@id": "id"})
    assert 'encoding="GB18030"' in fault.zh and "第 3 行" in fault.zh
    fault = refusal(desk, "a.xml", body.encode(), {"kind": "xml", "record": "record"}, {"@id": "id"})
    assert "没有名为 record 的元素" in fault.zh and "row" in fault.zh
    assert "缺少列：missing" in refusal(desk, "a.xml", body.encode(), form, {"missing": "id"}).zh
    assert "format.kind 改为 zip" in refusal(desk, "a.xml", b"PK\x03\x04" + b"x" * 40, form, {"@id": "id"}).zh


# --- memory ---------------------------------------------------------------------------------------------------------


def held(desk: Desk, name: str, content: bytes, form, columns) -> int:
    """Bytes of Python and Arrow at the highest while a file is read."""
    path, pool = desk.file(name, content), pa.default_memory_pool()
    gc.collect()
    tracemalloc.start()
    before, most = pool.bytes_allocated(), 0
    real = DuckDbEngine.load_stream

    def watched(engine, table, schema, batches):
        def each():
            nonlocal most
            for batch in batches:
                most = max(most, pool.bytes_allocated() - before)
                yield batch

        return real(engine, table, schema, each())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DuckDbEngine, "load_stream", watched)
        desk.staged(path, form, columns)
    _, python = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most + python


@pytest.mark.parametrize("kind", ["csv", "jsonl", "xml", "fixed_width"])
def test_a_file_five_times_as_long_is_read_in_the_same_memory(desk, monkeypatch, kind):
    monkeypatch.setattr(decoding, "CHUNK", 1 << 14)
    monkeypatch.setattr(read_xml, "ROWS_AT_ONCE", 200)
    made = {
        "csv": ({"kind": "csv"}, lambda n: "编号,姓名\n" + "".join(f"{i},张伟\n" for i in range(n))),
        "jsonl": ({"kind": "jsonl"}, lambda n: "".join(f'{{"编号":"{i}","姓名":"张伟"}}\n' for i in range(n))),
        "xml": ({"kind": "xml", "record": "r"}, lambda n: f"<d>{''.join(f'<r><编号>{i}</编号><姓名>张伟</姓名></r>' for i in range(n))}</d>"),
        "fixed_width": (
            {"kind": "fixed_width", "encoding": "utf-8", "fields": {"编号": {"start": 1, "width": 8}, "姓名": {"start": 9, "width": 6}}},
            lambda n: "".join(f"{i:08d}张伟\n" for i in range(n)),
        ),
    }  # fmt: skip
    form, make = made[kind]
    columns = {"编号": "id", "姓名": "name"}
    few = 1_000 if kind == "xml" else 8_000
    held(desk, "warm", make(few).encode(), form, columns)
    short, long = (held(desk, f"n{n}", make(n).encode(), form, columns) for n in (few, 5 * few))
    assert long < short * 1.5 + 100_000, f"{short} bytes became {long}"
