"""Where is a value of a resource served? The tables a reader can name, from the catalogue and the themes.

Used to find who read a value that was wrong: the resource itself, every library that takes the item, and every theme that
reads one of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from catalog.city import City
from catalog.register import Library
from exchange.corrections.model import WHOLE_RECORD, Places
from ledger.redact import redact_sql
from pipelines.fusion.shape import item_of
from pipelines.themes.document import Theme
from quality import agreement


def tables_read(themes: Iterable[Theme]) -> dict[str, frozenset[str]]:
    """Theme -> the tables it names, in small letters."""
    return {one.id: frozenset(name.lower() for name in redact_sql(one.query, key=b"unused").tables) for one in themes}


def served_from(city: City, themes: Mapping[str, frozenset[str]], resource: str, item: str) -> Places:
    """Where the values of an item are served.

    Args:
        city: what is declared.
        themes: theme -> the tables it reads.
        resource: id of the resource.
        item: the resource's item; `WHOLE_RECORD` for every one of them.
    """
    tables = {resource}
    columns: dict[str, frozenset[str] | None] = {}
    for name, library in city.register.libraries.items():
        taken = _taken(library, resource, item)
        if taken is not None:
            columns[name] = taken or None
            tables |= {name, f"{name}_history", f"{name}_residue"}
            if item == WHOLE_RECORD or any(one in taken for one in _located(library)):
                tables.add(f"{name}_place")
        if any(one.resource == resource and item in (WHOLE_RECORD, *one.items) for one in library.aliases):
            tables.add(f"{name}_alias")
    while derived := {one for one, read in themes.items() if one not in tables and not read.isdisjoint(tables)}:
        tables |= derived
    return Places(frozenset(one.lower() for one in tables), columns)


def all_places(parts: Iterable[Places]) -> Places:
    """Several places together."""
    tables: frozenset[str] = frozenset()
    columns: dict[str, frozenset[str] | None] = {}
    for one in parts:
        tables |= one.tables
        for name, taken in one.columns.items():
            before = columns.get(name, frozenset())
            columns[name] = None if taken is None or before is None else taken | before
    return Places(tables, columns)


def compared_item(city: City, rule: str, resource: str) -> str:
    """What ``resource`` calls the item that a rule on the agreement of sources compares; `WHOLE_RECORD` for other rules."""
    for name, library in city.register.libraries.items():
        for item, entry in library.items.items():
            if agreement.rule_id(name, item) == rule and resource in library.key_in:
                return item_of(resource, item, entry)
    return WHOLE_RECORD


def _taken(library: Library, resource: str, item: str) -> frozenset[str] | None:
    """Items of the library whose values come from this item; empty: any of them. None: the library does not take it."""
    if resource not in library.key_in:
        return None
    if item in (WHOLE_RECORD, library.key_in[resource], library.in_force_from.get(resource)):
        return frozenset()
    taken = {
        name
        for name, entry in library.items.items()
        if resource in entry.origins and item_of(resource, name, entry) == item
    }
    return frozenset(taken) or None


def _located(library: Library) -> set[str]:
    return {one for name, place in library.located.items() for one in (name, place.division) if one is not None}
