"""How entries and lists are told: states, dates, what comes next and by which command, fields that differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from catalog.cases.person import PART_WORDS, Part, Person
from catalog.entries import permissions
from catalog.entries.rules import NOT_STATED
from catalog.entries.states import CHANGE_WITH_GOVERNMENT, ENTRY, UNREVIEWED, WITH_GOVERNMENT
from policy.cited import SILENT
from portal.cli import output

if TYPE_CHECKING:
    from catalog.cases.machine import Machine
    from catalog.cases.model import Case, Happening
    from catalog.organisation import Organisation
    from hub.hub import Hub

_REVIEW, _APPROVE, _MERGE, _CONFIRM = "review {id}", "approve {id} --document 文号", "merge {id}", "confirm {id}"
COMMANDS: dict[str, str] = {
    "drafted": "draft FILE", "redrafted": "draft FILE", "submitted": "submit {id}", "discarded": "discard {id} --reason …",
    "returned": "return {id} --reason …", "change_returned": "return {id} --reason …", "reviewed": _REVIEW,
    "passed_to_government": _REVIEW, "passed_to_city": _REVIEW, "change_reviewed": _REVIEW,
    "change_passed_to_government": _REVIEW, "change_passed_to_city": _REVIEW, "approved": _APPROVE,
    "approved_for_city": _APPROVE, "change_approved": _APPROVE, "change_approved_for_city": _APPROVE, "merged": _MERGE,
    "change_merged": _MERGE, "published": "publish {id}", "change_published": "publish {id}",
    "change_requested": "change FILE --because …", "change_cancelled": "cancel-change {id} --reason …",
    "confirmed": _CONFIRM, "confirmed_for_city": _CONFIRM, "confirmed_merged": _CONFIRM, "restored": "restore {id} --reason …", "withdrawal_requested": "withdraw {id} --reason …",
    "withdrawal_refused": "withdraw {id} --refuse --reason …", "withdrawn": "withdraw {id}",
    "overridden": "override {id} --class … --until … --reason …", "override_ended": "override {id} --end --reason …",
    "reassessed": "reassess {id} --reason …",
}  # fmt: skip
"""Step of an entry -> the command that takes it."""


_ADMINISTRATOR = Person("person", Part.AUTHORITY)
QUIET = frozenset({"published", "withdrawal_requested"})
"""States in which what the gate found at submission is settled."""


@dataclass(frozen=True)
class Possible:
    """A step that can come next.

    Attributes:
        event, zh, en: the step.
        by: who takes it.
        command: by which command.
        needs: what it must carry.
    """

    event: str
    zh: str
    en: str
    by: str
    command: str
    needs: str


def rules_named(hub: Hub, version: str, day: date) -> str:
    """A version of the rules as it is shown: the city with the status of its rules on ``day``, and the version's name."""
    profile = hub.profiles.version(version).profile
    return f"{profile.named_zh(day)} {profile.named_en(day)}，{version}"


def state_of(case: Case, machine: Machine = ENTRY) -> str:
    """The state in both languages, with the government that a case waits for."""
    zh, en = machine.states[case.state]
    waits = case.facts.get("government_name") if case.state in (WITH_GOVERNMENT, CHANGE_WITH_GOVERNMENT) else None
    return f"{zh}{f'（{waits}）' if waits else ''} {en}"


def due_of(case: Case, when: datetime) -> str:
    """Until when somebody owes something; 未规定 where the city states no limit though somebody does."""
    if case.limit is not None:
        said = f"{case.limit.due} 24:00（{case.limit.ground}）"
        said += "（暂定 provisional）" if case.limit.provisional else ""
        return said + ("（逾期 overdue）" if case.is_late(when) else "")
    owed = case.state in ("submitted", "change_submitted", "with_city", "change_with_city", *UNREVIEWED)
    return f"{NOT_STATED[0]} {NOT_STATED[1]}" if owed else ""


def possible_steps(hub: Hub, case: Case, when: datetime) -> list[Possible]:
    """The steps that exist now under the city's rules, with who takes them."""
    service, organisation = hub.entries, hub.city.organisation
    rules = service.office.rules.on(when)
    passing = {"reviewed", "passed_to_government", "passed_to_city"}
    approving = {"approved", "approved_for_city"}
    found = []
    for step in ENTRY.possible(case.state):
        bare = step.event.removeprefix("change_")
        if step.event not in COMMANDS or (step.event == "override_ended" and not case.facts.get("override")):
            continue
        if bare.startswith("confirmed") and step.event != service.confirmation_of(case):
            continue
        if bare in passing and step.event != service.due_next(case):
            continue
        if bare in approving and (bare == "approved_for_city") != service.goes_to_city(case):
            continue
        if step.event == "overridden" and rules.profile.sharing.emergency_override is SILENT:
            continue
        who = _who(step.event, case.department, organisation)
        command = (
            f"catalog {COMMANDS[step.event].format(id=case.id)}{_option(step.event, case.department, organisation)}"
        )
        found.append(Possible(step.event, step.zh, step.en, who, command, step.needs))
    return found


def next_line(hub: Hub, case: Case, when: datetime) -> str:
    """What comes next, in one line: the step that leads on, by whom, by which command."""
    onward = {
        "submitted", "reviewed", "passed_to_government", "passed_to_city", "approved", "approved_for_city", "merged",
        "published", "confirmed", "confirmed_for_city", "confirmed_merged", "withdrawn", "requested",
    }  # fmt: skip
    steps = [one for one in possible_steps(hub, case, when) if one.event.removeprefix("change_") in onward]
    if case.state == "published" or not steps:
        return ""
    one = steps[0]
    return f"下一步 next：{one.by} → {one.zh} {one.en}（{one.command}）"


def told(hub: Hub, cases: Sequence[Case], when: datetime, *, json: bool) -> None:
    """Tell where entries stand after a step, and what comes next."""
    if json:
        output.as_json([facts_of(one, when) for one in cases])
        return
    for one in cases[:20]:
        due = due_of(one, when)
        output.line(
            f"[bold]{one.id}[/bold] {output.shown(one.title)}：{state_of(one)}{f'，截止 due {due}' if due else ''}"
        )
        for finding in (one.facts.get("findings") or ()) if one.is_open and one.state not in QUIET else ():
            output.line(f"  [yellow]请核定 to be looked at[/yellow]：{output.shown(finding['zh'])}")
        if line := next_line(hub, one, when):
            output.line(f"  {output.shown(line)}")
    if len(cases) > 20:
        output.line(f"另有 {len(cases) - 20} 个条目同样办理 and {len(cases) - 20} more in the same way")


def facts_of(case: Case, when: datetime) -> dict[str, Any]:
    """A case for programs."""
    return {
        "id": case.id, "title": case.title, "department": case.department, "state": case.state, "profile": case.profile,
        "due": case.limit.due if case.limit else None, "ground": case.limit.ground if case.limit else None,
        "overdue": case.is_late(when), "version": case.facts.get("version"), "sharing": case.facts.get("sharing"),
        "opening": case.facts.get("opening"),
    }  # fmt: skip


def event_row(machine: Machine, one: Happening) -> tuple[str, ...]:
    """A line of a trail: when, who, what, what it carried."""
    step = machine.events[one.event]
    part = PART_WORDS[one.by.part][0]
    who = f"{one.by.id}（{part}{f' {one.by.department}' if one.by.department else ''}）"
    return output.moment(one.at), who, f"{step.zh} {step.en}", "；".join(_carried(one.facts))


def fields_told(fields: Iterable[Mapping[str, Any]]) -> list[str]:
    """Fields that differ, for people."""
    return [f"{one['field']}：{_short(one['old'])} → {_short(one['new'])}" for one in fields]


def _carried(facts: Mapping[str, Any]) -> Iterable[str]:
    for name, value in facts.items():
        if name == "fields":
            yield from fields_told(value)
        elif name == "findings" and isinstance(value, list):
            yield from (str(one["zh"]) for one in value)
        elif name == "change" and isinstance(value, Mapping):
            yield f"{value.get('cause')} {value.get('basis') or ''}".strip()
        elif name.endswith("digest") and value:
            yield f"{name} {str(value)[:12]}"
        elif value not in (None, "", [], {}):
            yield f"{name} {_short(value)}"


def _short(value: Any) -> str:
    text = "–" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _option(event: str, department: str, organisation: Organisation) -> str:
    """What the command needs beside it where the administrator of the machine, who acts as the city's authority, may not take the step."""
    if permissions.may(_ADMINISTRATOR, event, department, organisation):
        return ""
    first = permissions.first_authority(department, organisation)
    owner = organisation.catalogue_owner(department)
    return f" --department {(owner if first is None or event in permissions.OWNER else first).id}"


def _who(event: str, department: str, organisation: Organisation) -> str:
    owner = organisation.catalogue_owner(department).name
    first = permissions.first_authority(department, organisation)
    authority = first.name if first else "数据主管部门"
    if event in permissions.OWNER:
        return owner
    if event in permissions.CITY_AUTHORITY:
        return organisation.city_authority.name if organisation.city_authority else authority
    return f"{owner}、{authority}" if event in permissions.EITHER else authority
