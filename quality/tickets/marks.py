"""Marks: which findings stand in an open ticket now, so that the served views can call a value disputed.

Projected from ticket events and joined by fingerprint; a rebuild of the libraries never depends on tickets.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from quality.tickets.states import State
from quality.tickets.tables import ticket, ticket_finding

OPEN = tuple(state for state in State if state is not State.CLOSED)


def open_marks() -> sa.Select[tuple[str]]:
    """Select ``fingerprint``, each once: the findings present in open tickets."""
    return (
        sa.select(ticket_finding.c.fingerprint)
        .join(ticket, ticket.c.id == ticket_finding.c.ticket)
        .where(ticket.c.state.in_(OPEN), ticket_finding.c.gone_since.is_(None))
        .distinct()
    )


def stream_marks(connection: Connection, size: int = 50_000) -> Iterator[list[str]]:
    """`open_marks` in chunks of ``size`` fingerprints."""
    found = connection.execute(open_marks(), execution_options={"yield_per": size})
    for chunk in found.scalars().partitions(size):
        yield cast("list[str]", list(chunk))
