"""What does a fresh result change in the kept base table, and which versions does it close?

No value is overwritten without its history. A version is what the hub recorded of values, sources and agreement; when a
department merely looked again and found the same, the observation time moves on within the version, so that a monthly
full delivery does not write the whole city into the history.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from catalog.model import ItemType
from catalog.register import Library
from pipelines.fusion.shape import DATATYPES, RECORDED_FROM, base_schema, observed_column

UPDATED, DELETED = "updated", "deleted"


@dataclass(frozen=True)
class Changes:
    """What to write, as expressions over the tables as they were before anything is written."""

    insert: ir.Table
    """Rows new to the base: its columns and `_recorded_from`."""
    update: ir.Table
    """Rows that replace the one with their key: the same columns."""
    delete: ir.Table
    """Keys to take out."""
    history: ir.Table
    """Versions that end now: the base columns, ``recorded_from``, ``recorded_to``, ``change``."""


def changes(
    library: Library, current: ir.Table, fresh: ir.Table, recorded_at: datetime, *, keys: ir.Table | None = None
) -> Changes:
    """Compare the kept rows with a fresh result.

    A row whose values, sources and agreement are the same, nulls included, stays as it is; if only an observation time
    moved it is updated without a new version and keeps its `_recorded_from`.

    Args:
        library: the register of the library.
        current: the base table with `_recorded_from`.
        fresh: the result of `fuse` or `fuse_changed`. It is read several times: materialise it first if it is large.
        recorded_at: the moment of this run, aware; stored in UTC.
        keys: for an increment, the keys that were looked at; kept rows of other keys are left alone. Without it
            ``fresh`` is the whole library.
    """
    key, columns = library.key, list(base_schema(library).names)
    if keys is not None:
        current = current.semi_join(keys.select(key), key)
    observed = {observed_column(resource) for resource in library.key_in}
    now = _moment(recorded_at)

    left = fresh.select(columns)
    right = current.select(**{f"{_OLD}{name}": current[name] for name in [*columns, RECORDED_FROM]})
    both = left.inner_join(right, left[key] == right[f"{_OLD}{key}"])
    compared = both.mutate(
        _valued=_any_differs(both, [name for name in columns if name != key and name not in observed]),
        _looked=_any_differs(both, sorted(observed)),
    )
    moved = compared.filter(compared["_valued"] | compared["_looked"])
    since = ibis.ifelse(moved["_valued"], now, moved[f"{_OLD}{RECORDED_FROM}"])
    ended = compared.filter(compared["_valued"]).select(
        **{name: f"{_OLD}{name}" for name in columns}, recorded_from=f"{_OLD}{RECORDED_FROM}"
    )
    lost = current.anti_join(fresh, key)
    deleted = lost.select(*columns, recorded_from=RECORDED_FROM)
    new = left.anti_join(current, key)
    return Changes(
        insert=new.mutate(**{RECORDED_FROM: now}),
        update=moved.select(*columns, **{RECORDED_FROM: since}),
        delete=lost.select(key),
        history=ended.mutate(recorded_to=now, change=ibis.literal(UPDATED)).union(
            deleted.mutate(recorded_to=now, change=ibis.literal(DELETED))
        ),
    )


_OLD = "_old_"
# Prefix of the kept row's columns beside the fresh one's; an item starts with a letter, so none can collide.


def _any_differs(table: ir.Table, names: list[str]) -> ir.BooleanValue:
    """Null-safe comparison of fresh and kept columns."""
    if not names:
        return ibis.literal(False)
    return reduce(or_, [~table[name].identical_to(table[f"{_OLD}{name}"]) for name in names])


def _moment(value: datetime) -> ir.TimestampScalar:
    """An aware moment as the zone-less UTC timestamp that the tables keep."""
    if value.tzinfo is None:
        raise ValueError("recorded_at must be an aware datetime")
    return ibis.literal(value.astimezone(UTC).replace(tzinfo=None), DATATYPES[ItemType.TIMESTAMP])
