"""The schema of the operational database: what it should be, what it is, and the way from one to the other.

Every room's tables stand on one metadata; the migrations in ``hub/migrations`` make them. A room that adds a table
names its module in `STORES` and gets a migration (``python -m hub.schema --revision "what changed"``).
"""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from warehouse.operational import OperationalDatabase, UtcDateTime, metadata

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
STORES = (
    "accounts.tables",
    "catalog.cases.tables",
    "catalog.tables",
    "exchange.corrections.tables",
    "ledger.store",
    "notices.tables",
    "pipelines.intake.push_store",
    "pipelines.intake.store",
    "quality.tickets.attachment_tables",
    "quality.tickets.report_tables",
    "quality.tickets.tables",
    "warehouse.publication",
)
"""Modules that put tables on the metadata. A test finds a module that is missing here."""


def _render(kind: str, thing: Any, _context: object) -> str | Literal[False]:
    """A migration names database types, so that it still means the same when our own types change."""
    return "sa.DateTime()" if kind == "type" and isinstance(thing, UtcDateTime) else False


OPTIONS: dict[str, Any] = {
    "compare_type": True,
    "compare_server_default": True,
    "render_as_batch": True,  # SQLite alters a table only by copying it
    "render_item": _render,
}
"""How Alembic compares and writes."""

_LOCK = 0x5348_5559_5343_4845  # "SHUYSCHE": one upgrade at a time in a PostgreSQL database


def whole_metadata() -> sa.MetaData:
    """The metadata with every room's tables on it."""
    for name in STORES:
        importlib.import_module(name)
    return metadata


def upgrade(db: OperationalDatabase) -> None:
    """Bring the operational database to the newest schema; one that is there already is left alone.

    All migrations run in one transaction, so a killed upgrade leaves the old schema; two upgrades at once wait for
    each other.

    Args:
        db: SQLite or PostgreSQL.
    """
    with db.begin() as connection:
        _lock(connection)
        command.upgrade(_config(connection), "head")


def current(db: OperationalDatabase) -> str | None:
    """The revision the database is at; None before the first upgrade."""
    with db.begin() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """The newest revision there is."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def differences(db: OperationalDatabase) -> list[Any]:
    """What a migrated database lacks or has too much, as Alembic's operations; empty when it is as the code says."""
    with db.begin() as connection:
        context = MigrationContext.configure(connection, opts=dict(OPTIONS))
        return list(compare_metadata(context, whole_metadata()))


def write_revision(message: str) -> Path:
    """Write a migration from the newest revision to what the code says now, to be read and corrected by hand.

    Triggers are not compared: add `ledger.guards.install_append_only` for a table that needs it.

    Args:
        message: what changes, in a few words; it becomes the file's name.
    """
    with tempfile.TemporaryDirectory() as directory:
        db = OperationalDatabase(f"sqlite:///{Path(directory) / 'operational.sqlite'}")
        try:
            upgrade(db)
            with db.begin() as connection:
                number = f"{len(list(ScriptDirectory(str(MIGRATIONS)).walk_revisions())) + 1:04}"
                script = command.revision(_config(connection), message, autogenerate=True, rev_id=number)
        finally:
            db.dispose()
    if script is None or isinstance(script, list):
        raise AssertionError("one revision was asked for")
    return Path(script.path)


def main(arguments: Sequence[str] | None = None) -> int:
    """``python -m hub.schema --revision "what changed"``: write the next migration."""
    parser = argparse.ArgumentParser(prog="python -m hub.schema", description=__doc__)
    parser.add_argument("--revision", required=True, metavar="MESSAGE")
    write_revision(parser.parse_args(arguments).revision)
    return 0


def _config(connection: Connection) -> Config:
    # Alembic reports every step at INFO; a person who runs `init` has no use for it.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        # Python's driver opens a transaction before rows change, not before tables do: open it by hand.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    elif connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


if __name__ == "__main__":
    sys.exit(main())
