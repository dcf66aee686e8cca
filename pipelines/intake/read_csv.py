"""Reads delimited text: encoding, header, oddities; keeps what is no row."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import ibis.expr.types as ir

from catalog.feed import Feed
from catalog.formats import Csv
from ground.errors import RefusedData
from pipelines.intake.staged import Staged, check_header, header_name, wanted
from warehouse.duckdb_engine import DuckDbEngine, RejectedLine

CHUNK = 1 << 20
HEAD_LINES = 30
LONGEST_LINE = 1 << 20
ENOUGH = 20
"""Characters beyond ASCII from which they tell one encoding from another; two or three may fit both by chance."""


@dataclass
class _Text:
    """What was seen while a file was written as UTF-8.

    Attributes:
        lost: characters that did not decode.
        kept: characters beyond ASCII that did.
        wide: those of them from U+0800 on, as Chinese is.
        lines: lines of the file.
        blank: numbers of the lines without anything on them.
        ended: whether the last line has an end.
    """

    lost: int = 0
    kept: int = 0
    wide: int = 0
    lines: int = 0
    blank: list[int] = field(default_factory=list)
    ended: bool = True


def read(engine: DuckDbEngine, path: Path, feed: Feed, form: Csv, spill: Path, *, where: str) -> Staged:
    """Stage a delivered text file.

    Args:
        engine: where the staged table is made.
        path: the landed bytes.
        feed: the feed, for its column mapping.
        form: the declared oddities.
        spill: folder for a re-encoded copy, deleted afterwards.
        where: the file, for messages.

    Raises:
        RefusedData: empty, not text, a header that is not the agreed one, or cut off in its last row.
    """
    _refuse_no_text(path, where)
    encoding = form.encoding if form.encoding != "auto" else detect(path)
    notes = [(f"编码：{encoding}", f"encoding: {encoding}")]
    spill.mkdir(parents=True, exist_ok=True)
    text = spill / f"{path.parent.parent.parent.name}-{path.parent.name}.utf8"
    try:
        seen = _transcode(path, text, encoding)
        if seen.lost:
            notes.append(
                (
                    "有字符按该编码无法还原，所在行将进入隔离区",
                    "some characters do not decode; their rows are quarantined",
                )
            )
        head = _head(text, form)
        header = [header_name(cell) for cell in head[form.header_row - 1]] if len(head) >= form.header_row else []
        _refuse_other_encoding(feed, header, path, encoding, form, where)
        _refuse_garbled(path, encoding, seen, where)
        check_header(feed, header, where=where, header_row=form.header_row, above=head)
        names = [f"c{number}" for number in range(len(header))]
        table, rejected = engine.read_delimited(
            text, names, delimiter=form.delimiter, quote=form.quote, skip=form.header_row, blank=seen.blank
        )
        if rejected:
            _refuse_cut_off(rejected[-1], _last_row(engine, table), seen, where)
    finally:
        text.unlink(missing_ok=True)
    mapping = wanted(feed)
    taken = {mapping[column]: table[f"c{number}"] for number, column in enumerate(header) if column in mapping}
    notes.append(
        (
            f"表头（第 {form.header_row} 行）：{'、'.join(header)}",
            f"header (row {form.header_row}): {', '.join(header)}",
        )
    )
    not_taken = [column for column in header if column not in mapping]
    return Staged(table.select(**taken, _row=table["_row"]), rejected, not_taken, notes)


def detect(path: Path) -> str:
    """``utf-8`` where the file decodes as UTF-8, but for a byte here and there; else ``gb18030`` (it holds all of GBK)."""
    return "utf-8" if _fits(path, "utf-8") else "gb18030"


def _refuse_no_text(path: Path, where: str) -> None:
    with path.open("rb") as stream:
        start = stream.read(65_536)
    if not start:
        raise RefusedData(
            "文件为 0 字节，没有内容。请重新导出并送达；原有数据不变。",
            "The file has 0 bytes. Export and deliver it again; what was there before stays.",
            where=where,
        )
    if start.startswith(b"PK\x03\x04"):
        raise RefusedData(
            "文件内容是 XLSX 或 ZIP，不是文本。请把 format.kind 改为 xlsx，或另存为 CSV。",
            "The content is XLSX or ZIP, not text. Set format.kind: xlsx, or save it as CSV.",
            where=where,
        )
    if b"\0" in start:
        raise RefusedData(
            "文件含有二进制内容，不是约定的文本（也可能是 UTF-16，请另存为 UTF-8）。",
            "The file holds binary content, not the agreed text (or it is UTF-16: save it as UTF-8).",
            where=where,
        )


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def _transcode(path: Path, target: Path, encoding: str) -> _Text:
    """Write ``path`` as UTF-8 without BOM, every line ended by a line feed (files joined by hand mix their endings)."""
    seen, before = _Text(), "\n"
    with target.open("wb") as out:
        for text in _decoded(path, encoding):
            _count_characters(seen, text)
            if "\n\n" in before + text:
                lines = text.split("\n")[:-1]
                blank = [number for number, line in enumerate(lines) if not line and (number or before == "\n")]
                seen.blank += [seen.lines + number + 1 for number in blank]
            seen.lines += text.count("\n")
            before = text[-1]
            out.write(text.encode("utf-8"))
    seen.ended = before == "\n"
    seen.lines += not seen.ended
    return seen


def _fits(path: Path, encoding: str) -> bool:
    """Whether a file decodes, but for at most a tenth of what is beyond ASCII. Gives up at the first chunk that does not.

    A quarter of the common characters are in GBK two bytes that are valid UTF-8 too, of some letter below U+0800 (女 is
    read as Ů): a file full of them fits UTF-8 only if what it reads as is Chinese.
    """
    seen = _Text()
    for text in _decoded(path, encoding):
        _count_characters(seen, text)
        if seen.lost * 10 > seen.kept:
            return False
    return encoding != "utf-8" or seen.wide * 2 >= seen.kept


def _decoded(path: Path, encoding: str) -> Iterator[str]:
    bare = codecs.getincrementaldecoder("gb18030" if encoding == "gbk" else encoding)(errors="replace")
    decoder = io.IncrementalNewlineDecoder(bare, translate=True)
    first = True
    for chunk in itertools.chain(_chunks(path), [b""]):
        text = decoder.decode(chunk, final=not chunk)
        if first and text:
            text, first = text.removeprefix("\ufeff"), False
        if text:
            yield text


def _count_characters(seen: _Text, text: str) -> None:
    lost = text.count("\ufffd")
    seen.lost += lost
    beyond = len(text) - len(text.encode("ascii", "ignore"))
    seen.kept += beyond - lost
    # Characters below U+0800 take two bytes, all others three (the few of four count twice).
    seen.wide += len(text.encode("utf-8")) - len(text) - beyond - lost


def _refuse_garbled(path: Path, encoding: str, seen: _Text, where: str) -> None:
    """Refuse a file whose content is plainly in another encoding, though its header may be in ASCII.

    Read as GBK most UTF-8 is valid and nonsense: taken so, every name would be wrong and no row would break.
    """
    other = "gb18030" if encoding == "utf-8" else "utf-8"
    suspect = seen.lost * 10 > seen.kept or other == "utf-8"
    if suspect and seen.lost + seen.kept >= ENOUGH and _fits(path, other):
        raise _other_encoding(encoding, other, "内容", "content", where)


def _head(text: Path, form: Csv) -> list[list[str]]:
    with text.open(encoding="utf-8", newline="") as stream:
        lines = [
            line for line in (stream.readline(LONGEST_LINE) for _ in range(max(HEAD_LINES, form.header_row))) if line
        ]
    return [_cells(line, form) for line in lines]


def _cells(line: str, form: Csv) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=form.delimiter, quotechar=form.quote), [])
    except csv.Error:
        return []  # a line without end is no header; whether it is a row is not decided here


def _refuse_other_encoding(feed: Feed, header: list[str], path: Path, encoding: str, form: Csv, where: str) -> None:
    """Where the header fails only because of the encoding, say which encoding would fit."""
    expected = set(wanted(feed))
    if expected <= set(header):
        return
    with path.open("rb") as stream:
        line = list(itertools.islice(stream, form.header_row))[-1:]
    for other in ("utf-8-sig", "gb18030"):
        try:
            cells = _cells(line[0].decode(other), form) if line else []
        except UnicodeDecodeError:
            continue
        if other != encoding and expected <= {header_name(cell) for cell in cells}:
            raise _other_encoding(encoding, other.removesuffix("-sig"), "表头", "header", where)


def _other_encoding(encoding: str, fits: str, what_zh: str, what_en: str, where: str) -> RefusedData:
    return RefusedData(
        f"按 {encoding} 读取时{what_zh}对不上，按 {fits} 则相符。请把 format.encoding 改为 {fits}（或 auto），或按约定编码重新导出。整个文件未采用，原件已保留。",
        f"Read as {encoding} the {what_en} does not match; as {fits} it does. Set format.encoding: {fits} (or auto), or "
        "export again as agreed. The file was not taken; its bytes are kept.",
        where=where,
    )


def _last_row(engine: DuckDbEngine, table: ir.Table) -> int:
    return int(engine.to_arrow(table["_row"].max().fill_null(0)).column(0)[0].as_py())


def _refuse_cut_off(last: RejectedLine, last_row: int, seen: _Text, where: str) -> None:
    """A file that ends within a row was cut off: in a full delivery every key after the cut would look gone."""
    if last_row > last.line:
        return
    if last.reason == "UNQUOTED VALUE" and last.line < seen.lines:
        raise RefusedData(
            f"第 {last.line} 行的引号直到文件末尾都没有闭合，其后的行无法辨认（也可能传输中被截断）。整个文件未采用，原件已保留，请修正后重新送达。",
            f"A quote in line {last.line} is not closed before the file ends; the rows after it cannot be told apart (or the "
            "file was cut in transfer). It was not taken; its bytes are kept. Mend it and deliver it again.",
            where=f"{where}:{last.line}",
        )
    if not seen.ended:
        raise RefusedData(
            f"文件在第 {last.line} 行中断（该行不完整），可能传输中被截断。整个文件未采用，原件已保留，请重新送达。",
            f"The file breaks off at line {last.line} (that row is incomplete): it was probably cut in transfer. It was not "
            "taken; its bytes are kept. Deliver it again.",
            where=f"{where}:{last.line}",
        )
