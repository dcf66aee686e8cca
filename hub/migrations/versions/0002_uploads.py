"""A delivery by hand keeps who brought it, and why."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the operational database from the revision before to this one."""
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.add_column(sa.Column("uploaded_by", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("upload_reason", sa.Text(), nullable=True))
