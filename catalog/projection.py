"""Which rows of the operational database say what a catalogue says: pure, from `City` to rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from catalog.city import City
from catalog.departments import Department
from catalog.register import RegisteredItem
from catalog.registercheck import source_item


def steward_name(unit: Department, day: date) -> str | None:
    """Who is listed as a unit's data steward on ``day``: whoever is in office, nobody else (Longyan 26)."""
    held = unit.steward_on(day)
    return held.name if held is not None else None


def projection(city: City, day: date) -> Iterator[list[dict[str, Any]]]:
    """Rows of each of `catalog.tables.PROJECTED`, in that order, as they are on ``day``."""
    yield [
        {
            "id": one.id,
            "name": one.name,
            "kind": one.kind.value,
            "unit_in_charge": one.unit_in_charge,
            "steward": steward_name(one, day),
        }
        for one in city.departments
    ]
    plain = ("id", "title", "department", "system", "storage_format", "provision_mode", "share_until")
    yield [
        {name: getattr(one, name) for name in plain}
        | {"sharing": one.sharing.class_, "opening": one.opening.class_, "update_cycle": one.update_cycle.value}
        for one in city.resources
    ]
    yield [
        {
            "resource": one.id,
            "position": position,
            "key_position": one.key.index(part.id) if part.id in one.key else None,
            "type": part.type.value,
            **{name: getattr(part, name) for name in ("id", "title", "element", "code_list", "required")},
        }
        for one in city.resources
        for position, part in enumerate(one.items)
    ]
    yield [
        {"library": library_id, "item": name, **source}
        for library_id, library in city.register.libraries.items()
        for name, registered in library.items.items()
        for source in _sources(name, registered)
    ]
    yield [
        {
            "id": one.id,
            "resource": one.resource_id,
            "mode": one.mode.value,
            "source_kind": one.source.kind,
            "source": one.source.place,
        }
        for one in city.feeds
    ]


def _sources(name: str, registered: RegisteredItem) -> list[dict[str, Any]]:
    roles = {
        "authority": registered.authorities,
        "corroborating": registered.corroborating,
        "fallback": registered.fallback,
    }
    return [
        {"role": role, "rank": rank, "resource": one, "source_item": source_item(name, registered, one)}
        for role, resources in roles.items()
        for rank, one in enumerate(resources)
    ]
