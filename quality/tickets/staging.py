"""Fingerprints on their way into the database, chunk by chunk, so that what follows is one statement over all of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection

from quality.tickets.tables import ticket_finding

_staged = sa.Table(
    "ticket_staged_finding",
    sa.MetaData(),  # temporary: it belongs to the connection, not to the schema
    sa.Column("fingerprint", sa.Text, nullable=False),
    prefixes=["TEMPORARY"],
)

staged = sa.select(_staged.c.fingerprint).distinct().subquery("staged")
"""The staged fingerprints, each once."""

unseen = (
    sa.select(staged.c.fingerprint)
    .where(
        ~sa.exists().where(
            ticket_finding.c.fingerprint == staged.c.fingerprint,
            ticket_finding.c.gone_since.is_(None),
        )
    )
    .subquery("unseen")
)
"""The staged fingerprints that stand in no ticket, or only in tickets that saw them go."""


def stage(connection: Connection, chunks: Iterable[Sequence[str]]) -> None:
    """Put ``chunks`` of fingerprints in the place of what was staged before."""
    connection.execute(sa.schema.CreateTable(_staged, if_not_exists=True))
    connection.execute(sa.delete(_staged))
    for chunk in chunks:
        connection.execute(
            sa.insert(_staged).from_select(["fingerprint"], _as_rows(connection.dialect.name, list(chunk)))
        )


def _as_rows(dialect: str, chunk: list[str]) -> sa.Select[tuple[str]]:
    """One parameter for a whole chunk: a JSON array on SQLite, an array on PostgreSQL."""
    if dialect == "postgresql":
        rows = sa.func.unnest(sa.cast(sa.literal(chunk, ARRAY(sa.Text)), ARRAY(sa.Text))).table_valued("value")
    else:
        rows = sa.func.json_each(sa.literal(json.dumps(chunk), sa.Text)).table_valued("value")
    return sa.select(rows.c.value)
