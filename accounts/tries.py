"""How often somebody tried in vain to come in under a name: after five wrong passwords in a row it waits a quarter of an hour.

A try is counted before the password is looked at and forgiven when it was right, so that many at once are no way round
the limit. Names that exist and names that do not are treated alike.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from accounts.tables import sign_in_try

MOST = 5
"""Wrong tries in a row."""
LOCKED_FOR = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(days=1)
"""Tries of a name that nobody tried again meanwhile are removed: invented names must not fill the table."""


def begin(connection: Connection, name: str, now: datetime) -> datetime | None:
    """Count one try of ``name``; the moment until which the name is locked, None where the try may go on."""
    connection.execute(sa.delete(sign_in_try).where(sign_in_try.c.last_at < now - FORGOTTEN_AFTER))
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    kept = sign_in_try.c
    over = kept.locked_until <= now
    counted = (
        dialect.insert(sign_in_try)
        .values(name=name, failures=1, locked_until=None, last_at=now)
        .on_conflict_do_update(
            index_elements=[kept.name],
            set_={
                "failures": sa.case((over, 1), else_=kept.failures + 1),
                "locked_until": sa.case((over, None), else_=kept.locked_until),
                "last_at": now,
            },
        )
        .returning(kept.failures, kept.locked_until)
    )
    failures, until = connection.execute(counted).one()
    if until is None and failures > MOST:
        # Five are under way at this moment, or a program ended between counting and answering.
        until = now + LOCKED_FOR
        connection.execute(sa.update(sign_in_try).where(kept.name == name).values(locked_until=until))
    return until if until is None or until > now else None


def failed(connection: Connection, name: str, now: datetime) -> datetime | None:
    """The try was wrong; the moment until which this locks the name, None while it does not."""
    kept = sign_in_try.c
    last = (kept.name == name) & (kept.failures >= MOST) & kept.locked_until.is_(None)
    until = now + LOCKED_FOR
    locked = connection.execute(sa.update(sign_in_try).where(last).values(locked_until=until))
    return until if locked.rowcount else None


def forgive(connection: Connection, name: str) -> None:
    """The password was right, or was set anew: no wrong try stands any more."""
    connection.execute(sa.delete(sign_in_try).where(sign_in_try.c.name == name))
