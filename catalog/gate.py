"""The gate against duplicate collection: the same fact about the same thing, gathered by two departments.

Source: one number, one source, no repeated or multi-head collection (Wuhan article 12, Haishu article 12).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from catalog.city import City
from catalog.model import Resource
from catalog.registercheck import source_item


@dataclass(frozen=True)
class Collected:
    """One item of one resource."""

    department: str
    resource: str
    item: str


@dataclass(frozen=True)
class Duplicate:
    """Two departments list the same standard data element about the same kind of thing.

    Args:
        element: the standard data element.
        first: the one, in the order of resource ids.
        second: the other.
    """

    element: str
    first: Collected
    second: Collected

    def message(self) -> tuple[str, str]:
        """What was found and what to do, in Chinese and in English."""
        one, two = self.first, self.second
        return (
            f"{two.resource}.{two.item} 与 {one.resource}.{one.item} 是同一数据元 {self.element}，由不同部门采集。"
            "请在 register.yaml 中登记为佐证或备用来源，或从目录中去掉。",
            f"{two.resource}.{two.item} and {one.resource}.{one.item} are the same data element {self.element}, "
            "collected by different departments. Register it as corroborating or fallback, or take it out.",
        )


def duplicate_collection(city: City) -> list[Duplicate]:
    """Pairs of items that collect one fact twice and are not related in the register of sources.

    Two items are one fact if they name the same data element and their resources are about the same kind of thing,
    that is, have keys of the same data elements: the address of a person is not the address of a company. Key items
    identify and ``observed_at`` dates the row; neither is collection. Items without a data element cannot be compared and are passed over.

    Returns:
        In the order of element and resource ids; empty when every fact has one source.
    """
    related = _related(city)
    groups: dict[tuple[tuple[str, ...], str], list[Collected]] = defaultdict(list)
    for resource in city.resources:
        for element, collected in _collected(resource):
            groups[(_subject(resource), element)].append(collected)
    found = [
        Duplicate(element, first, second)
        for (_, element), members in groups.items()
        for first, second in combinations(members, 2)
        if first.department != second.department and frozenset({first, second}) not in related
    ]
    return sorted(found, key=lambda one: (one.element, one.first.resource, one.second.resource, one.second.item))


def _collected(resource: Resource) -> Iterator[tuple[str, Collected]]:
    for item in resource.items:
        if item.element is not None and item.id not in (*resource.key, resource.observed_at):
            yield item.element, Collected(resource.department, resource.id, item.id)


def _subject(resource: Resource) -> tuple[str, ...]:
    """What the rows are about: the data elements of the key; a key without one is the resource's own numbering."""
    return tuple(sorted(resource.item(name).element or f"{resource.id}.{name}" for name in resource.key))


def _related(city: City) -> set[frozenset[Collected]]:
    """Pairs that the register names as sources of one item."""
    related: set[frozenset[Collected]] = set()
    for library in city.register.libraries.values():
        for name, item in library.items.items():
            sources = {
                Collected(city.resource(one).department, one, source_item(name, item, one))
                for one in (*item.origins, *item.corroborating)
            }
            # A corroborated name may equal the former name: that too is a relation the register names.
            owner = city.resource(item.authority).department
            sources |= {Collected(owner, item.authority, other) for other in item.also_agrees_with}
            related |= {frozenset(pair) for pair in combinations(sources, 2)}
    return related
