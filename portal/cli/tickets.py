"""``ticket list`` and ``ticket show``: who must put what right by when, and the story of one ticket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer

from hub.hub import Hub
from pipelines.problems.viewing import FindingView
from portal.cli import output
from portal.cli.context import HOME, Home, Json, Now, moment, opened
from portal.wording import ground_of, is_late, limit_said, rule_text, said_due, said_payload, said_state
from quality.repairs import REPAIR_WORDS, Repair
from quality.tickets.events import TicketEvent, TicketRow
from quality.tickets.permissions import SYSTEM
from quality.tickets.states import EVENT_WORDS, State

app = typer.Typer(help="问题数据工单 tickets on problem data.", no_args_is_help=True)


@app.command("list")
def list_tickets(
    home: Home = HOME,
    state: Annotated[State | None, typer.Option("--state", help="工单状态 state.")] = None,
    department: Annotated[str | None, typer.Option("--department", help="部门编号 id of a department.")] = None,
    json: Json = False,
    now: Now = None,
) -> None:
    """工单，最急者在前 Tickets, the most urgent first."""
    when = moment(now)
    with opened(home) as hub:
        if department is not None:
            hub.city.department(department)  # a name that is none is told so
        found = hub.tickets.list(state=state, department=department)
        if json:
            output.as_json([_ticket(one, when) for one in found])
        else:
            show_tickets(hub, found, when)


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
                _ticket(one, when)
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
        _show_evidence(findings, one)
        output.table("经过 story", ["时间 at", "经办 by", "事件 event", "内容 what"], story)


EVIDENCE = 50
"""Findings shown with a ticket."""


def show_tickets(hub: Hub, found: Sequence[TicketRow], when: datetime) -> None:
    """Print tickets, the most urgent first."""
    names = {one.id: one.name for one in hub.city.departments}
    rules = hub.profile.problem_data
    output.table(
        f"工单 tickets（{hub.profile.title_zh}：{rules.days.value.zh}，{ground_of(hub)}）",
        ["工单 ticket", "责任部门 department", "事由 what", "状态 state", "问题 findings", "截止 due"],
        [
            (one.id, names.get(one.department, one.department), hub.rule_title(one.rule), said_state(one),
             f"{one.findings_open}/{one.findings_total}", said_due(one, when))
            for one in found
        ],
    )  # fmt: skip


def _show_evidence(findings: Sequence[FindingView], one: TicketRow) -> None:
    more = f"，前 {EVIDENCE} 条 first {EVIDENCE}" if one.findings_total > EVIDENCE else ""
    output.table(
        f"逐条凭据 evidence, finding by finding{more}",
        ["主键 key", "项 item", "现状 stands", "依据 proof", "原批次 batch before", "新批次 batch after", "行哈希 row hashes"],
        [
            (view.key, view.item, "存在 present" if view.stands else "已消除 gone",
             " ".join(REPAIR_WORDS[Repair(view.repair)]) if view.repair else "",
             view.batch_before, view.batch_after, _hashes(view))
            for view in findings
        ],
    )  # fmt: skip


def _hashes(view: FindingView) -> str:
    if view.repair is None:
        return ""
    return f"{(view.hash_before or '-')[:8]} → {(view.hash_after or '-')[:8]}"


def _told(event: TicketEvent) -> tuple[str, str, str, str]:
    zh, en = EVENT_WORDS[event.event]
    return output.moment(event.at), event.actor, f"{zh} {en}", said_payload(event.payload)


def _ticket(one: TicketRow, when: datetime) -> dict[str, Any]:
    return {**asdict(one), "overdue": is_late(one, when)}
