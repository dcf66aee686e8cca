"""Rows of a catalogue sheet as entries: each resource with its items, or every cell that is wrong in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from catalog.interchange import columns as known
from catalog.interchange.bases import read_collection_basis
from catalog.interchange.cells import Cells
from catalog.interchange.classes import read_access, read_gathering
from catalog.interchange.columns import bare
from catalog.interchange.faults import Fault
from catalog.interchange.grouping import Group, grouped
from catalog.interchange.identifiers import is_valid, resource_id
from catalog.interchange.items import read_items
from catalog.interchange.names import Providers, Standards
from catalog.interchange.reading import Row, Table
from catalog.interchange.systems import KnownSystems
from catalog.interchange.words import Words
from catalog.model import Resource
from ground.document_faults import both
from ground.labels import UNSEEN, unseen

_PLACES = {
    "sharing": "sharing_class", "opening": "opening_class", "gathering": "gathering_mode", "key": "item_key",
    "observed_at": "item_observed", "items": "item_title", "department": "provider",
}  # fmt: skip
"""Field of an entry -> the column that a fault in it is shown at."""


@dataclass(frozen=True)
class ReadEntry:
    """One resource of a sheet.

    Attributes:
        resource: what the sheet says of it.
        row: its first row.
        made_id: its id was made from department and title: the sheet names none.
    """

    resource: Resource
    row: int
    made_id: bool


@dataclass(frozen=True)
class Known:
    """The entries that are there already, and how a sheet's resource is found among them."""

    resources: tuple[Resource, ...] = ()

    def find(self, *, name: str | None, code: str | None, department: str | None, title: str) -> Resource | None:
        """By id, else by code, else by department and title."""
        if name is not None:
            return self.by_id.get(name)
        if code is not None and code in self._by_code:
            return self._by_code[code]
        found = self._by_title.get((department or "", bare(title)))
        return found if found is not None and (code is None or found.code is None) else None

    @cached_property
    def by_id(self) -> Mapping[str, Resource]:
        """Id -> entry."""
        return {one.id: one for one in self.resources}

    @cached_property
    def _by_code(self) -> Mapping[str, Resource]:
        return {one.code: one for one in self.resources if one.code is not None}

    @cached_property
    def _by_title(self) -> Mapping[tuple[str, str], Resource]:
        return {(one.department, bare(one.title)): one for one in reversed(self.resources)}


@dataclass
class _Taken:
    """What the catalogue has, and what the sheet has used so far, and where."""

    existing: Known
    ids: dict[str, int] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)

    def __contains__(self, name: object) -> bool:
        """Whether the sheet or the catalogue has an entry of this id."""
        return name in self.ids or name in self.existing.by_id


@dataclass(frozen=True)
class ReadSheet:
    """What a sheet says.

    Attributes:
        entries: those that could be read; an entry with a fault is not among them.
        faults: everything that is wrong, by row, warnings among them.
        secret: rows that say that they are state secrets.
    """

    entries: list[ReadEntry]
    faults: list[Fault]
    secret: int


def read_entries(
    table: Table,
    *,
    providers: Providers,
    words: Words,
    standards: Standards,
    existing: Known,
    asked_for: Iterable[str] = (),
    systems: KnownSystems | None = None,
) -> ReadSheet:
    """The entries of a sheet, and everything that is wrong with it.

    Args:
        table: the sheet.
        providers: the departments that are registered.
        words: coded words, with the city's own.
        standards: data elements and code lists that items may name.
        existing: entries that are there: the same resource keeps its id, its items theirs.
        asked_for: what the city's instrument asks for, in its own words.
        systems: the information systems that are registered; None takes every name.
    """
    mandatory = known.mandatory(asked_for)
    absent = [one for one in mandatory if not _has(table, one.id)]
    if absent:
        return ReadSheet([], [_absent(table, absent)], 0)
    groups, faults = grouped(table)
    cells = Cells(table, words, [*table.faults, *faults])
    taken = _Taken(existing)
    asked, held = [one.id for one in mandatory], systems or KnownSystems()
    entries = [
        read
        for group in groups
        if (read := _entry(cells, group, providers, standards, existing, asked, taken, held)) is not None
    ]
    return ReadSheet(entries, sorted(cells.faults, key=lambda one: (one.row, one.column)), cells.secret)


def _has(table: Table, column: str) -> bool:
    return column in table.places or (column == "provider" and "provider_code" in table.places)


def _absent(table: Table, absent: Sequence[known.Column]) -> Fault:
    names = "、".join(one.title for one in absent)
    also = "；".join(f"{one.title} 也可写作 {'、'.join(one.aliases[:3])}" for one in absent if one.aliases)
    return Fault(
        table.header_row, 0, "",
        f"缺少必填列：{names}。请补上这些列。{also}。",
        f"Mandatory columns are missing: {', '.join(f'{one.title} ({one.en})' for one in absent)}. Add them.",
    )  # fmt: skip


def _entry(
    cells: Cells,
    group: Group,
    providers: Providers,
    standards: Standards,
    existing: Known,
    mandatory: Collection[str],
    taken: _Taken,
    systems: KnownSystems,
) -> ReadEntry | None:
    row, before = group.first, cells.wrongs
    for name in mandatory:
        blank = name not in row.cells and known.column(name).level == "resource"
        if (
            blank
            and name not in ("title", "sharing_condition")
            and not (name == "provider" and "provider_code" in row.cells)
        ):
            cells.missing(row, name)
    title = row.cells.get("title", "")
    if row.cells.get("business", title) != title:
        cells.warn(
            row, "business", "与信息资源名称不同。条目以信息资源名称为业务名称登记，此处所填不另保留；需要的请写入摘要。",
            "Differs from the title: the entry is named by its title, and this is not kept beside it; write it into the abstract if needed.",
        )  # fmt: skip
    cells.seen(row, "title")
    cells.seen(row, "abstract", is_warning=True)
    department = _department(cells, row, providers)
    own = _own_id(cells, row)
    code = row.cells.get("code")
    there = existing.find(name=own, code=code, department=department, title=title)
    said: dict[str, Any] = _said(cells, row, mandatory)
    said["system"] = systems.read(cells, row, department)
    said["items"], said["key"], said["observed_at"] = read_items(cells, group, standards, there)
    made = own is None and there is None
    said["id"] = own or (there.id if there else resource_id(department or "x", title, taken))
    said |= {"department": department, "title": title}
    _refuse_repeated(cells, row, said["id"], code, taken)
    if cells.wrongs > before:
        return None
    try:
        return ReadEntry(Resource.model_validate({k: v for k, v in said.items() if v is not None}), row.number, made)
    except ValidationError as fault:
        for error in fault.errors(include_input=False):
            _told(cells, row, error)
        return None


def _department(cells: Cells, row: Row, providers: Providers) -> str | None:
    found = {}
    for column in ("provider", "provider_code"):
        text = row.cells.get(column)
        if text is None:
            continue
        found[column] = providers.find(text)
        hidden = unseen(text) if found[column] is None else None
        if hidden is not None:
            found[column] = providers.find(UNSEEN.sub("", text))  # what else is wrong in the row is told by it
            meant = found[column]
            zh, en = (f"没有它即为“{meant.name}”，", f" ({meant.id} is called so without)") if meant else ("", "")
            cells.wrong(row, column, f"{hidden[0]}。{zh}请删去后重写。", f"The {hidden[1]}{en}; write it anew without.")
        elif found[column] is None:
            close = providers.close_to(text) if column == "provider" else None
            zh = f"是否应为“{close}”？" if close else ""
            en = f"Did you mean {close}? " if close else ""
            cells.wrong(
                row, column,
                f"没有登记名为“{text[:40]}”的部门。{zh}请改为已登记部门的名称、标识或统一社会信用代码，或先登记该部门。",
                f"No department {text[:40]!r} is registered. {en}Name a registered one, or register it first.",
            )  # fmt: skip
    ids = {one.id for one in found.values() if one is not None}
    if len(ids) > 1:
        cells.wrong(
            row,
            "provider_code",
            "提供方代码与提供方不是同一部门。请核对。",
            "The code is another department's than the name.",
        )
    return min(ids) if ids else None


def _own_id(cells: Cells, row: Row) -> str | None:
    text = row.cells.get("id")
    if text is None or is_valid(text):
        return text
    cells.wrong(
        row, "id", "资源标识应为小写英文字母、数字和下划线，以字母开头，且不是保留字。请改正，或留空自动生成。",
        "An id has lower-case letters, digits and underscores, begins with a letter and is no reserved word; or leave it blank.",
    )  # fmt: skip
    return None


def _said(cells: Cells, row: Row, mandatory: Collection[str]) -> dict[str, Any]:
    text = row.cells.get
    return {
        "code": text("code"),
        "category": text("category") or "/".join(part for n in "1234" if (part := text(f"category_{n}"))) or None,
        "abstract": text("abstract"),
        "related": cells.several(row, "related"),
        "scope": text("scope"),
        "collection_basis": read_collection_basis(cells, row),
        "table": text("table"),
        "grade": cells.number(row, "grade", 1, 4),
        "released": cells.day(row, "released"),
        "storage_format": cells.format(row, "storage_format"),
        "provision_mode": cells.coded(row, "provision_mode", "provision"),
        "share_until": text("share_until"),
        "update_cycle": cells.coded(row, "update_cycle", "cycle"),
        "sharing": read_access(cells, row, "sharing", condition_needed="sharing_condition" in mandatory),
        "opening": read_access(cells, row, "opening", condition_needed=False),
        "gathering": read_gathering(cells, row),
    }


def _refuse_repeated(cells: Cells, row: Row, name: str, code: str | None, taken: _Taken) -> None:
    for column, value, used in (("id", name, taken.ids), ("code", code, taken.codes)):
        if value is None:
            continue
        first = used.setdefault(value, row.number)
        if first != row.number:
            cells.wrong(
                row, column if column in row.cells else "title",
                f"与第 {first} 行是同一资源（{value}）。同一资源的各行请放在一起；是另一资源的，请改标识、代码或名称。",
                f"The same resource as in row {first} ({value}). Put its rows together; if it is another, change its id, code or title.",
            )  # fmt: skip


def _told(cells: Cells, row: Row, error: Any) -> None:
    """What the model alone sees, put at the column it is about."""
    field_ = str(error["loc"][0]) if error["loc"] else "title"
    column = _PLACES.get(field_, field_ if field_ in known.ids() else "title")
    zh, en = both(str(error["msg"]).removeprefix("Value error, "))
    cells.wrong(row, column, f"{zh}。请改正。", en)
