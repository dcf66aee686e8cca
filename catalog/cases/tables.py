"""The two tables of cases: what happened, append only and the truth; and where each case stands, its projection."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.guards import attach_append_only
from warehouse.operational import UtcDateTime, metadata

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # only INTEGER is SQLite's rowid itself

catalogue_case = sa.Table(
    "catalogue_case",
    metadata,
    sa.Column("kind", sa.String(32), primary_key=True),
    sa.Column("id", sa.String(96), primary_key=True),
    # No foreign key: departments are made anew at each load of the catalogue, and a case outlives them.
    sa.Column("department", sa.String(63), nullable=False, index=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("state", sa.String(32), nullable=False, index=True),
    sa.Column("is_open", sa.Boolean, nullable=False),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.Column("profile", sa.Text, nullable=False),
    sa.Column("events", sa.Integer, nullable=False),
    sa.Column("limit_text", sa.Text),
    sa.Column("limit_received_at", UtcDateTime),
    sa.Column("limit_ground", sa.Text),
    sa.Column("due", sa.Date, index=True),
    sa.Column("due_at", UtcDateTime),
    sa.Column("due_provisional", sa.Boolean),
    sa.Column("facts", sa.JSON, nullable=False),
)

catalogue_event = sa.Table(
    "catalogue_event",
    metadata,
    sa.Column("seq", _BIG, primary_key=True, autoincrement=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("case", sa.String(96), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("part", sa.String(32), nullable=False),
    sa.Column("department", sa.String(63)),
    sa.Column("event", sa.String(32), nullable=False),
    sa.Column("state", sa.String(32), nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
    sa.UniqueConstraint("kind", "case", "number"),
)

attach_append_only(catalogue_event)
