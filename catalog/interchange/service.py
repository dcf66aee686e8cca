"""The use cases of the catalogue in and out, as doors hold them: plan and carry out an import; receive a package (`PackageDesk`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from catalog.cases.person import Person
from catalog.city import City
from catalog.entries.desk import EntryOffice, Verdict
from catalog.entries.held import draft_of
from catalog.entries.service import EntryService
from catalog.entries.states import FIRST
from catalog.interchange.joined import joined
from catalog.interchange.mapping import Mapping, read_mapped
from catalog.interchange.names import standards
from catalog.interchange.package_desk import PackageDesk
from catalog.interchange.plan import ImportPlan, carry_out, import_catalogue
from catalog.interchange.reading import Table, read_table
from catalog.interchange.systems import KnownSystems
from catalog.interchange.words import Words
from catalog.model import Resource


@dataclass(frozen=True)
class Why:
    """The cause of changes that an import asks for, as `catalog.entries.changing` takes it."""

    cause: str
    basis: str = ""
    note: str = ""


class CatalogueExchange(PackageDesk):
    """The catalogue in and out.

    Args:
        office: what the steps of entries work with.
        city: the catalogue in force.
        words: coded words, with the city's own.
        asked_for: fields that the city's instrument asks of an entry, in its own words.
    """

    def __init__(self, office: EntryOffice, city: City, words: Words, asked_for: Sequence[str]) -> None:
        super().__init__(office, city)
        self._asked_for = tuple(asked_for)
        self.words = words

    def existing(self) -> tuple[list[Resource], frozenset[str]]:
        """Every entry, published or under way, and the ids of those that were never published."""
        published = {one.id: one for one in self._city.resources}
        cases = EntryService(self._office).reading.listed(states=FIRST)
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


def _bring(
    entries: EntryService, drafts: Sequence[Resource], changes: Sequence[Resource], by: Person, now: datetime,
    origin: str, why: Why | None,
) -> None:  # fmt: skip
    """Drafts, then changes, in the transaction that ``entries`` works in."""
    if drafts:
        entries.draft_many(drafts, by, now, origin=origin)
    if changes and why is not None:
        entries.request_change(changes, by, now, cause=why.cause, basis=why.basis, note=why.note or origin)
