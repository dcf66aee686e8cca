"""Disclosure risk of rows that are about to leave: k, uniqueness and l, measured on the masked values themselves.

A class is a group of rows that are alike in every quasi-identifier (null is a value like any other). k is the size of the
smallest class, l the smallest number of different values of a sensitive column inside one class. What is measured is what
is published: the functions take the masked table, never the plan's promise.
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from ground.documents import Declared

_NONE = "␀"


class Risk(Declared):
    """What was measured.

    ``k`` and ``l`` are 0 where there are no rows; ``l`` is None where no column is sensitive. ``unique`` counts rows that
    are alone in their class, ``below`` rows in classes smaller than the k that was asked for.
    """

    rows: int
    classes: int
    k: int
    unique: int
    below: int
    l: int | None = None  # noqa: E741 - the name of the measure


def measure(masked: ir.Table, quasi_identifiers: Sequence[str], *, k: int, sensitive: str | None = None) -> ir.Table:
    """One row ``rows, classes, k, unique, below, l``: one grouping, one total over it.

    Args:
        masked: the rows as they would be published; only the columns named here are read.
        quasi_identifiers: columns by which a person could be recognised; with none, all rows are one class.
        k: size below which a class is counted in ``below``.
        sensitive: column whose variety within a class is ``l``.
    """
    names = list(quasi_identifiers)
    columns = [masked[name] for name in names] or [ibis.literal(0).name("_all")]
    extra = {"_value": _present(masked[sensitive])} if sensitive else {}
    # Counting distinct values, even of a constant, costs twice the grouping itself: only where somebody asks.
    values = ibis._["_value"].nunique() if sensitive else ibis._.count()
    classes = (
        masked.select(*columns, **extra).group_by(names or ["_all"]).aggregate(_rows=ibis._.count(), _values=values)
    )
    size = classes["_rows"]
    return classes.aggregate(
        rows=size.sum().coalesce(0).cast("int64"),
        classes=classes.count(),
        k=size.min().coalesce(0).cast("int64"),
        unique=(size == 1).sum().coalesce(0).cast("int64"),
        below=size.sum(where=size < k).coalesce(0).cast("int64"),
        l=classes["_values"].min().coalesce(0).cast("int64"),
    )


def as_risk(measured: pa.Table, *, sensitive: str | None = None) -> Risk:
    """The one row of `measure`, evaluated, as `Risk`."""
    row = measured.to_pylist()[0]
    return Risk(**{**row, "l": row["l"] if sensitive else None})


def withhold_small(
    masked: ir.Table,
    quasi_identifiers: Sequence[str],
    k: int,
    *,
    sensitive: str | None = None,
    l: int = 1,  # noqa: E741
) -> ir.Table:
    """The rows of classes with at least ``k`` rows and ``l`` different sensitive values; columns unchanged.

    Whole classes go, so that what stays has the same classes as before and k holds in one pass.
    """
    names = list(quasi_identifiers)
    window = ibis.window(group_by=names) if names else ibis.window()
    counted = masked.mutate(_class=masked.count().over(window))
    keep = counted["_class"] >= k
    if sensitive is not None and l > 1:
        # Distinct counts over a window are not portable: the ranks from both ends add up to them.
        value = _present(masked[sensitive])
        up = ibis.dense_rank().over(ibis.window(group_by=names, order_by=value.asc()))
        down = ibis.dense_rank().over(ibis.window(group_by=names, order_by=value.desc()))
        counted = counted.mutate(_variety=up + down + 1)
        keep = keep & (counted["_variety"] >= l)
    return counted.filter(keep).select(*masked.columns)


def _present(value: ir.Value) -> ir.StringValue:
    """The value as text with null as a value of its own, for counting different ones."""
    text: ir.StringValue = value.cast("string")
    return text.fill_null(_NONE)
