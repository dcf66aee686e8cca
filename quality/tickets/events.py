"""What an event says and what it makes of a ticket: the fold from the event stream to the row of the queue.

Pure. The store uses the same `apply` when something happens and when it rebuilds the projection.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from ground.errors import InternalFault
from ledger.chain import Json
from quality.tickets.states import NEXT, Event, Outcome, State


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketEvent:
    """One thing that happened to one ticket; ``seq`` counts from 1 within the ticket.

    ``snapshot`` is the published snapshot that brought it about, None for what a person did.
    """

    ticket: str
    seq: int
    at: datetime
    event: Event
    snapshot: int | None
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRow:
    """One ticket as the queues show it: the projection of its events.

    Attributes:
        id: ``T-<yyyymmdd>-<rule>-<snapshot>``.
        snapshot: the published snapshot whose findings opened it.
        opened_at: when it was opened.
        received_at: day zero of the clock: when it reached the department's queue.
        due: last day in time.
        due_at: the moment from which it is late: the end of ``due``.
        due_provisional: the date rests on a year whose holidays are not yet announced.
        profile: the profile version in force when it was opened.
        findings_total: findings sealed into it.
        findings_open: those still present.
        accepted_at: when the department confirmed receipt.
        last_seq: ``seq`` of its last event.
    """

    id: str
    snapshot: int
    resource: str
    rule: str
    department: str
    severity: str
    state: State
    opened_at: datetime
    received_at: datetime
    due: date
    due_at: datetime
    due_provisional: bool
    profile: str
    findings_total: int
    findings_open: int
    accepted_at: datetime | None
    outcome: Outcome | None
    closed_at: datetime | None
    last_seq: int


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
    moved = replace(ticket, state=NEXT[ticket.state, event.event], last_seq=event.seq)
    return _EFFECTS[event.event](moved, event)


def opened_payload(
    *,
    resource: str,
    rule: str,
    department: str,
    severity: str,
    received_at: datetime,
    due: date,
    due_at: datetime,
    due_provisional: bool,
    profile: str,
    findings: int,
) -> dict[str, Json]:
    """What the opening event of a ticket says."""
    return {
        "resource": resource,
        "rule": rule,
        "department": department,
        "severity": severity,
        "received_at": received_at.isoformat(),
        "due": due.isoformat(),
        "due_at": due_at.isoformat(),
        "due_provisional": due_provisional,
        "profile": profile,
        "findings": findings,
    }


def read_payload(text: str) -> dict[str, Any]:
    """A stored payload as Python values."""
    found: dict[str, Any] = json.loads(text)
    return found


def _opened(event: TicketEvent) -> TicketRow:
    said = event.payload
    if event.snapshot is None:
        raise InternalFault("开单事件缺少快照号。", "An opening event without its snapshot.", where=event.ticket)
    return TicketRow(
        id=event.ticket,
        snapshot=event.snapshot,
        resource=said["resource"],
        rule=said["rule"],
        department=said["department"],
        severity=said["severity"],
        state=State.ROUTED,
        opened_at=event.at,
        received_at=datetime.fromisoformat(said["received_at"]),
        due=date.fromisoformat(said["due"]),
        due_at=datetime.fromisoformat(said["due_at"]),
        due_provisional=said["due_provisional"],
        profile=said["profile"],
        findings_total=said["findings"],
        findings_open=said["findings"],
        accepted_at=None,
        outcome=None,
        closed_at=None,
        last_seq=event.seq,
    )


def _accepted(ticket: TicketRow, event: TicketEvent) -> TicketRow:
    return replace(ticket, accepted_at=event.at)


def _findings_gone(ticket: TicketRow, event: TicketEvent) -> TicketRow:
    return replace(ticket, findings_open=ticket.findings_open - event.payload["findings"])


def _repaired(ticket: TicketRow, event: TicketEvent) -> TicketRow:
    return replace(_findings_gone(ticket, event), outcome=Outcome.CORRECTED, closed_at=event.at)


_EFFECTS: dict[Event, Callable[[TicketRow, TicketEvent], TicketRow]] = {
    Event.ACCEPTED: _accepted,
    Event.FINDINGS_GONE: _findings_gone,
    Event.REPAIRED: _repaired,
}
