"""Several use cases in one transaction: drafts, changes and the receipt of a package are written together or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import Connection

from warehouse.operational import OperationalDatabase


class JoinedDatabase(OperationalDatabase):
    """The operational database within a transaction that is under way: whoever begins one gets that one.

    It is never committed here; the transaction is whoever's who began it.

    Args:
        database: the database.
        connection: the transaction, begun with ``database.writing()``.
    """

    def __init__(self, database: OperationalDatabase, connection: Connection) -> None:
        self.engine = database.engine
        self._connection = connection

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """The transaction that is under way."""
        yield self._connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """The transaction that is under way."""
        yield self._connection


@contextmanager
def joined(database: OperationalDatabase) -> Iterator[JoinedDatabase]:
    """One transaction for everything that is done within."""
    with database.writing() as connection:
        yield JoinedDatabase(database, connection)
