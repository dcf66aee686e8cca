"""Tickets say before which government they stand, or to which they were reported."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the operational database from the revision before to this one."""
    op.add_column("ticket", sa.Column("escalated_at", sa.DateTime(), nullable=True))
    op.add_column("ticket", sa.Column("escalated_to", sa.Text(), nullable=True))
    # What was put before a government before now did not say which; a ticket that reached a queue again has left it.
    op.execute(
        """
        UPDATE ticket SET escalated_at = (
            SELECT max(up."at") FROM ticket_event AS up
            WHERE up.ticket = ticket.id AND up.event = 'escalated'
              AND NOT EXISTS (
                SELECT 1 FROM ticket_event AS later
                WHERE later.ticket = up.ticket AND later.seq > up.seq AND later.event IN ('routed', 'reassigned', 'reopened')
              )
        )
        """
    )
