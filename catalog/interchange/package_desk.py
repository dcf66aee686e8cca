"""A district's package is taken in: drafts and changes for the city's check, in one transaction with the receipt.

Partial over entries and whole within each: what is under review, or could not be submitted, is held back with its reason, and the rest
comes in. A package that is wrong as a whole is refused whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.engine import Connection

from catalog.cases import store
from catalog.cases.person import Person
from catalog.cases.store import Change
from catalog.city import City
from catalog.entries.content import document_of
from catalog.entries.desk import EntryOffice, Verdict
from catalog.entries.service import EntryService
from catalog.entries.states import ENTRY
from catalog.interchange.held_back import HeldBack, barred
from catalog.interchange.joined import joined
from catalog.interchange.names import Providers
from catalog.interchange.numbering import Numbering, names_of, numbering_of
from catalog.interchange.package import Package
from catalog.interchange.package_plan import BY_PACKAGE, ReceivePlan, plan_receipt
from catalog.interchange.receipts import RECEIPT, EntryRemark, Receipt, receipt_id
from catalog.interchange.receiving import ReceivedEntries, check_may_take_in
from catalog.model import Resource
from ground.errors import DocumentError

LOOKS = 8
"""How often the city's folder is read to find the changes with which it would not load; a large one takes seconds."""


@dataclass(frozen=True)
class Received:
    """What receiving a package did now.

    Attributes:
        before: when the very same package was received, if it was.
        receipt: what was received, in all.
        drafts: ids of entries that became drafts now, or drafts that were replaced.
        changes: ids of published entries for which a change was asked now, or one of an earlier package given up.
    """

    before: datetime | None
    receipt: Receipt
    drafts: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()

    @property
    def wrote(self) -> bool:
        """Whether anything was written: not where the same package came before and nothing of it can be taken yet."""
        return self.before is None or bool(self.drafts or self.changes)


class PackageDesk:
    """Packages of districts, as they are taken in.

    Args:
        office: what the steps of entries work with.
        city: the catalogue in force.
    """

    def __init__(self, office: EntryOffice, city: City) -> None:
        self._office = office
        self._city = city
        self.providers = Providers(city.departments)

    def plan_receipt(self, package: Package) -> ReceivePlan:
        """What receiving a package would do; nothing is written, and what could not be submitted is not looked for."""
        with self._office.database.begin() as connection:
            return self._plan(connection, package, self._numbering(connection, package))

    def receipt_of(self, package: Package) -> Receipt | None:
        """The receipt of this very package, where nothing of it waits any more; None where it is to be received."""
        with self._office.database.begin() as connection:
            numbering = self._numbering(connection, package)
        return None if numbering.waiting else numbering.known

    def remarks(self, plan: ReceivePlan) -> tuple[EntryRemark, ...]:
        """What the gate says of the entries that a package would bring or change."""
        candidates = [*plan.new, *(one.resource for one in plan.changed if not one.is_in_force)]
        return tuple(
            EntryRemark(one.id, bars, remark.zh, remark.en)
            for one, verdict in self._verdicts(candidates)
            for bars, said in ((True, verdict.refusals), (False, verdict.findings))
            for remark in said
        )

    def receive(self, plan: ReceivePlan, by: Person, now: datetime, *, sent: bool = False, basis: str = "") -> Received:
        """Take a package in: its entries become drafts and changes for the city's check.

        Each entry is taken or held back; what is taken stands in one transaction with the receipt. The very same package again
        does nothing but bring what was held back and can be taken by now, unless a later package spoke of it. Drafts and
        changes are made by whoever receives, and say which package they came by: a city's authority compiles nobody's
        catalogue, but what a district sent it takes in (`catalog.interchange.receiving`). The receipt names the departments
        whose entries came.

        Args:
            plan: what it would do.
            by: who takes it in.
            now: when, aware.
            sent: the district's own platform brings it by the interface, with the key of its authority; the gate's remarks go
                into the receipt. Of a file nobody asks the gate before its entries are submitted.
            basis: the text that moves an entry from one department of the district to another; the district's own filed
                catalogue where none is named.

        Raises:
            Forbidden: the city's authority alone receives a file, a district's authority alone sends its own.
            DocumentError: the package has problems, or the district has sent a later one.
        """
        package = plan.package
        sender = package.content.district if sent else None
        check_may_take_in(by, sender, self._office.organisation)
        with self._office.database.begin() as connection:
            numbering = self._numbering(connection, package)
        known = _known(numbering, sent=sent)
        if known is None:
            plan.check()
        else:
            plan = plan.only(numbering.waiting)
        if plan.changes:
            EntryService(self._office).reconcile(self._city, now)
        remarks = self.remarks(plan) if sent else ()
        held = self._foreseen(plan, now)
        with joined(self._office.database) as database, database.writing() as connection:
            store.take_turn(connection)
            office = replace(self._office, database=database)
            numbering = self._numbering(connection, package)
            known = _known(numbering, sent=sent)
            # Planned anew: another package of the district may have come since, or an officer taken a step.
            plan = self._plan(connection, package, numbering)
            if known is None:
                plan.check()
            else:
                plan = plan.only(numbering.waiting)
            asked = {one.resource.id for one in plan.asked}
            plan = plan.holding([one for one in held if one.entry in asked])
            entries = ReceivedEntries(
                office, office.organisation.district_area(package.content.district), sender=sender
            )
            plan = plan.holding(_against(entries, plan, now))
            if known is not None and not _is_news(plan, known, numbering):
                return Received(known.received_at, known)
            receipt = self._written(connection, plan, known, by, now, remarks)
            self._bring(connection, entries, plan, by, now, basis)
        return Received(
            known.received_at if known else None, receipt, tuple(one.id for one in plan.drafts),
            tuple(one.resource.id for one in plan.changes),
        )  # fmt: skip

    # --- parts ----------------------------------------------------------------------------------------------------

    def _numbering(self, connection: Connection, package: Package) -> Numbering:
        district = package.content.district
        names = names_of(district, self._office.organisation)
        return numbering_of(connection, district, names, package.version, package.digest)

    def _plan(self, connection: Connection, package: Package, numbering: Numbering) -> ReceivePlan:
        district = package.content.district
        known = any(one.id == district for one in self.providers.departments)
        units = self._office.organisation.district_area(district) if known else frozenset()
        plan = plan_receipt(
            package, providers=self.providers, district_units=units, existing=self._city.resources,
            cases=store.find_many(connection, ENTRY, {one.id for one in package.content.resources}),
        )  # fmt: skip
        late = numbering.refusal
        return plan if late is None else replace(plan, problems=(late, *plan.problems))

    def _verdicts(self, candidates: Sequence[Resource]) -> list[tuple[Resource, Verdict]]:
        if not candidates:
            return []
        said = self._office.gate(candidates, [])
        return [
            (one, verdict)
            for one, verdict in zip(candidates, said, strict=True)
            if verdict.refusals or verdict.findings
        ]

    def _foreseen(self, plan: ReceivePlan, now: datetime) -> list[HeldBack]:
        """Which changes could not be submitted; what takes time is done here, before the database is locked."""
        entries = EntryService(self._office)
        held: list[HeldBack] = []
        while plan.asked:
            found = _against(entries, plan, now) or self._unsound([one.resource for one in plan.asked])
            if not found:
                break
            held += found
            plan = plan.holding(found)
        return held

    def _unsound(self, documents: Sequence[Resource]) -> list[HeldBack]:
        """The changes with which the city's catalogue would not load, such as one that takes out an item that a feed names."""
        sound: list[Resource] = []
        held: list[HeldBack] = []
        waiting, looks = [list(documents)], 0
        while waiting:
            some = waiting.pop()
            looks += 1
            try:
                self._office.shelf.check({one.id: document_of(one) for one in (*sound, *some)})
            except DocumentError as fault:
                middle = len(some) // 2
                if middle and looks < LOOKS:
                    waiting += [some[middle:], some[:middle]]
                else:
                    why = tuple(text.partition("\n")[2].strip() or text for text in (fault.zh, fault.en))
                    held += [barred(one.id, [(why[0], why[1])]) for one in some]
            else:
                sound += some
        return held

    def _written(
        self, connection: Connection, plan: ReceivePlan, known: Receipt | None, by: Person, now: datetime,
        remarks: Sequence[EntryRemark],
    ) -> Receipt:  # fmt: skip
        """The receipt, or what came in when its package was sent again."""
        package, district = plan.package, plan.package.content.district
        taken = [*plan.drafts, *(one.resource for one in plan.changes)]
        ids = {one.id for one in taken}
        receipt = Receipt(
            receipt_id(district, package.version, package.digest), district, package.version, package.digest, now,
            tuple(one.id for one in plan.drafts), tuple(one.resource.id for one in plan.changes), len(plan.unchanged),
            tuple(one for one in remarks if one.entry in ids), plan.held_back, plan.unchanged,
        )  # fmt: skip
        case = store.find(connection, RECEIPT, receipt.number)
        change = Change(
            case=case, event="package_received" if known is None else "package_completed", by=by,
            now=max(now, case.changed_at) if case else now, id=receipt.number, title=_name(package), department=district,
            profile=self._office.rules.on(now).version,
            facts={**receipt.as_facts(), "departments": sorted({one.department for one in taken})},
        )  # fmt: skip
        store.happen(connection, RECEIPT, change)
        return known.completed(receipt) if known is not None else receipt

    def _bring(
        self, connection: Connection, entries: ReceivedEntries, plan: ReceivePlan, by: Person, now: datetime, basis: str
    ) -> None:
        """Drafts and changes, in the transaction that ``entries`` works in."""
        package, content = plan.package, plan.package.content
        name = _name(package)
        note = f"{BY_PACKAGE} {name}"
        given_up = [one.resource.id for one in plan.changes if one.gives_up]
        if given_up:
            entries.cancel_change(given_up, by, now, reason=f"{note} 取代此前报送的变更")
        if plan.drafts:
            entries.draft_many(plan.drafts, by, now, origin=f"package {name}")
        if plan.asked:
            unit = self._office.organisation.unit(content.district).name
            entries.request_change(
                [one.resource for one in plan.asked], by, now, cause="data_changed", note=note,
                moving=basis.strip() or f"{unit}报送目录第 {package.version} 版",
            )  # fmt: skip
        said = {one.id: one for one in content.resources}
        entries.hold_back(connection, plan.held_back, said, by, now, package=name)


def _known(numbering: Numbering, *, sent: bool) -> Receipt | None:
    """The receipt of this very package; None where it is to be received, or refused for its number."""
    return numbering.known if numbering.is_latest or sent or numbering.waiting else None


def _is_news(plan: ReceivePlan, known: Receipt, numbering: Numbering) -> bool:
    """Whether anything of what waited can be taken now, or waits for another reason."""
    before = {(one.entry, one.code) for one in known.held_back if one.entry in numbering.waiting}
    return {(one.entry, one.code) for one in plan.held_back} != before


def _against(entries: EntryService, plan: ReceivePlan, now: datetime) -> list[HeldBack]:
    """Which of the changes that a package asks for could not be submitted."""
    given_up = [one.resource.id for one in plan.changes if one.gives_up]
    asked = [one.resource for one in plan.asked]
    if not asked:
        return []
    return [barred(name, why) for name, why in entries.foresee_change(asked, now, without=given_up).items()]


def _name(package: Package) -> str:
    return f"{package.content.district}@{package.version} {package.digest[:12]}"
