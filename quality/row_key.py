"""How a row of a resource is called: the values of its key items as text, joined by ``|``."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir


def row_key_of(table: ir.Table, key: Sequence[str]) -> ir.StringValue:
    """The row key of a table: its key items as text, joined by ``|``."""
    parts = [table[name].cast("string") for name in key]
    return parts[0] if len(parts) == 1 else ibis.literal("|").join(parts)
