"""``project list|show|checklist|statement``: projects as they stand, what their gates ask, and the compliance statement."""

from __future__ import annotations

import json as json_  # the commands have an option of that name
from pathlib import Path
from typing import Annotated

import typer

from catalog.projects.checks import GATE_WORDS
from catalog.projects.states import PROJECT
from policy.clock import legal_date
from portal.cli import output
from portal.cli.acting import As, OfDepartment
from portal.cli.catalog_acting import catalog_person
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened
from portal.cli.project_words import check_row, facts_of, next_of, tell_head, tell_next, trail_facts, trail_row

Id = Annotated[str, typer.Argument(help="项目编号 id of the project.")]


def register(app: Noun) -> None:
    """Add these commands to ``project``."""
    app.command("list")(list_projects)
    for one in (show, checklist, statement):
        app.command()(one)


def list_projects(
    department: OfDepartment = None, account: As = None, home: Home = HOME, json: Json = False, now: Now = None
) -> None:
    """列出项目 List the projects."""
    when = moment(now)
    with opened(home) as hub:
        found = hub.projects.listed(catalog_person(hub, account, when, department=department, looking=True))
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
        person = catalog_person(hub, account, when, department=department, looking=True)
        seen = hub.projects.show(project, person, when)
    if json:
        output.as_json(
            {
                **facts_of(seen.project), "gates": seen.passed, "next": next_of(hub, seen),
                "trail": [trail_facts(one) for one in seen.trail],
            }
        )  # fmt: skip
        return
    tell_head(hub, seen, legal_date(when))
    output.table(
        "目录条目 entries", ["条目 entry", "名称 title", "部门 department", "已发布 published"],
        [(one.id, one.title, one.department, "是 yes" if one.published else "否 no") for one in seen.entries.values()],
    )  # fmt: skip
    output.table(
        "数据资产 data assets", ["名称 name", "登记条目 entry"], [(one.name, one.entry) for one in seen.project.assets]
    )
    output.table(
        "经过 trail", ["时间 at", "事项 what", "谁 who", "说明 said"],
        [trail_row(one) for one in seen.trail],
    )  # fmt: skip
    tell_next(hub, seen)


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
        person = catalog_person(hub, account, when, department=department, looking=True)
        seen = hub.projects.show(project, person, when)
        rules = hub.profiles.version(seen.project.case.profile).profile
    if json:
        output.as_json({"project": project, "gates": seen.passed, "checks": seen.checks})
        return
    tell_head(hub, seen, legal_date(when))
    if not seen.passed:
        output.line(
            f"{rules.named_zh(legal_date(when))}：未对信息化项目规定数据关口。 The city's rules set no gate for projects."
        )
    for gate, passed in seen.passed.items():
        zh, en = GATE_WORDS[gate]
        mark = "[green]具备 met[/green]" if passed else "[red]不具备 not met[/red]"
        output.line(f"\n[bold]{zh}[/bold] {en}：{mark}")
        output.table("", ["", "要求 what must hold", "平台所见 what is seen", "条款 article"],
                     [check_row(one) for one in seen.checks if one.gate == gate])  # fmt: skip
    tell_next(hub, seen)


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
