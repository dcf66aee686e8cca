"""The ledger of data assets (数据资产台账): what each department has, since when, how it stands, what changed.

Sources: registration before final acceptance (Longyan 28), registration and dynamic management, the authority sums up what
each organisation registers (Chifeng, part 4(三)2). Nothing is registered twice: the ledger is generated from published
entries, filed systems, purchases and libraries, and its changes are their events.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from catalog.cases.machine import Step, Words
from catalog.cases.model import Case, Happening
from catalog.city import City
from catalog.entries.states import ENTRY, IN_FORCE
from catalog.gathered import NOTHING, Gathered
from catalog.purchases.states import BOUGHT, PURCHASE, SHARED
from catalog.systems import Migration
from policy.clock import legal_date


class AssetKind(StrEnum):
    """What an asset is."""

    RESOURCE = "resource"
    SYSTEM = "system"
    PURCHASE = "purchase"
    LIBRARY = "library"
    THEME = "theme"
    SPECIAL = "special"


KIND_WORDS: dict[AssetKind, Words] = {
    AssetKind.RESOURCE: ("信息资源", "resource"),
    AssetKind.SYSTEM: ("信息系统", "system"),
    AssetKind.PURCHASE: ("购买的数据", "purchased data"),
    AssetKind.LIBRARY: ("基础库", "base library"),
    AssetKind.THEME: ("主题库", "theme library"),
    AssetKind.SPECIAL: ("专题库", "special library"),
}
_MIGRATION: dict[Migration, Words] = {
    Migration.DONE: ("已在统一平台", "on the unified infrastructure"),
    Migration.UNDER_WAY: ("迁移中", "being migrated"),
    Migration.PLANNED: ("拟迁移", "to be migrated"),
    Migration.NOT_PLANNED: ("未列迁移计划", "migration not planned"),
    Migration.EXEMPT: ("不迁移", "exempt from migration"),
}
_IN_FORCE: Words = ("已发布", "published")
_MAKES_VERSION = frozenset(
    {"published", "change_published", "declared", "added", "redeclared", "confirmed", "confirmed_merged", "restored"}
)
"""Events of an entry after which another document is in force."""
_QUIET = frozenset({"reminded", "overdue", "due_recomputed", "noted"})


@dataclass(frozen=True, slots=True)
class Changed:
    """Something that happened to an asset: when, and what, in the words of the office."""

    at: datetime
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Asset:
    """One asset.

    Attributes:
        kind, id, title, department: which one, whose.
        since: when it came into the ledger; None where no event tells.
        state: how it stands.
        version: of an entry: how many documents of it were in force; of a theme: its digest. Empty where it has none.
        rows: rows of its last delivery, or of a library as published; None where nothing is known.
        last: when data last came.
        changes: what happened to it since, in order.
    """

    kind: AssetKind
    id: str
    title: str
    department: str
    since: date | None
    state: Words
    version: str = ""
    rows: int | None = None
    last: datetime | None = None
    changes: tuple[Changed, ...] = ()


@dataclass(frozen=True, slots=True)
class Derived:
    """A library of the hub as an asset: base, theme or special; ``department`` leads it."""

    kind: AssetKind
    id: str
    title: str
    department: str
    version: str = ""
    rows: int | None = None
    until: date | None = None


def ledger(
    city: City,
    *,
    cases: Iterable[Case],
    events: Iterable[Happening],
    gathered: Mapping[str, Gathered],
    libraries: Iterable[Derived],
    now: datetime,
) -> list[Asset]:
    """Every asset of the city, by department, kind and id.

    Args:
        city: the catalogue in force; a resource without a case of its own was loaded from documents.
        cases: entries and purchases; other kinds are passed over.
        events: what happened to them, in order.
        gathered: how the data of resources stand.
        libraries: base, theme and special libraries.
        now: the moment.
    """
    trails: dict[tuple[str, str], list[Happening]] = defaultdict(list)
    for event in events:
        trails[event.kind, event.case].append(event)
    cases = list(cases)
    entries = {one.id: one for one in cases if one.kind == ENTRY.kind}
    found = [
        _entry(one, trails[ENTRY.kind, one.id], gathered) for one in entries.values() if _was_in_force(one, trails)
    ]
    found += [
        Asset(
            AssetKind.RESOURCE, one.id, one.title, one.department, one.released, _IN_FORCE,
            rows=gathered.get(one.id, NOTHING).rows, last=gathered.get(one.id, NOTHING).last,
        )
        for one in city.resources
        if one.id not in entries
    ]  # fmt: skip
    found += [
        Asset(AssetKind.SYSTEM, one.id, one.name, one.department, one.filed_on, _MIGRATION[one.migration])
        for one in city.systems
    ]
    found += [
        _purchase(one, trails[PURCHASE.kind, one.id])
        for one in cases
        if one.kind == PURCHASE.kind and one.state in (BOUGHT, SHARED)
    ]
    found += [_library(one, legal_date(now)) for one in libraries]
    order = list(AssetKind)
    return sorted(found, key=lambda one: (one.department, order.index(one.kind), one.id))


def _was_in_force(case: Case, trails: Mapping[tuple[str, str], list[Happening]]) -> bool:
    return case.state in IN_FORCE or any(one.event in _MAKES_VERSION for one in trails[ENTRY.kind, case.id])


def _entry(case: Case, trail: Sequence[Happening], gathered: Mapping[str, Gathered]) -> Asset:
    made = [one for one in trail if one.event in _MAKES_VERSION]
    data = gathered.get(case.id, NOTHING)
    return Asset(
        AssetKind.RESOURCE, case.id, case.title, case.department, legal_date(made[0].at) if made else None,
        ENTRY.states[case.state], str(len(made)), data.rows, data.last, _changes(trail[_first(trail):], ENTRY.events),
    )  # fmt: skip


def _first(trail: Sequence[Happening]) -> int:
    """Where the life of an entry as an asset begins: drafts are no assets yet."""
    return next((number for number, one in enumerate(trail) if one.event in _MAKES_VERSION), len(trail))


def _changes(trail: Sequence[Happening], words: Mapping[str, Step]) -> tuple[Changed, ...]:
    return tuple(Changed(one.at, words[one.event].zh, words[one.event].en) for one in trail if one.event not in _QUIET)


def _purchase(case: Case, trail: Sequence[Happening]) -> Asset:
    return Asset(
        AssetKind.PURCHASE, case.id, case.title, case.department, date.fromisoformat(case.facts["bought_on"]),
        PURCHASE.states[case.state], changes=_changes(trail, PURCHASE.events),
    )  # fmt: skip


def _library(one: Derived, today: date) -> Asset:
    state: Words = ("在用", "in use")
    if one.until is not None:
        state = (f"用至 {one.until}", f"until {one.until}") if today <= one.until else ("已到期", "its time is over")
    return Asset(one.kind, one.id, one.title, one.department, None, state, one.version[:12], one.rows)
