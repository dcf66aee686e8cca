"""Fetches a department's table through SQLAlchemy into Parquet, which is then landed like any file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from catalog.feed import Feed
from catalog.sources import SqlSource
from ground.errors import Unavailable, UserError
from pipelines.intake.as_text import texts
from pipelines.intake.credentials import filled
from pipelines.intake.landing import full_disk
from pipelines.intake.staged import Staged, check_header, header_name, not_taken, taken
from warehouse.duckdb_engine import DuckDbEngine

ROWS_AT_ONCE = 50_000


def fetch(source: SqlSource, target: Path, *, home: Path, environment: Mapping[str, str], where: str) -> int:
    """Write the rows of the query to a Parquet file, every column as text.

    Args:
        source: URL and query. ``${NAME}`` in the URL comes from ``environment``; a SQLite file is named relative to
            the home and stays below its inbox.
        target: file to write; removed again if the source fails.
        home: the home folder.
        environment: variables that URLs may name.
        where: the feed, for messages.

    Returns:
        Rows written.

    Raises:
        UserError: a variable is not set, the URL leads out of the inbox, is none, or names a driver that is not
            installed; or a column holds bytes.
        Unavailable: the database did not answer or went away in mid-read, or the disk is full; nothing is kept of the
            half.
    """
    engine = _engine(_url(source.url, home, environment, where), where)
    writer: pq.ParquetWriter | None = None
    rows = 0
    try:
        with engine.connect().execution_options(stream_results=True) as connection:
            # coerce_float would turn NUMERIC, and with it an 18-digit code, into a rounded float.
            for frame in pd.read_sql_query(
                sa.text(source.query), connection, chunksize=ROWS_AT_ONCE, dtype_backend="pyarrow", coerce_float=False
            ):
                data = _as_text(frame)
                writer = writer or pq.ParquetWriter(target, data.schema, compression="zstd")
                writer.write_table(data)
                rows += len(frame)
    except (SQLAlchemyError, pd.errors.DatabaseError) as fault:  # before OSError, which pandas makes its own one of
        target.unlink(missing_ok=True)
        raise Unavailable(
            f"读取来源数据库时中断（{type(fault).__name__}），已读到的部分未采用，原有数据不变。请稍后重试。",
            f"The source database failed while being read ({type(fault).__name__}); nothing of the half was taken. Try again later.",
            where=where,
        ) from fault
    except OSError as fault:
        target.unlink(missing_ok=True)
        raise full_disk(fault, where) from fault
    except (pa.ArrowException, UnicodeError) as fault:
        target.unlink(missing_ok=True)
        raise UserError(
            "查询结果中有无法转为文本的列（如二进制），请在 source.query 中改为文本或去掉该列。",
            "The query returns a column that is no text (binary, say); cast it in source.query or leave it out.",
            where=where,
        ) from fault
    finally:
        if writer is not None:
            writer.close()
        engine.dispose()
    if rows == 0:
        target.unlink(missing_ok=True)
        raise Unavailable(
            "查询没有返回任何行。若来源确实已清空，请用 tombstone 方式送达注销。",
            "The query returned no rows. If the source is truly empty, deliver tombstones.",
            where=where,
        )
    return rows


def read(engine: DuckDbEngine, path: Path, feed: Feed, *, where: str) -> Staged:
    """Stage fetched rows."""
    table = engine.read_rows(path)
    header = {header_name(column): column for column in table.columns if column != "_row"}
    check_header(feed, list(header), where=where, header_row=1)
    notes = [(f"查询返回列：{'、'.join(header)}", f"columns of the query: {', '.join(header)}")]
    return Staged(taken(feed, table, header), [], not_taken(feed, list(header)), notes)


def _as_text(frame: pd.DataFrame) -> pa.Table:
    data = pa.Table.from_pandas(frame, preserve_index=False).combine_chunks()
    return pa.table([texts(column.combine_chunks()) for column in data.columns], names=data.column_names)


def _engine(url: sa.URL, where: str) -> sa.Engine:
    try:
        return sa.create_engine(url)
    except (sa.exc.ArgumentError, ImportError):
        raise UserError(
            f"没有安装 {url.drivername} 的数据库驱动，请安装或改用其他驱动（如 postgresql+psycopg）。",
            f"No driver for {url.drivername} is installed; install it or name another, such as postgresql+psycopg.",
            where=where,
        ) from None


def _url(text: str, home: Path, environment: Mapping[str, str], where: str) -> sa.URL:
    try:
        url = sa.make_url(filled(text, environment, where=where))
    except sa.exc.ArgumentError:
        raise UserError(
            "source.url 不是 SQLAlchemy 地址，例如 postgresql+psycopg://用户@主机/库。",
            "source.url is no SQLAlchemy URL, such as postgresql+psycopg://user@host/database.",
            where=where,
        ) from None
    if url.get_backend_name() == "duckdb":
        # Its SQL reads any file of this machine: no way around the inbox.
        raise UserError(
            "来源不能是 DuckDB。文件请放入 inbox/，以文件来源声明。",
            "A source cannot be DuckDB; put the file into inbox/ and declare a file source.",
            where=where,
        )
    if url.get_backend_name() != "sqlite":
        return url
    path = (home / (url.database or "")).resolve()
    if not path.is_relative_to((home / "inbox").resolve()) or Path(url.database or "").is_absolute():
        raise UserError(
            "SQLite 文件必须写成 inbox/ 之下的相对路径，如 sqlite:///inbox/sw/x.sqlite。",
            "A SQLite file is named relative to the home and stays below inbox/, as in sqlite:///inbox/sw/x.sqlite.",
            where=where,
        )
    if not path.is_file():
        raise Unavailable(
            "SQLite 文件不存在，尚未送达。", "The SQLite file is not there; nothing was delivered yet.", where=where
        )
    return sa.make_url(f"sqlite:///file:{path}?mode=ro&uri=true")
