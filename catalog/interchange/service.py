"""The use cases of the catalogue in and out, as doors hold them: plan and carry out an import, export, receive a package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from catalog.cases import store
from catalog.cases.model import Case, Happening
from catalog.cases.person import Person
from catalog.cases.store import Change
from catalog.city import City
from catalog.entries.desk import EntryOffice, Verdict
from catalog.entries.held import draft_of
from catalog.entries.service import EntryService
from catalog.entries.states import CHANGING, FIRST
from catalog.interchange.joined import joined
from catalog.interchange.mapping import Mapping, read_mapped
from catalog.interchange.names import Providers, standards
from catalog.interchange.package import Package, ReceivePlan, plan_receipt
from catalog.interchange.plan import ImportPlan, carry_out, import_catalogue
from catalog.interchange.reading import Table, read_table
from catalog.interchange.receipts import (
    RECEIPT,
    EntryRemark,
    Receipt,
    is_latest,
    overtaken,
    receipt_id,
    received_before,
    received_of,
)
from catalog.interchange.receiving import ReceivedEntries, check_may_take_in
from catalog.interchange.systems import KnownSystems
from catalog.interchange.words import Words
from catalog.model import Resource

BY_PACKAGE = "区级报送"
"""How the note of a change begins that a district's package asked for; the name of the package follows."""


@dataclass(frozen=True)
class Why:
    """The cause of changes that an import asks for, as `catalog.entries.changing` takes it."""

    cause: str
    basis: str = ""
    note: str = ""


@dataclass(frozen=True)
class Received:
    """What receiving a package did.

    Attributes:
        before: when the very same package was received, if it is the district's latest; nothing was done then.
        drafts: ids of entries that became drafts, or drafts that were replaced.
        changes: ids of published entries for which a change was asked, or one of an earlier package given up.
        receipt: what was received; of a package that came before, the receipt of that time.
    """

    before: datetime | None
    receipt: Receipt
    drafts: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


class CatalogueExchange:
    """The catalogue in and out.

    Args:
        office: what the steps of entries work with.
        city: the catalogue in force.
        words: coded words, with the city's own.
        asked_for: fields that the city's instrument asks of an entry, in its own words.
    """

    def __init__(self, office: EntryOffice, city: City, words: Words, asked_for: Sequence[str]) -> None:
        self._office = office
        self._city = city
        self._asked_for = tuple(asked_for)
        self.words = words
        self.providers = Providers(city.departments)

    def existing(self) -> tuple[list[Resource], frozenset[str]]:
        """Every entry, published or under way, and the ids of those that were never published."""
        return self._existing(self._office)

    def _existing(self, office: EntryOffice) -> tuple[list[Resource], frozenset[str]]:
        published = {one.id: one for one in self._city.resources}
        cases = EntryService(office).reading.listed(states=FIRST)
        drafts = {one.id: draft_of(one) for one in cases if one.id not in published}
        return [*published.values(), *drafts.values()], frozenset(drafts)

    # --- import ---------------------------------------------------------------------------------------------------

    def read(self, path: Path, *, sheet: str | None = None, mapping: Mapping | None = None) -> Table:
        """The catalogue sheet of a file (`catalog.interchange.reading`)."""
        return read_table(path, sheet=sheet) if mapping is None else read_mapped(path, mapping, sheet=sheet)

    def plan(self, table: Table) -> ImportPlan:
        """What importing a sheet would do; nothing is written."""
        existing, drafts = self.existing()
        return import_catalogue(
            table,
            providers=self.providers,
            words=self.words,
            standards=standards(),
            existing=existing,
            drafts=drafts,
            asked_for=self._asked_for,
            systems=KnownSystems.of(self._city),
        )

    def verdicts(self, plan: ImportPlan) -> list[tuple[Resource, Verdict]]:
        """What the gate says of the entries that are new or would change, those alone of which it says something."""
        return self._verdicts(plan.drafts() + plan.changes())

    def _verdicts(self, candidates: Sequence[Resource]) -> list[tuple[Resource, Verdict]]:
        if not candidates:
            return []
        said = self._office.gate(candidates, [])
        return [
            (one, verdict)
            for one, verdict in zip(candidates, said, strict=True)
            if verdict.refusals or verdict.findings
        ]

    def carry_out(self, plan: ImportPlan, by: Person, now: datetime, *, why: Why | None = None) -> None:
        """Import what was planned: drafts, and changes of published entries where a cause is given; all or nothing.

        Raises:
            DocumentError: something in the sheet is wrong.
            UserError, Forbidden, Conflict: as `EntryService.draft_many` and ``request_change`` raise.
        """
        if plan.secret:
            EntryService(self._office).refuse_secret([{"secret": True}] * plan.secret, by, now)
        carry_out(
            plan, lambda drafts, changes: self._write(drafts, changes, by, now, plan.file, why), update=why is not None
        )

    def _write(
        self,
        drafts: Sequence[Resource],
        changes: Sequence[Resource],
        by: Person,
        now: datetime,
        origin: str,
        why: Why | None,
    ) -> None:
        if changes:
            EntryService(self._office).reconcile(self._city, now)
            if why is not None:
                EntryService(self._office).foresee_change(changes, now)
        with joined(self._office.database) as database:
            entries = EntryService(replace(self._office, database=database))
            _bring(entries, drafts, changes, by, now, origin, why)

    # --- packages of districts ------------------------------------------------------------------------------------

    def plan_receipt(self, package: Package) -> ReceivePlan:
        """What receiving a package would do; nothing is written."""
        with self._office.database.begin() as connection:
            return self._plan_receipt(package, self._office, received_of(connection, package.content.district))

    def _plan_receipt(self, package: Package, office: EntryOffice, received: Sequence[Happening]) -> ReceivePlan:
        district = package.content.district
        known = any(one.id == district for one in self.providers.departments)
        units = self._office.organisation.district_area(district) if known else frozenset()
        existing, drafts = self._existing(office)
        changing = EntryService(office).reading.listed(states=CHANGING)
        plan = plan_receipt(
            package, providers=self.providers, district_units=units, existing=existing, drafts=drafts,
            under_way={one.id: draft_of(one) for one in changing if _came_from(district, one)},
        )  # fmt: skip
        late = overtaken(received, package.version, package.digest)
        return plan if late is None else replace(plan, problems=(late, *plan.problems))

    def receipt_of(self, package: Package) -> Receipt | None:
        """The receipt of this very package; None where it never came."""
        with self._office.database.begin() as connection:
            received = received_of(connection, package.content.district)
        return received_before(received, package.version, package.digest)

    def remarks(self, plan: ReceivePlan) -> tuple[EntryRemark, ...]:
        """What the gate says of the entries that a package would bring or change."""
        candidates = [*plan.new, *(one.resource for one in plan.changed if not one.is_in_force)]
        return tuple(
            EntryRemark(one.id, bars, remark.zh, remark.en)
            for one, verdict in self._verdicts(candidates)
            for bars, said in ((True, verdict.refusals), (False, verdict.findings))
            for remark in said
        )

    def receive(
        self, plan: ReceivePlan, by: Person, now: datetime, *, sent: bool = False,
        remarks: Sequence[EntryRemark] = (),
    ) -> Received:  # fmt: skip
        """Take a package in: its entries become drafts and changes for the city's check; the latest package does nothing twice.

        Drafts and changes are made by whoever receives, and say which package they came by: a city's authority compiles
        nobody's catalogue, but what a district sent it takes in (`catalog.interchange.receiving`). The receipt names the
        departments whose entries came. All in one transaction.

        Args:
            plan: what it would do.
            by: who takes it in.
            now: when, aware.
            sent: the district's own platform brings it by the interface, with the key of its authority.
            remarks: what the gate said (`remarks`), for the receipt; of a file nobody asks before its entries are submitted.

        Raises:
            Forbidden: the city's authority alone receives a file, a district's authority alone sends its own.
            DocumentError: the package has problems, or the district has sent a later one.
        """
        package = plan.package
        district, version, digest = package.content.district, package.version, package.digest
        sender = district if sent else None
        check_may_take_in(by, sender, self._office.organisation)
        plan.check()
        if any(not one.is_draft for one in plan.changed):
            EntryService(self._office).reconcile(self._city, now)
            asked = [one.resource for one in plan.changed if not one.is_draft and not one.is_in_force]
            given_up = [one.resource.id for one in plan.changed if not one.is_draft and one.gives_up]
            EntryService(self._office).foresee_change(asked, now, without=given_up)
        with joined(self._office.database) as database, database.writing() as connection:
            store.take_turn(connection)
            office = replace(self._office, database=database)
            received = received_of(connection, district)
            if is_latest(received, version, digest):
                return Received(received[-1].at, Receipt.read(received[-1]))
            # Planned anew: another package of the district may have come since.
            plan = self._plan_receipt(package, office, received)
            plan.check()
            drafts = [*plan.new, *(one.resource for one in plan.changed if one.is_draft)]
            changed = [one for one in plan.changed if not one.is_draft]
            name = f"{district}@{version} {digest[:12]}"
            taken = {one.id for one in drafts} | {one.resource.id for one in changed}
            receipt = Receipt(
                receipt_id(district, version, digest), district, version, digest, now, tuple(one.id for one in drafts),
                tuple(one.resource.id for one in changed), len(plan.unchanged),
                tuple(one for one in remarks if one.entry in taken),
            )  # fmt: skip
            change = Change(
                case=None, event="package_received", by=by, now=now, id=receipt.number, title=name,
                department=district, profile=self._office.rules.on(now).version,
                facts={
                    **receipt.as_facts(),
                    "departments": sorted({one.department for one in (*drafts, *(one.resource for one in changed))}),
                },
            )  # fmt: skip
            store.happen(connection, RECEIPT, change)
            entries = ReceivedEntries(office, self._office.organisation.district_area(district), sender=sender)
            note = f"{BY_PACKAGE} {name}"
            given_up = [one.resource.id for one in changed if one.gives_up]
            if given_up:
                entries.cancel_change(given_up, by, now, reason=f"{note} 取代此前报送的变更")
            changes = [one.resource for one in changed if not one.is_in_force]
            _bring(entries, drafts, changes, by, now, f"package {name}", Why("data_changed", note=note))
        return Received(None, receipt, receipt.drafts, receipt.changes)


def _came_from(district: str, case: Case) -> bool:
    """Whether the change under way of an entry was asked for by a package of this district."""
    return str((case.facts.get("change") or {}).get("note", "")).startswith(f"{BY_PACKAGE} {district}@")


def _bring(
    entries: EntryService, drafts: Sequence[Resource], changes: Sequence[Resource], by: Person, now: datetime,
    origin: str, why: Why | None,
) -> None:  # fmt: skip
    """Drafts, then changes, in the transaction that ``entries`` works in."""
    if drafts:
        entries.draft_many(drafts, by, now, origin=origin)
    if changes and why is not None:
        entries.request_change(changes, by, now, cause=why.cause, basis=why.basis, note=why.note or origin)
