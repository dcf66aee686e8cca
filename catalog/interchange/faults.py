"""What is wrong in a catalogue sheet, cell by cell, so that a department finds it and puts it right.

A sheet that cannot be read at all (merged cells, no header) is refused as a whole with a DocumentError; what is wrong in a
row is a `Fault`, and all of them are told at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ground.errors import DocumentError

SHOWN = 20
"""Faults that a message tells in full; the others are counted, and stand in the list for machines and in the marked sheet."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong.

    Attributes:
        row: its row in the sheet, 1-based; 0: the sheet as a whole.
        column: its column, 1-based; 0: the row as a whole.
        title: what the sheet calls the column.
        zh: what was found, what was expected, what to do.
        en: the same in English.
        is_warning: it is told, and does not stand in the way.
    """

    row: int
    column: int
    title: str
    zh: str
    en: str
    is_warning: bool = False

    @property
    def cell(self) -> str:
        """``D12``, ``12`` for a whole row."""
        from openpyxl.utils import get_column_letter  # takes half a second

        return f"{get_column_letter(self.column)}{self.row}" if self.column else str(self.row or "")


def place(file: str, sheet: str | None, fault: Fault) -> str:
    """Where it is: ``目录.xlsx 目录:D12 共享类型``."""
    of = f" {sheet}" if sheet else ""
    where = f"{file}{of}:{fault.cell}" if fault.cell else f"{file}{of}"
    return f"{where} {fault.title}".rstrip()


def refusal(file: str, sheet: str | None, faults: Sequence[Fault]) -> DocumentError:
    """All faults as one error: the first `SHOWN` in full, and how many there are."""
    zh = [f"目录表有 {len(faults)} 处问题，未导入任何内容："]
    en = [f"The sheet has {len(faults)} problems; nothing was imported:"]
    for one in faults[:SHOWN]:
        where = place(file, sheet, one)
        zh.append(f"{where}：{one.zh}")
        en.append(f"{where}: {one.en}")
    if len(faults) > SHOWN:
        rest = len(faults) - SHOWN
        zh.append(f"……另有 {rest} 处。全部见 --json，或用 --errors 写出标注了问题的表格。")
        en.append(f"… and {rest} more: all with --json, or in a marked copy of the sheet with --errors.")
    return DocumentError("\n".join(zh), "\n".join(en))
