"""``project``: projects of information systems, their gate, and the compliance statement."""

from __future__ import annotations

import json as json_  # the commands have an option of that name
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalog.cases.person import PART_WORDS, Person
from catalog.projects.checks import GATE_WORDS, Check
from catalog.projects.model import NamedAsset, Project
from catalog.projects.states import PROJECT
from portal.cli import output
from portal.cli.acting import As, Document, OfDepartment, Reason
from portal.cli.catalog_acting import catalog_person
from portal.cli.catalog_words import rules_named
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened

if TYPE_CHECKING:
    from catalog.projects.service import Shown
    from hub.hub import Hub

app = Noun()
Id = Annotated[str, typer.Argument(help="项目编号 id of the project.")]
Text = Annotated[str, typer.Option("--reason", help="理由或说明 reason.")]


def facts_of(one: Project) -> dict[str, Any]:
    """A project for programs."""
    return {
        "id": one.case.id, "title": one.case.title, "department": one.case.department, "state": one.case.state,
        "budget_year": one.budget_year, "plan": one.plan, "entries": list(one.entries),
        "assets": [asdict(asset) for asset in one.assets], "approval": one.approval, "acceptance": one.acceptance,
        "profile": one.case.profile, "opened_at": one.case.opened_at, "changed_at": one.case.changed_at,
    }  # fmt: skip


def _step(
    home: Path, now: str | None, json: bool, account: str | None, department: str | None,
    step: Callable[[Hub, Person, datetime], Project],
) -> None:  # fmt: skip
    """One step: who, what, and where the project stands afterwards."""
    when = moment(now)
    with opened(home) as hub:
        one = step(hub, catalog_person(hub, account, when, department=department), when)
    if json:
        output.as_json(facts_of(one))
    else:
        zh, en = PROJECT.states[one.case.state]
        output.line(f"{one.case.id}  {output.shown(one.case.title)}：[bold]{zh}[/bold] {en}")


@app.command()
def add(
    title: Annotated[str, typer.Argument(help="项目名称 its name.")],
    year: Annotated[int, typer.Option("--year", help="预算年度 year of its budget.")],
    plan: Annotated[str, typer.Option("--plan", help="建设方案或其存放处 its plan, or where it lies.")],
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """登记项目 Register a project."""

    def step(hub: Hub, person: Person, when: datetime) -> Project:
        return hub.projects.register(title, person.department or "", year, plan, person, when)

    _step(home, now, json, account, department, step)


@app.command()
def link(
    project: Id,
    entry: Annotated[
        list[str] | None, typer.Option("--entry", help="目录条目，可多次 entry that it fills, repeatable.")
    ] = None,
    asset: Annotated[
        list[str] | None,
        typer.Option(
            "--asset", help="数据资产，“名称”或“名称=条目”，可多次 data asset: name, or name=entry; repeatable."
        ),
    ] = None,
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """关联目录条目与数据资产 Link catalogue entries, drafts as well, and name data assets."""
    assets = [NamedAsset(name.strip(), one.strip() or None) for name, _, one in (a.partition("=") for a in asset or [])]
    _step(
        home, now, json, account, department,
        lambda hub, person, when: hub.projects.link(project, person, when, entries=entry or [], assets=assets),
    )  # fmt: skip


@app.command()
def revise(
    project: Id,
    plan: Annotated[str, typer.Option("--plan", help="修改后的方案 the new plan.")],
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """修改方案重新送审 Send a new plan after a refusal."""
    _step(
        home, now, json, account, department, lambda hub, person, when: hub.projects.revise(project, plan, person, when)
    )


@app.command()
def opinion(
    project: Id,
    agreed: Annotated[bool, typer.Option("--agreed/--refused", help="同意或不同意 agreed or not.")],
    reason: Text = "",
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """出具审核意见 Give the authority's opinion (Haishu 9)."""
    _step(
        home, now, json, account, None,
        lambda hub, person, when: hub.projects.give_opinion(project, agreed, person, when, reason=reason),
    )  # fmt: skip


@app.command()
def approve(
    project: Id, document: Document, account: As = None, home: Home = HOME, json: Json = False, now: Now = None
) -> None:
    """立项批复 Approve the project, under the number of a document."""
    _step(
        home, now, json, account, None, lambda hub, person, when: hub.projects.approve(project, document, person, when)
    )


@app.command()
def start(
    project: Id,
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """开工建设 Construction has started."""
    _step(home, now, json, account, department, lambda hub, person, when: hub.projects.start(project, person, when))


@app.command("ask-acceptance")
def ask_acceptance(
    project: Id,
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """申请验收 Ask for acceptance."""
    _step(
        home,
        now,
        json,
        account,
        department,
        lambda hub, person, when: hub.projects.ask_acceptance(project, person, when),
    )


@app.command()
def accept(
    project: Id, document: Document, account: As = None, home: Home = HOME, json: Json = False, now: Now = None
) -> None:
    """通过验收 Accept the project, under the number of a document; refused while its gate is not passed."""
    _step(
        home, now, json, account, None, lambda hub, person, when: hub.projects.accept(project, document, person, when)
    )


@app.command()
def refuse(
    project: Id, reason: Reason, account: As = None, home: Home = HOME, json: Json = False, now: Now = None
) -> None:
    """不予立项或不通过验收 Refuse the approval, or the acceptance that was asked for."""

    def step(hub: Hub, person: Person, when: datetime) -> Project:
        stands = hub.projects.show(project, person, when).project.case.state
        refusing = hub.projects.refuse_acceptance if stands == "acceptance_asked" else hub.projects.refuse_approval
        return refusing(project, reason, person, when)

    _step(home, now, json, account, None, step)


@app.command()
def operate(
    project: Id,
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """投入运行 Put the accepted project into operation."""
    _step(home, now, json, account, department, lambda hub, person, when: hub.projects.operate(project, person, when))


@app.command()
def funds(
    project: Id,
    year: Annotated[int, typer.Option("--year", help="年度 the year.")],
    granted: Annotated[bool, typer.Option("--granted/--refused", help="安排或不予安排 granted or not.")],
    reason: Text = "",
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """运维经费 Grant or refuse funds of operation; granted only while the gate is passed (Longyan 6)."""

    def step(hub: Hub, person: Person, when: datetime) -> Project:
        if granted:
            return hub.projects.grant_funds(project, year, person, when)
        return hub.projects.refuse_funds(project, year, reason, person, when)

    _step(home, now, json, account, None, step)


@app.command()
def withdraw(
    project: Id,
    reason: Reason,
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """撤回 The department gives the project up."""
    _step(
        home,
        now,
        json,
        account,
        department,
        lambda hub, person, when: hub.projects.withdraw(project, reason, person, when),
    )


@app.command("list")
def list_projects(
    department: OfDepartment = None, account: As = None, home: Home = HOME, json: Json = False, now: Now = None
) -> None:
    """列出项目 List the projects."""
    when = moment(now)
    with opened(home) as hub:
        found = hub.projects.listed(catalog_person(hub, account, when, department=department))
        names = {one.id: one.name for one in hub.city.departments}
    if json:
        output.as_json([facts_of(one) for one in found])
        return
    output.table(
        "信息化项目 projects",
        ["编号 id", "项目 project", "部门 department", "预算年度 year", "状态 state", "条目 entries", "立项文号 approval"],
        [
            (
                one.case.id, one.case.title, names.get(one.case.department, one.case.department), one.budget_year,
                " ".join(PROJECT.states[one.case.state]), len(one.entries), one.approval,
            )
            for one in found
        ],
    )  # fmt: skip


@app.command()
def show(
    project: Id,
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """项目的状态、条目与经过 Where a project stands, its entries, and what happened."""
    when = moment(now)
    with opened(home) as hub:
        seen = hub.projects.show(project, catalog_person(hub, account, when, department=department), when)
    if json:
        output.as_json({**facts_of(seen.project), "gates": seen.passed, "trail": [_told(one) for one in seen.trail]})
        return
    _head(hub, seen)
    output.table(
        "目录条目 entries", ["条目 entry", "名称 title", "部门 department", "已发布 published"],
        [(one.id, one.title, one.department, "是 yes" if one.published else "否 no") for one in seen.entries.values()],
    )  # fmt: skip
    output.table(
        "数据资产 data assets", ["名称 name", "登记条目 entry"], [(one.name, one.entry) for one in seen.project.assets]
    )
    output.table(
        "经过 trail", ["时间 at", "事项 what", "谁 who", "说明 said"],
        [
            (
                output.moment(one.at), PROJECT.events[one.event].zh, f"{one.by.id} {PART_WORDS[one.by.part][0]}",
                _said(one.facts),
            )
            for one in seen.trail
        ],
    )  # fmt: skip


@app.command()
def checklist(
    project: Id,
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """验收清单 The checks of every gate, from the platform's state now."""
    when = moment(now)
    with opened(home) as hub:
        seen = hub.projects.show(project, catalog_person(hub, account, when, department=department), when)
        rules = hub.profiles.version(seen.project.case.profile).profile
    if json:
        output.as_json({"project": project, "gates": seen.passed, "checks": seen.checks})
        return
    _head(hub, seen)
    if not seen.passed:
        output.line(f"{rules.named_zh}：未对信息化项目规定数据关口。 The city's rules set no gate for projects.")
    for gate, passed in seen.passed.items():
        zh, en = GATE_WORDS[gate]
        mark = "[green]具备 met[/green]" if passed else "[red]不具备 not met[/red]"
        output.line(f"\n[bold]{zh}[/bold] {en}：{mark}")
        output.table("", ["", "要求 what must hold", "平台所见 what is seen", "条款 article"],
                     [_row(one) for one in seen.checks if one.gate == gate])  # fmt: skip


@app.command()
def statement(
    project: Id,
    out: Annotated[
        Path | None, typer.Option("--out", help="存放文件夹（默认 reports/projects）folder to write it to.")
    ] = None,
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """出具合规说明 Issue the compliance statement, as a page and as JSON; it is noted in the project's trail."""
    when = moment(now)
    with opened(home) as hub:
        made = hub.projects.issue(project, catalog_person(hub, account, when, department=department), when)
        folder = out or hub.home / "reports" / "projects"
    folder.mkdir(parents=True, exist_ok=True)
    page, data = folder / f"{made.number}.html", folder / f"{made.number}.json"
    page.write_text(made.as_html(), encoding="utf-8")
    data.write_text(json_.dumps(made.as_json(), ensure_ascii=False, indent=2), encoding="utf-8")
    if json:
        output.as_json({**made.as_json(), "files": [page, data]})
        return
    zh, en = made.conclusion
    output.line(f"[bold]{made.number}[/bold]  {output.shown(made.title)}\n{zh}\n{en}")
    output.line(f"{page}\n{data}")


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


def _head(hub: Hub, seen: Shown) -> None:
    one = seen.project
    zh, en = PROJECT.states[one.case.state]
    output.line(
        f"[bold]{output.shown(one.case.title)}[/bold]  {one.case.id}  {zh} {en}，{one.budget_year} 年预算，规则 rules {output.shown(rules_named(hub, one.case.profile))}"
    )


def _row(one: Check) -> tuple[str, str, str, str]:
    return ("✓" if one.ok else "✗", f"{one.zh}\n{one.en}", f"{one.evidence_zh}\n{one.evidence_en}", one.article)


def _told(one: Any) -> dict[str, Any]:
    return {"at": one.at, "event": one.event, "state": one.state, "by": one.by.id, "facts": dict(one.facts)}
