"""The finished table of a statistic: unknowns folded, zeros filled in, totals added, small cells suppressed.

Works on the cells that `masking.statistics.frequencies` gives, never on rows: codes that are no codes are put together as
unknown, combinations that nobody has become zeros, labels that nobody has are left out, and the table is closed against
computing back (`masking.suppression`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ground.errors import UserError
from masking import generalise
from masking.statistics import Dimension, Kind, StatisticSpec
from masking.suppression import Counts, Mask, exposed, suppress, with_margins

if TYPE_CHECKING:
    import pandas as pd

TOTAL = "_T"
"""Code of a total, as in SDMX; its label is 合计."""

UNKNOWN = "_U"
"""Code of what is missing or not in the code list, as in SDMX; its label is 不详."""

MOST_CELLS = 10_000
"""A table of more would take minutes to suppress, and no reader wants it."""

_ORDER: dict[str, int] = {UNKNOWN: 1, TOTAL: 2}


@dataclass(frozen=True)
class Statistic:
    """A finished table and what was measured of it.

    ``table``: for every dimension its code (bands: the label) and for codes ``<name>_title``; then ``count`` (null where
    suppressed) and ``status`` (``shown`` or ``suppressed``; which of the suppressed ones are small is not told).
    """

    table: pa.Table
    cells: int
    suppressed: int
    exposed: int
    titles: dict[str, str]


def tabulate(
    spec: StatisticSpec, counted: pa.Table, *, min_cell: int, code_lists: Mapping[str, Mapping[str, str]]
) -> Statistic:
    """The table to publish, from the evaluated `frequencies`.

    Args:
        spec: the dimensions.
        counted: one row per combination.
        min_cell: counts from 1 to below this are suppressed.
        code_lists: name of a code list -> code -> title.

    Raises:
        UserError: a code list is not there, or the table would have more than `MOST_CELLS` cells.
    """
    frame = counted.to_pandas()
    titles = {one.name: _titles(one, code_lists) for one in spec.dimensions}
    for one in spec.dimensions:
        frame[one.name] = _folded(one, frame[one.name], titles[one.name])
    names = [one.name for one in spec.dimensions]
    grouped = frame.groupby(names, as_index=False)["count"].sum()
    grouped = grouped[grouped["count"] > 0]
    labels = [_ordered(one, grouped[one.name].unique(), titles[one.name]) for one in spec.dimensions]
    if np.prod([len(one) for one in labels]) > MOST_CELLS:
        raise UserError(
            f"统计表超过 {MOST_CELLS} 个单元格，请用更粗的分组。",
            f"The table has more than {MOST_CELLS} cells; use coarser groups.",
        )
    counts = _matrix(grouped, names, labels)
    hidden = suppress(counts, min_cell, spec.margins)
    return _finished(spec, labels, titles, counts, hidden)


def _titles(dimension: Dimension, code_lists: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    if dimension.kind is not Kind.CODE:
        return {}
    if dimension.values is not None:
        return dict(dimension.values)
    if dimension.code_list is None or dimension.code_list not in code_lists:
        raise UserError(
            f"没有代码表 {dimension.code_list}。现有代码表：{'、'.join(sorted(code_lists))}",
            f"There is no code list {dimension.code_list}. There are: {', '.join(sorted(code_lists))}",
            where=dimension.name,
        )
    return dict(code_lists[dimension.code_list])


def _folded(dimension: Dimension, values: Any, titles: dict[str, str]) -> Any:
    """Codes outside the list, and what is missing, become `UNKNOWN`: a wrong code is published of nobody."""
    known = (
        values.isin(list(titles)) if dimension.kind is Kind.CODE else values.notna() & (values != generalise.UNKNOWN)
    )
    return values.astype("object").where(known, UNKNOWN)


def _ordered(dimension: Dimension, present: Any, titles: dict[str, str]) -> list[str]:
    if dimension.kind is Kind.CODE:
        order = {code: place for place, code in enumerate(titles)}
    elif dimension.kind is Kind.YEAR:
        order = {label: place for place, label in enumerate(sorted(present))}
    else:
        unit = {Kind.AGE_BAND: "岁", Kind.YEAR_BAND: "年"}.get(dimension.kind, dimension.unit)
        whole = dimension.kind is not Kind.NUMBER_BAND
        labels = generalise.band_labels(dimension.edges or [], unit=unit, whole=whole)
        order = {label: place for place, label in enumerate(labels)}
    return sorted(present, key=lambda label: (_ORDER.get(label, 0), order.get(label, 0)))


def _matrix(grouped: pd.DataFrame, names: list[str], labels: list[list[str]]) -> Counts:
    if len(names) == 1:
        lined = grouped.set_index(names[0])["count"].reindex(labels[0], fill_value=0)
        return lined.to_numpy(dtype=np.int64).reshape(1, -1)
    wide = grouped.pivot_table(index=names[0], columns=names[1], values="count", aggfunc="sum", fill_value=0)
    return wide.reindex(index=labels[0], columns=labels[1], fill_value=0).to_numpy(dtype=np.int64)


def _finished(
    spec: StatisticSpec, labels: list[list[str]], titles: dict[str, dict[str, str]], counts: Counts, hidden: Mask
) -> Statistic:
    import pandas as pd  # only who tabulates waits for it

    margins = spec.margins
    shown = with_margins(counts)[: counts.shape[0] + margins.columns, : counts.shape[1] + margins.rows]
    covered = hidden[: shown.shape[0], : shown.shape[1]]
    across = [*labels[-1], *([TOTAL] if margins.rows else [])]
    axes = [across] if len(labels) == 1 else [[*labels[0], *([TOTAL] if margins.columns else [])], across]
    index = pd.MultiIndex.from_product(axes)
    columns: dict[str, pa.Array] = {}
    headings: dict[str, str] = {}
    for level, one in enumerate(spec.dimensions):
        codes = pd.Series(index.get_level_values(level), dtype="object")
        named = codes.map({**titles[one.name], TOTAL: "合计", UNKNOWN: generalise.UNKNOWN})
        if one.kind is Kind.CODE:
            columns[one.name] = pa.array(codes, pa.string())
            columns[f"{one.name}_title"] = pa.array(named, pa.string())
            headings |= {one.name: f"{one.title}代码", f"{one.name}_title": one.title}
        else:
            columns[one.name] = pa.array(named.fillna(codes), pa.string())
            headings[one.name] = one.title
    flat = covered.ravel()
    columns["count"] = pa.array(shown.ravel(), pa.int64(), mask=flat)
    columns["status"] = pa.array(np.where(flat, "suppressed", "shown"), pa.string())
    headings |= {"count": spec.measure_title, "status": "状态"}
    return Statistic(
        table=pa.table(columns),
        cells=int(flat.size),
        suppressed=int(flat.sum()),
        exposed=exposed(counts, hidden, margins),
        titles=headings,
    )
