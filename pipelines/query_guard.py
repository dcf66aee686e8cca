"""SQL that a person wrote: one SELECT over the tables it may name, by two parsers, and errors without values."""

from __future__ import annotations

import re
from collections.abc import Collection

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from ground.errors import UserError
from warehouse.duckdb_engine import DuckDbEngine

TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest"})


def check_query(query: str, tables: Collection[str]) -> None:
    """Refuse anything but one query over the served views.

    Raises:
        UserError: with what may be read.
    """
    try:
        trees = [tree for tree in sqlglot.parse(query, dialect="duckdb") if tree is not None]
    except (SqlglotError, RecursionError):
        raise UserError(
            "无法解析该 SQL，请检查语法（DuckDB 方言）。",
            "The SQL cannot be parsed; check its syntax (DuckDB's dialect).",
        ) from None
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        raise UserError(
            "只接受一条 SELECT 查询，不能修改数据。", "Only one SELECT query is accepted; data cannot be changed here."
        )
    tree = trees[0]
    own = {cte.alias_or_name for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Func):
            name = (table.this.name or table.this.sql_name()).lower()
            known = name in TABLE_FUNCTIONS
        else:
            name = table.name
            known = not table.db and not table.catalog and (name in own or name in tables)
        if not known:
            allowed = "、".join(sorted(tables))
            raise UserError(
                f"不能读取{f'表 {name}' if re.fullmatch(r'[A-Za-z_]{1,63}', name) else '该表'}。可查询的表：{allowed}",
                f"That table cannot be read. Served tables: {allowed}",
            )


def check_named(engine: DuckDbEngine, query: str, tables: Collection[str]) -> set[str]:
    """The same question put to DuckDB's own parser, so that a difference between two parsers opens nothing.

    Returns:
        The tables it reads.

    Raises:
        UserError: it reads something else than the served tables.
    """
    named = engine.named_in(query)
    own = {cte.alias_or_name for cte in sqlglot.parse_one(query, dialect="duckdb").find_all(exp.CTE)}
    if named is None or named[0] - set(tables) - own or named[1] - TABLE_FUNCTIONS:
        allowed = "、".join(sorted(tables))
        raise UserError(
            f"该 SQL 读取了可查询的表以外的内容，未执行。可查询的表：{allowed}",
            f"The SQL reads something else than the served tables and was not run. Served tables: {allowed}",
        )
    return named[0] & set(tables)


def without_values(message: str) -> str:
    """An engine's message without what may quote values: its first line, quoted parts and digits left out."""
    first = message.splitlines()[0] if message else ""
    return re.sub(r"\d{4,}", "…", re.sub(r"'[^']*'", "'…'", first))[:300]
