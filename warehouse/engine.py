"""The engine protocol: tables in, tables out. What pipelines and rules may ask of any engine.

An engine difference is a method in a leaf (`warehouse.duckdb_engine`, `warehouse.sail_engine`), never a branch in a
pipeline. Expressions are Ibis; they carry no connection until an engine evaluates them.
"""

from __future__ import annotations

from typing import Protocol

import ibis.expr.types as ir
import pyarrow as pa


class Engine(Protocol):
    """Evaluates Ibis expressions over named tables."""

    def load(self, name: str, data: pa.Table) -> ir.Table:
        """Make ``data`` a temporary table called ``name`` and return it."""
        ...

    def table(self, name: str) -> ir.Table:
        """The table called ``name`` (``schema.table`` where the engine has schemas)."""
        ...

    def to_arrow(self, expr: ir.Expr) -> pa.Table:
        """Evaluate ``expr``; the rows in no promised order unless the expression sorts."""
        ...
