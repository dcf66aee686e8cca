"""Reads JSON: a list of records within a document, or one record a line. The engine parses, set-based and exact.

A document is one value and is held in memory whole; lines are read in blocks, whatever the size of the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from catalog.feed import Feed
from catalog.formats import Json
from ground.errors import RefusedData
from pipelines.intake import decoding, lines
from pipelines.intake.staged import UNREADABLE, Staged, check_header, header_name, needed, not_taken, taken
from warehouse.duckdb_engine import DuckDbEngine, RejectedLine

LARGEST_DOCUMENT = 1 << 30
"""Bytes of a document that is read whole; what is larger comes one record a line."""
SAMPLE = 1_000
"""Records from which the names of the columns are learned; a mapped one that is rarer is found all the same."""
DIGITS = 15
"""Significant digits that every double keeps (IEEE 754); of more, some may be lost when the number is read."""
BROKEN = "NO RECORD"
EACH = "[*]"
"""Behind a name on the way to the records: every element of the list there."""
_LINE = pa.schema([("_row", pa.int64()), ("line", pa.string())])


@ibis.udf.scalar.builtin(name="json_valid")  # type: ignore[untyped-decorator]
def _valid(text: str) -> bool:  # type: ignore[empty-body]
    """Whether a text is JSON."""


@ibis.udf.scalar.builtin(name="json_type")  # type: ignore[untyped-decorator]
def _type(text: str) -> str:  # type: ignore[empty-body]
    """``OBJECT``, ``ARRAY``, ``DOUBLE``, ``VARCHAR``, …"""


@ibis.udf.scalar.builtin(name="json_type", signature=(("string", "string"), "string"))
def _type_at(text, path):  # type: ignore[no-untyped-def]
    """`_type` of the value at a path; null where there is none."""


@ibis.udf.scalar.builtin(name="json_type", signature=(("string", "array<string>"), "array<string>"))
def _types(text, paths):  # type: ignore[no-untyped-def]
    """`_type_at` of many paths, the text parsed once."""


@ibis.udf.scalar.builtin(name="json_extract_string", signature=(("string", "array<string>"), "array<string>"))
def _values(text, paths):  # type: ignore[no-untyped-def]
    """The values at many paths as text, the text parsed once; objects and lists as JSON."""


@ibis.udf.scalar.builtin(name="json_extract", signature=(("string", "string"), "string"))
def _at(text, path):  # type: ignore[no-untyped-def]
    """The value at a path as JSON."""


@ibis.udf.scalar.builtin(name="json_type", signature=(("string", "string"), "array<string>"))
def _types_among(text, path):  # type: ignore[no-untyped-def]
    """`_type` of everything that a path through lists leads to."""


@ibis.udf.scalar.builtin(name="json_extract", signature=(("string", "string"), "array<string>"))
def _all_among(text, path):  # type: ignore[no-untyped-def]
    """Everything that a path through lists leads to, each as JSON."""


@ibis.udf.scalar.builtin(name="from_json", signature=(("string", "string"), "array<string>"))
def _elements(text, shape):  # type: ignore[no-untyped-def]
    """The elements of a JSON list, each as JSON."""


def read(engine: DuckDbEngine, path: Path, feed: Feed, form: Json, *, where: str) -> Staged:
    """Stage a delivered JSON document, or lines of JSON.

    Raises:
        RefusedData: empty, no text, no JSON, no list at ``format.records``, cut off in its last line, or without the
            columns that the feed maps.
    """
    decoding.refuse_no_text(path, where)
    encoding = decoding.choose(path, "auto")
    notes = [encoding.note()]
    rejected: list[RejectedLine] = []
    if form.kind == "jsonl":
        records, rejected = _of_lines(engine, path, encoding.name, where)
    else:
        records = _of_document(engine, path, encoding.name, form, where)
    names = _names(engine, records)
    sampled = set(names)
    for name in needed(feed):
        names.setdefault(name, _path(name))
    values = engine.stage(_texts(records, list(names.values())))
    engine.drop(records)
    header = _header(engine, values, names, sampled)
    unit = ("行", "lines") if form.kind == "jsonl" else ("条记录", "records")
    rows = _count(engine, values)
    notes.append((f"{rows} {unit[0]}，列：{'、'.join(header)}", f"{rows} {unit[1]}, columns: {', '.join(header)}"))
    if rows:
        check_header(feed, header, where=where, header_row=1)
    # A list without records is a list: the page after the last, or a day on which nothing happened.
    columns = {name: f"c{number}" for number, name in enumerate(names)}
    return Staged(taken(feed, values, columns), rejected, not_taken(feed, header), notes)


def _of_lines(engine: DuckDbEngine, path: Path, encoding: str, where: str) -> tuple[ir.Table, list[RejectedLine]]:
    source = lines.Lines(path, encoding, where=where)
    loaded = engine.load_stream(f"_lines_{path.parent.name}", _LINE, _numbered(source))
    table = loaded.filter(loaded["line"].strip() != "")
    good = ibis.ifelse(_valid(table["line"]), _type(table["line"]) == "OBJECT", False).fill_null(False)
    marked = engine.stage(table.mutate(_good=good))
    engine.drop(loaded)
    broken = engine.to_arrow(marked.filter(~marked["_good"]).select("_row").order_by("_row"))["_row"].to_pylist()
    if broken and broken[-1] == source.total and not source.ended:
        lines.refuse_cut_off(source.total, where=where)
    if broken and len(broken) == _count(engine, marked):
        raise RefusedData(
            "没有一行是 JSON 记录（应每行一个 {…}）。若整个文件是一个 JSON 文档，请把 format.kind 改为 json。整个文件未采用，原件已保留。",
            "No line is a JSON record (one {…} a line is expected). If the file is one JSON document, set format.kind: json. The "
            "file was not taken; its bytes are kept.",
            where=where,
        )
    records = engine.stage(marked.filter(marked["_good"]).drop("_good"))
    engine.drop(marked)
    return records, [RejectedLine(line, BROKEN) for line in broken]


def _numbered(source: lines.Lines) -> Iterator[pa.RecordBatch]:
    for block in source:
        numbers = pa.array(range(block.first, block.first + len(block.lines)), pa.int64())
        yield pa.record_batch([numbers, pa.array(block.lines, pa.string())], schema=_LINE)


def _of_document(engine: DuckDbEngine, path: Path, encoding: str, form: Json, where: str) -> ir.Table:
    if path.stat().st_size > LARGEST_DOCUMENT:
        raise RefusedData(
            f"JSON 文档超过 {LARGEST_DOCUMENT >> 20} MB，无法整体读入。请按每行一条记录（JSON Lines）导出，并把 format.kind 改为 jsonl。",
            f"The JSON document is larger than {LARGEST_DOCUMENT >> 20} MB and cannot be read whole. Export one record a line "
            "(JSON Lines) and set format.kind: jsonl.",
            where=where,
        )
    text = "".join(decoding.decoded(path, encoding))
    table = engine.load(f"_document_{path.parent.name}", pa.table({"text": pa.array([text], pa.large_string())}))
    document = table["text"].cast("string")
    if not _answer(engine, table.select(answer=_valid(document))):
        raise _no_json(text, where)
    at = _list_path(form.records)
    if EACH in form.records:
        kinds = _answer(engine, table.select(answer=_types_among(document, at)))
        found = _all_among(document, at + EACH)
    else:
        kinds = [_answer(engine, table.select(answer=_type_at(document, at)))]
        found = _elements(_at(document, at), '["VARCHAR"]')
    if set(kinds) != {"ARRAY"}:
        raise _no_list(engine, table, form, where)
    listed = engine.stage(table.select(records=found))
    numbers = ibis.range(1, listed["records"].length() + 1).unnest()
    records = engine.stage(listed.select(_row=numbers, line=listed["records"].unnest()))
    wrong = records.filter(
        ~ibis.ifelse(_valid(records["line"]), _type(records["line"]) == "OBJECT", False).fill_null(False)
    )
    first = engine.to_arrow(wrong.select("_row").order_by("_row").limit(1))["_row"].to_pylist()
    if first:
        raise RefusedData(
            f"记录列表中第 {first[0]} 个元素不是对象 {{…}}。请核对 format.records。整个文件未采用，原件已保留。",
            f"Element {first[0]} of the list of records is no object {{…}}. Check format.records. The file was not taken; its "
            "bytes are kept.",
            where=where,
        )
    return records


def _texts(records: ir.Table, paths: list[str]) -> ir.Table:
    """Values of the records as text: ``c0``, ``c1``, … and ``_row``.

    A number that is no integer was read as a double: one of more than `DIGITS` digits is unreadable, never rounded.
    """
    known = ibis.array([ibis.literal(path) for path in paths])
    parsed = records.select("_row", values=_values(records["line"], known), types=_types(records["line"], known))
    columns = {}
    for number in range(len(paths)):
        value, kind = parsed["values"][number], parsed["types"][number]
        digits = value.re_extract(r"^-?0*\.?0*([0-9.]*)", 1).replace(".", "").length()
        # An integer too long for any number is kept as it was written: it has no point.
        lost = value.re_search(r"[.eE]") & (digits > DIGITS)
        double = ibis.ifelse(lost, UNREADABLE, value.re_replace(r"\.0$", ""))
        columns[f"c{number}"] = ibis.ifelse(kind == "DOUBLE", double, value).nullif("")
    return parsed.select("_row", **columns)


def _names(engine: DuckDbEngine, records: ir.Table) -> dict[str, str]:
    """Column as compared -> its path, of what the first records have."""
    sample = engine.to_arrow(records.select("line").limit(SAMPLE))["line"].to_pylist()
    found: dict[str, str] = {}
    for line in sample:
        for way in _leaves(json.loads(line), ()):
            found.setdefault(header_name(".".join(way)), _quoted(way))
    return found


def _leaves(value: Any, way: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The ways to the values of a record that are no objects."""
    if isinstance(value, dict) and (value or way):
        for key, inner in value.items():
            yield from _leaves(inner, (*way, key))
    elif way:
        yield way


def _header(engine: DuckDbEngine, values: ir.Table, names: dict[str, str], sampled: set[str]) -> list[str]:
    """Columns that are there: those of the sample, and of the others those with a value somewhere."""
    counts = values.agg(**{f"c{number}": values[f"c{number}"].count() for number in range(len(names))})
    filled = engine.to_arrow(counts).to_pylist()[0]
    return [name for number, name in enumerate(names) if name in sampled or filled[f"c{number}"]]


def _path(way: str) -> str:
    return _quoted(tuple(part for part in way.split(".") if part))


def _list_path(way: str) -> str:
    """The path of the records: ``lines[*].stops`` passes through the elements of a list."""
    parts = [part for part in way.split(".") if part]
    return "$" + "".join(_quoted((one.removesuffix(EACH),))[1:] + EACH * one.endswith(EACH) for one in parts)


def _quoted(way: tuple[str, ...]) -> str:
    return "$" + "".join('."' + part.replace("\\", "\\\\").replace('"', '\\"') + '"' for part in way)


def _count(engine: DuckDbEngine, table: ir.Table) -> int:
    return int(_answer(engine, table.agg(answer=table.count())))


def _answer(engine: DuckDbEngine, one: ir.Table) -> Any:
    return engine.to_arrow(one)["answer"][0].as_py()


def _no_json(text: str, where: str) -> RefusedData:
    try:
        json.loads(text)
        line, column = 1, 1
    except json.JSONDecodeError as fault:
        line, column = fault.lineno, fault.colno
    hint_zh = (
        "若文件是每行一条记录，请把 format.kind 改为 jsonl。"
        if line > 1 and column == 1
        else "文件可能不完整，请重新导出。"
    )
    hint_en = (
        "If the file has one record a line, set format.kind: jsonl."
        if line > 1 and column == 1
        else "It may be incomplete; export it again."
    )
    return RefusedData(
        f"不是有效的 JSON，第 {line} 行第 {column} 个字符处有误。{hint_zh}整个文件未采用，原件已保留。",
        f"Not valid JSON, at line {line}, character {column}. {hint_en} The file was not taken; its bytes are kept.",
        where=f"{where}:{line}",
    )


def _no_list(engine: DuckDbEngine, table: ir.Table, form: Json, where: str) -> RefusedData:
    """Says where a list of records could be found instead."""
    document = json.loads(engine.to_arrow(table.select(answer=table["text"]))["answer"][0].as_py())
    found = [".".join(way) for way in _leaves(document, ()) if isinstance(_follow(document, way), list)]
    shown = form.records or "（文档本身）"
    hint_zh = f"文档中的列表在：{'、'.join(found[:10])}，请据此改 format.records。" if found else "文档中没有列表。"
    hint_en = f"The lists of the document are at: {', '.join(found[:10])}; set format.records to one." if found else (
        "There is no list in the document."
    )  # fmt: skip
    return RefusedData(
        f"{shown} 处不是记录的列表。{hint_zh}整个文件未采用，原件已保留。",
        f"There is no list of records at {form.records or '(the document itself)'}. {hint_en} The file was not taken; its bytes are kept.",
        where=where,
    )


def _follow(value: Any, way: tuple[str, ...]) -> Any:
    for key in way:
        value = value[key]
    return value
