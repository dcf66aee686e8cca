"""Reads a sheet of a workbook as text, guarding against archives that unpack without end."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import ibis
import pandas as pd
import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from catalog.model import Feed, Xlsx
from ground.errors import RefusedData
from pipelines.intake.staged import UNREADABLE, Staged, check_header, header_name, wanted
from warehouse.duckdb_engine import DuckDbEngine

LARGEST_UNPACKED = 2 << 30
"""Bytes a workbook may unpack to. A sheet of Excel's million rows stays well below."""
LARGEST_RATIO = 200
"""Unpacked to packed size; honest sheets stay below 40, a bomb is at 1,000."""
SMALL = 10 << 20
"""Below this unpacked size a high ratio harms nobody (an empty template compresses well)."""


def read(engine: DuckDbEngine, path: Path, feed: Feed, form: Xlsx, *, where: str) -> Staged:
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
        RefusedData: too large, too high a ratio, or not readable as a ZIP archive.
    """
    packed = max(path.stat().st_size, 1)
    total = 0
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                with archive.open(entry) as stream:
                    while chunk := stream.read(1 << 20):
                        total += len(chunk)
                        if total > LARGEST_UNPACKED or (total > SMALL and total / packed > LARGEST_RATIO):
                            raise RefusedData(
                                "压缩包解开后过大（疑似压缩炸弹），未打开。请核实来源后重新导出。",
                                "The archive unpacks out of all proportion (a zip bomb?) and was not opened; check where it comes from.",
                                where=where,
                            )
    except (zipfile.BadZipFile, EOFError, zipfile.zlib.error, NotImplementedError, RuntimeError) as fault:  # type: ignore[attr-defined]
        raise RefusedData(
            "工作簿已损坏（压缩包不完整或加密）。请重新保存后送达。",
            "The workbook is damaged (its archive is incomplete or encrypted); save and deliver it again.",
            where=where,
        ) from fault


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
    """A cell as text. A number beyond 2**53 has lost digits in the sheet: it is unreadable, never rounded."""
    match cell:
        case None | "":
            return None
        case bool():
            return str(cell).upper()
        case datetime():
            return cell.isoformat(sep=" ", timespec="seconds")
        case date():
            return cell.isoformat()
        case float() if cell.is_integer():
            return str(int(cell)) if abs(cell) < 2**53 else UNREADABLE
        case int() if abs(cell) >= 2**53:
            return UNREADABLE
        case float():
            return format(Decimal(repr(cell)), "f")
        case _:
            return str(cell)
