"""The published pointer and the outbox: which snapshot of the lake readers see, and what follows from it.

Both move in one transaction of the operational database, so that nothing published is ever without its consequences
(findings' tickets, notices) being queued; every consequence is keyed by its snapshot and safe to repeat.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from warehouse.operational import OperationalDatabase, UtcDateTime, metadata

published_snapshot = sa.Table(
    "published_snapshot",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("lake_snapshot", sa.BigInteger, nullable=False),
    sa.Column("published_at", UtcDateTime, nullable=False),
    sa.Column("catalogue_digest", sa.String(64), nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
)
"""One row per publication, never changed; the newest is what readers see. ``facts``: counts per library and check."""

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("publication", sa.ForeignKey("published_snapshot.id"), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("done_at", UtcDateTime, nullable=True),
    sa.UniqueConstraint("publication", "kind"),
)
"""What must follow from a publication, once each."""


@dataclass(frozen=True)
class Publication:
    """A published state of the hub."""

    id: int
    lake_snapshot: int
    published_at: datetime
    catalogue_digest: str
    facts: dict[str, object]


@dataclass(frozen=True)
class Consequence:
    """One waiting row of the outbox."""

    id: int
    publication: Publication
    kind: str


class PublishedPointer:
    """Reads and moves the pointer."""

    def __init__(self, database: OperationalDatabase) -> None:
        self._database = database

    def current(self) -> Publication | None:
        """The newest publication, None before the first."""
        with self._database.begin() as connection:
            row = connection.execute(
                sa.select(published_snapshot).order_by(published_snapshot.c.id.desc()).limit(1)
            ).one_or_none()
        return Publication(*row) if row else None

    def at(self, moment: datetime) -> Publication | None:
        """The publication that readers saw at a moment, None before the first."""
        with self._database.begin() as connection:
            row = connection.execute(
                sa.select(published_snapshot)
                .where(published_snapshot.c.published_at <= moment)
                .order_by(published_snapshot.c.id.desc())
                .limit(1)
            ).one_or_none()
        return Publication(*row) if row else None

    @staticmethod
    def before(connection: Connection, publication: Publication) -> int | None:
        """The lake's snapshot of the publication before, None for the first."""
        earlier = sa.select(published_snapshot.c.lake_snapshot).where(published_snapshot.c.id < publication.id)
        found: int | None = connection.execute(
            earlier.order_by(published_snapshot.c.id.desc()).limit(1)
        ).scalar_one_or_none()
        return found

    def move(
        self,
        lake_snapshot: int,
        *,
        now: datetime,
        catalogue_digest: str,
        facts: dict[str, object],
        consequences: tuple[str, ...],
    ) -> Publication:
        """Publish ``lake_snapshot`` and queue its consequences, in one transaction."""
        with self._database.begin() as connection:
            number = connection.execute(
                sa.insert(published_snapshot).values(
                    lake_snapshot=lake_snapshot, published_at=now, catalogue_digest=catalogue_digest, facts=facts
                )
            ).inserted_primary_key
            if number is None:
                raise AssertionError("the database gave no key")
            if consequences:
                connection.execute(
                    sa.insert(outbox),
                    [{"publication": number[0], "kind": kind, "done_at": None} for kind in consequences],
                )
        return Publication(number[0], lake_snapshot, now, catalogue_digest, facts)

    def waiting(self) -> list[Consequence]:
        """Consequences not yet carried out, oldest first."""
        query = (
            sa.select(outbox.c.id, outbox.c.kind, *published_snapshot.c)
            .join(published_snapshot, outbox.c.publication == published_snapshot.c.id)
            .where(outbox.c.done_at.is_(None))
            .order_by(outbox.c.id)
        )
        with self._database.begin() as connection:
            return [Consequence(row[0], Publication(*row[2:]), row[1]) for row in connection.execute(query)]

    @staticmethod
    def done(connection: Connection, consequence: Consequence, now: datetime) -> None:
        """Mark a consequence as carried out, inside the transaction that carried it out."""
        connection.execute(sa.update(outbox).where(outbox.c.id == consequence.id).values(done_at=now))
