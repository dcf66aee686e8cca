"""Which columns name a row: unique over distinct rows and never empty. A float is no name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import ibis
import ibis.expr.types as ir

from catalog.model import ItemType
from pipelines.intake.drafting.columns import Column
from warehouse.duckdb_engine import DuckDbEngine

WIDEST = 8
"""Columns that are tried in pairs; the most varied ones."""
_PART = "\x1f"
_NUMBERING = ("序号", "行号", "index", "no", "#", "rownum", "row_number")
"""Titles of a number that says where a row stands today, not what it is about."""


@dataclass(frozen=True)
class Key:
    """Columns that name a row.

    Attributes:
        columns: one, two, or the best that could be found.
        sure: whether they are unique and complete in this file.
        zh, en: how it was told, or what to decide.
    """

    columns: tuple[Column, ...]
    sure: bool
    zh: str
    en: str


def find(engine: DuckDbEngine, table: ir.Table, columns: Sequence[Column]) -> Key:
    """The key of a table of text.

    Args:
        engine: holds the table.
        table: delivered rows.
        columns: its columns, as measured; at least one.
    """
    rows = _rows(engine, table, columns)
    fit = [one for one in columns if one.values == rows.all and one.type is not ItemType.DECIMAL and not one.floating]
    single = sorted((one for one in fit if one.distinct == rows.distinct), key=_rank)
    if single and not _numbers_rows(single[0]):
        return Key((single[0],), True, "每行都有值，且互不相同", "it has a value in every row, and no two are alike")
    varied = sorted((one for one in fit if not _numbers_rows(one)), key=lambda one: -one.distinct)[:WIDEST]
    pairs = [pair for pair in combinations(varied, 2) if pair[0].distinct * pair[1].distinct >= rows.distinct]
    unique = _unique(engine, table, pairs, rows.distinct)
    if unique and not single:
        pair = min(unique, key=lambda one: tuple(sorted(map(_rank, one))))
        return Key(pair, True, "两项合起来每行互不相同", "no two rows have both alike")
    if single:
        return Key(
            (single[0],), True,
            "只有它互不相同；若只是行的序号，换行即换主键，请另选",
            "only this one differs in every row; if it merely numbers the rows, choose another: it changes when rows move",
        )  # fmt: skip
    return _fallback(columns, fit, rows)


@dataclass(frozen=True)
class _Rows:
    all: int
    distinct: int


def _rows(engine: DuckDbEngine, table: ir.Table, columns: Sequence[Column]) -> _Rows:
    whole = table.select(**{one.place: table[one.place] for one in columns})
    counts = engine.to_arrow(whole.distinct().agg(distinct=lambda t: t.count())).to_pylist()[0]
    return _Rows(int(engine.to_arrow(table.count()).column(0)[0].as_py()), counts["distinct"])


def _unique(
    engine: DuckDbEngine, table: ir.Table, pairs: Sequence[tuple[Column, Column]], rows: int
) -> list[tuple[Column, Column]]:
    if not pairs:
        return []
    counts = {
        f"p{number}": (table[one.place] + ibis.literal(_PART) + table[other.place]).nunique()
        for number, (one, other) in enumerate(pairs)
    }
    (found,) = engine.to_arrow(table.agg(**counts)).to_pylist()
    return [pair for number, pair in enumerate(pairs) if found[f"p{number}"] == rows]


def _rank(one: Column) -> tuple[int, int, int]:
    """Best first: what a standard element or its title calls a name, text before numbers, the short before the long."""
    return (
        3 if _numbers_rows(one) else 0 if one.identifying else 1 if one.type is ItemType.TEXT else 2,
        0 if one.element is not None else 1,
        one.longest,
    )


def _numbers_rows(one: Column) -> bool:
    return one.title.strip().lower() in _NUMBERING


def _fallback(columns: Sequence[Column], fit: Sequence[Column], rows: _Rows) -> Key:
    nearly = [
        one for one in columns
        if one.identifying and one.type is ItemType.TEXT and one.distinct >= rows.distinct * 0.9
    ]  # fmt: skip
    if nearly:
        best = min(nearly, key=_rank)
        lacking, twice = rows.all - best.values, best.values - best.distinct
        return Key(
            (best,), False,
            f"最接近的一项：{lacking} 行没有值，{twice} 行重复，这些行会进入隔离区或只留一行。请核对",
            f"the nearest: {lacking} rows have no value and {twice} repeat one; they go to quarantine or one of them stays. Decide",
        )  # fmt: skip
    usable = [one for one in fit if not _numbers_rows(one)]
    naming = sorted((one for one in usable if one.identifying), key=lambda one: -one.distinct)[:1]
    chosen = tuple(naming or usable or columns[:1])
    return Key(
        chosen, False,
        "没有一项或两项能区分每一行，暂取最像编号的（或全部有值的）项；主键相同而内容不同的行会进入隔离区。请改为能区分的项",
        "no one or two columns tell rows apart. The one most like an id is taken for now (or all complete ones), and rows of one "
        "key with different content go to quarantine. Name those that do",
    )  # fmt: skip
