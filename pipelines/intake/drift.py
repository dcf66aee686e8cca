"""What a delivery's columns say of its declaration: which are new, which are gone. Names of columns only, never a value.

Source: the catalogue is kept current as data change (Longyan 8).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from catalog.feed import Feed
from catalog.model import Resource
from ground.errors import RefusedData
from pipelines.intake.staged import WrongHeader, needed

_NAME_LENGTH = 60
_NUMBER = re.compile(r"\d{5}|\d{4}-\d{2}")
"""What no column is called by: a number of a person, a day. A row that stands where the header should is not kept."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The columns of one delivery beside those its feed declares.

    Attributes:
        new: delivered, and named by nothing of the feed.
        gone: declared as always there, and not delivered.
        there: declared and delivered.
    """

    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    there: frozenset[str] = frozenset()


Look = Callable[[Feed, Resource, Seen, datetime], None]
"""Told of the columns of every delivery that was taken, or refused for its header."""


def unwatched(feed: Feed, resource: Resource, seen: Seen, now: datetime) -> None:
    """Nobody looks at columns."""


def of_taken(feed: Feed, not_taken: Sequence[str]) -> Seen:
    """The columns of a delivery whose header was accepted: every column it must have is there."""
    there = frozenset(one for one in needed(feed) if one not in feed.may_be_missing)
    return Seen(_names(not_taken), (), there)


def of_refusal(feed: Feed, refusal: RefusedData) -> Seen | None:
    """The columns of a delivery that was refused for its header; None where it was refused for anything else.

    Where less than half of the declared columns are there, the row is hardly a header: what stands in it may be values, and
    only what is missing is kept, by its declared name.
    """
    if not isinstance(refusal, WrongHeader):
        return None
    expected = needed(feed)
    there = frozenset(expected) & frozenset(refusal.header)
    is_header = 2 * len(there) >= len(expected)
    new = [one for one in refusal.header if one and one not in there] if is_header else []
    return Seen(_names(new), tuple(refusal.missing), there)


def _names(columns: Sequence[str]) -> tuple[str, ...]:
    """Columns that are called something, in order, each once; what looks like a value is not kept."""
    return tuple(
        one for one in dict.fromkeys(columns) if one and len(one) <= _NAME_LENGTH and _NUMBER.search(one) is None
    )
