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
from quality.repairs import REPAIR_WORDS, Repair
from quality.tickets.clocks import LIMIT_WORDS, LimitKind
from quality.tickets.events import KIND_WORDS, Kind, TicketEvent, TicketRow
from quality.tickets.permissions import SYSTEM
from quality.tickets.states import EVENT_WORDS, OUTCOME_WORDS, STATE_WORDS, State

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
        output.line(f"期限 deadline（{_limit_said(hub, one)}）：")
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


def ground_of(hub: Hub) -> str:
    """The article that the days rest on, or that they are the house's."""
    days = hub.profile.problem_data.days
    said = hub.profile.problem_data.law_says
    if days.article is not None:
        return f"第{days.article}条"
    return (
        f"法规称“{said.value}”，天数为内部规则 the law says at once; the days are the house's"
        if said
        else "内部规则 house rule"
    )


def said_state(one: TicketRow) -> str:
    """The state, and the outcome of what has ended."""
    outcome = f"：{OUTCOME_WORDS[one.outcome][0]}" if one.outcome else ""
    return f"{STATE_WORDS[one.state][0]}{outcome} {one.state.value}"


def said_due(one: TicketRow, when: datetime) -> str:
    """The last day, with what is to be known of it."""
    said = f"{one.due} 24:00"
    if one.due_provisional:
        said += "（暂定 provisional）"
    if one.urgent:
        said += "（限时 urgent）"
    return said + ("（逾期 overdue）" if is_late(one, when) else "")


def is_late(one: TicketRow, when: datetime) -> bool:
    """An open ticket whose limit has run out."""
    return one.is_open and when >= one.due_at


def rule_text(hub: Hub, one: TicketRow) -> dict[str, str]:
    """What is wrong, by which rule, and what to do, for the officer who must put it right."""
    if one.kind is not Kind.FINDINGS:
        return {
            "问题 problem": f"{KIND_WORDS[one.kind][0]}：由用户报告 reported: {KIND_WORDS[one.kind][1]}.",
            "信息项 item": one.item or "整条记录 the whole record",
            "处理 to do": "核实后更正并重新送达，或答复确认无误、沟通解决。Check it; deliver a correction, or answer that it is right or talked through.",
        }
    rule = hub.rulebook.rule(one.rule)
    if rule is None:
        return {
            "问题 problem": "权威来源的值与佐证来源不同，请核对何者有误。The authority's value differs from a corroborating source.",
            "处理 to do": "值有误的，更正后重新送达；佐证来源有误的，由其更正。Deliver a correction, or have the other source corrected.",
        }
    return {
        "问题 problem": f"{rule.message.zh} {rule.message.en}",
        "信息项 item": rule.item,
        "依据 basis": rule.basis,
        "处理 to do": "更正后重新送达（全量、增量或更正批次），通过检查即自动办结。Deliver it corrected; the ticket closes when the check passes.",
    }


def _limit_said(hub: Hub, one: TicketRow) -> str:
    ground = (
        f"，{hub.profile.title_zh} {ground_of(hub)}" if one.limit_kind in (LimitKind.LEGAL, LimitKind.HOUSE) else ""
    )
    zh, en = LIMIT_WORDS[one.limit_kind]
    return f"{zh} {en}{ground}"


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


def said_payload(payload: Any) -> str:
    """What an event carries, in words that a person reads."""
    parts = []
    for name, value in payload.items():
        if value in (None, "", [], {}) or name in _UNSAID:
            continue
        label = _LABELS.get(name, name)
        if name == "limit":
            parts.append(f"{label} {value['due']} 24:00")
        elif name == "repairs":
            words = [f"{REPAIR_WORDS[Repair(kind)][0]} {number}" for kind, number in value.items()]
            parts.append("、".join(words))
        elif name == "answer":
            continue
        else:
            parts.append(f"{label} {'、'.join(map(str, value)) if isinstance(value, list) else value}")
    return "；".join(parts)


_UNSAID = {
    "kind",
    "channel",
    "resource",
    "rule",
    "item",
    "severity",
    "profile",
    "unproven",
    "former_id",
    "opened_at",
    "occasion",
}
_LABELS = {
    "department": "部门", "findings": "问题", "limit": "截止", "batches": "批次", "batch": "批次", "reason": "理由",
    "assignee": "经办人", "cause": "原因", "until": "至", "how": "措施", "check": "核对", "basis": "依据", "record": "记录",
    "review_on": "复核日", "left": "仍有", "document": "文号", "decision": "决定", "parties": "参加方", "into": "并入",
    "from": "来自", "text": "备注", "name": "名称", "group": "组", "report": "报告", "due": "截止", "was": "原截止",
    "reporter": "报告人", "learned": "已学习", "receivers": "接收方", "what": "告知",
}  # fmt: skip


def _ticket(one: TicketRow, when: datetime) -> dict[str, Any]:
    return {**asdict(one), "overdue": is_late(one, when)}
