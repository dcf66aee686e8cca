"""``catalog entries|show|trail|changes|rollup``: entries as they are read. Steps are `portal.cli.catalog_steps`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from catalog.entries.held import fields_changed, in_force, is_expired
from catalog.entries.states import ENTRY
from ground.errors import UserError
from policy.clock import legal_date
from portal.cli import output
from portal.cli.catalog_send import told_above
from portal.cli.catalog_words import due_of, event_row, facts_of, fields_told, possible_steps, rules_named, state_of
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened

if TYPE_CHECKING:
    from catalog.cases.model import Case
    from catalog.entries.rules import EntryRules
    from hub.hub import Hub

Id = Annotated[str, typer.Argument(help="条目编号，即信息资源 id of an entry.")]

DUE_WORDS = {
    "review": "待复核 review", "unreviewed": "文件改动未复核 changed by hand", "term": "共享期限届满 share term ended",
    "assessment": "应评估共享类型 class to be assessed", "override": "临时调整到期 temporary class ends",
}  # fmt: skip
MOST = 60


def entries(
    state: Annotated[
        list[str] | None,
        typer.Option("--state", help=f"只列此状态，可多次 only these states: {', '.join(ENTRY.states)}."),
    ] = None,
    department: Annotated[
        list[str] | None, typer.Option("--department", help="只列此部门，可多次 only these departments.")
    ] = None,
    due: Annotated[
        bool, typer.Option("--due", help="列出待办：复核、到期、评估 what is owed or has come to its day.")
    ] = False,
    everything: Annotated[bool, typer.Option("--all", help="列出全部 list every one.")] = False,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """目录条目及其状态 Entries of the catalogue and where they stand; --due lists what is owed."""
    when = moment(now)
    unknown = [one for one in state or () if one not in ENTRY.states]
    if unknown:
        raise UserError(
            f"没有名为 {'、'.join(unknown)} 的状态。可用：{'、'.join(ENTRY.states)}",
            f"There is no state {', '.join(unknown)}. Known: {', '.join(ENTRY.states)}",
            where="--state",
        )
    with opened(home) as hub:
        for one in department or ():
            hub.city.department(one)
        if due:
            _due(hub, set(department or ()), when, json=json)
            return
        hub.load_catalogue(when)
        rules = hub.entries.office.rules.on(when)
        found = hub.entries.reading.listed(states=state, departments=department)
    if json:
        output.as_json([facts_of(one, when) for one in found])
        return
    shown = found if everything else found[:MOST]
    output.table(
        "目录条目 entries",
        ["编号 id", "名称 title", "部门 department", "状态 state", "共享 sharing", "开放 opening", "截止 due"],
        [
            (
                one.id, one.title, one.department, state_of(one), _label(rules, one, "sharing"),
                _label(rules, one, "opening"), due_of(one, when),
            )
            for one in shown
        ],
    )  # fmt: skip
    if len(found) > len(shown):
        output.line(f"另有 {len(found) - len(shown)} 个，用 --all 或 --json 列出 more are listed by --all or --json")


def show(entry: Id, home: Home = HOME, json: Json = False, now: Now = None) -> None:
    """一个条目：现行内容、草稿、状态、期限说明、可办的步骤 One entry: in force, draft, state, its limit explained, what can be done."""
    when = moment(now)
    with opened(home) as hub:
        hub.load_catalogue(when)
        case = hub.entries.reading.get(entry)
        rules, steps = hub.entries.office.rules.on(when), possible_steps(hub, case, when)
        explained = case.limit.explain(hub.calendar) if case.limit else None
        lines = explained.explain() if explained else []
        owner = hub.city.organisation.catalogue_owner(case.department)
        name = hub.city.department(case.department).name
    held, draft = in_force(case.facts), case.facts.get("draft")
    pending = fields_changed(case.facts["published"], draft) if draft and case.facts.get("published") else []
    pending = [one for one in pending if one["field"] != "released"]  # kept from the first publication
    if json:
        output.as_json(
            {
                **facts_of(case, when), "owner": owner.id, "in_force": held, "draft": draft,
                "changes": pending, "explained": lines, "findings": case.facts.get("findings") or [],
                "override": case.facts.get("override"), "above": case.facts.get("above"), "expired": is_expired(case.facts, legal_date(when)), "possible": steps,
            }
        )  # fmt: skip
        return
    output.heading(f"{case.id} {output.shown(case.title)}")
    output.line(
        f"状态 state：[bold]{state_of(case)}[/bold]，规则 rules {output.shown(rules_named(hub, case.facts.get('rules') or case.profile, legal_date(when)))}"
    )
    compiled = "" if owner.id == case.department else f"，由 {owner.name} 编制 compiled by {owner.id}"
    output.line(f"部门 department：{output.shown(name)}（{case.department}）{compiled}")
    _tell_documents(rules, case, held, draft, pending, when)
    if case.facts.get("reason"):
        output.line(f"理由 reason：{output.shown(case.facts['reason'])}")
    if above := case.facts.get("above"):
        output.line(f"上级平台 at the city's platform：{output.shown(told_above(above))}")
    for one in case.facts.get("findings") or ():
        output.line(f"  [yellow]提示 finding[/yellow]：{output.shown(one['zh'])}")
    if due := due_of(case, when):
        output.line(f"期限 deadline：{output.shown(due)}")
        for line in lines:
            output.line(f"  {output.shown(line)}")
    output.table(
        "可办的步骤 possible steps", ["步骤 step", "由 by", "命令 command", "须有 needs"],
        [(f"{one.zh} {one.en}", one.by, one.command, one.needs) for one in steps],
    )  # fmt: skip


def trail(
    entry: Id,
    sharing: Annotated[bool, typer.Option("--sharing", help="只看共享属性 only the class of sharing.")] = False,
    opening: Annotated[bool, typer.Option("--opening", help="只看开放属性 only the class of opening.")] = False,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """条目经过；共享与开放各自成流 What happened to an entry; sharing and opening each as a stream of its own."""
    if sharing and opening:
        raise UserError("--sharing 与 --opening 只写一个。", "Give --sharing or --opening.", where="--opening")
    attribute: Literal["sharing", "opening"] | None = "sharing" if sharing else "opening" if opening else None
    when = moment(now)
    with opened(home) as hub:
        hub.load_catalogue(when)
        found = hub.entries.reading.trail(entry, attribute=attribute)
    if json:
        output.as_json(
            [
                {
                    "number": one.number, "at": one.at, "by": one.by.id, "part": one.by.part, "department": one.by.department,
                    "event": one.event, "state": one.state, "facts": dict(one.facts),
                }
                for one in found
            ]
        )  # fmt: skip
        return
    output.table(
        f"经过 trail {entry}",
        ["时间 at", "经办 by", "事项 event", "内容 facts"],
        [event_row(ENTRY, one) for one in found],
    )


def changes(
    since: Annotated[str, typer.Option("--since", help="自何日何时起，如 2026-11-01 from this day or moment on.")],
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """目录变更情况：哪些条目、何处、由谁 Which entries changed since a day, how, and by whom."""
    with opened(home) as hub:
        hub.load_catalogue(moment(now))
        found = hub.entries.reading.changes(moment(since))
    if json:
        output.as_json(found)
        return
    output.table(
        f"目录变更 changes since {since}",
        ["时间 at", "条目 entry", "事项 event", "由 by", "事由与依据 cause", "变更内容 fields"],
        [
            (
                output.moment(one.at), one.entry,
                f"{ENTRY.events[one.event].zh} {one.event}{'' if one.reviewed else '（未经审核 unreviewed）'}",
                f"{one.by}{f'（{one.department}）' if one.department else ''}", " ".join(filter(None, (one.cause, one.basis))),
                "；".join(fields_told(one.fields)),
            )
            for one in found
        ],
    )  # fmt: skip


def rollup(
    authority: Annotated[
        str | None, typer.Option("--authority", help="只看此主管部门汇总的单位 only the units of this authority.")
    ] = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """各单位编目进度汇总：区县、全市 How far the catalogue is, unit by unit, for a district or the city; who has submitted nothing."""
    with opened(home) as hub:
        hub.load_catalogue(moment(now))
        rows = hub.entries.rollup(authority)
    if json:
        output.as_json(
            [{**{name: getattr(one, name) for name in one.__slots__}, "nothing": one.nothing} for one in rows]
        )
        return
    output.table(
        "编目进度 progress",
        ["主管 authority", "单位 unit", "草稿 drafted", "待审 submitted", "待校核 with-city", "已审 reviewed", "已发布 published",
         "未复核 unreviewed", "最近提交 submitted", "最近发布 published"],
        [
            (
                one.authority, f"{one.name}（{one.department}）", one.drafted or "", one.submitted or "", one.with_city or "",
                one.reviewed or "", one.published or "", one.unreviewed or "", _day(one.last_submitted),
                _day(one.last_published) or ("未提交 nothing" if one.nothing else ""),
            )
            for one in rows
        ],
    )  # fmt: skip


def register(app: Noun) -> None:
    """Add the commands to ``catalog``."""
    for command in (entries, show, trail, changes, rollup):
        app.command()(command)


def _due(hub: Hub, departments: set[str], when: datetime, *, json: bool) -> None:
    found = hub.entries.reading.due(legal_date(when), when)
    found = [one for one in found if not departments or one.department in departments]
    if json:
        output.as_json(found)
        return
    output.table(
        "待办 due", ["条目 entry", "名称 title", "部门 department", "事项 what", "截止 on", "依据 ground"],
        [
            (
                one.entry, one.title, one.department, DUE_WORDS[one.what],
                f"{one.on or '未规定 not stated'}{'（逾期 overdue）' if one.late else ''}", one.ground,
            )
            for one in found
        ],
    )  # fmt: skip


def _tell_documents(
    rules: EntryRules, case: Case, held: Any, draft: Any, pending: list[dict[str, Any]], when: datetime
) -> None:
    shown = held or draft
    if shown is not None:
        about = "现行 in force" if held else "草稿 draft"
        version = f" v{case.facts['version']}" if held and case.facts.get("version") else ""
        by_hand = (
            "，随文件登记、未经审核 declared in documents"
            if case.facts.get("by_documents") and version == " v1"
            else ""
        )
        output.line(f"{about}{version}{by_hand}：{output.shown(shown['system'])}，更新周期 {shown['update_cycle']}")
        output.line(
            f"  共享 sharing：{output.shown(_access(rules.share_word(shown['sharing']['class']), shown['sharing']))}"
        )
        if override := case.facts.get("override"):
            reason = output.shown(override["reason"])
            output.line(f"  [yellow]临时调整至 temporary until {override['until']}[/yellow]：{reason}")
        output.line(
            f"  开放 opening：{output.shown(_access(rules.open_word(shown['opening']['class']), shown['opening']))}"
        )
        expired = "（已届满 ended）" if is_expired(case.facts, legal_date(when)) else ""
        output.line(f"  共享期限 share term：{output.shown(shown.get('share_until') or '未写明 not stated')}{expired}")
        basis = output.shown(shown.get("collection_basis") or "未写明 not stated")
        output.line(f"  采集依据 collection basis：{basis}{output.shown(_own_bases(shown['items']))}")
        items = "、".join(one["title"] for one in shown["items"])
        output.line(f"  信息项 items（{len(shown['items'])}）：{output.shown(items)}")
    if pending:
        output.line("变更内容 what the change would alter：")
        for line in fields_told(pending):
            output.line(f"  {output.shown(line)}")


def _own_bases(items: list[dict[str, Any]]) -> str:
    """The items that rest on another basis than their entry, each with it."""
    own = [(one["title"], (one.get("collection") or {}).get("legal_basis")) for one in items]
    said = "；".join(f"{title} {basis}" for title, basis in own if basis)
    return f"（另有 of its own：{said}）" if said else ""


def _access(word: str, said: dict[str, Any]) -> str:
    more = [said[name] for name in ("reason", "legal_basis", "condition", "approval") if said.get(name)]
    return f"{word}（{'；'.join(more)}）" if more else word


def _label(rules: EntryRules, case: Case, attribute: str) -> str:
    name = case.facts.get(attribute) or ((case.facts.get("draft") or {}).get(attribute) or {}).get("class")
    if name is None:
        return ""
    return rules.share_word(name) if attribute == "sharing" else rules.open_word(name)


def _day(at: datetime | None) -> str:
    return legal_date(at).isoformat() if at is not None else ""
