"""What importing a catalogue sheet would do, before anything is done: what is new, what would change, what stands in the way.

Whether an entry may be listed at all is the gate's to say (`catalog.gate`); its verdicts are shown beside the plan.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from catalog.entries.content import Difference, differences, meaning_of
from catalog.interchange.columns import bare
from catalog.interchange.entries import Known, ReadEntry, read_entries
from catalog.interchange.faults import Fault, refusal
from catalog.interchange.names import Providers, Standards
from catalog.interchange.reading import Table
from catalog.interchange.systems import KnownSystems
from catalog.interchange.words import Words
from catalog.model import Resource

ALIKE = 88
"""Likeness of two titles, of 100, from which somebody should look whether they are one resource."""


@dataclass(frozen=True)
class ChangedEntry:
    """An entry that is there and would say something else.

    Attributes:
        entry: what the sheet says.
        before: the entry as it stands.
        fields: what differs, field by field.
        is_draft: it was never published, so that the sheet simply takes its place.
    """

    entry: ReadEntry
    before: Resource
    fields: tuple[Difference, ...]
    is_draft: bool


@dataclass(frozen=True)
class Alike:
    """Two resources of one department whose titles are nearly the same.

    Attributes:
        row: row of the new one.
        title: of the new one.
        other: id of the other, which is there or stands in the sheet.
        other_title: its title.
    """

    row: int
    title: str
    other: str
    other_title: str


@dataclass(frozen=True)
class ImportPlan:
    """What an import would do.

    Attributes:
        file, sheet: where it comes from.
        new: entries that are not there yet.
        changed: entries that are there and differ; written only where changes are asked for, drafts always.
        unchanged: ids of entries that say the same already.
        faults: what stands in the way, by row; nothing is imported while there is one.
        warnings: what should be looked at, by row.
        alike: titles that are nearly the same.
        notes: sheets and columns that were passed over.
        secret: rows that say that they are state secrets; those are faults, too.
    """

    file: str
    sheet: str | None
    new: tuple[ReadEntry, ...]
    changed: tuple[ChangedEntry, ...]
    unchanged: tuple[str, ...]
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    alike: tuple[Alike, ...]
    notes: tuple[tuple[str, str], ...]
    secret: int

    def check(self) -> None:
        """Nothing stands in the way.

        Raises:
            DocumentError: something does; every fault with its place, the first of them in full.
        """
        if self.faults:
            raise refusal(self.file, self.sheet, self.faults)

    def drafts(self) -> list[Resource]:
        """What becomes a draft: new entries, and drafts that the sheet replaces."""
        return [one.resource for one in self.new] + [one.entry.resource for one in self.changed if one.is_draft]

    def changes(self) -> list[Resource]:
        """What becomes a change of a published entry."""
        return [one.entry.resource for one in self.changed if not one.is_draft]


def import_catalogue(
    table: Table,
    *,
    providers: Providers,
    words: Words,
    standards: Standards,
    existing: Sequence[Resource],
    drafts: Iterable[str] = (),
    asked_for: Iterable[str] = (),
    systems: KnownSystems | None = None,
) -> ImportPlan:
    """Plan the import of a sheet; nothing is written.

    Args:
        table: the sheet.
        providers: the departments that are registered.
        words: coded words, the city's own among them.
        standards: data elements and code lists.
        existing: every entry that is there, published or not.
        drafts: ids of those that were never published.
        asked_for: fields that the city's instrument asks for, in its own words.
        systems: the information systems that are registered; None takes every name.
    """
    known = Known(tuple(existing))
    read = read_entries(
        table, providers=providers, words=words, standards=standards, existing=known, asked_for=asked_for,
        systems=systems,
    )  # fmt: skip
    unpublished = frozenset(drafts)
    new: list[ReadEntry] = []
    changed: list[ChangedEntry] = []
    unchanged: list[str] = []
    for entry in read.entries:
        before = known.by_id.get(entry.resource.id)
        if before is None:
            new.append(entry)
            continue
        old, said = meaning_of(before), meaning_of(entry.resource)
        if old == said:
            unchanged.append(before.id)
        else:
            changed.append(ChangedEntry(entry, before, tuple(differences(old, said)), before.id in unpublished))
    return ImportPlan(
        table.file, table.sheet, tuple(new), tuple(changed), tuple(unchanged),
        tuple(one for one in read.faults if not one.is_warning), tuple(one for one in read.faults if one.is_warning),
        tuple(alike(new, existing)), table.notes, read.secret,
    )  # fmt: skip


def alike(new: Sequence[ReadEntry], existing: Sequence[Resource]) -> Iterable[Alike]:
    """New entries whose title is nearly that of another entry of the same department, each with the nearest."""
    held: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for one in existing:
        held[one.department].append((one.id, one.title))
    for entry in new:
        resource = entry.resource
        others = held[resource.department]
        found = process.extractOne(
            bare(resource.title), [bare(title) for _, title in others], scorer=fuzz.ratio, score_cutoff=ALIKE
        )
        if found is not None:
            name, title = others[found[2]]
            yield Alike(entry.row, resource.title, name, title)
        others.append((resource.id, resource.title))


Write = Callable[[Sequence[Resource], Sequence[Resource]], None]
"""(drafts, changes of published entries) -> written, all of them in one transaction or none."""


def carry_out(plan: ImportPlan, write: Write, *, update: bool) -> None:
    """Import what was planned, whole or not at all.

    Args:
        plan: what is to be done.
        write: writes drafts and changes in one transaction.
        update: published entries that differ become changes; otherwise they stay as they are.

    Raises:
        DocumentError: something in the sheet is wrong.
    """
    plan.check()
    drafts, changes = plan.drafts(), plan.changes() if update else []
    if drafts or changes:
        write(drafts, changes)
