"""Reads delimited text: encoding, header, oddities; keeps what is no row."""

from __future__ import annotations

import csv
import itertools
import re
from pathlib import Path

import ibis
import ibis.expr.types as ir

from catalog.feed import Feed
from catalog.formats import Csv
from ground.errors import RefusedData
from pipelines.intake import decoding
from pipelines.intake.staged import Staged, check_header, header_name, needed, not_taken, taken
from warehouse.duckdb_engine import DuckDbEngine, RejectedLine

HEAD_LINES = 30
LONGEST_LINE = 1 << 20
DELIMITERS = {",": "','", ";": "';'", "\t": "'\\t'", "|": "'|'"}
"""Delimiters that are looked for where the declared one finds no header, and how YAML writes them."""
MOST_COLUMNS = 1_000
"""Beyond so many columns a swallowed line is not looked for (the engine's expressions repeat at most so often)."""


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
    decoding.refuse_no_text(path, where)
    encoding = decoding.choose(path, form.encoding)
    notes = [encoding.note()]
    spill.mkdir(parents=True, exist_ok=True)
    text = spill / f"{path.parent.parent.parent.name}-{path.parent.name}-{path.stem}.utf8"
    try:
        seen = decoding.transcode(path, text, encoding.name)
        if seen.lost:
            notes.append(decoding.lost_note(path, encoding.name))
        head = _head(text, form)
        header = _header(head, form)
        _refuse_other_encoding(feed, header, path, encoding.name, form, where)
        decoding.refuse_garbled(path, encoding.name, seen, where)
        _refuse_other_delimiter(feed, header, text, form, where)
        check_header(feed, header, where=where, header_row=form.header_row, above=head)
        names = [f"c{number}" for number in range(len(header))]
        table, rejected = engine.read_delimited(
            text,
            names,
            delimiter=form.delimiter,
            quote=form.quote,
            skip=form.header_row,
            blank=seen.blank,
            lines=seen.lines,
        )
        if rejected:
            _refuse_cut_off(rejected[-1], _last_row(engine, table), seen, where)
    finally:
        text.unlink(missing_ok=True)
    rows = int(engine.to_arrow(table.count()).column(0)[0].as_py())
    breaks = seen.lines > form.header_row + rows + len(rejected) + len(seen.blank)
    table, swallowed = _part_swallowed(engine, table, names, form) if breaks else (table, [])
    rejected = _each_line([*rejected, *swallowed])
    if swallowed:
        notes.append(_swallowed_note(swallowed))
    notes += _form_notes(header, form)
    columns = {column: f"c{number}" for number, column in enumerate(header)}
    return Staged(taken(feed, table, columns), rejected, not_taken(feed, header), notes)


def _header(head: list[list[str]], form: Csv) -> list[str]:
    """Names of the columns; without a header row they are numbered, as many as the first line has."""
    if not form.header_row:
        return [str(number) for number, _ in enumerate(next((row for row in head if row), []), start=1)]
    return [header_name(cell) for cell in head[form.header_row - 1]] if len(head) >= form.header_row else []


def _form_notes(header: list[str], form: Csv) -> list[tuple[str, str]]:
    shown = DELIMITERS.get(form.delimiter, repr(form.delimiter))
    if not form.header_row:
        named = (
            f"没有表头，{len(header)} 列，按 1、2、3…… 称呼",
            f"no header: {len(header)} columns, called 1, 2, 3, …",
        )
    else:
        named = (
            f"表头（第 {form.header_row} 行）：{'、'.join(header)}",
            f"header (row {form.header_row}): {', '.join(header)}",
        )
    return [(f"分隔符：{shown}，每行 {len(header)} 列", f"delimiter: {shown}, {len(header)} columns"), named]


def _part_swallowed(
    engine: DuckDbEngine, table: ir.Table, names: list[str], form: Csv
) -> tuple[ir.Table, list[RejectedLine]]:
    """Rows of which a value has swallowed whole lines: a quote that was not closed in its line, and one further down.

    A value may hold a line break, but not a line with as many delimiters as a row has: that is a row.
    """
    if not 2 <= len(names) <= MOST_COLUMNS:
        return table, []
    line = r"\n(?:[^\n{0}]*{0}){{{1}}}".format(re.escape(form.delimiter), len(names) - 1)
    broken = ibis.or_(*[table[name].contains("\n") & table[name].re_search(line) for name in names]).fill_null(False)
    more = sum((table[name].length() - table[name].replace("\n", "").length()).fill_null(0) for name in names)
    found = engine.to_arrow(table.filter(broken).select("_row", more=more).order_by("_row")).to_pylist()
    if not found:
        return table, []
    return table.filter(~broken), [RejectedLine(row["_row"], "UNQUOTED VALUE", row["more"]) for row in found]


def _each_line(rejected: list[RejectedLine]) -> list[RejectedLine]:
    """One entry for each line of the file that is no row, those that a quote ran over included."""
    ordered = sorted(rejected, key=lambda one: one.line)
    return [RejectedLine(one.line + more, one.reason) for one in ordered for more in range(one.more + 1)]


def _swallowed_note(swallowed: list[RejectedLine]) -> tuple[str, str]:
    first = swallowed[0]
    return (
        f"第 {first.line} 行起有引号跨行（至第 {first.line + first.more} 行），其中含有完整的行，疑为引号未闭合；共 {len(swallowed)} 处，所涉各行均进入隔离区",
        f"a quote runs from line {first.line} to {first.line + first.more} over whole rows: it was probably not closed; "
        f"{len(swallowed)} such places, all their lines are quarantined",
    )


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
    expected = set(needed(feed))
    if expected <= set(header) or not form.header_row:
        return
    with path.open("rb") as stream:
        line = list(itertools.islice(stream, form.header_row))[-1:]
    for other in ("utf-8-sig", "gb18030"):
        try:
            cells = _cells(line[0].decode(other), form) if line else []
        except UnicodeDecodeError:
            continue
        if other != encoding and expected <= {header_name(cell) for cell in cells}:
            raise decoding.other_encoding(path, encoding, other.removesuffix("-sig"), ("表头", "header"), where)


def _refuse_other_delimiter(feed: Feed, header: list[str], text: Path, form: Csv, where: str) -> None:
    """Where the header fails only because of the delimiter, say which one would fit."""
    expected = set(needed(feed))
    for other, written in DELIMITERS.items():
        if expected <= set(header):
            return
        trial = form.model_copy(update={"delimiter": other})
        if other != form.delimiter and expected <= set(_header(_head(text, trial), trial)):
            raise RefusedData(
                f"按分隔符 {form.delimiter!r} 读不出约定的列，按 {written} 则相符。请把 format.delimiter 改为 {written}。整个文件未采用，原件已保留。",
                f"With the delimiter {form.delimiter!r} the agreed columns are not found; with {written} they are. Set "
                f"format.delimiter: {written}. The file was not taken; its bytes are kept.",
                where=where,
            )


def _last_row(engine: DuckDbEngine, table: ir.Table) -> int:
    return int(engine.to_arrow(table["_row"].max().fill_null(0)).column(0)[0].as_py())


def _refuse_cut_off(last: RejectedLine, last_row: int, seen: decoding.Seen, where: str) -> None:
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
