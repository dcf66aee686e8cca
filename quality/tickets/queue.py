"""The queues: tickets by legal due time, filtered, page by page, with the counts beside; read from the projection alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from accounts.model import Role
from ground.errors import UserError
from quality.tickets.events import TicketRow
from quality.tickets.permissions import UNROUTED, Actor
from quality.tickets.report_tables import problem_report
from quality.tickets.states import State
from quality.tickets.store import as_ticket
from quality.tickets.tables import ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFilter:
    """What somebody wants to see; None does not narrow.

    Attributes:
        states: only these.
        open: open ones, ended ones, or both (None).
        department, resource, rule, kind, group, assignee: only this one.
        overdue_at: only those late at this moment.
        due_until: only those due on this day or before.
        text: part of the ticket's id.
    """

    states: tuple[State, ...] = ()
    open: bool | None = True
    department: str | None = None
    resource: str | None = None
    rule: str | None = None
    kind: str | None = None
    group: str | None = None
    assignee: str | None = None
    overdue_at: datetime | None = None
    due_until: date | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class QueuePage:
    """One page: the tickets, and where the next page begins (None: it was the last)."""

    rows: list[TicketRow]
    next: str | None


def page(
    connection: Connection, wanted: QueueFilter, *, seen_by: Actor, limit: int = 50, after: str | None = None
) -> QueuePage:
    """Tickets by due time, then id.

    Args:
        connection: a transaction.
        wanted: what to show.
        seen_by: who looks: only what this person may see.
        limit: most tickets on the page.
        after: `QueuePage.next` of the page before. A page begins after a place in the order, not after a number of rows:
            the last page is as quick as the first, and nothing is shown twice when tickets close meanwhile.
    """
    found = sa.select(ticket).where(*_conditions(wanted), *_visible(seen_by))
    if after is not None:
        moment, _, name = after.partition("~")
        begin = place(moment)
        found = found.where(ticket.c.due_at >= begin, (ticket.c.due_at > begin) | (ticket.c.id > name))
    rows = connection.execute(found.order_by(ticket.c.due_at, ticket.c.id).limit(limit + 1)).mappings().all()
    shown = [as_ticket(row) for row in rows[:limit]]
    more = len(rows) > limit
    return QueuePage(shown, f"{shown[-1].due_at.isoformat()}~{shown[-1].id}" if more else None)


def counts(connection: Connection, wanted: QueueFilter, *, seen_by: Actor) -> dict[State, int]:
    """How many tickets of each state there are; the states asked for do not narrow it."""
    conditions = _conditions(QueueFilter(**{**_facts(wanted), "states": (), "open": None}))
    found = sa.select(ticket.c.state, sa.func.count()).where(*conditions, *_visible(seen_by)).group_by(ticket.c.state)
    return {State(state): number for state, number in connection.execute(found)}


def overdue(connection: Connection, wanted: QueueFilter, now: datetime, *, seen_by: Actor) -> int:
    """How many open tickets are late at ``now``."""
    late = QueueFilter(**{**_facts(wanted), "open": True, "overdue_at": now})
    found = sa.select(sa.func.count()).select_from(ticket).where(*_conditions(late), *_visible(seen_by))
    return int(connection.execute(found).scalar_one())


def seen_as_reporter(connection: Connection, actor: Actor, ticket_id: str) -> bool:
    """Whether the actor is among those who reported a ticket's problem."""
    found = sa.select(problem_report.c.id).where(
        problem_report.c.ticket == ticket_id, problem_report.c.reporter == actor.id
    )
    return connection.execute(found.limit(1)).first() is not None


def place(moment: str) -> datetime:
    """The moment that a place in a queue names; UserError where it names none."""
    try:
        found = datetime.fromisoformat(moment)
        if found.tzinfo is None:
            raise ValueError("a moment without its zone")
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UserError(
            "翻页标记无效，请从第一页开始。", "That is no place in the queue; begin with the first page."
        ) from None


def _facts(wanted: QueueFilter) -> dict[str, Any]:
    return {name: getattr(wanted, name) for name in QueueFilter.__dataclass_fields__}


def _conditions(wanted: QueueFilter) -> Sequence[sa.ColumnElement[bool]]:
    column = ticket.c
    found: list[sa.ColumnElement[bool]] = []
    if wanted.open is not None:
        found.append(column.is_open.is_(wanted.open))
    if wanted.states:
        found.append(column.state.in_(wanted.states))
    for name in ("department", "resource", "rule", "kind", "group", "assignee"):
        value = getattr(wanted, name)
        if value is not None:
            found.append(column[name] == value)
    if wanted.overdue_at is not None:
        found.append(column.due_at <= wanted.overdue_at)
    if wanted.due_until is not None:
        found.append(column.due <= wanted.due_until)
    if wanted.text:
        found.append(column.id.contains(wanted.text, autoescape=True))
    return found


def _visible(actor: Actor) -> Sequence[sa.ColumnElement[bool]]:
    """`quality.tickets.permissions.may_see` as conditions, and what the actor joined as a further reporter."""
    if actor.role is None or actor.role is Role.STEWARD:
        return []
    reported = sa.select(problem_report.c.ticket).where(problem_report.c.reporter == actor.id)
    own = ticket.c.id.in_(reported)
    if actor.role is Role.PROVIDER and actor.department is not None:
        return [sa.or_((ticket.c.department == actor.department) & ticket.c.state.not_in(UNROUTED), own)]
    return [own]
