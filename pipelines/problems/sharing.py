"""Shares corrections again (共享): after a publication has put values right, whoever used the old ones is told.

The end of the closed loop of Haishu 27. Everything is written in the transaction that marks the consequence as done: a
correction is kept exactly once, and its notices are queued exactly if it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from catalog.city import City
from exchange.corrections import store
from exchange.corrections.feed import gone_of
from exchange.corrections.model import Correction, HeldRelease, Places, Receiver, Use
from exchange.corrections.policies import Known, PlaceName, earliest, place_name, receivers
from exchange.corrections.uses import uses
from exchange.publication.manifest import Manifest
from ledger.chain import Json
from pipelines.discovery import FINDINGS
from pipelines.intake.store import Delivery, DeliveryStore
from pipelines.problems.proofs import REPAIRS
from pipelines.problems.served_from import all_places, compared_item, served_from, tables_read
from pipelines.problems.sharing_words import by_receiver, correction_notice
from pipelines.problems.telling import Queue
from pipelines.themes.document import Theme
from quality.repairs import PROVEN, Repair
from quality.tickets.events import TicketRow
from quality.tickets.service import TicketService
from quality.tickets.states import Event, State
from quality.tickets.store import as_ticket
from quality.tickets.tables import ticket
from warehouse.lake import LakeReader
from warehouse.publication import Publication, published_snapshot

CHUNK = 50_000
_ASKED = 10_000
"""Ids in one statement: databases take some ten thousands at most."""
SAID = 20
"""Receivers and batches that the event names; the list of corrections has all."""

Moments = Sequence[tuple[int, datetime]]


class Sharing:
    """Tells whoever used values that were put right.

    Args:
        city: what is declared.
        themes: the theme libraries.
        tickets: where the end of each story is written.
        deliveries: when batches were taken.
        releases: what is published.
        known: who there is to tell, asked anew each time.
        queue: puts notices into the outbox.
    """

    def __init__(
        self,
        *,
        city: City,
        themes: Callable[[], Iterable[Theme]],
        tickets: TicketService,
        deliveries: DeliveryStore,
        releases: Callable[[], Sequence[HeldRelease]],
        known: Callable[[], Known],
        queue: Queue,
    ) -> None:
        self._city = city
        self._themes = themes
        self._tickets = tickets
        self._deliveries = deliveries
        self._releases = releases
        self._known = known
        self._queue = queue

    def share(self, connection: Connection, reader: LakeReader, publication: Publication, now: datetime) -> None:
        """Keep the corrections of one publication and tell everyone who used the old values; safe to repeat.

        Args:
            connection: the caller's transaction.
            reader: the lake at the publication.
            publication: which one.
            now: when.
        """
        if store.known(connection, publication.id):
            return
        gone = reader.engine.load_stream("_gone_from", _GONE, _gone(connection, publication.lake_snapshot))
        repaired = self._repaired(reader, publication, gone)
        moments = _moments(connection)
        landed = self._landed(reader, publication, repaired, moments, connection)
        if not landed:
            return
        landed = store.add(connection, landed)
        places = self._places(landed)
        used = uses(connection, _names(landed, places), _since(landed, moments), moments)
        revealed = _revealed(reader, repaired, used)
        found = receivers(landed, used, self._releases(), places, revealed, self._known())
        told = {replace(who, told_at=now if who.known else None): of for who, of in found.items()}
        store.add_receivers(connection, told)
        titles = {one.id: one.title for one in self._city.resources}
        self._queue(connection, [correction_notice(who, of, titles, now) for who, of in by_receiver(told)], now)
        self._end_stories(connection, publication, landed, list(told), now)

    # --- what was put right ---------------------------------------------------------------------------------------

    def _repaired(self, reader: LakeReader, publication: Publication, gone: ir.Table) -> ir.Table:
        """The proofs of the publication with the tickets they end; only what is proven."""
        proofs = reader.table(REPAIRS)
        moment = ibis.literal(publication.published_at.astimezone(UTC), type="timestamp('UTC')")
        mine = proofs.filter((proofs["repaired_at"] == moment) & proofs["kind"].isin([one.value for one in PROVEN]))
        mine = mine.mutate(
            batch_before=mine["batch_before"].fill_null(""), batch_after=mine["batch_after"].fill_null("")
        )
        joined = mine.left_join(gone, "fingerprint").select(*mine.columns, "ticket")
        earlier = proofs.filter(proofs["repaired_at"] < moment)
        before = earlier.group_by(_of="fingerprint").agg(previous=earlier["repaired_at"].max())
        dated = joined.left_join(before, joined["fingerprint"] == before["_of"]).select(*joined.columns, "previous")
        if not reader.has(FINDINGS):
            return reader.engine.stage(dated.mutate(first_seen=ibis.null("timestamp('UTC')")), "_repaired")
        findings = reader.table(FINDINGS).select(_found="fingerprint", first_seen="first_seen")
        both = dated.left_join(findings, dated["fingerprint"] == findings["_found"])
        return reader.engine.stage(both.select(*dated.columns, "first_seen"), "_repaired")

    def _landed(
        self,
        reader: LakeReader,
        publication: Publication,
        repaired: ir.Table,
        moments: Moments,
        connection: Connection,
    ) -> list[Correction]:
        """The corrections, counted: one per ticket, item, kind and pair of batches."""
        signature = ["resource", "rule", "item", "kind", "batch_before", "batch_after"]
        every = repaired.group_by(signature).agg(_every=repaired["fingerprint"].nunique())
        mine = repaired.filter(repaired["ticket"].notnull())
        counted = mine.group_by(["ticket", *signature]).agg(
            records=mine.count(),
            first_seen=mine["first_seen"].min(),
            new_since=mine["first_seen"].min(where=mine["previous"].isnull()),
            new=mine["previous"].isnull().any(),
            previous=mine["previous"].min(),
        )
        both = counted.inner_join(every, signature).order_by(["ticket", *signature])
        rows = reader.engine.to_arrow(both).to_pylist()
        tickets = _tickets(connection, {row["ticket"] for row in rows})
        taken = {name: one for one in self._deliveries.of() for name in (one.id, one.batch)}
        return [
            Correction(
                seq=0,
                publication=publication.id,
                snapshot=publication.lake_snapshot,
                ticket=row["ticket"],
                department=self._owner(row["resource"], tickets[row["ticket"]]),
                resource=row["resource"],
                item=row["item"] or "",
                rule=row["rule"],
                kind=Repair(row["kind"]),
                batch_before=row["batch_before"],
                batch_after=row["batch_after"],
                records=row["records"],
                alone=row["records"] == row["_every"],
                wrong_from=_wrong_from(row, tickets[row["ticket"]], taken.get(row["batch_before"]), moments),
                repaired_at=publication.published_at,
            )
            for row in rows
        ]

    def _owner(self, resource: str, of: TicketRow) -> str:
        known = {one.id: one.department for one in self._city.resources}
        return known.get(resource, of.department)

    # --- who used it ----------------------------------------------------------------------------------------------

    def _places(self, landed: Sequence[Correction]) -> dict[PlaceName, Places]:
        """Where the old values were served. Where the other source was put right, it is there that they were wrong."""
        themes = tables_read(self._themes())
        resources = {name: one.resource for one in self._deliveries.of() for name in (one.id, one.batch)}
        parts: dict[PlaceName, dict[tuple[str, str], Places]] = {}
        for one in landed:
            resource, item = one.resource, one.scope
            other = resources.get(one.batch_after, resource) if one.kind is Repair.OTHER_SIDE else resource
            if other != resource:
                resource, item = other, compared_item(self._city, one.rule, other)
            mine = parts.setdefault(place_name(one), {})
            if (resource, item) not in mine:
                mine[resource, item] = served_from(self._city, themes, resource, item)
        return {name: all_places(some.values()) for name, some in parts.items()}

    # --- the end of the story -------------------------------------------------------------------------------------

    def _end_stories(
        self,
        connection: Connection,
        publication: Publication,
        landed: Sequence[Correction],
        told: Sequence[Receiver],
        now: datetime,
    ) -> None:
        """Write into every closed ticket that its correction was shared, and with how many."""
        tickets = _tickets(connection, {one.ticket for one in landed})
        for name, one in sorted(tickets.items()):
            if one.state is not State.CLOSED:
                continue
            mine = [who for who in told if who.ticket == name]
            batches = sorted({of.batch_after for of in landed if of.ticket == name and of.batch_after})
            said: dict[str, Json] = {
                "receivers": sorted({who.receiver for who in mine if who.known})[:SAID],
                "told": len({who.receiver for who in mine if who.known}),
                "not_reached": len({who.receiver for who in mine if not who.known}),
                "batches": batches[:SAID],
            }
            self._tickets.happen(
                connection, one, Event.CORRECTION_SHARED, now, said, snapshot=publication.lake_snapshot
            )


def held_releases(manifests: Iterable[Manifest]) -> list[HeldRelease]:
    """What corrections ask of published releases; one whose snapshot is no number was not made by this hub."""
    return [
        HeldRelease(
            id=one.release,
            document=one.document,
            department=one.department,
            library=one.library,
            columns=frozenset(name.partition("__")[0] for name in one.reads),
            snapshot=int(one.snapshot),
        )
        for one in manifests
        if one.snapshot.isdigit()
    ]


_GONE = pa.schema([("ticket", pa.string()), ("fingerprint", pa.string())])


def _gone(connection: Connection, snapshot: int) -> Iterator[pa.RecordBatch]:
    found = connection.execute(gone_of(snapshot), execution_options={"yield_per": CHUNK})
    for chunk in found.partitions(CHUNK):
        tickets, fingerprints = zip(*chunk, strict=True)
        yield pa.record_batch([pa.array(tickets, pa.string()), pa.array(fingerprints, pa.string())], schema=_GONE)


def _moments(connection: Connection) -> Moments:
    column = published_snapshot.c
    found = sa.select(column.lake_snapshot, column.published_at).order_by(column.id)
    return [(row.lake_snapshot, row.published_at) for row in connection.execute(found)]


def _tickets(connection: Connection, names: Collection[str]) -> dict[str, TicketRow]:
    ordered = sorted(names)
    tickets: dict[str, TicketRow] = {}
    for start in range(0, len(ordered), _ASKED):
        found = sa.select(ticket).where(ticket.c.id.in_(ordered[start : start + _ASKED])).order_by(ticket.c.id)
        rows = connection.execute(found.with_for_update()).mappings()
        tickets |= {row["id"]: as_ticket(row) for row in rows}
    return tickets


def _wrong_from(row: Mapping[str, Any], of: TicketRow, taken: Delivery | None, moments: Moments) -> int:
    """The first publication that may have shown an old value: its row's batch may be older than the rule that found it.

    A value that had been right for a while, and was found wrong anew, was wrong from its new ticket on: who read the right
    one in between is not told. A ticket that was taken up again begins where it began.
    """
    came = [earliest(moments, taken.received_at, visible=False)] if taken is not None else []

    def seen(at: datetime | None) -> int:
        return earliest(moments, at if at is not None else of.opened_at, visible=True)

    known = [min([seen(row["new_since"]), *came])] if row["new"] else []
    if row["previous"] is not None:
        anew = row["previous"] <= of.opened_at
        again = min([of.snapshot or seen(of.opened_at), *came]) if anew else min([seen(row["first_seen"]), *came])
        known.append(max(seen(row["previous"]), again) if anew else again)
    return min(known)


def _since(landed: Sequence[Correction], moments: Moments) -> datetime:
    first = min(one.wrong_from for one in landed)
    return next((at for snapshot, at in moments if snapshot >= first), moments[0][1])


def _names(landed: Sequence[Correction], places: Mapping[PlaceName, Places]) -> set[str]:
    return {one.resource for one in landed} | {name for one in places.values() for name in one.tables}


def _revealed(reader: LakeReader, repaired: ir.Table, used: Sequence[Use]) -> set[tuple[str, str]]:
    """Ticket and fingerprint of the records put right that somebody looked at one by one."""
    names = sorted({one.finding for one in used if one.finding is not None})
    if not names:
        return set()
    asked = reader.engine.load("_revealed", pa.table({"fingerprint": pa.array(names, pa.string())}))
    found = repaired.filter(repaired["ticket"].notnull()).semi_join(asked, "fingerprint")
    rows = reader.engine.to_arrow(found.select("ticket", "fingerprint")).to_pylist()
    return {(row["ticket"], row["fingerprint"]) for row in rows}
