"""The list of lawful collectors (采集责任清单): which function of government collects which fact, about whom.

Source: collection is lawful, necessary and moderate, by a list of responsibilities; natural persons are known by their
citizen ID number, legal persons by their unified social credit code, each class with its lawful collector (Chifeng, part
4(二)1). The list is data, ``collectors.yaml`` beside this module; a home adds to it, or says otherwise, in
``city/collectors.yaml``. That the register of sources keeps to it is held by `catalog.registercheck`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from catalog.departments import Department
from catalog.model import Identifier, refuse_repeated
from catalog.register import BaseCategory
from ground.documents import Declared, read_document


class Certainty(StrEnum):
    """How sure a fact is that was entered without the text of its source at hand."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    """Told, never enforced."""


class Function(Declared):
    """A function that the law gives to one kind of department (职能), whatever a city calls that department."""

    id: Identifier
    title: str = Field(min_length=1)


class Subject(Declared):
    """What facts are about: a library of this subject is driven by the list."""

    id: Identifier
    title: str = Field(min_length=1)
    base: BaseCategory | None = None
    """The national base library whose libraries are of this subject unless they say otherwise."""
    key_element: str | None = None
    """The data element that identifies it (唯一标识): the key of every contributing resource is of this element."""


class FactClass(Declared):
    """A class of facts, and who collects it by law."""

    id: Identifier
    title: str = Field(min_length=1)
    subject: Identifier
    elements: list[str] = Field(default_factory=list)
    """Standard data elements it covers; none: everything about the subject that no other class names."""
    titles: list[str] = Field(default_factory=list)
    """Titles of items that are of this class although their element alone would make them another's: the address in a health
    record is an address, and not the one of the household register."""
    collector: Identifier | None = None
    """The function that collects it; None where the law names none: who leads is agreed."""
    joint: list[Identifier] = Field(default_factory=list)
    """Functions that collect it too, by law: of a birth the hospital certifies, the police register."""
    certainty: Certainty = Certainty.MEDIUM
    source: str = Field(min_length=1)
    """The provision, or that it is practice."""
    note: str | None = None

    @property
    def lawful(self) -> tuple[str, ...]:
        """Every function that may be its authority."""
        return (*([self.collector] if self.collector else []), *self.joint)


class CollectorDocument(Declared):
    """The document ``collectors.yaml``."""

    functions: list[Function] = Field(default_factory=list)
    subjects: list[Subject] = Field(default_factory=list)
    classes: list[FactClass] = Field(default_factory=list)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        refuse_repeated("functions", [one.id for one in self.functions])
        refuse_repeated("subjects", [one.id for one in self.subjects])
        refuse_repeated("classes", [one.id for one in self.classes])
        return self


class LawfulCollectors:
    """The list in force: what is shipped, and what a home says instead or besides (by ``id``).

    Args:
        shipped: comes with the hub.
        own: of the home.

    Raises:
        ValueError: a class names a function or subject that neither document has.
    """

    def __init__(self, shipped: CollectorDocument, own: CollectorDocument | None = None) -> None:
        self.own = own
        said = own or CollectorDocument()
        self.functions = {one.id: one for one in (*shipped.functions, *said.functions)}
        self.subjects = {one.id: one for one in (*shipped.subjects, *said.subjects)}
        self.classes = {one.id: one for one in (*shipped.classes, *said.classes)}

    @classmethod
    def standard(cls, own: CollectorDocument | None = None) -> LawfulCollectors:
        """The shipped list, with that of a home."""
        return cls(shipped_collectors(), own)

    def of(self, element: str | None, subject: str, title: str | None = None) -> tuple[FactClass, ...]:
        """The classes a fact belongs to; empty where the list says nothing of it.

        Args:
            element: the standard data element of the item; None if it has none.
            subject: what it is about.
            title: of the item. A class that names the title goes before one that names the element, and that before one
                that covers the whole subject.
        """
        about = [one for one in self.classes.values() if one.subject == subject]
        by_title = [one for one in about if title is not None and title in one.titles]
        by_element = [one for one in about if element is not None and element in one.elements]
        whole = [one for one in about if not one.elements and not one.titles]
        return tuple(by_title or by_element or whole)

    def subject_of(self, base: BaseCategory | None, subject: str | None) -> Subject | None:
        """What a library is about: as it says itself, else what its national base library is about."""
        if subject is not None:
            return self.subjects.get(subject)
        return next((one for one in self.subjects.values() if base is not None and one.base is base), None)

    def titled(self, functions: Iterable[str]) -> str:
        """Functions by their titles, for messages."""
        return "、".join(self.functions[one].title if one in self.functions else one for one in functions)

    def unknown_names(self) -> list[tuple[str, str, str]]:
        """What classes name and nobody declares: class, field, name."""
        wrong = []
        for one in self.classes.values():
            if one.subject not in self.subjects:
                wrong.append((one.id, "subject", one.subject))
            wrong += [(one.id, "collector", name) for name in one.lawful if name not in self.functions]
        return wrong


def holders(departments: Iterable[Department], functions: Iterable[str]) -> list[Department]:
    """The departments that have one of these functions."""
    wanted = frozenset(functions)
    return [one for one in departments if wanted & set(one.functions)]


@cache
def shipped_collectors() -> CollectorDocument:
    """The list that comes with the hub."""
    path = Path(__file__).with_name("collectors.yaml")
    return read_document(path, CollectorDocument, name="catalog/collectors.yaml")
