"""``gathering``: how every resource is gathered, the rate, exceptions on file, and requests for return flow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalog.filings.states import EXCEPTION, RETURN_FLOW
from pipelines.gathering import MODE_WORDS, STANDING_WORDS, Rate, Standing, Status
from portal.cli import gathering_delays, output
from portal.cli.acting import As, Document, OfDepartment, Reason, needed_day
from portal.cli.catalog_acting import catalog_person
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened

if TYPE_CHECKING:
    from catalog.cases.machine import Machine
    from catalog.cases.model import Case
    from catalog.cases.person import Person
    from hub.hub import Hub

app = Noun()
flow = Noun("数据回流申请 requests for return flow from a superior level.")
app.add_typer(flow, name="return-flow")
gathering_delays.register(app)
Filing = Annotated[str, typer.Argument(help="编号 id of the filing.")]
BAR = 24
"""Characters of a full bar."""
_WORST = (Standing.LATE, Standing.NEVER, Standing.NO_FEED, Standing.STALE, Standing.EXCUSED, Standing.IN_TIME)


def facts_of(one: Case) -> dict[str, Any]:
    """A filing for programs."""
    return {
        "id": one.id, "title": one.title, "department": one.department, "state": one.state, "profile": one.profile,
        "opened_at": one.opened_at, "changed_at": one.changed_at, **one.facts,
    }  # fmt: skip


@app.command()
def status(
    department: Annotated[str | None, typer.Option("--department", help="只看此部门 only this department.")] = None,
    fresh: Annotated[
        float | None,
        typer.Option("--fresh", help="实时汇聚的数据最多旧几小时 hours that data in real time may be old.", min=0.0),
    ] = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """各资源的汇聚方式、目标平台与最近一次成功 Mode, target platform and last success of every resource."""
    when = moment(now)
    with opened(home) as hub:
        if department is not None:
            hub.city.department(department)
        found = [
            one
            for one in hub.gathering.statuses(when, fresh=timedelta(hours=fresh) if fresh is not None else None)
            if department in (None, one.department)
        ]
        names = {one.id: one.name for one in hub.city.departments}
    if json:
        output.as_json(found)
        return
    found.sort(key=lambda one: (_WORST.index(one.standing), one.department, one.resource))
    output.table(
        "汇聚状态 gathering",
        ["资源 resource", "部门 department", "方式 mode", "平台 platform", "送达 deliveries", "末次 last", "应于 due", "状态 standing"],
        [_row(one, names) for one in found],
    )  # fmt: skip
    output.line("  ".join(f"{STANDING_WORDS[s][0]} {sum(one.standing is s for one in found)}" for s in _WORST))


def _row(one: Status, names: dict[str, str]) -> tuple[object, ...]:
    mode = MODE_WORDS[one.mode][0] + ("" if one.declared else "（推定）")
    standing = STANDING_WORDS[one.standing][0] + (f" {one.data.excused}" if one.data.excused else "")
    platform = names.get(one.platform.authority or "", one.platform.level.value)
    return (
        f"{one.title}\n{one.resource}", names[one.department], mode, platform, one.data.deliveries,
        output.moment(one.data.last), one.data.due, standing,
    )  # fmt: skip


@app.command()
def rate(home: Home = HOME, json: Json = False, now: Now = None) -> None:
    """各部门归集率，低者在前 Gathering rate per department, the lowest first."""
    when = moment(now)
    with opened(home) as hub:
        found = hub.gathering.rates(when)
    if json:
        output.as_json([{**vars_of(one), "share": one.share} for one in found])
        return
    output.table(
        "归集率 gathering rate",
        ["部门 department", "应归 wanted", "已归 gathered", "按期 in-time", "归集率 rate", ""],
        [
            (one.name, one.wanted, one.gathered, one.in_time, "–" if one.share is None else f"{one.share:.0%}", _bar(one))
            for one in found
        ],
    )  # fmt: skip


def vars_of(one: Rate) -> dict[str, Any]:
    """A rate for programs."""
    return {"department": one.department, "name": one.name, "wanted": one.wanted, "gathered": one.gathered,
            "in_time": one.in_time}  # fmt: skip


def _bar(one: Rate) -> str:
    filled = round(BAR * (one.share or 0))
    return "█" * filled + "░" * (BAR - filled)


@app.command()
def exceptions(
    department: OfDepartment = None, account: As = None, home: Home = HOME, json: Json = False, now: Now = None
) -> None:
    """列出例外备案；到期的随之终止 List the exceptions on file; those whose last day is over end."""
    when = moment(now)
    with opened(home) as hub:
        hub.filings.settle(when)
        found = hub.filings.listed(EXCEPTION, catalog_person(hub, account, when, department=department, looking=True))
        excused = hub.filings.excused(when)
    if json:
        output.as_json({"filings": [facts_of(one) for one in found], "excused": excused})
        return
    output.table(
        "例外备案 exceptions",
        ["编号 id", "资源 resource", "部门 department", "状态 state", "至 until", "文号 document", "原因 reason", "如何保证需要 met-by"],
        [
            (
                one.id, one.facts["resource"], one.department, EXCEPTION.states[one.state][0], one.facts["until"],
                one.facts.get("document"), one.facts["reason"], one.facts["met_by"],
            )
            for one in found
        ],
    )  # fmt: skip
    output.table("现行有效 in force now", ["资源 resource", "文号 document"], sorted(excused.items()))


@app.command("file")
def file_exception(
    resource: Annotated[str, typer.Argument(help="信息资源 resource.")],
    reason: Reason,
    met_by: Annotated[str, typer.Option("--met-by", help="如何保证共享应用的实际需要 how the need is met meanwhile.")],
    until: Annotated[str, typer.Option("--until", help="最后一日 last day.")],
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """报备无法实时汇聚的例外 File that a resource cannot be gathered in real time (Longyan 9)."""
    _step(
        home, now, json, account, department, EXCEPTION,
        lambda hub, person, when: hub.filings.file(
            resource, reason, person, when, met_by=met_by, until=needed_day(until, "--until")
        ),
    )  # fmt: skip


@app.command("accept")
def accept_exception(
    filing: Filing, document: Document, account: As = None, home: Home = HOME, json: Json = False, now: Now = None
) -> None:
    """予以备案 Put an exception on file, under a number."""
    _step(
        home,
        now,
        json,
        account,
        None,
        EXCEPTION,
        lambda hub, person, when: hub.filings.accept(filing, document, person, when),
    )


@app.command("refuse")
def refuse_exception(
    filing: Filing, reason: Reason, account: As = None, home: Home = HOME, json: Json = False, now: Now = None
) -> None:
    """不予备案 Refuse an exception."""
    _step(
        home,
        now,
        json,
        account,
        None,
        EXCEPTION,
        lambda hub, person, when: hub.filings.refuse(filing, reason, person, when),
    )


@app.command("end")
def end_exception(
    filing: Filing,
    reason: Reason,
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """终止例外 End an exception before its last day."""
    _step(
        home,
        now,
        json,
        account,
        department,
        EXCEPTION,
        lambda hub, person, when: hub.filings.end(filing, reason, person, when),
    )


@app.command("withdraw")
def withdraw_exception(
    filing: Filing,
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """撤回报备 Take back an exception that was not decided on."""
    _step(
        home,
        now,
        json,
        account,
        department,
        EXCEPTION,
        lambda hub, person, when: hub.filings.withdraw(filing, person, when),
    )


@flow.command("request")
def request_flow(
    title: Annotated[str, typer.Argument(help="所需数据 which data.")],
    system: Annotated[str, typer.Option("--system", help="上级系统 the system above.")],
    need: Annotated[str, typer.Option("--need", help="用途 what for.")],
    resource: Annotated[
        str | None, typer.Option("--resource", help="编目于 entry under which it is catalogued.")
    ] = None,
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """提出回流申请 Request that data of a superior level's system come back."""
    _step(
        home, now, json, account, department, RETURN_FLOW,
        lambda hub, person, when: hub.filings.request(
            title, system, need, person.department or "", person, when, resource=resource
        ),
    )  # fmt: skip


@flow.command("pass-up")
def pass_up(
    filing: Filing,
    document: Document,
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """通过本级平台报上级 Pass it up, by the authority, or by the department where the city says so."""
    _step(
        home,
        now,
        json,
        account,
        department,
        RETURN_FLOW,
        lambda hub, person, when: hub.filings.pass_up(filing, document, person, when),
    )


@flow.command("grant")
def grant(
    filing: Filing,
    feed: Annotated[str, typer.Option("--feed", help="数据源 the feed by which the data come back.")],
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """上级同意，登记数据源 The superior level has agreed; name the feed."""
    _step(
        home,
        now,
        json,
        account,
        department,
        RETURN_FLOW,
        lambda hub, person, when: hub.filings.grant(filing, feed, person, when),
    )


@flow.command("refuse")
def refuse_flow(
    filing: Filing,
    reason: Reason,
    above: Annotated[bool, typer.Option("--above", help="上级不同意 refused by the superior level.")] = False,
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """不予上报，或上级不同意 Not passed up, or refused above."""

    def step(hub: Hub, person: Person, when: datetime) -> Case:
        refusing = hub.filings.refused_above if above else hub.filings.refuse_request
        return refusing(filing, reason, person, when)

    _step(home, now, json, account, department, RETURN_FLOW, step)


@flow.command("withdraw")
def withdraw_flow(
    filing: Filing,
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """撤回申请 Take back a request that has not gone up."""
    _step(
        home,
        now,
        json,
        account,
        department,
        RETURN_FLOW,
        lambda hub, person, when: hub.filings.withdraw_request(filing, person, when),
    )


@flow.command("list")
def list_flows(
    department: OfDepartment = None, account: As = None, home: Home = HOME, json: Json = False, now: Now = None
) -> None:
    """列出回流申请 List the requests."""
    when = moment(now)
    with opened(home) as hub:
        found = hub.filings.listed(RETURN_FLOW, catalog_person(hub, account, when, department=department, looking=True))
    if json:
        output.as_json([facts_of(one) for one in found])
        return
    output.table(
        "回流申请 return flow",
        ["编号 id", "数据 data", "部门 department", "上级系统 system", "状态 state", "上报文号 document", "数据源 feed"],
        [
            (
                one.id, one.title, one.department, one.facts["system"], RETURN_FLOW.states[one.state][0],
                one.facts.get("document"), one.facts.get("feed"),
            )
            for one in found
        ],
    )  # fmt: skip


def _step(
    home: Path, now: str | None, json: bool, account: str | None, department: str | None, machine: Machine,
    step: Callable[[Hub, Person, datetime], Case],
) -> None:  # fmt: skip
    """One step of a filing, and where it stands afterwards."""
    when = moment(now)
    with opened(home) as hub:
        person = catalog_person(hub, account, when, department=department)
        one = step(hub, person, when)
    if json:
        output.as_json(facts_of(one))
    else:
        zh, en = machine.states[one.state]
        output.line(f"{one.id}  {output.shown(one.title)}：[bold]{zh}[/bold] {en}")
