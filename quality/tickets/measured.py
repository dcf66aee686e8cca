"""Reads what `quality.tickets.measures` counts from the projection and the event stream: one statement, column by column."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from quality.tickets.measures import TICKET_SCHEMA
from quality.tickets.states import Event
from quality.tickets.tables import ticket, ticket_event, ticket_finding

CHUNK = 50_000
ARROW = TICKET_SCHEMA.to_pyarrow()


def ticket_batches(connection: Connection) -> Iterator[pa.RecordBatch]:
    """Every ticket in `TICKET_SCHEMA`, in batches."""
    found = connection.execute(_tickets(), execution_options={"yield_per": CHUNK})
    for chunk in found.partitions(CHUNK):
        columns = zip(*chunk, strict=True)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, ARROW, strict=True)]
        yield pa.record_batch(arrays, schema=ARROW)


def _tickets() -> sa.Select[tuple[object, ...]]:
    column = ticket.c
    # Moments as they are stored, in UTC without a zone: a hundred thousand of them need not become aware one by one.
    moments = {
        name: sa.type_coerce(column[name], sa.DateTime).label(name)
        for name in ("received_at", "answered_at", "closed_at", "due_at")
    }
    extended, again = _extensions(), _found_again()
    return (
        sa.select(
            column.id, column.department, column.resource, column.rule, column.state, column.outcome,
            *moments.values(),
            column.rectified_at.is_not(None), column.rounds, again.c.ticket.is_not(None),
            sa.func.coalesce(extended.c.asked, 0), sa.func.coalesce(extended.c.granted, 0),
            sa.func.coalesce(extended.c.refused, 0),
        )
        .outerjoin(extended, extended.c.ticket == column.id)
        .outerjoin(again, again.c.ticket == column.id)
    )  # fmt: skip


def _extensions() -> sa.Subquery:
    """How often an extension of each ticket was asked for, granted and refused."""
    kinds = {"asked": Event.EXTENSION_ASKED, "granted": Event.EXTENSION_GRANTED, "refused": Event.EXTENSION_REFUSED}
    event = ticket_event.c
    counts = [sa.func.sum(sa.case((event.event == kind.value, 1), else_=0)).label(name) for name, kind in kinds.items()]
    wanted = event.event.in_([kind.value for kind in kinds.values()])
    return sa.select(event.ticket, *counts).where(wanted).group_by(event.ticket).subquery("extended")


def _found_again() -> sa.Subquery:
    """Ended tickets of which a finding was found again after their end: it is in a ticket that was opened later."""
    mine, later = ticket_finding.alias("mine"), ticket_finding.alias("later")
    was, became = ticket.alias("was"), ticket.alias("became")
    several = (
        sa.select(ticket_finding.c.fingerprint)
        .group_by(ticket_finding.c.fingerprint)
        .having(sa.func.count() > 1)
        .subquery("several")
    )
    return (
        sa.select(mine.c.ticket)
        .select_from(several)
        .join(mine, mine.c.fingerprint == several.c.fingerprint)
        .join(later, (later.c.fingerprint == mine.c.fingerprint) & (later.c.ticket != mine.c.ticket))
        .join(was, was.c.id == mine.c.ticket)
        .join(became, became.c.id == later.c.ticket)
        .where(was.c.closed_at.is_not(None), became.c.opened_at >= was.c.closed_at)
        .distinct()
        .subquery("again")
    )
