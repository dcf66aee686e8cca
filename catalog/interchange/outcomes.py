"""What the city did with the entries of a district: every step that moved one of them, from a place on, for that district to read.

The city's notes, reminders and dates are its own and are left out; so is who decided. Sources: district platforms are docked to
the city's (Wuhan 7, Haishu 6), whose authority checks and merges what districts compile (Wuhan 10).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from catalog.cases.tables import catalogue_case, catalogue_event
from catalog.entries.states import ENTRY
from ground.errors import Conflict
from warehouse.operational import OperationalDatabase

TOLD = frozenset(step.event for step in ENTRY.steps if step.after is not None) | {"held_back"}
"""Steps that lead an entry from one state to another, and that newer content of it waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CityOutcome:
    """One step of one entry.

    Attributes:
        place: in the order in which steps were written; grows, with gaps.
        entry, title, department: which entry, and whose.
        event: the step.
        state: where it led.
        at: when, aware.
        reason: why, where it was returned, refused, withdrawn, given up or held back.
        document: number of the document by which a class was approved or filed.
        code: the entry's code in the city's catalogue, where the step published it.
        digest: sha256 (hex) of what was published.
    """

    place: int
    entry: str
    title: str
    department: str
    event: str
    state: str
    at: datetime
    reason: str | None
    document: str | None
    code: str | None
    digest: str | None


@dataclass(frozen=True, slots=True)
class OutcomePage:
    """One page: steps, the place from which the next page is asked for, and whether there is more now."""

    outcomes: tuple[CityOutcome, ...]
    next: int
    more: bool


def outcomes_since(database: OperationalDatabase, area: Collection[str], since: int, limit: int) -> OutcomePage:
    """What happened to the entries of some units after a place.

    Args:
        database: where cases are kept.
        area: ids of the units.
        since: the ``next`` of the page before; 0 for all.
        limit: steps at most.

    Raises:
        Conflict: the place lies behind everything that ever happened to these entries, as after a restored backup. What
            happened to others is nobody's measure: how much goes on in the city is not told.
    """
    event, case = catalogue_event.c, catalogue_case.c
    joined = catalogue_event.join(catalogue_case, sa.and_(case.kind == event.kind, case.id == event.case))
    own = (event.kind == ENTRY.kind, event.event.in_(sorted(TOLD)), case.department.in_(sorted(area)))
    query = (
        sa.select(catalogue_event, case.title, case.department.label("unit"))
        .select_from(joined)
        .where(*own, event.seq > since)
        .order_by(event.seq)
        .limit(limit + 1)
    )
    with database.begin() as connection:
        _wait_for_writers(connection)
        last = connection.execute(sa.select(sa.func.max(event.seq)).select_from(joined).where(*own)).scalar() or 0
        if since > last:
            raise Conflict(
                f"起点 {since} 在本平台全部记录之后：市级平台可能恢复过备份。请从头查询（since=0）。",
                f"Nothing that happened here lies as far as {since}: the city's platform may have been restored from a "
                "backup. Ask from the beginning (since=0).",
                where="since",
            )
        rows = connection.execute(query).mappings().all()
    found = tuple(_outcome(dict(row)) for row in rows[:limit])
    more = len(rows) > limit
    return OutcomePage(found, found[-1].place if found else since, more)


def _wait_for_writers(connection: Connection) -> None:
    # PostgreSQL gives out numbers before the commit: a step written first may be seen last, and a reader who went on by
    # the greater number would never see it. Whoever is writing ends first; SQLite has one writer at a time anyway.
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"LOCK TABLE {catalogue_event.name} IN SHARE MODE"))


def _outcome(row: dict[str, Any]) -> CityOutcome:
    facts, sets = row["facts"]["facts"], row["facts"]["sets"]
    published = sets.get("published") or {}
    return CityOutcome(
        place=row["seq"], entry=row["case"], title=row["title"], department=row["unit"], event=row["event"],
        state=row["state"], at=row["at"], reason=facts.get("reason") or None, document=facts.get("document") or None,
        code=published.get("code"), digest=sets.get("digest") if published else None,
    )  # fmt: skip
