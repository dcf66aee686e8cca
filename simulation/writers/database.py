"""A SQLite file with one table, as a department's front database."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd

from simulation.numbers import Ints
from simulation.writers.layout import Layout
from simulation.writers.part_file import finish, part_of


class DatabaseWriter:
    """Writes the table that is called like the file, all columns text, in the order of delivery."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self._path, self._part, self._layout = path, part_of(path), layout
        self._connection = sqlite3.connect(self._part, isolation_level=None)
        self._table = path.stem
        # The file is thrown away unless it is finished; nothing in it needs saving on the way.
        self._connection.execute("pragma journal_mode = off")
        self._connection.execute("pragma synchronous = off")
        self._connection.execute("begin")
        names = ", ".join(f'"{heading}" text' for heading in layout.headings)
        self._connection.execute(f'create table "{self._table}" ({names})')
        self._count = 0

    def append(self, rows: pd.DataFrame) -> Ints:
        """Insert rows; their numbers from 1."""
        marks = ", ".join("?" for _ in self._layout.headings)
        columns = [column.to_pylist() for column in self._layout.columns(rows)]
        self._connection.executemany(
            f'insert into "{self._table}" values ({marks})',  # noqa: S608 - the table's name is a file name of ours
            zip(*columns, strict=True),
        )
        numbers = np.arange(self._count + 1, self._count + len(rows) + 1)
        self._count += len(rows)
        return numbers

    def close(self) -> list[Path]:
        """Finish the file."""
        self._connection.execute("commit")
        self._connection.close()
        return [finish(self._part, self._path)]
