"""What an event says and what it makes of a ticket: the fold from the event stream to the row of the queue.

Pure. The store uses the same `apply` when something happens and when it rebuilds the projection. No payload holds a value of
a record: keys and values of what a person reported stand sealed beside the stream (`quality.tickets.reports`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from ground.errors import InternalFault
from quality.tickets.clocks import Limit, LimitKind
from quality.tickets.states import ENDED, NEXT, Event, Outcome, State


class Kind(StrEnum):
    """What a ticket is about."""

    FINDINGS = "findings"
    """Findings of one rule on one resource."""
    WRONG_VALUE = "wrong_value"
    """One record that a person reported: a value is wrong (错误)."""
    MISSING_RECORD = "missing_record"
    """A record, or a value, is missing (遗漏)."""
    INFRINGEMENT = "infringement"
    """Secrecy, trade secrets or personal privacy are infringed (侵权)."""


KIND_WORDS: dict[Kind, tuple[str, str]] = {
    Kind.FINDINGS: ("规则发现", "found by rules"),
    Kind.WRONG_VALUE: ("数据错误", "a wrong value"),
    Kind.MISSING_RECORD: ("数据遗漏", "a missing record"),
    Kind.INFRINGEMENT: ("侵权", "an infringement"),
}


class Channel(StrEnum):
    """The way a problem came in (Haishu 28: form or interface; 29: the authority's own monitoring)."""

    MONITOR = "monitor"
    FORM = "form"
    API = "api"
    BULK = "bulk"


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketEvent:
    """One thing that happened to one ticket; ``seq`` counts from 1 within the ticket.

    ``actor`` is who brought it about (``person:…``, ``key:…``, ``system``); ``snapshot`` the published snapshot that did,
    None for what a person did.
    """

    ticket: str
    seq: int
    at: datetime
    event: Event
    actor: str
    snapshot: int | None
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRow:
    """One ticket as the queues show it: the projection of its events.

    Attributes:
        id: ``T-<yyyymmdd>-<number of the day>``.
        kind, channel: what it is about, and how it came in.
        snapshot: the published snapshot whose findings opened it; None for a report.
        resource, rule, item: what it is about; ``rule`` is ``report.<kind>`` for a report, ``item`` None where all are meant.
        department: the owner of the resource, or to whom it was routed.
        opened_at: when it was found or reported.
        received_at: day zero of the clock: when it reached the department's queue; None until it is routed.
        due: last day in time of the limit that holds now (the authority's own until it is routed).
        due_at: the moment from which it is late: the end of ``due``.
        limit, limit_kind: the limit as it was set, and why it holds.
        limit_from: day zero of that limit.
        profile: the profile version in force when it was opened.
        findings_total: findings sealed into it; findings_open: those still present; unproven: gone without a proof.
        assignee: the officer who has it in hand.
        asked_until: the extension asked for; ``2026-05-01`` or the empty text for the whole cap.
        answer: what the department answered, until it is closed or sent back.
        answer_batch: the batch that the department says puts it right.
        review_on: when a value that was talked through is looked at again.
        decision: what the government decided: ``correct`` or ``stands``.
        escalated_at, escalated_to: when it was last put before a government or reported to it, and to which (a department's id).
        reporter: who reported it first; reports: how many did.
        rounds: how often it came back: sent back, not repaired, disputed, reopened.
        group: name of a group of one cause.
        last_seq: ``seq`` of its last event.
    """

    id: str
    kind: Kind
    channel: Channel
    snapshot: int | None
    resource: str
    rule: str
    item: str | None
    department: str
    severity: str
    state: State
    is_open: bool
    opened_at: datetime
    received_at: datetime | None
    due: date
    due_at: datetime
    due_provisional: bool
    limit: str
    limit_kind: LimitKind
    limit_from: datetime
    profile: str
    findings_total: int
    findings_open: int
    unproven: int
    accepted_at: datetime | None
    assignee: str | None
    asked_until: str | None
    answer: Outcome | None
    answer_batch: str | None
    answered_at: datetime | None
    outcome: Outcome | None
    closed_at: datetime | None
    review_on: date | None
    decision: str | None
    urgent: bool
    overdue_at: datetime | None
    rectified_at: datetime | None
    escalated_at: datetime | None
    escalated_to: str | None
    notified_at: datetime | None
    reporter: str | None
    reports: int
    rounds: int
    group: str | None
    merged_into: str | None
    last_seq: int

    @property
    def clock(self) -> Limit:
        """The limit that holds now."""
        return Limit(
            kind=self.limit_kind,
            text=self.limit,
            received_at=self.limit_from,
            due=self.due,
            due_at=self.due_at,
            provisional=self.due_provisional,
        )


def apply(ticket: TicketRow | None, event: TicketEvent) -> TicketRow:
    """The ticket after ``event``.

    Raises:
        InternalFault: the event is not a step from where the ticket stands, or out of order.
    """
    before = ticket.state if ticket else None
    expected = ticket.last_seq + 1 if ticket else 1
    if (before, event.event) not in NEXT or event.seq != expected:
        raise InternalFault(
            f"工单事件流不成立：第 {event.seq} 个事件 {event.event} 不能接在状态 {before or '无'} 之后。",
            f"Broken event stream: event {event.seq} {event.event} does not follow state {before or 'none'}.",
            where=event.ticket,
        )
    if ticket is None:
        return _opened(event)
    state = NEXT[ticket.state, event.event]
    moved = replace(ticket, state=state, is_open=state not in ENDED, last_seq=event.seq)
    effect = _EFFECTS.get(event.event)
    return effect(moved, event) if effect else moved


def read_payload(text: str) -> dict[str, Any]:
    """A stored payload as Python values."""
    found: dict[str, Any] = json.loads(text)
    return found


def _opened(event: TicketEvent) -> TicketRow:
    said = event.payload
    limit = Limit.read(said["limit"])
    kind = Kind(said["kind"])
    return TicketRow(
        id=event.ticket,
        kind=kind,
        channel=Channel(said["channel"]),
        snapshot=event.snapshot,
        resource=said["resource"],
        rule=said["rule"],
        item=said["item"],
        department=said["department"],
        severity=said["severity"],
        state=State.SUBMITTED,
        is_open=True,
        opened_at=datetime.fromisoformat(said["opened_at"]) if "opened_at" in said else event.at,
        received_at=None,
        **_of_limit(limit),
        profile=said["profile"],
        findings_total=said["findings"],
        findings_open=said["findings"],
        unproven=0,
        accepted_at=None,
        assignee=None,
        asked_until=None,
        answer=None,
        answer_batch=None,
        answered_at=None,
        outcome=None,
        closed_at=None,
        review_on=None,
        decision=None,
        urgent=False,
        overdue_at=None,
        rectified_at=None,
        escalated_at=None,
        escalated_to=None,
        notified_at=None,
        reporter=said.get("reporter"),
        reports=0 if kind is Kind.FINDINGS else 1,
        rounds=0,
        group=said.get("group"),
        merged_into=None,
        last_seq=event.seq,
    )


def _of_limit(limit: Limit) -> dict[str, Any]:
    return {
        "due": limit.due,
        "due_at": limit.due_at,
        "due_provisional": limit.provisional,
        "limit": limit.text,
        "limit_kind": limit.kind,
        "limit_from": limit.received_at,
    }


def _limited(ticket: TicketRow, event: TicketEvent) -> TicketRow:
    """A new limit; what was noted about the one before does not speak of it."""
    limit = Limit.read(event.payload["limit"])
    later = limit.due_at > ticket.due_at
    return replace(ticket, **_of_limit(limit), overdue_at=None if later else ticket.overdue_at)


def _in_queue(ticket: TicketRow, event: TicketEvent) -> TicketRow:
    """It reached a department's queue: the clock begins."""
    fresh = _limited(replace(ticket, overdue_at=None), event)
    return replace(
        _without_answer(fresh),
        department=event.payload.get("department", ticket.department),
        received_at=fresh.limit_from,
        accepted_at=None,
        assignee=event.payload.get("assignee"),
        escalated_at=None,
        escalated_to=None,
        urgent=False,
        outcome=None,
        closed_at=None,
        review_on=None,
    )


def _without_answer(ticket: TicketRow) -> TicketRow:
    return replace(ticket, answer=None, answer_batch=None, answered_at=None)


def _accepted(ticket: TicketRow, event: TicketEvent) -> TicketRow:
    return replace(ticket, accepted_at=event.at, assignee=event.payload.get("assignee", event.actor))


def _urgent(ticket: TicketRow, event: TicketEvent) -> TicketRow:
    return replace(_limited(ticket, event), urgent=True)


def _asked(ticket: TicketRow, event: TicketEvent) -> TicketRow:
    return replace(ticket, asked_until=event.payload["until"] or "")


def _granted(ticket: TicketRow, event: TicketEvent) -> TicketRow:
    return replace(_limited(ticket, event), asked_until=None)


def _refused(ticket: TicketRow, _event: TicketEvent) -> TicketRow:
    return replace(ticket, asked_until=None)


def _answered(answer: Outcome) -> Callable[[TicketRow, TicketEvent], TicketRow]:
    def effect(ticket: TicketRow, event: TicketEvent) -> TicketRow:
        review = event.payload.get("review_on")
        return replace(
            ticket,
            answer=answer,
            answer_batch=event.payload.get("batch"),
            answered_at=event.at,
            asked_until=None,
            assignee=event.actor,
            review_on=date.fromisoformat(review) if review else None,
        )

    return effect


def _back(ticket: TicketRow, event: TicketEvent) -> TicketRow:
    again = replace(_without_answer(ticket), rounds=ticket.rounds + 1, review_on=None)
    return _limited(again, event) if "limit" in event.payload else again


def _gone(ticket: TicketRow, event: TicketEvent) -> TicketRow:
    return replace(
        ticket,
        findings_open=ticket.findings_open - event.payload["findings"],
        unproven=ticket.unproven + event.payload.get("unproven", 0),
    )


def _repaired(ticket: TicketRow, event: TicketEvent) -> TicketRow:
    gone = replace(_gone(ticket, event), asked_until=None)
    return replace(gone, outcome=Outcome.CORRECTED, closed_at=event.at)


def _closed(outcome: Outcome) -> Callable[[TicketRow, TicketEvent], TicketRow]:
    def effect(ticket: TicketRow, event: TicketEvent) -> TicketRow:
        left = ticket.findings_open if outcome is Outcome.TALKED_THROUGH else 0
        return replace(ticket, outcome=outcome, closed_at=event.at, findings_open=left)

    return effect


def _disputed(ticket: TicketRow, event: TicketEvent) -> TicketRow:
    standing = event.payload.get("findings", ticket.findings_open)
    return replace(ticket, rounds=ticket.rounds + 1, closed_at=None, outcome=None, findings_open=standing)


def _reopened(ticket: TicketRow, event: TicketEvent) -> TicketRow:
    return replace(_in_queue(ticket, event), rounds=ticket.rounds + 1)


def _decided(ticket: TicketRow, event: TicketEvent) -> TicketRow:
    decided = replace(_without_answer(ticket), decision=event.payload["decision"])
    return _limited(decided, event) if "limit" in event.payload else decided


def _escalated(ticket: TicketRow, event: TicketEvent) -> TicketRow:
    return replace(ticket, escalated_at=event.at, escalated_to=event.payload.get("government"))


def _ended(ticket: TicketRow, event: TicketEvent) -> TicketRow:
    return replace(ticket, closed_at=event.at, findings_open=0)


def _merged(ticket: TicketRow, event: TicketEvent) -> TicketRow:
    return replace(_ended(ticket, event), merged_into=event.payload["into"])


def _more(ticket: TicketRow, event: TicketEvent) -> TicketRow:
    more = event.payload["findings"]
    return replace(
        ticket,
        findings_total=ticket.findings_total + more,
        findings_open=ticket.findings_open + more,
        reports=ticket.reports + event.payload.get("reports", 0),
    )


def _fewer(ticket: TicketRow, event: TicketEvent) -> TicketRow:
    fewer = event.payload["findings"]
    return replace(ticket, findings_total=ticket.findings_total - fewer, findings_open=ticket.findings_open - fewer)


_EFFECTS: dict[Event, Callable[[TicketRow, TicketEvent], TicketRow]] = {
    Event.FINDINGS_JOINED: _more,
    Event.ABSORBED: _more,
    Event.SPLIT_OFF: _fewer,
    Event.REPORT_JOINED: lambda ticket, _: replace(ticket, reports=ticket.reports + 1),
    Event.RETURNED: lambda ticket, _: replace(ticket, notified_at=None),
    Event.RESUBMITTED: _limited,
    Event.WITHDRAWN: _ended,
    Event.ROUTED: _in_queue,
    Event.REASSIGNED: _in_queue,
    Event.ACCEPTED: _accepted,
    Event.URGENT_SET: _urgent,
    Event.EXTENSION_ASKED: _asked,
    Event.EXTENSION_GRANTED: _granted,
    Event.EXTENSION_REFUSED: _refused,
    Event.ANSWERED_CORRECTED: _answered(Outcome.CORRECTED),
    Event.ANSWERED_CONFIRMED: _answered(Outcome.CONFIRMED),
    Event.ANSWERED_TALKED: _answered(Outcome.TALKED_THROUGH),
    Event.SENT_BACK: _back,
    Event.NOT_REPAIRED: _back,
    Event.FINDINGS_GONE: _gone,
    Event.REPAIRED: _repaired,
    Event.CONFIRMED: _closed(Outcome.CONFIRMED),
    Event.TALKED_THROUGH: _closed(Outcome.TALKED_THROUGH),
    Event.MARK_CLEARED: _gone,
    Event.REOPENED: _reopened,
    Event.DISPUTED: _disputed,
    Event.COORDINATED_CORRECT: lambda ticket, event: _limited(_without_answer(ticket), event),
    Event.COORDINATED_STANDS: _closed(Outcome.CONFIRMED),
    Event.ESCALATED: _escalated,
    Event.REPORTED_UP: _escalated,
    Event.GOVERNMENT_DECIDED: _decided,
    Event.CONCLUDED: _closed(Outcome.CONFIRMED),
    Event.MERGED: _merged,
    Event.GROUPED: lambda ticket, event: replace(ticket, group=event.payload["group"]),
    Event.OVERDUE: lambda ticket, event: replace(ticket, overdue_at=event.at),
    Event.RECTIFICATION_ORDERED: lambda ticket, event: replace(_limited(ticket, event), rectified_at=event.at),
    Event.DUE_RECOMPUTED: _limited,
    Event.REPORTER_NOTIFIED: lambda ticket, event: replace(ticket, notified_at=event.at),
}
"""What an event changes besides the state; one that is not here changes nothing else."""
