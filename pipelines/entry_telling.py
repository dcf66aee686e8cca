"""Who is told that an entry of the catalogue changed: the authority of its jurisdiction, and the department whose entry it is.

And the government that has to approve a class (Wuhan 16): the step names it.

The authority, since changes of the catalogue are to be told to it in good time (Haishu 11: 及时提供更新情况); the department where somebody
else did it: the authority, a district's package, or a hand at the documents. Whoever did it is not told. Queued in the
transaction of the step, one notice for each recipient and kind of step, however many entries it was taken on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from catalog.cases.model import Case
from catalog.cases.store import Change
from catalog.entries.states import ENTRY
from catalog.organisation import Organisation
from notices.model import Notice, Topic, to_department
from pipelines.case_telling import Queue

CHANGED = frozenset(
    {
        "added", "redeclared", "undeclared", "published", "change_published", "confirmed", "confirmed_merged", "restored",
        "withdrawn", "overridden", "override_ended",
    }
)  # fmt: skip
"""Events by which the catalogue says something else; what was declared as the home was set up changed nothing."""
UNDER_WAY = frozenset({"drafted", "redrafted", "change_requested", "change_cancelled"})
"""Events of an entry that is under way: its department is told where somebody else took the step, as for a package."""
LISTED = 10
"""Entries that a notice names; of more it says how many."""


@dataclass(frozen=True)
class EntryTelling:
    """Queues the notices of what happened to entries.

    Attributes:
        queue: puts notices into the outbox, in the caller's transaction; asked for when something is told.
        organisation: knows whose authority is whose.
    """

    queue: Callable[[], Queue]
    organisation: Callable[[], Organisation]

    def heard(self, connection: Connection, changes: Sequence[Change], after: Sequence[Case]) -> None:
        """Queue what follows from steps of one person at one moment.

        Args:
            connection: their transaction.
            changes: the steps.
            after: the entries as they stand after them, in the same order.
        """
        told: dict[tuple[str, str], list[tuple[Change, Case]]] = {}
        for change, case in zip(changes, after, strict=True):
            for recipient in dict.fromkeys(self._recipients(change, case)):
                told.setdefault((recipient, change.event), []).append((change, case))
        if told:
            notices = [_notice(recipient, event, several) for (recipient, event), several in told.items()]
            self.queue()(connection, notices, changes[0].now)

    def _recipients(self, change: Change, case: Case) -> Iterator[str]:
        if change.event in CHANGED:
            yield from (one for one in self._authorities(case.department) if one != change.by.department)
        if change.event in CHANGED | UNDER_WAY and case.department != change.by.department:
            yield case.department
        government = change.facts.get("government")
        if government is not None and government != change.by.department:
            yield government

    def _authorities(self, department: str) -> Sequence[str]:
        organisation = self.organisation()
        own = organisation.authority_of(department) if organisation.knows(department) else None
        return [own.id] if own is not None else [one.id for one in organisation.leading]


def _notice(recipient: str, event: str, several: Sequence[tuple[Change, Case]]) -> Notice:
    step, (change, first) = ENTRY.events[event], several[0]
    number, more = len(several), len(several) - LISTED
    named = [f"{case.id}（{case.title}）" for _, case in several[:LISTED]]
    left_zh, left_en = (f"等，另有 {more} 个", f" and {more} more") if more > 0 else ("", "")
    ids = ", ".join(case.id for _, case in several[:LISTED])
    fields = sorted({one["field"] for change, _ in several for one in change.facts.get("fields") or ()})
    what_zh = f"变化的内容：{'、'.join(fields)}。" if fields else ""
    what_en = f" Fields that differ: {', '.join(fields)}." if fields else ""
    by_zh, by_en = (change.by.department or "系统", change.by.department or "the hub")
    return Notice(
        topic=Topic.CATALOGUE_CHANGED,
        about=f"entry:{first.id}",
        recipient=to_department(recipient),
        occasion=str(first.events),
        subject_zh=f"目录{step.zh}：{first.title if number == 1 else f'{number} 个条目'}",
        subject_en=f"Catalogue, {step.en}: {first.id if number == 1 else f'{number} entries'}",
        body_zh=f"{step.zh}（由 {by_zh} 办理）：{'、'.join(named)}{left_zh}。{what_zh}",
        body_en=f"{step.en.capitalize()}, by {by_en}: {ids}{left_en}.{what_en}",
        created_at=change.now,
        payload={
            "event": event,
            "entries": [case.id for _, case in several[:LISTED]],
            "number": number,
            "fields": list(fields),
        },
    )
