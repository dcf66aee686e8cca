"""The use cases of entries in one place, as doors hold them; each stands in the file that answers its question."""

from __future__ import annotations

from catalog.entries.drafting import EntryDrafting


class EntryService(EntryDrafting):
    """Everything that can be done with entries of the catalogue.

    Args:
        office: what the steps work with (`catalog.entries.desk.EntryOffice`).
    """
