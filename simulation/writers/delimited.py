"""Delimited text: any encoding and delimiter, with or without a header."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from catalog.formats import Csv
from simulation.numbers import Ints
from simulation.register import Habits
from simulation.writers.layout import TEXT, Layout, joined, whole
from simulation.writers.part_file import TextFile


class DelimitedWriter:
    """Writes CSV as the form says; cells are quoted where they have to be."""

    def __init__(self, path: Path, layout: Layout, form: Csv, habits: Habits) -> None:
        encoding = "utf-8" if form.encoding == "auto" else form.encoding
        self._file = TextFile(path, encoding, byte_order_mark=habits.byte_order_mark)
        self._layout, self._form, self._line_end = layout, form, habits.line_end
        for title in habits.title[: max(form.header_row - 1, 0)]:
            self._file.write(title + self._line_end)
        if form.header_row:
            headings = [self._cells(pa.array([heading], TEXT)) for heading in layout.headings]
            self._file.write(whole(self._lines(headings)))
        self._next = form.header_row + 1

    def append(self, rows: pd.DataFrame) -> Ints:
        """Write rows; their line numbers."""
        self._file.write(whole(self._lines([self._cells(column) for column in self._layout.columns(rows)])))
        lines = np.arange(self._next, self._next + len(rows))
        self._next += len(rows)
        return lines

    def close(self) -> list[Path]:
        """Finish the file."""
        return [self._file.close()]

    def _lines(self, columns: list[Any]) -> Any:
        return joined(pc.binary_join_element_wise(*columns, pa.scalar(self._form.delimiter, TEXT)), self._line_end)

    def _cells(self, column: Any) -> Any:
        quote = self._form.quote
        odd = pc.match_substring_regex(column, f"[{quote}\\{self._form.delimiter}\r\n]")
        if not pc.any(odd).as_py():
            return column
        return pc.if_else(odd, joined(quote, pc.replace_substring(column, quote, quote * 2), quote), column)
