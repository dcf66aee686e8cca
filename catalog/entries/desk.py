"""What every step of an entry needs, and how cases are read for it: the ground under the use cases."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Protocol

from sqlalchemy.engine import Connection

from catalog.cases import store
from catalog.cases.model import Case, Facts
from catalog.cases.person import Person
from catalog.cases.store import Change
from catalog.entries.codes import reasons_against_codes
from catalog.entries.files import Shelf
from catalog.entries.held import draft_of, fields_changed, in_force
from catalog.entries.permissions import check_may, is_of_district, may
from catalog.entries.policies import Reason
from catalog.entries.rules import EntryRules, RuleVersions
from catalog.entries.states import CHANGE_REVIEWED, ENTRY, IN_REVIEW, REVIEWED
from catalog.model import Resource
from catalog.norms import Norms
from catalog.organisation import Organisation
from ground.errors import Conflict, NotFound
from policy.calendar import WorkingCalendar
from warehouse.operational import OperationalDatabase


class Remark(Protocol):
    """Something the gate says of an entry."""

    @property
    def zh(self) -> str:
        """In Chinese: what was found, and what to do."""

    @property
    def en(self) -> str:
        """The same in English."""


class Verdict(Protocol):
    """What the gate says of one entry: what bars it, and what the authority should look at."""

    @property
    def refusals(self) -> Sequence[Remark]:
        """Each of them bars the entry."""

    @property
    def findings(self) -> Sequence[Remark]:
        """Each goes to the authority."""


Gate = Callable[[Sequence[Resource], Sequence[Resource]], Sequence[Verdict]]
"""(candidates, entries under review that are not published yet) -> the verdict on each candidate, in their order.

Candidates are held against what is published, against those under review, and against one another.
"""


def open_gate(candidates: Sequence[Resource], under_review: Sequence[Resource]) -> Sequence[Verdict]:  # noqa: ARG001
    """A gate that bars nothing: for whoever has none."""
    return [Passed() for _ in candidates]


@dataclass(frozen=True, slots=True)
class Passed:
    """A verdict without a remark."""

    refusals: tuple[Remark, ...] = ()
    findings: tuple[Remark, ...] = ()


def nobody_asks(department: str, today: date) -> None:
    """No standing is asked of departments."""


Asks = Callable[[Connection, Mapping[str, Sequence[Remark]], Collection[str], datetime], object]
"""(transaction, entries put forward with what the gate found of each, entries that are gone, when): puts to the authority what
it has to decide, and settles what nobody asks any more."""


def asks_nobody(
    connection: Connection, found: Mapping[str, Sequence[Remark]], gone: Collection[str], now: datetime
) -> None:
    """Nobody is asked: for whoever has no tasks."""


Heard = Callable[[Connection, Sequence[Change], Sequence[Case]], object]
"""(transaction, steps, entries as they stand after them): tells whoever has to know."""


def tells_nobody(connection: Connection, changes: Sequence[Change], after: Sequence[Case]) -> None:
    """Nobody is told: for whoever sends no notices."""


def nothing_uses(entry: str) -> Sequence[tuple[str, str]]:  # noqa: ARG001
    """Nothing uses an entry."""
    return ()


@dataclass(frozen=True)
class EntryOffice:
    """What the steps of entries work with.

    Attributes:
        database: where cases are kept.
        organisation: the units of the city.
        rules: the city's rules by moment and by version.
        calendar: the working-day calendar.
        shelf: where published documents stand.
        gate: what an entry is held against when it is submitted and reviewed, where there is one for all moments.
        gates: the gate under the rules that hold at a moment; goes before ``gate``.
        check_standing: raises where a unit lacks what the city asks of it before anything is published for it, such as a
            registered data steward; asked only where the rules ask for it.
        uses: what still uses a published entry, in Chinese and English (a feed, the register, a theme).
        norms: the norms in force; that of compilation says what an entry must state.
        asks: puts what the gate found to the authority, in the transaction of the step.
        heard: told of every step, in its transaction.
    """

    database: OperationalDatabase
    organisation: Organisation
    rules: RuleVersions
    calendar: WorkingCalendar
    shelf: Shelf
    gate: Gate = open_gate
    gates: Callable[[datetime], Gate] | None = None
    check_standing: Callable[[str, date], None] = nobody_asks
    uses: Callable[[str], Sequence[tuple[str, str]]] = nothing_uses
    norms: Norms = field(default_factory=Norms.standard)
    asks: Asks = asks_nobody
    heard: Heard = tells_nobody

    def gate_on(self, now: datetime) -> Gate:
        """The gate under the rules that hold at ``now``."""
        return self.gate if self.gates is None else self.gates(now)


@dataclass
class EntryDesk:
    """Base of the use cases: reads cases under a lock, asks who may, writes what happens."""

    office: EntryOffice
    _may: set[tuple[Person, str, str]] = field(default_factory=set, repr=False)

    def may(self, person: Person, event: str, department: str) -> bool:
        """Whether ``person`` may take the step ``event`` of an entry of ``department``."""
        return may(person, event, department, self.office.organisation)

    def _read(self, connection: Connection, ids: Iterable[str]) -> list[Case]:
        """The cases of these ids, locked, in the order of ids.

        Raises:
            NotFound: names every id that there is no entry of.
        """
        wanted = list(dict.fromkeys(ids))
        found = {one.id: one for one in store.find_many(connection, ENTRY, wanted)}
        missing = [one for one in wanted if one not in found]
        if missing:
            shown, more = missing[:10], len(missing) - 10
            raise NotFound(
                f"没有这些目录条目：{'、'.join(shown)}{f' 等，另有 {more} 个' if more > 0 else ''}。请核对编号。",
                f"There are no such entries: {', '.join(shown)}{f' and {more} more' if more > 0 else ''}; check the ids.",
            )
        return [found[one] for one in wanted]

    def _check_may(self, person: Person, event: str, department: str) -> None:
        """`check_may`, once for each department of a batch."""
        key = (person, event, department)
        if key not in self._may:
            check_may(person, event, department, self.office.organisation)
            self._may.add(key)

    def _check_steps(self, cases: Iterable[Case], event: str, person: Person) -> None:
        """``event`` is a step from where each case stands, and this person may take it."""
        for case in cases:
            ENTRY.check_can(case.state, event, case.id)
            self._check_may(person, event, case.department)

    def _foresee(self, ids: Sequence[str], now: datetime) -> None:
        """Ask the gate before the database is locked: under the lock it answers from memory where nothing has moved."""
        with self.office.database.begin() as connection:
            drafts = [draft_of(one) for one in self._read(connection, ids) if one.facts.get("draft") is not None]
            others = self._under_review(connection, ids)
        self.office.gate_on(now)(drafts, others)

    def _check_unmoved(self, before: Sequence[Case], now: Sequence[Case]) -> None:
        """What was read before the lock is what stands under it.

        Raises:
            Conflict: somebody took a step meanwhile.
        """
        moved = [one.id for one, other in zip(before, now, strict=True) if one.events != other.events]
        if moved:
            shown = moved[:10]
            raise Conflict(
                f"办理期间条目已有变动：{'、'.join(shown)}。未作任何更改，请查看后重新办理。",
                f"Entries moved on meanwhile: {', '.join(shown)}. Nothing was changed; look at them, then try again.",
            )

    def goes_to_city(self, case: Case) -> bool:
        """Whether the city checks this entry after its district (Wuhan 10)."""
        return self._rules_of(case).two_levels and is_of_district(case.department, self.office.organisation)

    def _rules_of(self, case: Case) -> EntryRules:
        """The rules under which what is under way was filed."""
        return self.office.rules.named(case.facts.get("rules") or case.profile)

    def _happen(self, connection: Connection, changes: Sequence[Change]) -> list[Case]:
        """Write what happens. Who asked before another process wrote, and comes after it, happens after it."""
        written = [_not_before(one) for one in changes]
        after = store.happen_all(connection, ENTRY, written)
        self.office.heard(connection, written, after)
        return after

    def _ask(self, connection: Connection, cases: Sequence[Case], verdicts: Sequence[Verdict], now: datetime) -> None:
        """Put what the gate found of these entries to the authority."""
        found = {case.id: verdict.findings for case, verdict in zip(cases, verdicts, strict=True)}
        self.office.asks(connection, found, (), now)

    def _codes_taken(self, connection: Connection, cases: Iterable[Case]) -> list[tuple[str, Reason]]:
        """Why drafts cannot have the codes they state: another entry has them."""
        return reasons_against_codes(connection, [(one.id, one.facts["draft"]) for one in cases])

    def _under_review(self, connection: Connection, without: Iterable[str]) -> list[Resource]:
        """What is under review or reviewed and not published yet, first entries and changes alike, but for those named."""
        own = set(without)
        waiting = store.listed(connection, kind=ENTRY.kind, states=(*IN_REVIEW, REVIEWED, CHANGE_REVIEWED))
        return [draft_of(one) for one in waiting if one.id not in own]


def _not_before(change: Change) -> Change:
    last = change.case.changed_at if change.case is not None else change.now
    return replace(change, now=last) if last > change.now else change


def attribute_changes(
    before: Sequence[Facts | None], after: Sequence[Case], by: Person, now: datetime, attribute: str
) -> list[Change]:
    """The events ``sharing_changed`` or ``opening_changed`` of those cases whose document in force says another thing now.

    Args:
        before: facts of each case before the step; None where nothing was in force.
        after: the cases after it, in the same order.
        attribute: ``sharing`` or ``opening``.
    """
    found = []
    for old_facts, case in zip(before, after, strict=True):
        old = in_force(old_facts) if old_facts is not None else None
        new = in_force(case.facts)
        if old is None or new is None or old[attribute] == new[attribute]:
            continue
        fields = [one for one in fields_changed(old, new) if str(one["field"]).startswith(f"{attribute}.")]
        if not fields:
            continue
        facts = {"old": old[attribute]["class"], "new": new[attribute]["class"], "fields": fields}
        found.append(Change(case=case, event=f"{attribute}_changed", by=by, now=now, facts=facts))
    return found
