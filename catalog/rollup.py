"""The catalogue as it is put together from below: units compile, districts aggregate, the city checks and merges (Wuhan 10).

A district's catalogue holds the entries of its departments. Units managed vertically are in the catalogue of who manages
them, and public enterprises hand theirs to the city.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from catalog.departments import Department
from catalog.model import Resource
from catalog.organisation import Organisation


@dataclass(frozen=True)
class Part:
    """The part of the catalogue that one authority puts together.

    Attributes:
        authority: who does; None for units of a city that has no authority.
        owners: who compiles -> ids of its entries, both in order.
    """

    authority: Department | None
    owners: Mapping[str, tuple[str, ...]]

    @property
    def entries(self) -> tuple[str, ...]:
        """Ids of all entries of this part."""
        return tuple(sorted(name for names in self.owners.values() for name in names))


def roll_up(organisation: Organisation, resources: Iterable[Resource]) -> list[Part]:
    """The parts of a catalogue, that of the city's authority first; every entry is in exactly one.

    Args:
        organisation: the order of the units.
        resources: the entries.
    """
    found: dict[str | None, dict[str, list[str]]] = {one.id: {} for one in organisation.authorities}
    for resource in sorted(resources, key=lambda one: one.id):
        owner = organisation.catalogue_owner(resource.department)
        authority = organisation.compiler_of(resource.department)
        part = found.setdefault(authority.id if authority else None, {})
        part.setdefault(owner.id, []).append(resource.id)
    return [
        Part(
            organisation.unit(name) if name is not None else None,
            {owner: tuple(names) for owner, names in sorted(owners.items())},
        )
        for name, owners in found.items()
    ]


def part_of(organisation: Organisation, resources: Iterable[Resource], authority: str) -> Part:
    """The part of one authority: the catalogue of its district (Wuhan 10), or what the city compiles first hand.

    Raises:
        UserError: there is no such department.
    """
    unit = organisation.unit(authority)
    parts = roll_up(organisation, resources)
    return next((one for one in parts if one.authority == unit), Part(unit, {}))


def merged(organisation: Organisation, resources: Iterable[Resource], authority: str) -> Part:
    """What an authority checks and merges into one catalogue: its own part and those of the authorities below it (Wuhan 10).

    Raises:
        UserError: there is no such department.
    """
    unit = organisation.unit(authority)
    owners: dict[str, tuple[str, ...]] = {}
    for part in roll_up(organisation, resources):
        if part.authority is None or not _at_or_below(organisation, part.authority, unit):
            continue
        owners |= part.owners
    return Part(unit, dict(sorted(owners.items())))


def _at_or_below(organisation: Organisation, authority: Department, above: Department) -> bool:
    one: Department | None = authority
    while one is not None and one != above:
        one = organisation.superior_of(one.id)
    return one is not None
