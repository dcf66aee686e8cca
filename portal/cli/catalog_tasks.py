"""``catalog tasks`` and ``catalog task …``: what has to be done so that the catalogue stays true."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalog.tasks.model import Task, differences, shown_differences
from catalog.tasks.states import KIND_WORDS, TASK, TaskKind
from portal.cli import output
from portal.cli.acting import As, OfDepartment
from portal.cli.catalog_acting import catalog_person
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened

if TYPE_CHECKING:
    from catalog.cases.person import Person
    from hub.hub import Hub

task = Noun("目录任务：查看与办理 catalogue tasks.")
Id = Annotated[str, typer.Argument(help="任务编号 number of the task.")]
Why = Annotated[str, typer.Option("--reason", help="理由 reason.")]


def tasks(
    department: Annotated[str | None, typer.Option("--department", help="只看此部门 only this department.")] = None,
    open_only: Annotated[bool, typer.Option("--open", help="只看未办结 only those not ended.")] = False,
    kind: Annotated[TaskKind | None, typer.Option("--kind", help="只看此类 only of this kind.")] = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """目录任务清单 Catalogue tasks: drift, near-duplicates, demands, changes of law."""
    when = moment(now)
    with opened(home) as hub:
        if department is not None:
            hub.city.department(department)
        wanted = None if department is None else [department]
        found = hub.catalogue_tasks.listed(departments=wanted, kind=kind, open_only=open_only)
    if json:
        output.as_json([facts_of(one, when) for one in found])
        return
    output.table(
        "目录任务 catalogue tasks",
        ["编号 id", "类别 kind", "部门 department", "事项 what", "状态 state", "截止 due"],
        [
            (one.id, " ".join(KIND_WORDS[one.kind]), one.case.department, output.shown(one.case.title),
             TASK.states[one.case.state][0], _due(one, when))
            for one in found
        ],
    )  # fmt: skip


@task.command()
def show(number: Id, home: Home = HOME, json: Json = False, now: Now = None) -> None:
    """查看任务与经过 One task and its story."""
    when = moment(now)
    with opened(home) as hub:
        one, trail = hub.catalogue_tasks.show(number)
    events = [
        {"at": each.at, "event": each.event, "by": each.by.id, "state": each.state, "facts": dict(each.facts)}
        for each in trail
    ]
    if json:
        output.as_json(facts_of(one, when) | {"events": events})
        return
    zh, en = KIND_WORDS[one.kind]
    output.line(f"[bold]{one.id}[/bold]  {zh} {en}：{output.shown(one.case.title)}")
    output.line(f"部门 department {one.case.department}；状态 state {' '.join(TASK.states[one.case.state])}")
    if one.case.limit is not None:
        output.line(f"截止 due {one.case.limit.due} 24:00（{output.shown(one.case.limit.ground)}）")
    for text in _said(one):
        output.line(output.shown(text))
    for each in trail:
        step = TASK.events[each.event]
        reason = each.facts.get("reason") or each.facts.get("note") or ""
        output.line(f"  {output.moment(each.at)}  {step.zh} {step.en}  {each.by.id}  {output.shown(str(reason))}")


@task.command()
def take(
    number: Id,
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """接办 Take it in hand."""
    _step(home, now, json, account, department, lambda hub, by, when: hub.catalogue_tasks.take(number, by, when))


@task.command()
def done(
    number: Id,
    note: Annotated[str | None, typer.Option("--note", help="办理情况 what was done.")] = None,
    entry: Annotated[
        str | None, typer.Option("--entry", help="补充列入目录并已发布的信息资源（未编目需求）the published entry.")
    ] = None,
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """办结 It is done."""

    def step(hub: Hub, by: Person, when: datetime) -> Task:
        there = {one.id: one for one in hub.city.resources}
        return hub.catalogue_tasks.finish(number, by, when, note=note, entry=entry, published=there.get)

    _step(home, now, json, account, department, step)


@task.command()
def dismiss(
    number: Id, reason: Why, department: OfDepartment = None, account: As = None, home: Home = HOME, json: Json = False,
    now: Now = None,
) -> None:  # fmt: skip
    """不予办理，写明理由 Nothing is to be done, for a reason."""
    _step(
        home,
        now,
        json,
        account,
        department,
        lambda hub, by, when: hub.catalogue_tasks.dismiss(number, reason, by, when),
    )


@task.command()
def decide(
    number: Id,
    decision: Annotated[str, typer.Argument(help="same 同一事实，或 different 不同.")],
    reason: Why,
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """核定疑似重复（主管部门）The authority decides a near-duplicate."""
    _step(
        home, now, json, account, department,
        lambda hub, by, when: hub.catalogue_tasks.decide(number, decision, reason, by, when),
    )  # fmt: skip


@task.command()
def demand(
    content: Annotated[str, typer.Argument(help="所需数据 the data that are needed.")],
    scenario: Annotated[str, typer.Option("--scenario", help="应用场景 for which use.")],
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """提出未编目的数据需求 Ask for data that are in no catalogue."""

    def step(hub: Hub, by: Person, when: datetime) -> Task:
        title = hub.rules_on(when).profile.title_zh
        return hub.catalogue_tasks.demand(content, scenario, by, when, title_zh=title)

    _step(home, now, json, account, department, step)


@task.command()
def approve(
    number: Id,
    holder: Annotated[str, typer.Option("--holder", help="数源部门 the department that holds the data.")],
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """审核确认需求，交数源部门（主管部门）The authority confirms a demand."""

    def step(hub: Hub, by: Person, when: datetime) -> Task:
        return hub.catalogue_tasks.approve(number, hub.city.department(holder).id, by, when)

    _step(home, now, json, account, None, step)


@task.command()
def refuse(number: Id, reason: Why, account: As = None, home: Home = HOME, json: Json = False, now: Now = None) -> None:
    """不予确认需求（主管部门）The authority does not confirm a demand."""
    _step(home, now, json, account, None, lambda hub, by, when: hub.catalogue_tasks.refuse(number, reason, by, when))


def register(app: Noun) -> None:
    """Add these commands to ``catalog``."""
    app.command("tasks")(tasks)
    task.command("list")(tasks)
    app.add_typer(task, name="task")


def facts_of(one: Task, now: datetime) -> dict[str, Any]:
    """A task for programs."""
    limit = one.case.limit
    return {
        "id": one.id, "kind": one.kind, "department": one.case.department, "title": one.case.title,
        "state": one.case.state, "opened_at": one.case.opened_at, "due": limit.due if limit else None,
        "ground": limit.ground if limit else None, "late": one.case.is_late(now), "facts": dict(one.facts),
    }  # fmt: skip


def _step(
    home: Path, now: str | None, json: bool, account: str | None, department: str | None,
    step: Callable[[Hub, Person, datetime], Task],
) -> None:  # fmt: skip
    """One step: who, what, and where the task stands afterwards."""
    when = moment(now)
    with opened(home) as hub:
        one = step(hub, catalog_person(hub, account, when, department=department), when)
    if json:
        output.as_json(facts_of(one, when))
    else:
        zh, en = TASK.states[one.case.state]
        output.line(f"{one.id}  {output.shown(one.case.title)}：[bold]{zh}[/bold] {en}  {_due(one, when)}")


def _said(one: Task) -> list[str]:
    """What a task carries, in words."""
    facts = one.facts
    match one.kind:
        case TaskKind.DRIFT:
            return list(shown_differences(differences(facts)))
        case TaskKind.NEAR_DUPLICATE:
            return [facts["zh"], facts["en"], *([f"核定 decided：{facts['decision']}"] if "decision" in facts else [])]
        case TaskKind.LEGAL_CHANGE:
            return [f"{entry}：{'、'.join(fields)}" for entry, fields in facts["entries"].items()]
        case TaskKind.GATHERING:
            return [
                f"目标平台 platform：{facts['platform'] or facts['level']}（{facts['why_zh']}）",
                f"汇聚规范 norm：{facts['norm'] or '本市未登记（city/norms.yaml，domains: [gathering]）not registered'}",
            ]
        case TaskKind.DEMAND:
            return [
                f"场景 scenario：{facts['scenario']}；提出 asked by：{facts['demanded_by']}；条目 entry：{facts.get('entry') or '—'}"
            ]
        case _:
            return []


def _due(one: Task, now: datetime) -> str:
    limit = one.case.limit
    if limit is None:
        return ""
    return f"{limit.due}{' 逾期 late' if one.case.is_late(now) else ''}"
