"""Corrections as the doors use them: the feed for machines, the list with who was told, what is published still wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from exchange.corrections import feed, store
from exchange.corrections.feed import FeedPage, FeedRow
from exchange.corrections.model import Correction, HeldRelease, Receiver
from exchange.corrections.policies import still_holds
from ground.errors import NotFound, UserError
from ledger.entry import Kind, Use
from ledger.service import Ledger
from notices.model import to_department
from quality.tickets.permissions import Actor
from warehouse.lake import Lake
from warehouse.operational import OperationalDatabase
from warehouse.publication import PublishedPointer

MOST = 1000
"""Rows of one page of the feed."""


@dataclass(frozen=True, slots=True)
class Shared:
    """The corrections of one ticket in one publication, and who was told.

    Attributes:
        publication, ticket, resource, repaired_at: what was put right, and when.
        corrections: by item, kind and batches.
        receivers: everyone whose use of an old value is known.
        outdated: releases among them that the public still has with old values.
    """

    publication: int
    ticket: str
    resource: str
    repaired_at: datetime
    corrections: list[Correction]
    receivers: list[Receiver]
    outdated: list[str]

    @property
    def records(self) -> int:
        """How many records were put right."""
        return sum(one.records for one in self.corrections)


class CorrectionService:
    """Tells of corrections.

    Args:
        db, lake, pointer, ledger: where things are kept.
        releases: what is published.
        ground: on what it rests, at a moment, that corrected data is shared again: the ledger keeps it.
    """

    def __init__(
        self,
        db: OperationalDatabase,
        lake: Lake,
        pointer: PublishedPointer,
        ledger: Ledger,
        releases: Callable[[], Sequence[HeldRelease]],
        *,
        ground: Callable[[datetime], str],
    ) -> None:
        self._db = db
        self._lake = lake
        self._pointer = pointer
        self._ledger = ledger
        self._releases = releases
        self._ground = ground

    def feed(self, after: int, limit: int, actor: Actor, now: datetime) -> FeedPage:
        """What was put right behind a place of the feed; the use is in the ledger before any row is.

        A key stands in clear for the department that owns the resource and for those who are told of the correction
        because they used the old value; everybody else gets the fingerprint.

        Args:
            after: the last place that the asker has; 0 from the beginning.
            limit: most rows, at most `MOST`.
            actor: who asks.
            now: when.

        Raises:
            UserError: the place or the limit is no such number.
            Unavailable: the ledger cannot be written.
        """
        if after < 0 or not 1 <= limit <= MOST:
            raise UserError(
                f"after 应不小于 0，limit 应在 1 至 {MOST} 之间。",
                f"after must be 0 or more, limit from 1 to {MOST}.",
                where="after/limit",
            )
        use = Use(
            kind=Kind.SHARE,
            user=f"{actor.name} ({actor.id})",
            purpose="接收更正 receive corrections",
            approver=self._ground(now),
            content={"corrections": "feed", "after": after, "limit": limit},
            mode="接口 interface",
            medium="网络 network",
        )
        return self._ledger.serve(use, now, lambda: self._page(after, limit, actor), rows=lambda page: len(page.rows))

    def shared(self, *, ticket: str | None = None, outdated: bool = False, limit: int = 100) -> list[Shared]:
        """What was shared again, the newest first; no keys.

        Args:
            ticket: only of this one.
            outdated: only where a release still holds old values.
            limit: tickets at most.
        """
        with self._db.begin() as connection:
            found = store.corrections(connection, ticket, tickets=None if outdated else limit)
            groups: dict[tuple[int, str], list[Correction]] = {}
            for one in found:
                groups.setdefault((one.publication, one.ticket), []).append(one)
            told: dict[tuple[int, str], list[Receiver]] = {}
            publications = None if outdated else {publication for publication, _ in groups}
            for who in store.receivers(connection, ticket=ticket, publications=publications):
                told.setdefault((who.publication, who.ticket), []).append(who)
        standing = (
            self._releases() if any(one.via.startswith("release:") for some in told.values() for one in some) else []
        )
        shared = [self._shared(name, group, told.get(name, []), standing) for name, group in groups.items()]
        return [one for one in shared if one.outdated or not outdated][:limit]

    def of_ticket(self, ticket: str) -> list[Shared]:
        """What was shared again of one ticket, the newest first.

        Raises:
            NotFound: nothing was.
        """
        found = self.shared(ticket=ticket)
        if not found:
            raise NotFound(
                "该工单没有更正可共享，请检查编号（shuyuan correction list）。",
                "No correction of this ticket was shared; check its id with shuyuan correction list.",
                where=ticket,
            )
        return found

    def keys(self, shared: Shared, limit: int = 50) -> list[FeedRow]:
        """The records of one ticket's corrections as lists show them: keys masked."""
        publication = self._pointer.current()
        if publication is None:
            return []
        mine = sorted(shared.corrections, key=lambda one: one.seq)
        with self._lake.reading(publication.lake_snapshot) as reader, self._db.begin() as connection:
            return feed.read_rows(connection, reader, mine, after=0, limit=limit, entitled=None)

    def acknowledge(self, ticket: str, actor: Actor, now: datetime) -> int:
        """Note that a receiver has seen the corrections of a ticket; how many notices that were open it settles."""
        with self._db.writing() as connection:
            return store.acknowledge(connection, ticket, _names(actor), actor.id, now)

    def _page(self, after: int, limit: int, actor: Actor) -> FeedPage:
        publication = self._pointer.current()
        if publication is None:
            return FeedPage([], after, more=False)
        with self._db.begin() as connection:
            # A correction of a publication that this process has not yet seen waits for the next page.
            found = [one for one in store.after(connection, after, limit) if one.snapshot <= publication.lake_snapshot]
            pairs = {(one.publication, one.ticket) for one in found}
            told = store.told_of(connection, _names(actor), pairs) if pairs else set()
            last = store.last_place(connection)

            def entitled(of: Correction) -> bool:
                own = actor.department is not None and actor.department == of.department
                return own or (of.publication, of.ticket) in told

            with self._lake.reading(publication.lake_snapshot) as reader:
                rows = feed.read_rows(connection, reader, found, after=after, limit=limit, entitled=entitled)
        place = rows[-1].seq if rows else after
        if len(rows) < limit and found:  # everything asked for was looked at, also where a proof is missing
            place = max(place, found[-1].seq + found[-1].records - 1)
        return FeedPage(rows, place, more=place < last)

    def _shared(
        self,
        name: tuple[int, str],
        group: Sequence[Correction],
        told: Sequence[Receiver],
        standing: Sequence[HeldRelease],
    ) -> Shared:
        snapshot = group[0].snapshot
        releases = [one.via.removeprefix("release:") for one in told if one.via.startswith("release:")]
        outdated = sorted({one for one in releases if still_holds(one, snapshot, standing)})
        return Shared(*name, group[0].resource, group[0].repaired_at, list(group), list(told), outdated)


def _names(actor: Actor) -> list[str]:
    """What an actor is called as a receiver."""
    return [actor.id, *([to_department(actor.department)] if actor.department else [])]
