"""Writes events and their projection in one transaction, and rebuilds the projection from the events.

Loops here run over tickets; whatever is about findings is one statement. Reading queues is `quality.tickets.queue`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import date
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from ledger.chain import canonical
from quality.tickets.clocks import LimitKind
from quality.tickets.events import Channel, Kind, TicketEvent, TicketRow, apply, read_payload
from quality.tickets.staging import analyse, staged
from quality.tickets.states import Event, Outcome, State
from quality.tickets.tables import ticket, ticket_event, ticket_event_finding, ticket_finding

ADDS = (Event.FOUND, Event.REPORTED, Event.SPLIT_FROM, Event.FINDINGS_JOINED, Event.ABSORBED, Event.DISPUTED)
"""Their findings stand in the ticket from then on."""
REMOVES = (Event.SPLIT_OFF, Event.MERGED)
"""Their findings go on in another ticket."""
ENDS = (
    Event.FINDINGS_GONE, Event.REPAIRED, Event.MARK_CLEARED, Event.CONFIRMED, Event.COORDINATED_STANDS, Event.CONCLUDED,
    Event.WITHDRAWN,
)  # fmt: skip
"""Their findings are gone, or right after all."""

_LOCK = 0x5348_5559_5449_434B  # "SHUYTICK": one at a time gives out numbers in a PostgreSQL database


def get(connection: Connection, ticket_id: str) -> TicketRow | None:
    """One ticket, locked until the transaction ends where the database can; None if there is none."""
    row = connection.execute(sa.select(ticket).where(ticket.c.id == ticket_id).with_for_update()).mappings().first()
    return as_ticket(row) if row else None


def take_turn(connection: Connection) -> None:
    """One at a time from here to the end of the transaction: two who open a ticket on the same thing open one."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def new_ids(connection: Connection, day: date, count: int) -> list[str]:
    """Ids for ``count`` new tickets of a day: ``T-<yyyymmdd>-<number>``, short enough to be read out on the telephone."""
    take_turn(connection)
    prefix = f"T-{day:%Y%m%d}-"
    number = sa.cast(sa.func.substr(ticket.c.id, len(prefix) + 1), sa.Integer)
    # "." follows "-": the range of the key in which the ids of a day lie.
    last = connection.execute(
        sa.select(sa.func.max(number)).where(ticket.c.id >= prefix, ticket.c.id < prefix[:-1] + ".")
    ).scalar()
    first = (last or 0) + 1
    return [f"{prefix}{one:04d}" for one in range(first, first + count)]


def events(connection: Connection, ticket_id: str | None = None) -> Iterator[TicketEvent]:
    """Events in order, of one ticket or, ticket by ticket, of all."""
    found = sa.select(ticket_event).order_by(ticket_event.c.ticket, ticket_event.c.seq)
    if ticket_id is not None:
        found = found.where(ticket_event.c.ticket == ticket_id)
    for row in connection.execute(found).mappings():
        yield _as_event(row)


def write(
    connection: Connection, before: TicketRow | None, *happened: TicketEvent, about: sa.Select[Any] | None = None
) -> TicketRow:
    """Write events of one ticket in order, and project them.

    Args:
        connection: the caller's transaction.
        before: the ticket as it stands, None for a new one.
        happened: what happened, the first of them to the findings of ``about``.
        about: selects the fingerprints that the first event is about, if it is about any.
    """
    after = before
    for number, event in enumerate(happened):
        fresh = after is None
        after = apply(after, event)
        written = connection.execute(sa.insert(ticket_event).values(event_row(event))).inserted_primary_key
        if number == 0 and about is not None and written is not None:
            _link(connection, event, int(written[0]), about)
        if fresh:
            connection.execute(sa.insert(ticket).values(as_row(after)))
    if after is None:
        raise ValueError("no event to write")
    connection.execute(sa.update(ticket).where(ticket.c.id == after.id).values(as_row(after)))
    return after


def part_of_staged(part: int) -> sa.Select[tuple[str]]:
    """The staged fingerprints of one part."""
    return sa.select(staged.c.fingerprint).where(staged.c.part == part)


def one_fingerprint(fingerprint: str) -> sa.Select[tuple[str]]:
    """A single fingerprint, where a statement is wanted."""
    return sa.select(sa.literal(fingerprint, sa.Text).label("fingerprint"))


def standing(ticket_id: str, *, ended: bool = False) -> sa.Select[tuple[str]]:
    """The fingerprints that stand in a ticket; with ``ended`` those that stood in it once, too."""
    found = sa.select(ticket_finding.c.fingerprint).where(ticket_finding.c.ticket == ticket_id)
    return found if ended else found.where(ticket_finding.c.ended_by.is_(None))


def ended_last(ticket_id: str) -> sa.Select[tuple[str]]:
    """The fingerprints that the last event to end any in a ticket ended: not those that were repaired before it."""
    last = sa.select(sa.func.max(ticket_finding.c.ended_by)).where(ticket_finding.c.ticket == ticket_id)
    return standing(ticket_id, ended=True).where(ticket_finding.c.ended_by == last.scalar_subquery())


def not_elsewhere(fingerprints: sa.Select[tuple[str]], ticket_id: str) -> sa.Select[tuple[str]]:
    """Of the ``fingerprints`` of a ticket those that stand in no other."""
    other = ticket_finding.alias("other")
    stands = sa.select(other.c.fingerprint).where(
        other.c.fingerprint == ticket_finding.c.fingerprint, other.c.ticket != ticket_id, other.c.ended_by.is_(None)
    )
    return fingerprints.where(~stands.exists())


def waiting(connection: Connection, resource: str, rule: str) -> TicketRow | None:
    """The ticket on a resource and rule that is not routed yet, which what is found joins."""
    found = sa.select(ticket).where(
        ticket.c.resource == resource,
        ticket.c.rule == rule,
        ticket.c.state == State.SUBMITTED,
        ticket.c.kind == Kind.FINDINGS,
    )
    row = connection.execute(found.order_by(ticket.c.id).limit(1).with_for_update()).mappings().first()
    return as_ticket(row) if row else None


def holding(connection: Connection, fingerprint: str) -> TicketRow | None:
    """The open ticket in which a fingerprint stands, if any."""
    found = (
        sa.select(ticket)
        .join(ticket_finding, ticket_finding.c.ticket == ticket.c.id)
        .where(ticket_finding.c.fingerprint == fingerprint, ticket_finding.c.ended_by.is_(None), ticket.c.is_open)
        .order_by(ticket.c.id)
        .limit(1)
        .with_for_update(of=ticket)
    )
    row = connection.execute(found).mappings().first()
    return as_ticket(row) if row else None


def losing_staged(connection: Connection) -> list[tuple[TicketRow, dict[int, int]]]:
    """Tickets with findings among the staged fingerprints, and how many of theirs are in which part."""
    lost = (
        sa.select(ticket_finding.c.ticket, staged.c.part, sa.func.count().label("lost"))
        .select_from(staged.join(ticket_finding, ticket_finding.c.fingerprint == staged.c.fingerprint))
        .where(ticket_finding.c.ended_by.is_(None))
        .group_by(ticket_finding.c.ticket, staged.c.part)
    )
    counts: dict[str, dict[int, int]] = {}
    for name, part, number in connection.execute(lost):
        counts.setdefault(name, {})[part] = number
    if not counts:
        return []
    losing = sa.select(lost.subquery().c.ticket).distinct()
    found = sa.select(ticket).where(ticket.c.id.in_(losing)).order_by(ticket.c.id).with_for_update()
    return [(one := as_ticket(row), counts[one.id]) for row in connection.execute(found).mappings()]


def lose_staged(connection: Connection, changed: list[tuple[TicketRow, TicketEvent]]) -> list[TicketRow]:
    """Write events saying that the staged fingerprints are gone, and project them.

    ``changed`` is every ticket of `losing_staged` with its event.
    """
    if not changed:
        return []
    after = [apply(before, event) for before, event in changed]
    connection.execute(sa.insert(ticket_event), [event_row(event) for _, event in changed])
    about = (
        sa.select(ticket_event.c.id, ticket_finding.c.fingerprint)
        .select_from(staged.join(ticket_finding, ticket_finding.c.fingerprint == staged.c.fingerprint))
        .join(ticket, ticket.c.id == ticket_finding.c.ticket)
        .join(
            ticket_event,
            # The projection is not yet moved on: the new event is the one after its last.
            (ticket_event.c.ticket == ticket.c.id) & (ticket_event.c.seq == ticket.c.last_seq + 1),
        )
        .where(ticket_finding.c.ended_by.is_(None))
        .distinct()
    )
    connection.execute(sa.insert(ticket_event_finding).from_select(["event", "fingerprint"], about))
    analyse(connection, ticket_event, ticket_event_finding)
    new = sa.select(ticket_event.c.id, ticket_event.c.ticket).join(
        ticket, (ticket_event.c.ticket == ticket.c.id) & (ticket_event.c.seq == ticket.c.last_seq + 1)
    )
    mine = new.subquery("new")
    connection.execute(
        sa.update(ticket_finding)
        .where(
            ticket_event_finding.c.event == mine.c.id,
            ticket_finding.c.fingerprint == ticket_event_finding.c.fingerprint,
            ticket_finding.c.ticket == mine.c.ticket,
            ticket_finding.c.ended_by.is_(None),
        )
        .values(ended_by=mine.c.id)
    )
    moved = sa.update(ticket).where(ticket.c.id == sa.bindparam("ticket_id"))
    connection.execute(moved, [{"ticket_id": one.id, **as_row(one)} for one in after])
    return after


def rebuild(connection: Connection) -> int:
    """Make the projection anew from the events alone; returns the number of tickets."""
    connection.execute(sa.delete(ticket_finding))
    connection.execute(sa.delete(ticket))
    made = 0
    for _, stream in groupby(list(events(connection)), key=lambda event: event.ticket):
        connection.execute(sa.insert(ticket), [as_row(_fold(stream))])
        made += 1
    # What the last event about a finding in a ticket says of it decides.
    said = (
        sa.select(
            ticket_event.c.ticket, ticket_event_finding.c.fingerprint, sa.func.max(ticket_event.c.id).label("last")
        )
        .join(ticket_event_finding, ticket_event_finding.c.event == ticket_event.c.id)
        .where(ticket_event.c.event.in_((*ADDS, *REMOVES, *ENDS)))
        .group_by(ticket_event.c.ticket, ticket_event_finding.c.fingerprint)
        .subquery("said")
    )
    ended = sa.case((ticket_event.c.event.in_(ENDS), ticket_event.c.id), else_=sa.null())
    stands = (
        sa.select(said.c.fingerprint, said.c.ticket, ended)
        .join(ticket_event, ticket_event.c.id == said.c.last)
        .where(ticket_event.c.event.not_in(REMOVES))
    )
    connection.execute(sa.insert(ticket_finding).from_select(["fingerprint", "ticket", "ended_by"], stands))
    return made


def as_ticket(row: RowMapping) -> TicketRow:
    """A row of the projection."""
    facts = {field.name: row[field.name] for field in fields(TicketRow)}
    for name, kind in _ENUMS.items():
        facts[name] = kind(facts[name]) if facts[name] is not None else None
    return TicketRow(**facts)


_ENUMS: dict[str, Any] = {
    "kind": Kind, "channel": Channel, "state": State, "limit_kind": LimitKind, "answer": Outcome, "outcome": Outcome,
}  # fmt: skip


def _link(connection: Connection, event: TicketEvent, event_id: int, about: sa.Select[Any]) -> None:
    """Note which findings an event is about, and project what it says of them."""
    rows = about.subquery("about")
    named = sa.select(sa.literal(event_id, sa.BigInteger), rows.c[0])
    connection.execute(sa.insert(ticket_event_finding).from_select(["event", "fingerprint"], named))
    mine = sa.select(ticket_event_finding.c.fingerprint).where(ticket_event_finding.c.event == event_id)
    here = (ticket_finding.c.ticket == event.ticket) & ticket_finding.c.fingerprint.in_(mine)
    if event.event in REMOVES:
        connection.execute(sa.delete(ticket_finding).where(here))
    elif event.event in ENDS:
        connection.execute(
            sa.update(ticket_finding).where(here, ticket_finding.c.ended_by.is_(None)).values(ended_by=event_id)
        )
    elif event.event in ADDS:
        connection.execute(sa.update(ticket_finding).where(here).values(ended_by=None))
        known = sa.select(ticket_finding.c.fingerprint).where(ticket_finding.c.ticket == event.ticket)
        new = sa.select(ticket_event_finding.c.fingerprint, sa.literal(event.ticket)).where(
            ticket_event_finding.c.event == event_id, ticket_event_finding.c.fingerprint.not_in(known)
        )
        connection.execute(sa.insert(ticket_finding).from_select(["fingerprint", "ticket"], new))


def _fold(stream: Iterable[TicketEvent]) -> TicketRow:
    made: TicketRow | None = None
    for event in stream:
        made = apply(made, event)
    assert made is not None  # noqa: S101 (groupby makes no empty group)
    return made


def event_row(event: TicketEvent) -> dict[str, object]:
    """An event as a row of the stream."""
    return {
        "ticket": event.ticket,
        "seq": event.seq,
        "at": event.at,
        "event": event.event,
        "actor": event.actor,
        "snapshot": event.snapshot,
        "payload": canonical(event.payload),
    }


def _as_event(row: RowMapping) -> TicketEvent:
    return TicketEvent(
        ticket=row["ticket"],
        seq=row["seq"],
        at=row["at"],
        event=Event(row["event"]),
        actor=row["actor"],
        snapshot=row["snapshot"],
        payload=read_payload(row["payload"]),
    )


def as_row(row: TicketRow) -> dict[str, object]:
    """A ticket as a row of the projection."""
    return {field.name: getattr(row, field.name) for field in fields(row)}
