"""The table of what people attach to reports and answers; the bytes lie below a folder, named by their digest."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ledger.guards import attach_append_only, install_append_only
from warehouse.operational import UtcDateTime, metadata

attachment = sa.Table(
    "attachment",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("ticket", sa.Text, index=True),
    sa.Column("report", sa.Text, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("kept_by", sa.Text, nullable=False),
    sa.Column("kept_at", UtcDateTime, nullable=False),
)

TABLES = (attachment,)

attach_append_only(attachment)


def install_guards(connection: Connection) -> None:
    """Make the existing table append-only; for the migration, safe to repeat."""
    install_append_only(connection, attachment)
