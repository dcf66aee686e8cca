"""The form of a delivery: how its bytes become rows of text, with the oddities of each format."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ground.documents import Declared

NullText = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
"""A text that stands for a missing value."""


class Csv(Declared):
    """Comma (or otherwise) separated text and its oddities."""

    kind: Literal["csv"]
    encoding: Literal["utf-8", "gbk", "gb18030", "auto"] = "auto"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    quote: str = Field(default='"', min_length=1, max_length=1)
    header_row: int = Field(default=1, ge=0)
    """1-based; 0 where there is none: the columns are then called ``1``, ``2``, …"""
    null_values: list[NullText] = Field(default_factory=list)
    """Texts that say there is no value (``N/A``, ``-``, ``无``), compared whole, in every column; empty always does."""


class Workbook(Declared):
    """A sheet of a workbook; ``header_row`` is 1-based, titles may stand above it."""

    kind: Literal["xlsx", "xls"]
    sheet: str | None = None
    """Its name, or a shell pattern (``低保*``): every sheet that matches is read, one after another. The first, if none."""
    header_row: int = Field(default=1, ge=1)
    header_rows: int = Field(default=1, ge=1, le=4)
    """Rows of the header from ``header_row`` on; titles of merged cells are joined by ``/`` (``保障金/月标准``)."""
    skip_subheadings: bool = False
    """A row with nothing but its first cell is a sub-heading (``江岸区``, ``小计``) and no row of data."""
    null_values: list[NullText] = Field(default_factory=list)
    """As in `Csv`."""


class Json(Declared):
    """JSON with its records in a list, or one record a line; a nested value is the column ``holder.name``."""

    kind: Literal["json", "jsonl"]
    records: str = ""
    """JSON only: the way to the list of records, ``data.items``; empty where the document is that list.

    ``lines[*].stops`` passes through a list: the stops of every line, one after another.
    """
    null_values: list[NullText] = Field(default_factory=list)
    """As in `Csv`."""


class Xml(Declared):
    """XML; every element called ``record`` is a row, its columns are paths below it (``holder/name``, ``@id``).

    Namespaces are left aside. What stands several times below one record is joined by ``;``.
    """

    kind: Literal["xml"]
    record: str = Field(min_length=1)
    null_values: list[NullText] = Field(default_factory=list)
    """As in `Csv`."""


class FixedField(Declared):
    """One column of a fixed-width line: ``start`` counts from 1."""

    start: int = Field(ge=1)
    width: int = Field(ge=1)


class FixedWidth(Declared):
    """Lines cut at fixed places, counted in bytes as old systems do, or in characters."""

    kind: Literal["fixed_width"]
    encoding: Literal["utf-8", "gbk", "gb18030"] = "gbk"
    unit: Literal["bytes", "characters"] = "bytes"
    fields: dict[str, FixedField] = Field(min_length=1)
    skip_lines: int = Field(default=0, ge=0)
    """Lines above the first row of data."""
    trimmed: bool = False
    """Blanks at the end of a line may have been cut off; else a line that ends within the fields is no row."""
    null_values: list[NullText] = Field(default_factory=list)
    """As in `Csv`."""


class Parquet(Declared):
    """A Parquet file; values are taken as text."""

    kind: Literal["parquet"]
    null_values: list[NullText] = Field(default_factory=list)
    """As in `Csv`."""


class Vector(Declared):
    """A file of features: attributes, and a geometry in the column ``geometry``.

    A shapefile is several files: it is delivered in a ZIP, or its parts lie beside each other in the inbox.
    """

    kind: Literal["geojson", "shapefile", "geopackage"]
    layer: str | None = None
    encoding: Literal["auto", "utf-8", "gbk", "gb18030"] = "auto"
    """Of a shapefile's attributes."""
    null_values: list[NullText] = Field(default_factory=list)
    """As in `Csv`."""


class Zip(Declared):
    """Files of one form in a ZIP archive; every member that matches is read, one after another."""

    kind: Literal["zip"]
    member: str = "*"
    """Shell pattern of the members' names."""
    content: Annotated[Csv | Workbook | Json | Xml | FixedWidth | Parquet | Vector, Field(discriminator="kind")]


class Rows(Declared):
    """Rows that come typed from a database query."""

    kind: Literal["rows"] = "rows"


Format = Annotated[
    Csv | Workbook | Json | Xml | FixedWidth | Parquet | Vector | Zip | Rows, Field(discriminator="kind")
]


def null_values(form: Format) -> list[str]:
    """The texts that say there is no value."""
    if isinstance(form, Zip):
        return form.content.null_values
    return [] if isinstance(form, Rows) else form.null_values
