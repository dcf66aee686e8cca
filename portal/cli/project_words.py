"""How a project is told: where it stands, what comes next and by which command, what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from catalog.cases.person import PART_WORDS
from catalog.projects.checks import naming_of_assets
from catalog.projects.states import (
    ACCEPTANCE_REFUSED,
    ACCEPTED,
    AGREED,
    APPROVED,
    ASKED,
    BUILDING,
    NOT_APPROVED,
    OPERATING,
    OPINION_REFUSED,
    PROJECT,
    REGISTERED,
)
from policy.cited import Silence
from portal.cli import output
from portal.cli.catalog_words import rules_named

if TYPE_CHECKING:
    from catalog.cases.model import Happening
    from catalog.projects.checks import Check, Gate
    from catalog.projects.model import Project
    from catalog.projects.service import Shown
    from hub.hub import Hub
    from policy.profile import Profile

_ONWARD: dict[str, str] = {
    OPINION_REFUSED: "revised", AGREED: "approved", NOT_APPROVED: "revised", APPROVED: "started",
    BUILDING: "acceptance_asked", ASKED: "accepted", ACCEPTANCE_REFUSED: "acceptance_asked",
    ACCEPTED: "put_into_operation", OPERATING: "funds_granted",
}  # fmt: skip
"""State -> the step that leads on; of a registered project the city's rules decide it."""
_COMMANDS: dict[str, str] = {
    "linked": "link {id} --entry 条目", "linked_assets": "link {id} --asset 名称", "revised": "revise {id} --plan 方案", "opinion_agreed": "opinion {id} --agreed",
    "approved": "approve {id} --document 文号", "started": "start {id}", "acceptance_asked": "ask-acceptance {id}",
    "accepted": "accept {id} --document 文号", "put_into_operation": "operate {id}",
    "funds_granted": "funds {id} --year 年度 --granted",
}  # fmt: skip
"""Step -> the command that takes it; assets are linked as entries are."""
_GATES: dict[str, tuple[Gate, ...]] = {
    "opinion_agreed": ("project_opinion",), "approved": ("approval", "investment"), "accepted": ("acceptance",),
    "funds_granted": ("operation_funds",),
}  # fmt: skip
"""Step -> the gates that it waits for, where the city has them."""


@dataclass(frozen=True, slots=True)
class NextStep:
    """The step that leads a project on.

    Attributes:
        event: the step.
        zh, en: its words.
        by: who takes it: the department, or the authority as the city calls it.
        command: by which command.
        waits: the gates that are not passed yet, so that the step would be refused now.
    """

    event: str
    zh: str
    en: str
    by: str
    command: str
    waits: tuple[Gate, ...]


def next_step(seen: Shown, rules: Profile, department: str) -> NextStep | None:
    """What comes next; None where nothing is owed any more.

    Args:
        seen: the project with its gates as they stand now.
        rules: the rules that it keeps.
        department: how its department is called.
    """
    one = seen.project
    event = _ONWARD.get(one.case.state)
    if one.case.state == REGISTERED:
        event = "approved" if isinstance(rules.projects.opinion_by, Silence) else "opinion_agreed"
        if not one.entries and _waits(event, seen):
            event = "linked"  # no gate before construction is passed without an entry in the plan (Haishu 11, Wuhan 34)
    command = _COMMANDS.get(event or "", "")
    if event == "approved" and (naming := naming_of_assets(one, rules)) is not None and not naming.ok:
        event, command = "linked", _COMMANDS["linked_assets"]
    if event is None or (event == "funds_granted" and "operation_funds" not in seen.passed):
        return None
    step = PROJECT.events[event]
    by = department if step.by == "the department" else rules.vocabulary.authority.value
    return NextStep(event, step.zh, step.en, by, f"project {command.format(id=one.case.id)}", _waits(event, seen))  # fmt: skip


def _waits(event: str, seen: Shown) -> tuple[Gate, ...]:
    return tuple(one for one in _GATES.get(event, ()) if not seen.passed.get(one, True))


def tell_next(hub: Hub, seen: Shown) -> None:
    """Print what comes next, and what it waits for."""
    step = next_of(hub, seen)
    if step is None:
        return
    output.line(f"  下一步 next：{output.shown(step.by)} → {step.zh} {step.en}（{output.shown(step.command)}）")
    if step.waits:
        output.line(
            f"  [yellow]数据关口尚未具备 its gate is not passed yet[/yellow]：project checklist {seen.project.case.id}"
        )


def next_of(hub: Hub, seen: Shown) -> NextStep | None:
    """`next_step` under the rules that the project keeps."""
    case = seen.project.case
    rules = hub.profiles.version(case.profile).profile
    return next_step(seen, rules, hub.city.department(case.department).name)


def facts_of(one: Project) -> dict[str, Any]:
    """A project for programs."""
    return {
        "id": one.case.id, "title": one.case.title, "department": one.case.department, "state": one.case.state,
        "budget_year": one.budget_year, "plan": one.plan, "entries": list(one.entries),
        "assets": [asdict(asset) for asset in one.assets], "approval": one.approval, "acceptance": one.acceptance,
        "profile": one.case.profile, "opened_at": one.case.opened_at, "changed_at": one.case.changed_at,
    }  # fmt: skip


def tell_head(hub: Hub, seen: Shown, day: date) -> None:
    """Print which project it is, where it stands and by which rules, with their status on ``day``."""
    one = seen.project
    zh, en = PROJECT.states[one.case.state]
    output.line(
        f"[bold]{output.shown(one.case.title)}[/bold]  {one.case.id}  {zh} {en}，{one.budget_year} 年预算，"
        f"规则 rules {output.shown(rules_named(hub, one.case.profile, day))}"
    )


def check_row(one: Check) -> tuple[str, str, str, str]:
    """A check as a row of its table."""
    return ("✓" if one.ok else "✗", f"{one.zh}\n{one.en}", f"{one.evidence_zh}\n{one.evidence_en}", one.article)


def trail_row(one: Happening) -> tuple[str, str, str, str]:
    """A line of the trail: when, what, who, what it carried."""
    who = f"{one.by.id} {PART_WORDS[one.by.part][0]}"
    return output.moment(one.at), PROJECT.events[one.event].zh, who, _said(one.facts)


def trail_facts(one: Happening) -> dict[str, Any]:
    """A line of the trail for programs."""
    return {"at": one.at, "event": one.event, "state": one.state, "by": one.by.id, "facts": dict(one.facts)}


_FACTS = {
    "entries": "条目", "assets": "数据资产", "reason": "理由", "document": "文号", "year": "年度", "number": "编号",
    "complied": "符合", "digest": "摘要", "catalogue": "目录版本",
}  # fmt: skip
_DIGESTS = ("digest", "catalogue")


def _said(facts: Mapping[str, Any]) -> str:
    """What an event carries, in a line; of digests the beginning."""
    told = {name: _written(name, value) for name, value in facts.items() if value not in ("", None, [])}
    return "；".join(f"{_FACTS.get(name, name)} {value}" for name, value in told.items())


def _written(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "是 yes" if value else "否 no"
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)[: 12 if name in _DIGESTS else None]
