"""Fetches a department's table through SQLAlchemy into Parquet, which is then landed like any file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from catalog.model import Feed, SqlSource
from ground.errors import Unavailable, UserError
from pipelines.intake.staged import Staged, check_header, header_name, wanted
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
        UserError: a variable is not set, or the URL leads out of the inbox, or the URL is not one.
        Unavailable: the database did not answer or went away in mid-read; nothing is kept of the half.
    """
    engine = sa.create_engine(_url(source.url, home, environment, where))
    writer: pq.ParquetWriter | None = None
    rows = 0
    try:
        with engine.connect().execution_options(stream_results=True) as connection:
            for frame in pd.read_sql_query(
                sa.text(source.query), connection, chunksize=ROWS_AT_ONCE, dtype_backend="pyarrow"
            ):
                data = _as_text(frame)
                writer = writer or pq.ParquetWriter(target, data.schema, compression="zstd")
                writer.write_table(data)
                rows += len(frame)
    except (SQLAlchemyError, pd.errors.DatabaseError, OSError) as fault:
        if writer is not None:
            writer.close()
        target.unlink(missing_ok=True)
        raise Unavailable(
            f"读取来源数据库时中断（{type(fault).__name__}），已读到的部分未采用，原有数据不变。请稍后重试。",
            f"The source database failed while being read ({type(fault).__name__}); nothing of the half was taken. Try again later.",
            where=where,
        ) from fault
    finally:
        if writer is not None:
            writer.close()
        engine.dispose()
    if writer is None:
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
    mapping = wanted(feed)
    taken = {mapping[name]: table[column].nullif("") for name, column in header.items() if name in mapping}
    notes = [(f"查询返回列：{'、'.join(header)}", f"columns of the query: {', '.join(header)}")]
    return Staged(table.select(**taken, _row=table["_row"]), [], [n for n in header if n not in mapping], notes)


def _as_text(frame: pd.DataFrame) -> pa.Table:
    data = pa.Table.from_pandas(frame, preserve_index=False)
    columns = [pc.cast(column, pa.string()) for column in data.columns]
    return pa.table(columns, names=data.column_names)


def _url(text: str, home: Path, environment: Mapping[str, str], where: str) -> sa.URL:
    missing = [name for name in re.findall(r"\$\{(\w+)\}", text) if name not in environment]
    if missing:
        raise UserError(
            f"来源地址用到的环境变量未设置：{'、'.join(missing)}。请在运行前设置。",
            f"Environment variables named in the source URL are not set: {', '.join(missing)}.",
            where=where,
        )
    try:
        url = sa.make_url(re.sub(r"\$\{(\w+)\}", lambda match: environment[match[1]], text))
    except sa.exc.ArgumentError:
        raise UserError(
            "source.url 不是 SQLAlchemy 地址，例如 postgresql+psycopg://用户@主机/库。",
            "source.url is no SQLAlchemy URL, such as postgresql+psycopg://user@host/database.",
            where=where,
        ) from None
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
