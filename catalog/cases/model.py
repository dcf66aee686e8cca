"""A case, its limit, what happened to it, and how events make it: pure, without a database.

The events are the truth; a case is what they add up to (`apply`), and a test makes all cases anew from their events.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from catalog.cases.machine import OVERDUE, Machine
from catalog.cases.person import Part, Person
from ground.errors import InternalFault
from policy.calendar import WorkingCalendar
from policy.clock import Deadline, Period, due

Facts = Mapping[str, Any]
"""JSON values by name."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Until when somebody owes something, and why.

    Attributes:
        text: the period as the rule says it (``3wd``), or the last day (``2026-12-01``) where a day was set.
        received_at: day zero of the count, aware.
        ground: the article or house rule, in Chinese, as shown beside the date.
        due: last day in time.
        due_at: from when it is late.
        provisional: the date rests on a year whose holidays are not announced yet.
    """

    text: str
    received_at: datetime
    ground: str
    due: date
    due_at: datetime
    provisional: bool

    @classmethod
    def counted(cls, period: Period, received_at: datetime, ground: str, calendar: WorkingCalendar) -> Limit:
        """The limit of ``period`` from ``received_at``."""
        return cls._of(str(period), received_at, ground, due(received_at, period, calendar))

    def again(self, calendar: WorkingCalendar) -> Limit:
        """The same limit under another calendar; a day that was set stays."""
        if "-" in self.text:
            return self
        return self.counted(Period.parse(self.text), self.received_at, self.ground, calendar)

    def explain(self, calendar: WorkingCalendar) -> Deadline | None:
        """Every day of the count; None where a day was set."""
        return None if "-" in self.text else due(self.received_at, Period.parse(self.text), calendar)

    @classmethod
    def _of(cls, text: str, received_at: datetime, ground: str, deadline: Deadline) -> Limit:
        return cls(text, received_at, ground, deadline.due, deadline.due_at, deadline.provisional)

    def as_json(self) -> dict[str, Any]:
        """The limit as events carry it."""
        return {
            "text": self.text,
            "received_at": self.received_at.isoformat(),
            "ground": self.ground,
            "due": self.due.isoformat(),
            "due_at": self.due_at.isoformat(),
            "provisional": self.provisional,
        }

    @classmethod
    def read(cls, said: Facts) -> Limit:
        """The limit that an event carries."""
        return cls(
            said["text"],
            datetime.fromisoformat(said["received_at"]),
            said["ground"],
            date.fromisoformat(said["due"]),
            datetime.fromisoformat(said["due_at"]),
            said["provisional"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Where one case stands.

    Attributes:
        kind: its machine's.
        id: unique within the kind.
        department: who answers for it.
        title: what it is about.
        state: where it stands.
        is_open: whether something is still owed or can still be done.
        opened_at: of its first event.
        changed_at: of its last event.
        profile: version of the city's rules in force when it was opened; they stay its rules.
        events: how many there are.
        limit: until when somebody owes something now; None where nobody does.
        facts: its content, as the noun defines it.
    """

    kind: str
    id: str
    department: str
    title: str
    state: str
    is_open: bool
    opened_at: datetime
    changed_at: datetime
    profile: str
    events: int
    limit: Limit | None
    facts: Facts

    def is_late(self, now: datetime) -> bool:
        """Whether the limit has run out."""
        return self.is_open and self.limit is not None and now >= self.limit.due_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One event of one case.

    Attributes:
        kind, case: which case.
        number: 1, 2, 3 … within the case.
        at: when, aware.
        by: who.
        event: what, one of the machine's.
        state: the state it led to.
        facts: what it carries, for the reader of the trail.
        sets: what it changes in the case: names within ``facts`` of the case, each with its new value.
        title, department: new ones, where the event changes them.
        profile: version of the rules; first event only.
        limit: the limit from now on; ``ends_limit`` where nobody owes anything any more.
    """

    kind: str
    case: str
    number: int
    at: datetime
    by: Person
    event: str
    state: str
    facts: Facts = field(default_factory=dict)
    sets: Facts = field(default_factory=dict)
    title: str | None = None
    department: str | None = None
    profile: str | None = None
    limit: Limit | None = None
    ends_limit: bool = False

    def as_json(self) -> dict[str, Any]:
        """What the event's row keeps beside its columns."""
        kept: dict[str, Any] = {"facts": dict(self.facts), "sets": dict(self.sets)}
        for name in ("title", "department", "profile"):
            if getattr(self, name) is not None:
                kept[name] = getattr(self, name)
        if self.limit is not None:
            kept["limit"] = self.limit.as_json()
        if self.ends_limit:
            kept["ends_limit"] = True
        return kept

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Happening:
        """An event as it is stored."""
        kept = row["facts"]
        return cls(
            kind=row["kind"], case=row["case"], number=row["number"], at=row["at"],
            by=Person(row["actor"], Part(row["part"]), row["department"]),
            event=row["event"], state=row["state"], facts=kept["facts"], sets=kept["sets"],
            title=kept.get("title"), department=kept.get("department"), profile=kept.get("profile"),
            limit=Limit.read(kept["limit"]) if "limit" in kept else None, ends_limit=kept.get("ends_limit", False),
        )  # fmt: skip


def apply(machine: Machine, case: Case | None, event: Happening) -> Case:
    """The case after ``event``.

    Raises:
        InternalFault: the event does not follow on the case.
    """
    if case is None:
        if event.title is None or event.department is None or event.profile is None or event.number != 1:
            raise InternalFault(
                "办件的首个事件缺少标题、部门或规则版本。", "A first event lacks title, department or profile."
            )
        return Case(
            kind=event.kind, id=event.case, department=event.department, title=event.title, state=event.state,
            is_open=machine.is_open(event.state), opened_at=event.at, changed_at=event.at, profile=event.profile,
            events=1, limit=event.limit, facts=dict(event.sets),
        )  # fmt: skip
    if event.number != case.events + 1:
        raise InternalFault("办件事件的顺序有误。", "Events of a case are out of order.")
    ended = not machine.is_open(event.state)
    limit = None if event.ends_limit or ended else event.limit or case.limit
    return replace(
        case,
        state=event.state,
        is_open=not ended,
        changed_at=event.at,
        events=event.number,
        title=event.title or case.title,
        department=event.department or case.department,
        limit=limit,
        facts={**case.facts, **event.sets},
    )


def noted_late(events: list[Happening], due_on: date) -> bool:
    """Whether it is in the trail already that the limit ending on ``due_on`` has run out."""
    return any(one.event == OVERDUE and one.facts.get("due") == due_on.isoformat() for one in events)
