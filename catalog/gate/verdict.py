"""What the gate says: what bars an entry, and what the authority should look at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from catalog.matching.index import Collected


class Reason(StrEnum):
    """Why the gate refuses."""

    DUPLICATE = "duplicate"
    """The fact has a source already."""
    SHARED_IN = "shared_in"
    """Obtained by sharing, and listed as one's own."""
    NOT_ITS_COLLECTOR = "not_its_collector"
    """Another department collects it by law."""
    NO_BASIS = "no_basis"
    """A conditional or not-shared class without legal basis."""
    NO_SOURCE = "no_source"
    """Registered as corroboration of something that does not exist."""
    OTHER_FACT = "other_fact"
    """Registered as corroboration of something that is another fact, or of its own resource."""
    CIRCLE = "circle"
    """Registered as corroboration of what is, in the end, corroboration of itself: nobody is the source."""


class Kind(StrEnum):
    """What the authority is asked."""

    NEAR_DUPLICATE = "near_duplicate"
    COLLECTOR = "collector"
    """Another department may be the lawful collector; the list of collectors is not sure."""
    BASIS = "basis"
    """What stands where a law should names none."""
    EXCEPTION = "exception"
    """Collected again because a law is said to say so: each is looked at."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that bars an entry.

    Attributes:
        reason: why.
        item: the item; None where it is the resource.
        source: the item that is the source already, if there is one.
        zh, en: what was found, under which article, and what to do.
    """

    reason: Reason
    resource: str
    item: str | None
    source: Collected | None
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something for the authority: it bars nothing.

    Attributes:
        kind: what is asked.
        left: the item that was looked at; of a class its field, ``sharing.legal_basis``.
        right: the item it may be the same as; None where there is none.
        score: how alike, 0 to 1.
        zh, en: why it is asked.
        content: digest of what two items say of themselves, whichever is named first: while it stays, the question is the same.
    """

    kind: Kind
    left: Collected
    right: Collected | None
    score: float
    zh: str
    en: str
    content: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of one entry."""

    refusals: tuple[Refusal, ...] = ()
    findings: tuple[Finding, ...] = ()
