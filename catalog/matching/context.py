"""What a resource is about, by its key and its title: which kind of thing a row is, and which document or service."""

from __future__ import annotations

from functools import cache, lru_cache

from catalog.matching.titles import fold
from catalog.matching.told import Told
from catalog.matching.vocabulary import Kind, words


def kind_of(told: Told) -> Kind | None:
    """The kind of thing that a row of the item's resource is; None where neither key nor title says so.

    A key of one person's or one body's number decides. Otherwise the last word of the resource's title that is known: the
    rows of 高新技术企业名单 are enterprises, those of 学校食堂就餐名单 are persons.
    """
    if len(told.key) == 1 and told.key[0] in words().key_kinds:
        return words().key_kinds[told.key[0]]
    return None if told.resource is None else _kind_by_title(told.resource)


def topics_of(told: Told) -> frozenset[str]:
    """Documents or services that the item belongs to: those its own title names, else those of its resource's title."""
    own = _topics(told.title)
    return own or (frozenset() if told.resource is None else _topics(told.resource))


@lru_cache(maxsize=50_000)
def _kind_by_title(title: str) -> Kind | None:
    text = fold(title)
    found = [(place + len(word), len(word), kind) for kind, word in _kind_words() if (place := text.rfind(word)) >= 0]
    return max(found)[2] if found else None


@lru_cache(maxsize=200_000)
def _topics(title: str) -> frozenset[str]:
    text = fold(title)
    return frozenset(topic for topic, word in _topic_words() if word in text)


@cache
def _kind_words() -> tuple[tuple[Kind, str], ...]:
    return tuple((kind, one.upper()) for kind, spellings in words().kinds.items() for one in spellings)


@cache
def _topic_words() -> tuple[tuple[str, str], ...]:
    return tuple((topic, one.upper()) for topic, spellings in words().topics.items() for one in spellings)
