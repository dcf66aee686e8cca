"""A copy of a sheet with a column that says what is wrong in each row, so that a department puts it right where it stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

from catalog.interchange.faults import Fault
from catalog.interchange.workbook import Sheet

TITLE = "问题"


def write_marked(path: Path, sheet: Sheet, header_row: int, faults: Sequence[Fault]) -> None:
    """Write the copy: the rows as they were read, wrong cells coloured, the column 问题 behind the last one.

    Args:
        path: where to.
        sheet: the sheet as it was read.
        header_row: row of its header.
        faults: everything that is wrong, and warnings.
    """
    by_row: dict[int, list[Fault]] = defaultdict(list)
    for one in faults:
        by_row[one.row or header_row].append(one)
    wrong = {(one.row, one.column) for one in faults if one.column and not one.is_warning}
    doubtful = {(one.row, one.column) for one in faults if one.column and one.is_warning}
    width = max((len(cells) for cells in sheet.rows), default=0)
    with xlsxwriter.Workbook(
        str(path), {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    ) as book:
        out = book.add_worksheet((sheet.name or "目录")[:31])
        text = book.add_format({"num_format": "@", "valign": "top"})
        red = book.add_format({"num_format": "@", "valign": "top", "bg_color": "#F8CBCB"})
        yellow = book.add_format({"num_format": "@", "valign": "top", "bg_color": "#FBEFC4"})
        told = book.add_format({"text_wrap": True, "valign": "top", "font_color": "#9C0006"})
        bold = book.add_format({"bold": True, "border": 1})
        for row, cells in enumerate(sheet.rows, start=1):
            for column in range(1, width + 1):
                cell = cells[column - 1] if column <= len(cells) else ""
                here = (row, column)
                shape = red if here in wrong else yellow if here in doubtful else bold if row == header_row else text
                if cell or here in wrong or here in doubtful:
                    out.write_string(row - 1, column - 1, cell, shape)
            if row == header_row:
                out.write_string(row - 1, width, TITLE, bold)
            if row in by_row and (row != header_row or any(one.row for one in by_row[row])):
                lines = [f"{one.title}：{one.zh}" if one.title else one.zh for one in by_row[row]]
                out.write_string(row - 1, width + (1 if row == header_row else 0), "\n".join(lines), told)
        out.set_column(width, width, 80)
        out.freeze_panes(header_row, 0)
