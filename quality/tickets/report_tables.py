"""The tables of what people report, and of what a department has confirmed as right.

What a report says of a record (key, doubted and proposed value, reason) is sealed: without the home's key the table tells who
reported when on which resource and item, and nothing of a person.
"""

from __future__ import annotations

import sqlalchemy as sa

from quality.tickets.tables import FINGERPRINT
from warehouse.operational import UtcDateTime, metadata

problem_report = sa.Table(
    "problem_report",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("ticket", sa.Text, nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("reporter", sa.Text, nullable=False),
    sa.Column("reporter_name", sa.Text, nullable=False),
    sa.Column("reporter_department", sa.Text),
    sa.Column("reference", sa.Text),  # the reporter's own number of the case
    sa.Column("resource", sa.Text, nullable=False),
    sa.Column("item", sa.Text),
    sa.Column("fingerprint", FINGERPRINT, nullable=False, index=True),
    sa.Column("digest", sa.Text, nullable=False),  # of what it says, keyed: the same report twice has the same
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("value", sa.Text, nullable=False),  # keyed digest of the value that the record had then
    sa.Column("batch", sa.Text),  # in which the doubted row had come
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("reporter", "reference"),
)

confirmed_value = sa.Table(
    "confirmed_value",
    metadata,
    sa.Column("fingerprint", FINGERPRINT, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),  # keyed digest
    sa.Column("ticket", sa.Text, nullable=False, index=True),
    sa.Column("confirmed_at", UtcDateTime, nullable=False),
    sa.Column("revoked_at", UtcDateTime),
)
"""One row per value that a department has confirmed and that its rule does not report again until it changes."""

REPORT_TABLES = (problem_report, confirmed_value)
