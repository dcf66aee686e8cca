"""``ticket list`` and ``ticket show``: who must put what right by when, and the story of one ticket.

What is done to tickets stands beside: `ticket_actions`, `ticket_disputes`, `ticket_triage`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from policy.clock import legal_date
from portal.cli import output, ticket_actions, ticket_disputes, ticket_triage
from portal.cli.accounts import check_department
from portal.cli.acting import As, acting, facts_of
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened
from portal.wording import ground_of, limit_said, rule_text, said_due, said_payload, said_state, warnings_of
from quality.repairs import REPAIR_WORDS, Repair
from quality.tickets.permissions import SYSTEM
from quality.tickets.queue import QueueFilter
from quality.tickets.states import ENDED, EVENT_WORDS, State

if TYPE_CHECKING:
    from hub.hub import Hub
    from pipelines.problems.viewing import FindingView
    from quality.tickets.events import TicketEvent, TicketRow
    from quality.tickets.permissions import Actor

app = Noun()
ticket_actions.register(app)
ticket_disputes.register(app)
ticket_triage.register(app)


@app.command("list")
def list_tickets(
    state: Annotated[
        list[State] | None, typer.Option("--state", help="工单状态，可写多次 state, once or more.")
    ] = None,
    department: Annotated[str | None, typer.Option("--department", help="部门编号 id of a department.")] = None,
    resource: Annotated[str | None, typer.Option("--resource", help="资源编号 id of a resource.")] = None,
    rule: Annotated[str | None, typer.Option("--rule", help="规则编号 id of a rule.")] = None,
    group: Annotated[str | None, typer.Option("--group", help="组名 name of a group.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="只看逾期的 only those that are late.")] = False,
    open_: Annotated[
        bool | None,
        typer.Option(
            "--open/--all",
            help="只看未办结的（默认），或连同已结束的；写了 --state 的以其为准 open ones only (default), or ended ones as well;"
            " states that are named decide for themselves.",
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="最多几张 at most.")] = None,
    as_: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """工单，未办结的在前，最急者最先 Tickets: open ones first, the most urgent first."""
    when = moment(now)
    with opened(home) as hub:
        wanted = filter_of(
            hub, states=state, department=department, resource=resource, rule=rule, group=group
        )  # fmt: skip
        seen_by = SYSTEM if as_ is None else acting(hub, as_, when)
        ended_too = not overdue and (open_ is False if open_ is not None else bool(state))
        found = _open_first(hub, wanted, seen_by, limit or EVERY, when if overdue else None, ended_too=ended_too)
        if json:
            output.as_json([facts_of(one, when) for one in found])
            return
        show_tickets(hub, found, when)
        _show_totals(hub, wanted, seen_by, when, len(found), ended_too=ended_too)


def _open_first(
    hub: Hub, wanted: QueueFilter, seen_by: Actor, limit: int, overdue_at: datetime | None, *, ended_too: bool
) -> list[TicketRow]:
    """What a list shows: open ones by their last day, then, where they are asked for, ended ones."""
    found = list(
        hub.tickets.queue(replace(wanted, open=True, overdue_at=overdue_at), seen_by=seen_by, limit=limit).rows
    )
    if ended_too and len(found) < limit:
        found += hub.tickets.queue(replace(wanted, open=False), seen_by=seen_by, limit=limit - len(found)).rows
    return found


def _show_totals(hub: Hub, wanted: QueueFilter, seen_by: Actor, when: datetime, shown: int, *, ended_too: bool) -> None:
    """Print how many there are, by whether they are open; the states that were asked for do not narrow it."""
    every = replace(wanted, states=())
    counts = hub.tickets.counts(every, seen_by=seen_by)
    ended = sum(counts.get(one, 0) for one in ENDED)
    late = hub.tickets.overdue(when, every, seen_by=seen_by)
    still = sum(counts.values()) - ended
    output.line(
        f"列出 shown {shown}；未办结 open {still}，其中逾期 overdue {late}；已结束 ended {ended}"
        f"{'（--all 一并列出 lists them too）' if ended and not ended_too else ''}"
    )


def filter_of(
    hub: Hub,
    *,
    states: Sequence[State] | None,
    department: str | None,
    resource: str | None,
    rule: str | None,
    group: str | None,
) -> QueueFilter:
    """What the options of a list ask for; a department or resource that is none is told so."""
    check_department(hub, department)
    if resource is not None:
        hub.city.resource(resource)
    return QueueFilter(
        states=tuple(states or ()), open=None, department=department, resource=resource, rule=rule, group=group
    )


@app.command("show")
def show_ticket(
    ticket: Annotated[str, typer.Argument(help="工单编号 id of a ticket.")],
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """一张工单：期限、逐条凭据、全部经过 One ticket: its deadline explained, its evidence, its story."""
    when = moment(now)
    with opened(home) as hub:
        history = hub.tickets.show(ticket)
        one = history.ticket
        explained = list(hub.tickets.explain(one))
        findings = hub.problems.findings(ticket, SYSTEM, limit=EVIDENCE) if hub.pointer.current() else []
        story = [_told(event) for event in history.events]
        if json:
            output.as_json(
                facts_of(one, when)
                | {"rule_text": rule_text(hub, one), "findings": findings, "events": history.events, "story": story,
                   "deadline": explained}
            )  # fmt: skip
            return
        show_tickets(hub, [one], when)
        for label, text in rule_text(hub, one).items():
            output.line(f"{label}：{output.shown(text)}")
        output.line(f"逐行 row by row：shuyuan findings --rows --resource {one.resource} --rule {one.rule}")
        output.line(f"期限 deadline（{limit_said(hub, one, when)}）：")
        for text in explained:
            output.line(f"  {text}")
        for warned in warnings_of(hub, one):
            output.line(
                f"[yellow]  {warned.label_zh} {warned.label_en}：{output.shown(warned.zh)}[/yellow] [dim]{output.shown(warned.en)}[/dim]"
            )
        _show_evidence(findings, one)
        output.table("经过 story", ["时间 at", "经办 by", "事件 event", "内容 what"], story)


EVIDENCE = 50
"""Findings shown with a ticket."""
EVERY = 10_000_000
"""Tickets of a list that is not limited."""


def show_tickets(hub: Hub, found: Sequence[TicketRow], when: datetime) -> None:
    """Print tickets in their order, open ones apart from ended ones; those under other rules than the heading's name theirs."""
    today = hub.rules_on(when).name
    kept = list(dict.fromkeys(one.profile for one in found))
    head = today if today in kept or not kept else kept[0]
    still, ended = [one for one in found if one.is_open], [one for one in found if not one.is_open]
    if still or not ended:
        _show_table(hub, f"工单 tickets（{_limit_of(hub, head, when)}）", still, when, head)
    if ended:
        _show_table(hub, f"已结束的工单 ended tickets（{_limit_of(hub, head, when)}）", ended, when, head)
    for name in kept:
        if name != head:
            output.line(f"  [dim]{output.shown(name)}：{output.shown(_limit_of(hub, name, when))}[/dim]")


def _show_table(hub: Hub, title: str, rows: Sequence[TicketRow], when: datetime, head: str) -> None:
    names = {one.id: one.name for one in hub.city.departments}
    output.table(
        title,
        ["工单 ticket", "责任部门 department", "事由 what", "状态 state", "问题 findings", "截止 due"],
        [
            (one.id, names.get(one.department, one.department), hub.problem_title(one.rule), said_state(hub, one),
             f"{one.findings_open}/{one.findings_total}",
             said_due(one, when) + ("" if one.profile == head else f"\n依 by {one.profile}"))
            for one in rows
        ],
    )  # fmt: skip


def _limit_of(hub: Hub, version: str, when: datetime) -> str:
    """The city of a version of the rules with their status at a moment, and the days it gives with their article."""
    profile = hub.profiles.version(version).profile
    return (
        f"{profile.named_zh(legal_date(when))}：{profile.problem_data.days.value.zh}，{ground_of(profile.problem_data)}"
    )


def _show_evidence(findings: Sequence[FindingView], one: TicketRow) -> None:
    more = f"，前 {EVIDENCE} 条 first {EVIDENCE}" if one.findings_total > EVIDENCE else ""
    output.table(
        f"逐条凭据 evidence, finding by finding{more}",
        ["序号 no", "主键 key", "项 item", "现状 stands", "依据 proof", "原批次 batch before", "新批次 batch after", "行哈希 row hashes"],
        [
            (number, view.key, view.item, "存在 present" if view.stands else "已消除 gone",
             " ".join(REPAIR_WORDS[Repair(view.repair)]) if view.repair else "",
             view.batch_before, view.batch_after, _hashes(view))
            for number, view in enumerate(findings, start=1)
        ],
    )  # fmt: skip


def _hashes(view: FindingView) -> str:
    if view.repair is None:
        return ""
    return f"{(view.hash_before or '-')[:8]} → {(view.hash_after or '-')[:8]}"


def _told(event: TicketEvent) -> tuple[str, str, str, str]:
    zh, en = EVENT_WORDS[event.event]
    return output.moment(event.at), event.actor, f"{zh} {en}", said_payload(event.payload, event=event.event)
