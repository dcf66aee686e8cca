"""Frequency tables of a library: the declared dimensions and the count over the rows, one Ibis aggregation.

A dimension is a code with a closed list or a band, never free text. What is done with the few cells that come out is
`masking.tabulation`.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Self, cast

import ibis.expr.types as ir
from pydantic import Field, model_validator

from catalog.model import Identifier
from ground.documents import Declared
from ground.errors import UserError
from masking import generalise
from masking.suppression import Margins


class Kind(StrEnum):
    """How a dimension is made from its column."""

    CODE = "code"
    YEAR = "year"
    YEAR_BAND = "year_band"
    AGE_BAND = "age_band"
    NUMBER_BAND = "number_band"


class Dimension(Declared):
    """One dimension of a table: a column and what is made of it.

    ``code`` needs ``code_list`` (its titles are given to `tabulate`) or ``values`` (code -> title); bands need ``edges``.
    """

    name: Identifier
    title: str = Field(min_length=1)
    kind: Kind
    column: Identifier | None = None
    code_list: str | None = None
    values: dict[str, str] | None = None
    edges: list[int] | None = Field(default=None, min_length=1)
    unit: str = ""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.kind is Kind.CODE) != ((self.code_list is None) != (self.values is None)):
            raise ValueError(
                "kind: code 必须写 code_list 或 values 之一，其他不写；code needs code_list or values, one of them, and only code"
            )
        banded = self.kind not in (Kind.CODE, Kind.YEAR)
        if banded != (self.edges is not None):
            raise ValueError("分段维度必须写 edges，其他不写；bands need edges, and only bands")
        if self.edges is not None and any(lower >= upper for lower, upper in pairwise(self.edges)):
            raise ValueError("edges 必须从小到大；edges must rise")
        return self

    @property
    def source(self) -> str:
        """The column of the library it is made from."""
        return self.column or self.name


class StatisticSpec(Declared):
    """A table of counts over one or two dimensions, with or without totals."""

    dimensions: list[Dimension] = Field(min_length=1, max_length=2)
    measure_title: str = "数量"
    totals: bool = True

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        names = ["count", "status", *(one.name for one in self.dimensions)]
        titles = ["状态", self.measure_title, *(one.title for one in self.dimensions)]
        if len(set(names)) != len(names) or len(set(titles)) != len(titles):
            raise ValueError(
                "维度的 name 与 title 不可重复，也不可为 count、status、状态；names and titles must differ, count and status are taken"
            )
        return self

    @property
    def margins(self) -> Margins:
        """The totals that are published: of one dimension its total, of two both lines of totals."""
        return Margins(rows=self.totals, columns=self.totals and len(self.dimensions) == 2)


def frequencies(spec: StatisticSpec, table: ir.Table, *, as_of: date) -> ir.Table:
    """Counts per combination of dimensions as they occur: one text column per dimension, and ``count``.

    Args:
        spec: the dimensions.
        table: a served library, one row per person or organisation.
        as_of: day on which ages are counted.

    Raises:
        UserError: a dimension reads a column that the library does not have.
    """
    for dimension in spec.dimensions:
        if dimension.source not in table.columns:
            raise UserError(
                f"统计维度引用的列 {dimension.source} 不在库中。现有列：{'、'.join(table.columns)}",
                f"The dimension reads column {dimension.source}, which the library does not have.",
                where=dimension.name,
            )
    keys = {one.name: _expression(one, table[one.source], as_of) for one in spec.dimensions}
    return table.select(**keys).group_by(list(keys)).aggregate(count=lambda rows: rows.count())


def _expression(dimension: Dimension, column: ir.Value, as_of: date) -> ir.StringValue:
    edges = dimension.edges or []
    if dimension.kind is Kind.YEAR:
        return cast(ir.StringValue, generalise.year(column).cast("string"))
    if dimension.kind is Kind.YEAR_BAND:
        return generalise.year_band(column, edges)
    if dimension.kind is Kind.AGE_BAND:
        return generalise.age_band(column, edges, as_of=as_of)
    if dimension.kind is Kind.NUMBER_BAND:
        return generalise.number_band(column, edges, unit=dimension.unit)
    return cast(ir.StringValue, column.cast("string"))
