"""Reads JSON: a list of records within a document, or one record a line. The engine parses, set-based and exact.

A document is one value and is held in memory whole; lines are read in blocks, whatever the size of the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from catalog.feed import Feed
from catalog.formats import Json
from ground.errors import RefusedData
from pipelines.intake import decoding, json_documents, json_functions, json_paths, lines
from pipelines.intake.decoding import Encoding
from pipelines.intake.staged import UNREADABLE, Staged, check_header, header_name, needed, not_taken, taken
from warehouse.duckdb_engine import DuckDbEngine, RejectedLine

SAMPLE = 1_000
"""Records from which the names of the columns are learned; a mapped one that is rarer is found all the same."""
DIGITS = 15
"""Significant digits that every double keeps (IEEE 754); of more, some may be lost when the number is read."""
BROKEN = "NO RECORD"
_LINE = pa.schema([("_row", pa.int64()), ("line", pa.string())])


def read(engine: DuckDbEngine, path: Path, feed: Feed, form: Json, *, where: str) -> Staged:
    """Stage a delivered JSON document, or lines of JSON.

    Raises:
        RefusedData: empty, no text, no JSON, no list at ``format.records``, cut off in its last line, or without the
            columns that the feed maps.
    """
    decoding.refuse_no_text(path, where)
    encoding = decoding.choose(path, "auto")
    if form.kind == "jsonl":
        records, rejected = _of_lines(engine, path, encoding.name, where)
        return _staged(engine, records, feed, rejected, [encoding.note()], ("行", "lines"), where)
    documents = [json_documents.document(path, encoding.name, name=where)]
    records, _ = json_documents.records(engine, documents, form)
    return _staged(engine, records, feed, [], [encoding.note()], ("条记录", "records"), where)


def read_documents(
    engine: DuckDbEngine, members: Iterable[tuple[str, Path]], feed: Feed, form: Json, *, where: str
) -> tuple[Staged, list[tuple[str, int]]]:
    """Stage many documents at once, the pages of an interface; ``_row`` runs on from one to the next.

    Args:
        engine: where the staged table is made.
        members: name for messages and bytes of each; read one at a time, in their order.
        feed: the feed.
        form: the declared form.
        where: what holds them, for messages.

    Returns:
        What `read` gives, and each document's name with the number of its records.

    Raises:
        RefusedData: as `read`; then nothing of all of them is taken.
    """
    encodings: dict[str, Encoding] = {}

    def documents() -> Iterator[json_documents.Document]:
        for name, path in members:
            decoding.refuse_no_text(path, name)
            encoding = decoding.choose(path, "auto")
            encodings[encoding.name] = encoding
            yield json_documents.document(path, encoding.name, name=name)

    records, counts = json_documents.records(engine, documents(), form)
    notes = [one.note() for one in encodings.values()]
    return _staged(engine, records, feed, [], notes, ("条记录", "records"), where), counts


def _staged(
    engine: DuckDbEngine,
    records: ir.Table,
    feed: Feed,
    rejected: list[RejectedLine],
    notes: list[tuple[str, str]],
    unit: tuple[str, str],
    where: str,
) -> Staged:
    names = _names(engine, records)
    sampled = set(names)
    for name in needed(feed):
        names.setdefault(name, json_paths.path(name))
    values = engine.stage(_texts(records, list(names.values())))
    engine.drop(records)
    header = _header(engine, values, names, sampled)
    rows = _count(engine, values)
    if rows:
        check_header(feed, header, where=where, header_row=1)
    # A list without records is a list: the page after the last, or a day on which nothing happened.
    notes = [*notes, (f"{rows} {unit[0]}，列：{'、'.join(header)}", f"{rows} {unit[1]}, columns: {', '.join(header)}")]
    columns = {name: f"c{number}" for number, name in enumerate(names)}
    return Staged(taken(feed, values, columns), rejected, not_taken(feed, header), notes)


def _of_lines(engine: DuckDbEngine, path: Path, encoding: str, where: str) -> tuple[ir.Table, list[RejectedLine]]:
    source = lines.Lines(path, encoding, where=where)
    loaded = engine.load_stream(f"_lines_{path.parent.name}", _LINE, _numbered(source))
    table = loaded.filter(loaded["line"].strip() != "")
    good = ibis.ifelse(
        json_functions.valid(table["line"]), json_functions.kind(table["line"]) == "OBJECT", False
    ).fill_null(False)
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


def _texts(records: ir.Table, paths: list[str]) -> ir.Table:
    """Values of the records as text: ``c0``, ``c1``, … and ``_row``.

    A number that is no integer was read as a double: one of more than `DIGITS` digits is unreadable, never rounded.
    """
    known = ibis.array([ibis.literal(path) for path in paths])
    parsed = records.select(
        "_row", values=json_functions.values(records["line"], known), types=json_functions.types(records["line"], known)
    )
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
        for way in json_paths.leaves(json.loads(line), ()):
            found.setdefault(header_name(".".join(way)), json_paths.quoted(way))
    return found


def _header(engine: DuckDbEngine, values: ir.Table, names: dict[str, str], sampled: set[str]) -> list[str]:
    """Columns that are there: those of the sample, and of the others those with a value somewhere."""
    counts = values.agg(**{f"c{number}": values[f"c{number}"].count() for number in range(len(names))})
    filled = engine.to_arrow(counts).to_pylist()[0]
    return [name for number, name in enumerate(names) if name in sampled or filled[f"c{number}"]]


def _count(engine: DuckDbEngine, table: ir.Table) -> int:
    return int(_answer(engine, table.agg(answer=table.count())))


def _answer(engine: DuckDbEngine, one: ir.Table) -> Any:
    return engine.to_arrow(one)["answer"][0].as_py()
