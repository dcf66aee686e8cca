"""The life of a project as data: registered, looked at, approved, built, accepted, run.

The stages are those at which the five instruments ask for data work: opinion and approval (Haishu 9, Wuhan 34), feasibility
and design (Longyan 28), acceptance (Wuhan 34, Longyan 6, Haishu 11, Chifeng part 4(三)2) and funds of operation (Longyan 6,
Chifeng). Whether a step may be taken now is `catalog.projects.policies`.
"""

from __future__ import annotations

from catalog.cases.machine import Machine, Step, Words

REGISTERED, OPINION_REFUSED, AGREED, NOT_APPROVED = "registered", "opinion_refused", "agreed", "not_approved"
APPROVED, BUILDING, ASKED = "approved", "building", "acceptance_asked"
ACCEPTANCE_REFUSED, ACCEPTED, OPERATING, WITHDRAWN = "acceptance_refused", "accepted", "operating", "withdrawn"

STATES: dict[str, Words] = {
    REGISTERED: ("已登记", "registered"),
    OPINION_REFUSED: ("审核意见为不同意", "opinion: not agreed"),
    AGREED: ("审核意见为同意", "opinion: agreed"),
    NOT_APPROVED: ("不予立项", "not approved"),
    APPROVED: ("已立项", "approved"),
    BUILDING: ("建设中", "under construction"),
    ASKED: ("已申请验收", "acceptance asked for"),
    ACCEPTANCE_REFUSED: ("未通过验收", "acceptance refused"),
    ACCEPTED: ("已验收", "accepted"),
    OPERATING: ("运行中", "operating"),
    WITHDRAWN: ("已撤回", "withdrawn"),
}

_PLANNED = (REGISTERED, OPINION_REFUSED, AGREED, NOT_APPROVED)
_LIVING = tuple(one for one in STATES if one != WITHDRAWN)
_REFUSED_TO = {"opinion_refused": "reason", "approval_refused": "reason", "acceptance_refused": "reason"}

PROJECT = Machine(
    "project",
    ("信息化项目", "project"),
    STATES,
    frozenset({WITHDRAWN}),
    (
        Step("registered", (None,), REGISTERED, "登记", "registered", "the department", "name, budget year, plan"),
        Step(
            "linked", (*_PLANNED, APPROVED, BUILDING, ACCEPTANCE_REFUSED), None, "关联目录与数据资产",
            "linked to entries and data assets", "the department", "entries, assets",
        ),
        Step(
            "revised", (OPINION_REFUSED, NOT_APPROVED), REGISTERED, "修改方案重新送审", "plan revised and sent again",
            "the department", "plan",
        ),
        Step(
            "opinion_agreed", (REGISTERED,), AGREED, "出具同意意见", "opinion given: agreed", "the authority",
            "every check of the opinion holds",
        ),
        Step(
            "opinion_refused", (REGISTERED,), OPINION_REFUSED, "出具不同意意见", "opinion given: not agreed",
            "the authority", _REFUSED_TO["opinion_refused"],
        ),
        Step(
            "approved", (REGISTERED, AGREED), APPROVED, "立项批复", "approved", "the authority",
            "number of the document; every check of the approval holds",
        ),
        Step(
            "approval_refused", (REGISTERED, AGREED), NOT_APPROVED, "不予立项", "approval refused", "the authority",
            _REFUSED_TO["approval_refused"],
        ),
        Step("started", (APPROVED,), BUILDING, "开工建设", "construction started", "the department", "-"),
        Step(
            "acceptance_asked", (BUILDING, ACCEPTANCE_REFUSED), ASKED, "申请验收", "acceptance asked for",
            "the department", "-",
        ),
        Step(
            "accepted", (ASKED,), ACCEPTED, "通过验收", "accepted", "the authority",
            "number of the document; every check of the acceptance holds",
        ),
        Step(
            "acceptance_refused", (ASKED,), ACCEPTANCE_REFUSED, "不得通过验收", "acceptance refused", "the authority",
            _REFUSED_TO["acceptance_refused"],
        ),
        Step("put_into_operation", (ACCEPTED,), OPERATING, "投入运行", "put into operation", "the department", "-"),
        Step(
            "funds_granted", (ACCEPTED, OPERATING), None, "安排运维经费", "funds of operation granted",
            "the authority", "year; every check of the funds holds",
        ),
        Step(
            "funds_refused", (ACCEPTANCE_REFUSED, ACCEPTED, OPERATING), None, "不予安排运维经费",
            "funds of operation refused", "the authority", "year, reason",
        ),
        Step(
            "stated", _LIVING, None, "出具合规说明", "compliance statement issued", "the authority, or the department for itself",
            "number, digest, result",
        ),
        Step("withdrawn", (*_PLANNED, APPROVED), WITHDRAWN, "撤回", "withdrawn", "the department", "reason"),
    ),
)  # fmt: skip
"""The life of a project."""
