"""What is a correction, what is a use of the old value, and who receives word of it?

A correction is counted, not listed: one row for a ticket, an item, a kind of repair and a pair of batches, with the number of
keys. The keys stand where the proofs are (lake table ``quality.repair``) and are read from there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from quality.repairs import Repair

WHOLE_RECORD = ""
"""The item of a correction that is about a record and not about one of its values."""
UNKNOWN = "unknown:"
"""How a receiver is written whom nobody knows: a name in the ledger without an account, a key or a department."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Values of one item that one publication put right.

    Attributes:
        seq: place of its first key in the feed; the next correction begins ``records`` further on.
        publication, snapshot: what readers see it from.
        ticket: the ticket whose findings are gone.
        department: the owner of the resource.
        resource, item, rule: what was wrong; the item is empty where the whole record was.
        kind: what put it right.
        batch_before, batch_after: the batch of the old row and the batch that is the proof; empty where there was no row.
        records: how many.
        alone: no other ticket has findings of the same resource, rule, item, kind and batches in this publication, so that
            its keys can be told without asking the ticket.
        wrong_from: the first published snapshot that may have held an old value.
        repaired_at: when it was published.
    """

    seq: int
    publication: int
    snapshot: int
    ticket: str
    department: str
    resource: str
    item: str
    rule: str
    kind: Repair
    batch_before: str
    batch_after: str
    records: int
    alone: bool
    wrong_from: int
    repaired_at: datetime

    @property
    def scope(self) -> str:
        """The item whose users are told; `WHOLE_RECORD` where the record came, went or was put under another key."""
        return self.item if self.kind in (Repair.CHANGED, Repair.OTHER_SIDE) else WHOLE_RECORD


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Uses of the same content by the same user, from the ledger.

    Attributes:
        user: as the ledger names it.
        grant: id of the grant, where there was one.
        tables: names of the served tables that were read, in small letters.
        resource, item: what was read where no table is named.
        finding: the one record that was looked at.
        seen_from, seen_until: the first and the last published snapshot that was read.
        first_entry, last_entry: numbers of the first and last entry.
        times: how many entries.
    """

    user: str
    grant: str | None = None
    tables: frozenset[str] = frozenset()
    resource: str | None = None
    item: str | None = None
    finding: str | None = None
    seen_from: int
    seen_until: int
    first_entry: int
    last_entry: int
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRelease:
    """A release as its manifest tells it.

    Attributes:
        id: ``<slug>/<snapshot>``.
        document: id of its document; of its releases the newest stands for it.
        department: who published it.
        library, columns: what it was made from; no columns: the manifest does not say, so any.
        snapshot: from which published snapshot.
    """

    id: str
    document: str
    department: str
    library: str
    columns: frozenset[str]
    snapshot: int


@dataclass(frozen=True, slots=True)
class Places:
    """Where a value of an item is served: names of tables, and library -> its columns that take it (None: any)."""

    tables: frozenset[str]
    columns: dict[str, frozenset[str] | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Somebody who used old values of one ticket, and by what it is known.

    Attributes:
        publication, ticket: the corrections it is told of.
        receiver: ``person:…``, ``key:…``, ``department:…``, or ``unknown:<name in the ledger>``.
        via: ``release:<id>`` for what was published, ``grant:<id>`` for what was granted, otherwise empty.
        user: as the ledger names it; empty for a release.
        uses, first_entry, last_entry: entries of the ledger; None for a release.
        snapshot: of the release; None otherwise.
        told_at: when the notice was queued; None where there is nobody to tell.
        acknowledged_at, acknowledged_by: when the receiver said so.
    """

    publication: int
    ticket: str
    receiver: str
    via: str = ""
    user: str = ""
    uses: int = 0
    first_entry: int | None = None
    last_entry: int | None = None
    snapshot: int | None = None
    told_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None

    @property
    def known(self) -> bool:
        """Whether there is somebody to tell."""
        return not self.receiver.startswith(UNKNOWN)
