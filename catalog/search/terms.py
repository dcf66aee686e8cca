"""What text and queries are cut into: Chinese into single characters and pairs, Latin into words, titles into pinyin as well.

No dictionary cuts Chinese here: pairs find a word wherever it stands, also one that no dictionary knows. Traditional characters,
full width and capitals are folded away on both sides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

import opencc

LONGEST_QUERY = 200
"""Characters of a query that are looked at."""
MOST_TERMS = 24
"""Terms of a query that are looked for."""

_SIMPLIFIED = opencc.OpenCC("t2s")
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff〇"
_RUNS = re.compile(rf"[{_HAN}]+|[a-z0-9]+")


class _Folding(dict[int, str]):
    """Character -> folded character, found out once for each."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if 0xD800 <= code <= 0xDFFF:  # half of a character, as broken programs send it: no text can hold it
            self[code] = " "
            return " "
        plain = _SIMPLIFIED.convert(unicodedata.normalize("NFKC", character)).lower()
        # What would become several characters stays as it is: places in the text must not move.
        self[code] = plain if len(plain) == 1 else character
        return self[code]


_FOLDING = _Folding()


def fold(text: str) -> str:
    """Half width, simplified, lower case; one character for each of ``text``, so that a place in one is a place in the other."""
    return text.translate(_FOLDING)


def tokens(text: str) -> Iterator[str]:
    """The tokens under which a text is found: ``户籍A1`` -> 户 籍 户籍 a1."""
    for run in _RUNS.findall(fold(text)):
        if is_han(run):
            yield from run
            # Pairs of a run follow each other: a longer word is a phrase of them.
            yield from (run[place : place + 2] for place in range(len(run) - 1))
        else:
            yield run


@lru_cache(maxsize=50_000)
def token_text(text: str) -> str:
    """The tokens of a text that stands in many entries (the title of an item, another name of an element), as one text."""
    return " ".join(tokens(text))


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
    from pypinyin import Style, lazy_pinyin  # reads a dictionary for half a second

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


class Fit(IntEnum):
    """How closely a run of Chinese has to stand in a text."""

    WHOLE = 0
    """As it is written."""
    EVERY_PAIR = 1
    """Every pair of its characters somewhere."""
    ANY_PAIR = 2


def expression(run: str, fit: Fit = Fit.WHOLE) -> str:
    """The condition for one run in the index's language; every token is quoted, so that no query can be a command."""
    if not is_han(run):
        # A prefix: what is typed by pinyin is the beginning of a title's letters, or of a word's.
        return f'"{run}"*'
    if len(run) == 1:
        return f'"{run}"'
    pairs = [run[place : place + 2] for place in range(len(run) - 1)]
    if fit is Fit.WHOLE:
        return f'"{" ".join(pairs)}"'  # pairs of a run follow each other in the index (`tokens`)
    return "(" + (" AND " if fit is Fit.EVERY_PAIR else " OR ").join(f'"{pair}"' for pair in pairs) + ")"


def question(runs: Sequence[str], fit: Fit) -> str:
    """The condition for all runs of a query; of the loosest fit any run will do."""
    return (" OR " if fit is Fit.ANY_PAIR else " AND ").join(expression(run, fit) for run in runs)
