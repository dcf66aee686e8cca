"""Reads a workbook as text, sheet by sheet, and says of each what stands in the way: merged cells, formulas, hidden sheets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from catalog.interchange.faults import Fault
from catalog.interchange.workbook_parts import look_through
from ground.errors import DocumentError

DIGITS = 15
"""Digits that a spreadsheet keeps of a number; codes that are longer have lost their end."""

Range = tuple[int, int, int, int]
"""First row, first column, last row, last column, 1-based."""


@dataclass
class Sheet:
    """One sheet as it was read.

    Attributes:
        name: its name; None for a text file, which has none.
        rows: its rows from the first on, cells as text, empty cells as ``""``.
        hidden: people do not see it.
        merged: merged ranges.
        faults: cells that could not be read as what they show.
    """

    name: str | None
    rows: list[list[str]]
    hidden: bool = False
    merged: list[Range] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def is_workbook(path: Path) -> bool:
    """Whether the first bytes are those of an XLSX."""
    with path.open("rb") as stream:
        return stream.read(4) == b"PK\x03\x04"


def read_workbook(path: Path, name: str) -> list[Sheet]:
    """The sheets of an XLSX, in order.

    Raises:
        DocumentError: it is damaged, locked by a password, unpacks out of all proportion, or has a cell too far away.
    """
    formulas = look_through(path, name)
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        found = [_read(workbook, one) for one in workbook.sheets_metadata if one.typ is SheetTypeEnum.WorkSheet]
    except (CalamineError, OSError, ValueError) as fault:
        raise DocumentError(
            "工作簿已损坏或加了密码，无法打开。请用表格软件打开后另存为 XLSX（不设密码）。",
            "The workbook is damaged or locked by a password; open it and save it as XLSX without one.",
            where=name,
        ) from fault
    if formulas:
        _look_at_formulas(path, found)
    return found


def range_name(area: Range) -> str:
    """``A3:A7``."""
    from openpyxl.utils import get_column_letter  # takes half a second

    top, left, bottom, right = area
    return f"{get_column_letter(left)}{top}:{get_column_letter(right)}{bottom}"


def _read(workbook: CalamineWorkbook, one: object) -> Sheet:
    name = one.name  # type: ignore[attr-defined]  # SheetMetadata of a compiled module
    sheet = workbook.get_sheet_by_name(name)
    merged = [
        (top + 1, left + 1, bottom + 1, right + 1) for (top, left), (bottom, right) in sheet.merged_cell_ranges or []
    ]
    read = Sheet(name, [], one.visible is not SheetVisibleEnum.Visible, merged)  # type: ignore[attr-defined]
    for number, cells in enumerate(sheet.to_python(skip_empty_area=False), start=1):
        read.rows.append([_text(read, number, place, cell) for place, cell in enumerate(cells, start=1)])
    return read


def _text(sheet: Sheet, row: int, column: int, cell: object) -> str:
    match cell:
        case str():
            return cell.strip()
        case None:
            return ""
        case bool():
            return "是" if cell else "否"
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime() | date():
            return cell.isoformat()
        case int() | float() if abs(cell) >= 10**DIGITS:
            sheet.faults.append(
                Fault(
                    row, column, "",
                    f"数字超过 {DIGITS} 位，表格软件已丢失末位。请将该列设为文本格式后重新填写。",
                    f"A number of more than {DIGITS} digits: the spreadsheet has lost its end. Make the column text and type it again.",
                )
            )  # fmt: skip
            return ""
        case float() if cell.is_integer():
            return str(int(cell))
        case float():
            return format(Decimal(repr(cell)), "f")
        case _:
            return str(cell).strip()


def _look_at_formulas(path: Path, sheets: list[Sheet]) -> None:
    """A formula counts by the value that was saved with it; one without a value, and an error, read as empty: that is told."""
    import openpyxl

    workbook = openpyxl.load_workbook(path, read_only=True)
    try:
        for sheet in sheets:
            for cells in workbook[str(sheet.name)].iter_rows():
                for cell in cells:
                    kind = getattr(cell, "data_type", None)
                    if kind not in ("f", "e"):
                        continue
                    row, column = int(cell.row or 0), int(cell.column or 0)
                    if _at(sheet, row, column) == "":
                        sheet.faults.append(_formula(row, column))
    finally:
        workbook.close()


def _at(sheet: Sheet, row: int, column: int) -> str:
    cells = sheet.rows[row - 1] if row <= len(sheet.rows) else []
    return cells[column - 1] if column <= len(cells) else ""


def _formula(row: int, column: int) -> Fault:
    return Fault(
        row, column, "",
        "公式没有结果或结果为错误值。请复制后“选择性粘贴为数值”，并填写正确内容。",
        "A formula without a value, or an error: copy it, paste it as a value, and fill in what is meant.",
    )  # fmt: skip
