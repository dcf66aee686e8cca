"""``purchase``: purchases of data, told beforehand, catalogued and shared afterwards (Wuhan 34)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalog.purchases.duplicates import Wanted
from catalog.purchases.states import PURCHASE
from portal.cli import output
from portal.cli.acting import As, OfDepartment, Reason, needed_day
from portal.cli.catalog_acting import catalog_person
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened

if TYPE_CHECKING:
    from catalog.cases.model import Case

app = Noun()
Id = Annotated[str, typer.Argument(help="购买编号 id of the purchase.")]


def facts_of(one: Case) -> dict[str, Any]:
    """A purchase for programs."""
    return {
        "id": one.id, "title": one.title, "department": one.department, "state": one.state, "profile": one.profile,
        "opened_at": one.opened_at, "changed_at": one.changed_at, **one.facts,
    }  # fmt: skip


def _told(one: Case, json: bool) -> None:
    if json:
        output.as_json(facts_of(one))
        return
    zh, en = PURCHASE.states[one.state]
    output.line(f"{one.id}  {output.shown(one.title)}：[bold]{zh}[/bold] {en}")
    if one.facts.get("told_late"):
        output.warn("购买早于告知。 It was bought before it was told.")
    if one.state == "duplicate":
        output.table(
            "平台已有 on the platform", ["资源 resource", "名称 title", "部门 department", "符合 likeness", "如何取得 how to obtain"],
            [
                (m["resource"], m["title"], m["department"], f"{m['likeness']:.0%}", f"{m['obtain']} {m['obtain_en']}")
                for m in one.facts["matches"]
            ],
        )  # fmt: skip


@app.command()
def tell(
    title: Annotated[str, typer.Argument(help="拟购数据名称 what is to be bought.")],
    seller: Annotated[str, typer.Option("--from", help="来源单位 who sells it.")],
    item: Annotated[list[str] | None, typer.Option("--item", help="数据项，可多次 an item of it, repeatable.")] = None,
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """事先告知并查重 Tell the authority; refused where the platform has it and can share it."""
    when = moment(now)
    with opened(home) as hub:
        person = catalog_person(hub, account, when, department=department)
        told = hub.purchases.tell(Wanted(title, tuple(item or ())), seller, person.department or "", person, when)
    _told(told.case, json)


@app.command()
def clear(
    purchase: Id, reason: Reason, account: As = None, home: Home = HOME, json: Json = False, now: Now = None
) -> None:
    """核定不属重复购买 The authority finds that it is no duplicate."""
    when = moment(now)
    with opened(home) as hub:
        one = hub.purchases.clear(purchase, reason, catalog_person(hub, account, when), when)
    _told(one, json)


@app.command()
def bought(
    purchase: Id,
    contract: Annotated[str, typer.Option("--contract", help="合同编号 number of the contract.")],
    day: Annotated[str, typer.Option("--day", help="购买日期 day of purchase.")],
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """完成购买，列入编目共享任务 Note the purchase; the task to catalogue and share it begins."""
    when = moment(now)
    with opened(home) as hub:
        person = catalog_person(hub, account, when, department=department)
        one = hub.purchases.buy(purchase, contract, needed_day(day, "--day"), person, when)
    _told(one, json)


@app.command()
def catalogue(
    purchase: Id,
    entry: Annotated[list[str], typer.Option("--entry", help="目录条目，可多次 entry, repeatable.")],
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """关联目录条目 Name the entry under which it is catalogued; the task ends when it is published and shared."""
    when = moment(now)
    with opened(home) as hub:
        one = hub.purchases.name_entry(purchase, entry, catalog_person(hub, account, when, department=department), when)
    _told(one, json)


@app.command()
def withdraw(
    purchase: Id,
    reason: Reason,
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """撤回 Nothing is bought after all."""
    when = moment(now)
    with opened(home) as hub:
        one = hub.purchases.withdraw(purchase, reason, catalog_person(hub, account, when, department=department), when)
    _told(one, json)


@app.command("list")
def list_purchases(
    department: OfDepartment = None, account: As = None, home: Home = HOME, json: Json = False, now: Now = None
) -> None:
    """列出购买；已发布的条目使任务办结 List the purchases; a task whose entry is published by now ends."""
    found, names = _listed(home, account, department, moment(now))
    if json:
        output.as_json([facts_of(one) for one in found])
        return
    output.table(
        "数据购买 purchases",
        ["编号 id", "数据 data", "部门 department", "状态 state", "来源单位 seller", "合同 contract", "条目 entries"],
        [
            (
                one.id, one.title, names.get(one.department, one.department), " ".join(PURCHASE.states[one.state]),
                one.facts["seller"], one.facts.get("contract"), "、".join(one.facts["entries"]),
            )
            for one in found
        ],
    )  # fmt: skip


def _listed(
    home: Path, account: str | None, department: str | None, when: datetime
) -> tuple[list[Case], dict[str, str]]:
    with opened(home) as hub:
        hub.purchases.settle(when)
        found = hub.purchases.listed(catalog_person(hub, account, when, department=department, looking=True))
        return found, {one.id: one.name for one in hub.city.departments}
