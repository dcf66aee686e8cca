"""The words of item titles, as data (``words.yaml``), and how a title is cut into them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Literal, NamedTuple, Self

from pydantic import Field, model_validator

from ground.documents import Declared, read_document
from standards import elements

Kind = str
"""Of what the rows of a resource are: ``person``, ``organisation``, ``building`` …"""


class Word(NamedTuple):
    """What one spelling says: its class, and its name there."""

    what: Literal["noise", "own", "role", "concept"]
    name: str


class Words(Declared):
    """The document ``words.yaml``; a spelling stands in one place only.

    Attributes:
        noise: spellings that say nothing of which fact it is.
        own: kind of thing -> spellings for the row's own thing.
        roles: another person, body, time or place -> its spellings: another fact.
        concepts: what is said -> its spellings.
        elements: element -> titles that departments write for it beside those of the standard.
        latin: Latin name as a whole -> Chinese title.
        english: one English word -> Chinese word.
        kinds: kind of thing -> words in the title of a resource.
        key_kinds: element of a key -> kind of thing.
        topics: document or service -> words in the title of an item or a resource.
        about: what it tells of -> elements; ``kind``: the thing of its row; unlisted: the topic of its resource.
        same: elements under which the same fact may stand.
        things: concept -> kind of thing that it is before an address or an outline.
        heads: concepts that say what is told, as against of what.
        in_topic: topic -> element by its title -> element that is meant there.
        bare: element -> the kind of rows without which a bare title does not name it.
        aside: elements that date or describe the record and are no fact of their own.
        identifiers: elements by which a row is known or refers to another.
        numbers: concepts that say that an item of a key is the row's own number.
        dating: concepts that say of which day or period a row is.
    """

    noise: list[str]
    own: dict[Kind, list[str]]
    roles: dict[str, list[str]]
    concepts: dict[str, list[str]]
    elements: dict[str, list[str]]
    latin: dict[str, str]
    english: dict[str, str]
    kinds: dict[Kind, list[str]]
    key_kinds: dict[str, Kind]
    topics: dict[str, list[str]]
    about: dict[str, list[str]]
    same: list[list[str]] = Field(default_factory=list)
    things: dict[str, Kind] = Field(default_factory=dict)
    heads: frozenset[str] = frozenset()
    in_topic: dict[str, dict[str, str]] = Field(default_factory=dict)
    bare: dict[str, Kind] = Field(default_factory=dict)
    aside: list[str] = Field(default_factory=list)
    identifiers: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    dating: frozenset[str] = frozenset()

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        seen: dict[str, Word] = {}
        for spelling, word in self._spelled():
            if spelling in seen:
                raise ValueError(f"{spelling} 同时写在 {seen[spelling]} 与 {word}；stands in two places")
            seen[spelling] = word
        known = {one.id for one in elements.elements()}
        listed = [one for names in self.about.values() for one in names]
        named = {
            *self.elements,
            *self.key_kinds,
            *listed,
            *self.bare,
            *self.aside,
            *(one for s in self.same for one in s),
        }
        wrong = sorted(named - known) + sorted({one for one in listed if listed.count(one) > 1})
        said = sorted({*self.things, *self.heads, *self.numbers, *self.dating} - set(self.concepts) - {"called"})
        if said:
            raise ValueError(f"things、heads、numbers 或 dating 中没有这些概念：{said}；no such concepts")
        if wrong:
            raise ValueError(f"没有这些数据元，或重复：{wrong}；no such elements, or named twice")
        return self

    @cached_property
    def spelled(self) -> Mapping[str, Word]:
        """Spelling -> what it says."""
        return dict(self._spelled())

    @cached_property
    def longest(self) -> int:
        """Characters of the longest spelling."""
        return max(map(len, self.spelled))

    @cached_property
    def about_of(self) -> Mapping[str, str]:
        """Element -> what it tells of; an element that is not here tells of the topic of its resource."""
        return {one: about for about, names in self.about.items() for one in names}

    @cached_property
    def one_of_same(self) -> Mapping[str, str]:
        """Element -> the element under which the same fact is kept."""
        return {one: names[0] for names in self.same for one in names}

    def cut(self, text: str) -> list[Word | str]:
        """A title in its words, from left to right; what no word covers as plain text.

        Of all ways to cut it the one with the fewest characters left over, then with the fewest words.
        """
        best: list[tuple[int, int, int, bool]] = [
            (0, 0, 0, True)
        ]  # left over, words, where the last begins, whether known
        for end in range(1, len(text) + 1):
            left, words, _, _ = best[end - 1]
            choices = [(left + 1, words + (0 if not best[end - 1][3] else 1), end - 1, False)]
            for start in range(max(0, end - self.longest), end):
                if text[start:end] in self.spelled:
                    left, words, _, _ = best[start]
                    choices.append((left, words + 1, start, True))
            best.append(min(choices, key=lambda one: (one[0], one[1], -one[2])))
        pieces: list[Word | str] = []
        end = len(text)
        while end:
            _, _, start, known = best[end]
            piece = text[start:end]
            if known:
                pieces.append(self.spelled[piece])
            elif pieces and isinstance(pieces[-1], str):
                pieces[-1] = piece + pieces[-1]
            else:
                pieces.append(piece)
            end = start
        return pieces[::-1]

    def _spelled(self) -> Iterator[tuple[str, Word]]:
        yield from ((one, Word("noise", "")) for one in self.noise)
        yield from ((one, Word("own", kind)) for kind, names in self.own.items() for one in names)
        yield from ((one, Word("role", role)) for role, names in self.roles.items() for one in names)
        yield from ((one, Word("concept", name)) for name, names in self.concepts.items() for one in names)


@cache
def words() -> Words:
    """The words, read once."""
    return read_document(Path(__file__).with_name("words.yaml"), Words, name="catalog/matching/words.yaml")
