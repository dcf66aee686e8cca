"""``ticket list`` and ``ticket show``: who must put what right by when, and the story of one ticket.

What is done to tickets stands beside: `ticket_actions`, `ticket_disputes`, `ticket_triage`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from portal.cli import output, ticket_actions, ticket_disputes, ticket_triage
from portal.cli.accounts import check_department
from portal.cli.acting import As, acting, facts_of
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened
from portal.wording import ground_of, limit_said, rule_text, said_due, said_payload, said_state, warnings_of
from quality.repairs import REPAIR_WORDS, Repair
from quality.tickets.permissions import SYSTEM
from quality.tickets.queue import QueueFilter
from quality.tickets.states import EVENT_WORDS, State

if TYPE_CHECKING:
    from hub.hub import Hub
    from pipelines.problems.viewing import FindingView
    from quality.tickets.events import TicketEvent, TicketRow

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
    open_: Annotated[bool, typer.Option("--open/--all", help="只看未办结的，或全部 open ones only, or all.")] = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="最多几张 at most.")] = None,
    as_: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """工单，最急者在前 Tickets, the most urgent first."""
    when = moment(now)
    with opened(home) as hub:
        wanted = filter_of(
            hub, when, states=state, department=department, resource=resource, rule=rule, group=group, overdue=overdue,
            open_only=open_,
        )  # fmt: skip
        seen_by = SYSTEM if as_ is None else acting(hub, as_, when)
        found = hub.tickets.queue(wanted, seen_by=seen_by, limit=limit or EVERY).rows
        if json:
            output.as_json([facts_of(one, when) for one in found])
        else:
            show_tickets(hub, found, when)


def filter_of(
    hub: Hub,
    when: datetime,
    *,
    states: Sequence[State] | None,
    department: str | None,
    resource: str | None,
    rule: str | None,
    group: str | None,
    overdue: bool,
    open_only: bool,
) -> QueueFilter:
    """What the options of a list ask for; a department or resource that is none is told so."""
    check_department(hub, department)
    if resource is not None:
        hub.city.resource(resource)
    return QueueFilter(
        states=tuple(states or ()), open=True if open_only or overdue else None, department=department,
        resource=resource, rule=rule, group=group, overdue_at=when if overdue else None,
    )  # fmt: skip


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
        output.line(f"期限 deadline（{limit_said(hub, one)}）：")
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
    """Print tickets, the most urgent first."""
    names = {one.id: one.name for one in hub.city.departments}
    profile = hub.rules_on(when).profile
    rules = profile.problem_data
    output.table(
        f"工单 tickets（{profile.named_zh}：{rules.days.value.zh}，{ground_of(rules)}）",
        ["工单 ticket", "责任部门 department", "事由 what", "状态 state", "问题 findings", "截止 due"],
        [
            (one.id, names.get(one.department, one.department), hub.problem_title(one.rule), said_state(hub, one),
             f"{one.findings_open}/{one.findings_total}", said_due(one, when))
            for one in found
        ],
    )  # fmt: skip


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
