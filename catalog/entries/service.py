"""The use cases of entries in one place, as doors hold them; each stands in the file that answers its question."""

from __future__ import annotations

from catalog.entries.publishing import EntryPublishing
from catalog.entries.reading import EntryReading
from catalog.entries.reconciling import EntryReconciling
from catalog.entries.reviewing import EntryReviewing
from catalog.entries.rollup import RollupRow, rollup
from catalog.entries.sifting import EntrySifting
from catalog.entries.timing import EntryTiming


class EntryService(EntrySifting, EntryReviewing, EntryPublishing, EntryReconciling, EntryTiming):
    """Everything that can be done with entries of the catalogue.

    Args:
        office: what the steps work with (`catalog.entries.desk.EntryOffice`).
    """

    @property
    def reading(self) -> EntryReading:
        """Entries as they are read."""
        return EntryReading(self.office.database)

    def rollup(self, authority: str | None = None) -> list[RollupRow]:
        """How far the catalogue is, per unit; of those whose catalogue ``authority`` puts together, if named."""
        return rollup(self.office.database, self.office.organisation, authority=authority)
