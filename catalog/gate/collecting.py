"""Who collects a fact by law: asked of the list of lawful collectors, for one item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.collectors import Certainty, LawfulCollectors, holders
from catalog.departments import Department
from catalog.matching.compare import Fact
from catalog.model import Item

_SUBJECT_OF_KIND = {
    "person": "person", "organisation": "legal_person", "licence": "licence", "division": "division", "door": "address",
    "building": "building", "parcel": "parcel", "point": "poi",
}  # fmt: skip
"""Kind of thing, in the words of the matcher -> subject, in those of the list."""


@dataclass(frozen=True, slots=True)
class Lawful:
    """Who collects a fact by law in this city.

    Attributes:
        departments: those that have the function.
        title: of the class of facts.
        source: the provision, or that it is practice.
        sure: whether others are refused; otherwise the authority is asked.
    """

    departments: tuple[Department, ...]
    title: str
    source: str
    sure: bool


def lawful(fact: Fact, item: Item, collectors: LawfulCollectors, departments: Sequence[Department]) -> Lawful | None:
    """Who collects this fact by law; None where the list names nobody, or nobody in this city has the function.

    Only a class that names the element or the title counts: one that covers whatever else is said of a subject bars nobody.
    """
    subject = _SUBJECT_OF_KIND.get(fact.about or "")
    if subject is None:
        return None
    classes = [one for one in collectors.of(fact.element, subject, item.title) if one.elements or one.titles]
    functions = [name for one in classes for name in one.lawful]
    found = holders(departments, functions)
    if not found or any(one.certainty is Certainty.LOW for one in classes):
        return None
    sure = all(one.certainty is Certainty.HIGH for one in classes)
    return Lawful(tuple(found), "、".join(one.title for one in classes), "；".join(one.source for one in classes), sure)
