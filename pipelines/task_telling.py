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
SEPARATELY = 20
"""Tasks of one kind that are opened at once and told one by one; more are told together."""
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

    def heard(self, connection: Connection, happened: Sequence[tuple[Case, str]], now: datetime) -> None:
        """Queue what follows from events of one step: a notice for each task, or one for the many of a kind that it opened."""
        told: dict[tuple[str, str, str], list[Case]] = {}
        for case, event in happened:
            for recipient in [one for one in self._recipients(case, event) if one] if event in TOLD else []:
                several = told.setdefault((recipient, event, str(case.facts["kind"])), [])
                if case not in several[-1:]:
                    several.append(case)
        notices = [
            notice
            for (recipient, event, _), cases in told.items()
            for notice in (
                [_together(cases, now, recipient)]
                if event == "opened" and len(cases) > SEPARATELY
                else [_notice(one, event, now, recipient) for one in cases]
            )
        ]
        if notices:
            self.queue()(connection, notices, now)

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


def _together(cases: Sequence[Case], now: datetime, department: str) -> Notice:
    """One notice of many tasks that one step opened."""
    first, last, many = cases[0], cases[-1], len(cases)
    zh, en = KIND_WORDS[TaskKind(first.facts["kind"])]
    due = f"，截止 {first.limit.due} 24:00" if first.limit else ""
    due_en = f", due at the end of {first.limit.due}" if first.limit else ""
    return Notice(
        topic=Topic.CATALOGUE_TASK,
        about=f"{first.id}..{last.id}",
        recipient=to_department(department),
        occasion=str(many),
        subject_zh=f"新开 {many} 项目录任务：{zh}",
        subject_en=f"{many} catalogue tasks were opened: {en}",
        body_zh=f"{first.id} 至 {last.id}，均为{zh}{due}。逐项见目录任务清单（catalog tasks）。",
        body_en=f"{first.id} to {last.id} ({en}){due_en}. The list of catalogue tasks (catalog tasks) has each of them.",
        created_at=now,
        payload={"first": first.id, "last": last.id, "tasks": many, "event": "opened"},
    )
