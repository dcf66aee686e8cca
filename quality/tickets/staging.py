"""Fingerprints on their way into the database, chunk by chunk, so that what follows is one statement over all of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection

from quality.tickets.tables import FINGERPRINT, ticket_finding

staged = sa.Table(
    "ticket_staged_finding",
    sa.MetaData(),  # temporary: it belongs to the connection, not to the schema
    sa.Column("part", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("fingerprint", FINGERPRINT, primary_key=True),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)
"""The staged fingerprints, each once in its part."""


def stage(connection: Connection, *parts: Iterable[Sequence[str]]) -> None:
    """Put ``parts``, each chunks of fingerprints, in the place of what was staged before; parts are numbered from 0."""
    postgres = connection.dialect.name == "postgresql"
    connection.execute(sa.schema.CreateTable(staged, if_not_exists=True))
    if postgres:
        connection.exec_driver_sql("TRUNCATE ticket_staged_finding")  # deleted rows would stay in its index
    else:
        connection.execute(sa.delete(staged))
    put = _put_postgresql if postgres else _put_sqlite
    for part, chunks in enumerate(parts):
        for chunk in chunks:
            connection.execute(put(part, list(chunk)))
    analyse(connection, staged)


def drop_standing(connection: Connection) -> dict[int, int]:
    """Take out of what is staged every fingerprint that stands in a ticket; returns part -> how many are left.

    A ticket in which a finding has ended does not hold it any more: if it comes back it is new.
    """
    standing = sa.exists().where(
        ticket_finding.c.fingerprint == staged.c.fingerprint, ticket_finding.c.ended_by.is_(None)
    )
    connection.execute(sa.delete(staged).where(standing))
    left = sa.select(staged.c.part, sa.func.count()).group_by(staged.c.part)
    return {row[0]: row[1] for row in connection.execute(left)}


def analyse(connection: Connection, *tables: sa.Table) -> None:
    """Let PostgreSQL look at ``tables`` now.

    In the transaction that fills a table its planner still believes it empty, and joins a million rows one by one.
    SQLite goes by its keys.
    """
    if connection.dialect.name == "postgresql":
        for table in tables:
            connection.exec_driver_sql(f"ANALYZE {table.name}")


def _put_sqlite(part: int, chunk: list[str]) -> sa.Insert:
    rows = sa.func.json_each(sa.literal(json.dumps(chunk), sa.Text)).table_valued("value")
    return (
        sa.insert(staged)
        .prefix_with("OR IGNORE")
        .from_select(["part", "fingerprint"], sa.select(sa.literal(part, sa.Integer), rows.c.value))
    )


def _put_postgresql(part: int, chunk: list[str]) -> sa.Insert:
    rows = sa.func.unnest(sa.cast(sa.literal(chunk, ARRAY(sa.Text)), ARRAY(sa.Text)))
    return (
        postgresql.insert(staged)
        .from_select(["part", "fingerprint"], sa.select(sa.literal(part, sa.Integer), rows))
        .on_conflict_do_nothing()
    )
