"""What is missing between duty and data: tables without entry, duties without entry, entries without feed, feeds that are late.

Sources: all data of a department that are no secret are catalogued (Wuhan 10), by the list of who collects what (Chifeng,
part 4(二)1) and with the basis on which they are collected (Wuhan 12), each with one source (Wuhan 12, Haishu 12), gathered (Wuhan 13, Haishu 13) and in their update cycle.
Everything is counted from what is declared and delivered; nothing here is entered by hand.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from catalog.city import City
from catalog.collectors import FactClass, LawfulCollectors, holders
from catalog.gate.bases import Basis, kind_of_basis
from catalog.model import Resource
from catalog.register import BaseCategory
from catalog.systems import InformationSystem
from pipelines.gathering import Standing, Status
from policy.cited import Silence
from policy.profile import BaseLibraries


class Kind(StrEnum):
    """What is missing, the furthest from data first."""

    NO_COLLECTOR = "no_collector"
    LIBRARY = "library"
    DUTY = "duty"
    TABLE = "table"
    BASIS = "basis"
    ITEM = "item"
    NO_FEED = "no_feed"
    NEVER = "never"
    LATE = "late"


KIND_WORDS: dict[Kind, tuple[str, str]] = {
    Kind.NO_COLLECTOR: ("职能无部门承担", "function that no department has"),
    Kind.LIBRARY: ("规则所列基础库未建", "base library that the rules name and nobody built"),
    Kind.DUTY: ("应采集而无条目", "duty to collect without entry"),
    Kind.TABLE: ("系统表未编目", "table not catalogued"),
    Kind.BASIS: ("未写采集依据", "nothing says on which basis it is collected"),
    Kind.ITEM: ("基础库项无来源数据", "library item without source data"),
    Kind.NO_FEED: ("有条目无数据源", "entry without feed"),
    Kind.NEVER: ("数据源从未送达", "feed never delivered"),
    Kind.LATE: ("送达逾期", "delivery late"),
}


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that is missing.

    Attributes:
        kind: what.
        department: id of who has to act; None where no department has the function.
        subject: id of what it is about: ``system/table``, class of facts, ``library/source``, resource.
        zh, en: what it is about, in words.
        since: last day on which it was in time, for what is late.
        items: ids of the library's items that lack their source, or of the entry's that lack a basis; one gap stands for all.
    """

    kind: Kind
    department: str | None
    subject: str
    zh: str
    en: str
    since: date | None = None
    items: tuple[str, ...] = ()

    @property
    def number(self) -> int:
        """How many things are missing."""
        return len(self.items) or 1


@dataclass(frozen=True, slots=True)
class Coverage:
    """One department, or the whole city: what there is and what is covered.

    Attributes:
        department: its id; None for the city, and for functions that nobody has.
        name: of the department.
        tables, catalogued: tables of its systems, and how many an entry names (Wuhan 10).
        resources, with_feed, delivered, in_time: its entries, and how far they have come.
        gaps: number of gaps by kind.
    """

    department: str | None
    name: str
    tables: int
    catalogued: int
    resources: int
    with_feed: int
    delivered: int
    in_time: int
    gaps: dict[Kind, int]

    @property
    def missing(self) -> int:
        """All its gaps."""
        return sum(self.gaps.values())


@dataclass(frozen=True, slots=True)
class Gaps:
    """The report: every gap, and coverage per department, the worst first; the whole city apart."""

    gaps: tuple[Gap, ...]
    departments: tuple[Coverage, ...]
    city: Coverage


def named_libraries(rules: BaseLibraries) -> tuple[BaseCategory, ...]:
    """The base libraries that a city's rules name (Wuhan 14, Longyan 15); none where they name none."""
    return () if isinstance(rules.base, Silence) else tuple(_NAMED[one] for one in rules.base.value)


_NAMED = {
    "population": BaseCategory.POPULATION,
    "legal_person": BaseCategory.LEGAL_PERSON,
    "natural_resources_geography": BaseCategory.GEOGRAPHY,
    "e_licence": BaseCategory.LICENCE,
}


def find_gaps(city: City, statuses: Sequence[Status], named: Iterable[BaseCategory] = ()) -> Gaps:
    """What is missing in a city.

    Args:
        city: the catalogue in force, with its systems and the list of lawful collectors.
        statuses: how every resource is gathered (`pipelines.gathering`).
        named: the base libraries that the city's rules name (`named_libraries`).
    """
    gaps = (
        *_libraries(city, named), *_basis(city),
        *_duties(city, city.collectors), *_tables(city, city.systems), *_items(city, statuses), *_gathering(statuses),
    )  # fmt: skip
    order = list(Kind)
    missing: dict[str | None, Counter[Kind]] = defaultdict(Counter)
    for gap in gaps:
        missing[gap.department][gap.kind] += gap.number
    names = {one.id: one.name for one in city.departments}
    by_department: dict[str, list[Status]] = defaultdict(list)
    for status in statuses:
        by_department[status.department].append(status)
    tables, covered = _tables_of(city, city.systems)
    rows = [
        _coverage(name, title, tables[name], covered[name], by_department[name], missing[name])
        for name, title in names.items()
        if missing[name] or by_department[name] or tables[name]
    ]
    rows.sort(key=lambda one: (-one.missing, one.department or ""))
    ranked = {one.department: place for place, one in enumerate(rows)}
    total = sum(missing.values(), Counter[Kind]())
    whole = _coverage(None, "全市 city", sum(tables.values()), sum(covered.values()), statuses, total)
    placed = sorted(gaps, key=lambda one: (ranked.get(one.department, len(ranked)), order.index(one.kind), one.subject))
    return Gaps(tuple(placed), tuple(rows), whole)


def _coverage(
    department: str | None, name: str, tables: int, covered: int, mine: Sequence[Status], gaps: Counter[Kind]
) -> Coverage:
    good = (Standing.IN_TIME, Standing.EXCUSED, Standing.STALE)
    return Coverage(
        department, name, tables, covered, len(mine), sum(one.standing is not Standing.NO_FEED for one in mine),
        sum(one.gathered for one in mine), sum(one.gathered and one.standing in good for one in mine),
        {kind: gaps[kind] for kind in Kind if gaps[kind]},
    )  # fmt: skip


def _libraries(city: City, named: Iterable[BaseCategory]) -> Iterator[Gap]:
    """Base libraries that the rules name and the register does not have; the authority builds them (Wuhan 14, Longyan 15)."""
    there = {library.base for library in city.register.libraries.values()}
    authority = city.organisation.city_authority
    for one in named:
        if one not in there:
            zh, en = _LIBRARY_WORDS[one]
            yield Gap(Kind.LIBRARY, authority.id if authority is not None else None, one.value, zh, en)


_LIBRARY_WORDS = {
    BaseCategory.POPULATION: ("人口基础库", "population"),
    BaseCategory.LEGAL_PERSON: ("法人基础库", "legal persons"),
    BaseCategory.LICENCE: ("电子证照基础库", "electronic licences"),
    BaseCategory.GEOGRAPHY: ("自然资源和空间地理基础库", "natural resources and geography"),
}


def _basis(city: City) -> Iterator[Gap]:
    """Items that nothing says by which law or function they are collected (Wuhan 12, Chifeng part 4(二)1).

    An item rests on its own basis or on that of its entry; a word in place of one (无, 工作需要) is none. What is held beside
    a source is collected by the source.
    """
    for one in city.resources:
        collected = [item for item in one.items if item.beside is None or item.beside.as_ == "exception"]
        without = [item for item in collected if kind_of_basis(one.basis_of(item)) is Basis.NONE]
        if without and len(without) == len(collected):
            yield Gap(Kind.BASIS, one.department, one.id, one.title, one.title)
        elif without:
            titles = "、".join(item.title for item in without)
            yield Gap(
                Kind.BASIS, one.department, one.id, f"{one.title}：{titles}", f"{one.title}: {len(without)} items",
                items=tuple(item.id for item in without),
            )  # fmt: skip


def _duties(city: City, collectors: LawfulCollectors) -> Iterator[Gap]:
    """Classes of facts that a department collects by law and has no entry with any of."""
    if not any(one.functions for one in city.departments):
        return  # functions were not entered: nothing can be said of duties
    entered: dict[str, set[str]] = defaultdict(set)
    for resource in city.resources:
        entered[resource.department] |= _facts_of(resource)
    for one in collectors.classes.values():
        facts = _facts_named(one, collectors)
        if one.collector is None or not facts:
            continue
        lawful = holders(city.departments, one.lawful)
        if any(facts & entered[unit.id] for unit in lawful):
            continue
        first = holders(city.departments, [one.collector])
        function = collectors.titled([one.collector])
        if not first:
            yield Gap(
                Kind.NO_COLLECTOR,
                None,
                one.id,
                f"{one.title}：职能“{function}”",
                f"{one.title}: function {one.collector}",
            )
        for unit in first:
            yield Gap(Kind.DUTY, unit.id, one.id, f"{one.title}（{one.source}）", f"{one.title} ({one.source})")


def _facts_of(resource: Resource) -> set[str]:
    return {f"title {one.title}" for one in resource.items} | {
        f"element {one.element}" for one in resource.items if one.element is not None
    }


def _facts_named(one: FactClass, collectors: LawfulCollectors) -> set[str]:
    """By what an entry is seen to hold facts of a class: its elements and titles, but never the key of the subject alone."""
    subject = collectors.subjects.get(one.subject)
    key = subject.key_element if subject is not None else None
    named = {f"element {name}" for name in one.elements if name != key}
    return named | {f"title {name}" for name in one.titles}


def _tables_of(city: City, systems: Iterable[InformationSystem]) -> tuple[Counter[str], Counter[str]]:
    entered = _entered_tables(city)
    tables: Counter[str] = Counter()
    covered: Counter[str] = Counter()
    for system in systems:
        tables[system.department] += len(system.tables)
        covered[system.department] += sum((system.department, system.name, one) in entered for one in system.tables)
    return tables, covered


def _entered_tables(city: City) -> set[tuple[str, str, str]]:
    """Tables that an entry names, of its department or of the one that manages it and whose system it works in."""
    named = [(one.department, one.system, one.table) for one in city.resources if one.table is not None]
    owners = {one.id: city.organisation.catalogue_owner(one.id).id for one in city.departments}
    return {*named, *((owners[unit], system, table) for unit, system, table in named)}


def _tables(city: City, systems: Iterable[InformationSystem]) -> Iterator[Gap]:
    entered = _entered_tables(city)
    for system in systems:
        for table in system.tables:
            if (system.department, system.name, table) not in entered:
                yield Gap(
                    Kind.TABLE,
                    system.department,
                    f"{system.id}/{table}",
                    f"{system.name}：{table}",
                    f"{system.name}: {table}",
                )


def _items(city: City, statuses: Sequence[Status]) -> Iterator[Gap]:
    """Items of libraries none of whose authorities and fallbacks has delivered anything, by the source they wait for."""
    delivered = {one.resource for one in statuses if one.gathered}
    sources = {one.id: one for one in city.resources}
    for name, library in city.register.libraries.items():
        waiting: dict[str, list[str]] = defaultdict(list)
        for item_name, item in library.items.items():
            if not delivered & {*item.authorities, *item.fallback}:
                waiting[item.authority].append(item_name)
        for source, items in waiting.items():
            titles = "、".join(library.items[one].title for one in items)
            title = sources[source].title
            yield Gap(
                Kind.ITEM, sources[source].department, f"{name}/{source}", f"{library.title} {len(items)} 项待“{title}”：{titles}",
                f"{library.title}: {len(items)} items wait for {source}", items=tuple(items),
            )  # fmt: skip


_GATHERING = {Standing.NO_FEED: Kind.NO_FEED, Standing.NEVER: Kind.NEVER, Standing.LATE: Kind.LATE}


def _gathering(statuses: Sequence[Status]) -> Iterator[Gap]:
    for one in statuses:
        kind = _GATHERING.get(one.standing)
        if kind is not None:
            since = one.data.due if kind is Kind.LATE else None
            yield Gap(kind, one.department, one.resource, one.title, one.title, since)
