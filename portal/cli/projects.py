"""``project``: the steps of projects of information systems; how they are looked at stands in `project_views`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catalog.projects.model import NamedAsset, Project
from catalog.projects.states import PROJECT
from portal.cli import output, project_views
from portal.cli.acting import As, Document, OfDepartment, Reason
from portal.cli.catalog_acting import catalog_person
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened
from portal.cli.project_views import Id
from portal.cli.project_words import facts_of, next_of, tell_next

if TYPE_CHECKING:
    from catalog.cases.person import Person
    from hub.hub import Hub

app = Noun()
project_views.register(app)
Text = Annotated[str, typer.Option("--reason", help="理由或说明 reason.")]


def _step(
    home: Path, now: str | None, json: bool, account: str | None, department: str | None,
    step: Callable[[Hub, Person, datetime], Project],
) -> None:  # fmt: skip
    """One step: who, what, and where the project stands afterwards."""
    when = moment(now)
    with opened(home) as hub:
        person = catalog_person(hub, account, when, department=department)
        one = step(hub, person, when)
        seen = hub.projects.show(one.case.id, person, when)
        if json:
            output.as_json({**facts_of(one), "next": next_of(hub, seen)})
            return
        zh, en = PROJECT.states[one.case.state]
        output.line(f"{one.case.id}  {output.shown(one.case.title)}：[bold]{zh}[/bold] {en}")
        tell_next(hub, seen)


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
