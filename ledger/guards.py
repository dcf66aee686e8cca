"""Append-only by the database's own hand: triggers that refuse to change or delete a row, for SQLite and PostgreSQL.

Guards keep honest programs honest and make tampering a deliberate act of a database owner; finding such an act is the
work of the hash chain. Any room with an append-only table uses `attach_append_only` and gives its migration
`install_append_only`.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection


def append_only_ddl(table: str, dialect: str) -> list[str]:
    """Statements that make ``table`` refuse UPDATE, DELETE and TRUNCATE; safe to repeat.

    On SQLite ``INSERT OR REPLACE`` deletes without firing a delete trigger: a table whose rows must not be replaced
    needs an insert guard as well, as the ledger has.
    """
    if dialect == "postgresql":
        return [
            f"""CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION '{table} is append-only'; END $$""",
            f"DROP TRIGGER IF EXISTS {table}_no_change ON {table}",
            f"""CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
                FOR EACH ROW EXECUTE FUNCTION {table}_refuse()""",
            f"DROP TRIGGER IF EXISTS {table}_no_truncate ON {table}",
            f"""CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()""",
        ]
    return [
        f"""CREATE TRIGGER IF NOT EXISTS {table}_no_{action.lower()} BEFORE {action} ON {table}
            BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"""
        for action in ("UPDATE", "DELETE")
    ]


def attach(table: sa.Table, dialect: str, statements: list[str]) -> None:
    """Run ``statements`` whenever ``metadata.create_all`` makes ``table`` on ``dialect``."""
    for statement in statements:
        sa.event.listen(table, "after_create", _ddl(statement).execute_if(dialect=dialect))


def attach_append_only(*tables: sa.Table) -> None:
    """Make every one of ``tables`` append-only whenever it is created by its metadata."""
    for table in tables:
        for dialect in ("sqlite", "postgresql"):
            attach(table, dialect, append_only_ddl(table.name, dialect))


def install_append_only(connection: Connection, *tables: sa.Table) -> None:
    """Make existing ``tables`` append-only; safe to repeat."""
    for table in tables:
        run(connection, append_only_ddl(table.name, connection.dialect.name))


def _ddl(statement: str) -> sa.DDL:
    return sa.DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]


def run(connection: Connection, statements: list[str]) -> None:
    """Run DDL as it stands."""
    for statement in statements:
        connection.exec_driver_sql(statement)
