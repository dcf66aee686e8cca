"""The tables of corrections: what was put right, and who is told."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ledger.guards import attach_append_only, install_append_only
from warehouse.operational import UtcDateTime, metadata

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")

correction = sa.Table(
    "correction",
    metadata,
    sa.Column("seq", _BIG, primary_key=True, autoincrement=False),
    sa.Column("publication", sa.Integer, nullable=False),
    sa.Column("snapshot", _BIG, nullable=False),
    sa.Column("ticket", sa.Text, nullable=False, index=True),
    sa.Column("department", sa.Text, nullable=False),
    sa.Column("resource", sa.Text, nullable=False),
    sa.Column("item", sa.Text, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("batch_before", sa.Text, nullable=False),
    sa.Column("batch_after", sa.Text, nullable=False),
    sa.Column("records", _BIG, nullable=False),
    sa.Column("alone", sa.Boolean, nullable=False),
    sa.Column("wrong_from", _BIG, nullable=False),
    sa.Column("repaired_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("publication", "ticket", "rule", "item", "kind", "batch_before", "batch_after"),
)

correction_receiver = sa.Table(
    "correction_receiver",
    metadata,
    sa.Column("publication", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("ticket", sa.Text, primary_key=True, index=True),
    sa.Column("receiver", sa.Text, primary_key=True, index=True),
    sa.Column("via", sa.Text, primary_key=True),
    # A name that is nobody's account stays beside the department that is told for it.
    sa.Column("user_id", sa.Text, primary_key=True),
    sa.Column("uses", _BIG, nullable=False),
    sa.Column("first_entry", _BIG),
    sa.Column("last_entry", _BIG),
    sa.Column("snapshot", _BIG),
    sa.Column("told_at", UtcDateTime),
    sa.Column("acknowledged_at", UtcDateTime),
    sa.Column("acknowledged_by", sa.Text),
)

attach_append_only(correction)


def install_guards(connection: Connection) -> None:
    """Make the existing table of corrections append-only; for the migration, safe to repeat."""
    install_append_only(connection, correction)
