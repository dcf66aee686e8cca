"""The facts of a catalogue, found by what they say: a new item is held against ten thousand resources without reading them.

Items that say the same of the same stand in one group. A catalogue has far fewer groups than items, and only groups of the
same element, the same words or some of the same characters are compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import Any

from rapidfuzz import fuzz, process

from catalog.matching.compare import Fact, Likeness, compare_facts, fact_of
from catalog.matching.context import topics_of
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
        place: the number of groups that were there before.
        members: each item with its resource, in the order in which they were added.
    """

    key: Key
    fact: Fact
    place: int
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
        return _likest(fact, self._candidates(fact, self._alike(fact.reading.bare) if near else ()))

    def pairs(self, *, near: bool = True) -> Iterator[tuple[Group, Group, Likeness]]:
        """Every two groups that are, or may be, one fact; each pair once."""
        alike: dict[str, list[str]] = {}  # many groups have one title
        for group in self.groups.values():
            title = group.fact.reading.bare
            if near and title not in alike:
                alike[title] = self._alike(title)
            later = (
                (other, theirs) for other, theirs in self._candidates(group.fact, alike.get(title, ())) if other.place > group.place
            )  # fmt: skip
            yield from ((group, other, likeness) for other, likeness in _likest(group.fact, later))

    def _group(self, fact: Fact) -> Group:
        key = _key(fact)
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = Group(key, fact, len(self.groups))
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

    def _candidates(self, fact: Fact, alike: Iterable[str]) -> Iterator[tuple[Group, Fact]]:
        same = self._by_meaning[fact.reading.meaning] if fact.element is None else self._by_element[fact.element]
        yield from ((group, group.fact) for group in same)
        for title in alike:
            for key, theirs in self._by_title[title].items():
                if fact.element is None or theirs.element is None:
                    yield self.groups[key], theirs

    def _alike(self, title: str) -> list[str]:
        """Titles that look alike, of those that share one of the rarest pairs of characters."""
        known = [(len(self._by_pair[pair]), pair) for pair in _pairs(title) if pair in self._by_pair]
        among = {
            one: None for many, pair in nsmallest(_RAREST, known) if many <= _COMMON for one in self._by_pair[pair]
        }  # in the order in which they came: the same answer in every process
        found = process.extract(title, list(among), scorer=fuzz.ratio, score_cutoff=ALIKE, limit=None)
        return [one for one, _, _ in found]


def _likest(fact: Fact, candidates: Iterable[tuple[Group, Fact]]) -> list[tuple[Group, Likeness]]:
    found: dict[Key, tuple[Group, Likeness]] = {}
    for group, theirs in candidates:
        likeness = compare_facts(fact, theirs)
        if likeness is None:
            continue
        known = found.get(group.key)
        if known is None or (likeness.certain, likeness.score) > (known[1].certain, known[1].score):
            found[group.key] = (group, likeness)
    return sorted(found.values(), key=lambda one: (not one[1].certain, -one[1].score))


def _key(fact: Fact) -> Key:
    """What makes two items one group: whatever `compare_facts` looks at, but for spelling where the element is known."""
    if fact.element is not None:
        topics = topics_of(fact.told) if fact.about == "point" else fact.topics
        return (fact.element, fact.about, topics, fact.facet, fact.told.code_list)
    return (None, fact.about, fact.topics, fact.reading.meaning, fact.reading.bare, fact.told.code_list)


def _pairs(title: str) -> set[str]:
    return {title[place : place + 2] for place in range(len(title) - 1)}
