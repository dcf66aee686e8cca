"""Records of nested text: JSON (a list, or one record a line) and XML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from catalog.formats import Json, Xml
from simulation.numbers import Ints
from simulation.register import Habits
from simulation.writers.layout import TEXT, Layout, escaped, joined, whole
from simulation.writers.part_file import TextFile

Tree = dict[str, Any]
"""Name -> place of a column, or what is nested under the name."""

_IN_JSON = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_IN_XML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def tree_of(headings: tuple[str, ...], separator: str) -> Tree:
    """The nesting that paths such as ``mother.id`` speak of."""
    tree: Tree = {}
    for place, heading in enumerate(headings):
        *above, name = heading.split(separator)
        here = tree
        for one in above:
            here = here.setdefault(one, {})
        here[name] = place
    return tree


class JsonWriter:
    """Writes JSON Lines, or a document with its records at ``form.records``; a dot in a heading nests."""

    def __init__(self, path: Path, layout: Layout, form: Json, habits: Habits) -> None:
        self._file = TextFile(path, "utf-8")
        self._layout, self._habits = layout, habits
        self._lines = form.kind == "jsonl"
        self._tree = tree_of(layout.headings, ".")
        self._around = [] if self._lines or not form.records else form.records.split(".")
        self._count = 0
        if not self._lines:
            self._file.write("".join(f'{{"{name}": ' for name in self._around) + "[")

    def append(self, rows: pd.DataFrame) -> Ints:
        """Write records; their numbers from 1."""
        if len(rows):
            records = self._object(self._tree, self._layout.columns(rows))
            if self._lines:
                self._file.write(whole(joined(records, "\n")))
            else:
                self._file.write(("," if self._count else "") + whole(joined("\n", records, ","))[:-1])
        numbers = np.arange(self._count + 1, self._count + len(rows) + 1)
        self._count += len(rows)
        return numbers

    def close(self) -> list[Path]:
        """Finish the document."""
        if not self._lines:
            self._file.write("\n]" + "}" * len(self._around) + "\n")
        return [self._file.close()]

    def _object(self, tree: Tree, columns: list[Any]) -> Any:
        members = []
        for name, below in tree.items():
            value = self._object(below, columns) if isinstance(below, dict) else self._value(columns[below], below)
            members.append(joined(f'"{name}": ', value))
        # A member that is left out is null here, and skipped.
        inside = pc.binary_join_element_wise(*members, pa.scalar(", ", TEXT), null_handling="skip")
        return joined("{", inside, "}")

    def _value(self, column: Any, place: int) -> Any:
        number = self._layout.headings[place] in self._layout.numbers
        text = column if number else joined('"', escaped(column, _IN_JSON), '"')
        nothing = pa.scalar(None if self._habits.nulls == "omit" else "null", TEXT)
        return pc.if_else(pc.equal(column, ""), nothing, text)


class XmlWriter:
    """Writes XML, one element a record; a slash in a heading nests. An empty value is an empty element."""

    def __init__(self, path: Path, layout: Layout, form: Xml, habits: Habits) -> None:
        self._file = TextFile(path, "utf-8")
        self._layout, self._form, self._root = layout, form, habits.root
        self._tree = tree_of(layout.headings, "/")
        self._count = 0
        self._file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<{self._root}>\n')

    def append(self, rows: pd.DataFrame) -> Ints:
        """Write records; their numbers from 1."""
        columns = [escaped(column, _IN_XML) for column in self._layout.columns(rows)]
        self._file.write(whole(joined(self._element(self._form.record, self._tree, columns), "\n")))
        numbers = np.arange(self._count + 1, self._count + len(rows) + 1)
        self._count += len(rows)
        return numbers

    def close(self) -> list[Path]:
        """Finish the document."""
        self._file.write(f"</{self._root}>\n")
        return [self._file.close()]

    def _element(self, name: str, tree: Tree, columns: list[Any]) -> Any:
        inside = [
            self._element(below, what, columns)
            if isinstance(what, dict)
            else joined(f"<{below}>", columns[what], f"</{below}>")
            for below, what in tree.items()
        ]
        return joined(f"<{name}>", *inside, f"</{name}>")
