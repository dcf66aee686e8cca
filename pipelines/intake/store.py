"""Deliveries as the operational database knows them: what came, when, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from warehouse.operational import OperationalDatabase, UtcDateTime, metadata

delivery = sa.Table(
    "delivery",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("feed", sa.String(63), nullable=False, index=True),
    sa.Column("resource", sa.String(63), nullable=False),
    sa.Column("period", sa.String(10), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("outcome", sa.String(12), nullable=False, index=True),
    sa.Column("attempt", sa.Integer, nullable=False, default=1),
    sa.Column("settled_at", UtcDateTime, nullable=True),
    sa.Column("rows_in", sa.BigInteger, nullable=True),
    sa.Column("rows_taken", sa.BigInteger, nullable=True),
    sa.Column("rows_quarantined", sa.BigInteger, nullable=True),
    sa.Column("rows_repeated", sa.BigInteger, nullable=True),
    sa.Column("rows_changed", sa.BigInteger, nullable=True),
    sa.Column("rows_gone", sa.BigInteger, nullable=True),
    sa.Column("reasons", sa.JSON, nullable=True),
    sa.Column("message_zh", sa.Text, nullable=True),
    sa.Column("message_en", sa.Text, nullable=True),
    sa.Column("uploaded_by", sa.Text, nullable=True),
    sa.Column("upload_reason", sa.Text, nullable=True),
    sa.UniqueConstraint("feed", "period", "number"),
)
"""One row per delivery, in order of arrival (``seq``). ``reasons``: quarantine reason -> rows."""


_NUMBERS = 0x5348_5559_4445_4C49  # "SHUYDELI": in a PostgreSQL database numbers are given out one at a time


class Outcome(StrEnum):
    """What became of a delivery. `TRANSITIONS` is the whole life."""

    LANDED = "landed"
    TAKEN = "taken"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    LATE = "late"


TRANSITIONS: dict[Outcome, frozenset[Outcome]] = {
    Outcome.LANDED: frozenset({Outcome.TAKEN, Outcome.REFUSED, Outcome.LATE}),
    Outcome.TAKEN: frozenset({Outcome.TAKEN}),  # replayed under a mended contract
    Outcome.REFUSED: frozenset({Outcome.TAKEN, Outcome.REFUSED}),  # replayed
    Outcome.UNCHANGED: frozenset(),
    Outcome.LATE: frozenset(),
}


@dataclass(frozen=True)
class Delivery:
    """One delivery; counts are None until it is settled. ``uploaded_by`` is None unless a person brought it by hand."""

    seq: int
    feed: str
    resource: str
    period: str
    number: int
    name: str
    sha256: str
    size: int
    received_at: datetime
    outcome: Outcome
    attempt: int
    settled_at: datetime | None
    rows_in: int | None
    rows_taken: int | None
    rows_quarantined: int | None
    rows_repeated: int | None
    rows_changed: int | None
    rows_gone: int | None
    reasons: dict[str, int] | None
    message_zh: str | None
    message_en: str | None
    uploaded_by: str | None = None
    upload_reason: str | None = None

    @property
    def id(self) -> str:
        """``feed/period/number``: the identity of a batch (the content's sha256 stands beside it)."""
        return f"{self.feed}/{self.period}/{self.number:04d}"

    @property
    def batch(self) -> str:
        """The id, with the attempt where it was replayed: what rows of raw carry as ``_batch``."""
        return self.id if self.attempt == 1 else f"{self.id}~{self.attempt}"


class DeliveryStore:
    """Reads and writes deliveries."""

    def __init__(self, database: OperationalDatabase) -> None:
        self._database = database

    def add(self, *, feed: str, resource: str, period: str, name: str, sha256: str, size: int, now: datetime,
            outcome: Outcome, message: tuple[str, str] = ("", ""), by: str | None = None,
            reason: str | None = None) -> Delivery:  # fmt: skip
        """Register a delivery with the next number of its feed and period; ``by`` and ``reason`` where it was uploaded."""
        with self._database.writing() as connection:
            return self.add_in(
                connection, feed=feed, resource=resource, period=period, name=name, sha256=sha256, size=size, now=now,
                outcome=outcome, message=message, by=by, reason=reason,
            )  # fmt: skip

    def add_in(self, connection: Connection, *, feed: str, resource: str, period: str, name: str, sha256: str, size: int,
               now: datetime, outcome: Outcome, message: tuple[str, str] = ("", ""), by: str | None = None,
               reason: str | None = None) -> Delivery:  # fmt: skip
        """`add` in the caller's transaction, which was opened for writing: no number is given out twice."""
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_NUMBERS)))
        last = connection.execute(
            sa.select(sa.func.max(delivery.c.number)).where(delivery.c.feed == feed, delivery.c.period == period)
        ).scalar()
        values = {
            "feed": feed, "resource": resource, "period": period, "number": (last or 0) + 1, "name": name,
            "sha256": sha256, "size": size, "received_at": now, "outcome": str(outcome), "attempt": 1,
            "settled_at": now if outcome is not Outcome.LANDED else None,
            "message_zh": message[0] or None, "message_en": message[1] or None,
            "uploaded_by": by, "upload_reason": reason,
        }  # fmt: skip
        key = connection.execute(sa.insert(delivery).values(**values)).inserted_primary_key
        return self._one(connection, delivery.c.seq == (key[0] if key else -1))

    def settle(self, one: Delivery, outcome: Outcome, now: datetime, **facts: Any) -> Delivery:
        """Record what became of a delivery.

        Raises:
            ValueError: the life of a delivery has no such step.
        """
        with self._database.begin() as connection:
            return self._settled(connection, one, outcome, now, facts)

    def settle_all(
        self, settled: Sequence[tuple[Delivery, Outcome, Mapping[str, Any]]], now: datetime
    ) -> list[Delivery]:
        """`settle` of several, in one transaction: delivery, what became of it, its facts."""
        with self._database.begin() as connection:
            return [self._settled(connection, one, outcome, now, facts) for one, outcome, facts in settled]

    def _settled(
        self, connection: Connection, one: Delivery, outcome: Outcome, now: datetime, facts: Mapping[str, Any]
    ) -> Delivery:
        if outcome not in TRANSITIONS[one.outcome]:
            raise ValueError(f"a delivery cannot go from {one.outcome} to {outcome}")
        connection.execute(
            sa.update(delivery)
            .where(delivery.c.seq == one.seq)
            .values(outcome=str(outcome), settled_at=now, attempt=one.attempt, **facts)
        )
        return self._one(connection, delivery.c.seq == one.seq)

    def by_id(self, delivery_id: str) -> Delivery | None:
        """The delivery ``feed/period/number``, or None."""
        feed, _, rest = delivery_id.partition("/")
        period, _, number = rest.partition("/")
        if not number.isdigit():
            return None
        where = sa.and_(delivery.c.feed == feed, delivery.c.period == period, delivery.c.number == int(number))
        with self._database.begin() as connection:
            row = connection.execute(sa.select(delivery).where(where)).one_or_none()
        return _delivery(row) if row else None

    def by_seq(self, connection: Connection, seq: int) -> Delivery:
        """The delivery with this ``seq``, which is there, in the caller's transaction."""
        return self._one(connection, delivery.c.seq == seq)

    def of(self, feed: str | None = None) -> list[Delivery]:
        """Deliveries of one feed, or of all, in order of arrival."""
        query = sa.select(delivery).order_by(delivery.c.seq)
        if feed is not None:
            query = query.where(delivery.c.feed == feed)
        with self._database.begin() as connection:
            return [_delivery(row) for row in connection.execute(query)]

    def taken_of(self, connection: Connection, resources: Collection[str]) -> set[str]:
        """Those of these resources of which something was taken, in the caller's transaction."""
        query = (
            sa.select(delivery.c.resource)
            .where(delivery.c.resource.in_(list(resources)), delivery.c.outcome == str(Outcome.TAKEN))
            .distinct()
        )
        return set(connection.execute(query).scalars()) if resources else set()

    def since(self, moment: datetime) -> list[Delivery]:
        """Deliveries of all feeds received since a moment, and those that wait, in order of arrival."""
        waits = delivery.c.outcome == str(Outcome.LANDED)
        query = sa.select(delivery).where((delivery.c.received_at >= moment) | waits).order_by(delivery.c.seq)
        with self._database.begin() as connection:
            return [_delivery(row) for row in connection.execute(query)]

    def of_resource(self, resource: str) -> list[Delivery]:
        """Deliveries of all feeds of one resource, in order of arrival."""
        query = sa.select(delivery).where(delivery.c.resource == resource).order_by(delivery.c.seq)
        with self._database.begin() as connection:
            return [_delivery(row) for row in connection.execute(query)]

    def last_settled(self, feed: str) -> list[Delivery]:
        """The deliveries of a feed that were settled last, all in one moment where they were taken together."""
        mine = delivery.c.feed == feed
        last = sa.select(sa.func.max(delivery.c.settled_at)).where(mine).scalar_subquery()
        query = sa.select(delivery).where(mine, delivery.c.settled_at == last).order_by(delivery.c.seq)
        with self._database.begin() as connection:
            return [_delivery(row) for row in connection.execute(query)]

    def landed(self, feed: str | None = None) -> list[Delivery]:
        """Deliveries of one feed, or of all, that landed and are not settled, in order of arrival."""
        query = sa.select(delivery).where(delivery.c.outcome == str(Outcome.LANDED)).order_by(delivery.c.seq)
        if feed is not None:
            query = query.where(delivery.c.feed == feed)
        with self._database.begin() as connection:
            return [_delivery(row) for row in connection.execute(query)]

    @staticmethod
    def _one(connection: Connection, where: sa.ColumnElement[bool]) -> Delivery:
        return _delivery(connection.execute(sa.select(delivery).where(where)).one())


def _delivery(row: Row[Any]) -> Delivery:
    values = dict(row._mapping)
    values["outcome"] = Outcome(values["outcome"])
    return Delivery(**values)
