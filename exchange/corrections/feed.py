"""The feed of corrections for machines: key by key in the order in which they were published, from a place on.

Nothing is stored twice: a correction holds a range of places, and its keys are read from the proofs in the order of their
fingerprints, which never change.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import ibis
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from exchange.corrections.model import Correction
from masking.techniques import keep_ends
from quality.tickets.states import Event
from quality.tickets.tables import ticket_event, ticket_event_finding
from warehouse.lake import LakeReader

REPAIRS = "quality.repair"
"""Lake table of the proofs, in `quality.repairs.REPAIR_SCHEMA`."""
GONE = (Event.FINDINGS_GONE, Event.REPAIRED, Event.MARK_CLEARED)
"""Events that take findings out of a ticket because a delivery put them right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRow:
    """One value of one record that was put right.

    Attributes:
        seq: place in the feed.
        resource, item: whose value; the item is empty where the record as a whole was wrong.
        row_key: key of the record; None for whoever is not entitled to see it.
        fingerprint: what stands for the key then: the same for the same finding.
        kind: a `quality.repairs.Repair`.
        batch_before, batch_after: the batch of the old row, and the one that put it right.
        new_key: the key in force, where the record was put under another; None as ``row_key``.
        at: when it was published.
        ticket: id of the ticket.
    """

    seq: int
    resource: str
    item: str
    row_key: str | None
    fingerprint: str
    kind: str
    batch_before: str | None
    batch_after: str | None
    new_key: str | None
    at: datetime
    ticket: str


@dataclass(frozen=True, slots=True)
class FeedPage:
    """One page: rows, the place from which the next page is asked for, and whether there is more now."""

    rows: list[FeedRow]
    next: int
    more: bool


def gone_of(snapshot: int, tickets: Collection[str] | None = None) -> sa.Select[tuple[str, str]]:
    """Ticket and fingerprint of the findings that a published snapshot took out of tickets."""
    found = (
        sa.select(ticket_event.c.ticket, ticket_event_finding.c.fingerprint)
        .join(ticket_event_finding, ticket_event_finding.c.event == ticket_event.c.id)
        .where(ticket_event.c.snapshot == snapshot, ticket_event.c.event.in_(GONE))
    )
    return found if tickets is None else found.where(ticket_event.c.ticket.in_(list(tickets)))


def read_rows(
    connection: Connection,
    reader: LakeReader,
    corrections: Sequence[Correction],
    *,
    after: int,
    limit: int,
    entitled: Callable[[Correction], bool] | None,
) -> list[FeedRow]:
    """The rows of corrections behind a place.

    Args:
        connection: a transaction.
        reader: the lake.
        corrections: those that the page touches.
        after: the place.
        limit: most rows.
        entitled: whether keys of a correction are told in clear; None: they are masked, for lists.
    """
    if not corrections or not reader.has(REPAIRS):
        return []
    asked = reader.engine.load("_corrections", _named(corrections))
    proofs = reader.table(REPAIRS)
    moments = [ibis.literal(one, type="timestamp('UTC')") for one in {one.repaired_at for one in corrections}]
    proofs = proofs.filter(proofs["repaired_at"].isin(moments)).mutate(
        _before=proofs["batch_before"].fill_null(""), _after=proofs["batch_after"].fill_null("")
    )
    joined = proofs.inner_join(
        asked,
        [
            proofs["repaired_at"].cast("string") == asked["c_at"].cast("string"),
            proofs["resource"] == asked["c_resource"], proofs["rule"] == asked["c_rule"],
            proofs["item"] == asked["c_item"], proofs["kind"] == asked["c_kind"],
            proofs["_before"] == asked["c_before"], proofs["_after"] == asked["c_after"],
        ],
    )  # fmt: skip
    shared = [one for one in corrections if not one.alone]
    if shared:
        mine = reader.engine.load("_of_tickets", _gone(connection, shared))
        joined = joined.left_join(
            mine, [joined["c_ticket"] == mine["t_ticket"], joined["fingerprint"] == mine["t_fingerprint"]]
        )
        joined = joined.filter(joined["c_alone"] | joined["t_fingerprint"].notnull())
    place = ibis.row_number().over(group_by=joined["c_seq"], order_by=joined["fingerprint"])
    placed = joined.mutate(seq=joined["c_seq"] + place)
    page = placed.filter(placed["seq"] > after).order_by("seq").limit(limit)
    key = keep_ends(page["row_key"], first=3, last=0) if entitled is None else page["row_key"]
    found = page.select("seq", "c_seq", "fingerprint", "new_key", "batch_before", "batch_after", key=key)
    of = {one.seq: one for one in corrections}
    return [_row(one, of[one["c_seq"]], entitled) for one in reader.engine.to_arrow(found).to_pylist()]


def _row(one: Mapping[str, str], of: Correction, entitled: Callable[[Correction], bool] | None) -> FeedRow:
    clear = entitled is not None and entitled(of)
    return FeedRow(
        seq=int(one["seq"]),
        resource=of.resource,
        item=of.item,
        row_key=one["key"] if clear or entitled is None else None,
        fingerprint=one["fingerprint"],
        kind=of.kind.value,
        batch_before=one["batch_before"],
        batch_after=one["batch_after"],
        new_key=one["new_key"] if clear else None,
        at=of.repaired_at,
        ticket=of.ticket,
    )


def _named(corrections: Sequence[Correction]) -> pa.Table:
    text = pa.string()
    return pa.table(
        {
            "c_seq": pa.array([one.seq for one in corrections], pa.int64()),
            "c_ticket": pa.array([one.ticket for one in corrections], text),
            "c_resource": pa.array([one.resource for one in corrections], text),
            "c_rule": pa.array([one.rule for one in corrections], text),
            "c_item": pa.array([one.item for one in corrections], text),
            "c_kind": pa.array([one.kind.value for one in corrections], text),
            "c_before": pa.array([one.batch_before for one in corrections], text),
            "c_after": pa.array([one.batch_after for one in corrections], text),
            "c_at": pa.array([one.repaired_at for one in corrections], pa.timestamp("us", "UTC")),
            "c_alone": pa.array([one.alone for one in corrections], pa.bool_()),
        }
    )


def _gone(connection: Connection, corrections: Sequence[Correction]) -> pa.Table:
    tickets: list[str] = []
    fingerprints: list[str] = []
    for snapshot in sorted({one.snapshot for one in corrections}):
        named = {one.ticket for one in corrections if one.snapshot == snapshot}
        rows = connection.execute(gone_of(snapshot, named)).mappings().all()
        tickets += [row["ticket"] for row in rows]
        fingerprints += [row["fingerprint"] for row in rows]
    return pa.table({"t_ticket": pa.array(tickets, pa.string()), "t_fingerprint": pa.array(fingerprints, pa.string())})
