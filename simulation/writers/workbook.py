"""Workbooks: .xlsx of one sheet, .xls in parts of as many rows as it holds.

Titles stand above the header, a header may have two rows with merged cells, sub-headings stand between the rows; dates
and numbers are real ones where the department's habits say so, and text where they are none.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from catalog.formats import Workbook
from simulation.numbers import Ints
from simulation.register import Habits
from simulation.writers.layout import Layout
from simulation.writers.part_file import finish, part_of

ROWS = {"xls": 65_536, "xlsx": 1_048_576}
"""How many rows a sheet of each kind has, the header among them."""
_WIDE_CELL = 24
_DAY_LENGTH = 10
_DAY, _MOMENT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"


class _Sheet(Protocol):
    """One sheet of either kind, written from top to bottom."""

    def text(self, row: int, column: int, value: str) -> None: ...
    def number(self, row: int, column: int, value: float) -> None: ...
    def moment(self, row: int, column: int, value: datetime, *, day: bool) -> None: ...
    def merge(self, first: tuple[int, int], last: tuple[int, int], value: str) -> None: ...
    def close(self) -> None: ...


class WorkbookWriter:
    """Writes .xlsx or .xls; ``{part}`` in the path numbers the parts from 1."""

    def __init__(self, path: Path, layout: Layout, form: Workbook, habits: Habits, *, created: datetime) -> None:
        self._path, self._layout, self._form, self._habits = path, layout, form, habits
        self._created = created
        self._sheet: _Sheet | None = None
        self._paths: list[tuple[Path, Path]] = []
        self._group = ""
        self._open()

    def append(self, rows: pd.DataFrame) -> Ints:
        """Write rows; the sheet's row number of each."""
        lines = np.zeros(len(rows), dtype=np.int64)
        cells = [list(self._cells(rows, place)) for place in range(len(self._layout.headings))]
        groups = rows[self._habits.group].tolist() if self._habits.group else [""] * len(rows)
        for number, (group, values) in enumerate(zip(groups, zip(*cells, strict=True), strict=True)):
            if self._next + (group != self._group) >= ROWS[self._form.kind]:
                self._open()
            sheet = self._current
            if group != self._group:
                sheet.text(self._next, 0, group)
                self._group = group
                self._next += 1
            for place, value in enumerate(values):
                if isinstance(value, str):
                    if value:
                        sheet.text(self._next, place, value)
                elif isinstance(value, tuple):
                    sheet.moment(self._next, place, value[0], day=value[1])
                else:
                    sheet.number(self._next, place, value)
            self._next += 1
            lines[number] = self._next
        return lines

    def close(self) -> list[Path]:
        """Finish all parts."""
        self._current.close()
        return [finish(part, path) for part, path in self._paths]

    @property
    def _current(self) -> _Sheet:
        if self._sheet is None:
            raise ValueError("no sheet is open")
        return self._sheet

    def _open(self) -> None:
        if self._sheet is not None:
            self._sheet.close()
        if self._paths and "{part}" not in self._path.name:
            raise ValueError(f"{self._path.name} cannot hold so many rows")
        path = self._path.with_name(self._path.name.replace("{part}", str(len(self._paths) + 1)))
        self._paths.append((part_of(path), path))
        name = self._form.sheet or "Sheet1"
        made = _Xls if self._form.kind == "xls" else _Xlsx
        self._sheet = made(self._paths[-1][0], name, len(self._layout.headings), self._created)
        self._head(self._sheet)
        self._next = self._form.header_row + self._form.header_rows - 1
        self._group = ""

    def _head(self, sheet: _Sheet) -> None:
        last = len(self._layout.headings) - 1
        for row, title in enumerate(self._habits.title[: self._form.header_row - 1]):
            sheet.merge((row, 0), (row, last), title)
        top = self._form.header_row - 1
        if self._form.header_rows == 1:
            for place, heading in enumerate(self._layout.headings):
                sheet.text(top, place, heading)
            return
        bottom = top + self._form.header_rows - 1
        for name, first, final in _runs([heading.split("/")[0] for heading in self._layout.headings]):
            whole = "/" not in self._layout.headings[first]
            sheet.merge((top, first), (bottom if whole else top, final), name)
        for place, heading in enumerate(self._layout.headings):
            if "/" in heading:
                sheet.text(top + 1, place, heading.split("/", 1)[1])

    def _cells(self, rows: pd.DataFrame, place: int) -> Iterator[Any]:
        heading, source = self._layout.headings[place], self._layout.sources[place]
        texts = rows[source].tolist() if source in rows.columns else [""] * len(rows)
        if heading in self._layout.dates:
            moments = pd.to_datetime(pd.Series(texts, dtype=str), errors="coerce", format="ISO8601")
            days = [len(text) == _DAY_LENGTH for text in texts]
            return iter([
                text if missing else (moment, day)
                for text, moment, day, missing in zip(texts, moments.tolist(), days, moments.isna().tolist(), strict=True)
            ])  # fmt: skip
        if heading in self._layout.numbers:
            numbers = pd.to_numeric(pd.Series(texts, dtype=str), errors="coerce")
            return iter([
                text if missing else number
                for text, number, missing in zip(texts, numbers.tolist(), numbers.isna().tolist(), strict=True)
            ])  # fmt: skip
        return iter(texts)


class _Xlsx:
    def __init__(self, path: Path, name: str, width: int, created: datetime) -> None:
        import xlsxwriter  # only whoever makes a city needs it

        options = {"strings_to_numbers": False, "strings_to_formulas": False, "constant_memory": True}
        self._book = xlsxwriter.Workbook(str(path), options)
        self._book.set_properties({"title": name, "created": created})
        self._sheet = self._book.add_worksheet(name)
        self._sheet.set_column(0, width - 1, _WIDE_CELL)
        self._formats = [self._book.add_format({"num_format": one}) for one in (_MOMENT, _DAY)]

    def text(self, row: int, column: int, value: str) -> None:
        self._sheet.write_string(row, column, value)

    def number(self, row: int, column: int, value: float) -> None:
        self._sheet.write_number(row, column, value)

    def moment(self, row: int, column: int, value: datetime, *, day: bool) -> None:
        self._sheet.write_datetime(row, column, value, self._formats[day])

    def merge(self, first: tuple[int, int], last: tuple[int, int], value: str) -> None:
        self._sheet.write_string(*first, value)
        if first != last:
            # What merge_range does, but for the blanks below: in constant memory they would close the row too early.
            self._sheet.merge.append([*first, *last])

    def close(self) -> None:
        self._book.close()


class _Xls:
    def __init__(self, path: Path, name: str, width: int, created: datetime) -> None:
        import xlwt  # only whoever makes a city needs it

        self._path = path
        self._book = xlwt.Workbook(encoding="utf-8")
        self._sheet = self._book.add_sheet(name)
        self._plain = xlwt.easyxf()
        self._styles = [xlwt.easyxf(num_format_str=one) for one in (_MOMENT, _DAY)]

    def text(self, row: int, column: int, value: str) -> None:
        self._sheet.write(row, column, value, self._plain)

    def number(self, row: int, column: int, value: float) -> None:
        self._sheet.write(row, column, value, self._plain)

    def moment(self, row: int, column: int, value: datetime, *, day: bool) -> None:
        self._sheet.write(row, column, value, self._styles[day])

    def merge(self, first: tuple[int, int], last: tuple[int, int], value: str) -> None:
        self._sheet.write_merge(first[0], last[0], first[1], last[1], value, self._plain)

    def close(self) -> None:
        self._book.save(str(self._path))


def _runs(names: list[str]) -> Iterator[tuple[str, int, int]]:
    """Equal neighbours: name, first and last place."""
    first = 0
    for place in range(1, len(names) + 1):
        if place == len(names) or names[place] != names[first]:
            yield names[first], first, place - 1
            first = place
