"""Parquet, one row group a block."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from catalog.formats import Parquet
from simulation.numbers import Ints
from simulation.register import Habits
from simulation.writers.layout import Layout
from simulation.writers.part_file import finish, part_of


class ParquetWriter:
    """Writes Parquet: text, but numbers where the rows or the habits have numbers, and moments where they are dates."""

    def __init__(self, path: Path, layout: Layout, form: Parquet, habits: Habits) -> None:
        self._path, self._part, self._layout = path, part_of(path), layout
        self._writer: pq.ParquetWriter | None = None
        self._count = 0

    def append(self, rows: pd.DataFrame) -> Ints:
        """Write rows; their numbers from 1."""
        table = self._table(rows)
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._part, table.schema)
        self._writer.write_table(table)
        numbers = np.arange(self._count + 1, self._count + len(rows) + 1)
        self._count += len(rows)
        return numbers

    def close(self) -> list[Path]:
        """Finish the file."""
        if self._writer is None:
            raise ValueError("a delivery in Parquet without one block has no columns")
        self._writer.close()
        return [finish(self._part, self._path)]

    def _table(self, rows: pd.DataFrame) -> pa.Table:
        layout, columns = self._layout, {}
        for heading, source, text in zip(layout.headings, layout.sources, layout.columns(rows), strict=True):
            if source in rows.columns and rows[source].dtype.kind == "f":
                columns[heading] = pa.array(rows[source].to_numpy(), pa.float64(), from_pandas=True)
            elif heading in layout.numbers:
                numbers = pd.to_numeric(rows[source]).to_numpy(dtype=np.float64)
                columns[heading] = pa.array(numbers, pa.float64(), from_pandas=True)
            elif heading in layout.dates:
                columns[heading] = pa.array(pd.to_datetime(rows[source]), pa.timestamp("ms"))
            else:
                columns[heading] = text.cast(pa.string())
        return pa.table(columns)
