"""Writes events of cases and their projection in one transaction; reads them back.

One write takes any number of changes in a handful of statements: a department that imports five thousand entries writes
five thousand events, and none of them alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from catalog.cases.machine import Machine
from catalog.cases.model import Case, Facts, Happening, Limit, apply
from catalog.cases.person import Person
from catalog.cases.tables import catalogue_case, catalogue_event
from ground.errors import Conflict, NotFound

_LOCK = 0x5348_5559_4341_5345  # "SHUYCASE": one at a time opens cases in a PostgreSQL database
_CHUNK = 500
"""Ids in one statement; databases bound the number of parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing to happen to one case, as a service asks for it.

    Attributes:
        case: the case as it was read in this transaction; None opens a new one, which needs ``id``, ``title``,
            ``department`` and ``profile``.
        event: what happens.
    """

    case: Case | None
    event: str
    by: Person
    now: datetime
    facts: Facts = field(default_factory=dict)
    sets: Facts = field(default_factory=dict)
    id: str | None = None
    title: str | None = None
    department: str | None = None
    profile: str | None = None
    limit: Limit | None = None
    ends_limit: bool = False


def take_turn(connection: Connection) -> None:
    """One at a time from here to the end of the transaction, for whoever gives out numbers or checks what is not there."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def new_id(connection: Connection, machine: Machine, prefix: str, day: date) -> str:
    """An id for a new case of a day: ``<prefix>-<yyyymmdd>-<number>``."""
    take_turn(connection)
    start = f"{prefix}-{day:%Y%m%d}-"
    table = catalogue_case.c
    number = sa.cast(sa.func.substr(table.id, len(start) + 1), sa.Integer)
    # "." follows "-": the range of the key in which the ids of a day lie.
    found = sa.select(sa.func.max(number)).where(
        table.kind == machine.kind, table.id >= start, table.id < start[:-1] + "."
    )
    return f"{start}{(connection.execute(found).scalar() or 0) + 1:04d}"


def find(connection: Connection, machine: Machine, case_id: str) -> Case | None:
    """One case, locked until the transaction ends where the database can; None if there is none."""
    return next(iter(find_many(connection, machine, [case_id])), None)


def get(connection: Connection, machine: Machine, case_id: str) -> Case:
    """`find`, or NotFound."""
    case = find(connection, machine, case_id)
    if case is None:
        raise NotFound(
            f"没有编号为 {case_id} 的{machine.title[0]}，请核对编号。",
            f"There is no {machine.title[1]} {case_id}; check the id.",
        )
    return case


def find_many(connection: Connection, machine: Machine, ids: Collection[str]) -> list[Case]:
    """The cases of these ids that there are, locked, in the order of ids."""
    wanted = sorted(set(ids))
    found: list[Case] = []
    for start in range(0, len(wanted), _CHUNK):
        query = (
            sa.select(catalogue_case)
            .where(catalogue_case.c.kind == machine.kind, catalogue_case.c.id.in_(wanted[start : start + _CHUNK]))
            .order_by(catalogue_case.c.id)
            .with_for_update()
        )
        found += [as_case(row) for row in connection.execute(query).mappings()]
    return found


def listed(
    connection: Connection,
    *,
    kind: str | None = None,
    states: Collection[str] | None = None,
    departments: Collection[str] | None = None,
    open_only: bool = False,
    due_until: date | None = None,
    provisional: bool = False,
    limit: int | None = None,
    offset: int = 0,
) -> list[Case]:
    """Cases in the order of kind and id, soonest due first where ``due_until`` is given."""
    table = catalogue_case.c
    query = sa.select(catalogue_case).limit(limit).offset(offset)
    if kind is not None:
        query = query.where(table.kind == kind)
    if states is not None:
        query = query.where(table.state.in_(sorted(states)))
    if departments is not None:
        query = query.where(table.department.in_(sorted(departments)))
    if open_only:
        query = query.where(table.is_open)
    if due_until is not None:
        query = query.where(table.due <= due_until).order_by(table.due)
    if provisional:
        query = query.where(table.due_provisional)
    return [as_case(row) for row in connection.execute(query.order_by(table.kind, table.id)).mappings()]


def events(connection: Connection, kind: str, case_id: str) -> list[Happening]:
    """Everything that happened to one case, in order."""
    return list(trail(connection, kind=kind, case_id=case_id))


def trail(
    connection: Connection,
    *,
    kind: str | None = None,
    case_id: str | None = None,
    names: Collection[str] | None = None,
    since: datetime | None = None,
) -> Iterable[Happening]:
    """Events in the order in which they were written: the audit stream, or the part of it that is asked for."""
    table = catalogue_event.c
    query = sa.select(catalogue_event).order_by(table.seq)
    if kind is not None:
        query = query.where(table.kind == kind)
    if case_id is not None:
        query = query.where(table.case == case_id)
    if names is not None:
        query = query.where(table.event.in_(sorted(names)))
    if since is not None:
        query = query.where(table.at >= since)
    for row in connection.execute(query).mappings():
        yield Happening.read(dict(row))


def happen(connection: Connection, machine: Machine, change: Change) -> Case:
    """One change; see `happen_all`."""
    return happen_all(connection, machine, [change])[0]


def happen_all(connection: Connection, machine: Machine, changes: Sequence[Change]) -> list[Case]:
    """Write the events and project them, all in the caller's transaction.

    Args:
        connection: the caller's transaction (`OperationalDatabase.writing`).
        machine: of the cases.
        changes: at most one for each case.

    Returns:
        The cases as they stand now, in the order of ``changes``.

    Raises:
        Conflict: the event does not exist in the case's state; an id that is taken already.
    """
    happened = [_happening(machine, change) for change in changes]
    after = [apply(machine, change.case, event) for change, event in zip(changes, happened, strict=True)]
    fresh = [one for one, change in zip(after, changes, strict=True) if change.case is None]
    if fresh:
        _refuse_taken(connection, machine, [one.id for one in fresh])
        connection.execute(sa.insert(catalogue_case), [_row(one) for one in fresh])
    known = [one for one, change in zip(after, changes, strict=True) if change.case is not None]
    if known:
        statement = (
            sa.update(catalogue_case)
            .where(catalogue_case.c.kind == machine.kind, catalogue_case.c.id == sa.bindparam("which"))
            .values({name: sa.bindparam(name) for name in _row(known[0]) if name not in ("kind", "id")})
        )
        rows = [{"which": one.id, **{k: v for k, v in _row(one).items() if k not in ("kind", "id")}} for one in known]
        connection.execute(statement, rows)
    if happened:
        connection.execute(sa.insert(catalogue_event), [_event_row(one) for one in happened])
    return after


def as_case(row: RowMapping) -> Case:
    """A case from its row."""
    limit = None
    if row["due"] is not None:
        limit = Limit(
            row["limit_text"], row["limit_received_at"], row["limit_ground"], row["due"], row["due_at"],
            bool(row["due_provisional"]),
        )  # fmt: skip
    return Case(
        kind=row["kind"], id=row["id"], department=row["department"], title=row["title"], state=row["state"],
        is_open=row["is_open"], opened_at=row["opened_at"], changed_at=row["changed_at"], profile=row["profile"],
        events=row["events"], limit=limit, facts=row["facts"],
    )  # fmt: skip


def _happening(machine: Machine, change: Change) -> Happening:
    case = change.case
    name = case.id if case is not None else change.id
    if name is None:
        raise ValueError("a new case needs an id")
    state = case.state if case is not None else None
    machine.check_can(state, change.event, name)
    return Happening(
        kind=machine.kind, case=name, number=case.events + 1 if case else 1, at=change.now, by=change.by,
        event=change.event, state=machine.next[(state, change.event)], facts=change.facts, sets=change.sets,
        title=change.title, department=change.department, profile=change.profile, limit=change.limit,
        ends_limit=change.ends_limit,
    )  # fmt: skip


def _refuse_taken(connection: Connection, machine: Machine, ids: list[str]) -> None:
    taken = [one.id for one in find_many(connection, machine, ids)]
    if taken:
        shown = "、".join(taken[:10])
        raise Conflict(
            f"编号已被使用：{shown}。请换一个编号，或对已有的{machine.title[0]}提出变更。",
            f"These ids are taken: {', '.join(taken[:10])}. Choose others, or change the {machine.title[1]} that is there.",
        )


def _row(case: Case) -> dict[str, Any]:
    limit = case.limit
    return {
        "kind": case.kind, "id": case.id, "department": case.department, "title": case.title, "state": case.state,
        "is_open": case.is_open, "opened_at": case.opened_at, "changed_at": case.changed_at, "profile": case.profile,
        "events": case.events, "facts": dict(case.facts),
        "limit_text": limit.text if limit else None,
        "limit_received_at": limit.received_at if limit else None,
        "limit_ground": limit.ground if limit else None,
        "due": limit.due if limit else None,
        "due_at": limit.due_at if limit else None,
        "due_provisional": limit.provisional if limit else None,
    }  # fmt: skip


def _event_row(event: Happening) -> dict[str, Any]:
    return {
        "kind": event.kind, "case": event.case, "number": event.number, "at": event.at, "actor": event.by.id,
        "part": event.by.part.value, "department": event.by.department, "event": event.event, "state": event.state,
        "facts": event.as_json(),
    }  # fmt: skip
