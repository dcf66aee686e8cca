"""Lists of records out of JSON documents, one or thousands (the pages of an interface), all at once within the engine."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from catalog.formats import Json
from ground.errors import RefusedData
from pipelines.intake import decoding, json_functions, json_paths
from warehouse.duckdb_engine import DuckDbEngine

LARGEST_DOCUMENT = 1 << 30
"""Bytes of a document that is read whole; what is larger comes one record a line."""
_SCHEMA = pa.schema([("number", pa.int64()), ("name", pa.string()), ("text", pa.string())])


@dataclass(frozen=True)
class Document:
    """A document: its name for messages, its text."""

    name: str
    text: str


def document(path: Path, encoding: str, *, name: str) -> Document:
    """Read a document whole.

    Raises:
        RefusedData: it is too large for that.
    """
    if path.stat().st_size > LARGEST_DOCUMENT:
        raise RefusedData(
            f"JSON 文档超过 {LARGEST_DOCUMENT >> 20} MB，无法整体读入。请按每行一条记录（JSON Lines）导出，并把 format.kind 改为 jsonl。",
            f"The JSON document is larger than {LARGEST_DOCUMENT >> 20} MB and cannot be read whole. Export one record a line "
            "(JSON Lines) and set format.kind: jsonl.",
            where=name,
        )
    return Document(name, "".join(decoding.decoded(path, encoding)))


def records(engine: DuckDbEngine, documents: Iterable[Document], form: Json) -> tuple[ir.Table, list[tuple[str, int]]]:
    """The records of documents, one after another.

    Args:
        engine: where they are staged; of the documents only one is in memory at a time.
        documents: in their order.
        form: where in each of them the list of records stands.

    Returns:
        ``line`` (a record as JSON) and ``_row``, its running number; and each document with the number of its records.

    Raises:
        RefusedData: one is no JSON, has no list there, or an element of it that is no object.
    """
    loaded = engine.load_stream("_documents", _SCHEMA, _batches(documents))
    _refuse_no_json(engine, loaded)
    listed = engine.stage(_listed(engine, loaded, form))
    numbers = ibis.range(1, listed["records"].length() + 1).unnest()
    each = engine.stage(listed.select("number", place=numbers, line=listed["records"].unnest().cast("string")))
    _refuse_no_objects(engine, each, listed)
    counts = engine.to_arrow(
        listed.select("number", "name", n=listed["records"].length()).order_by("number")
    ).to_pylist()
    running = ibis.row_number().over(order_by=[each["number"], each["place"]]) + 1
    found = engine.stage(each.select("line", _row=running.cast("int64")))
    for done in (loaded, listed, each):
        engine.drop(done)
    return found, [(row["name"], row["n"]) for row in counts]


def _batches(documents: Iterable[Document]) -> Iterator[pa.RecordBatch]:
    for number, one in enumerate(documents):
        yield pa.record_batch([[number], [one.name], [one.text]], schema=_SCHEMA)


def _listed(engine: DuckDbEngine, loaded: ir.Table, form: Json) -> ir.Table:
    """Each document with its list of records; refused where one has none."""
    way, text = json_paths.list_path(form.records), loaded["text"]
    if json_paths.EACH in form.records:
        kinds = json_functions.types_among(text, way)
        is_list = (kinds.length() > 0) & (kinds.filter(lambda kind: kind != "ARRAY").length() == 0)
        found = json_functions.as_list(json_functions.all_among(text, way + json_paths.EACH))
    else:
        is_list = json_functions.type_at(text, way) == "ARRAY"
        found = json_functions.at(text, way)
    wrong = _first(engine, loaded.filter(~is_list.fill_null(False)))
    if wrong is not None:
        raise _no_list(wrong, form)
    return loaded.select("number", "name", records=json_functions.elements(found, '["VARCHAR"]'))


def _first(engine: DuckDbEngine, some: ir.Table) -> Document | None:
    rows = engine.to_arrow(some.order_by("number").select("name", "text").limit(1)).to_pylist()
    return Document(rows[0]["name"], rows[0]["text"]) if rows else None


def _refuse_no_objects(engine: DuckDbEngine, each: ir.Table, listed: ir.Table) -> None:
    line = each["line"]
    good = ibis.ifelse(json_functions.valid(line), json_functions.kind(line) == "OBJECT", False).fill_null(False)
    wrong = each.filter(~good).select("number", "place").order_by("number", "place").limit(1)
    rows = engine.to_arrow(wrong.join(listed.select("number", "name"), "number")).to_pylist()
    for row in rows:
        raise RefusedData(
            f"记录列表中第 {row['place']} 个元素不是对象 {{…}}。请核对 format.records。整个文件未采用，原件已保留。",
            f"Element {row['place']} of the list of records is no object {{…}}. Check format.records. The file was not taken; its "
            "bytes are kept.",
            where=row["name"],
        )


def _refuse_no_json(engine: DuckDbEngine, loaded: ir.Table) -> None:
    wrong = _first(engine, loaded.filter(~json_functions.valid(loaded["text"]).fill_null(False)))
    if wrong is not None:
        raise _no_json(wrong.text, wrong.name)


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


def _no_list(document: Document, form: Json) -> RefusedData:
    """Says where a list of records could be found instead."""
    content = json.loads(document.text)
    found = [
        ".".join(way) for way in json_paths.leaves(content, ()) if isinstance(json_paths.follow(content, way), list)
    ]
    shown = form.records or "（文档本身）"
    hint_zh = f"文档中的列表在：{'、'.join(found[:10])}，请据此改 format.records。" if found else "文档中没有列表。"
    hint_en = f"The lists of the document are at: {', '.join(found[:10])}; set format.records to one." if found else (
        "There is no list in the document."
    )  # fmt: skip
    return RefusedData(
        f"{shown} 处不是记录的列表。{hint_zh}整个文件未采用，原件已保留。",
        f"There is no list of records at {form.records or '(the document itself)'}. {hint_en} The file was not taken; its bytes are kept.",
        where=document.name,
    )
