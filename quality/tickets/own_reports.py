"""The tickets that hold what one reporter reported, page by page: what a counter system polls."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from quality.tickets.queue import QueuePage, place
from quality.tickets.report_tables import problem_report
from quality.tickets.states import State
from quality.tickets.store import as_ticket
from quality.tickets.tables import ticket, ticket_event


def page(
    connection: Connection,
    reporter: str,
    *,
    states: tuple[State, ...] = (),
    since: datetime | None = None,
    limit: int = 50,
    after: str | None = None,
) -> QueuePage:
    """Tickets in the order in which they were opened.

    Args:
        connection: a transaction.
        reporter: id of who reported.
        states: only these; none: all.
        since: only those to which something has happened at this moment or later.
        limit: most tickets on the page.
        after: `QueuePage.next` of the page before.
    """
    mine = sa.select(problem_report.c.ticket).where(problem_report.c.reporter == reporter)
    found = sa.select(ticket).where(ticket.c.id.in_(mine))
    if states:
        found = found.where(ticket.c.state.in_(states))
    if since is not None:
        found = found.where(
            sa.exists().where(
                ticket_event.c.ticket == ticket.c.id,
                ticket_event.c.seq == ticket.c.last_seq,
                ticket_event.c.at >= since,
            )
        )
    if after is not None:
        moment, _, name = after.partition("~")
        begin = place(moment)
        found = found.where(ticket.c.opened_at >= begin, sa.or_(ticket.c.opened_at > begin, ticket.c.id > name))
    rows = connection.execute(found.order_by(ticket.c.opened_at, ticket.c.id).limit(limit + 1)).mappings().all()
    shown = [as_ticket(row) for row in rows[:limit]]
    more = len(rows) > limit
    return QueuePage(shown, f"{shown[-1].opened_at.isoformat()}~{shown[-1].id}" if more else None)
