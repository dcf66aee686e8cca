"""The spine: catalogue, deliveries, ledger, tickets, published pointer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catalog.tables import catalogue_version
from ledger import store as ledger
from ledger.guards import install_append_only
from quality.tickets import tables as tickets

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the operational database from the revision before to this one."""
    op.create_table(
        "catalogue_version",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("loaded_at", sa.DateTime(), nullable=False),
        sa.Column("documents", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_catalogue_version")),
    )
    op.create_table(
        "delivery",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("feed", sa.String(length=63), nullable=False),
        sa.Column("resource", sa.String(length=63), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("settled_at", sa.DateTime(), nullable=True),
        sa.Column("rows_in", sa.BigInteger(), nullable=True),
        sa.Column("rows_taken", sa.BigInteger(), nullable=True),
        sa.Column("rows_quarantined", sa.BigInteger(), nullable=True),
        sa.Column("rows_repeated", sa.BigInteger(), nullable=True),
        sa.Column("rows_changed", sa.BigInteger(), nullable=True),
        sa.Column("rows_gone", sa.BigInteger(), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=True),
        sa.Column("message_zh", sa.Text(), nullable=True),
        sa.Column("message_en", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_delivery")),
        sa.UniqueConstraint("feed", "period", "number", name=op.f("uq_delivery_feed")),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_delivery_feed"), ["feed"], unique=False)

    op.create_table(
        "department",
        sa.Column("id", sa.String(length=63), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("unit_in_charge", sa.Text(), nullable=True),
        sa.Column("steward", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_department")),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("about", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("approver", sa.Text(), nullable=False),
        sa.Column("grant_id", sa.Text(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("medium", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger_entry")),
    )
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_entry_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_entry_grant_id"), ["grant_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_entry_user_id"), ["user_id"], unique=False)

    op.create_table(
        "published_snapshot",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("lake_snapshot", sa.BigInteger(), nullable=False),
        sa.Column("published_at", sa.DateTime(), nullable=False),
        sa.Column("catalogue_digest", sa.String(length=64), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published_snapshot")),
    )
    op.create_table(
        "ticket",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("snapshot", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("due_provisional", sa.Boolean(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("findings_total", sa.Integer(), nullable=False),
        sa.Column("findings_open", sa.Integer(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sa.UniqueConstraint("snapshot", "resource", "rule", name=op.f("uq_ticket_snapshot")),
    )
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.create_index("ix_ticket_due", ["state", "due_at"], unique=False)
        batch_op.create_index("ix_ticket_queue", ["department", "state", "due_at"], unique=False)

    op.create_table(
        "ticket_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("snapshot", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_event")),
        sa.UniqueConstraint("ticket", "seq", name=op.f("uq_ticket_event_ticket")),
    )
    with op.batch_alter_table("ticket_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_event_snapshot"), ["snapshot"], unique=False)

    op.create_table(
        "ticket_event_finding",
        sa.Column("event", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event", "fingerprint", name=op.f("pk_ticket_event_finding")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ticket_finding",
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("gone_since", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("fingerprint", "ticket", name=op.f("pk_ticket_finding")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("publication", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("done_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["publication"], ["published_snapshot.id"], name=op.f("fk_outbox_publication")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("publication", "kind", name=op.f("uq_outbox_publication")),
    )
    op.create_table(
        "resource",
        sa.Column("id", sa.String(length=63), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("department", sa.String(length=63), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("storage_format", sa.Text(), nullable=False),
        sa.Column("provision_mode", sa.String(length=32), nullable=False),
        sa.Column("share_until", sa.Text(), nullable=True),
        sa.Column("sharing", sa.String(length=32), nullable=False),
        sa.Column("opening", sa.String(length=32), nullable=False),
        sa.Column("update_cycle", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["department"], ["department.id"], name=op.f("fk_resource_department")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource")),
    )
    with op.batch_alter_table("resource", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_resource_department"), ["department"], unique=False)

    op.create_table(
        "feed",
        sa.Column("id", sa.String(length=63), nullable=False),
        sa.Column("resource", sa.String(length=63), nullable=False),
        sa.Column("mode", sa.String(length=32), nullable=False),
        sa.Column("source_kind", sa.String(length=32), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["resource"], ["resource.id"], name=op.f("fk_feed_resource")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed")),
    )
    with op.batch_alter_table("feed", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feed_resource"), ["resource"], unique=False)

    op.create_table(
        "item",
        sa.Column("resource", sa.String(length=63), nullable=False),
        sa.Column("id", sa.String(length=63), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("element", sa.String(length=63), nullable=True),
        sa.Column("code_list", sa.Text(), nullable=True),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("key_position", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["resource"], ["resource.id"], name=op.f("fk_item_resource")),
        sa.PrimaryKeyConstraint("resource", "id", name=op.f("pk_item")),
    )
    with op.batch_alter_table("item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_item_element"), ["element"], unique=False)

    op.create_table(
        "source_register",
        sa.Column("library", sa.String(length=63), nullable=False),
        sa.Column("item", sa.String(length=63), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("rank", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("resource", sa.String(length=63), nullable=False),
        sa.Column("source_item", sa.String(length=63), nullable=False),
        sa.ForeignKeyConstraint(["resource"], ["resource.id"], name=op.f("fk_source_register_resource")),
        sa.PrimaryKeyConstraint("library", "item", "role", "rank", name=op.f("pk_source_register")),
    )
    with op.batch_alter_table("source_register", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_source_register_resource"), ["resource"], unique=False)

    connection = op.get_bind()
    ledger.install_guards(connection)
    tickets.install_guards(connection)
    install_append_only(connection, catalogue_version)
