"""Who is told what when something happens to a ticket, in words that hold no value of any record.

Called in the transaction in which it happens: a notice is queued exactly if the event is written. Departments are told what
they owe, the authority what it has to decide, reporters what became of their report; a department's system gets the same by
its callback.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.engine import Connection

from notices.model import Notice, To, Topic, to_department
from pipelines.moved_words import moved_notice
from quality.tickets import reports
from quality.tickets.events import TicketEvent, TicketRow
from quality.tickets.states import EVENT_WORDS, STATE_WORDS, WORKING, Event, Outcome, State

Queue = Callable[[Connection, Sequence[Notice], datetime], object]


@dataclass(frozen=True)
class Told:
    """What an event has told: topic, to whom, and whether it breaks the quiet hours."""

    topic: Topic
    department: bool = False
    authority: bool = False
    reporters: bool = False
    government: bool = False
    urgent: bool = False


TOLD: dict[Event, Told] = {
    Event.ROUTED: Told(Topic.TICKET_ROUTED, department=True),
    Event.REASSIGNED: Told(Topic.TICKET_ROUTED, department=True),
    Event.URGENT_SET: Told(Topic.TICKET_ROUTED, department=True, urgent=True),
    Event.REPORTED: Told(Topic.TICKET_ROUTED, authority=True),
    Event.RETURNED: Told(Topic.RETURNED, reporters=True),
    Event.REMINDED: Told(Topic.TICKET_REMINDER, department=True),
    Event.OVERDUE: Told(Topic.TICKET_OVERDUE, department=True, authority=True, urgent=True),
    Event.RECTIFICATION_ORDERED: Told(Topic.RECTIFICATION, department=True, urgent=True),
    Event.EXTENSION_ASKED: Told(Topic.EXTENSION_ASKED, authority=True),
    Event.EXTENSION_GRANTED: Told(Topic.EXTENSION_DECIDED, department=True),
    Event.EXTENSION_REFUSED: Told(Topic.EXTENSION_DECIDED, department=True),
    Event.ANSWERED_CONFIRMED: Told(Topic.ANSWERED, authority=True),
    Event.ANSWERED_TALKED: Told(Topic.ANSWERED, authority=True),
    Event.REPORTER_NOTIFIED: Told(Topic.ANSWERED, reporters=True),
    Event.SENT_BACK: Told(Topic.REOPENED, department=True),
    Event.NOT_REPAIRED: Told(Topic.REOPENED, department=True, authority=True),
    Event.REPAIRED: Told(Topic.CLOSED, department=True, reporters=True),
    Event.CONFIRMED: Told(Topic.CLOSED, department=True, reporters=True),
    Event.TALKED_THROUGH: Told(Topic.CLOSED, department=True, reporters=True),
    Event.WITHDRAWN: Told(Topic.CLOSED, department=True, reporters=True),
    Event.COORDINATED_STANDS: Told(Topic.CLOSED, department=True, reporters=True),
    Event.CONCLUDED: Told(Topic.CLOSED, department=True, reporters=True),
    Event.REOPENED: Told(Topic.REOPENED, department=True),
    Event.DISPUTED: Told(Topic.DISPUTED, department=True, authority=True),
    Event.COORDINATION_STARTED: Told(Topic.DISPUTED, department=True, reporters=True),
    Event.COORDINATED_CORRECT: Told(Topic.REOPENED, department=True, reporters=True),
    Event.ESCALATED: Told(Topic.DISPUTED, department=True, reporters=True, government=True),
    Event.REPORTED_UP: Told(Topic.ESCALATED, department=True, authority=True, government=True, urgent=True),
    Event.GOVERNMENT_DECIDED: Told(Topic.DECIDED, department=True, reporters=True),
}
"""Event -> who is told of it; nobody of what is not here."""

_DEPARTMENT_ACTS = frozenset({*WORKING, State.VERIFICATION, State.DECIDED})
"""States in which the department owes the next step; in the others it is the authority."""

CALLED_BACK = frozenset(TOLD) - {Event.REMINDED, Event.OVERDUE, Event.REPORTED_UP, Event.REPORTED} | {
    Event.ACCEPTED,
    Event.ANSWERED_CORRECTED,
}
"""What a system that reported is called back for: every change that it would find by asking."""


@dataclass(frozen=True)
class Telling:
    """Queues the notices of tickets.

    Attributes:
        queue: puts notices into the outbox, in the caller's transaction.
        authority: departments that are the authority.
        rule_title: rule id -> what it is called.
        outcome_word: what the rules that a ticket keeps call an outcome.
    """

    queue: Queue
    authority: Sequence[str] = ()
    rule_title: Callable[[str], str] = field(default=lambda rule: rule)
    outcome_word: Callable[[TicketRow, Outcome], str] = field(default=lambda _, outcome: outcome.value)

    def heard(self, connection: Connection, ticket: TicketRow, happened: Sequence[TicketEvent]) -> None:
        """Queue what follows from events of one ticket."""
        found = [notice for event in happened for notice in self._notices(connection, ticket, event)]
        if found:
            self.queue(connection, found, happened[-1].at)

    def _notices(self, connection: Connection, ticket: TicketRow, event: TicketEvent) -> Iterator[Notice]:
        if event.event is Event.DUE_RECOMPUTED:
            yield from self._moved(ticket, event)
        told = TOLD.get(event.event)
        asked = event.event in CALLED_BACK or (told is not None and told.reporters)
        reported = reports.reporters(connection, ticket.id) if ticket.reports and asked else []
        if told is not None:
            department = ticket.received_at is not None and told.department
            recipients = [
                *([to_department(ticket.department)] if department else []),
                *([to_department(name) for name in self.authority] if told.authority else []),
                *([to_department(ticket.escalated_to)] if told.government and ticket.escalated_to else []),
                *([one["reporter"] for one in reported if _is_person(one["reporter"])] if told.reporters else []),
            ]
            yield from (self._notice(told, ticket, event, name) for name in dict.fromkeys(recipients))
        if event.event in CALLED_BACK:
            for one in reported:
                if one["reporter"].startswith(f"{To.KEY}:"):
                    yield self._callback(ticket, event, one["reporter"], one["reference"])

    def _moved(self, ticket: TicketRow, event: TicketEvent) -> Iterator[Notice]:
        """Whoever has to act is told that the calendar moved the last day; nobody where it only became certain."""
        was, due = event.payload["was"], ticket.due.isoformat()
        if was == due or ticket.state is State.RETURNED:  # then the reporter has it, and no unit owes anything
            return
        acts = [ticket.department] if ticket.state in _DEPARTMENT_ACTS else list(self.authority)
        for one in acts:
            yield moved_notice(
                about=ticket.id, occasion=str(event.seq), department=one, now=event.at,
                called=(f"工单 {ticket.id}", f"Ticket {ticket.id}"),
                was=was, due=due, notice=event.payload["notice"],
                payload={"ticket": ticket.id},
            )  # fmt: skip

    def _notice(self, told: Told, ticket: TicketRow, event: TicketEvent, recipient: str) -> Notice:
        word, state = EVENT_WORDS[event.event], STATE_WORDS[ticket.state]
        what = self.rule_title(ticket.rule)
        due = f"{ticket.due} 24:00"
        return Notice(
            topic=told.topic,
            about=ticket.id,
            recipient=recipient,
            occasion=str(event.seq),
            subject_zh=f"{word[0]}：{ticket.id} {what}",
            subject_en=f"{ticket.id}: {word[1]}",
            body_zh=(
                f"工单 {ticket.id}（{what}）：{word[0]}。现状：{state[0]}；"
                f"涉及 {ticket.findings_open}/{ticket.findings_total} 条；截止 {due}。详情请登录办理台查看。"
            ),
            body_en=(
                f"Ticket {ticket.id} on {ticket.resource}: {word[1]}. It is {ticket.state.value} now, "
                f"{ticket.findings_open} of {ticket.findings_total} open, due at the end of {ticket.due}. See the desk."
            ),
            created_at=event.at,
            urgent=told.urgent or ticket.urgent,
            payload={
                "ticket": ticket.id,
                "event": event.event.value,
                "state": ticket.state.value,
                "due": ticket.due.isoformat(),
            },
        )

    def _callback(self, ticket: TicketRow, event: TicketEvent, key: str, reference: str | None) -> Notice:
        outcome = ticket.outcome or ticket.answer
        word = EVENT_WORDS[event.event]
        return Notice(
            topic=Topic.CALLBACK,
            about=ticket.id,
            recipient=key,
            occasion=f"{event.seq}/{reference or ''}",
            subject_zh=f"{ticket.id} {word[0]}",
            subject_en=f"{ticket.id} {word[1]}",
            body_zh=STATE_WORDS[ticket.state][0],
            body_en=STATE_WORDS[ticket.state][1],
            created_at=event.at,
            urgent=True,
            payload={
                "ticket": ticket.id,
                "reference": reference,
                "event": event.event.value,
                "state": ticket.state.value,
                "outcome": outcome.value if outcome else None,
                "outcome_zh": self.outcome_word(ticket, outcome) if outcome else None,
                "at": event.at.isoformat(),
            },
        )


def _is_person(reporter: str) -> bool:
    return reporter.startswith(f"{To.PERSON}:")


def authorities(departments: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Ids of the departments of kind ``authority``; ``departments`` are id and kind."""
    return tuple(name for name, kind in departments if kind == "authority")
