"""What must hold between a resource, its department, its feeds and the standards: checks across documents.

One document alone is checked by its model (`catalog.model`); the register of sources by `catalog.registercheck`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlsplit

from catalog.collectors import CollectorDocument
from catalog.departments import Department, DepartmentKind
from catalog.feed import Feed, Mode
from catalog.interfaces import HttpSource
from catalog.model import Item, ItemType, Resource
from catalog.norms import FIELDS, NormDocument, founding, missing_of
from catalog.places import Place
from catalog.problems import Problem, unknown
from catalog.register import Register
from catalog.sources import SftpSource, SqlSource
from catalog.systems import InformationSystem

VARIABLE = re.compile(r"\$\{\w+\}")
SECRET = re.compile(
    r"(?i)auth|token|secret|passw|cookie|credential|appcode|signature|^sign$|(?:api|app|access)[-_]?key|(?:^|[-_])key$"
)
"""Names of headers and parameters that usually carry a credential."""


@dataclass(frozen=True)
class Entry:
    """A resource and where it was declared: in its own file, or inline below ``prefix`` of a feed."""

    resource: Resource
    place: Place
    prefix: tuple[str, ...] = ()

    def at(self, *loc: str | int) -> str:
        """``file:line field`` of a part of the resource."""
        return self.place.at(*self.prefix, *loc)


@dataclass
class Draft:
    """The documents that could be read, before they are known to fit together."""

    departments: list[Department] = field(default_factory=list)
    departments_place: Place | None = None
    systems: tuple[list[InformationSystem], Place] | None = None
    norms: NormDocument | None = None
    norms_place: Place | None = None
    collectors: tuple[CollectorDocument, Place] | None = None
    entries: dict[str, Entry] = field(default_factory=dict)
    feeds: dict[str, tuple[Feed, Place]] = field(default_factory=dict)
    register: tuple[Register, Place] | None = None
    departments_unread: bool = False
    unread: set[str] = field(default_factory=set)
    """Ids of resources whose own document failed: a reference to one is not a second problem."""

    def resource(self, name: str) -> Resource | None:
        """The resource called ``name``, if it could be read."""
        return self.entries[name].resource if name in self.entries else None

    def kind_of(self, department: str) -> DepartmentKind:
        """What a unit is; a department of government where it is not declared, which is told elsewhere."""
        return self._kinds.get(department, DepartmentKind.GOVERNMENT)

    @cached_property
    def _kinds(self) -> dict[str, DepartmentKind]:
        return {one.id: one.kind for one in self.departments}


def check_entry(
    entry: Entry, draft: Draft, elements: frozenset[str] | None, code_lists: frozenset[str] | None
) -> Iterator[Problem]:
    """Problems of one resource: its owner, its mandatory fields, the standards its items name.

    Args:
        entry: the resource and its place.
        draft: all documents.
        elements: names of the standard data elements; None leaves them unchecked.
        code_lists: names of the code lists; None leaves them unchecked.
    """
    resource = entry.resource
    owners = [one.id for one in draft.departments]
    if resource.department not in owners and not draft.departments_unread:
        yield unknown(entry.at("department"), ("部门", "department"), resource.department, owners)
    for name in missing_of(resource, draft.kind_of(resource.department), founding()):
        yield Problem(
            f"缺少目录必填字段 {name}（{FIELDS[name][0]}），请补上（共享期限无限期的写“长期”）。",
            f"The mandatory catalogue field {name} is missing; add it (a share term without end is written 长期).",
            entry.at(name),
        )
    if resource.observed_at and resource.item(resource.observed_at).type not in (ItemType.DATE, ItemType.TIMESTAMP):
        yield Problem(
            f"observed_at 指向的项 {resource.observed_at} 不是时间，其 type 应为 date 或 timestamp。",
            f"observed_at names the item {resource.observed_at}, whose type must be date or timestamp.",
            entry.at("observed_at"),
        )
    for position, item in enumerate(resource.items):
        yield from _standards(entry, position, item, elements, code_lists)


def check_codes(draft: Draft) -> Iterator[Problem]:
    """No two resources have one code (信息资源代码, GB/T 21063: a code is given once); each after the first is told with the first."""
    first: dict[str, Entry] = {}
    for entry in draft.entries.values():
        code = (entry.resource.code or "").strip()
        other = first.setdefault(code, entry) if code else entry
        if other is not entry:
            yield Problem(
                f"信息资源代码 {code} 已用于“{other.resource.title}”（{other.resource.id}，{other.at('code')}）。一个代码只编给一个资源，"
                "已撤销的也不再另用（GB/T 21063）；请为其中一个另编代码。",
                f"The code {code} is that of {other.resource.id} ({other.at('code')}) already. A code is given to one resource and not "
                "again (GB/T 21063); give one of the two another.",
                entry.at("code"),
            )


def _standards(
    entry: Entry, position: int, item: Item, elements: frozenset[str] | None, code_lists: frozenset[str] | None
) -> Iterator[Problem]:
    if elements is not None and item.element is not None and item.element not in elements:
        place = entry.at("items", position, "element")
        yield unknown(place, ("标准数据元", "standard data element"), item.element, elements)
    if code_lists is not None and item.code_list is not None and item.code_list not in code_lists:
        place = entry.at("items", position, "code_list")
        yield unknown(place, ("代码集", "code list"), item.code_list, code_lists)


def check_feed(feed: Feed, place: Place, draft: Draft) -> Iterator[Problem]:
    """Problems of one feed: its resource, the items its columns name, the items it leaves out, its credentials."""
    yield from _credentials(feed, place)
    if feed.reason_column is not None and feed.reason_column in feed.columns:
        yield Problem(
            f"reason_column 的列 {feed.reason_column} 同时映射为信息项，请从 columns 中去掉。",
            f"The column {feed.reason_column} is the reason_column and an item too; take it out of columns.",
            place.at("columns", feed.reason_column),
        )
    resource = draft.resource(feed.resource_id)
    if resource is None:
        if feed.resource_id not in draft.unread:
            yield unknown(place.at("resource"), ("信息资源", "resource"), feed.resource_id, draft.entries)
        return
    for column, item in feed.columns.items():
        if item not in resource.item_ids:
            what = (f"信息项（资源 {resource.id}）", f"item in resource {resource.id}:")
            yield unknown(place.at("columns", column), what, item, resource.item_ids)
    yield from _since(feed, resource, place)
    yield from _geometry(feed, resource, place)
    delivered = {*feed.columns.values(), *([feed.geometry.item] if feed.geometry else [])}
    left_out = [name for name in needed_items(feed, resource) if name not in delivered]
    if left_out:
        yield Problem(
            f"columns 没有给出必须的信息项：{'、'.join(left_out)}。请为每一项写明对应的列"
            "（key 中的项总是必须；full 与 increment 方式还须包含 required 的项）。",
            f"columns leaves out items that mode {feed.mode} needs: {', '.join(left_out)}. Name a column for each "
            "(the key always; with full and increment every required item too).",
            place.at("columns"),
        )


def _geometry(feed: Feed, resource: Resource, place: Place) -> Iterator[Problem]:
    """A geometry comes with its reference system: by ``geometry``, and not as one of the columns."""
    drawn = [item.id for item in resource.items if item.type is ItemType.GEOMETRY]
    if feed.geometry is not None and feed.geometry.item not in drawn:
        what = (f"几何类型的信息项（资源 {resource.id}）", f"geometry item in resource {resource.id}:")
        yield unknown(place.at("geometry", "item"), what, feed.geometry.item, drawn)
    for column, item in feed.columns.items():
        if item in drawn:
            yield Problem(
                f"信息项 {item} 是几何图形，请从 columns 移到 geometry: {{item: {item}, crs: …, column: {column}}}，并写明坐标系。",
                f"The item {item} is a geometry; move it from columns to geometry: {{item: {item}, crs: …, column: {column}}}, "
                "which names its reference system.",
                place.at("columns", column),
            )


def _since(feed: Feed, resource: Resource, place: Place) -> Iterator[Problem]:
    """What an interface is continued from must be an item that is delivered and that has an order in time."""
    since = feed.source.since if isinstance(feed.source, HttpSource) else None
    if since is None or since.item is None:
        return
    where = place.at("source", "since", "item")
    ordered = [
        item.id for item in resource.items
        if item.type in (ItemType.DATE, ItemType.TIMESTAMP, ItemType.INTEGER) and item.id in feed.columns.values()
    ]  # fmt: skip
    if since.item not in ordered:
        what = (
            f"日期、时间或整数的信息项（资源 {resource.id}）",
            f"date, time or integer item in resource {resource.id}:",
        )
        yield unknown(where, what, since.item, ordered)


def needed_items(feed: Feed, resource: Resource) -> list[str]:
    """Items that a delivery of this feed must carry.

    The key always; a full or incremental delivery every required item too, since it may bring new rows.
    """
    whole_rows = feed.mode in (Mode.FULL, Mode.INCREMENT)
    return [item.id for item in resource.items if item.id in resource.key or (whole_rows and item.required)]


def _credentials(feed: Feed, place: Place) -> Iterator[Problem]:
    """The catalogue is kept, listed and versioned, so no password, key or token may stand in it."""
    source = feed.source
    if isinstance(source, SqlSource):
        password = urlsplit(source.url).password
        if password and "${" not in password:
            yield _in_the_open(place.at("source", "url"), ("url 中写有口令", "The url holds a password"))
    elif isinstance(source, SftpSource):
        for name in ("password", "private_key"):
            value = getattr(source, name)
            if value is not None and not VARIABLE.fullmatch(value):
                what = (f"{name} 应为环境变量", f"{name} must be an environment variable")
                yield _in_the_open(place.at("source", name), what)
    elif isinstance(source, HttpSource):
        yield from _written_out(place, ("headers",), source.headers)
        yield from _written_out(place, ("parameters",), source.parameters)
        yield from _written_out(place, ("token", "form"), source.token.form if source.token else {})


def _written_out(place: Place, where: tuple[str, ...], values: Mapping[str, str]) -> Iterator[Problem]:
    for name, value in values.items():
        if SECRET.search(name) and not VARIABLE.search(value):
            what = (f"{name} 看来是口令或令牌", f"{name} looks like a password or a token")
            yield _in_the_open(place.at("source", *where, name), what)


def _in_the_open(where: str, what: tuple[str, str]) -> Problem:
    return Problem(
        f"{what[0]}。请改用环境变量，写作 ${{变量名}}。",
        f"{what[1]}. Put it into an environment variable and write ${{NAME}}.",
        where,
    )
