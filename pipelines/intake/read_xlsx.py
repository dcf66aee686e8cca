"""Reads a sheet of a workbook as text, guarding against archives that unpack without end."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import ibis
import pandas as pd
import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from catalog.feed import Feed
from catalog.formats import Workbook
from ground.errors import RefusedData
from pipelines.intake.staged import UNREADABLE, Staged, check_header, header_name, wanted
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

_PLACE = re.compile(rb'<(?:\w+:)?(?:row|c)\b[^>]*?\sr="([A-Z]{0,3})([0-9]{1,7})"[^>]*(?<!/)>')


def read(engine: DuckDbEngine, path: Path, feed: Feed, form: Workbook, *, where: str) -> Staged:
    """Stage a delivered workbook.

    Raises:
        RefusedData: empty, not a workbook (a renamed CSV is named as such), a zip bomb, no such sheet, another header.
    """
    _refuse_no_workbook(path, where)
    refuse_bomb(path, where=where)
    try:
        workbook = CalamineWorkbook.from_path(str(path))
    except (CalamineError, OSError) as fault:
        raise RefusedData(
            "工作簿已损坏，无法打开。请用表格软件重新保存后送达。", "The workbook is damaged and cannot be opened; save and deliver it again.",
            where=where,
        ) from fault  # fmt: skip
    name = form.sheet or workbook.sheet_names[0]
    if name not in workbook.sheet_names:
        raise RefusedData(
            f"没有名为 {name} 的工作表，现有：{'、'.join(workbook.sheet_names)}。",
            f"There is no sheet {name}; there are: {', '.join(workbook.sheet_names)}.",
            where=where,
        )
    rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    head = [[header_name(cell) for cell in row] for row in rows[: max(30, form.header_row)]]
    header = head[form.header_row - 1] if len(head) >= form.header_row else []
    check_header(feed, header, where=where, header_row=form.header_row, above=head)
    frame = pd.DataFrame(rows[form.header_row :], columns=range(len(header)), dtype=object)
    mapping = wanted(feed)
    taken = {mapping[column]: frame[number].map(_text) for number, column in enumerate(header) if column in mapping}
    data = pa.table(
        {item: pa.array(column, type=pa.string(), from_pandas=True) for item, column in taken.items()}
        | {"_row": pa.array(frame.index + form.header_row + 1, type=pa.int64())}
    )
    table = engine.load(f"_xlsx_{path.parent.name}", data)
    # Sheets end in blank rows that a person never sees; they are no rows.
    table = table.filter(ibis.or_(*[table[item].notnull() for item in taken]))
    notes = [
        (
            f"工作表：{name}；表头（第 {form.header_row} 行）：{'、'.join(header)}",
            f"sheet {name}; header row {form.header_row}",
        )
    ]
    return Staged(table, [], [c for c in header if c and c not in mapping], notes)


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


def _refuse_no_workbook(path: Path, where: str) -> None:
    with path.open("rb") as stream:
        start = stream.read(4096)
    if not start:
        raise RefusedData(
            "文件为 0 字节，没有内容。请重新导出并送达；原有数据不变。",
            "The file has 0 bytes. Export and deliver it again; what was there before stays.",
            where=where,
        )
    if start.startswith(b"PK\x03\x04"):
        return
    text = b"\0" not in start
    hint_zh = (
        "内容是文本，像是改了扩展名的 CSV。请把 format.kind 改为 csv，或另存为 XLSX。"
        if text
        else "请用表格软件另存为 XLSX。"
    )
    hint_en = (
        "It is text, like a CSV with another ending: set format.kind: csv, or save it as XLSX."
        if text
        else "Save it as XLSX."
    )
    raise RefusedData(f"文件不是 XLSX 工作簿。{hint_zh}", f"The file is no XLSX workbook. {hint_en}", where=where)


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
            return format(Decimal(repr(cell)), "f")
        case _:
            return str(cell)
