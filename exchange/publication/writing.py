"""The files of a release: CSV that Excel opens without harm, and Parquet for programs. One pass over the batches.

CSV: UTF-8 with byte-order mark, CRLF, Chinese headings. A spreadsheet runs a text that begins with ``= + - @`` and rewrites
long digit codes; so such a text gets one leading apostrophe, and a text of digits that would be changed (12 digits and
more, a leading zero, or of the form 12E5) one leading tab, which Excel does not show. Numbers and dates are not touched.
The Parquet file has the values as they are; programs read that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ground.files import flush

FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"
REWRITTEN = r"^([0-9]{12,}|0[0-9]+|[0-9]+[eE][0-9]+)$"


def write_rows(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, titles: dict[str, str], *, csv: Path, parquet: Path
) -> int:
    """Write both files and return the number of rows.

    Args:
        batches: the rows; every batch has the columns of ``schema``.
        schema: columns and types, in order.
        titles: column -> heading in the CSV.
        csv: file to make.
        parquet: file to make.
    """
    rows = 0
    with (
        csv.open("w", encoding="utf-8-sig", newline="") as text,
        pq.ParquetWriter(parquet, schema, compression="zstd") as table,
    ):
        _csv(schema.empty_table(), titles, text, header=True)
        for batch in batches:
            part = pa.Table.from_batches([batch]).select(schema.names).cast(schema)
            table.write_table(part)
            _csv(part, titles, text, header=False)
            rows += part.num_rows
    for path in (csv, parquet):
        flush(path)
    return rows


def guarded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A text column as it is written to CSV: nothing a spreadsheet would run or change."""
    as_formula = pc.binary_join_element_wise("'", column, "")
    as_code = pc.binary_join_element_wise("\t", column, "")
    safe = pc.if_else(pc.match_substring_regex(column, REWRITTEN), as_code, column)
    return pc.if_else(pc.match_substring_regex(column, FORMULA), as_formula, safe)


def sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _csv(part: pa.Table, titles: dict[str, str], text: Any, *, header: bool) -> None:
    columns = {
        titles[name]: guarded(column) if pa.types.is_string(column.type) else column.cast(pa.string())
        for name, column in zip(part.column_names, part.columns, strict=True)
    }
    pa.table(columns).to_pandas().to_csv(text, index=False, header=header, lineterminator="\r\n")
