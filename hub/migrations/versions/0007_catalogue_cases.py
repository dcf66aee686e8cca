"""Cases of the catalogue: what happened to entries, lists, tasks and projects, and where they stand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from catalog.cases import tables
from ledger.guards import install_append_only

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the operational database from the revision before to this one."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "catalogue_case",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=96), nullable=False),
        sa.Column("department", sa.String(length=63), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("limit_text", sa.Text(), nullable=True),
        sa.Column("limit_received_at", sa.DateTime(), nullable=True),
        sa.Column("limit_ground", sa.Text(), nullable=True),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("due_at", sa.DateTime(), nullable=True),
        sa.Column("due_provisional", sa.Boolean(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", name=op.f("pk_catalogue_case")),
    )
    for column in ("department", "state", "due"):
        op.create_index(op.f(f"ix_catalogue_case_{column}"), "catalogue_case", [column])
    op.create_table(
        "catalogue_event",
        sa.Column("seq", big, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("case", sa.String(length=96), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("part", sa.String(length=32), nullable=False),
        sa.Column("department", sa.String(length=63), nullable=True),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_catalogue_event")),
        sa.UniqueConstraint("kind", "case", "number", name=op.f("uq_catalogue_event_kind")),
    )
    install_append_only(op.get_bind(), tables.catalogue_event)
