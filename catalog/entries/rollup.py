"""How far the catalogue is: per department of a district or of the whole city, who has submitted what, and who nothing.

The district's authority puts its departments' catalogues together, the city's all of them (Wuhan 10).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from catalog.cases.tables import catalogue_case, catalogue_event
from catalog.entries.states import (
    DRAFTED,
    ENTRY,
    IN_FORCE,
    RETURNED,
    REVIEWED,
    SUBMITTED,
    UNREVIEWED,
    WITH_CITY,
    WITH_GOVERNMENT,
)
from catalog.organisation import Organisation
from warehouse.operational import OperationalDatabase

_LAST = {
    "submitted": frozenset({"submitted", "change_requested"}),
    "reviewed": frozenset({"reviewed", "merged", "approved", "change_reviewed", "change_merged", "change_approved"}),
    "published": frozenset({"published", "change_published", "declared", "confirmed", "confirmed_merged"}),
}
"""Column -> the events whose last day it shows."""


@dataclass(frozen=True, slots=True)
class RollupRow:
    """One unit's part of the catalogue.

    Attributes:
        department, name: the unit.
        authority: id of the authority into whose catalogue it goes first; None where there is none.
        owner: who compiles it; another one for units managed vertically.
        drafted, submitted, with_city, reviewed, published: entries that stand there now; ``submitted`` are those an authority
            or a government owes a decision, ``published`` those in force.
        unreviewed: of them, changed by hand and not looked at.
        last_submitted, last_reviewed, last_published: when it last happened; None: never.
    """

    department: str
    name: str
    authority: str | None
    owner: str
    drafted: int
    submitted: int
    with_city: int
    reviewed: int
    published: int
    unreviewed: int
    last_submitted: datetime | None
    last_reviewed: datetime | None
    last_published: datetime | None

    @property
    def nothing(self) -> bool:
        """Whether it has neither submitted nor published anything."""
        return self.last_submitted is None and self.last_published is None


def rollup(
    database: OperationalDatabase, organisation: Organisation, *, authority: str | None = None
) -> list[RollupRow]:
    """A row for every unit that has data, those with nothing included, in the order of authorities and units.

    Args:
        database: where cases are kept.
        organisation: the units.
        authority: only those whose catalogue this authority puts together; None: all.

    Raises:
        UserError: there is no such unit.
    """
    units = [one for _, one in organisation.tree() if one.is_provider]
    with database.begin() as connection:
        counts, last = _counts(connection), _last(connection)
    rows = []
    for unit in units:
        first = organisation.compiler_of(unit.id)
        found = counts[unit.id]
        rows.append(
            RollupRow(
                unit.id, unit.name, first.id if first else None, organisation.catalogue_owner(unit.id).id,
                _sum(found, (DRAFTED, RETURNED)), _sum(found, (SUBMITTED, WITH_GOVERNMENT)), found[WITH_CITY],
                found[REVIEWED], _sum(found, IN_FORCE), _sum(found, UNREVIEWED),
                last.get((unit.id, "submitted")), last.get((unit.id, "reviewed")), last.get((unit.id, "published")),
            )
        )  # fmt: skip
    if authority is not None:
        # The city's puts everything together; a district's, what it hands up: not the enterprises in its area (Wuhan 10).
        unit = organisation.unit(authority)
        within = (
            organisation.governed_by(unit.id)
            if unit == organisation.city_authority
            else organisation.district_area(unit.id)
        )
        rows = [one for one in rows if one.department in within]
    return sorted(rows, key=lambda one: (one.authority or "", one.department))


def _counts(connection: Connection) -> dict[str, Counter[str]]:
    table = catalogue_case.c
    query = (
        sa.select(table.department, table.state, sa.func.count())
        .where(table.kind == ENTRY.kind)
        .group_by(table.department, table.state)
    )
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for department, state, number in connection.execute(query):
        found[department][state] = number
    return found


def _last(connection: Connection) -> dict[tuple[str, str], datetime]:
    """(department, column) -> when it last happened to one of its entries."""
    case, event = catalogue_case.c, catalogue_event.c
    names = {name: column for column, names in _LAST.items() for name in names}
    query = (
        sa.select(case.department, event.event, sa.func.max(event.at))
        .join_from(catalogue_event, catalogue_case, sa.and_(case.kind == event.kind, case.id == event.case))
        .where(event.kind == ENTRY.kind, event.event.in_(sorted(names)))
        .group_by(case.department, event.event)
    )
    found: dict[tuple[str, str], datetime] = {}
    for department, name, at in connection.execute(query):
        key = (department, names[name])
        found[key] = max(at, found[key]) if key in found else at
    return found


def _sum(found: Counter[str], states: Iterable[str]) -> int:
    return sum(found[one] for one in states)
