"""What a lookup is given, and what it gives back: see `quality.lookups`."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import ibis.expr.types as ir

from quality.row_key import row_key_of
from quality.rules import Rule


@dataclass(frozen=True)
class Asked:
    """The rule, the table of its resource as it came into the scan, its key, the other tables by resource, and the day."""

    rule: Rule
    own: ir.Table
    key: Sequence[str]
    references: Mapping[str, ir.Table]
    as_of: datetime.date

    @property
    def row_key(self) -> ir.StringValue:
        """The row key of the own table."""
        return row_key_of(self.own, self.key)


@dataclass(frozen=True)
class Found:
    """What to join: a column of the scanned table equals ``value`` of ``rows``; ``rows`` has at most one row a value."""

    column: Callable[[ir.Table], ir.Value]
    rows: ir.Table
    """``value``, and ``hit`` where it is not simply true."""


def by_row(asked: Asked, broken: ir.Table) -> Found:
    """Join by the row key: ``broken`` holds, as ``value``, the rows that break the rule."""
    return Found(lambda table: row_key_of(table, asked.key), broken.select("value"))
