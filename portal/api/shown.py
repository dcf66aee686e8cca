"""A ticket in the words of the interface."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from hub.hub import Hub
from policy.clock import SHANGHAI
from portal.api import replies
from portal.wording import outcome_word
from quality.tickets.attachments import Attachment
from quality.tickets.events import TicketEvent, TicketRow
from quality.tickets.policies import is_overdue
from quality.tickets.states import EVENT_WORDS, STATE_WORDS, Event

SAID: tuple[str, ...] = (
    "reason", "how", "check", "basis", "record", "review_on", "cause", "until", "decision", "document", "parties",
    "department", "into", "from", "text", "name", "findings", "left", "batch", "government_name",
)  # fmt: skip
"""What of an event is told: words and numbers that its author wrote for those who see the ticket."""
UNTOLD = frozenset({Event.REMINDED, Event.GROUPED, Event.REPORT_JOINED, Event.FINDINGS_JOINED})
"""The house's own business, and who else reported it."""


def ticket(hub: Hub, one: TicketRow, now: datetime, links: replies.Links) -> dict[str, Any]:
    """The fields that every answer about a ticket has; answers are called as the rules call them that it keeps."""
    return {
        "ticket": one.id, "kind": one.kind.value, "resource": one.resource, "item": one.item,
        "department": one.department, "state": one.state.value, "state_zh": STATE_WORDS[one.state][0],
        "open": one.is_open, "due": one.due, "due_at": _local(one.due_at), "overdue": is_overdue(one, now),
        "answer": one.answer.value if one.answer else None,
        "answer_zh": outcome_word(hub, one, one.answer) if one.answer else None,
        "outcome": one.outcome.value if one.outcome else None,
        "outcome_zh": outcome_word(hub, one, one.outcome) if one.outcome else None,
        "opened_at": _local(one.opened_at), "closed_at": _local(one.closed_at) if one.closed_at else None,
        "seen": one.last_seq, "links": links,
    }  # fmt: skip


def reporter_links(one: TicketRow) -> replies.Links:
    """Where a reporter goes on."""
    place = f"/api/v1/problems/{one.id}"
    return replies.Links(self=place, attachments=f"{place}/attachments")


def provider_links(one: TicketRow) -> replies.Links:
    """Where a department goes on."""
    place = f"/api/v1/tickets/{one.id}"
    return replies.Links(self=place, attachments=f"{place}/attachments")


def problem(hub: Hub, one: TicketRow, now: datetime) -> replies.ProblemOut:
    """A ticket as its reporter sees it."""
    return replies.ProblemOut(**ticket(hub, one, now, reporter_links(one)))


def in_queue(hub: Hub, one: TicketRow, now: datetime) -> replies.ProblemOut:
    """A ticket as its department sees it."""
    return replies.ProblemOut(**ticket(hub, one, now, provider_links(one)))


def story(events: Iterable[TicketEvent]) -> list[replies.StoryLine]:
    """What happened, in words; persons are not named."""
    return [
        replies.StoryLine(
            at=_local(event.at), event=event.event.value,
            zh=EVENT_WORDS[event.event][0], en=EVENT_WORDS[event.event][1],
            said={name: str(event.payload[name]) for name in SAID if event.payload.get(name) not in (None, "", [])},
        )
        for event in events
        if event.event not in UNTOLD
    ]  # fmt: skip


def attachment(one: Attachment) -> replies.AttachmentOut:
    """An attachment, without who brought it."""
    return replies.AttachmentOut(
        id=one.id, name=one.name, kind=one.kind.value, size=one.size, sha256=one.sha256, kept_at=_local(one.kept_at)
    )


def _local(moment: datetime) -> datetime:
    return moment.astimezone(SHANGHAI)
