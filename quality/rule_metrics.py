"""Under which metric of GB/T 36344 a rule counts: what it states, else what its kind of check measures within its dimension.

The metric brings the direction with it (`standards.quality_metrics`): 0303 and 0305 are better when lower.
"""

from __future__ import annotations

from quality import check_kinds as k
from quality import relation_kinds as rk
from quality import spatial_kinds as sk
from standards.quality_metrics import metric, metrics

OUTSIDE = frozenset({"0105", "0301", "0401"})
"""Metrics that need something from outside the data: without it they are not assessable, which is not 100 %."""

BY_DIMENSION = {
    "conformity": "0104",
    "completeness": "0201",
    "accuracy": "0302",
    "consistency": "0402",
    "timeliness": "0501",
    "accessibility": "0602",
}
"""The metric of a rule whose kind measures nothing more special in its dimension."""

_FORM = ("0302", "0101")
_LIST = ("0101", "0302")
_ORDER = ("0503", "0402")
_REGISTER = ("0402", "0105", "0501", "0301")
_TRUTH = ("0301", "0402")

BY_KIND: dict[type, tuple[str, ...]] = {
    k.NotNull: ("0201",),
    k.CitizenId: _FORM,
    k.CreditCode: _FORM,
    k.OrganisationCode: _FORM,
    k.RegistrationNumber: _FORM,
    k.BankCard: _FORM,
    k.Plate: _FORM,
    k.Phone: _FORM,
    k.Matches: _FORM,
    k.Length: _FORM,
    k.Between: _FORM,
    k.IssuingDivisionKnown: _LIST,
    k.CodeList: _LIST,
    k.DivisionIn: _LIST,
    k.OneOf: ("0103", "0302"),
    k.NotBeforeItem: _ORDER,
    k.NotAfterItem: _ORDER,
    k.AgeBetween: _ORDER,
    rk.Follows: _ORDER,
    rk.AgreesWith: ("0401", "0301"),
    rk.UniqueItem: ("0304", "0402"),
    rk.InReference: _REGISTER,
    rk.AbsentInReference: _REGISTER,
    sk.GeometryValid: ("0102", "0302"),
    sk.WithinCity: _TRUTH,
    sk.InsideOf: _TRUTH,
    sk.CoordinateShift: _TRUTH,
}
"""What each kind measures, the likeliest first; the rule's dimension decides among them."""


def metric_of(check: object, dimension: str, stated: str | None = None) -> str:
    """The number of the metric under which a rule counts.

    Args:
        check: its check, of one of the kinds.
        dimension: its dimension; the metric is always one of this dimension.
        stated: what the rule itself says; it goes first.
    """
    if stated is not None:
        return stated
    fitting = [one for one in BY_KIND.get(type(check), ()) if metric(one).dimension == dimension]
    return fitting[0] if fitting else BY_DIMENSION[dimension]


def refuse_foreign(stated: str, dimension: str) -> None:
    """Refuse a metric that is none, or that belongs to another dimension; for validators."""
    known = {one.id: one for one in metrics()}
    if stated not in known:
        raise ValueError(f"没有质量指标 {stated}；no metric {stated}; known: {', '.join(known)}")
    if known[stated].dimension != dimension:
        raise ValueError(
            f"指标 {stated} 属于 {known[stated].dimension}，与 dimension: {dimension} 不符；"
            f"metric {stated} belongs to {known[stated].dimension}, not to {dimension}"
        )
