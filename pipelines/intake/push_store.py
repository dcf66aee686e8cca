"""Deliveries that a department's system pushed: under which key, by which system, and when what they say happened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipelines.intake.store import delivery
from warehouse.operational import OperationalDatabase, UtcDateTime, metadata

delivery_push = sa.Table(
    "delivery_push",
    metadata,
    sa.Column("delivery", sa.ForeignKey("delivery.seq"), primary_key=True, autoincrement=False),
    sa.Column("feed", sa.String(63), nullable=False),
    sa.Column("idempotency_key", sa.String(100), nullable=False),
    sa.Column("api_key", sa.String(63), nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("problems", sa.JSON, nullable=False),
    sa.Column("occurred_at", UtcDateTime, nullable=True),
    sa.UniqueConstraint("feed", "idempotency_key"),
)
"""One row per pushed delivery. ``rows`` and ``problems`` (``item:reason`` -> rows) are what the door read, before intake."""


@dataclass(frozen=True)
class Push:
    """What is known of one pushed delivery beside the delivery itself.

    Attributes:
        delivery: its ``seq``.
        feed: the feed.
        idempotency_key: by which the sender knows it; one of a feed.
        api_key: id of the key it came with.
        rows: rows that were read, broken ones included; 0 where it could not be read.
        problems: ``item:reason`` -> rows that break the contract by it.
        occurred_at: when the oldest change in it happened, by its sender; None where that was not said.
    """

    delivery: int
    feed: str
    idempotency_key: str
    api_key: str
    rows: int
    problems: dict[str, int]
    occurred_at: datetime | None


class PushStore:
    """Reads and writes pushes.

    Args:
        database: the operational database.
    """

    def __init__(self, database: OperationalDatabase) -> None:
        self._database = database

    def find(self, connection: Connection, feed: str, idempotency_key: str) -> Push | None:
        """The push of a feed under this key, or None."""
        table = delivery_push.c
        query = sa.select(delivery_push).where(table.feed == feed, table.idempotency_key == idempotency_key)
        row = connection.execute(query).one_or_none()
        return Push(**row._mapping) if row else None

    def add_in(self, connection: Connection, one: Push) -> None:
        """Register a push in the transaction that registers its delivery."""
        connection.execute(sa.insert(delivery_push).values(**vars(one)))

    def of_delivery(self, seq: int) -> Push | None:
        """The push behind a delivery; None where it came another way."""
        with self._database.begin() as connection:
            row = connection.execute(sa.select(delivery_push).where(delivery_push.c.delivery == seq)).one_or_none()
        return Push(**row._mapping) if row else None

    def occurred(self, feeds: Iterable[str], since: datetime) -> dict[int, datetime | None]:
        """Of the deliveries that these feeds were pushed since a moment: ``seq`` -> when what they say happened."""
        query = (
            sa.select(delivery_push.c.delivery, delivery_push.c.occurred_at)
            .join(delivery, delivery.c.seq == delivery_push.c.delivery)
            .where(delivery_push.c.feed.in_(list(feeds)), delivery.c.received_at >= since)
        )
        with self._database.begin() as connection:
            return {int(seq): occurred for seq, occurred in connection.execute(query)}
