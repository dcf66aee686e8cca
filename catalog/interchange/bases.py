"""What stands where a sheet should name a law and names none: told where it stands, before somebody submits it.

It bars no import, since a draft may wait for its provision; whether it bars the submission is the gate's to say
(`catalog.gate.bases`).
"""

from __future__ import annotations

from catalog.gate.bases import Basis, kind_of_basis
from catalog.interchange.cells import Cells
from catalog.interchange.reading import Row


def tell_basis(cells: Cells, row: Row, column: str) -> None:
    """Warn of a legal basis that says nothing, or names no law."""
    text = row.cells.get(column)
    if text is None:
        return
    kind = kind_of_basis(text)
    if kind is Basis.NONE:
        cells.warn(
            row, column, f"“{text[:40]}”没有写明法律、法规或政策依据，提交审核时会被拒绝。请写到条，如 个人信息保护法第三十四条。",
            f"{text[:40]!r} names no law, and is refused when submitted. Write the provision, with its article.",
        )  # fmt: skip
    elif kind is Basis.DOUBTFUL:
        cells.warn(
            row, column, f"“{text[:40]}”看不出是哪部法律、法规或文件的哪一条，提交后由主管部门核定。请写到条，如 个人信息保护法第三十四条。",
            f"{text[:40]!r} names no law, article or document: the authority will ask. Write the provision, with its article.",
        )  # fmt: skip


def read_collection_basis(cells: Cells, row: Row) -> str | None:
    """On what the department collects: a law, or its functions; what says nothing is told."""
    text = row.cells.get("collection_basis")
    if text is not None and kind_of_basis(text) is Basis.NONE:
        cells.warn(
            row, "collection_basis", f"“{text[:40]}”没有写明采集所依据的法律法规或职责。请写明，如 三定方案、婚姻登记条例。",
            f"{text[:40]!r} says nothing of the law or the function on which the department collects. Write it.",
        )  # fmt: skip
    return text
