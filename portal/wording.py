"""In which words is a ticket told of? What the command line and the desk say alike.

Words only: no door's layout, and no value of any record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from policy.clock import legal_date
from policy.profile import ProblemData, Profile, cited_as
from policy.profiles import Version
from quality.repairs import REPAIR_WORDS, Repair
from quality.tickets.city_rules import outcome_zh
from quality.tickets.clocks import LIMIT_WORDS, LimitKind
from quality.tickets.events import KIND_WORDS, Kind, TicketRow
from quality.tickets.states import STATE_WORDS, Event, Outcome

if TYPE_CHECKING:
    from hub.hub import Hub

SOURCE_ROLES = {
    "authority": ("权威来源", "authority"),
    "corroborating": ("佐证来源", "corroborating"),
    "fallback": ("备用来源", "fallback"),
}
"""What a source is to an item, in Chinese and English."""


def prompt_en(said: str) -> str:
    """立即 and 及时 in English."""
    return "at once" if "立即" in said else "in good time"


def ground_of(rules: ProblemData) -> str:
    """The article that the days rest on, or that they are the house's."""
    days, said = rules.days, rules.law_says
    if days.article is not None:
        return f"{days.instrument or ''}{cited_as(days.article)}"
    return (
        f"条文称“{said.value}”，天数为内部规则 the text says {prompt_en(said.value)}; the days are the house's"
        if said
        else "内部规则 house rule"
    )


def rules_of(hub: Hub, one: TicketRow) -> Version:
    """The version of the rules that a ticket keeps."""
    return hub.profiles.version(one.profile)


def in_city_words(profile: Profile, text: str) -> str:
    """Text of ours with the city's own words for the data, for the authority and for whoever provides."""
    words = profile.vocabulary
    for ours, theirs in (("公共数据", words.data), ("主管机构", words.authority), ("提供单位", words.provider)):
        text = text.replace(ours, theirs.value)
    return text


def outcome_word(hub: Hub, one: TicketRow, outcome: Outcome) -> str:
    """What the rules that a ticket keeps call an outcome."""
    return outcome_zh(hub.clock.of(one.profile), outcome)


def warnings_of(hub: Hub, one: TicketRow) -> list[Said]:
    """What a higher law may say of a ticket's limit, as long as nobody has confirmed it."""
    return [
        Said("提示", "warning", said.zh, said.en)
        for said in rules_of(hub, one).pending_of("problem_data.days")
        if one.limit_kind in (LimitKind.LEGAL, LimitKind.HOUSE)
    ]


def said_state(hub: Hub, one: TicketRow) -> str:
    """The state, the outcome of what has ended, and the government that it was put before or reported to."""
    outcome = f"：{outcome_word(hub, one, one.outcome)}" if one.outcome else ""
    return f"{STATE_WORDS[one.state][0]}{outcome}{_said_government(hub, one)} {one.state.value}"


def _said_government(hub: Hub, one: TicketRow) -> str:
    if one.escalated_at is None:
        return ""
    organisation = hub.city.organisation
    known = one.escalated_to is not None and organisation.knows(one.escalated_to)
    name = organisation.unit(one.escalated_to).name if known and one.escalated_to else one.escalated_to
    return f"（已报{name or '本级政府'}）"


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


@dataclass(frozen=True, slots=True)
class Said:
    """One line of what is to be known: its label and its text, each in Chinese and English (empty where there is none)."""

    label_zh: str
    label_en: str
    zh: str
    en: str = ""


def rule_said(hub: Hub, one: TicketRow) -> list[Said]:
    """What is wrong, by which rule, and what to do, for the officer who must put it right."""
    if one.kind is not Kind.FINDINGS:
        zh, en = KIND_WORDS[one.kind]
        outcomes = rules_of(hub, one).profile.problem_data.outcomes.value
        others = [word for name, word in outcomes.items() if name != "corrected"]
        item = Said("信息项", "item", one.item) if one.item else Said("信息项", "item", "整条记录", "the whole record")
        return [
            Said("问题", "problem", f"{zh}：由用户报告", f"reported: {en}."),
            item,
            Said(
                "处理",
                "to do",
                f"核实后更正并重新送达，或答复{'、'.join(others)}。",
                f"Check it; deliver a correction, or answer: {', '.join(others)}.",
            ),
        ]
    rule = hub.rulebook.rule(one.rule)
    if rule is None:
        return [
            Said(
                "问题",
                "problem",
                "权威来源的值与佐证来源不同，请核对何者有误。",
                "The authority's value differs from a corroborating source.",
            ),
            Said(
                "处理",
                "to do",
                "值有误的，更正后重新送达；佐证来源有误的，由其更正。",
                "Deliver a correction, or have the other source corrected.",
            ),
        ]
    return [
        Said("问题", "problem", rule.message.zh, rule.message.en),
        Said("信息项", "item", rule.item),
        Said("依据", "basis", rule.basis),
        Said(
            "处理",
            "to do",
            "更正后重新送达（全量、增量或更正批次），通过检查即自动办结。",
            "Deliver it corrected; the ticket closes when the check passes.",
        ),
    ]


def rule_text(hub: Hub, one: TicketRow) -> dict[str, str]:
    """`rule_said` as lines of both languages."""
    return {
        f"{said.label_zh} {said.label_en}": f"{said.zh}{' ' if said.en else ''}{said.en}"
        for said in rule_said(hub, one)
    }


def limit_said(hub: Hub, one: TicketRow, now: datetime) -> str:
    """Why the limit holds, and the article it rests on: of the rules that the ticket keeps, with their status at ``now``."""
    profile = rules_of(hub, one).profile
    ground = (
        f"，{profile.named_zh(legal_date(now))} {ground_of(profile.problem_data)}"
        if one.limit_kind in (LimitKind.LEGAL, LimitKind.HOUSE)
        else ""
    )
    zh, en = LIMIT_WORDS[one.limit_kind]
    return f"{zh} {en}{ground}"


def said_payload(
    payload: Mapping[str, Any], names: Mapping[str, str] | None = None, *, event: Event | None = None
) -> str:
    """What an event carries, in words that a person reads.

    Args:
        payload: of the event.
        names: id of a department or account -> how it is called, where the reader is shown names.
        event: what happened; the limit of an extension that is only asked for is not the ticket's.
    """
    known = names or {}
    parts = []
    for name, value in payload.items():
        if value in (None, "", [], {}) or name in _UNSAID:
            continue
        label = _LABELS.get(name, name)
        if event is Event.EXTENSION_ASKED and name in ("limit", "until"):
            if name == "limit":
                parts.append(f"申请延至 {value['due']} 24:00")
        elif name == "limit":
            parts.append(f"{label} {value['due']} 24:00")
        elif name == "repairs":
            words = [f"{REPAIR_WORDS[Repair(kind)][0]} {number}" for kind, number in value.items()]
            parts.append("、".join(words))
        elif name == "answer":
            continue
        else:
            said = [_called(str(one), known) for one in (value if isinstance(value, list) else [value])]
            parts.append(f"{label} {'、'.join(said)}")
    return "；".join(parts)


def _called(one: str, known: Mapping[str, str]) -> str:
    """How somebody is called; an address of notices names a department by its kind and id."""
    return known.get(one.removeprefix("department:"), one)


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
    "government",
}
_LABELS = {
    "department": "部门", "findings": "问题", "limit": "截止", "batches": "批次", "batch": "批次", "reason": "理由",
    "assignee": "经办人", "cause": "原因", "until": "至", "how": "措施", "check": "核对", "basis": "依据", "record": "记录",
    "review_on": "复核日", "left": "仍有", "document": "文号", "decision": "决定", "parties": "参加方", "into": "转入",
    "from": "来自", "text": "备注", "name": "名称", "group": "组", "report": "报告", "due": "截止", "was": "原截止",
    "reporter": "报告人", "learned": "已学习", "receivers": "接收方", "what": "告知",
    "told": "已告知", "not_reached": "未能告知", "government_name": "报送", "notice": "依据",
}  # fmt: skip
