"""What an item claims to be: the source of its fact, or held beside one; by the register of sources and by what it says itself."""

from __future__ import annotations

from collections import defaultdict
from enum import StrEnum

from catalog.model import Item, Resource
from catalog.register import Register
from catalog.registercheck import source_item

Place = tuple[str, str]
"""Resource and item."""


class Claim(StrEnum):
    """What an item is to its fact."""

    SOURCE = "source"
    """Its department collects or produces it: the rule where nothing is said."""
    BESIDE = "beside"
    """Corroborates a source, or fills its gaps."""
    EXCEPTION = "exception"
    """Collected again because a law says so."""
    SHARED = "shared"
    """Obtained by sharing."""


class Registered:
    """The register of sources, item by item.

    Args:
        register: as the city has it.
    """

    def __init__(self, register: Register) -> None:
        self._named: dict[Place, set[Place]] = defaultdict(set)
        self._decides: dict[Place, int] = {}
        self._authority: dict[Place, Place] = {}
        for library, held in register.libraries.items():
            for name, item in held.items.items():
                here = (library, name)
                decides = [(resource, source_item(name, item, resource)) for resource in item.authorities]
                beside = {
                    (resource, source_item(name, item, resource)) for resource in (*item.corroborating, *item.fallback)
                }
                # A corroborated name may equal the former name: that too is a relation the register names.
                beside |= {(item.authority, other) for other in item.also_agrees_with}
                for order, one in enumerate(decides):
                    self._decides[one] = min(order, self._decides.get(one, order))
                self._authority[here] = decides[0]
                for one in {*decides, *beside}:
                    self._named[one].add(here)

    def decides(self, resource: str, item: str) -> bool:
        """Whether the register names the item as an authority."""
        return (resource, item) in self._decides

    def rank(self, resource: str, item: str) -> int:
        """0 for an item's authority, 1 and more for its co-authorities in order, then whatever the register does not name."""
        return self._decides.get((resource, item), len(self._decides))

    def authorities(self, resource: str, item: str) -> list[Place]:
        """The items that are the authority where the register names this one beside them, in the order of their names."""
        return sorted({self._authority[one] for one in self._named.get((resource, item), ())})

    def related(self, one: Place, other: Place) -> bool:
        """Whether the register says how the two stand: sources of one item, or authorities of two items of one library."""
        mine, theirs = self._named.get(one, set()), self._named.get(other, set())
        if one in self._decides and other in self._decides:
            return bool({library for library, _ in mine} & {library for library, _ in theirs})
        return bool(mine & theirs)

    def claim(self, resource: Resource, item: Item) -> Claim:
        """What the item claims to be."""
        if item.beside is not None:
            return {
                "corroboration": Claim.BESIDE, "exception": Claim.EXCEPTION, "shared": Claim.SHARED
            }[item.beside.as_]  # fmt: skip
        place = (resource.id, item.id)
        if place in self._named and place not in self._decides:
            return Claim.BESIDE
        return Claim.SOURCE
