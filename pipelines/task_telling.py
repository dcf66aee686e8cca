"""Who is told of a catalogue task: the department that has to act, and whoever asked. Queued in the transaction of the event."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from catalog.cases.model import Case
from catalog.tasks.states import KIND_WORDS, TASK, TaskKind
from notices.model import Notice, Topic, to_department

Queue = Callable[[Connection, Sequence[Notice], datetime], object]

TOLD = frozenset({"opened", "approved", "added", "demanded", "refused", "done", "decided"})
"""Events that somebody is told of."""
_TO_WHO_ASKED = frozenset({"refused", "done"})
_TO_AUTHORITY = frozenset({"demanded"})


@dataclass(frozen=True)
class TaskTelling:
    """Queues the notices of catalogue tasks.

    Attributes:
        queue: puts notices into the outbox, in the caller's transaction; asked for when something is told.
        authority: departments that are the authority.
    """

    queue: Callable[[], Queue]
    authority: Callable[[], Sequence[str]]

    def heard(self, connection: Connection, case: Case, event: str, now: datetime) -> None:
        """Queue what follows from one event."""
        recipients = [one for one in self._recipients(case, event) if one] if event in TOLD else []
        if recipients:
            self.queue()(connection, [_notice(case, event, now, one) for one in dict.fromkeys(recipients)], now)

    def _recipients(self, case: Case, event: str) -> Sequence[str]:
        if event in _TO_AUTHORITY:
            return self.authority()
        if event in _TO_WHO_ASKED:
            return [str(case.facts.get("demanded_by") or "")]
        if event == "decided":
            # Only the department that has to register or drop its item: what is different asks nothing of anybody.
            left = case.facts.get("left") or {}
            return [str(left.get("department") or "")] if case.facts.get("decision") == "same" else []
        return [case.department]


def _notice(case: Case, event: str, now: datetime, department: str) -> Notice:
    kind, step = KIND_WORDS[TaskKind(case.facts["kind"])], TASK.events[event]
    due = f"，截止 {case.limit.due} 24:00" if case.limit else ""
    due_en = f", due at the end of {case.limit.due}" if case.limit else ""
    return Notice(
        topic=Topic.CATALOGUE_TASK,
        about=case.id,
        recipient=to_department(department),
        occasion=str(case.events),
        subject_zh=f"目录任务{step.zh}：{case.id} {kind[0]}",
        subject_en=f"Catalogue task {case.id}: {kind[1]}, {step.en}",
        body_zh=f"{case.title}。现状：{TASK.states[case.state][0]}{due}。",
        body_en=f"Catalogue task {case.id} ({kind[1]}) is {TASK.states[case.state][1]} now{due_en}.",
        created_at=now,
        payload={"task": case.id, "event": event, "state": case.state},
    )
