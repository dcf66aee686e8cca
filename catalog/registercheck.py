"""What must hold between the register of sources and the resources it names (one number, one source).

That an item has exactly one authority is a matter of the model; here is whether the named sources exist and fit.
"""

from __future__ import annotations

from collections.abc import Iterator

from catalog.crosscheck import Draft
from catalog.model import RESERVED, ItemType, Resource
from catalog.places import Place
from catalog.problems import Problem, unknown
from catalog.register import BUILDING_ITEMS, DIVISION_ITEMS, DOOR_ITEMS, Library, Register, RegisteredItem

COMPUTED = ("__source", "__observed", "__agreement", "__disputed")
"""Endings of the columns that fusion adds beside an item."""


def check_register(draft: Draft) -> Iterator[Problem]:
    """Problems of the register: resources and items that do not exist, types and keys that do not agree."""
    if draft.register is None:
        return
    register, place = draft.register
    yield from _places(register, draft, place)
    for name, library in register.libraries.items():
        at = ("libraries", name)
        yield from _names(library, place, at)
        yield from _keys(library, draft, place, at)
        yield from _versions(library, draft, place, at)
        yield from _aliases(library, draft, place, at)
        for item_name, item in library.items.items():
            yield from _sources(item_name, item, draft, place, (*at, "items", item_name))


def source_item(name: str, item: RegisteredItem, resource: str) -> str:
    """What ``resource`` calls the library's item ``name``."""
    return item.from_item.get(resource, name)


def _names(library: Library, place: Place, at: tuple[str, ...]) -> Iterator[Problem]:
    for name in library.items:
        if name in RESERVED or name.endswith(COMPUTED):
            yield Problem(
                f"名称 {name} 为系统保留，请换一个。",
                f"The name {name} is reserved; choose another.",
                place.at(*at, "items", name),
            )
    if library.key in library.items:
        yield Problem(
            f"{library.key} 是本库主键，由 key_in 给出，不再列入 items。",
            f"{library.key} is the key of this library and comes from key_in; take it out of items.",
            place.at(*at, "items", library.key),
        )


def _keys(library: Library, draft: Draft, place: Place, at: tuple[str, ...]) -> Iterator[Problem]:
    """The key item of every contributing resource: it exists, and all mean the same."""
    meanings: dict[str, tuple[str, str]] = {}
    for name, key in library.key_in.items():
        where = place.at(*at, "key_in", name)
        resource = draft.resource(name)
        if resource is None:
            yield from _no_resource(where, name, draft)
        elif key not in resource.item_ids:
            yield _no_item(where, key, resource)
        else:
            item = resource.item(key)
            meanings[name] = (item.type, item.element or "")
    if len({kind for kind, _ in meanings.values()}) > 1 or len({word for _, word in meanings.values() if word}) > 1:
        shown = "；".join(f"{name}: {kind} {word}".rstrip() for name, (kind, word) in meanings.items())
        yield Problem(
            f"各资源的主键项类型或数据元不一致，无法对应同一对象：{shown}。请统一。",
            f"The key items differ in type or data element, so they do not identify the same thing: {shown}.",
            place.at(*at, "key_in"),
        )


def _versions(library: Library, draft: Draft, place: Place, at: tuple[str, ...]) -> Iterator[Problem]:
    """The date from which versions are in force: of a contributing resource, and a date or time."""
    for name, item in library.in_force_from.items():
        where = place.at(*at, "in_force_from", name)
        resource = draft.resource(name)
        if name not in library.key_in:
            yield unknown(where, ("来源（key_in）", "source in key_in:"), name, library.key_in)
        elif resource is not None and item not in resource.item_ids:
            yield _no_item(where, item, resource)
        elif resource is not None and resource.item(item).type not in (ItemType.DATE, ItemType.TIMESTAMP):
            yield Problem(
                f"in_force_from 指向的项 {item} 不是日期，其 type 应为 date 或 timestamp。",
                f"in_force_from names the item {item}, whose type must be date or timestamp.",
                where,
            )


def _aliases(library: Library, draft: Draft, place: Place, at: tuple[str, ...]) -> Iterator[Problem]:
    """The resource that knows former codes, its item with the former code and its item with the one in force."""
    for position, source in enumerate(library.aliases):
        here: tuple[str | int, ...] = (*at, "aliases", position)
        resource = draft.resource(source.resource)
        if resource is None:
            yield from _no_resource(place.at(*here, "resource"), source.resource, draft)
            continue
        named = [("key", source.key), *(("when", name) for name in source.when)]
        named += [("alias", source.alias)] if source.alias else []
        named += [("kind", source.kind)] if source.kind else []
        named += [("alias_part", source.alias_part.of)] if source.alias_part else []
        for part, name in named:
            if name not in resource.item_ids:
                yield _no_item(place.at(*here, part), name, resource)
        if source.alias == source.key:
            yield Problem(
                f"原代码与现代码是同一项 {source.key}，请分别写明。",
                f"The former code and the code in force are the same item {source.key}; name two.",
                place.at(*here, "alias"),
            )


def _places(register: Register, draft: Draft, place: Place) -> Iterator[Problem]:
    """The registers of places have the items by which an address is looked up."""
    if register.places is None:
        return
    for part, library, needed in (
        ("doors", register.places.doors, DOOR_ITEMS),
        ("buildings", register.places.buildings, BUILDING_ITEMS),
    ):
        for item in needed:
            if item not in register.libraries[library].items:
                yield Problem(
                    f"地址匹配要用库 {library} 的项 {item}，登记册中没有。请补充。",
                    f"Matching addresses needs the item {item} of library {library}; add it.",
                    place.at("places", part),
                )
    where = place.at("places", "divisions")
    resource = draft.resource(register.places.divisions)
    if resource is None:
        yield from _no_resource(where, register.places.divisions, draft)
        return
    for item in DIVISION_ITEMS:
        if item not in resource.item_ids:
            yield _no_item(where, item, resource)


def _sources(name: str, item: RegisteredItem, draft: Draft, place: Place, at: tuple[str, ...]) -> Iterator[Problem]:
    sources = {item.authority: "authority"} | dict.fromkeys(item.co_authorities, "co_authorities")
    sources |= dict.fromkeys(item.corroborating, "corroborating")
    sources |= {one: "fallback" for one in item.fallback if one not in sources}
    for resource_name, role in sources.items():
        resource = draft.resource(resource_name)
        # A source that does not exist is told once, at key_in, where the model makes it stand too.
        if resource is not None:
            yield from _one_source(source_item(name, item, resource_name), item, resource, place.at(*at, role))
    for resource_name in item.from_item:
        if resource_name not in sources:
            where = place.at(*at, "from_item", resource_name)
            yield unknown(where, ("来源（本项）", "source of this item:"), resource_name, sources)
    authority = draft.resource(item.authority)
    for other in item.also_agrees_with:
        if authority is not None and other not in authority.item_ids:
            yield _no_item(place.at(*at, "also_agrees_with"), other, authority)


def _one_source(column: str, item: RegisteredItem, resource: Resource, where: str) -> Iterator[Problem]:
    if column not in resource.item_ids:
        yield _no_item(where, column, resource)
        return
    found = resource.item(column).type
    if found is not item.type:
        yield Problem(
            f"资源 {resource.id} 的项 {column} 类型为 {found}，登记为 {item.type}。请改为一致。",
            f"Item {column} of resource {resource.id} is of type {found}, the register says {item.type}; make them agree.",
            where,
        )


def _no_resource(where: str, name: str, draft: Draft) -> Iterator[Problem]:
    if name not in draft.unread:
        yield unknown(where, ("信息资源", "resource"), name, draft.entries)


def _no_item(where: str, name: str, resource: Resource) -> Problem:
    what = (f"信息项（资源 {resource.id}）", f"item in resource {resource.id}:")
    return unknown(where, what, name, resource.item_ids)
