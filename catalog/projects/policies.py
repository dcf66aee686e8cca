"""May a step of a project be taken now, under the city's rules? Who may take it is `catalog.projects.permissions`.

A city without gates bars nothing. A gate that the city has is a bar: what the text calls the basis (依据) of a decision is
read as that the decision is not made without it (house; docs/decisions/0027).
"""

from __future__ import annotations

from catalog.cases.model import Case
from catalog.projects.checks import GATE_WORDS, Check, Gate, State, checks_of, gates, naming_of_assets
from catalog.projects.model import Project
from catalog.projects.states import AGREED, PROJECT
from ground.errors import Conflict, UserError
from policy.cited import Silence
from policy.profile import Profile, cited_as

SHOWN = 8
"""Checks named in one message."""


def check_can(case: Case | None, event: str, subject: str) -> None:
    """Whether the step exists where the project stands; Conflict says what does."""
    PROJECT.check_can(case.state if case is not None else None, event, subject)


def check_can_agree(project: Project, state: State, profile: Profile) -> None:
    """The authority may agree: the city knows the opinion (Haishu 9), and its checks hold."""
    check_knows_opinion(profile)
    _check_gate("project_opinion", project, state, profile)


def check_knows_opinion(profile: Profile) -> None:
    """The city's rules have an opinion on projects, or Conflict says that they do not."""
    if isinstance(profile.projects.opinion_by, Silence):
        raise Conflict(
            f"{profile.title_zh}的规则未规定项目审核意见，此步骤不适用；可直接办理立项。",
            f"The rules of {profile.title_en} know no opinion on projects: this step does not exist here; go on to the approval.",
            where="opinion",
        )


def check_can_approve(project: Project, state: State, profile: Profile, document: str) -> None:
    """The project may be approved: opinion, catalogue, money and assets as the city asks for them."""
    check_numbered(document)
    opinion = profile.projects.opinion_by
    if not isinstance(opinion, Silence) and project.case.state != AGREED:
        article = f"{profile.title_zh}{cited_as(opinion.article or '')}"
        raise Conflict(
            f"审核意见是审批立项和编制预算的依据（{article}），本项目尚无同意的审核意见，不能立项。请先送审。",
            f"The opinion is the basis of approval and budget ({article}), and there is none that agrees; ask for it first.",
            where=project.case.id,
        )
    for gate in ("approval", "investment"):
        _check_gate(gate, project, state, profile)
    naming = naming_of_assets(project, profile)
    if naming is not None and not naming.ok:
        raise Conflict(
            f"{naming.article}要求在可行性研究暨初步设计阶段明确数据资产，本项目尚未列明（{naming.evidence_zh}）。"
            "列明之前不予立项，是本系统的自定规则。请用 shuyuan project link 列出数据资产。",
            f"{naming.article} asks that data assets are named at feasibility and design, and there are none ({naming.evidence_en}). "
            "That nothing is approved until then is a house rule. Name them by shuyuan project link.",
            where=project.case.id,
        )


def check_can_accept(project: Project, state: State, profile: Profile, document: str) -> None:
    """The project may be accepted."""
    check_numbered(document)
    _check_gate("acceptance", project, state, profile)


def check_can_fund(project: Project, state: State, profile: Profile) -> None:
    """Funds of operation may be granted."""
    _check_gate("operation_funds", project, state, profile)


def check_reason(reason: str) -> None:
    """A refusal states why."""
    if not reason.strip():
        raise UserError("请写明理由。", "State the reason.", where="reason")


def check_numbered(document: str) -> None:
    """A decision on paper names its document."""
    if not document.strip():
        raise UserError("请写明文号。", "Give the number of the document.", where="document")


def _check_gate(gate: Gate, project: Project, state: State, profile: Profile) -> None:
    if gate not in gates(profile.projects):
        return
    lacking = [one for one in checks_of(gate, project, state, profile) if not one.ok]
    if lacking:
        raise _lacking(gate, project, lacking)


def _lacking(gate: Gate, project: Project, lacking: list[Check]) -> Conflict:
    zh, en = GATE_WORDS[gate]
    more = len(lacking) - SHOWN
    said_zh = "；".join(f"{one.zh}（{one.evidence_zh}）" for one in lacking[:SHOWN]) + (
        f"；另有 {more} 项" if more > 0 else ""
    )
    said_en = "; ".join(f"{one.en} ({one.evidence_en})" for one in lacking[:SHOWN]) + (
        f"; and {more} more" if more > 0 else ""
    )
    return Conflict(
        f"不符合{lacking[0].article}的要求，不得{zh}。尚缺：{said_zh}。",
        f"What {lacking[0].article} asks for is not met; no {en}. Lacking: {said_en}.",
        where=project.case.id,
    )
