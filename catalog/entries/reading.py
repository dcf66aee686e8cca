"""Entries as they are read: lists, what is due, the trail and its two streams, and which entries changed since a day.

Days that a query asks for (share term, assessment, end of a temporary class) are read out of the facts by the database: of
ten thousand entries no document is opened to find the three whose term has ended.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from catalog.cases import store
from catalog.cases.model import Case, Happening
from catalog.cases.tables import catalogue_case
from catalog.entries.held import draft_of
from catalog.entries.states import (
    ADDED,
    CHANGE_REVIEWED,
    CONFIRMED_WITH_CITY,
    ENTRY,
    IN_FORCE,
    IN_REVIEW,
    REDECLARED,
    REVIEWED,
    UNREVIEWED,
)
from catalog.model import Resource
from warehouse.operational import OperationalDatabase

STREAMS: dict[str, frozenset[str]] = {
    "sharing": frozenset(
        {"declared", "added", "published", "sharing_changed", "overridden", "override_ended", "reassessed"}
    ),
    "opening": frozenset({"declared", "added", "published", "opening_changed"}),
}
"""Attribute -> the events of its stream: which class it began with, and every change (Wuhan 3: two different acts)."""

CHANGES = frozenset(
    {
        "declared", "added", "redeclared", "undeclared", "published", "change_requested", "change_published", "confirmed",
        "confirmed_for_city", "confirmed_merged", "restored", "withdrawn", "overridden", "override_ended",
    }
)  # fmt: skip
"""Events by which an entry comes to say something else, or is asked to."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one entry what a comparison with the documents needs.

    Attributes:
        id: of the entry.
        state: where it stands.
        digest: of the document in force; None where none is.
    """

    id: str
    state: str
    digest: str | None


@dataclass(frozen=True, slots=True)
class Due:
    """Something that is owed, or that a day has brought.

    Attributes:
        entry, title, department: whose.
        what: ``review``, ``unreviewed``, ``term``, ``assessment``, ``override``.
        on: the day; None where the city's rules state none.
        ground: the article or house rule behind a limit; empty otherwise.
        late: whether the day has passed.
    """

    entry: str
    title: str
    department: str
    what: str
    on: date | None
    ground: str
    late: bool


@dataclass(frozen=True, slots=True)
class EntryChange:
    """One line of the report of changes.

    Attributes:
        at, by, department: when, who, for which department.
        entry, event: what happened to which entry.
        fields: fields that differ, each ``{"field", "old", "new"}``.
        cause, basis: of a change that was asked for.
        reviewed: False for what was done to a document by hand and nobody has looked at.
    """

    at: datetime
    by: str
    department: str | None
    entry: str
    event: str
    fields: tuple[dict[str, Any], ...]
    cause: str | None
    basis: str | None
    reviewed: bool


class EntryReading:
    """Looks at entries.

    Args:
        database: where cases are kept.
    """

    def __init__(self, database: OperationalDatabase) -> None:
        self._db = database

    def get(self, entry: str) -> Case:
        """One entry; NotFound if there is none."""
        with self._db.begin() as connection:
            return store.get(connection, ENTRY, entry)

    def listed(
        self, *, states: Collection[str] | None = None, departments: Collection[str] | None = None,
        limit: int | None = None, offset: int = 0,
    ) -> list[Case]:  # fmt: skip
        """Entries in the order of their ids."""
        with self._db.begin() as connection:
            return store.listed(
                connection, kind=ENTRY.kind, states=states, departments=departments, limit=limit, offset=offset
            )

    def trail(self, entry: str, *, attribute: str | None = None) -> list[Happening]:
        """What happened to an entry: all of it, or the stream of ``sharing`` or ``opening`` alone."""
        with self._db.begin() as connection:
            store.get(connection, ENTRY, entry)
            names = STREAMS[attribute] if attribute else None
            return list(store.trail(connection, kind=ENTRY.kind, case_id=entry, names=names))

    def changes(self, since: datetime) -> list[EntryChange]:
        """Which entries changed since a moment, how, and by whom: what providers report to the authority (Haishu 11)."""
        with self._db.begin() as connection:
            return [_change(one) for one in store.trail(connection, kind=ENTRY.kind, names=CHANGES, since=since)]

    def due(self, today: date, now: datetime) -> list[Due]:
        """Reviews owed and late, hand-made changes, terms that ended, classes to assess, temporary classes to end.

        In the order of days; what has no day comes last.
        """
        with self._db.begin() as connection:
            waiting = store.listed(connection, kind=ENTRY.kind, open_only=True, due_until=date.max)
            found = [_due(one, "review", one.limit.due, one.limit.ground, now) for one in waiting if one.limit]
            open_ended = store.listed(connection, kind=ENTRY.kind, states=IN_REVIEW)
            found += [_due(one, "review", None, "", now) for one in open_ended if one.limit is None]
            by_hand = store.listed(connection, kind=ENTRY.kind, states=UNREVIEWED)
            found += [_due(one, "unreviewed", None, "", now) for one in by_hand if one.limit is None]
            for name, what in (("term", "term"), ("review_on", "assessment"), ("override_until", "override")):
                cases = with_day(connection, name, today, inclusive=name == "review_on")
                found += [_day(one, what, date.fromisoformat(one.facts[name]), today) for one in cases]
        return sorted(found, key=lambda one: (one.on or date.max, one.entry))

    def under_review(self) -> list[Resource]:
        """What is under review or reviewed and not published yet, first entries and changes alike."""
        return [draft_of(one) for one in self.listed(states=(*IN_REVIEW, REVIEWED, CHANGE_REVIEWED))]

    def standings(self) -> list[Standing]:
        """Of every entry where it stands and the digest of its document in force."""
        digest = catalogue_case.c.facts["digest"].as_string()
        query = sa.select(catalogue_case.c.id, catalogue_case.c.state, digest).where(
            catalogue_case.c.kind == ENTRY.kind
        )
        with self._db.begin() as connection:
            return [Standing(*row) for row in connection.execute(query)]


def is_published(case: Case) -> bool:
    """Whether a reviewed document of this entry is in force. What was only added by hand waits for the authority."""
    by_hand = case.state in (ADDED, REDECLARED, CONFIRMED_WITH_CITY)
    return case.state in IN_FORCE and (not by_hand or case.facts.get("published") is not None)


def with_day(connection: Connection, name: str, today: date, *, inclusive: bool) -> list[Case]:
    """Entries in force whose fact ``name`` is a day before ``today``, or that day itself where ``inclusive``."""
    day = catalogue_case.c.facts[name].as_string()
    limit = day <= today.isoformat() if inclusive else day < today.isoformat()
    query = (
        sa.select(catalogue_case)
        .where(catalogue_case.c.kind == ENTRY.kind, catalogue_case.c.state.in_(IN_FORCE), day.is_not(None), limit)
        .order_by(catalogue_case.c.id)
    )
    return [store.as_case(row) for row in connection.execute(query).mappings()]


def _due(case: Case, what: str, on: date | None, ground: str, now: datetime) -> Due:
    return Due(case.id, case.title, case.department, what, on, ground, case.is_late(now))


def _day(case: Case, what: str, on: date, today: date) -> Due:
    return Due(case.id, case.title, case.department, what, on, "", on < today)


def _change(event: Happening) -> EntryChange:
    facts = event.facts
    asked = facts.get("change") or facts
    return EntryChange(
        event.at, event.by.id, event.by.department, event.case, event.event, tuple(_fields(facts)), asked.get("cause"),
        asked.get("basis") or None, event.event not in ("declared", "added", "redeclared", "undeclared"),
    )  # fmt: skip


def _fields(facts: Any) -> Iterable[dict[str, Any]]:
    if "fields" in facts:
        return list(facts["fields"])
    if "old" in facts:
        return [{"field": "sharing.class", "old": facts["old"], "new": facts["new"]}]
    return []
