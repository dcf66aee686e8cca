"""``catalog check``: what the gate says of the whole catalogue; ``catalog law``: which entries a changed law touches."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalog.documents import load_city
from catalog.entries.reading import EntryReading
from catalog.gate.gate import CatalogueGate
from catalog.gate.loading import city_gate
from catalog.gate.rules import GateRules
from catalog.gate.verdict import Finding, Kind, Reason, Refusal, Verdict
from catalog.standing import remarks
from catalog.tasks import law, near, stewards
from catalog.tasks.model import LawChange
from ground.errors import RefusedData, UserError
from policy.clock import legal_date
from portal.cli import output
from portal.cli.acting import As
from portal.cli.catalog_acting import catalog_person
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened
from standards.code_list import list_ids
from standards.elements import elements

if TYPE_CHECKING:
    from catalog.city import City
    from hub.hub import Hub

REASON_WORDS = {
    Reason.DUPLICATE: "重复采集 collected twice",
    Reason.SHARED_IN: "共享获得 shared in",
    Reason.NOT_ITS_COLLECTOR: "非法定采集部门 not its collector",
    Reason.NO_BASIS: "缺少依据 no legal basis",
    Reason.NO_SOURCE: "来源不存在 no such source",
    Reason.OTHER_FACT: "来源不是同一事实 another fact",
    Reason.CIRCLE: "佐证循环 circle of corroboration",
}
KIND_WORDS = {
    Kind.NEAR_DUPLICATE: "疑似重复 near-duplicate",
    Kind.COLLECTOR: "采集部门待核 collector?",
    Kind.BASIS: "依据待核 legal basis?",
    Kind.EXCEPTION: "例外采集待核 exception?",
}


def check(
    department: Annotated[str | None, typer.Option("--department", help="只看此部门 only this department.")] = None,
    ask: Annotated[
        bool,
        typer.Option(
            "--ask",
            help="开立任务：疑似重复交主管部门核定，缺专管员交部门登记；已解决的了结 open tasks for what is found, settle what is over.",
        ),
    ] = False,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """一数一源核查 The gate over the whole catalogue: what is collected twice, and what may be. Exit code 3 if refused."""
    when = moment(now)
    with opened(home) as hub:
        city = _read(hub)
        if department is not None:
            city.department(department)
        gate = city_gate(city, GateRules.of(hub.rules_on(when).profile))
        verdicts = gate.whole()
        opened_now = _ask(hub, city, gate, verdicts, when) if ask else None
    owner = {one.id: one.department for one in city.resources}
    shown = {name: one for name, one in verdicts.items() if department in (None, owner[name])}
    refusals = [one for verdict in shown.values() for one in verdict.refusals]
    findings = [one for verdict in shown.values() for one in verdict.findings]
    if json:
        output.as_json(_facts(city, refusals, findings, opened_now))
    else:
        _show(city, refusals, findings, opened_now)
    if refusals:
        raise RefusedData(
            f"目录中有 {len(refusals)} 处不符合一数一源，须按提示处理后才能使用。",
            f"{len(refusals)} items of the catalogue break one number, one source; each message says what to write.",
        )


def law_changed(
    title: Annotated[str, typer.Argument(help="法律、法规名称，如 税收征收管理法 the law, as entries cite it.")],
    change: Annotated[str, typer.Option("--change", help="修订、废止等 what happened to it.")],
    on: Annotated[str, typer.Option("--on", help="施行或废止之日 from which day, as 2026-12-01.")],
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """法律变化后需核对的条目 A law changed: which entries rest on it; each department gets one task."""
    when = moment(now)
    try:
        day = date.fromisoformat(on)
    except ValueError:
        raise UserError("--on 应为日期，如 2026-12-01。", "--on is a day, as 2026-12-01.") from None
    with opened(home) as hub:
        person = catalog_person(hub, account, when)
        wanted = law.openings(LawChange(title, change, day), hub.city.resources)
        made = hub.catalogue_tasks.open_all(wanted, when, person)
    if json:
        output.as_json({"law": title, "departments": [{**one.facts, "department": one.department} for one in wanted],
                        "opened": [one.id for one in made]})  # fmt: skip
        return
    output.table(
        f"依据《{title}》的条目 entries that rest on it",
        ["部门 department", "条目 entry", "引用之处 where cited"],
        [
            (one.department, entry, "、".join(fields))
            for one in wanted
            for entry, fields in one.facts["entries"].items()
        ],
    )
    output.line(f"新开任务 tasks opened：{'、'.join(one.id for one in made) or '无 none'}")


def register(app: Noun) -> None:
    """Add these commands to ``catalog``."""
    app.command("check")(check)
    app.command("law")(law_changed)


def _read(hub: Hub) -> City:
    """The catalogue as it is written: what the gate refuses is what is reported here."""
    with hub.remedies():
        return load_city(
            hub.home / "city",
            known_elements=frozenset(one.id for one in elements()),
            known_code_lists=frozenset(list_ids()),
            gated=False,
        )


def _ask(
    hub: Hub, city: City, gate: CatalogueGate, verdicts: Mapping[str, Verdict], now: datetime
) -> dict[str, list[str]]:
    """Open tasks for what is new, settle those that are over."""
    if not city.organisation.leading:
        raise UserError(
            "city/departments.yaml 中没有数据主管部门（kind: authority），疑似重复无人核定。",
            "city/departments.yaml names no data authority (kind: authority): nobody can decide near-duplicates.",
        )
    found = [one for verdict in verdicts.values() for one in verdict.findings]
    waiting = EntryReading(hub.database).under_review()
    made, settled = near.ask(
        hub.database, hub.catalogue_tasks, found, near.decided_by(city.organisation), now,
        stands=lambda one, other: gate.asks(one, other, waiting),
    )  # fmt: skip
    standing = remarks(city, legal_date(now), hub.rules_on(now).profile)
    lacking, registered = stewards.ask(hub.database, hub.catalogue_tasks, standing, now)
    caught_up = hub.drift.catch_up(city, now)
    return {
        "opened": [one.id for one in (*made, *lacking)],
        "settled": [one.id for one in (*settled, *registered, *caught_up)],
    }


def _facts(
    city: City, refusals: list[Refusal], findings: list[Finding], asked: dict[str, list[str]] | None
) -> dict[str, Any]:
    return {
        "resources": len(city.resources),
        "items": sum(len(one.items) for one in city.resources),
        "refusals": refusals,
        "findings": findings,
        "tasks": asked,
    }


def _show(city: City, refusals: list[Refusal], findings: list[Finding], asked: dict[str, list[str]] | None) -> None:
    for refusal in refusals:
        output.line(f"[red]{REASON_WORDS[refusal.reason]}[/red]  {output.shown(refusal.zh)}")
        output.line(f"  [dim]{output.shown(refusal.en)}[/dim]")
    for finding in findings:
        output.line(f"[yellow]{KIND_WORDS[finding.kind]}[/yellow]  {output.shown(finding.zh)}")
        output.line(f"  [dim]{output.shown(finding.en)}[/dim]")
    items = sum(len(one.items) for one in city.resources)
    output.line(
        f"信息资源 resources {len(city.resources)}，信息项 items {items}；"
        f"不符 refused {len(refusals)}，待核 findings {len(findings)}"
    )
    if asked is not None:
        for key, words in (("opened", "新开任务 tasks opened"), ("settled", "自行了结 settled")):
            output.line(f"{words}：{'、'.join(asked[key]) or '无 none'}")
    elif findings:
        output.line("[dim]交主管部门核定：catalog check --ask  to have the authority decide[/dim]")
