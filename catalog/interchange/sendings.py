"""What a district's platform has handed up to the city's, and what it brought back: kept as events, at the district.

A sending has the number of the receipt that the city will give, since both are made of district, version and content: it is
written down before anything leaves, so that a run that is killed is taken up where it was. Of what the city decided, each step
stands in the trail of the entry it is about, and the place up to which was read stands beside them, in one transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from catalog.cases import store
from catalog.cases.machine import Machine, Step
from catalog.cases.model import Case
from catalog.cases.person import HUB, Person
from catalog.cases.store import Change
from catalog.entries.desk import EntryDesk, EntryOffice
from catalog.entries.states import ENTRY
from catalog.interchange.outcomes import CityOutcome
from catalog.interchange.package import Package
from catalog.interchange.receipts import receipt_id

PREPARED, DELIVERED, REFUSED = "prepared", "delivered", "refused"
_BY = "authority of the district"

SENDING = Machine(
    "catalogue_sending",
    ("目录报送", "sending of a catalogue"),
    {
        PREPARED: ("待送达", "to be delivered"),
        DELIVERED: ("市级已接收", "received by the city"),
        REFUSED: ("市级未接收", "refused by the city"),
    },
    frozenset({DELIVERED, REFUSED}),
    (
        Step(
            "package_prepared", (None,), PREPARED, "生成报送包", "package prepared", _BY,
            "version, digest, entries, address of the city's platform",
        ),
        Step(
            "package_unanswered", (PREPARED, REFUSED, DELIVERED), None, "报送未获应答", "the city did not answer", _BY,
            "what was tried",
        ),
        Step(
            "package_delivered", (PREPARED, REFUSED, DELIVERED), DELIVERED, "报送包送达", "package delivered", _BY,
            "receipt of the city",
        ),
        Step(
            "package_refused", (PREPARED, REFUSED, DELIVERED), REFUSED, "市级退回报送包", "package refused by the city",
            _BY, "status and problems, entry by entry",
        ),
    ),
)  # fmt: skip

DOCKING = Machine(
    "docking",
    ("上级平台对接", "docking to the city's platform"),
    {"docked": ("已对接", "docked")},
    frozenset({"docked"}),
    (
        Step(
            "outcomes_read", (None, "docked"), "docked", "取回市级办理结果", "outcomes of the city read", _BY,
            "from which place to which, how many",
        ),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Noted:
    """What came of a page of outcomes.

    Attributes:
        noted: steps written into trails.
        known: steps that stood there already.
        unknown: ids of entries that this platform does not have.
    """

    noted: int
    known: int
    unknown: tuple[str, ...]


class Sendings(EntryDesk):
    """The register of sendings of one home.

    Args:
        office: what the steps of entries work with.
        district: id of the unit in whose name packages are made.
    """

    def __init__(self, office: EntryOffice, district: str) -> None:
        super().__init__(office)
        self._district = district

    def listed(self) -> list[Case]:
        """Every sending, in the order in which they were prepared."""
        with self.office.database.begin() as connection:
            found = store.listed(connection, kind=SENDING.kind)
        return sorted(found, key=lambda one: (one.opened_at, one.id))

    def delivered(self, digest: str) -> Case | None:
        """The sending of this content that the city has, where nothing else was delivered since; None otherwise.

        Content is compared without its version: a catalogue that changed elsewhere has a new one. Of what the city holds some
        entries back from it has not all: the same package is sent again until they are taken in.
        """
        held = [one for one in self.listed() if one.state == DELIVERED]
        if not held:
            return None
        # The parts of one version belong together; the latest of them all says which version the city has. It need not be the
        # greatest: a platform that was rebuilt counts from the beginning.
        newest = int(held[-1].facts["version"])
        return next(
            (
                one
                for one in held
                if one.facts["digest"] == digest
                and int(one.facts["version"]) == newest
                and not one.facts["receipt"].get("held_back")
            ),
            None,
        )

    def prepared(self, package: Package, url: str, by: Person, now: datetime) -> Case:
        """Write down what is about to be sent; a sending that is there already stays as it is."""
        content = package.content
        number = receipt_id(self._district, package.version, package.digest)
        facts = {
            "version": package.version, "digest": package.digest, "entries": len(content.resources),
            "departments": [one.id for one in content.departments], "url": url,
        }  # fmt: skip
        with self.office.database.writing() as connection:
            store.take_turn(connection)
            known = store.find(connection, SENDING, number)
            if known is not None:
                return known
            change = Change(
                case=None, event="package_prepared", by=by, now=now, id=number, facts=facts, sets=facts,
                title=f"{self._district}@{package.version} {package.digest[:12]}", department=self._district,
                profile=self.office.rules.on(now).version,
            )  # fmt: skip
            return store.happen(connection, SENDING, change)

    def happened(self, number: str, event: str, facts: Mapping[str, Any], by: Person, now: datetime) -> Case:
        """Write down what became of a sending: ``package_delivered``, ``package_refused``, ``package_unanswered``."""
        with self.office.database.writing() as connection:
            case = store.get(connection, SENDING, number)
            sets = {"receipt": dict(facts)} if event == "package_delivered" else {}
            change = Change(case=case, event=event, by=by, now=max(now, case.changed_at), facts=dict(facts), sets=sets)
            return store.happen(connection, SENDING, change)

    # --- what comes back ------------------------------------------------------------------------------------------

    def cursor(self) -> int:
        """The place up to which outcomes were read; 0 where none were."""
        with self.office.database.begin() as connection:
            case = store.find(connection, DOCKING, self._district)
        return int(case.facts["next"]) if case is not None else 0

    def note(self, outcomes: Sequence[CityOutcome], since: int, place: int, by: Person, now: datetime) -> Noted:
        """Write a page of outcomes into the trails of their entries, and that it was read; one transaction.

        Args:
            outcomes: the page, in the city's order.
            since: from which place it was asked for.
            place: from which the next page is asked for.
            by: who fetched it; the notes themselves are the hub's.
            now: when, aware.
        """
        with self.office.database.writing() as connection:
            store.take_turn(connection)
            cases = {one.id: one for one in store.find_many(connection, ENTRY, {outcome.entry for outcome in outcomes})}
            unknown = tuple(sorted({one.entry for one in outcomes if one.entry not in cases}))
            fresh = [one for one in outcomes if one.entry in cases and _is_news(one, cases[one.entry])]
            for turn in _in_turns(fresh):
                after = self._happen(connection, [_noted(one, cases[one.entry], now) for one in turn])
                cases |= {one.id: one for one in after}
            done = Noted(len(fresh), len(outcomes) - len(fresh) - sum(o.entry in unknown for o in outcomes), unknown)
            self._read_on(connection, since, place, done, by, now)
        return done

    def _read_on(self, connection: Connection, since: int, place: int, done: Noted, by: Person, now: datetime) -> None:
        case = store.find(connection, DOCKING, self._district)
        if case is not None and int(case.facts["next"]) == place:
            return  # nothing was there, as on most days
        change = Change(
            case=case, event="outcomes_read", by=by, now=max(now, case.changed_at) if case else now,
            facts={"since": since, "next": place, "noted": done.noted, "known": done.known, "unknown": list(done.unknown)},
            sets={"next": place}, id=self._district, title=self._district, department=self._district,
            profile=self.office.rules.on(now).version,
        )  # fmt: skip
        store.happen(connection, DOCKING, change)


def _is_news(one: CityOutcome, case: Case) -> bool:
    """Whether a step is later than the last that was noted: a page that is read again adds nothing."""
    held = case.facts.get("above")
    return held is None or (one.at, one.place) > (datetime.fromisoformat(held["at"]), int(held["place"]))


def _in_turns(outcomes: Sequence[CityOutcome]) -> list[list[CityOutcome]]:
    """The first step of every entry, then the second of those that have two, and on: one write takes one step of each."""
    turns: dict[int, list[CityOutcome]] = defaultdict(list)
    count: dict[str, int] = defaultdict(int)
    for one in outcomes:
        turns[count[one.entry]].append(one)
        count[one.entry] += 1
    return [turns[number] for number in sorted(turns)]


def _noted(one: CityOutcome, case: Case, now: datetime) -> Change:
    said = {
        "place": one.place, "event": one.event, "state": one.state, "at": one.at.isoformat(), "reason": one.reason,
        "document": one.document,
    }  # fmt: skip
    held = case.facts.get("above") or {}
    # The code stays the city's until another is published.
    said |= {name: getattr(one, name) or held.get(name) for name in ("code", "digest")}
    told = {name: value for name, value in said.items() if value is not None}
    return Change(case=case, event="decided_above", by=HUB, now=now, facts=told, sets={"above": said})
