"""How a workbook is to be read: which sheet, where its titles stand, whether sub-headings part its rows."""

from __future__ import annotations

from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from catalog.formats import Workbook
from ground.errors import RefusedData
from pipelines.intake.drafting import header
from pipelines.intake.drafting.guess import Guess, Guessed
from pipelines.intake.read_xlsx import refuse_bomb

ROWS = 200


def detect(path: Path, kind: str) -> Guessed:
    """The form of a workbook of ``kind`` xlsx or xls.

    Raises:
        RefusedData: damaged, or no sheet with a table.
    """
    if kind == "xlsx":
        refuse_bomb(path, where=path.name)
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        sheets = {name: _rows(workbook, name) for name in workbook.sheet_names}
    except (CalamineError, OSError) as fault:
        raise _no_table(path) from fault
    tables = {name: rows for name, rows in sheets.items() if len(rows) > 1 and max(map(len, rows)) > 1}
    if not tables:
        raise _no_table(path)
    name = next(iter(tables))
    rows = tables[name]
    found = header.find(rows[:ROWS], merged=True)
    guesses = {"header_row": Guess(found.row or 1, *found.why)}
    if len(sheets) > 1:
        others = "、".join(f"{other}（{len(sheets[other])} 行）" for other in sheets if other != name)
        en = ", ".join(f"{other} ({len(sheets[other])} rows)" for other in sheets if other != name)
        guesses["sheet"] = Guess(
            name, f"第一个有表格的工作表；另有 {others}", f"the first sheet with a table; there are also {en}"
        )
    if found.rows > 1:
        guesses["header_rows"] = Guess(found.rows, "表头占两行（合并单元格）", "the header has two rows (merged cells)")
    if found.subheadings:
        guesses["skip_subheadings"] = Guess(
            True, "有只填了第一格的行（小标题）", "some rows hold nothing but their first cell"
        )
    form = Workbook(
        kind="xls" if kind == "xls" else "xlsx",
        sheet=name if len(sheets) > 1 else None,
        header_row=found.row or 1,
        header_rows=found.rows,
        skip_subheadings=found.subheadings,
    )
    return Guessed(form, guesses)


def _rows(workbook: CalamineWorkbook, name: str) -> list[list[str]]:
    """The rows of a sheet as text, as far as a person would look, without blank ones at the end."""
    rows = [[_text(cell) for cell in row] for row in workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)]
    while rows and not any(rows[-1]):
        rows.pop()
    return rows


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _no_table(path: Path) -> RefusedData:
    return RefusedData("工作簿中没有表格，或已损坏。", "The workbook holds no table, or is damaged.", where=path.name)
