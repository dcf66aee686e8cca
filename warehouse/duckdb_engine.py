"""The DuckDB leaf: the only module that imports duckdb.

Everything runs offline: extensions come as wheels and are loaded by path; automatic installation is off
(docs/decisions/0003-lake-and-engine.md).
"""

from __future__ import annotations

import hashlib
import json
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa

from ground.errors import InternalFault

DuckDbError = duckdb.Error
"""What the engine raises; for callers that must tell an engine fault from their own."""


def quoted(name: str) -> str:
    """``name`` as a quoted SQL identifier; ``schema.table`` is quoted part by part."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))


def literal(text: str) -> str:
    """``text`` as a SQL string literal. For paths and options; values of rows are always bound."""
    return "'" + text.replace("'", "''") + "'"


def extension_path(name: str) -> Path:
    """Where the wheel of an extension put its file.

    Raises:
        InternalFault: the wheel is not installed.
    """
    root = Path(sysconfig.get_paths()["purelib"]) / f"duckdb_extension_{name}"
    found = sorted(root.rglob(f"v{duckdb.__version__}/*.duckdb_extension"))
    if not found:
        raise InternalFault(
            f"缺少 DuckDB 扩展 {name}（版本 {duckdb.__version__}），请按 requirements.lock 重新安装。",
            f"The DuckDB extension {name} {duckdb.__version__} is missing; install again from requirements.lock.",
        )
    return found[0]


@ibis.udf.scalar.builtin(name="shuyuan_hmac")  # type: ignore[untyped-decorator]
def _hmac(value: str) -> str:  # type: ignore[empty-body]
    """HMAC-SHA256 in hex under the connection's current key; defined as a SQL macro by `DuckDbEngine.keyed`."""


_SPATIAL_MACROS = (
    # Null where the text is no geometry; the engine's own function would end the whole query.
    "shuyuan_parsed(t) AS TRY(ST_GeomFromText(CAST(t AS VARCHAR)))",
    # Null where the geometry is invalid too: an operation on it may fail or mean nothing. Parsed once, by the lambda.
    "shuyuan_geometry(t) AS list_transform([shuyuan_parsed(t)], lambda g: CASE WHEN ST_IsValid(g) THEN g END)[1]",
    # The ellipsoidal functions want latitude first.
    "shuyuan_area_m2(g) AS ST_Area_Spheroid(ST_FlipCoordinates(g))",
    "shuyuan_box(west, south, east, north) AS ST_MakeEnvelope(west, south, east, north)",
)


@dataclass(frozen=True)
class RejectedLine:
    """A line of delimited text that is no row.

    Attributes:
        line: its 1-based number in the file.
        reason: the engine's reason code.
        more: further lines that belong to it, where a quote ran over them.
    """

    line: int
    reason: str
    more: int = 0


class DuckDbEngine:
    """One DuckDB connection with an Ibis backend on it.

    Args:
        threads: worker threads; None lets DuckDB choose.
        memory_limit: such as ``"3GB"``; None lets DuckDB choose.
        temp_directory: where it spills; None keeps DuckDB's default.
    """

    def __init__(
        self, *, threads: int | None = None, memory_limit: str | None = None, temp_directory: Path | None = None
    ) -> None:
        config: dict[str, Any] = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
        if threads:
            config["threads"] = threads
        if memory_limit:
            config["memory_limit"] = memory_limit
        if temp_directory:
            config["temp_directory"] = str(temp_directory)
        self.connection = duckdb.connect(config=config)
        self.connection.execute("SET TimeZone='UTC'")
        # Ibis and DuckLake's catalog both build in-memory tables here; nothing of a city is kept in this database.
        self.backend = ibis.duckdb.from_connection(self.connection)
        self._loaded: set[str] = set()
        self._scratch = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; temporary tables go with it."""
        self.connection.close()

    def extend(self, *names: str) -> None:
        """Load extensions by path, once each."""
        for name in names:
            if name not in self._loaded:
                self.connection.execute(f"LOAD {literal(str(extension_path(name)))}")
                self._loaded.add(name)

    def extend_spatial(self) -> None:
        """Load the spatial functions, and define those of `quality.geometry` that no extension has by its own name."""
        if "spatial" not in self._loaded:
            self.extend("spatial")
            for macro in _SPATIAL_MACROS:
                self.connection.execute(f"CREATE OR REPLACE TEMP MACRO {macro}")

    # --- evaluating ---------------------------------------------------------------------------------------------

    def compile(self, expr: ir.Expr) -> str:
        """The SQL of ``expr``; tables held in memory by the expression become known to this connection."""
        self.backend._run_pre_execute_hooks(expr)
        return str(self.backend.compile(expr))

    def execute(self, sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """Run SQL of a leaf and fetch what it returns."""
        return self.connection.execute(sql, parameters or []).fetchall()

    def to_arrow(self, expr: ir.Expr) -> pa.Table:
        """Evaluate ``expr`` whole, in the types it promises (DuckDB sums integers into 128 bits)."""
        rows = self.connection.execute(self.compile(expr)).to_arrow_table()
        promised = expr.as_table().schema().to_pyarrow()
        return rows if rows.schema.equals(promised) else rows.cast(promised)

    def batches(self, expr: ir.Expr, rows: int = 100_000) -> pa.RecordBatchReader:
        """Evaluate ``expr`` as a stream of batches of at most ``rows`` rows."""
        return self.connection.execute(self.compile(expr)).to_arrow_reader(rows)

    def table(self, name: str) -> ir.Table:
        """A table or view of this connection; ``catalog.schema.table`` and ``schema.table`` are understood."""
        *path, last = name.split(".")
        if not path:
            return self.backend.table(last)
        return self.backend.table(last, database=tuple(path) if len(path) > 1 else path[0])

    # --- temporary tables ---------------------------------------------------------------------------------------

    def load_stream(self, name: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> ir.Table:
        """Make batches a temporary table called ``name``, never holding more than a few of them.

        What the iteration raises is raised here as it is, not as the engine's complaint about it.
        """
        raised: list[BaseException] = []

        def guarded() -> Iterator[pa.RecordBatch]:
            try:
                yield from batches
            except BaseException as fault:
                raised.append(fault)
                raise

        try:
            return self.load(name, pa.RecordBatchReader.from_batches(schema, guarded()))
        except duckdb.Error:
            if raised:
                raise raised[0] from None
            raise

    def load(self, name: str, data: pa.Table | pa.RecordBatchReader) -> ir.Table:
        """Make ``data`` a temporary table called ``name`` (replacing one of that name) and return it."""
        self.connection.register("_shuyuan_incoming", data)
        try:
            self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {quoted(name)} AS FROM _shuyuan_incoming")
        finally:
            self.connection.unregister("_shuyuan_incoming")
        return self.backend.table(name, database=("temp", "main"))

    def stage(self, expr: ir.Table, name: str | None = None) -> ir.Table:
        """Evaluate ``expr`` into a temporary table, so that it is computed once and used often."""
        self._scratch += 1
        name = name or f"_stage_{self._scratch}"
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {quoted(name)} AS {self.compile(expr)}")
        return self.backend.table(name, database=("temp", "main"))

    def stage_sql(self, query: str, name: str) -> ir.Table:
        """Evaluate a SELECT that a person wrote, and that was looked at before, into a temporary table."""
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {quoted(name)} AS {query}")
        return self.backend.table(name, database=("temp", "main"))

    def drop(self, table: ir.Table) -> None:
        """Drop a temporary table made by `load` or `stage`."""
        self.connection.execute(f"DROP TABLE IF EXISTS temp.{quoted(table.get_name().split('.')[-1])}")

    def view(self, name: str, expr: ir.Table) -> None:
        """Make ``expr`` a temporary view called ``name``, for SQL that a person writes."""
        self.connection.execute(f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS {self.compile(expr)}")

    # --- reading files ------------------------------------------------------------------------------------------

    def read_parquet(self, path: Path) -> ir.Table:
        """A Parquet file as a table."""
        return self.backend.read_parquet(path)

    def read_rows(self, path: Path) -> ir.Table:
        """A Parquet file as a table with ``_row``, its 1-based row number."""
        self._scratch += 1
        name = f"_rows_{self._scratch}"
        self.connection.execute(
            f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS SELECT * EXCLUDE (file_row_number), file_row_number + 1 AS _row "
            f"FROM read_parquet({literal(str(path))}, file_row_number=true)"
        )
        return self.backend.table(name, database=("temp", "main"))

    def read_delimited(
        self,
        path: Path,
        columns: list[str],
        *,
        delimiter: str,
        quote: str,
        skip: int,
        blank: Sequence[int] = (),
        lines: int | None = None,
    ) -> tuple[ir.Table, list[RejectedLine]]:
        """Read UTF-8 delimited text as text columns plus ``_row``, keeping the lines that are no row.

        Args:
            path: the file.
            columns: names of all its columns, in order.
            delimiter: one character.
            quote: one character; doubled inside a quoted value.
            skip: lines above the first data row.
            blank: numbers of empty lines; they are no rows, but rows below them stand further down.
            lines: lines of the file, if known: more of them than rows, rejected and empty lines mean that values hold
                line breaks, and only then they are looked for.

        Returns:
            A temporary table (``columns`` as text, empty text as null; ``_row``: 1-based line in the file on which the
            row begins, exact unless there are empty lines below a value that holds a line break), and the rejected lines.
        """
        self._scratch += 1
        name, rejects = f"_csv_{self._scratch}", f"_rejects_{self._scratch}"
        types = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in columns)
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {quoted(name)} AS SELECT *, row_number() OVER () AS _ordinal FROM read_csv("
            f"{literal(str(path))}, columns={{{types}}}, auto_detect=false, header=false, skip={skip}, "
            f"delim={literal(delimiter)}, quote={literal(quote)}, escape={literal(quote)}, strict_mode=true, "
            f"max_line_size=8388608, store_rejects=true, rejects_table={literal(rejects)}, "
            f"rejects_scan={literal(rejects + '_scan')})"
        )
        rejected = self.execute(
            f"SELECT line, min(error_type::VARCHAR), max(length(text) - length(replace(text, chr(10), ''))) "
            f"FROM (SELECT *, trim(csv_line, chr(10)) AS text FROM {quoted(rejects)}) GROUP BY line ORDER BY line"
        )
        # A data row's line is its ordinal, the lines skipped, and the rejected and empty lines above it.
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {quoted(name + '_lined')} AS "
            f"WITH bad AS (SELECT line, line - {skip} - row_number() OVER (ORDER BY line) AS good_above, "
            f"row_number() OVER (ORDER BY line) AS bad_above FROM (SELECT line FROM {quoted(rejects)} "
            f"UNION SELECT unnest($1::UBIGINT[]) AS line) WHERE line > {skip}), "
            f"step AS (SELECT good_above, max(bad_above) AS bad_above FROM bad GROUP BY good_above) "
            f"SELECT t.* EXCLUDE (_ordinal), (t._ordinal + {skip} + coalesce(step.bad_above, 0))::BIGINT AS _row "
            f"FROM {quoted(name)} t ASOF LEFT JOIN step ON t._ordinal > step.good_above",
            [list(blank)],
        )
        for leftover in (name, rejects, rejects + "_scan"):
            self.connection.execute(f"DROP TABLE IF EXISTS {quoted(leftover)}")
        found = [RejectedLine(int(line), str(reason), int(more or 0)) for line, reason, more in rejected]
        table = self.backend.table(name + "_lined", database=("temp", "main"))
        rows = self.execute(f"SELECT count(*) FROM {quoted(name + '_lined')}")[0][0]
        if lines is None or lines <= skip + rows + len(found) + len(blank):
            return table, found
        return self._below_breaks(name + "_lined", columns, found)

    def _below_breaks(
        self, name: str, columns: list[str], rejected: list[RejectedLine]
    ) -> tuple[ir.Table, list[RejectedLine]]:
        """Line numbers of rows and rejected lines, put right for the line breaks within values above them."""
        breaks = " + ".join(
            f"coalesce(length({one}) - length(replace({one}, chr(10), '')), 0)" for one in map(quoted, columns)
        )
        moved = name + "_moved"
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {quoted(moved + '_by')} AS SELECT _row, sum(more) OVER (ORDER BY _row)::BIGINT AS by "
            f"FROM (SELECT _row, {breaks} AS more FROM {quoted(name)} UNION ALL "
            f"SELECT unnest($1::BIGINT[]), unnest($2::BIGINT[])) WHERE more > 0",
            [[one.line for one in rejected], [one.more for one in rejected]],
        )
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {quoted(moved)} AS SELECT t.* REPLACE (t._row + coalesce(m.by, 0) AS _row) "
            f"FROM {quoted(name)} t ASOF LEFT JOIN {quoted(moved + '_by')} m ON t._row > m._row"
        )
        lines = (
            self.execute(
                f"SELECT l.line + coalesce(m.by, 0), l.place FROM (SELECT unnest($1::BIGINT[]) AS line, "
                f"generate_subscripts($1, 1) AS place) l ASOF LEFT JOIN {quoted(moved + '_by')} m ON l.line > m._row ORDER BY place",
                [[one.line for one in rejected]],
            )
            if rejected
            else []
        )
        for leftover in (name, moved + "_by"):
            self.connection.execute(f"DROP TABLE IF EXISTS {quoted(leftover)}")
        put_right = [replace(one, line=int(line)) for one, (line, _) in zip(rejected, lines, strict=True)]
        return self.backend.table(moved, database=("temp", "main")), put_right

    # --- keyed digests ------------------------------------------------------------------------------------------

    @contextmanager
    def keyed(self, key: bytes) -> Iterator[Any]:
        """A function ``text column -> HMAC-SHA256 in hex`` under ``key`` (RFC 2104), for expressions evaluated inside.

        The key is bound as a variable of the connection: it stands in no SQL text and no log.
        """
        padded = (key if len(key) <= 64 else _sha256(key)).ljust(64, b"\0")
        self.connection.execute("SET VARIABLE shuyuan_inner = $1", [bytes(b ^ 0x36 for b in padded)])
        self.connection.execute("SET VARIABLE shuyuan_outer = $1", [bytes(b ^ 0x5C for b in padded)])
        self.connection.execute(
            "CREATE OR REPLACE TEMP MACRO shuyuan_hmac(t) AS sha256(getvariable('shuyuan_outer')::BLOB || "
            "unhex(sha256(getvariable('shuyuan_inner')::BLOB || encode(t))))"
        )
        try:
            yield _hmac
        finally:
            self.connection.execute("RESET VARIABLE shuyuan_inner")
            self.connection.execute("RESET VARIABLE shuyuan_outer")

    # --- confinement --------------------------------------------------------------------------------------------

    def confine(self, directories: list[Path]) -> None:
        """From here on DuckDB itself reads files below ``directories`` only, writes none, and stays so.

        The SQLite and PostgreSQL extensions open files and addresses by themselves and are not bound by this: whoever
        runs a stranger's SQL also asks `named_in`.
        """
        allowed = ", ".join(literal(f"{directory}/") for directory in directories)
        self.connection.execute(f"SET allowed_directories=[{allowed}]")
        self.connection.execute("SET enable_external_access=false")
        self.connection.execute("SET lock_configuration=true")

    def named_in(self, query: str) -> tuple[set[str], set[str]] | None:
        """Tables and table functions that one query reads, as DuckDB's own parser understands it.

        Returns:
            Names of tables (qualified ones with their schema, ``schema.table``) and of table functions; None if the
            text is not exactly one SELECT.
        """
        row = self.connection.execute("SELECT json_serialize_sql($1)", [query]).fetchone()
        tree: dict[str, Any] = json.loads(row[0]) if row else {"error": True}
        if tree.get("error") or len(tree.get("statements", [])) != 1:
            return None
        tables: set[str] = set()
        functions: set[str] = set()
        for node in _nodes(tree):
            if node.get("type") == "BASE_TABLE":
                place = [node.get("catalog_name"), node.get("schema_name"), node.get("table_name")]
                tables.add(".".join(part for part in place if part))
            elif node.get("type") == "TABLE_FUNCTION":
                functions.add(str((node.get("function") or {}).get("function_name")))
        return tables, functions


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of a JSON tree."""
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from _nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _nodes(value)


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
