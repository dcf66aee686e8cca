"""What rules, data elements and code lists rest on, held against the register of norms (`catalog.norms`).

A text such as ``GB/T 36344-2018 0201 数据元素完整性`` names a norm by number and year. Found are texts that name none that is
registered, and those that name a version which another has replaced (Wuhan 8: standards are followed; those in force).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from catalog.norms import Norm, Norms, NormVersion

_NUMBER = re.compile(
    r"(?<![A-Za-z])(?P<body>(?:GB|GA|TD|WS|CJJ|CH|JT|YD|SL|NY|DB\d{2,4})(?:/[TZ])?|GS) ?(?P<digits>\d+(?:\.\d+)*)(?:[-—](?P<year>\d{4}))?"
)
"""How standards are cited: body, number, year; ``GB/T 2261.1-2003``, ``DB31/T 1523-2024``."""


class Standing(StrEnum):
    """How a citation stands on a day."""

    BOUND = "bound"
    UNREGISTERED = "unregistered"
    """It names no norm, or none that is registered."""
    SUPERSEDED = "superseded"
    """It names a version that is not in force any more."""
    NOT_YET = "not_yet"
    """It names a version that is not in force yet."""


@dataclass(frozen=True, slots=True)
class Citation:
    """One norm that a text names.

    Attributes:
        text: as it is named there; the whole text where it names none.
        standing: how it stands on the day.
        norm: the version it is bound to: the one named, or without a year the one in force; None if unregistered.
        instead: the version in force, where the one named is not.
    """

    text: str
    standing: Standing
    norm: Norm | None = None
    instead: Norm | None = None

    def message(self) -> tuple[str, str]:
        """What is wrong and what to do, in Chinese and in English; how it is bound where nothing is."""
        if self.standing is Standing.UNREGISTERED:
            return (
                f"“{self.text}”未指明已登记的标准规范；请改写依据，或在 city/norms.yaml 登记",
                f"'{self.text}' names no registered norm: correct it, or register one in city/norms.yaml",
            )
        now_zh = f"；现行版本为 {self.instead.cited}" if self.instead else ""
        now_en = f"; in force is {self.instead.cited}" if self.instead else ""
        if self.standing is Standing.SUPERSEDED:
            return f"{self.text} 已被代替{now_zh}", f"{self.text} is superseded{now_en}"
        if self.standing is Standing.NOT_YET:
            return f"{self.text} 尚未施行{now_zh}", f"{self.text} is not in force yet{now_en}"
        bound = self.norm.cited if self.norm else self.text
        return f"按 {bound} 执行", f"bound to {bound}"


@dataclass(frozen=True, slots=True)
class CitedBy:
    """Who cites, and what: the id of a rule, of a data element, of a code list."""

    subject: str
    citation: Citation


def citations(text: str, norms: Norms, day: date) -> list[Citation]:
    """Every norm a text names, in order; one unregistered citation of the whole text where it names none."""
    found = [(match.start(), _standard(match, norms, day)) for match in _NUMBER.finditer(text)]
    named = {one.number for one in norms if _NUMBER.fullmatch(one.number) is None and one.number in text}
    # A longer title may hold a shorter one within.
    longest = [one for one in named if not any(one != other and one in other for other in named)]
    found += [(text.index(one), _titled(one, norms, day)) for one in longest]
    return [one for _, one in sorted(found, key=lambda entry: entry[0])] or [Citation(text, Standing.UNREGISTERED)]


def check_cited(cited: Iterable[tuple[str, str]], norms: Norms, day: date) -> list[CitedBy]:
    """Citations that are not bound on a day.

    Args:
        cited: who cites, and the text (``basis`` of a rule, ``standard`` of an element).
        norms: all norms.
        day: on which they have to hold.
    """
    return [CitedBy(who, one) for who, one in bound(cited, norms, day) if one.standing is not Standing.BOUND]


def bound(cited: Iterable[tuple[str, str]], norms: Norms, day: date) -> Iterator[tuple[str, Citation]]:
    """Who cites which norm in which version, bound or not."""
    known: dict[str, list[Citation]] = {}  # hundreds of rules rest on a few dozen texts
    for who, text in cited:
        if text not in known:
            known[text] = citations(text, norms, day)
        yield from ((who, one) for one in known[text])


def bound_to(named: NormVersion, norms: Norms, day: date) -> Citation:
    """How a document that is bound to one version of a norm stands on a day.

    Args:
        named: the version that it names.
        norms: all norms.
        day: on which it has to hold.
    """
    return _held(str(named), [one for one in norms if one.id == named.id], named.version, day)


def _standard(match: re.Match[str], norms: Norms, day: date) -> Citation:
    number = f"{match['body']} {match['digits']}"
    return _version(match[0], number, match["year"], norms, day)


def _titled(number: str, norms: Norms, day: date) -> Citation:
    return _version(number, number, None, norms, day)


def _version(text: str, number: str, year: str | None, norms: Norms, day: date) -> Citation:
    return _held(text, [one for one in norms if one.number == number], year, day)


def _held(text: str, versions: Sequence[Norm], year: str | None, day: date) -> Citation:
    held = next((one for one in versions if one.in_force(day)), None)
    if year is None:
        if held is not None:
            return Citation(text, Standing.BOUND, held)
        return Citation(text, Standing.SUPERSEDED if versions else Standing.UNREGISTERED, next(iter(versions), None))
    named = next((one for one in versions if one.version == year), None)
    if named is None:
        # A year we never heard of is not bound to another version in silence.
        return Citation(text, Standing.UNREGISTERED, instead=held)
    if named.in_force(day):
        return Citation(text, Standing.BOUND, named)
    begun = named.effective_from is None or named.effective_from <= day
    return Citation(text, Standing.SUPERSEDED if begun else Standing.NOT_YET, named, held)
