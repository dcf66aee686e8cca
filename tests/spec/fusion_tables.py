"""Tables as text, for specification tests that read like the specification.

    citizen_id | name | _observed
    P1         | 王伟 | 2024-01-01

An empty cell is null. A column's type follows its name: times, counters, flags, else text.
"""

from __future__ import annotations

import itertools
from datetime import datetime
from typing import Any

import pyarrow as pa

_STANDARD = {"_observed": None, "_seq": 1, "_row": 1, "_hash": "h", "_batch": "b", "_feed": "f", "_period": "p"}
_names = itertools.count()


def _type_of(column: str) -> pa.DataType:
    if column in ("_observed", "_recorded_from", "recorded_from", "recorded_to") or column.endswith("__observed"):
        return pa.timestamp("us")
    if column in ("_seq", "_row"):
        return pa.int64()
    return pa.bool_() if column.endswith("__disputed") else pa.string()


def _cell(text: str, kind: pa.DataType) -> Any:
    if not text:
        return None
    if pa.types.is_timestamp(kind):
        return datetime.fromisoformat(text)
    if pa.types.is_integer(kind):
        return int(text)
    return text == "yes" if pa.types.is_boolean(kind) else text


def rows(text: str) -> list[dict[str, Any]]:
    """The rows of a table written as text."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return [
        {column: _cell(cell, _type_of(column)) for column, cell in zip(lines[0], line, strict=True)}
        for line in lines[1:]
    ]


def arrow(text: str) -> pa.Table:
    """The table written as text, typed."""
    columns = [cell.strip() for cell in text.strip().splitlines()[0].split("|")]
    return pa.Table.from_pylist(rows(text), pa.schema([(column, _type_of(column)) for column in columns]))


def standard(text: str) -> pa.Table:
    """`arrow` with the bookkeeping columns of the standard stage that the text does not write."""
    table = arrow(text)
    for column, value in _STANDARD.items():
        if column not in table.column_names:
            table = table.append_column(column, pa.array([value] * len(table), _type_of(column)))
    return table


def load(engine: Any, table: pa.Table) -> Any:
    """The table on an engine, under a name of its own."""
    return engine.load(f"spec_{next(_names)}", table)


def shown(engine: Any, expr: Any, like: str) -> list[dict[str, Any]]:
    """What ``expr`` gives, in the columns and the order of the expected table ``like``."""
    return in_order(engine.to_arrow(expr).to_pylist(), list(rows(like)[0]) if rows(like) else _header(like))


def in_order(found: list[dict[str, Any]], columns: list[str]) -> list[dict[str, Any]]:
    """Rows cut to ``columns`` and sorted by them, nulls first."""
    cut = [{column: row[column] for column in columns} for row in found]
    return sorted(cut, key=lambda row: [(row[column] is not None, str(row[column])) for column in columns])


def expected(text: str) -> list[dict[str, Any]]:
    """The expected table, sorted as `shown` sorts."""
    found = rows(text)
    return in_order(found, list(found[0])) if found else []


def _header(text: str) -> list[str]:
    return [cell.strip() for cell in text.strip().splitlines()[0].split("|")]
