"""The tables of notices: what is to be told, each delivery of it to one address, and who has read it at the desk."""

from __future__ import annotations

import sqlalchemy as sa

from warehouse.operational import UtcDateTime, metadata

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # only INTEGER is SQLite's rowid itself

notice = sa.Table(
    "notice",
    metadata,
    sa.Column("seq", _BIG, primary_key=True),  # in the order in which they were queued
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("occasion", sa.Text, nullable=False),
    sa.Column("subject_zh", sa.Text, nullable=False),
    sa.Column("subject_en", sa.Text, nullable=False),
    sa.Column("body_zh", sa.Text, nullable=False),
    sa.Column("body_en", sa.Text, nullable=False),
    sa.Column("urgent", sa.Boolean, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),  # canonical JSON
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("digest", sa.Boolean, nullable=False),  # told together with others
    sa.Column("due_at", UtcDateTime),  # empty: read at the desk only
    sa.Column("routed_at", UtcDateTime),  # its deliveries were made
    sa.UniqueConstraint("id"),
    sa.UniqueConstraint("topic", "about", "recipient", "occasion"),
    sa.Index("ix_notice_due", "routed_at", "due_at"),
    sa.Index("ix_notice_inbox", "recipient", "created_at"),
)

notice_delivery = sa.Table(
    "notice_delivery",
    metadata,
    sa.Column("id", _BIG, primary_key=True),
    sa.Column("notice", sa.Text, sa.ForeignKey("notice.id"), nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("next_try_at", UtcDateTime),  # empty when there is none
    sa.Column("last_error", sa.Text),  # kind and status code only
    sa.Column("sent_at", UtcDateTime),
    sa.Column("lease", sa.Text),  # the sender that is at it
    sa.Column("leased_until", UtcDateTime),
    sa.UniqueConstraint("notice", "channel", "target"),
    sa.Index("ix_notice_delivery_due", "state", "next_try_at"),
    sa.Index("ix_notice_delivery_lease", "lease"),
)

notice_reading = sa.Table(
    "notice_reading",
    metadata,
    sa.Column("notice", sa.Text, sa.ForeignKey("notice.id"), primary_key=True),
    sa.Column("reader", sa.Text, primary_key=True),  # of a department's notice each officer reads his own copy
    sa.Column("at", UtcDateTime, nullable=False),
)

TABLES = (notice, notice_delivery, notice_reading)
