"""Marks: which findings stand in a ticket now, so that the served views can call a value disputed.

Projected from ticket events and joined by fingerprint; a rebuild of the libraries never depends on tickets. A finding stands
until it is repaired or found right; that it was talked through ends the ticket and not the doubt.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from quality.tickets.tables import ticket_finding


def open_marks() -> sa.Select[tuple[str]]:
    """Select ``fingerprint``, each once: the findings that stand in a ticket."""
    return sa.select(ticket_finding.c.fingerprint).where(ticket_finding.c.ended_by.is_(None)).distinct()


def stream_marks(connection: Connection, size: int = 50_000) -> Iterator[list[str]]:
    """`open_marks` in chunks of ``size`` fingerprints."""
    found = connection.execute(open_marks(), execution_options={"yield_per": size})
    for chunk in found.scalars().partitions(size):
        yield cast("list[str]", list(chunk))
