"""Entries as a catalogue sheet: the guide's columns and ours, one row an item, written so that reading it gives the same entries."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import xlsxwriter

from catalog.departments import Department
from catalog.interchange.columns import Column, columns
from catalog.interchange.words import Words
from catalog.model import Access, Item, Resource

SHEET = "目录"
WIDTHS = {"title": 24, "provider": 20, "abstract": 36, "item_title": 20, "sharing_reason": 24, "sharing_basis": 24}
DEFAULT_WIDTH = 14


@cache
def written() -> tuple[Column, ...]:
    """The columns that a sheet of ours has, in order."""
    return tuple(one for one in columns().columns if one.written)


def rows(
    resources: Iterable[Resource], departments: Mapping[str, Department], words: Words
) -> Iterator[dict[str, str]]:
    """One row an item, by column id; what is said of the resource is repeated in each of its rows.

    Args:
        resources: the entries, in the order in which they shall stand.
        departments: id -> department, for its name and credit code.
        words: coded words, the city's own among them.
    """
    for resource in resources:
        whole = _of_resource(resource, departments[resource.department], words)
        for item in resource.items:
            yield {**whole, **_of_item(resource, item, words)}


def write_xlsx(path: Path, entries: Iterable[Mapping[str, str]]) -> int:
    """Write rows as a workbook with one sheet; every cell is text, so that codes keep their digits and nothing becomes a formula.

    Returns:
        How many rows were written.
    """
    with xlsxwriter.Workbook(
        str(path), {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    ) as book:
        sheet = book.add_worksheet(SHEET)
        head(book, sheet)
        cell = book.add_format({"num_format": "@", "valign": "top"})
        last = 0
        for last, row in enumerate(entries, start=1):
            for place, one in enumerate(written()):
                if text := row.get(one.id):
                    sheet.write_string(last, place, text, cell)
        sheet.autofilter(0, 0, max(last, 1), len(written()) - 1)
    return last


def head(book: Any, sheet: Any) -> None:
    """The header of a sheet: mandatory columns darker, the first row stays in view."""
    plain = book.add_format({"bold": True, "bg_color": "#E7ECF2", "border": 1, "text_wrap": True, "valign": "vcenter"})
    needed = book.add_format({"bold": True, "bg_color": "#C9D8EA", "border": 1, "text_wrap": True, "valign": "vcenter"})
    for place, one in enumerate(written()):
        sheet.write_string(0, place, one.title, needed if one.required else plain)
        sheet.set_column(place, place, WIDTHS.get(one.id, DEFAULT_WIDTH))
    sheet.freeze_panes(1, 0)


def write_csv(path: Path, entries: Iterable[Mapping[str, str]]) -> int:
    """Write rows as CSV in UTF-8 with a mark, as spreadsheet programs here expect; returns how many."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([one.title for one in written()])
    count = 0
    for row in entries:
        writer.writerow([_guarded(row.get(one.id, "")) for one in written()])
        count += 1
    path.write_bytes(text.getvalue().encode("utf-8-sig"))
    return count


def _guarded(text: str) -> str:
    """What a spreadsheet would take for a formula gets an apostrophe before it; reading takes it off again."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") and text else text


def _of_resource(one: Resource, department: Department, words: Words) -> dict[str, str]:
    gathering = one.gathering
    exception = gathering.exception if gathering else None
    said: dict[str, object] = {
        "category": one.category, "title": one.title, "code": one.code, "provider": department.name,
        "provider_code": department.credit_code, "abstract": one.abstract,
        "storage_format": words.said("format", one.storage_format), "update_cycle": words.said("cycle", one.update_cycle),
        "released": one.released, "related": "；".join(one.related), "system": one.system,
        "provision_mode": words.said("provision", one.provision_mode), "share_until": one.share_until, "id": one.id,
        "table": one.table, "scope": one.scope, "collection_basis": one.collection_basis, "grade": one.grade,
        **_of_access("sharing", one.sharing, words), **_of_access("opening", one.opening, words),
        "gathering_mode": words.said("gathering", gathering.mode) if gathering else None,
        "gathering_target": words.said("target", gathering.target) if gathering else None,
        "gathering_reason": exception.reason if exception else None,
        "gathering_document": exception.document if exception else None,
        "gathering_until": exception.until if exception else None,
    }  # fmt: skip
    return _texts(said)


def _of_access(which: str, one: Access, words: Words) -> dict[str, object]:
    return {
        f"{which}_class": words.said(which, one.class_),
        f"{which}_condition": one.condition,
        f"{which}_mode": words.said("mode", one.mode) if one.mode else None,
        f"{which}_reason": one.reason,
        f"{which}_basis": one.legal_basis,
        f"{which}_approval": one.approval,
    }


def _of_item(resource: Resource, one: Item, words: Words) -> dict[str, str]:
    said: dict[str, object] = {
        "item_id": one.id, "item_title": one.title, "item_type": words.said("type", one.type), "item_length": one.max_length,
        "item_element": one.element, "item_code_list": one.code_list,
        "item_required": words.said("yes_no", "yes") if one.required else None,
        "item_key": _key(resource.key, one.id),
        "item_observed": words.said("yes_no", "yes") if resource.observed_at == one.id else None,
        "item_sensitivity": words.said("sensitivity", one.sensitivity), "item_grade": one.grade,
        "item_collection": words.said("collection", one.collection.as_) if one.collection else None,
        "item_source": one.collection.source if one.collection else None,
        "item_basis": one.collection.legal_basis if one.collection else None,
        "item_shape": words.said("shape", one.shape) if one.shape else None,
    }  # fmt: skip
    return _texts(said)


def _key(key: Sequence[str], name: str) -> str | None:
    if name not in key:
        return None
    return "是" if len(key) == 1 else str(key.index(name) + 1)


def _texts(said: Mapping[str, object]) -> dict[str, str]:
    return {
        name: value.isoformat() if isinstance(value, date) else str(value)
        for name, value in said.items()
        if value not in (None, "")
    }
