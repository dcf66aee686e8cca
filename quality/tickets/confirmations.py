"""What a rule learns: values that a department checked and found right, and that are not reported again until they change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from quality.tickets.report_tables import confirmed_value


def learn(connection: Connection, ticket: str, values: Sequence[tuple[str, str]], now: datetime) -> None:
    """Keep ``values``, pairs of fingerprint and keyed digest of the value, as confirmed by a ticket.

    A value that was confirmed before and doubted since is confirmed anew.
    """
    if not values:
        return
    same = sa.tuple_(confirmed_value.c.fingerprint, confirmed_value.c.value)
    for start in range(0, len(values), 500):
        chunk = list(values[start : start + 500])
        connection.execute(sa.delete(confirmed_value).where(same.in_(chunk)))
        connection.execute(
            sa.insert(confirmed_value),
            [
                {"fingerprint": name, "value": value, "ticket": ticket, "confirmed_at": now, "revoked_at": None}
                for name, value in chunk
            ],
        )


def revoke(connection: Connection, ticket: str, now: datetime) -> None:
    """Forget what a ticket confirmed: its answer is disputed, and the rule reports the values again."""
    connection.execute(
        sa.update(confirmed_value)
        .where(confirmed_value.c.ticket == ticket, confirmed_value.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def revoked_since(connection: Connection, moment: datetime | None) -> list[str]:
    """Fingerprints of what was confirmed once and is doubted; with ``moment`` only what was doubted then or later."""
    found = sa.select(confirmed_value.c.fingerprint).where(confirmed_value.c.revoked_at.is_not(None)).distinct()
    if moment is not None:
        found = found.where(confirmed_value.c.revoked_at >= moment)
    return list(connection.execute(found).scalars())
