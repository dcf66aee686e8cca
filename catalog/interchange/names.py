"""What a sheet may name: departments by name, id or credit code, and the standards an item rests on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from rapidfuzz import fuzz, process

from catalog.departments import Department
from catalog.interchange.columns import bare
from standards.code_list import list_ids
from standards.elements import elements


@dataclass(frozen=True)
class Providers:
    """The departments that are registered, and how a sheet may name them."""

    departments: tuple[Department, ...]

    def find(self, text: str) -> Department | None:
        """By name (width, traditional characters and spaces aside), id or credit code; None if none is called so."""
        return self._index.get(bare(text))

    def close_to(self, text: str) -> str | None:
        """The name of the department that was probably meant."""
        names = [one.name for one in self.departments]
        found = process.extractOne(text, names, scorer=fuzz.WRatio, score_cutoff=60)
        return str(found[0]) if found else None

    @cached_property
    def _index(self) -> Mapping[str, Department]:
        index: dict[str, Department] = {}
        for one in self.departments:
            for name in (one.name, one.id, one.credit_code):
                if name:
                    index.setdefault(bare(name), one)
        return index


@dataclass(frozen=True)
class Standards:
    """Data elements by id, title and alias; code lists by id."""

    elements: Mapping[str, str]
    code_lists: frozenset[str]

    def element(self, text: str) -> str | None:
        """The id of the data element that is called so."""
        return self.elements.get(bare(text))

    def close_to(self, text: str, among: Iterable[str]) -> str | None:
        """The name that was probably meant."""
        found = process.extractOne(text, list(among), scorer=fuzz.ratio, score_cutoff=60)
        return str(found[0]) if found else None


@cache
def standards() -> Standards:
    """The standards that come with the software."""
    known = {bare(one.id): one.id for one in elements()}
    for one in elements():
        for name in (one.title, *one.aliases):
            known.setdefault(bare(name), one.id)
    return Standards(known, frozenset(list_ids()))
