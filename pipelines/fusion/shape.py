"""Which columns a base library has: names and types, derived from the register alone.

A base table holds, in this order: the key; for every item its value, `<item>__source` where the register names a
fallback and `<item>__agreement` where it names corroborating sources; `<resource>__observed` for every contributing
resource. The kept table adds `_recorded_from`, its history `_recorded_to` and the change that closed the version.
"""

from __future__ import annotations

from collections import Counter

import ibis
import ibis.expr.datatypes as dt

from catalog.model import ItemType
from catalog.register import Library, RegisteredItem
from ground.errors import UserError

OBSERVED = "_observed"
"""Column of a standard table: when the department last looked at the fact (timestamp)."""
RECORDED_FROM = "_recorded_from"
"""Column of a kept base table: since when the hub has recorded this version (timestamp)."""
HISTORY_COLUMNS = ("recorded_from", "recorded_to", "change")
"""What a history table has beside the columns of the base table; ``change`` is ``updated`` or ``deleted``."""

SOLE, AGREED, DIFFERS = "sole", "agreed", "differs"

DATATYPES: dict[ItemType, dt.DataType] = {
    ItemType.TEXT: dt.string,
    ItemType.INTEGER: dt.int64,
    ItemType.DECIMAL: dt.Decimal(18, 4),
    ItemType.DATE: dt.date,
    ItemType.TIMESTAMP: dt.Timestamp(scale=6),
    ItemType.GEOMETRY: dt.string,
}
"""Types of the items, the same in the standard stage and in the base libraries."""


def source_column(item: str) -> str:
    """Column that names the resource a value came from."""
    return f"{item}__source"


def agreement_column(item: str) -> str:
    """Column that says whether the sources of a value agree."""
    return f"{item}__agreement"


def observed_column(name: str) -> str:
    """Column with the observation time of a resource (base table) or of an item (served view)."""
    return f"{name}__observed"


def disputed_column(item: str) -> str:
    """Column of the served view that says whether a value is in question."""
    return f"{item}__disputed"


def item_of(resource: str, name: str, item: RegisteredItem) -> str:
    """What ``resource`` calls the library's item ``name``."""
    return item.from_item.get(resource, name)


def base_schema(library: Library) -> ibis.Schema:
    """Columns and types of the base table of ``library``, in order.

    Raises:
        UserError: the register's names lead to the same column twice.
    """
    columns: list[tuple[str, dt.DataType]] = [(library.key, dt.string)]
    for name, item in library.items.items():
        columns.append((name, DATATYPES[item.type]))
        if len(item.origins) > 1:
            columns.append((source_column(name), dt.string))
        if item.corroborating:
            columns.append((agreement_column(name), dt.string))
    columns += [(observed_column(resource), DATATYPES[ItemType.TIMESTAMP]) for resource in library.key_in]
    repeated = sorted(name for name, times in Counter(name for name, _ in columns).items() if times > 1)
    if repeated:
        raise UserError(
            f"基础库的列名重复：{'、'.join(repeated)}。请在登记册中给该项换一个名称。",
            f"Columns of the library occur twice: {', '.join(repeated)}. Rename the item in the register.",
            where=library.title,
        )
    return ibis.schema(dict(columns))
