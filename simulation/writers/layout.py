"""Which columns a delivery has, and the rows in them as columns of text.

Columns are Arrow arrays: lines are put together from them whole columns at a time, never row by row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from catalog.feed import Feed
from simulation.register import Habits

TEXT = pa.large_string()


@dataclass(frozen=True)
class Layout:
    """The columns of one delivery, in order.

    Attributes:
        headings: as they are called in the delivery.
        sources: the columns of the rows that they hold.
        dates: headings of real dates, where the form has such.
        numbers: headings of numbers, where the form has such.
    """

    headings: tuple[str, ...]
    sources: tuple[str, ...]
    dates: frozenset[str]
    numbers: frozenset[str]

    def columns(self, rows: pd.DataFrame) -> list[Any]:
        """One array of text for each heading; a column that the rows do not have, and a missing value, is ''."""
        return [_text(rows, source) for source in self.sources]


def layout_of(feed: Feed, habits: Habits) -> Layout:
    """The columns of a feed, then those outside the catalogue, then those of its geometry."""
    columns: dict[str, str] = {**feed.columns, **habits.outside}
    if feed.reason_column is not None:
        columns[feed.reason_column] = "reason"
    shape = feed.geometry
    if shape is not None and shape.column is not None:
        columns[shape.column] = shape.item
    for heading in (shape.longitude, shape.latitude) if shape is not None else ():
        if heading is not None:
            columns.setdefault(heading, heading)
    return Layout(
        tuple(columns),
        tuple(columns.values()),
        frozenset(heading for heading, item in columns.items() if item in habits.dates),
        frozenset(heading for heading, item in columns.items() if item in habits.numbers),
    )


def joined(*pieces: Any) -> Any:
    """The pieces (arrays, or one text for all rows) one after another, row by row."""
    return pc.binary_join_element_wise(*[_piece(one) for one in pieces], pa.scalar("", TEXT))


def whole(lines: Any) -> str:
    """All lines of an array, one after another, as one text."""
    if isinstance(lines, pa.ChunkedArray):
        lines = lines.combine_chunks()
    return "".join(lines.to_pylist()) if lines.offset else _buffer(lines)


def escaped(column: Any, replacements: dict[str, str]) -> Any:
    """A column with characters replaced, untouched where it has none of them."""
    for character, replacement in replacements.items():
        if pc.any(pc.match_substring(column, character)).as_py():
            column = pc.replace_substring(column, character, replacement)
    return column


def _buffer(lines: Any) -> str:
    _, ends, data = lines.buffers()
    if data is None or not len(lines):
        return ""
    size = int(np.frombuffer(ends, dtype=np.int64)[len(lines)])
    text: bytes = data.slice(0, size).to_pybytes()
    return text.decode("utf-8")


def _piece(one: Any) -> Any:
    return pa.scalar(one, TEXT) if isinstance(one, str) else one


def _text(rows: pd.DataFrame, source: str) -> Any:
    if source not in rows.columns:
        return pa.array([""] * len(rows), TEXT)
    column = pa.array(rows[source], from_pandas=True)
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    return column.cast(TEXT).fill_null("")
