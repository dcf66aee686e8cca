"""A file of reports: how it is written, and what is answered to each of its rows.

Checked set-based by `pipelines.problems.bulk_asking`, taken by `quality.tickets.reporting_many`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ground.errors import UserError
from quality.tickets.events import Kind
from quality.tickets.reports import ProblemReport

MOST = 10_000
"""Rows of one file of reports."""
COLUMNS = ("kind", "resource", "key", "item", "doubted", "proposed", "reason", "observed_at", "reference")


@dataclass(frozen=True)
class RowAnswer:
    """What became of one row of a file of reports: ``row`` counts from 1, the header not counted."""

    row: int
    reference: str | None
    ticket: str | None
    joined: bool = False
    repeated: bool = False
    error: dict[str, str | None] | None = None


def rows_of(content: bytes) -> Sequence[dict[str, str]]:
    """The rows of a file.

    Raises:
        UserError: not CSV in UTF-8 with these columns, or too many rows.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(
            "文件不是 UTF-8 编码，请另存为 UTF-8 的 CSV。", "Not UTF-8; save the file as CSV in UTF-8."
        ) from None
    try:
        return _read(csv.DictReader(io.StringIO(text, newline="")))
    except csv.Error:
        raise UserError(
            "文件无法按 CSV 读取（引号不成对，或单元格过长）。",
            "It cannot be read as CSV: an open quote, or too long a cell.",
        ) from None


def _read(reader: csv.DictReader[str]) -> Sequence[dict[str, str]]:
    columns = reader.fieldnames or []
    missing = [name for name in ("resource", "key", "reason") if name not in columns]
    unknown = [name for name in columns if name not in COLUMNS]
    if missing or unknown:
        raise UserError(
            f"表头应为 {'、'.join(COLUMNS)}；缺少：{'、'.join(missing) or '无'}，不认识：{'、'.join(unknown) or '无'}。",
            f"The header is {', '.join(COLUMNS)}; missing: {', '.join(missing) or 'none'}, unknown: {', '.join(unknown) or 'none'}.",
            where="header",
        )
    found: list[dict[str, str]] = []
    for row in reader:
        if len(found) == MOST:
            raise UserError(f"一次最多 {MOST} 行，请分开上传。", f"At most {MOST} rows at once; send it in parts.")
        found.append({name: value or "" for name, value in row.items() if name is not None})
    return found


def report_of(row: dict[str, str]) -> ProblemReport:
    """The report that a row is.

    Raises:
        UserError: a field that is none, with its name.
    """

    def text(name: str) -> str | None:
        return row.get(name, "").strip() or None

    kind = text("kind") or Kind.WRONG_VALUE.value
    kinds = [one.value for one in Kind if one is not Kind.FINDINGS]
    if kind not in kinds:
        raise UserError(f"kind 应为 {'、'.join(kinds)}。", f"kind is one of {', '.join(kinds)}.", where="kind")
    observed = text("observed_at")
    try:
        day = date.fromisoformat(observed) if observed else None
    except ValueError:
        raise UserError(
            "observed_at 应形如 2026-11-21。", "observed_at is a day such as 2026-11-21.", where="observed_at"
        ) from None
    return ProblemReport(
        kind=Kind(kind), resource=row["resource"].strip(), key=tuple(row["key"].split("|")), item=text("item"),
        doubted=text("doubted"), proposed=text("proposed"), reason=row["reason"], observed_at=day,
        reference=text("reference"),
    )  # fmt: skip
