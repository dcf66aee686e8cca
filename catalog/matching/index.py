"""The facts of a catalogue, found by what they say: a new item is held against ten thousand resources without reading them.

Items that say the same of the same stand in one group. A catalogue has far fewer groups than items, and only groups of the
same element, the same words or some of the same characters are compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from rapidfuzz import fuzz, process

from catalog.matching.compare import Fact, Likeness, compare_facts, fact_of
from catalog.matching.grain import dates_row, names_row
from catalog.matching.recognise import ALIKE
from catalog.matching.told import key_elements, told_with
from catalog.matching.vocabulary import words
from catalog.model import Item, Resource

_COMMON = 3_000
"""Titles that share two characters: more than that say nothing (日期, 名称), and are not looked through."""

_RAREST = 3
"""Of the pairs of a title so many are looked up: titles that are alike share most of theirs."""

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Collected:
    """One item of one resource."""

    department: str
    resource: str
    item: str


@dataclass
class Group:
    """Items that say the same of the same.

    Attributes:
        key: what makes them one group.
        fact: of the first of them.
        members: each item with its resource, in the order in which they were added.
    """

    key: Key
    fact: Fact
    members: list[tuple[Resource, Item]] = field(default_factory=list)


def collected(resource: Resource, item: Item) -> Collected:
    """An item of a resource as it is named."""
    return Collected(resource.department, resource.id, item.id)


def facts(resource: Resource) -> Iterator[tuple[Item, Fact]]:
    """The items of a resource that collect a fact: not those that identify the row or refer to another, nor its dating.

    That an item is listed in ``key`` or as ``observed_at`` makes it neither: a birthday in the key is a birthday all the same.
    """
    key = key_elements(resource)
    for item in resource.items:
        fact = fact_of(told_with(resource.title, key, item))
        if fact.element in words().identifiers or fact.element in words().aside:
            continue
        if (item.id in resource.key and names_row(fact)) or (item.id == resource.observed_at and dates_row(fact)):
            continue
        yield item, fact


class FactIndex:
    """Groups of items by element, by words and by pairs of characters."""

    def __init__(self, resources: Iterable[Resource] = ()) -> None:
        self.groups: dict[Key, Group] = {}
        self._by_element: dict[str, list[Group]] = defaultdict(list)
        self._by_meaning: dict[Key, list[Group]] = defaultdict(list)
        self._by_title: dict[str, dict[Key, Fact]] = defaultdict(dict)
        self._by_pair: dict[str, list[str]] = defaultdict(list)
        for one in resources:
            self.add(one)

    def add(self, resource: Resource) -> None:
        """Add the items of a resource."""
        for item, fact in facts(resource):
            self._group(fact).members.append((resource, item))

    def like(self, fact: Fact, *, near: bool = True) -> list[tuple[Group, Likeness]]:
        """Groups that are, or may be, the same fact; certain ones first, then by likeness.

        Args:
            fact: of the item that is asked about.
            near: also those that merely look alike.
        """
        found: dict[Key, tuple[Group, Likeness]] = {}
        for group, theirs in self._candidates(fact, near=near):
            likeness = compare_facts(fact, theirs)
            if likeness is None:
                continue
            known = found.get(group.key)
            if known is None or (likeness.certain, likeness.score) > (known[1].certain, known[1].score):
                found[group.key] = (group, likeness)
        return sorted(found.values(), key=lambda one: (not one[1].certain, -one[1].score))

    def pairs(self, *, near: bool = True) -> Iterator[tuple[Group, Group, Likeness]]:
        """Every two groups that are, or may be, one fact; each pair once."""
        order = {key: place for place, key in enumerate(self.groups)}
        for key, group in self.groups.items():
            for other, likeness in self.like(group.fact, near=near):
                if order[other.key] > order[key]:
                    yield group, other, likeness

    def _group(self, fact: Fact) -> Group:
        key = _key(fact)
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = Group(key, fact)
            if fact.element is not None:
                self._by_element[fact.element].append(group)
            else:
                self._by_meaning[fact.reading.meaning].append(group)
        title = fact.reading.bare
        if title not in self._by_title:
            for pair in _pairs(title):
                self._by_pair[pair].append(title)
        self._by_title[title].setdefault(key, fact)
        return group

    def _candidates(self, fact: Fact, *, near: bool) -> Iterator[tuple[Group, Fact]]:
        same = self._by_meaning[fact.reading.meaning] if fact.element is None else self._by_element[fact.element]
        yield from ((group, group.fact) for group in same)
        for title in self._alike(fact.reading.bare) if near else ():
            for key, theirs in self._by_title[title].items():
                if fact.element is None or theirs.element is None:
                    yield self.groups[key], theirs

    def _alike(self, title: str) -> Iterable[str]:
        """Titles that look alike, of those that share one of the rarest pairs of characters."""
        rare = sorted(_pairs(title) & self._by_pair.keys(), key=lambda pair: len(self._by_pair[pair]))[:_RAREST]
        among = {one for pair in rare if len(self._by_pair[pair]) <= _COMMON for one in self._by_pair[pair]}
        found = process.extract(title, among, scorer=fuzz.ratio, score_cutoff=ALIKE, limit=None)
        return [one for one, _, _ in found]


def _key(fact: Fact) -> Key:
    """What makes two items one group: whatever `compare_facts` looks at, but for spelling where the element is known."""
    if fact.element is not None:
        return (fact.element, fact.about, fact.topics, fact.facet, fact.told.code_list)
    return (None, fact.about, fact.topics, fact.reading.meaning, fact.reading.bare, fact.told.code_list)


def _pairs(title: str) -> set[str]:
    return {title[place : place + 2] for place in range(len(title) - 1)}
