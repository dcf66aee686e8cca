"""The tables of accounts and keys. What is secret stands apart from what is shown, and only as digest or sealed."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ledger.guards import attach_append_only, install_append_only
from warehouse.operational import UtcDateTime, metadata

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # only INTEGER is SQLite's rowid itself

account = sa.Table(
    "account",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    # No foreign key: the catalogue's list of departments is made anew at each load, and an account outlives it.
    sa.Column("department", sa.Text, index=True),
    sa.Column("email", sa.Text),
    sa.Column("mobile", sa.Text),
    sa.Column("deputy", sa.Text, sa.ForeignKey("account.id")),
    sa.Column("absent_from", sa.Date),
    sa.Column("absent_until", sa.Date),
    sa.Column("firm", sa.Text),
    sa.Column("agreement", sa.Text),
    sa.Column("expires_on", sa.Date),
    sa.Column("disabled_at", UtcDateTime),
)

account_password = sa.Table(
    "account_password",
    metadata,
    sa.Column("account", sa.Text, sa.ForeignKey("account.id"), primary_key=True),
    sa.Column("kept", sa.Text, nullable=False),
    sa.Column("set_at", UtcDateTime, nullable=False),
)

sign_in_try = sa.Table(
    "sign_in_try",
    metadata,
    # Of any name that was tried, known or not: a lock must not tell which names exist.
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("locked_until", UtcDateTime),
    sa.Column("last_at", UtcDateTime, nullable=False, index=True),
)

account_session = sa.Table(
    "account_session",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("account", sa.Text, sa.ForeignKey("account.id"), nullable=False, index=True),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    sa.Column("lifetime", sa.Integer, nullable=False),  # seconds that an idle session lives on
    sa.Column("expires_at", UtcDateTime, nullable=False, index=True),
)

account_event = sa.Table(
    "account_event",
    metadata,
    sa.Column("id", _BIG, primary_key=True),
    sa.Column("account", sa.Text, nullable=False, index=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("facts", sa.Text, nullable=False),  # canonical JSON
)

api_key = sa.Table(
    "api_key",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("department", sa.Text, nullable=False, index=True),
    sa.Column("scopes", sa.Text, nullable=False),  # sorted, one blank between
    sa.Column("per_minute", sa.Integer, nullable=False),
    sa.Column("callback_url", sa.Text),
    sa.Column("expires_on", sa.Date),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("revoked_at", UtcDateTime),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("sealed", sa.Text, nullable=False),
)

api_key_event = sa.Table(
    "api_key_event",
    metadata,
    sa.Column("id", _BIG, primary_key=True),
    sa.Column("api_key", sa.Text, nullable=False, index=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("facts", sa.Text, nullable=False),  # canonical JSON
)

TABLES = (account, account_password, sign_in_try, account_session, account_event, api_key, api_key_event)

attach_append_only(account_event, api_key_event)


def install_guards(connection: Connection) -> None:
    """Make the existing event tables append-only; for the migration, safe to repeat."""
    install_append_only(connection, account_event, api_key_event)
