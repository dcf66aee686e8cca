"""How a resource is shared, opened and gathered, as the cells of its first row say it."""

from __future__ import annotations

from typing import Any

from catalog.interchange import columns as known
from catalog.interchange.bases import tell_basis
from catalog.interchange.cells import Cells
from catalog.interchange.reading import Row


def read_access(cells: Cells, row: Row, which: str, *, condition_needed: bool) -> dict[str, Any] | None:
    """Class, condition, mode, reason and basis; what is not unconditional needs reason and legal basis (Wuhan 16, Haishu 16)."""
    column = f"{which}_class"
    text = row.cells.get
    if which == "opening" and text(column) == "是":  # 是否向社会开放: yes, under the condition that stands beside it
        class_: str | None = "conditional" if text("opening_condition") else "unconditional"
    else:
        class_ = cells.coded(row, column, which)
    if class_ is None:
        return None
    reason, basis = text(f"{which}_reason"), text(f"{which}_basis")
    if class_ != "unconditional":
        word = cells.words.said(which, class_)
        for name, held in ((f"{which}_reason", reason), (f"{which}_basis", basis)):
            if held is None:
                kind = "理由" if name.endswith("reason") else "法律依据（写到条）"
                cells.wrong(
                    row, name, f"{known.column(column).title}为“{word}”，须写明{kind}。请填写“{known.column(name).title}”列。",
                    f"The class is {word}: fill in {known.column(name).title} ({known.column(name).en}).",
                )  # fmt: skip
        tell_basis(cells, row, f"{which}_basis")
    condition = text(f"{which}_condition")
    if class_ == "conditional" and condition is None:
        tell = cells.wrong if condition_needed else cells.warn
        name = known.column(f"{which}_condition").title
        tell(
            row,
            f"{which}_condition",
            f"有条件的应写明{name}（编制指南）。",
            f"A conditional class states its condition ({name}).",
        )
    return {
        "class": class_, "reason": reason, "legal_basis": basis, "condition": condition,
        "mode": cells.coded(row, f"{which}_mode", "mode"), "approval": text(f"{which}_approval"),
    }  # fmt: skip


def read_gathering(cells: Cells, row: Row) -> dict[str, Any] | None:
    """How a resource is gathered, and what excuses it from real time (Longyan 9)."""
    mode = cells.coded(row, "gathering_mode", "gathering")
    rest = [
        name
        for name in ("gathering_target", "gathering_reason", "gathering_document", "gathering_until")
        if name in row.cells
    ]
    if mode is None:
        if rest and "gathering_mode" not in row.cells:
            cells.wrong(row, "gathering_mode", "填写了汇聚的其他内容，须填汇聚方式。", "Say how it is gathered, too.")
        return None
    exception = None
    if {"gathering_reason", "gathering_document", "gathering_until"} & set(rest):
        exception = {
            "reason": row.cells.get("gathering_reason"), "document": row.cells.get("gathering_document"),
            "until": cells.day(row, "gathering_until"),
        }  # fmt: skip
        for name in ("gathering_reason", "gathering_document"):
            if name not in row.cells:
                cells.wrong(
                    row,
                    name,
                    "非实时汇聚须写明理由与备案文号。",
                    "An exception states its reason and the number it is filed under.",
                )
    target = cells.coded(row, "gathering_target", "target") or "own_level"
    return {"mode": mode, "exception": exception, "target": target}
