"""What text and queries are cut into: Chinese into single characters and pairs, Latin into words, titles into pinyin as well.

No dictionary cuts Chinese here: pairs find a word wherever it stands, also one that no dictionary knows. Traditional characters,
full width and capitals are folded away on both sides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import opencc
from pypinyin import Style, lazy_pinyin

LONGEST_QUERY = 200
"""Characters of a query that are looked at."""
MOST_TERMS = 24
"""Terms of a query that are looked for."""

_SIMPLIFIED = opencc.OpenCC("t2s")
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff〇"
_RUNS = re.compile(rf"[{_HAN}]+|[a-z0-9]+")


def fold(text: str) -> str:
    """Half width, simplified, lower case; one character for each of ``text``, so that a place in one is a place in the other."""
    return "".join(_folded(one) for one in text)


@lru_cache(maxsize=20_000)
def _folded(character: str) -> str:
    """One character for one: what would become several stays as it is."""
    plain = _SIMPLIFIED.convert(unicodedata.normalize("NFKC", character)).lower()
    return plain if len(plain) == 1 else character


def tokens(text: str) -> Iterator[str]:
    """The tokens under which a text is found: ``户籍A1`` -> 户 籍 户籍 a1."""
    for run in _RUNS.findall(fold(text)):
        if is_han(run):
            yield from run
            yield from (run[place : place + 2] for place in range(len(run) - 1))
        else:
            yield run


def is_han(run: str) -> bool:
    """Whether a run is Chinese."""
    return not run.isascii()


@dataclass(frozen=True)
class Latin:
    """A title as it is typed in Latin letters, character by character.

    Attributes:
        syllables: pinyin of each Chinese character, every other character as it is.
    """

    syllables: tuple[str, ...]

    @property
    def initials(self) -> tuple[str, ...]:
        """First letter of each."""
        return tuple(one[:1] for one in self.syllables)


@lru_cache(maxsize=50_000)
def latin(title: str) -> Latin:
    """``重庆银行`` -> chong qing yin hang: characters with several readings are read by the words they stand in."""
    return Latin(tuple(lazy_pinyin(fold(title), style=Style.NORMAL, errors=_apart)))  # type: ignore[arg-type]


def _apart(text: str) -> list[str]:
    """What is not Chinese, one by one, so that there is one syllable for each character."""
    return list(text)


@lru_cache(maxsize=50_000)
def latin_tokens(title: str) -> tuple[str, ...]:
    """Beginnings under which a title is found by pinyin: from each of its characters on, initials and whole syllables."""
    said = latin(title)
    found: list[str] = []
    for parts in (said.initials, said.syllables):
        for run in _latin_runs(parts):
            found += ["".join(run[place:]) for place in range(len(run))]
    return tuple(dict.fromkeys(found))


def _latin_runs(parts: tuple[str, ...]) -> Iterator[list[str]]:
    run: list[str] = []
    for part in (*parts, " "):
        if part.isascii() and part.isalnum():
            run.append(part)
        elif run:
            yield run
            run = []


def query_runs(text: str) -> list[str]:
    """The runs of a query: words of Chinese and words of Latin letters, each once; nothing but those is looked for."""
    return list(dict.fromkeys(_RUNS.findall(fold(text[:LONGEST_QUERY]))))[:MOST_TERMS]


def expression(run: str, *, every: bool = True) -> str:
    """The condition for one run in the index's language; every token is quoted, so that no query can be a command.

    Args:
        run: Chinese, or Latin letters and digits.
        every: every pair of Chinese characters has to be there; otherwise any.
    """
    if not is_han(run):
        # A prefix: what is typed by pinyin is the beginning of a title's letters, or of a word's.
        return f'"{run}"*'
    if len(run) == 1:
        return f'"{run}"'
    return (
        "(" + (" AND " if every else " OR ").join(f'"{run[place : place + 2]}"' for place in range(len(run) - 1)) + ")"
    )
