"""Reads delimited text: encoding, header, oddities; keeps what is no row."""

from __future__ import annotations

import codecs
import csv
import itertools
from collections.abc import Iterator
from pathlib import Path

from catalog.model import Csv, Feed
from ground.errors import RefusedData
from pipelines.intake.staged import Staged, check_header, header_name, wanted
from warehouse.duckdb_engine import DuckDbEngine, RejectedLine

CHUNK = 1 << 20
HEAD_LINES = 30
LONGEST_LINE = 1 << 20


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
        lossy = _transcode(path, text, encoding)
        if lossy:
            notes.append(
                (
                    "有字符按该编码无法还原，所在行将进入隔离区",
                    "some characters do not decode; their rows are quarantined",
                )
            )
        head = _head(text, form)
        header = [header_name(cell) for cell in head[form.header_row - 1]] if len(head) >= form.header_row else []
        _refuse_other_encoding(feed, header, path, encoding, form, where)
        check_header(feed, header, where=where, header_row=form.header_row, above=head)
        names = [f"c{number}" for number in range(len(header))]
        table, rejected = engine.read_delimited(
            text, names, delimiter=form.delimiter, quote=form.quote, skip=form.header_row
        )
        _refuse_cut_off(text, rejected, where)
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
    return Staged(table.select(**taken, _row=table["_row"]), rejected, [c for c in header if c not in mapping], notes)


def detect(path: Path) -> str:
    """``utf-8`` if the whole file decodes as UTF-8, else ``gb18030`` (which holds all of GBK)."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in _chunks(path):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


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


def _transcode(path: Path, target: Path, encoding: str) -> bool:
    """Write ``path`` as UTF-8 without BOM; whether any character was lost."""
    decoder = codecs.getincrementaldecoder("gb18030" if encoding == "gbk" else encoding)(errors="replace")
    lossy, first = False, True
    with target.open("wb") as out:
        for chunk in itertools.chain(_chunks(path), [b""]):
            text = decoder.decode(chunk, final=not chunk)
            if first and text:
                text, first = text.removeprefix("\ufeff"), False
            lossy = lossy or "\ufffd" in text
            out.write(text.encode("utf-8"))
    return lossy


def _head(text: Path, form: Csv) -> list[list[str]]:
    with text.open(encoding="utf-8", newline="") as stream:
        lines = [
            line for line in (stream.readline(LONGEST_LINE) for _ in range(max(HEAD_LINES, form.header_row))) if line
        ]
    return [next(csv.reader([line], delimiter=form.delimiter, quotechar=form.quote), []) for line in lines]


def _refuse_other_encoding(feed: Feed, header: list[str], path: Path, encoding: str, form: Csv, where: str) -> None:
    """Where the header fails only because of the encoding, say which encoding would fit."""
    expected = set(wanted(feed))
    if expected <= set(header):
        return
    with path.open("rb") as stream:
        line = list(itertools.islice(stream, form.header_row))[-1:]
    for other in ("utf-8-sig", "gb18030"):
        try:
            cells = next(csv.reader([line[0].decode(other)] if line else [], delimiter=form.delimiter), [])
        except UnicodeDecodeError:
            continue
        if other != encoding and expected <= {header_name(cell) for cell in cells}:
            name = other.removesuffix("-sig")
            raise RefusedData(
                f"按 {encoding} 读取时表头对不上，按 {name} 则相符。请把 format.encoding 改为 {name}（或 auto），或按约定编码重新导出。整个文件未采用，原件已保留。",
                f"Read as {encoding} the header does not match; as {name} it does. Set format.encoding: {name} (or auto), or "
                "export again as agreed. The file was not taken; its bytes are kept.",
                where=where,
            )


def _refuse_cut_off(text: Path, rejected: list[RejectedLine], where: str) -> None:
    """A file whose last row is broken was cut off: in a full delivery every key after the cut would look gone."""
    if not rejected:
        return
    with text.open("rb") as stream:
        lines = sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(CHUNK), b""))
        stream.seek(-1, 2)
        lines += stream.read(1) != b"\n"
    last = rejected[-1]
    if last.line >= lines or last.reason == "UNQUOTED VALUE":
        raise RefusedData(
            f"文件在第 {last.line} 行中断（该行不完整），可能传输中被截断。整个文件未采用，原件已保留，请重新送达。",
            f"The file breaks off at line {last.line} (that row is incomplete): it was probably cut in transfer. It was not "
            "taken; its bytes are kept. Deliver it again.",
            where=f"{where}:{last.line}",
        )
