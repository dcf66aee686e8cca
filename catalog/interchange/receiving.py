"""Entries as the city's authority takes them in from a district: drafted and changed by whoever receives, for that district alone.

Who compiles a part of the catalogue drafts it (Wuhan 10), so that nobody else may, the city's authority neither. What a district
sent its own authority has compiled: taking it in is the step of whoever receives, and this is the one place where it exists.
"""

from __future__ import annotations

from collections.abc import Collection

from catalog.cases.person import Person
from catalog.entries.desk import EntryOffice
from catalog.entries.service import EntryService
from catalog.interchange.receipts import check_may_receive

TAKEN_IN = frozenset({"drafted", "redrafted", "change_requested", "change_cancelled"})
"""The steps of an entry that receiving a package takes."""


class ReceivedEntries(EntryService):
    """The use cases of entries for whoever receives a district's package.

    Args:
        office: what the steps work with.
        area: ids of the units whose catalogue the district compiles (`catalog.organisation.Organisation.district_area`).
    """

    def __init__(self, office: EntryOffice, area: Collection[str]) -> None:
        super().__init__(office)
        self._area = frozenset(area)

    def _check_may(self, person: Person, event: str, department: str) -> None:
        if event in TAKEN_IN and department in self._area:
            check_may_receive(person, self.office.organisation)
        else:
            super()._check_may(person, event, department)
