"""Near-duplicates as tasks of the authority: each pair is asked about once, and what was decided is remembered.

A pair is put to the authority in the transaction in which an entry is submitted, changed, reviewed or confirmed (`follow`);
what came into the catalogue by another way is found by the check of the whole (`ask`). What was decided is asked again only
where one of the two says something else of itself since.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from heapq import nsmallest
from typing import Any

from sqlalchemy.engine import Connection

from catalog.cases import store
from catalog.gate.verdict import Finding, Kind
from catalog.matching.index import Collected
from catalog.organisation import Organisation
from catalog.tasks.model import Opening, Task
from catalog.tasks.service import TaskService
from catalog.tasks.states import TaskKind
from warehouse.operational import OperationalDatabase

NEAREST = 3
"""Near-duplicates of one item that a submission asks about."""

Decides = Callable[[Collected, Collected], str | None]
"""(one item, the other) -> the authority that decides whether they are one fact; None where there is none."""

Stands = Callable[[Collected, Collected], bool]
"""(one item, the other) -> whether the gate still asks about them."""


def pair_of(left: Collected, right: Collected) -> str:
    """A pair of items in one word, whichever is named first."""
    return "|".join(sorted(f"{one.resource}.{one.item}" for one in (left, right)))


def decided_by(organisation: Organisation) -> Decides:
    """Who decides in this city: the lowest authority in whose jurisdiction both departments lie (Wuhan 5, 10).

    Two departments of a district have their district's; a district's and a city's department, or those of two districts, the
    city's. Where none stands above both, it is the one whose catalogue the first item goes into.
    """

    def decides(left: Collected, right: Collected) -> str | None:
        sides = {left.department, right.department}
        if not all(organisation.knows(one) for one in sides):
            return next((one.id for one in organisation.leading), None)
        first = own = organisation.compiler_of(left.department)
        while own is not None and not sides <= organisation.governed_by(own.id):
            own = organisation.superior_of(own.id)
        found = own or first
        return found.id if found is not None else None

    return decides


def follow(
    connection: Connection,
    tasks: TaskService,
    found: Mapping[str, Iterable[Finding]],
    decides: Decides,
    now: datetime,
    *,
    gone: Collection[str] = (),
) -> tuple[list[Task], list[Task]]:
    """Put to the authority what the gate found of entries that were just put forward, in the transaction of that step.

    Args:
        connection: the transaction.
        tasks: opens them.
        found: entry -> everything the gate found of it: an open pair in which it was asked about and that is not among them is
            settled.
        decides: who decides.
        now: when.
        gone: entries that are no more: their open pairs are settled.

    Returns:
        Tasks opened or brought up to date, and those settled.
    """
    pairs = _pairs(one for several in found.values() for one in several)
    store.take_turn(connection)
    live = tasks.live_all(connection, TaskKind.NEAR_DUPLICATE)
    over = [
        one for one in live
        if one.subject not in pairs and (_resource(one, "left") in found or {_resource(one, "left"), _resource(one, "right")} & set(gone))
    ]  # fmt: skip
    settled = [tasks.change_in(connection, one, "settled", now, gone=True) for one in over]
    return _put(connection, tasks, live, _nearest(pairs), decides, now), settled


def ask(
    database: OperationalDatabase,
    tasks: TaskService,
    findings: Iterable[Finding],
    decides: Decides,
    now: datetime,
    *,
    stands: Stands | None = None,
) -> tuple[list[Task], list[Task]]:
    """Open a task for every pair that was never asked about; settle those that nobody asks about any more.

    Args:
        database: of the tasks.
        tasks: opens them.
        findings: of the gate over the whole catalogue.
        decides: who decides.
        now: when.
        stands: whether an open pair that is not among the findings is asked about all the same: of an entry that is under
            review, or of one of many that say the same; None settles nothing.

    Returns:
        Those opened or brought up to date, and those settled.
    """
    pairs = _pairs(findings)
    with database.writing() as connection:
        store.take_turn(connection)
        live = tasks.live_all(connection, TaskKind.NEAR_DUPLICATE)
        made = _put(connection, tasks, live, pairs, decides, now)
        over = [] if stands is None else [one for one in live if one.subject not in pairs and not stands(*_sides(one))]
        return made, [tasks.change_in(connection, one, "settled", now, gone=True) for one in over]


def _pairs(findings: Iterable[Finding]) -> dict[str, Finding]:
    return {
        pair_of(one.left, one.right): one
        for one in findings
        if one.kind is Kind.NEAR_DUPLICATE and one.right is not None
    }


def _nearest(pairs: Mapping[str, Finding]) -> dict[str, Finding]:
    """Of each item the `NEAREST` pairs: the authority is not asked fifty times about one item.

    The others stand with the entry, and the check of the whole catalogue asks about them where they still stand then.
    """
    of_item: dict[Collected, list[tuple[float, str]]] = defaultdict(list)
    for pair, finding in pairs.items():
        of_item[finding.left].append((-finding.score, pair))
    kept = {pair for several in of_item.values() for _, pair in nsmallest(NEAREST, several)}
    return {pair: finding for pair, finding in pairs.items() if pair in kept}


def _put(
    connection: Connection,
    tasks: TaskService,
    live: Iterable[Task],
    pairs: Mapping[str, Finding],
    decides: Decides,
    now: datetime,
) -> list[Task]:
    """Open tasks for pairs that are not open and were not answered as they stand now; bring open ones up to date."""
    if not pairs:
        return []
    waiting = {one.subject: one for one in live}
    answered: dict[str, set[str | None]] = defaultdict(set)
    for one in tasks.ended(connection, TaskKind.NEAR_DUPLICATE):
        if not one.facts.get("gone"):  # settled by itself: if it comes back, it is asked about anew
            answered[one.subject].add(one.facts.get("content"))
    fresh, moved = [], []
    for pair, finding in pairs.items():
        task = waiting.get(pair)
        if task is not None:
            if task.facts.get("content") not in (None, finding.content):
                moved.append(tasks.change_in(connection, task, "added", now, **_facts(finding)))
        # A task of an earlier version does not say what it was about: its answer stands.
        elif not answered[pair] & {None, finding.content}:
            authority = decides(finding.left, _right(finding))
            if authority is not None:
                fresh.append(_opening(pair, finding, authority))
    return [*tasks.open_in(connection, fresh, now), *moved]


def _opening(pair: str, finding: Finding, authority: str) -> Opening:
    right = _right(finding)
    title = f"{finding.left.resource}.{finding.left.item} ～ {right.resource}.{right.item}"
    return Opening(TaskKind.NEAR_DUPLICATE, pair, authority, title, _facts(finding))


def _facts(finding: Finding) -> dict[str, Any]:
    left, right = (
        {"department": one.department, "resource": one.resource, "item": one.item}
        for one in (finding.left, _right(finding))
    )
    return {
        "left": left, "right": right, "score": round(finding.score, 2), "zh": finding.zh, "en": finding.en,
        "content": finding.content,
    }  # fmt: skip


def _right(finding: Finding) -> Collected:
    if finding.right is None:
        raise ValueError("a near-duplicate has two sides")
    return finding.right


def _sides(task: Task) -> tuple[Collected, Collected]:
    left, right = (Collected(**task.facts[one]) for one in ("left", "right"))
    return left, right


def _resource(task: Task, side: str) -> str:
    return str(task.facts[side]["resource"])
