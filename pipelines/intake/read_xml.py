"""Reads XML record by record, never the whole tree; nothing outside the file is ever fetched or expanded.

A document with a DOCTYPE is refused: entities read other files (XXE) or expand without end (billion laughs), and no
delivery of records needs them.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path

import pyarrow as pa
from lxml import etree

from catalog.feed import Feed
from catalog.formats import Xml
from ground.errors import RefusedData
from pipelines.intake import decoding
from pipelines.intake.decoding import Encoding
from pipelines.intake.staged import Staged, check_header, header_name, needed, not_taken, taken
from warehouse.duckdb_engine import DuckDbEngine

ROWS_AT_ONCE = 20_000
SEVERAL = ";"
"""Between the texts of a path that stands several times below one record."""
_DECLARED = re.compile(rb"<\?xml[^>]*encoding=[\"']([A-Za-z0-9._-]+)")
_SAFE = {"resolve_entities": False, "no_network": True, "load_dtd": False, "dtd_validation": False, "huge_tree": False}


def read(engine: DuckDbEngine, path: Path, feed: Feed, form: Xml, *, where: str) -> Staged:
    """Stage the records of a delivered XML file; ``_row`` is the number of the record.

    Raises:
        RefusedData: empty, not well-formed (cut off, another encoding), with a DOCTYPE, without such records, or without
            the columns that the feed maps.
    """
    start = decoding.refuse_empty(path, where)
    if start.startswith(b"PK\x03\x04"):
        raise RefusedData(
            "文件内容是 ZIP，不是 XML。请把 format.kind 改为 zip。", "The content is a ZIP, not XML; set format.kind: zip.", where=where
        )  # fmt: skip
    _refuse_doctype(path, where)
    said = _DECLARED.search(start[:200])
    records = _Records(path, form, feed, where)
    table = engine.load_stream(f"_xml_{path.parent.name}", records.schema, records.rows())
    if not records.count:
        shown = "、".join(records.others) or "（无）"
        raise RefusedData(
            f"没有名为 {form.record} 的元素，文件中的元素有：{shown}。请核对 format.record。整个文件未采用，原件已保留。",
            f"There is no element {form.record}; there are: {shown}. Check format.record. The file was not taken; its bytes are kept.",
            where=where,
        )
    header = sorted(records.seen)
    check_header(feed, header, where=where, header_row=1)
    notes = [
        Encoding(said[1].decode(), ("XML 声明", "as the XML declares")).note()
        if said
        else Encoding("utf-8", ("XML 未声明，即为 utf-8", "the XML declares none, which means utf-8")).note(),
        (
            f"{records.count} 个 {form.record} 元素，列：{'、'.join(header)}",
            f"{records.count} elements {form.record}, columns: {', '.join(header)}",
        ),
    ]
    columns = {name: f"c{number}" for number, name in enumerate(needed(feed))}
    return Staged(taken(feed, table, columns), [], not_taken(feed, header), notes)


class _Records:
    """The records of a file as batches of text.

    Attributes:
        schema: ``c0``, ``c1``, … one per column that the feed reads, ``_row``.
        count: records read.
        seen: every path found below a record.
        others: names of elements around the records, to tell where the records are not found.
    """

    def __init__(self, path: Path, form: Xml, feed: Feed, where: str) -> None:
        self._path, self._record, self._where = path, form.record, where
        self._needed = needed(feed)
        names = [f"c{number}" for number in range(len(self._needed))]
        self.schema = pa.schema([*((name, pa.string()) for name in names), ("_row", pa.int64())])
        self.count = 0
        self.seen: set[str] = set()
        self.others: list[str] = []

    def rows(self) -> Iterator[pa.RecordBatch]:
        rows: list[dict[str, str]] = []
        for values in self._values():
            rows.append(values)
            self.seen |= values.keys()
            if len(rows) == ROWS_AT_ONCE:
                yield self._batch(rows)
                rows = []
        if rows:
            yield self._batch(rows)

    def _batch(self, rows: list[dict[str, str]]) -> pa.RecordBatch:
        columns = [pa.array([row.get(name) or None for row in rows], pa.string()) for name in self._needed]
        numbers = pa.array(range(self.count + 1, self.count + len(rows) + 1), pa.int64())
        self.count += len(rows)
        return pa.record_batch([*columns, numbers], schema=self.schema)

    def _values(self) -> Iterator[dict[str, str]]:
        depth = 0
        try:
            for event, element in _events(self._path, "start", "end"):
                if not isinstance(element.tag, str):
                    continue
                name = etree.QName(element).localname
                if event == "start":
                    depth += name == self._record
                    if not depth and name not in self.others and len(self.others) < 20:
                        self.others.append(name)
                    continue
                if name == self._record:
                    depth -= 1
                    if depth == 0:
                        yield _flat(element)
                if depth == 0:
                    _forget(element)
        except etree.XMLSyntaxError as fault:
            raise _not_well_formed(fault, self._path, self._where) from fault


def _events(path: Path, *wanted: str) -> Generator[tuple[str, etree._Element]]:
    """The parser over an open file: it is given no name, from which it could find others."""
    with path.open("rb") as stream:
        yield from etree.iterparse(stream, events=wanted, **_SAFE)


def _flat(record: etree._Element) -> dict[str, str]:
    """Path below a record -> its text; ``@name`` for an attribute, the record's own text as ``.``."""
    values: dict[str, str] = {}
    waiting = [("", record)]
    while waiting:
        way, element = waiting.pop()
        for name, value in element.attrib.items():
            _put(
                values,
                f"{way}@{etree.QName(name).localname}" if not way else f"{way}/@{etree.QName(name).localname}",
                value,
            )
        children = [child for child in element if isinstance(child.tag, str)]
        text = "".join(element.itertext()).strip() if not children else (element.text or "").strip()
        if text or (way and not children):
            _put(values, way or ".", text)
        waiting += [
            (f"{way}/{etree.QName(child).localname}" if way else etree.QName(child).localname, child)
            for child in reversed(children)
        ]
    return values


def _put(values: dict[str, str], way: str, text: str) -> None:
    name = header_name(way)
    values[name] = f"{values[name]}{SEVERAL}{text}" if values.get(name) else text


def _forget(element: etree._Element) -> None:
    """Free an element that was dealt with, and those before it: the tree never grows with the file."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _refuse_doctype(path: Path, where: str) -> None:
    try:
        with closing(_events(path, "start")) as events:
            _, root = next(events)
            info = root.getroottree().docinfo
            if info.doctype or info.internalDTD is not None:
                raise RefusedData(
                    "XML 含有 DOCTYPE 声明（可能引用外部文件或无限展开），未读取。请去掉 DOCTYPE 后重新导出。整个文件未采用，原件已保留。",
                    "The XML has a DOCTYPE, which could read other files or expand without end; it was not read. Export it "
                    "without one. The file was not taken; its bytes are kept.",
                    where=where,
                )
    except etree.XMLSyntaxError as fault:
        raise _not_well_formed(fault, path, where) from fault


def _not_well_formed(fault: etree.XMLSyntaxError, path: Path, where: str) -> RefusedData:
    line = fault.lineno or 1
    place = decoding.first_fault(path, "utf-8")
    garbled = "encoding" in str(fault.msg).lower() or "utf-8" in str(fault.msg).lower()
    if garbled and place is not None and decoding.fits(path, "gb18030"):
        zh = f'第 {place[1]} 行（字节偏移 {place[0]}）不是 XML 所声明的编码，按 gb18030 则相符。请在首行写明 encoding="GB18030"。'
        en = f'line {place[1]} (byte offset {place[0]}) is not in the encoding the XML declares; as gb18030 it fits: write encoding="GB18030" in its first line.'
    else:
        zh, en = f"第 {line} 行起不是有效的 XML，文件可能不完整或标签未闭合，请重新导出。", (
            f"from line {line} on it is no well-formed XML: it may be incomplete, or a tag is not closed. Export it again."
        )  # fmt: skip
    return RefusedData(
        f"{zh}整个文件未采用，原件已保留。",
        f"{en} The file was not taken; its bytes are kept.",
        where=f"{where}:{line}",
    )
