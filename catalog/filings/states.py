"""The lives of the two filings about gathering as data."""

from __future__ import annotations

from catalog.cases.machine import Machine, Step

FILED, ACCEPTED, REFUSED, ENDED, WITHDRAWN = "filed", "accepted", "refused", "ended", "withdrawn"

EXCEPTION = Machine(
    "gathering_exception",
    ("汇聚例外备案", "gathering exception"),
    {
        FILED: ("已报备，待受理", "filed"),
        ACCEPTED: ("已备案", "on file"),
        REFUSED: ("不予备案", "refused"),
        ENDED: ("已终止", "ended"),
        WITHDRAWN: ("已撤回", "withdrawn"),
    },
    frozenset({REFUSED, ENDED, WITHDRAWN}),
    (
        Step(
            "filed", (None,), FILED, "报备", "filed", "the department",
            "resource, reason, how the need is met meanwhile, last day",
        ),
        Step("accepted", (FILED,), ACCEPTED, "予以备案", "put on file", "the authority", "number of the document"),
        Step("refused", (FILED,), REFUSED, "不予备案", "refused", "the authority", "reason"),
        Step(
            "ended", (ACCEPTED,), ENDED, "终止", "ended", "the department, the authority, or the hub after its last day",
            "reason",
        ),
        Step("withdrawn", (FILED,), WITHDRAWN, "撤回", "withdrawn", "the department", "-"),
    ),
)  # fmt: skip
"""A filing that a resource cannot be gathered in real time (Longyan 9)."""

REQUESTED, PASSED_UP, GRANTED, REFUSED_ABOVE = "requested", "passed_up", "granted", "refused_above"

RETURN_FLOW = Machine(
    "return_flow",
    ("数据回流申请", "return-flow request"),
    {
        REQUESTED: ("已提出", "requested"),
        PASSED_UP: ("已报上级", "passed up"),
        GRANTED: ("上级已同意", "granted"),
        REFUSED: ("不予上报", "refused"),
        REFUSED_ABOVE: ("上级未同意", "refused above"),
        WITHDRAWN: ("已撤回", "withdrawn"),
    },
    frozenset({GRANTED, REFUSED, REFUSED_ABOVE, WITHDRAWN}),
    (
        Step("requested", (None,), REQUESTED, "提出回流申请", "requested", "the department", "data, system above, need"),
        Step(
            "passed_up", (REQUESTED,), PASSED_UP, "通过本级平台报上级", "passed up through the local platform",
            "the authority; the department where the city says so", "number under which it went up",
        ),
        Step("refused", (REQUESTED,), REFUSED, "不予上报", "not passed up", "the authority", "reason"),
        Step(
            "granted", (PASSED_UP,), GRANTED, "上级同意回流", "granted above", "who passed it up",
            "the feed by which the data come back",
        ),
        Step("refused_above", (PASSED_UP,), REFUSED_ABOVE, "上级不同意回流", "refused above", "who passed it up", "reason"),
        Step("withdrawn", (REQUESTED,), WITHDRAWN, "撤回", "withdrawn", "the department", "-"),
    ),
)  # fmt: skip
"""A request that data of a superior level's system come back to the city."""
