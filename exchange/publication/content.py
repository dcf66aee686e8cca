"""What leaves: the masked rows or the finished table of counts, with what was measured of it. Nothing is written here.

Risk is measured before a row is fetched, on the masked expression itself, with the columns that k is about and no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

import ibis.expr.types as ir
import pyarrow as pa

from exchange.publication.policies import OpeningRules
from exchange.publication.release import Release
from ground.errors import RefusedData, UserError
from masking import plan as plans
from masking import risk
from masking.plan import MaskingPlan
from masking.statistics import StatisticSpec, frequencies
from masking.tabulation import tabulate
from masking.techniques import Hmac
from standards.code_list import codes

ToArrow = Callable[[ir.Table], pa.Table]
Batches = Callable[[ir.Table], Iterator[pa.RecordBatch]]


@dataclass(frozen=True)
class Column:
    """One published column."""

    name: str
    title: str
    technique: str


@dataclass(frozen=True)
class Measured:
    """What was found on the masked content; None where the measure does not apply."""

    k_required: int | None = None
    k: int | None = None
    l: int | None = None  # noqa: E741 - the name of the measure
    rows_withheld: int = 0
    min_cell: int | None = None
    cells: int | None = None
    cells_suppressed: int | None = None
    refusal: tuple[str, str] | None = None
    """Why this may not leave, or None."""


@dataclass(frozen=True)
class Content:
    """Columns, what was measured, and the rows: ``batches()`` gives them once, in a fixed order."""

    columns: list[Column]
    measured: Measured
    batches: Callable[[], Iterator[pa.RecordBatch]]
    schema: pa.Schema = field(repr=False)


def narrowed(release: Release, table: ir.Table) -> ir.Table:
    """The rows of the library that the release's ``where`` lets through."""
    for name, values in release.where.items():
        if name not in table.columns:
            raise UserError(
                f"where 引用的列 {name} 不在库中。现有列：{'、'.join(table.columns)}",
                f"where reads column {name}, which the library does not have.",
                where=release.id,
            )
        table = table.filter(table[name].cast("string").isin(values))
    return table


def masked_rows(
    plan: MaskingPlan, table: ir.Table, *, hmac: Hmac | None, as_of: date, to_arrow: ToArrow, batches: Batches
) -> Content:
    """A dataset: masked, small classes withheld if the plan says so, and measured on what is left."""
    masked = plans.apply(plan, table, hmac, as_of=as_of)
    sensitive, variety = (plan.l.column, plan.l.at_least) if plan.l else (None, 1)
    quasi = plan.quasi_identifiers

    def measure(rows: ir.Table) -> risk.Risk:
        return risk.as_risk(to_arrow(risk.measure(rows, quasi, k=plan.k, sensitive=sensitive)), sensitive=sensitive)

    before = after = measure(masked)
    if plan.suppress_below_k and not _safe(plan, before):
        masked = risk.withhold_small(masked, quasi, plan.k, sensitive=sensitive, l=variety)
        after = measure(masked)
    # Sorted by everything that is published: the order of the library's rows would be a trace of its keys.
    ordered = masked.order_by(list(masked.columns))
    return Content(
        columns=[Column(name, plan.columns[name].title, plan.columns[name].technique) for name in plan.published],
        measured=Measured(
            k_required=plan.k,
            k=after.k,
            l=after.l,
            rows_withheld=before.rows - after.rows,
            refusal=_refusal(plan, after),
        ),
        batches=lambda: batches(ordered),
        schema=masked.schema().to_pyarrow(),
    )


def counted(
    spec: StatisticSpec,
    table: ir.Table,
    *,
    as_of: date,
    rules: OpeningRules,
    to_arrow: ToArrow,
) -> Content:
    """A statistic: counted, closed against computing back, and audited for it. Titles of codes come from `standards`."""
    code_lists = {one.code_list: codes(one.code_list) for one in spec.dimensions if one.code_list}
    found = tabulate(
        spec, to_arrow(frequencies(spec, table, as_of=as_of)), min_cell=rules.min_cell, code_lists=code_lists
    )
    kinds = {one.name: str(one.kind) for one in spec.dimensions}
    refusal = None
    if found.exposed:
        refusal = (
            f"有 {found.exposed} 个隐去的单元格可由合计推算，未发布。",
            f"{found.exposed} suppressed cells can be computed from the totals.",
        )
    if found.cells == 0:
        refusal = ("没有可统计的行，未发布。", "There are no rows to count.")
    return Content(
        columns=[Column(name, found.titles[name], kinds.get(name, "")) for name in found.table.column_names],
        measured=Measured(
            min_cell=rules.min_cell, cells=found.cells, cells_suppressed=found.suppressed, refusal=refusal
        ),
        batches=lambda: iter(found.table.to_batches()),
        schema=found.table.schema,
    )


def check_measured(release: Release, measured: Measured) -> None:
    """Refuse content that was measured and is not safe.

    Raises:
        RefusedData: naming what the plan asks and what was measured.
    """
    if measured.refusal:
        zh, en = measured.refusal
        raise RefusedData(zh, en, where=release.id)


def _safe(plan: MaskingPlan, found: risk.Risk) -> bool:
    return found.k >= plan.k and (plan.l is None or (found.l or 0) >= plan.l.at_least)


def _refusal(plan: MaskingPlan, found: risk.Risk) -> tuple[str, str] | None:
    if found.rows == 0:
        return (
            f"脱敏后没有一行满足 k={plan.k}（实测 k=0），未发布。请用更粗的分组。",
            f"No row is left that meets k={plan.k} (measured k=0). Use coarser groups.",
        )
    if found.k < plan.k:
        return (
            f"方案要求 k={plan.k}，实测 k={found.k}，{found.below} 行所在的组过小，未发布。"
            "请用更粗的分组，或写 suppress_below_k: true。",
            f"The plan asks k={plan.k}, measured k={found.k}; {found.below} rows are in classes that are too small. "
            "Use coarser groups, or suppress_below_k: true.",
        )
    if plan.l and (found.l or 0) < plan.l.at_least:
        return (
            f"方案要求 {plan.l.column} 的 l={plan.l.at_least}，实测 l={found.l}，未发布。",
            f"The plan asks l={plan.l.at_least} of {plan.l.column}, measured l={found.l}.",
        )
    return None
