"""The tables of tickets: the event stream, which is the truth and only grows, and the projection made from it.

An event may be about a million findings; their fingerprints stand beside it in ``ticket_event_finding``, one row each,
so that the truth is complete and every step over them is one statement.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ledger.guards import attach_append_only, install_append_only
from warehouse.operational import UtcDateTime, metadata

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # only INTEGER is SQLite's rowid itself
FINGERPRINT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Type of a fingerprint column: compared byte by byte, not by the rules of a language."""

ticket_event = sa.Table(
    "ticket_event",
    metadata,
    sa.Column("id", BIG, primary_key=True),
    sa.Column("ticket", sa.Text, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("snapshot", BIG, index=True),
    sa.Column("payload", sa.Text, nullable=False),  # canonical JSON
    sa.Column("actor", sa.Text, nullable=False, server_default="system"),
    sa.UniqueConstraint("ticket", "seq"),
)

ticket_event_finding = sa.Table(
    "ticket_event_finding",
    metadata,
    # No foreign key: a million look-ups for rows that one transaction writes together, and that nothing can delete.
    sa.Column("event", BIG, primary_key=True, autoincrement=False),
    sa.Column("fingerprint", FINGERPRINT, primary_key=True),
    sqlite_with_rowid=False,
)

ticket = sa.Table(
    "ticket",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("snapshot", BIG),
    sa.Column("resource", sa.Text, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("item", sa.Text),
    sa.Column("department", sa.Text, nullable=False),
    sa.Column("severity", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("is_open", sa.Boolean, nullable=False),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    sa.Column("received_at", UtcDateTime),
    sa.Column("due", sa.Date, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("due_provisional", sa.Boolean, nullable=False),
    sa.Column("limit", sa.Text, nullable=False),
    sa.Column("limit_kind", sa.Text, nullable=False),
    sa.Column("limit_from", UtcDateTime, nullable=False),
    sa.Column("profile", sa.Text, nullable=False),
    sa.Column("findings_total", sa.Integer, nullable=False),
    sa.Column("findings_open", sa.Integer, nullable=False),
    sa.Column("unproven", sa.Integer, nullable=False),
    sa.Column("accepted_at", UtcDateTime),
    sa.Column("assignee", sa.Text),
    sa.Column("asked_until", sa.Text),
    sa.Column("answer", sa.Text),
    sa.Column("answer_batch", sa.Text),
    sa.Column("answered_at", UtcDateTime),
    sa.Column("outcome", sa.Text),
    sa.Column("closed_at", UtcDateTime),
    sa.Column("review_on", sa.Date),
    sa.Column("decision", sa.Text),
    sa.Column("urgent", sa.Boolean, nullable=False),
    sa.Column("overdue_at", UtcDateTime),
    sa.Column("rectified_at", UtcDateTime),
    sa.Column("escalated_at", UtcDateTime),
    sa.Column("escalated_to", sa.Text),
    sa.Column("notified_at", UtcDateTime),
    sa.Column("reporter", sa.Text),
    sa.Column("reports", sa.Integer, nullable=False),
    sa.Column("rounds", sa.Integer, nullable=False),
    sa.Column("group", sa.Text),
    sa.Column("merged_into", sa.Text),
    sa.Column("last_seq", sa.Integer, nullable=False),
    # The queues: all open ones, one department's, one state's, each by due time.
    sa.Index("ix_ticket_due", "is_open", "due_at", "id"),
    sa.Index("ix_ticket_queue", "department", "is_open", "due_at", "id"),
    sa.Index("ix_ticket_state", "state", "due_at", "id"),
    sa.Index("ix_ticket_rule", "resource", "rule", "state"),
    sa.Index("ix_ticket_reporter", "reporter"),
)

ticket_finding = sa.Table(
    "ticket_finding",
    metadata,
    sa.Column("fingerprint", FINGERPRINT, primary_key=True),
    sa.Column("ticket", sa.Text, primary_key=True, index=True),
    sa.Column("ended_by", BIG),  # the event that says it is gone, or right after all; null while it stands
    sqlite_with_rowid=False,
)

TABLES = (ticket_event, ticket_event_finding, ticket, ticket_finding)

attach_append_only(ticket_event, ticket_event_finding)


def install_guards(connection: Connection) -> None:
    """Make the existing event tables append-only; for the migration, safe to repeat."""
    install_append_only(connection, ticket_event, ticket_event_finding)
