"""Near-duplicates as tasks of the authority: each pair is asked about once, and what was decided is remembered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from catalog.gate.verdict import Finding, Kind
from catalog.matching.index import Collected
from catalog.tasks.model import Opening, Task
from catalog.tasks.service import TaskService
from catalog.tasks.states import TaskKind
from warehouse.operational import OperationalDatabase


def pair_of(left: Collected, right: Collected) -> str:
    """A pair of items in one word, whichever is named first."""
    return "|".join(sorted(f"{one.resource}.{one.item}" for one in (left, right)))


def ask(
    database: OperationalDatabase,
    tasks: TaskService,
    findings: Iterable[Finding],
    authority: str,
    now: datetime,
    *,
    whole: bool,
) -> tuple[list[Task], list[Task]]:
    """Open a task for every pair that was never asked about; settle those whose pair is not found any more.

    Args:
        database: of the tasks.
        tasks: opens them.
        findings: of the gate.
        authority: department that decides.
        now: when.
        whole: the findings are those of the whole catalogue; only then is a pair that is not among them gone.

    Returns:
        Those opened, and those settled.
    """
    found = {
        pair_of(one.left, one.right): one
        for one in findings
        if one.kind is Kind.NEAR_DUPLICATE and one.right is not None
    }
    with database.writing() as connection:
        asked = {one.subject for one in tasks.ended(connection, TaskKind.NEAR_DUPLICATE) if not _gone(one)}
        fresh = [_opening(pair, one, authority) for pair, one in found.items() if pair not in asked]
        opened = tasks.open_in(connection, fresh, now)
        settled = []
        if whole:
            new = {one.id for one in opened}
            for task in tasks.live_all(connection, TaskKind.NEAR_DUPLICATE):
                if task.subject not in found and task.id not in new:
                    settled.append(tasks.change_in(connection, task, "settled", now, gone=True))
    return opened, settled


def _gone(task: Task) -> bool:
    """Settled because the pair was not found any more: if it comes back, it is asked about anew."""
    return bool(task.facts.get("gone"))


def _opening(pair: str, finding: Finding, authority: str) -> Opening:
    right = finding.right
    if right is None:
        raise ValueError("a near-duplicate has two sides")
    sides = [
        {"department": one.department, "resource": one.resource, "item": one.item} for one in (finding.left, right)
    ]
    title = f"{finding.left.resource}.{finding.left.item} ～ {right.resource}.{right.item}"
    facts = {"left": sides[0], "right": sides[1], "score": round(finding.score, 2), "zh": finding.zh, "en": finding.en}
    return Opening(TaskKind.NEAR_DUPLICATE, pair, authority, title, facts)
