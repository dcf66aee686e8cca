"""Reads Parquet: typed values as text, without a rounded digit, some thousands of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from catalog.feed import Feed
from ground.errors import RefusedData
from pipelines.intake import decoding
from pipelines.intake.as_text import can_be_text, texts
from pipelines.intake.staged import Staged, check_header, header_name, needed, not_taken, taken
from warehouse.duckdb_engine import DuckDbEngine

ROWS_AT_ONCE = 65_536


def read(engine: DuckDbEngine, path: Path, feed: Feed, *, where: str) -> Staged:
    """Stage a delivered Parquet file; ``_row`` is the number of the row.

    Raises:
        RefusedData: empty, no Parquet, damaged, without the columns that the feed maps, or one of them has no text (bytes,
            lists, structures).
    """
    decoding.refuse_empty(path, where)
    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            names = {header_name(name): name for name in schema.names}
            header = [header_name(name) for name in schema.names]
            check_header(feed, header, where=where, header_row=1)
            chosen = [names[name] for name in needed(feed)]
            _refuse_no_text(schema, chosen, where)
            staged = pa.schema([*((f"c{number}", pa.string()) for number in range(len(chosen))), ("_row", pa.int64())])
            table = engine.load_stream(f"_parquet_{path.parent.name}", staged, _rows(file, chosen, staged))
            rows = file.metadata.num_rows
    except (pa.ArrowException, OSError) as fault:
        raise RefusedData(
            "不是 Parquet 文件，或已损坏（不完整）。请重新导出后送达。",
            "It is no Parquet file, or damaged (incomplete). Export it again and deliver it.",
            where=where,
        ) from fault
    kinds = "、".join(f"{name} {schema.field(name).type}" for name in schema.names)
    notes = [(f"Parquet，{rows} 行，列：{kinds}", f"Parquet, {rows} rows, columns: {kinds}")]
    columns = {name: f"c{number}" for number, name in enumerate(needed(feed))}
    return Staged(taken(feed, table, columns), [], not_taken(feed, header), notes)


def _refuse_no_text(schema: pa.Schema, chosen: list[str], where: str) -> None:
    wrong = [name for name in chosen if not can_be_text(schema.field(name).type)]
    if wrong:
        kinds = "、".join(f"{name}（{schema.field(name).type}）" for name in wrong)
        raise RefusedData(
            f"这些列无法转为文本：{kinds}。请在导出时转为文本，或从 columns 中去掉。整个文件未采用，原件已保留。",
            f"These columns have no text: {kinds}. Export them as text, or take them out of columns. The file was not taken; its "
            "bytes are kept.",
            where=where,
        )


def _rows(file: pq.ParquetFile, chosen: list[str], staged: pa.Schema) -> Iterator[pa.RecordBatch]:
    above = 0
    for batch in file.iter_batches(ROWS_AT_ONCE, columns=list(dict.fromkeys(chosen))):
        numbers = pa.array(np.arange(above + 1, above + len(batch) + 1, dtype=np.int64))
        yield pa.record_batch([*(texts(batch.column(name)) for name in chosen), numbers], schema=staged)
        above += len(batch)
