"""The metrics of data quality of GB/T 36344-2018: which way each is better, and what it needs to be assessed at all.

Every metric is A / B × 100 %. Two of them, 0303 and 0305, are better when lower; DB31/T 1523-2024 turns these two round. So a
share says nothing without its metric and the standard by which it was counted.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from ground.documents import Declared, read_document
from ground.errors import UserError

STANDARD = "GB/T 36344-2018"
Direction = Literal["higher", "lower"]


class Metric(Declared):
    """One metric.

    Attributes:
        id: four digits, of which the first two are the dimension's.
        dimension: one of the six of the standard, named as rules name them.
        direction: whether a higher or a lower share is better by GB/T 36344.
        counts: what A is.
        needs: what there must be besides the data; None if nothing. Without it the metric is not assessable.
        turned_by: a standard that counts 1 − A / B instead.
    """

    id: str = Field(min_length=4, max_length=4)
    title: str = Field(min_length=1)
    dimension: Literal["conformity", "completeness", "accuracy", "consistency", "timeliness", "accessibility"]
    direction: Direction
    counts: str = Field(min_length=1)
    needs: str | None = None
    turned_by: str | None = None

    def better(self, by: str = STANDARD) -> Direction:
        """Which way is better by a standard."""
        return "higher" if by == self.turned_by else self.direction

    def share(self, counted: int, evaluated: int, by: str = STANDARD) -> float | None:
        """The metric in per cent by a standard; None where nothing was evaluated.

        Args:
            counted: A, the elements that `counts` names.
            evaluated: B, at least A.
            by: the standard by which it is reported.
        """
        if evaluated == 0:
            return None
        share = counted / evaluated * 100
        return 100 - share if by == self.turned_by else share


class QualityMetrics(Declared):
    """The document ``quality_metrics.yaml``: no metric twice, each under its dimension."""

    metrics: list[Metric] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        ids = [one.id for one in self.metrics]
        if ids != sorted(set(ids)):
            raise ValueError("指标编号应唯一并按序排列；metrics must be in order of their id, each once")
        return self


def metrics() -> list[Metric]:
    """All metrics, in order of their number."""
    return list(_document().metrics)


def metric(metric_id: str) -> Metric:
    """The metric of that number.

    Raises:
        UserError: there is none.
    """
    found = next((one for one in _document().metrics if one.id == metric_id), None)
    if found is None:
        known = "、".join(one.id for one in _document().metrics)
        raise UserError(
            f"没有质量指标 {metric_id}。可用的指标：{known}",
            f"No quality metric {metric_id}. Known metrics: {known}",
            where=f"metric {metric_id}",
        )
    return found


@cache
def _document() -> QualityMetrics:
    return read_document(
        Path(__file__).with_name("quality_metrics.yaml"), QualityMetrics, name="standards/quality_metrics.yaml"
    )
