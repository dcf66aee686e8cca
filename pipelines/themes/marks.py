"""The disputed mark of a theme's rows: a theme is computed from values, and a value in question is in question there too.

A theme keyed by a library's key has one library row behind each of its own; the row is marked if an item that its query reads is
disputed. A theme of another grain (a street, a month) counts many rows and carries no mark.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir
import sqlglot
from sqlglot import exp

from catalog.register import Library
from pipelines.fusion.shape import disputed_column
from pipelines.themes.document import Theme

DISPUTED = "_disputed"
"""Column of a served theme: whether a value behind the row is in question. It belongs to the hub, not to the theme."""


def tables_read(theme: Theme) -> set[str]:
    """Names of the tables and views that a theme's query names: libraries, resources, other themes."""
    return {table.name for table in sqlglot.parse_one(theme.query, dialect="duckdb").find_all(exp.Table)}


def library_of(theme: Theme, libraries: Mapping[str, Library]) -> str | None:
    """The library that a theme has one row per key of, and reads; None if there is none."""
    read = tables_read(theme)
    return next((name for name, one in libraries.items() if name in read and theme.header.key == [one.key]), None)


def items_of(theme: Theme, library: Library) -> list[str]:
    """The items of the library that the theme's query names; all of them where it takes every column."""
    tree = sqlglot.parse_one(theme.query, dialect="duckdb")
    named = {column.name for column in tree.find_all(exp.Column)}
    found = [name for name in library.items if name in named]
    return list(library.items) if tree.find(exp.Star) and not found else found


def marked(rows: ir.Table, theme: Theme, library: Library, served: ir.Table) -> ir.Table:
    """The theme's rows with `DISPUTED`.

    Args:
        rows: the theme as it was built.
        theme: its document.
        library: the register of the library behind it.
        served: the library's served view, with its marks.
    """
    flags = [served[disputed_column(name)] for name in [library.key, *items_of(theme, library)]]
    behind = served.select(_behind=library.key, _mark=reduce(or_, flags))
    joined = rows.left_join(behind, rows[library.key] == behind["_behind"])
    return joined.select(
        *[rows[name] for name in rows.columns], **{DISPUTED: joined["_mark"].fill_null(ibis.literal(False))}
    )
