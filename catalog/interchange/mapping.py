"""A sheet with columns of its own: what each means is said once, in a document, and what it lacks is said for all its rows.

For catalogues of other systems and of open portals. Without such a document a foreign sheet is refused with the list of what it
lacks; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from catalog.interchange import columns as known
from catalog.interchange.columns import bare
from catalog.interchange.reading import Row, Table, read_sheets, table_of
from catalog.interchange.workbook import Sheet
from ground.documents import Declared
from ground.errors import DocumentError

LONGEST_TITLE = 30
"""Characters of an item's title at most, where items are read out of a description."""


class ItemsFrom(Declared):
    """Items that a sheet names in one cell, such as a description that lists the fields."""

    column: str
    """Which column names them, by our id."""
    separators: Annotated[str, StringConstraints(min_length=1)] = "、，,；;"
    at_least: int = Field(default=3, ge=2)
    """Parts from which a text is taken for such a list, none of them longer than a title is."""


class Mapping(Declared):
    """The document that says what the columns of a sheet mean.

    Attributes:
        header: the sheet has a row of titles; its first row, unless ``header_row`` names another.
        columns: title of a column, or its place (1, 2, …), -> our column, by id or title.
        values: our column -> what holds for every row, in the words that a cell would have.
        items_from: where the items are named, if not row by row; rows that name none have those of ``values``.
    """

    header: bool = True
    header_row: int = Field(default=1, ge=1)
    columns: dict[str, str] = Field(min_length=1)
    values: dict[str, str] = Field(default_factory=dict)
    items_from: ItemsFrom | None = None

    @model_validator(mode="after")
    def _known(self) -> Self:
        named = [*self.columns.values(), *self.values, *([self.items_from.column] if self.items_from else [])]
        for name in named:
            if known.find(name) is None:
                close = known.close_to(name)
                hint = f"是否应为 {close.id}？" if close else ""
                raise ValueError(f"没有名为 {name} 的列。{hint}；there is no column {name}")
        if not self.header and not all(one.isdecimal() for one in self.columns):
            raise ValueError("header 为 false 时 columns 的键为列号；without a header columns are named by their place")
        return self

    def our(self, name: str) -> str:
        """Id of our column of this id or title."""
        found = known.find(name)
        return found.id if found else name


def read_mapped(path: Path, mapping: Mapping, *, sheet: str | None = None) -> Table:
    """A sheet read by a mapping.

    Raises:
        DocumentError: no such sheet or column, or merged cells.
    """
    chosen = _sheet(path, sheet)
    header_row = mapping.header_row if mapping.header else 0
    places = _places(path.name, chosen, mapping, header_row)
    table = table_of(path.name, chosen, header_row, places)
    constant = {mapping.our(name): value for name, value in mapping.values.items()}
    rows = tuple(one for row in table.rows for one in _rows(row, constant, mapping.items_from))
    absent = {name: 0 for name in constant if name not in places}
    return replace(table, rows=rows, places=places | absent, titles={n: known.column(n).title for n in places | absent})


def _sheet(path: Path, wanted: str | None) -> Sheet:
    sheets = read_sheets(path)
    for one in sheets:
        if one.name == wanted or (wanted is None and not one.hidden):
            return one
    names = "、".join(one.name or "" for one in sheets)
    raise DocumentError(
        f"没有这一工作表。现有：{names}", f"There is no such sheet. There are: {names}", where=path.name
    )


def _places(file: str, sheet: Sheet, mapping: Mapping, header_row: int) -> dict[str, int]:
    titles = [bare(one) for one in (sheet.rows[header_row - 1] if 0 < header_row <= len(sheet.rows) else [])]
    places: dict[str, int] = {}
    missing: list[str] = []
    for name, ours in mapping.columns.items():
        if bare(name) in titles:
            places[mapping.our(ours)] = titles.index(bare(name)) + 1
        elif name.isdecimal():
            places[mapping.our(ours)] = int(name)
        else:
            missing.append(name)
    if missing:
        there = "、".join(one for one in sheet.rows[header_row - 1] if one) if sheet.rows else ""
        raise DocumentError(
            f"第 {header_row} 行中没有列：{'、'.join(missing)}。该行的列名：{there}。请核对 --columns 文件。",
            f"Row {header_row} has no column {', '.join(missing)}. Its titles: {there}. Check the document of --columns.",
            where=file,
        )
    return places


def _rows(row: Row, constant: dict[str, str], items_from: ItemsFrom | None) -> Iterator[Row]:
    cells = {**constant, **row.cells}
    titles = _listed(cells.get(items_from.column, ""), items_from) if items_from else []
    if "item_title" in row.cells or not titles:
        yield Row(row.number, cells)
        return
    for title in titles:
        yield Row(row.number, {**cells, "item_title": title})


def _listed(text: str, items_from: ItemsFrom) -> list[str]:
    parts: Iterable[str] = re.split(f"[{re.escape(items_from.separators)}]", text)
    titles = list(dict.fromkeys(title for part in parts if (title := part.strip(" 「」『』。.\t\n"))))
    fits = len(titles) >= items_from.at_least and all(len(one) <= LONGEST_TITLE for one in titles)
    return titles if fits else []
