"""The lake: DuckLake over Parquet, one writer at a time, readers pinned at a snapshot.

A table is called ``schema.table``. What the tables mean is not known here. Why DuckLake and a published pointer:
docs/decisions/0003-lake-and-engine.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import ibis
import ibis.expr.types as ir
from filelock import FileLock, Timeout

from ground.errors import InternalFault, Unavailable
from warehouse.duckdb_engine import DuckDbEngine, DuckDbError, literal, quoted

CATALOG = "lake"
METADATA = f"__ducklake_metadata_{CATALOG}"


@dataclass(frozen=True)
class LakeLocation:
    """Where a lake is kept.

    Attributes:
        directory: holds the catalogue (``catalog.sqlite``), ``data/`` and the writer's lock.
        catalog_url: a PostgreSQL connection string for the catalogue (``postgres:dbname=…``); None for SQLite.
    """

    directory: Path
    catalog_url: str | None = None

    @property
    def data(self) -> Path:
        """Directory of the Parquet files."""
        return self.directory / "data"

    @property
    def attach_url(self) -> str:
        """What DuckLake attaches."""
        return f"ducklake:{self.catalog_url or 'sqlite:' + str(self.directory / 'catalog.sqlite')}"

    @property
    def exists(self) -> bool:
        """Whether a writer has ever opened this lake."""
        return self.catalog_url is not None or (self.directory / "catalog.sqlite").exists()


class LakeReader:
    """Tables of the lake as they stood at one snapshot.

    Args:
        engine: the lake is attached to it.
        snapshot: the one that the engine is pinned at; None where it sees the newest state, or changes of its own.
    """

    def __init__(self, engine: DuckDbEngine, snapshot: int | None = None) -> None:
        self.engine = engine
        self._pinned = snapshot
        self._names: set[str] | None = None
        """Every ``schema.table``, once somebody asked: the catalogue takes longer to answer the more tables it has."""

    def table(self, name: str) -> ir.Table:
        """The table ``schema.table``."""
        return self.engine.table(f"{CATALOG}.{name}")

    def has(self, name: str) -> bool:
        """Whether ``schema.table`` exists at this snapshot."""
        # Asked of the catalogue: naming the table would have the engine look for a file where a feed is called "csv",
        # and would take any fault for an absence.
        return name in self._known()

    def tables(self, schema: str) -> list[str]:
        """Names of the tables of ``schema``, sorted."""
        return sorted(name.removeprefix(f"{schema}.") for name in self._known() if name.startswith(f"{schema}."))

    def as_of(self, name: str, snapshot: int | None) -> ir.Table | None:
        """``schema.table`` as it stood at an earlier snapshot; None where it was not there, or there is no such snapshot."""
        if snapshot is None or not self._existed(name, snapshot):
            return None
        view = f"_{name.replace('.', '_')}_at_{int(snapshot)}"
        self.engine.execute(
            f"CREATE OR REPLACE TEMP VIEW {quoted(view)} AS "
            f"FROM {CATALOG}.{quoted(name)} AT (VERSION => {int(snapshot)})"
        )
        return self.engine.table(f"temp.main.{view}")

    def _existed(self, name: str, snapshot: int) -> bool:
        schema, table = name.split(".")
        return bool(
            self.engine.execute(
                f"SELECT 1 FROM {METADATA}.ducklake_table t JOIN {METADATA}.ducklake_schema s USING (schema_id) "
                f"WHERE s.schema_name = {literal(schema)} AND t.table_name = {literal(table)} "
                f"AND t.begin_snapshot <= {int(snapshot)} AND (t.end_snapshot IS NULL OR t.end_snapshot > {int(snapshot)})"
            )
        )

    def _known(self) -> set[str]:
        if self._names is None:
            # The engine's own list reads the statistics of every table, half a second in a city; the catalogue knows the names.
            listed = (
                f"SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE database_name = {literal(CATALOG)}"
                if self._pinned is None
                else f"SELECT s.schema_name || '.' || t.table_name FROM {METADATA}.ducklake_table t "
                f"JOIN {METADATA}.ducklake_schema s USING (schema_id) WHERE t.begin_snapshot <= {int(self._pinned)} "
                f"AND (t.end_snapshot IS NULL OR t.end_snapshot > {int(self._pinned)})"
            )
            rows = self.engine.execute(listed)
            self._names = {str(row[0]) for row in rows}
        return self._names

    def count(self, name: str) -> int:
        """Rows of ``schema.table``; 0 where it does not exist."""
        if not self.has(name):
            return 0
        return int(self.engine.execute(f"SELECT count(*) FROM {CATALOG}.{quoted(name)}")[0][0])


class LakeWriter(LakeReader):
    """The one open writer. Each statement commits by itself unless inside `transaction`."""

    def __init__(self, engine: DuckDbEngine) -> None:
        super().__init__(engine)
        self._changes = 0
        self._open = False

    @contextmanager
    def transaction(self, message: str, facts: dict[str, object] | None = None) -> Iterator[None]:
        """All statements inside become one snapshot of the lake, or none.

        Args:
            message: what was done; kept with the snapshot.
            facts: ids and counts for machines; never a row value.
        """
        self.engine.execute("BEGIN")
        self._open = True
        try:
            yield
            self.engine.execute(
                f"CALL {CATALOG}.set_commit_message('shuyuan', {literal(message)}, "
                f"extra_info => {literal(json.dumps(facts or {}, ensure_ascii=False, sort_keys=True))})"
            )
            self.engine.execute("COMMIT")
        except BaseException:
            self._names = None  # what was made inside is gone
            with suppress(DuckDbError):  # a commit that failed has ended the transaction already
                self.engine.execute("ROLLBACK")
            raise
        finally:
            self._open = False

    @contextmanager
    def _together(self) -> Iterator[None]:
        """One transaction for several statements, unless one is open already."""
        if self._open:
            yield
        else:
            with self.transaction("upsert"):
                yield

    def snapshot(self) -> int:
        """Number of the newest snapshot."""
        return int(self.engine.execute(f"SELECT max(snapshot_id) FROM {CATALOG}.snapshots()")[0][0])

    def create(self, name: str, expr: ir.Table) -> int:
        """Make ``schema.table`` hold exactly the rows of ``expr``, replacing what it held; the rows written."""
        self._schema(name)
        written = self.engine.execute(
            f"CREATE OR REPLACE TABLE {CATALOG}.{quoted(name)} AS {self.engine.compile(expr)}"
        )
        self._known().add(name)
        return int(written[0][0]) if written else 0

    def append(self, name: str, expr: ir.Table) -> int:
        """Add the rows of ``expr`` by column name, making the table at the first time; the rows added."""
        if not self.has(name):
            return self.create(name, expr)
        self._widen(name, expr)
        columns = ", ".join(quoted(column) for column in expr.columns)
        sql = f"INSERT INTO {CATALOG}.{quoted(name)} ({columns}) {self.engine.compile(expr)}"
        return int(self.engine.execute(sql)[0][0])

    def upsert(self, name: str, expr: ir.Table, on: Sequence[str]) -> int:
        """Replace the rows that have the keys of ``expr`` and add the others; the rows written.

        ``expr`` has one row per key (DuckLake has no primary keys; the caller keeps them).
        """
        if not self.has(name):
            return self.create(name, expr)
        self._widen(name, expr)
        # Two statements in place of MERGE, which reads every column of the rows it replaces: half the time.
        rows = self.engine.stage(expr)
        with self._together():
            self.delete(name, rows.select(*on), on)
            written = self.append(name, rows)
        self.engine.drop(rows)
        return written

    def delete(self, name: str, keys: ir.Table, on: Sequence[str]) -> int:
        """Delete the rows whose key is in ``keys``; the rows deleted."""
        match = " AND ".join(f"t.{quoted(column)} = s.{quoted(column)}" for column in on)
        sql = f"DELETE FROM {CATALOG}.{quoted(name)} t USING ({self.engine.compile(keys)}) s WHERE {match}"
        return int(self.engine.execute(sql)[0][0])

    def drop(self, name: str) -> None:
        """Drop ``schema.table`` if it exists."""
        self.engine.execute(f"DROP TABLE IF EXISTS {CATALOG}.{quoted(name)}")
        self._known().discard(name)

    def changed_keys(self, name: str, since: int, columns: Sequence[str]) -> ir.Table | None:
        """Values of ``columns`` in the rows of ``schema.table`` that came, went or changed after snapshot ``since``.

        Only these columns are read: a row that changed stands in it as it was and as it is.

        Returns:
            The distinct values, or None where the table did not exist at ``since`` (all is new).
        """
        schema, table = name.split(".")
        head = self.snapshot()
        picked = ", ".join(quoted(column) for column in columns)
        if since >= head:
            sql = f"SELECT {picked} FROM {CATALOG}.{quoted(name)} WHERE false"
        elif not self._existed(name, since):
            return None
        else:
            place = f"({literal(CATALOG)}, {literal(schema)}, {literal(table)}, {since + 1}, {head})"
            # Insertions and deletions apart cost a third of the joint change feed, which pairs them into updates.
            sql = (
                f"SELECT {picked} FROM ducklake_table_insertions{place} "
                f"UNION SELECT {picked} FROM ducklake_table_deletions{place}"
            )
        self._changes += 1
        self.engine.execute(f"CREATE OR REPLACE TEMP TABLE {quoted(f'_changed_{self._changes}')} AS {sql}")
        return self.engine.table(f"temp.main._changed_{self._changes}")

    def restore(self, names: Sequence[str], snapshot: int | None) -> list[str]:
        """Bring tables back to what they were at ``snapshot`` (dropped where they were not there); the names touched.

        For derived tables that an unfinished run left ahead of the published state.
        """
        touched = []
        for name in names:
            if snapshot is None or not self._existed(name, snapshot):
                if self.has(name):
                    self.drop(name)
                    touched.append(name)
            elif not self.has(name) or self._differs(name, snapshot):
                at = f"{CATALOG}.{quoted(name)} AT (VERSION => {int(snapshot)})"
                self.engine.execute(f"CREATE OR REPLACE TABLE {CATALOG}.{quoted(name)} AS FROM {at}")
                self._known().add(name)
                touched.append(name)
        return touched

    def clean(self) -> int:
        """Delete files that no snapshot knows (left by a killed writer); how many. Only ever under the writer's lock."""
        return len(self.engine.execute(f"CALL ducklake_delete_orphaned_files({literal(CATALOG)}, cleanup_all => true)"))

    def _schema(self, name: str) -> None:
        self.engine.execute(f"CREATE SCHEMA IF NOT EXISTS {CATALOG}.{quoted(name.split('.', maxsplit=1)[0])}")

    def _differs(self, name: str, snapshot: int) -> bool:
        head, (schema, table) = self.snapshot(), name.split(".")
        if snapshot >= head:
            return False
        try:
            return bool(
                self.engine.execute(
                    f"SELECT 1 FROM ducklake_table_changes({literal(CATALOG)}, {literal(schema)}, {literal(table)}, "
                    f"{snapshot + 1}, {head}) LIMIT 1"
                )
            )
        except DuckDbError:
            return True  # replaced since: the change feed does not reach across a replaced table

    def _widen(self, name: str, expr: ir.Table) -> None:
        """Add the columns that ``expr`` has and the table has not (a feed gained an item)."""
        known = set(self.table(name).columns)
        for column, kind in expr.schema().items():
            if column not in known:
                sql_type = self.engine.backend.compiler.type_mapper.to_string(kind)
                self.engine.execute(f"ALTER TABLE {CATALOG}.{quoted(name)} ADD COLUMN {quoted(column)} {sql_type}")


class Lake:
    """Opens a lake for its one writer or for any number of readers.

    Args:
        location: where it is.
        threads, memory_limit: given to the engine.
        lock_timeout: seconds to wait for another writer to finish.
    """

    def __init__(
        self,
        location: LakeLocation,
        *,
        threads: int | None = None,
        memory_limit: str | None = None,
        lock_timeout: float = 60.0,
    ) -> None:
        self.location = location
        self._threads = threads
        self._memory_limit = memory_limit
        self._lock = FileLock(str(location.directory / "write.lock"), timeout=lock_timeout)

    @contextmanager
    def writing(self) -> Iterator[LakeWriter]:
        """Hold the writer's lock and open the newest state.

        Raises:
            Unavailable: another run holds the lock for longer than the timeout, the disk is full, or the catalogue
                does not answer.
        """
        try:
            self.location.data.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except Timeout:
            raise Unavailable(
                "另一个任务正在写入数据湖，请等它结束后重试。",
                "Another run is writing the lake; try again when it ends.",
            ) from None
        except OSError as fault:
            raise Unavailable(
                f"数据湖目录无法写入（{fault.strerror}），请检查磁盘与权限。",
                f"The lake's folder cannot be written ({fault.strerror}); check the disk and its permissions.",
                where=str(self.location.directory),
            ) from fault
        try:
            with self._engine() as engine:
                self._attach(engine, "")
                for name, value in (("parquet_compression", "zstd"), ("parquet_compression_level", "1")):
                    engine.execute(f"CALL {CATALOG}.set_option({literal(name)}, {literal(value)})")
                try:
                    yield LakeWriter(engine)
                except DuckDbError as fault:
                    raise _explained(fault) from fault
        finally:
            self._lock.release()

    @contextmanager
    def reading(self, snapshot: int | None) -> Iterator[LakeReader]:
        """Open the lake pinned at ``snapshot`` (None: the newest state), read only; later commits are not seen.

        Raises:
            Unavailable: no writer has made the lake yet, or its catalogue does not answer.
        """
        if not self.location.exists:
            raise Unavailable(
                "数据湖还没有内容，请先运行 feed run 与 build。", "The lake is empty; run feed run and build first."
            )
        with self._engine() as engine:
            pin = "" if snapshot is None else f"SNAPSHOT_VERSION {int(snapshot)}, "
            self._attach(engine, f"{pin}READ_ONLY, ")
            yield LakeReader(engine, snapshot)

    def _engine(self) -> DuckDbEngine:
        return DuckDbEngine(
            threads=self._threads, memory_limit=self._memory_limit, temp_directory=self.location.directory / "spill"
        )

    def _attach(self, engine: DuckDbEngine, options: str) -> None:
        sqlite = self.location.catalog_url is None
        engine.extend("ducklake", "sqlite_scanner" if sqlite else "postgres_scanner")
        wal = ", META_JOURNAL_MODE 'WAL', META_BUSY_TIMEOUT 5000" if sqlite else ""
        try:
            engine.execute(
                f"ATTACH {literal(self.location.attach_url)} AS {CATALOG} "
                f"({options}DATA_PATH {literal(str(self.location.data.resolve()) + '/')}, OVERRIDE_DATA_PATH true{wal})"
            )
        except DuckDbError as fault:
            raise Unavailable(
                f"数据湖目录库无法打开（{type(fault).__name__}）。请检查 lake/catalog.sqlite 或 settings.yaml 的 lake_catalog。",
                f"The lake's catalogue cannot be opened ({type(fault).__name__}); check lake/catalog.sqlite, or lake_catalog in "
                "settings.yaml.",
            ) from fault


_FULL = ("no space left", "out of disk", "could not write", "disk is full", "disk i/o error")
"""What the engine and its catalogue say of a disk that takes nothing more."""


def _explained(fault: Exception) -> Exception:
    """A full disk is the operator's to mend; anything else is ours."""
    text = str(fault).lower()
    if any(word in text for word in _FULL):
        return Unavailable(
            "磁盘已满或无法写入，本次写入已撤销，已发布的数据不受影响。请清理空间后重试。",
            "The disk is full or not writable; this write was undone and published data is untouched. Free space, then try again.",
        )
    if "out of memory" in text:
        return Unavailable(
            "内存不足，本次写入已撤销。请在 settings.yaml 调高 memory_limit 或减少并行。",
            "Out of memory; this write was undone. Raise memory_limit in settings.yaml or run less at once.",
        )
    return InternalFault(
        f"数据引擎报错（{type(fault).__name__}），本次写入已撤销。",
        f"The engine failed ({type(fault).__name__}); this write was undone.",
    )


def empty(schema: ibis.Schema) -> ir.Table:
    """A table of ``schema`` without rows."""
    return ibis.memtable(schema.to_pyarrow().empty_table())
