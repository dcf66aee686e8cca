"""The operational database: one SQLAlchemy metadata that every room's ``store.py`` adds its tables to.

SQLite by default, PostgreSQL in production, chosen by URL. The schema is made by Alembic (hub/migrations).
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from ground.errors import Unavailable

WAL_ATTEMPTS = 100
"""Tenths of a second to wait for another process that is switching the same new database."""

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


_OUTSIDE = ("disk is full", "disk I/O error", "unable to open", "is locked", "readonly database")
"""What SQLite says of the world around it; all else it says of our own SQL."""


class UtcDateTime(sa.TypeDecorator[datetime]):
    """A moment, stored as UTC without zone, handed out as aware UTC; a naive datetime is refused."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Aware in, UTC without zone stored."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime reached the operational database")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Stored UTC out, aware."""
        return value.replace(tzinfo=UTC) if value is not None else None


def _nothing() -> None:
    """Nothing has to be done first."""


class OperationalDatabase:
    """Connections to the operational database.

    Args:
        url: SQLAlchemy URL, ``sqlite:///…/operational.sqlite`` or ``postgresql+psycopg://…``.

    Attributes:
        before_writing: done before each transaction of `writing` begins: whatever may wait for another process, or takes long,
            and must not do so while this one keeps others out.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.before_writing: Callable[[], object] = _nothing
        self._here = threading.local()
        self.engine: Engine = sa.create_engine(url)
        if self.engine.dialect.name == "sqlite":
            sa.event.listen(self.engine, "connect", _sqlite_pragmas)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Raises:
            Unavailable: the database does not answer, is locked for too long, or its disk is full.
        """
        try:
            with self.engine.begin() as connection:
                yield connection
        except sa.exc.OperationalError as fault:
            if self.engine.dialect.name == "sqlite" and not any(word in str(fault.orig) for word in _OUTSIDE):
                raise
            raise Unavailable(
                "业务库无法使用（未应答、被占用或磁盘已满），本步已撤销。请检查 settings.yaml 的 operational_url 与磁盘后重试。",
                "The operational database cannot be used (it does not answer, is locked, or its disk is full); this step was "
                "undone. Check operational_url in settings.yaml and the disk, then try again.",
            ) from fault

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """`begin` for whoever reads before it writes: what was read stays true until the transaction ends.

        SQLite's driver would begin late and shared, and two writers would decide by the same old row; on PostgreSQL rows
        are locked where they are read.

        Raises:
            Unavailable: as for `begin`.
        """
        if not self.is_writing and not getattr(self._here, "preparing", False):
            with self.preparing():
                self.before_writing()
        with self.begin() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            self._here.depth = getattr(self._here, "depth", 0) + 1
            try:
                yield connection
            finally:
                self._here.depth -= 1

    @contextmanager
    def preparing(self) -> Iterator[None]:
        """What is written by this thread within is itself what is to be done first: `before_writing` is not called for it."""
        before, self._here.preparing = getattr(self._here, "preparing", False), True
        try:
            yield
        finally:
            self._here.preparing = before

    @property
    def is_writing(self) -> bool:
        """Whether this thread is in a transaction of `writing`."""
        return getattr(self._here, "depth", 0) > 0

    def dispose(self) -> None:
        """Close pooled connections."""
        self.engine.dispose()


def _sqlite_pragmas(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA busy_timeout=10000")
    _write_ahead(cursor)
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    """Switch a database to WAL, once in its life.

    SQLite does not wait for its busy timeout here: two processes that open a new database together would have one fail.
    """
    for attempt in range(WAL_ATTEMPTS):
        if cursor.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
            return
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if attempt == WAL_ATTEMPTS - 1:
                raise
            time.sleep(0.1)
