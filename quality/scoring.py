"""How good is the data, by the metrics of GB/T 36344: per metric, dimension, resource, department, library and city.

Every metric is X = A / B: B the elements asked, A those the metric counts. What is better depends on the metric: of 0303 and
0305 the lower share (shown raw, and turned round as ``oriented``). How shares are put together is simple and the same
everywhere:

* rules of one metric are added up: A and B over all rules and resources, so that a large resource weighs more;
* a dimension is the plain mean of its metrics that were assessed, oriented;
* the total is the plain mean of the dimensions that were assessed.

Every finding counts, warnings too: a doubtful value is not a right one until somebody confirmed it. What nobody looked at
is never 100 %: a metric without a rule is *not covered*; one that needs something from outside which is not there, or
whose rules could not be evaluated, is *not assessable* (不可评估). Both are left out of every mean and shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean

from quality.rule_metrics import OUTSIDE
from standards.quality_metrics import STANDARD, Direction, Metric, metrics

INTAKE = "intake."
"""How the names of counts begin that intake made: what it refused or saw twice is no finding."""


class Coverage(StrEnum):
    """What stands behind a metric of something."""

    ASSESSED = "assessed"
    NOT_ASSESSABLE = "not_assessable"
    NOT_COVERED = "not_covered"


@dataclass(frozen=True)
class Counted:
    """One rule, or one count of intake, on one resource.

    Attributes:
        rule: id of the rule; of a count its name.
        metric: number of the metric.
        resource: whose elements were asked.
        item: which item; '' where the whole row or delivery is meant.
        asked: B, elements asked.
        failed: elements found wrong.
    """

    rule: str
    metric: str
    resource: str
    item: str
    asked: int
    failed: int


@dataclass(frozen=True)
class Blocked:
    """A rule that could not be evaluated, and why."""

    rule: str
    metric: str
    resource: str
    item: str
    zh: str
    en: str


@dataclass(frozen=True)
class MetricScore:
    """One metric of something.

    Attributes:
        metric, title: number and name.
        direction: whether a higher or a lower ``share`` is better.
        coverage: assessed or why not.
        counted, asked: A and B.
        share: A / B in per cent; None unless assessed.
        oriented: the same, turned so that higher is better.
        rules: how many rules stand behind it.
        reason_zh, reason_en: why it was not assessed.
    """

    metric: str
    title: str
    direction: Direction
    coverage: Coverage
    counted: int
    asked: int
    share: float | None
    oriented: float | None
    rules: int
    reason_zh: str = ""
    reason_en: str = ""


@dataclass(frozen=True)
class DimensionScore:
    """One dimension: the mean of its assessed metrics, None where none was."""

    dimension: str
    score: float | None
    metrics: tuple[MetricScore, ...]


@dataclass(frozen=True)
class Score:
    """How good something is.

    Attributes:
        level: ``resource``, ``department``, ``library`` or ``city``.
        id: its id; '' of the city.
        title: its name.
        score: mean of the assessed dimensions, in per cent; None where nothing was assessed.
        dimensions: the six of the standard, in its order.
        findings: elements that rules found wrong.
        blocked: ids of rules that could not be evaluated.
    """

    level: str
    id: str
    title: str
    score: float | None
    dimensions: tuple[DimensionScore, ...]
    findings: int
    blocked: tuple[str, ...]

    def metric(self, number: str) -> MetricScore:
        """The metric of that number."""
        return next(one for part in self.dimensions for one in part.metrics if one.metric == number)

    @property
    def assessed(self) -> int:
        """How many of the metrics were assessed."""
        return sum(one.coverage is Coverage.ASSESSED for part in self.dimensions for one in part.metrics)


def score(
    level: str,
    name: str,
    title: str,
    counted: Iterable[Counted],
    blocked: Iterable[Blocked] = (),
    *,
    by: str = STANDARD,
) -> Score:
    """The score of whatever these counts belong to.

    Args:
        level, name, title: what it is.
        counted: the counts of its rules.
        blocked: its rules that could not be evaluated.
        by: the standard that decides how 0303 and 0305 are reported (`standards.quality_metrics`).
    """
    mine, stopped = list(counted), list(blocked)
    dimensions: dict[str, list[MetricScore]] = {}
    for metric in metrics():
        found = _metric(
            metric,
            [one for one in mine if one.metric == metric.id],
            [one for one in stopped if one.metric == metric.id],
            by,
        )
        dimensions.setdefault(metric.dimension, []).append(found)
    parts = tuple(
        DimensionScore(dimension, _mean(one.oriented for one in of), tuple(of)) for dimension, of in dimensions.items()
    )
    return Score(
        level=level,
        id=name,
        title=title,
        score=_mean(part.score for part in parts),
        dimensions=parts,
        findings=sum(one.failed for one in mine if not one.rule.startswith(INTAKE)),
        blocked=tuple(one.rule for one in stopped),
    )


def scores_by(
    level: str,
    groups: Sequence[tuple[str, str, Callable[[Counted | Blocked], bool]]],
    counted: Sequence[Counted],
    blocked: Sequence[Blocked],
    *,
    by: str = STANDARD,
) -> list[Score]:
    """One score per group: (id, title, which counts belong to it)."""
    return [
        score(level, name, title, filter(belongs, counted), filter(belongs, blocked), by=by)
        for name, title, belongs in groups
    ]


def _metric(metric: Metric, counted: Sequence[Counted], blocked: Sequence[Blocked], by: str) -> MetricScore:
    asked, failed = sum(one.asked for one in counted), sum(min(one.failed, one.asked) for one in counted)
    direction = metric.better(by)
    # What a metric of the lower-is-better kind counts are the wrong elements themselves.
    elements = failed if metric.direction == "lower" else asked - failed
    share = metric.share(elements, asked, by)
    if share is not None:
        oriented = share if direction == "higher" else 100 - share
        return MetricScore(
            metric.id, metric.title, direction, Coverage.ASSESSED, elements, asked, share, oriented, len(counted)
        )
    coverage, zh, en = _why_not(metric, counted, blocked)
    return MetricScore(metric.id, metric.title, direction, coverage, 0, 0, None, None, len(counted), zh, en)


def _why_not(metric: Metric, counted: Sequence[Counted], blocked: Sequence[Blocked]) -> tuple[Coverage, str, str]:
    if blocked:
        return Coverage.NOT_ASSESSABLE, blocked[0].zh, blocked[0].en
    if metric.id in OUTSIDE:
        return (
            Coverage.NOT_ASSESSABLE,
            f"没有{metric.needs}可供比对",
            "nothing from outside the data to compare with",
        )
    if counted:
        return Coverage.NOT_COVERED, "规则没有可问的值", "the rules had no value to ask about"
    return Coverage.NOT_COVERED, "没有规则", "no rule"


def _mean(values: Iterable[float | None]) -> float | None:
    known = [one for one in values if one is not None]
    return fmean(known) if known else None
