"""Which tables of the lake stand behind the names that a rule may use: resources, and what is made of them.

For a resource its standard table; for a library its base table, its history and its places (`quality.library_tables`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import ibis.expr.types as ir

from catalog.city import City
from pipelines.fusion.service import Built, base_name, history_name
from pipelines.places.service import place_name
from quality.library_tables import HISTORY, PLACE
from quality.rules import Rule
from warehouse.lake import LakeReader, LakeWriter


def library_references(city: City) -> dict[str, str]:
    """Name in rules -> table of the lake, for every library, its history and, where it has addresses, its places."""
    found: dict[str, str] = {}
    for name, library in city.register.libraries.items():
        found[name] = base_name(name)
        found[f"{name}{HISTORY}"] = history_name(name)
        if library.located:
            found[f"{name}{PLACE}"] = place_name(name)
    return found


def references(
    reader: LakeReader, city: City, rules: Iterable[Rule], *, besides: Iterable[str] = ()
) -> dict[str, ir.Table]:
    """The tables that these rules look into, by the names they use; those that are not there yet are left out.

    Args:
        reader: the lake.
        city: the catalogue.
        rules: any rules.
        besides: further names, such as the resources whose rules they are.
    """
    at = library_references(city) | {one.id: f"standard.{one.id}" for one in city.resources}
    wanted = {*besides, *(name for rule in rules for name in rule.needs)}
    return {name: reader.table(at[name]) for name in sorted(wanted) if name in at and reader.has(at[name])}


def stirred(writer: LakeWriter, city: City, built: Sequence[Built], since: int) -> set[str]:
    """Names of library tables in which something changed since a snapshot: rules that read them must look again.

    A library's history changes with it; its places also where only a door or a division did.

    Args:
        writer: the open lake.
        city: the catalogue.
        built: what was done to each library in this build.
        since: the snapshot the findings stand at.
    """
    changed = {one.library for one in built if one.mode != "unchanged"}
    found = {name for name in library_references(city) if name.removesuffix(HISTORY).removesuffix(PLACE) in changed}
    for name, library in city.register.libraries.items():
        if library.located and name not in changed and writer.has(place_name(name)):
            moved = writer.changed_keys(place_name(name), since, [library.key])
            if moved is None or int(writer.engine.to_arrow(moved.count()).column(0)[0].as_py()):
                found.add(f"{name}{PLACE}")
    return found
