"""Who is told that a case of the catalogue is due or overdue, or that its date has moved: whoever owes the next step.

Queued in the transaction of the event.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from catalog.cases.machine import DUE_RECOMPUTED, OVERDUE, REMINDED
from catalog.cases.model import Case, Facts
from catalog.entries.states import CHANGE_WITH_CITY, WITH_CITY
from catalog.machines import MACHINES
from catalog.organisation import Organisation
from catalog.tasks.states import TASK
from notices.model import Notice, Topic, to_department
from pipelines.moved_words import moved_notice

Queue = Callable[[Connection, Sequence[Notice], datetime], object]

TOPICS = {REMINDED: Topic.CATALOGUE_REMINDER, OVERDUE: Topic.CATALOGUE_OVERDUE}


@dataclass(frozen=True)
class CaseTelling:
    """Queues the notices of the cases' clock.

    Attributes:
        queue: puts notices into the outbox, in the caller's transaction; asked for when something is told.
        organisation: knows whose authority is whose.
    """

    queue: Callable[[], Queue]
    organisation: Callable[[], Organisation]

    def heard(self, connection: Connection, case: Case, event: str, facts: Facts, now: datetime) -> None:
        """Queue what follows from one event of the clock; ``facts`` are what it carries."""
        owing = self._owing(case)
        if owing is None:
            return
        if event in TOPICS:
            self.queue()(connection, [_notice(case, event, now, owing)], now)
        elif event == DUE_RECOMPUTED and facts["was"] != facts["due"]:
            machine = MACHINES[case.kind]
            told = moved_notice(
                about=f"{case.kind}:{case.id}", occasion=str(case.events), department=owing, now=now,
                called=(f"{machine.title[0]} {case.id}", f"{machine.title[1].capitalize()} {case.id}"),
                was=facts["was"], due=facts["due"], notice=facts["notice"],
                payload={"kind": case.kind, "id": case.id},
            )  # fmt: skip
            self.queue()(connection, [told], now)

    def _owing(self, case: Case) -> str | None:
        """Who owes the next step: a task its department, every review the authority in whose area the department lies."""
        if case.kind == TASK.kind:
            return case.department
        organisation = self.organisation()
        with_city = case.state in (WITH_CITY, CHANGE_WITH_CITY)
        found = organisation.city_authority if with_city else organisation.authority_of(case.department)
        return found.id if found is not None else None


def _notice(case: Case, event: str, now: datetime, department: str) -> Notice:
    machine = MACHINES[case.kind]
    due = f"{case.limit.due} 24:00" if case.limit else ""
    late = event == OVERDUE
    return Notice(
        topic=TOPICS[event],
        about=f"{case.kind}:{case.id}",
        recipient=to_department(department),
        occasion=str(case.events),
        subject_zh=f"{machine.title[0]} {case.id} {'已逾期' if late else '即将到期'}",
        subject_en=f"{machine.title[1].capitalize()} {case.id} is {'overdue' if late else 'nearly due'}",
        body_zh=f"现状：{machine.states[case.state][0]}；截止 {due}。逾期不产生同意或通过的后果，请尽快办理。",
        body_en=f"It is {machine.states[case.state][1]}; due {due}. Nothing is approved by silence: please deal with it.",
        created_at=now,
        urgent=late,
        payload={"kind": case.kind, "id": case.id, "event": event, "state": case.state},
    )
