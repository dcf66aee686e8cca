"""Use cases of catalogue tasks: the hub opens them, departments act on them, the authority decides; each step an event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.engine import Connection

from catalog.cases import store
from catalog.cases.model import Case, Happening, Limit
from catalog.cases.person import HUB, Person
from catalog.cases.store import Change
from catalog.model import Resource
from catalog.tasks import policies
from catalog.tasks.model import Opening, Task, TaskRules
from catalog.tasks.permissions import check_may
from catalog.tasks.states import TASK, TaskKind
from policy.calendar import WorkingCalendar
from policy.clock import legal_date
from warehouse.operational import OperationalDatabase

Heard = Callable[[Connection, Sequence[tuple[Case, str]], datetime], None]
"""(the caller's transaction, tasks as they stand with what happened to each, when): who is told of it."""

Governs = Callable[[Person, str], bool]
"""(who acts, a department): whether the department lies in the jurisdiction of who acts."""


def nobody(connection: Connection, happened: Sequence[tuple[Case, str]], now: datetime) -> None:
    """Tells nobody."""


class TaskService:
    """Opens, reads and settles catalogue tasks.

    Args:
        database: where cases are kept.
        calendar: the working-day calendar.
        rules: the rules in force at a moment.
        governs: whether a department lies in somebody's jurisdiction.
        heard: called in the transaction of the events of a person or the hub, with all of them.
    """

    def __init__(
        self,
        database: OperationalDatabase,
        calendar: WorkingCalendar,
        rules: Callable[[datetime], TaskRules],
        governs: Governs,
        heard: Heard = nobody,
    ) -> None:
        self._db = database
        self._calendar = calendar
        self._rules = rules
        self._governs = governs
        self._heard = heard

    def open_all(self, openings: Sequence[Opening], now: datetime, by: Person = HUB) -> list[Task]:
        """Open the tasks that are not open already, all in one transaction; those that were opened."""
        with self._db.writing() as connection:
            return self.open_in(connection, openings, now, by)

    def open_in(
        self, connection: Connection, openings: Sequence[Opening], now: datetime, by: Person = HUB
    ) -> list[Task]:
        """`open_all` in the caller's transaction."""
        store.take_turn(connection)
        there = {(one.kind, one.subject, one.case.department) for one in self._live(connection)}
        fresh = {
            (one.kind, one.subject, one.department): one
            for one in openings
            if (one.kind, one.subject, one.department) not in there
        }
        for department in dict.fromkeys(one.department for one in fresh.values()):
            self._check_may(by, "opened", department)
        limits = {kind: self._limit(kind, now) for kind in {one.kind for one in fresh.values()}}
        changes = [self._opened(one, by, now, limits[one.kind]) for one in fresh.values()]
        return self._written(connection, changes, now)

    def live(self, connection: Connection, kind: TaskKind, department: str, subject: str) -> Task | None:
        """The open task of a kind about a subject, locked."""
        found = [one for one in self._live(connection, department) if (one.kind, one.subject) == (kind, subject)]
        return self._task(connection, found[0].id) if found else None

    def live_all(self, connection: Connection, kind: TaskKind) -> list[Task]:
        """The open tasks of a kind."""
        return [one for one in self._live(connection) if one.kind is kind]

    def ended(self, connection: Connection, kind: TaskKind, department: str | None = None) -> list[Task]:
        """Tasks of a kind that are done or dismissed."""
        found = store.listed(
            connection, kind=TASK.kind, states=TASK.ended, departments=None if department is None else [department]
        )
        return [Task(one) for one in found if one.facts["kind"] == kind]

    def change_in(self, connection: Connection, task: Task, event: str, now: datetime, **more: object) -> Task:
        """An event of the hub on a task, in the caller's transaction; ``more`` are the facts that the task keeps."""
        change = Change(case=task.case, event=event, by=HUB, now=now, facts=more, sets=more)
        return self._written(connection, [change], now)[0]

    def demand(self, content: str, scenario: str, by: Person, now: datetime, *, title_zh: str) -> Task:
        """Ask for data that are in no catalogue; the authority looks at it.

        Args:
            content: what is needed.
            scenario: for which use (Chifeng: 明确应用场景).
            by: of the department that needs them.
            now: when.
            title_zh: the city, for the message where it knows no such demand.

        Raises:
            UserError: the city's rules know no such demand, or something is not stated.
            Forbidden: the operator, who has no data needs of its own.
        """
        rules = self._rules(now)
        policies.check_can_demand(rules, content, scenario, title_zh)
        with self._db.writing() as connection:
            department = by.department or "authority"
            self._check_may(by, "demanded", department)
            facts = {"content": content, "scenario": scenario, "demanded_by": department}
            change = Change(
                case=None, event="demanded", by=by, now=now, facts=facts,
                sets={"kind": TaskKind.DEMAND.value, "subject": content, **facts},
                id="", title=content, department=department, profile=rules.version,
            )  # fmt: skip
            return self._written(connection, [change], now)[0]

    def approve(self, task_id: str, holder: str, by: Person, now: datetime) -> Task:
        """The authority confirms a demand: the department that holds the data adds them to the catalogue in time."""
        with self._db.writing() as connection:
            task = self._task(connection, task_id)
            self._check_may(by, "approved", task.case.department)
            self._check_may(by, "approved", holder)
            TASK.check_can(task.case.state, "approved", task.id)
            change = Change(
                case=task.case, event="approved", by=by, now=now, facts={"holder": holder}, sets={"holder": holder},
                department=holder, limit=self._limit(TaskKind.DEMAND, now),
            )  # fmt: skip
            return self._written(connection, [change], now)[0]

    def refuse(self, task_id: str, reason: str, by: Person, now: datetime) -> Task:
        """The authority does not confirm a demand."""
        return self._step(
            task_id, "refused", by, now, lambda one: policies.check_can_refuse(one, reason), reason=reason
        )

    def take(self, task_id: str, by: Person, now: datetime) -> Task:
        """Its department takes it in hand."""
        return self._step(task_id, "taken", by, now, policies.check_can_take, taken_by=by.id)

    def finish(
        self,
        task_id: str,
        by: Person,
        now: datetime,
        *,
        note: str | None = None,
        entry: str | None = None,
        published: Callable[[str], Resource | None] = lambda _: None,
    ) -> Task:
        """Its department has done it: with a note, or for a demand with the entry that answers it.

        Args:
            published: a published entry by its id.
        """
        return self._step(
            task_id, "done", by, now, lambda one: policies.check_can_finish(one, note, entry, published),
            note=note, entry=entry,
        )  # fmt: skip

    def dismiss(self, task_id: str, reason: str, by: Person, now: datetime) -> Task:
        """Nothing is to be done, for a reason; what was dismissed is not opened again."""
        return self._step(
            task_id, "dismissed", by, now, lambda one: policies.check_can_dismiss(one, reason), reason=reason
        )

    def decide(self, task_id: str, decision: str, reason: str, by: Person, now: datetime) -> Task:
        """The authority says whether a near-duplicate is the same fact.

        ``different`` is remembered and not asked again. ``same`` leaves its department with the duty to register the item
        beside the source, or to drop it.
        """
        return self._step(
            task_id, "decided", by, now, lambda one: policies.check_can_decide(one, decision, reason),
            decision=decision, reason=reason,
        )  # fmt: skip

    def listed(
        self, *, departments: Sequence[str] | None = None, kind: TaskKind | None = None, open_only: bool = False
    ) -> list[Task]:
        """Tasks in the order of their numbers."""
        with self._db.begin() as connection:
            found = store.listed(connection, kind=TASK.kind, departments=departments, open_only=open_only)
        return [Task(one) for one in found if kind is None or one.facts["kind"] == kind]

    def show(self, task_id: str) -> tuple[Task, Sequence[Happening]]:
        """One task and everything that happened to it; NotFound if there is none."""
        with self._db.begin() as connection:
            return self._task(connection, task_id), store.events(connection, TASK.kind, task_id)

    def _step(
        self, task_id: str, event: str, by: Person, now: datetime, allowed: Callable[[Task], None], **sets: object
    ) -> Task:
        with self._db.writing() as connection:
            task = self._task(connection, task_id)
            self._check_may(by, event, task.case.department)
            allowed(task)
            said = {name: value for name, value in sets.items() if value is not None}
            change = Change(case=task.case, event=event, by=by, now=now, facts=said, sets=said)
            return self._written(connection, [change], now)[0]

    def _check_may(self, by: Person, event: str, department: str) -> None:
        check_may(by, event, department, governing=self._governs(by, department))

    def _opened(self, one: Opening, by: Person, now: datetime, limit: Limit) -> Change:
        sets = {"kind": one.kind.value, "subject": one.subject, **one.facts}
        return Change(
            case=None, event="opened", by=by, now=now, facts=one.facts, sets=sets, id="", title=one.title,
            department=one.department, profile=self._rules(now).version, limit=limit,
        )  # fmt: skip

    def _written(self, connection: Connection, changes: Sequence[Change], now: datetime) -> list[Task]:
        """Write changes, new cases under numbers of their own."""
        numbered = list(_numbered(connection, changes, now))
        cases = store.happen_all(connection, TASK, numbered)
        if cases:
            happened = [(case, change.event) for case, change in zip(cases, numbered, strict=True)]
            self._heard(connection, happened, now)
        return [Task(one) for one in cases]

    def _limit(self, kind: TaskKind, now: datetime) -> Limit:
        period, ground = self._rules(now).within[kind]
        return Limit.counted(period, now, ground, self._calendar)

    def _live(self, connection: Connection, department: str | None = None) -> list[Task]:
        departments = None if department is None else [department]
        found = store.listed(connection, kind=TASK.kind, departments=departments, open_only=True)
        return [Task(one) for one in found]

    def _task(self, connection: Connection, task_id: str) -> Task:
        return Task(store.get(connection, TASK, task_id))


def _numbered(connection: Connection, changes: Iterable[Change], now: datetime) -> Iterator[Change]:
    first, given = None, 0
    for change in changes:
        if change.case is not None:
            yield change
            continue
        first = first or store.new_id(connection, TASK, "CT", legal_date(now))
        start, _, number = first.rpartition("-")
        yield replace(change, id=f"{start}-{int(number) + given:04d}")
        given += 1
