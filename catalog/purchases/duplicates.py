"""Does the platform have what somebody is about to buy, and may it be shared? The duplicate search of Wuhan 34.

What is bought is told by a title and by its items. A resource has it when it holds nearly all of the items, known by their
standard data element or by their titles; where no items are told, its title decides. A search that understands more may be
put in its place (`Search`); the threshold is a house rule, and the authority may find that a hit is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rapidfuzz import fuzz

from catalog.model import Resource
from standards.elements import match

COVERED = 0.8
"""Share of the wanted items from which a resource has what is wanted (house)."""
SAME_TITLE = 85.0
"""Likeness of titles, 0 to 100, from which two are about the same (house)."""
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is about to be bought.

    Attributes:
        title: what it is called.
        items: titles of its items; none where only the title is known.
    """

    title: str
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """A resource that has what is wanted.

    Attributes:
        resource, title, department: which one.
        sharing: its class.
        likeness: 0 to 1.
        found: titles of the wanted items that it has.
    """

    resource: str
    title: str
    department: str
    sharing: str
    likeness: float
    found: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The match as events carry it."""
        return {**asdict(self), "found": list(self.found)}


Search = Callable[[Wanted], Sequence[Match]]
"""Resources that have what is wanted and can be shared, the likeliest first."""


def search_in(resources: Iterable[Resource], wanted: Wanted) -> list[Match]:
    """The resources of a catalogue that have what is wanted, the likeliest first, at most `SHOWN`.

    Those that are not shared do not count: what the platform cannot share may be bought.
    """
    elements = [(title, match(title)) for title in dict.fromkeys(wanted.items)]
    found = []
    for one in resources:
        if one.sharing.class_ == "not":
            continue
        held, likeness = _likeness(one, wanted, elements)
        if likeness is not None:
            found.append(Match(one.id, one.title, one.department, one.sharing.class_, round(likeness, 3), held))
    return sorted(found, key=lambda one: (-one.likeness, one.resource))[:SHOWN]


def _likeness(
    resource: Resource, wanted: Wanted, elements: list[tuple[str, str | None]]
) -> tuple[tuple[str, ...], float | None]:
    """The wanted items that a resource has, and how like it is; None where it is not like enough."""
    if elements:
        titles = {item.title for item in resource.items}
        known = {item.element or match(item.title) for item in resource.items} - {None}
        held = tuple(title for title, element in elements if title in titles or element in known)
        share = len(held) / len(elements)
        return held, share if share >= COVERED else None
    alike = fuzz.ratio(_bare(wanted.title), _bare(resource.title))
    return (), alike / 100 if alike >= SAME_TITLE else None


def _bare(title: str) -> str:
    """A title without the words that every data set has in its name."""
    for word in ("数据", "信息", "资源", "数据集", "明细", "基本"):
        title = title.replace(word, "")
    return title.strip()
