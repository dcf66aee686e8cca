"""Who is told when a value was put right."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from exchange.corrections import tables

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the operational database from the revision before to this one."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "correction",
        sa.Column("seq", big, autoincrement=False, nullable=False),
        sa.Column("publication", sa.Integer(), nullable=False),
        sa.Column("snapshot", big, nullable=False),
        *[
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("ticket", "department", "resource", "item", "rule", "kind", "batch_before", "batch_after")
        ],
        sa.Column("records", big, nullable=False),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.Column("wrong_from", big, nullable=False),
        sa.Column("repaired_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_correction")),
        sa.UniqueConstraint(
            "publication", "ticket", "rule", "item", "kind", "batch_before", "batch_after",
            name=op.f("uq_correction_publication"),
        ),
    )  # fmt: skip
    op.create_index(op.f("ix_correction_ticket"), "correction", ["ticket"])
    op.create_table(
        "correction_receiver",
        sa.Column("publication", sa.Integer(), autoincrement=False, nullable=False),
        *[sa.Column(name, sa.Text(), nullable=False) for name in ("ticket", "receiver", "via", "user_id")],
        sa.Column("uses", big, nullable=False),
        *[sa.Column(name, big, nullable=True) for name in ("first_entry", "last_entry", "snapshot")],
        *[sa.Column(name, sa.DateTime(), nullable=True) for name in ("told_at", "acknowledged_at")],
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint(
            "publication", "ticket", "receiver", "via", "user_id", name=op.f("pk_correction_receiver")
        ),
    )
    for column in ("ticket", "receiver"):
        op.create_index(op.f(f"ix_correction_receiver_{column}"), "correction_receiver", [column])
    tables.install_guards(op.get_bind())
