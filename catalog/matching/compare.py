"""Whether two items are the same fact about the same kind of thing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from catalog.matching.context import kind_of, topics_of
from catalog.matching.recognise import ALIKE, Ground, Recognised, known
from catalog.matching.titles import FACETS, Reading, read
from catalog.matching.told import Told
from catalog.matching.vocabulary import Kind, words

_OTHERWISE = frozenset({"animal", "goods"})
"""Kinds of rows whose name, sex or birthday is not a person's."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What one item tells, and of what.

    Attributes:
        told: the item.
        reading: its title.
        element: the element it is for certain; elements of one fact by one name.
        recognised: the answer behind it, certain or not.
        about: the kind of thing it tells of; None where that is not known.
        topics: the documents or services it belongs to; empty where the fact does not depend on one, or none is known.
        by_topic: whether the fact is one only within a document or service: a number, a day, a state.
    """

    told: Told
    reading: Reading
    element: str | None
    recognised: Recognised | None
    about: Kind | None
    topics: frozenset[str]
    by_topic: bool

    @property
    def facet(self) -> frozenset[str]:
        """Which of several addresses it is."""
        return self.reading.says & FACETS


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two items that are, or may be, one fact.

    Attributes:
        certain: one fact; otherwise the authority is asked.
        ground: on what that rests.
        score: 0 to 1.
        left, right: the titles.
        element: the element of both, where it is known.
    """

    certain: bool
    ground: Ground
    score: float
    left: str
    right: str
    element: str | None

    @property
    def zh(self) -> str:
        """Why, in Chinese."""
        if not self.certain:
            return f"“{self.left}”与“{self.right}”近似，或为同一事实"
        return f"“{self.left}”与“{self.right}”同为{f'数据元 {self.element}' if self.element else '含义'}"

    @property
    def en(self) -> str:
        """The same in English."""
        if not self.certain:
            return f"'{self.left}' and '{self.right}' are near, and may be one fact"
        return (
            f"'{self.left}' and '{self.right}' agree in {f'the element {self.element}' if self.element else 'meaning'}"
        )


@lru_cache(maxsize=400_000)
def fact_of(told: Told) -> Fact:
    """What an item tells, and of what."""
    reading = read(told.title, told.resource)
    recognised = known(told)
    element = recognised.element if recognised is not None and recognised.certain else None
    kind, own = kind_of(told), next(iter(reading.kinds)) if len(reading.kinds) == 1 else None
    fixed = words().about_of.get(element) if element is not None else "kind"
    if fixed == "kind":
        about = _by_facet(reading) or own or _by_thing(reading) or kind
    elif fixed is None:
        about = None
    else:
        about = kind if kind in _OTHERWISE else fixed
    by_topic = fixed is None
    return Fact(
        told, reading, words().one_of_same.get(element, element) if element else None, recognised, about,
        topics_of(told) if by_topic or element is None else frozenset(), by_topic,
    )  # fmt: skip


def compare(left: Told, right: Told) -> Likeness | None:
    """Whether two items are one fact; None where they are not even near."""
    return compare_facts(fact_of(left), fact_of(right))


def compare_facts(one: Fact, other: Fact) -> Likeness | None:
    """`compare` of items that were read already."""
    if {one.element, other.element} & set(words().aside):
        return None
    lists = {one.told.code_list, other.told.code_list} - {None}
    if len(lists) > 1 or (one.about and other.about and one.about != other.about):
        return None
    if one.element is not None and other.element is not None:
        return _of_one_element(one, other) if one.element == other.element else None
    apart = bool(one.topics and other.topics and not one.topics & other.topics) and not lists
    if one.reading.roles != other.reading.roles or apart:
        return None
    if (
        one.element is None
        and other.element is None
        and one.reading.meaning == other.reading.meaning
        and one.reading.says
    ):
        known = one.about is not None and other.about is not None and not one.reading.says <= words().heads
        sure = known or bool(lists) or bool(one.topics & other.topics)
        return _likeness(sure, Ground.MEANING, 0.9 if sure else 0.75, one, other)
    return _near(one, other)


def _of_one_element(one: Fact, other: Fact) -> Likeness | None:
    """Two items of one element: the same fact if they tell of the same thing, and it is the same of its addresses."""
    grounds = {each.recognised.ground for each in (one, other) if each.recognised is not None}
    ground = Ground.CODE if grounds == {Ground.CODE} else Ground.MEANING if Ground.MEANING in grounds else Ground.ALIAS
    if one.by_topic:
        if one.topics and other.topics:
            return _likeness(True, ground, 0.95, one, other) if one.topics & other.topics else None
        return _likeness(False, ground, 0.7, one, other)
    if one.facet != other.facet and one.facet and other.facet:
        return None
    # Points are of many kinds: lamps, sights, stops.
    apart = one.about == "point" and not topics_of(one.told) & topics_of(other.told)
    if one.about is None or other.about is None or one.facet != other.facet or apart:
        return _likeness(False, ground, 0.8, one, other)
    return _likeness(True, ground, 1.0 if ground is Ground.CODE else 0.95, one, other)


def _near(one: Fact, other: Fact) -> Likeness | None:
    """Titles that look alike, or of which one is the element that the other may be."""
    maybe = {each.recognised.element for each in (one, other) if each.recognised is not None}
    both = one.recognised is not None and other.recognised is not None
    if both and len(maybe) == 1:
        return _likeness(False, Ground.MEANING, 0.75, one, other)
    if both and one.element is None and other.element is None:
        return None
    if (one.reading.says ^ other.reading.says) & words().heads:
        return None
    score = fuzz.ratio(one.reading.bare, other.reading.bare)
    return _likeness(False, Ground.MEANING, score / 100, one, other) if score >= ALIKE else None


def _by_thing(reading: Reading) -> Kind | None:
    """The thing that the title itself names before what it says: 学校电话 is an organisation's."""
    found = {words().things[one] for one in reading.says & set(words().things)} if len(reading.says) > 1 else set()
    return found.pop() if len(found) == 1 else None


def _by_facet(reading: Reading) -> Kind | None:
    if reading.says & {"household", "residence"}:
        return "person"
    return "organisation" if reading.says & {"seat", "premises"} else None


def _likeness(certain: bool, ground: Ground, score: float, one: Fact, other: Fact) -> Likeness:
    element = one.element if one.element == other.element else None
    return Likeness(certain, ground, score, one.told.title, other.told.title, element)
