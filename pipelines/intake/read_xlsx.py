"""Reads sheets of a workbook, old or new, as text, guarding against archives that unpack without end."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from python_calamine import CalamineError, CalamineWorkbook

from catalog.feed import Feed
from catalog.formats import Workbook
from ground.errors import RefusedData
from pipelines.intake.staged import UNREADABLE, Staged, check_header, header_name, needed, not_taken, part_note, taken
from warehouse.duckdb_engine import DuckDbEngine

LARGEST_UNPACKED = 2 << 30
"""Bytes a workbook may unpack to. A sheet of Excel's million rows stays well below."""
LARGEST_RATIO = 200
"""Unpacked to packed size; honest sheets stay below 40, a bomb is at 1,000."""
SMALL = 10 << 20
"""Below this unpacked size a high ratio harms nobody (an empty template compresses well)."""
MOST_CELLS = 100_000_000
"""Rows times columns that a sheet may span: it is held whole, the empty cells between two far corners too."""
DIGITS = 15
"""Significant digits of a number in a sheet (Excel's specification); what was beyond was lost when it was typed."""

OLE = b"\xd0\xcf\x11\xe0"
"""What a workbook of Excel 97 to 2003 begins with (MS-CFB)."""

_PLACE = re.compile(rb'<(?:\w+:)?(?:row|c)\b[^>]*?\sr="([A-Z]{0,3})([0-9]{1,7})"[^>]*(?<!/)>')


def read(engine: DuckDbEngine, path: Path, feed: Feed, form: Workbook, *, where: str) -> Staged:
    """Stage a delivered workbook. It is held in memory whole, as its formats are made for.

    Raises:
        RefusedData: empty, not a workbook (a renamed CSV is named as such), a zip bomb, no such sheet, another header.
    """
    content = _refuse_no_workbook(path, form, where)
    if content == "xlsx":
        refuse_bomb(path, where=where)
    try:
        workbook = _opened(path, content)
        sheets = _sheets(workbook, form, where)
        read_sheets = [
            _sheet(workbook, name, feed, form, where if len(sheets) == 1 else f"{where}[{name}]") for name in sheets
        ]
    except (CalamineError, OSError) as fault:
        raise RefusedData(
            "工作簿已损坏，无法打开。请用表格软件重新保存后送达。", "The workbook is damaged and cannot be opened; save and deliver it again.",
            where=where,
        ) from fault  # fmt: skip
    notes, tables, above = [], [], 0
    for name, one in zip(sheets, read_sheets, strict=True):
        notes.append(_sheet_note(name, one, form))
        if len(sheets) > 1:
            notes.append(part_note(f"工作表 {name}", f"sheet {name}", above, one.rows))
        tables.append(one.data.set_column(0, "_row", pc.add(one.data["_row"], above)))
        above += one.rows
    if content != form.kind:
        notes.append(
            (
                f"内容是 {content}，与声明的 {form.kind} 不同，照内容读取",
                f"the content is {content}, not {form.kind} as declared; it was read as it is",
            )
        )
    table = engine.load(f"_sheets_{path.parent.name}", pa.concat_tables(tables))
    header = [title for title in read_sheets[0].header if title]
    # Sheets end in blank rows that a person never sees; they are no rows.
    table = table.filter(ibis.or_(*[table[name].notnull() for name in table.columns if name != "_row"]))
    columns = {column: column for column in needed(feed)}
    return Staged(taken(feed, table, columns), [], not_taken(feed, header), notes)


@dataclass(frozen=True)
class _Sheet:
    """A sheet as read: its header, the needed columns as text after ``_row``, its rows of any kind, skipped ones."""

    header: list[str]
    data: pa.Table
    rows: int
    skipped: int


def _opened(path: Path, content: str) -> CalamineWorkbook:
    if path.suffix.lower() == f".{content}":
        return CalamineWorkbook.from_path(str(path))
    with path.open("rb") as stream:
        return CalamineWorkbook.from_filelike(stream)


def _sheets(workbook: CalamineWorkbook, form: Workbook, where: str) -> list[str]:
    names: list[str] = workbook.sheet_names
    chosen = [form.sheet or names[0]]
    if form.sheet is not None and form.sheet not in names:
        chosen = [name for name in names if fnmatchcase(name, form.sheet)]
    if not chosen:
        raise RefusedData(
            f"没有名为 {form.sheet} 的工作表，现有：{'、'.join(names)}。请核对 format.sheet。",
            f"There is no sheet {form.sheet}; there are: {', '.join(names)}. Check format.sheet.",
            where=where,
        )
    return chosen


def _sheet(workbook: CalamineWorkbook, name: str, feed: Feed, form: Workbook, where: str) -> _Sheet:
    sheet = workbook.get_sheet_by_name(name)
    rows = sheet.to_python(skip_empty_area=False)
    last = form.header_row + form.header_rows - 1
    head = [[header_name(cell) for cell in row] for row in rows[: max(30, last)]]
    header = (
        _joined(head[form.header_row - 1 : last], sheet.merged_cell_ranges or [], form) if len(head) >= last else []
    )
    check_header(feed, header, where=where, header_row=form.header_row, above=head)
    frame = pd.DataFrame(rows[last:], columns=range(len(header)), dtype=object)
    frame.index += last + 1
    skipped = 0
    if form.skip_subheadings:
        filled = frame.notna() & (frame != "")
        heading = filled.iloc[:, 0] & (filled.sum(axis=1) == 1)
        skipped = int(heading.sum())
        frame = frame[~heading]
    data = {"_row": pa.array(frame.index, type=pa.int64())}
    for column in needed(feed):
        data[column] = pa.array(frame[header.index(column)].map(_text), type=pa.string(), from_pandas=True)
    return _Sheet(header, pa.table(data), len(rows), skipped)


def _joined(
    head: list[list[str]], merged: Sequence[tuple[tuple[int, int], tuple[int, int]]], form: Workbook
) -> list[str]:
    """One title a column: the titles above each other joined by ``/``, a merged cell standing in all its places."""
    if form.header_rows == 1:
        return head[0]
    first = form.header_row - 1
    titles = [list(row) for row in head]
    for (top, left), (bottom, right) in merged:
        if first <= top and bottom < first + form.header_rows:
            for row in range(top, bottom + 1):
                titles[row - first][left : right + 1] = [titles[top - first][left]] * (right - left + 1)
    return ["/".join(dict.fromkeys(title for title in column if title)) for column in zip(*titles, strict=True)]


def _sheet_note(name: str, one: _Sheet, form: Workbook) -> tuple[str, str]:
    last = form.header_row + form.header_rows - 1
    rows = f"{form.header_row}" if last == form.header_row else f"{form.header_row}–{last}"
    zh, en = (
        f"工作表：{name}；表头（第 {rows} 行）：{'、'.join(one.header)}",
        f"sheet {name}; header row {rows}: {', '.join(one.header)}",
    )
    if one.skipped:
        zh, en = f"{zh}；略过 {one.skipped} 个小标题行", f"{en}; {one.skipped} sub-heading rows left out"
    return zh, en


def refuse_bomb(path: Path, *, where: str) -> None:
    """Refuse an archive that unpacks out of all proportion, before anything is unpacked to memory.

    The sizes in an archive's directory can lie, so the entries are unpacked in pieces and counted, keeping nothing.

    Raises:
        RefusedData: too large, too high a ratio, a sheet that spans too many cells, or not readable as a ZIP archive.
    """
    packed = max(path.stat().st_size, 1)
    total = 0
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                span = _Span()
                for chunk in _unpacked(archive, entry):
                    total += len(chunk)
                    span.see(chunk)
                    too_large = total > LARGEST_UNPACKED or (total > SMALL and total / packed > LARGEST_RATIO)
                    if too_large or span.cells > MOST_CELLS:
                        raise RefusedData(
                            "压缩包解开后过大，或工作表跨度过大（疑似压缩炸弹），未打开。请核实来源后重新导出。",
                            "The archive unpacks out of all proportion, or a sheet spans too many cells (a zip bomb?); it was not "
                            "opened. Check where it comes from.",
                            where=where,
                        )
    except (zipfile.BadZipFile, EOFError, zipfile.zlib.error, NotImplementedError, RuntimeError) as fault:  # type: ignore[attr-defined]
        raise RefusedData(
            "工作簿已损坏（压缩包不完整或加密）。请重新保存后送达。",
            "The workbook is damaged (its archive is incomplete or encrypted); save and deliver it again.",
            where=where,
        ) from fault


class _Span:
    """How far the filled cells of a sheet reach, read off its XML as it goes by."""

    def __init__(self) -> None:
        self._rows = self._columns = 0
        self._rest = b""

    @property
    def cells(self) -> int:
        """Cells of the rectangle from A1 to the last filled row and column."""
        return self._rows * self._columns

    def see(self, chunk: bytes) -> None:
        """Look at the next piece; a tag cut in two is seen whole with the piece after."""
        text = self._rest + chunk
        for column, row in _PLACE.findall(text):
            self._rows = max(self._rows, int(row))
            if column:
                self._columns = max(self._columns, _column_number(column))
        self._rest = text[max(text.rfind(b"<"), len(text) - 4096) :]


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """All that an entry unpacks to, whatever size the directory states; one that states another fails its checksum."""
    entry.file_size = LARGEST_UNPACKED + 1
    with archive.open(entry) as stream:
        while chunk := stream.read(1 << 20):
            yield chunk


def _refuse_no_workbook(path: Path, form: Workbook, where: str) -> str:
    """What a file is by its first bytes, ``xlsx`` or ``xls``; refused where it is neither, or the newer where told so."""
    with path.open("rb") as stream:
        start = stream.read(4096)
    if not start:
        raise RefusedData(
            "文件为 0 字节，没有内容。请重新导出并送达；原有数据不变。",
            "The file has 0 bytes. Export and deliver it again; what was there before stays.",
            where=where,
        )
    if start.startswith(b"PK\x03\x04"):
        return "xlsx"
    if start.startswith(OLE) and form.kind == "xls":
        return "xls"
    wanted = form.kind.upper()
    if start.startswith(OLE):
        hint_zh, hint_en = (
            "内容是旧的 XLS 格式，请把 format.kind 改为 xls，或另存为 XLSX。",
            "It is in the old XLS format: set format.kind: xls, or Save it as XLSX.",
        )
    elif b"<html" in start.lower() or b"<table" in start.lower():
        hint_zh, hint_en = (
            f"内容是网页（HTML 表格），请用表格软件打开后另存为 {wanted}。",
            f"It is a web page (an HTML table): open it in a spreadsheet program and save it as {wanted}.",
        )
    elif b"\0" not in start:
        hint_zh, hint_en = (
            f"内容是文本，像是改了扩展名的 CSV。请把 format.kind 改为 csv，或另存为 {wanted}。",
            f"It is text, like a CSV with another ending: set format.kind: csv, or save it as {wanted}.",
        )
    else:
        hint_zh, hint_en = f"请用表格软件另存为 {wanted}。", f"Save it as {wanted}."
    raise RefusedData(
        f"文件不是 {wanted} 工作簿。{hint_zh}", f"The file is no {wanted} workbook. {hint_en}", where=where
    )


def _text(cell: object) -> str | None:
    """A cell as text. A number of more than `DIGITS` digits lost some in the sheet: it is unreadable, never rounded."""
    match cell:
        case None | "":
            return None
        case bool():
            return str(cell).upper()
        case datetime():
            return cell.isoformat(sep=" ", timespec="seconds")
        case date():
            return cell.isoformat()
        case int() | float() if abs(cell) >= 10**DIGITS:
            return UNREADABLE
        case float() if cell.is_integer():
            return str(int(cell))
        case float():
            return format(Decimal(format(cell, f".{DIGITS}g")), "f")
        case _:
            return str(cell)
