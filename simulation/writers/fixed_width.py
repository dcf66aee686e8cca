"""Lines of fixed width, fields measured in bytes of the encoding or in characters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from catalog.formats import FixedWidth
from simulation.numbers import Ints, Text
from simulation.register import Habits
from simulation.writers.layout import Layout
from simulation.writers.part_file import TextFile

_ASCII = 0x7F


class FixedWidthWriter:
    """Writes text cut by place; what no feed takes between the fields is blank."""

    def __init__(self, path: Path, layout: Layout, form: FixedWidth, habits: Habits) -> None:
        self._file = TextFile(path, form.encoding)
        self._source = dict(zip(layout.headings, layout.sources, strict=True))
        self._form, self._line_end = form, habits.line_end
        for line in range(form.skip_lines):
            self._file.write((habits.title[line] if line < len(habits.title) else "") + self._line_end)
        self._next = form.skip_lines + 1

    def append(self, rows: pd.DataFrame) -> Ints:
        """Write rows; their line numbers.

        Raises:
            ValueError: a value is wider than its field.
        """
        if rows.empty:
            return np.array([], dtype=np.int64)
        pieces, end = [], 1
        for name, field in sorted(self._form.fields.items(), key=lambda one: one[1].start):
            source = self._source.get(name, name)
            values = rows[source].to_numpy().astype(str) if source in rows.columns else np.full(len(rows), "")
            if field.start > end:
                pieces.append(np.full(len(rows), " " * (field.start - end)))
            pieces.append(self._padded(values, field.width, name))
            end = field.start + field.width
        pieces.append(np.full(len(rows), self._line_end))
        line = pieces[0]
        for piece in pieces[1:]:
            line = np.strings.add(line, piece)
        self._file.write("".join(line.tolist()))
        lines = np.arange(self._next, self._next + len(rows))
        self._next += len(rows)
        return lines

    def close(self) -> list[Path]:
        """Finish the file."""
        return [self._file.close()]

    def _padded(self, values: Text, width: int, name: str) -> Text:
        wide = self._further_bytes(values) if self._form.unit == "bytes" else np.zeros(len(values), dtype=np.int64)
        if (np.strings.str_len(values) + wide > width).any():
            raise ValueError(f"a value is wider than the field {name}")
        padded: Text = np.strings.ljust(values, width - wide)
        return padded

    def _further_bytes(self, values: Text) -> Ints:
        """How many bytes each value has beyond one for each character."""
        if self._form.encoding == "utf-8":
            lengths = np.array([len(value.encode()) for value in values.tolist()], dtype=np.int64)
            return lengths - np.strings.str_len(values)
        points = np.ascontiguousarray(values).view(np.uint32).reshape(len(values), -1)
        # Two bytes for every character of the simulation outside ASCII, in GBK and in the part of GB 18030 that is GBK.
        further: Ints = (points > _ASCII).sum(axis=1)
        return further
