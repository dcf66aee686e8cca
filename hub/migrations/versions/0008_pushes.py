"""Deliveries that a department's system pushed: their keys, and when what they say happened."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the operational database from the revision before to this one."""
    op.create_table(
        "delivery_push",
        sa.Column("delivery", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("feed", sa.String(length=63), nullable=False),
        sa.Column("idempotency_key", sa.String(length=100), nullable=False),
        sa.Column("api_key", sa.String(length=63), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["delivery"], ["delivery.seq"], name=op.f("fk_delivery_push_delivery")),
        sa.PrimaryKeyConstraint("delivery", name=op.f("pk_delivery_push")),
        sa.UniqueConstraint("feed", "idempotency_key", name=op.f("uq_delivery_push_feed")),
    )
    op.create_index(op.f("ix_delivery_outcome"), "delivery", ["outcome"])
