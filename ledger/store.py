"""The table of the ledger: append under a lock, read, check.

One row per entry. The database itself refuses to change or delete an entry, and to insert one that does not continue
the chain, so a program that forgets the lock fails instead of forking the ledger.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from ledger.chain import GENESIS, canonical_entry, link
from ledger.entry import Entry, Kind, Phase, Use, write_entry
from ledger.guards import append_only_ddl, attach, attach_append_only, run
from warehouse.operational import UtcDateTime, metadata

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # only INTEGER is SQLite's rowid itself

ledger_entry = sa.Table(
    "ledger_entry",
    metadata,
    sa.Column("seq", _BIG, primary_key=True, autoincrement=False),
    sa.Column("at", UtcDateTime, nullable=False, index=True),
    sa.Column("phase", sa.Text, nullable=False),
    sa.Column("about", _BIG),
    sa.Column("kind", sa.Text, nullable=False),
    # Not "user": in PostgreSQL an unquoted `select user` answers with the database account, silently.
    sa.Column("user_id", sa.Text, nullable=False, index=True),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("approver", sa.Text, nullable=False),
    sa.Column("grant_id", sa.Text, index=True),
    sa.Column("content", sa.Text, nullable=False),  # canonical JSON, exactly as hashed; a JSON type may rewrite it
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("medium", sa.Text, nullable=False),
    sa.Column("prev_hash", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)

_ADVISORY_LOCK = 0x5348_5559_4C45_4447  # "SHUYLEDG": one lock for all writers of the ledger in a database
_CHUNK = 10_000
_LAST = sa.select(ledger_entry.c.seq, ledger_entry.c.hash).order_by(ledger_entry.c.seq.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain ends: number of entries and hash of the last (`GENESIS` when empty)."""

    count: int
    hash: str


class Break(NamedTuple):
    """The first entry that does not fit the chain, and what does not fit."""

    seq: int
    what: str


def _chain_ddl(dialect: str) -> list[str]:
    """Statements that refuse an entry which does not follow the last one."""
    last_hash = "(SELECT hash FROM ledger_entry ORDER BY seq DESC LIMIT 1)"
    last_seq = "(SELECT max(seq) FROM ledger_entry)"
    follows = f"NEW.seq = coalesce({last_seq}, 0) + 1 AND NEW.prev_hash = coalesce({last_hash}, '{GENESIS}')"
    if dialect == "postgresql":
        return [
            f"""CREATE OR REPLACE FUNCTION ledger_entry_follows() RETURNS trigger LANGUAGE plpgsql
                SET search_path FROM CURRENT AS $$ BEGIN
                IF {follows} THEN RETURN NEW; END IF;
                RAISE EXCEPTION 'ledger_entry does not continue the chain'; END $$""",
            "DROP TRIGGER IF EXISTS ledger_entry_chain ON ledger_entry",
            """CREATE TRIGGER ledger_entry_chain BEFORE INSERT ON ledger_entry
               FOR EACH ROW EXECUTE FUNCTION ledger_entry_follows()""",
        ]
    return [
        f"""CREATE TRIGGER IF NOT EXISTS ledger_entry_chain BEFORE INSERT ON ledger_entry
            WHEN NOT ({follows})
            BEGIN SELECT RAISE(ABORT, 'ledger_entry does not continue the chain'); END"""
    ]


attach_append_only(ledger_entry)
for _dialect in ("sqlite", "postgresql"):
    attach(ledger_entry, _dialect, _chain_ddl(_dialect))


def install_guards(connection: Connection) -> None:
    """Make the existing table append-only and chained; for the migration, safe to repeat."""
    dialect = connection.dialect.name
    run(connection, append_only_ddl("ledger_entry", dialect) + _chain_ddl(dialect))


def head(connection: Connection) -> Head:
    """Where the chain ends now."""
    last = connection.execute(_LAST).first()
    return Head(last.seq, last.hash) if last else Head(0, GENESIS)


def append(
    connection: Connection, uses: Sequence[Use], now: datetime, *, phase: Phase = Phase.USE, about: int | None = None
) -> list[Entry]:
    """Append one entry per use, in order, in the transaction of ``connection``.

    Two writers at once wait for each other: on SQLite the transaction takes the write lock before it reads the head,
    on PostgreSQL an advisory lock is held until it ends.
    """
    _take_turn(connection)
    now_head = head(connection)
    seq, last = now_head.count, now_head.hash
    entries: list[Entry] = []
    for use in uses:
        entries.append(write_entry(use, seq=seq + 1, at=now, prev_hash=last, phase=phase, about=about))
        seq, last = entries[-1].seq, entries[-1].hash
    if entries:
        connection.execute(sa.insert(ledger_entry), [_as_row(entry) for entry in entries])
    return entries


def rows(connection: Connection, first: int, last: int) -> Iterator[RowMapping]:
    """The stored rows from ``first`` to ``last``, in order, streamed in pieces of 10,000."""
    for start in range(first, last + 1, _CHUNK):
        end = min(start + _CHUNK - 1, last)
        found = sa.select(ledger_entry).where(ledger_entry.c.seq.between(start, end)).order_by(ledger_entry.c.seq)
        yield from connection.execute(found).mappings()


def canonical_row(row: RowMapping) -> str:
    """The canonical JSON of a stored row, made from its fields, not from what was hashed once."""
    return canonical_entry(
        seq=row["seq"],
        at=row["at"],
        phase=row["phase"],
        about=row["about"],
        kind=row["kind"],
        user=row["user_id"],
        purpose=row["purpose"],
        approver=row["approver"],
        grant=row["grant_id"],
        content=row["content"],
        mode=row["mode"],
        medium=row["medium"],
    )


def entries(
    connection: Connection,
    *,
    user: str | None = None,
    kind: Kind | None = None,
    grant: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[Entry]:
    """The newest entries first, at most ``limit``; ``before`` a ``seq`` for the next page, ``until`` exclusive."""
    entry = ledger_entry.c
    found = sa.select(ledger_entry).order_by(entry.seq.desc()).limit(limit)
    wanted = [
        (entry.user_id, operator.eq, user),
        (entry.kind, operator.eq, kind),
        (entry.grant_id, operator.eq, grant),
        (entry.at, operator.ge, since),
        (entry.at, operator.lt, until),
        (entry.seq, operator.lt, before),
    ]
    found = found.where(*[compare(column, value) for column, compare, value in wanted if value is not None])
    return [_as_entry(row) for row in connection.execute(found).mappings()]


def first_break(connection: Connection) -> Break | None:
    """The first entry that does not fit the chain, or None; reads the whole ledger."""
    expected, last = 1, GENESIS
    for row in rows(connection, 1, head(connection).count):
        if row["seq"] != expected:
            return Break(expected, "seq")
        if row["prev_hash"] != last:
            return Break(expected, "prev_hash")
        if row["hash"] != link(last, canonical_row(row)):
            return Break(expected, "hash")
        expected, last = expected + 1, row["hash"]
    return None


def _take_turn(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
    elif not connection.connection.driver_connection.in_transaction:  # type: ignore[union-attr]
        # The driver begins late and shared: two writers would read the same head. Already in a transaction means that
        # something was written in it, and then the lock is held.
        connection.exec_driver_sql("BEGIN IMMEDIATE")


_COLUMN = {name: {"user": "user_id", "grant": "grant_id"}.get(name, name) for name in Entry.__dataclass_fields__}


def _as_row(entry: Entry) -> dict[str, object]:
    return {column: getattr(entry, name) for name, column in _COLUMN.items()}


def _as_entry(row: RowMapping) -> Entry:
    facts = {name: row[column] for name, column in _COLUMN.items()}
    return Entry(**{**facts, "phase": Phase(facts["phase"]), "kind": Kind(facts["kind"])})
