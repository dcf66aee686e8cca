"""Writes events and their projection in one transaction, reads the queues, rebuilds the projection from the events.

Loops here run over tickets; whatever is about findings is one statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from ledger.chain import canonical
from quality.tickets.events import TicketEvent, TicketRow, apply, read_payload
from quality.tickets.staging import analyse, staged
from quality.tickets.states import Event, Outcome, State
from quality.tickets.tables import ticket, ticket_event, ticket_event_finding, ticket_finding

_GONE = (Event.FINDINGS_GONE, Event.REPAIRED)


def get(connection: Connection, ticket_id: str) -> TicketRow | None:
    """One ticket, locked until the transaction ends where the database can; None if there is none."""
    row = connection.execute(sa.select(ticket).where(ticket.c.id == ticket_id).with_for_update()).mappings().first()
    return _as_ticket(row) if row else None


def exists(connection: Connection, snapshot: int, resource: str, rule: str) -> bool:
    """Whether ``snapshot`` has opened a ticket on this resource and rule already."""
    found = sa.select(ticket.c.id).where(
        ticket.c.snapshot == snapshot, ticket.c.resource == resource, ticket.c.rule == rule
    )
    return connection.execute(found).first() is not None


def rows(
    connection: Connection,
    *,
    state: State | None = None,
    department: str | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[TicketRow]:
    """Tickets by due time, then id."""
    found = sa.select(ticket).order_by(ticket.c.due_at, ticket.c.id).limit(limit).offset(offset)
    if state is not None:
        found = found.where(ticket.c.state == state)
    if department is not None:
        found = found.where(ticket.c.department == department)
    return [_as_ticket(row) for row in connection.execute(found).mappings()]


def events(connection: Connection, ticket_id: str | None = None) -> Iterator[TicketEvent]:
    """Events in order, of one ticket or, ticket by ticket, of all."""
    found = sa.select(ticket_event).order_by(ticket_event.c.ticket, ticket_event.c.seq)
    if ticket_id is not None:
        found = found.where(ticket_event.c.ticket == ticket_id)
    for row in connection.execute(found).mappings():
        yield TicketEvent(
            ticket=row["ticket"],
            seq=row["seq"],
            at=row["at"],
            event=Event(row["event"]),
            snapshot=row["snapshot"],
            payload=read_payload(row["payload"]),
        )


def open_with_staged(connection: Connection, event: TicketEvent, part: int) -> TicketRow:
    """Write the opening ``event``, seal ``part`` of what is staged into it, project both."""
    opened = apply(None, event)
    written = connection.execute(sa.insert(ticket_event).values(_as_event(event))).inserted_primary_key
    event_id = written[0] if written else None
    sealed = sa.select(sa.literal(event_id, sa.BigInteger), staged.c.fingerprint).where(staged.c.part == part)
    connection.execute(sa.insert(ticket_event_finding).from_select(["event", "fingerprint"], sealed))
    connection.execute(sa.insert(ticket).values(_as_row(opened)))
    standing = sa.select(ticket_event_finding.c.fingerprint, sa.literal(event.ticket)).where(
        ticket_event_finding.c.event == event_id
    )
    connection.execute(sa.insert(ticket_finding).from_select(["fingerprint", "ticket"], standing))
    return opened


def write(connection: Connection, event: TicketEvent) -> TicketRow:
    """Write one ``event`` that is about no findings, and project it."""
    after = apply(get(connection, event.ticket), event)
    connection.execute(sa.insert(ticket_event).values(_as_event(event)))
    connection.execute(sa.update(ticket).where(ticket.c.id == after.id).values(_as_row(after)))
    return after


def losing_staged(connection: Connection) -> list[tuple[TicketRow, int]]:
    """Open tickets with findings among the staged fingerprints, and how many of theirs those are."""
    lost = (
        sa.select(ticket_finding.c.ticket, sa.func.count().label("lost"))
        .select_from(staged.join(ticket_finding, ticket_finding.c.fingerprint == staged.c.fingerprint))
        .where(ticket_finding.c.gone_since.is_(None))
        .group_by(ticket_finding.c.ticket)
        .subquery()
    )
    found = (
        sa.select(ticket, lost.c.lost)
        .join(lost, lost.c.ticket == ticket.c.id)
        .where(ticket.c.state != State.CLOSED)
        .order_by(ticket.c.id)
        .with_for_update(of=ticket)
    )
    return [(_as_ticket(row), int(row["lost"])) for row in connection.execute(found).mappings()]


def lose_staged(connection: Connection, snapshot: int, changed: list[tuple[TicketRow, TicketEvent]]) -> list[TicketRow]:
    """Write events saying that the staged fingerprints are gone since ``snapshot``, and project them.

    ``changed`` is every ticket of `losing_staged` with its event.
    """
    if not changed:
        return []
    after = [apply(before, event) for before, event in changed]
    connection.execute(sa.insert(ticket_event), [_as_event(event) for _, event in changed])
    about = (
        sa.select(ticket_event.c.id, ticket_finding.c.fingerprint)
        .select_from(staged.join(ticket_finding, ticket_finding.c.fingerprint == staged.c.fingerprint))
        .join(ticket, ticket.c.id == ticket_finding.c.ticket)
        .join(
            ticket_event,
            # The projection is not yet moved on: the new event is the one after its last.
            (ticket_event.c.ticket == ticket.c.id) & (ticket_event.c.seq == ticket.c.last_seq + 1),
        )
        .where(ticket_finding.c.gone_since.is_(None))
    )
    connection.execute(sa.insert(ticket_event_finding).from_select(["event", "fingerprint"], about))
    analyse(connection, ticket_event, ticket_event_finding)
    connection.execute(
        sa.update(ticket_finding)
        .where(
            ticket_event.c.snapshot == snapshot,
            ticket_event.c.event.in_(_GONE),
            ticket_event_finding.c.event == ticket_event.c.id,
            ticket_finding.c.fingerprint == ticket_event_finding.c.fingerprint,
            ticket_finding.c.ticket == ticket_event.c.ticket,
            ticket_finding.c.gone_since.is_(None),
        )
        .values(gone_since=snapshot)
    )
    moved = sa.update(ticket).where(ticket.c.id == sa.bindparam("ticket_id"))
    connection.execute(moved, [{"ticket_id": one.id, **_as_row(one)} for one in after])
    return after


def fingerprints(ticket_id: str) -> sa.Select[tuple[str, int | None]]:
    """Select ``fingerprint, gone_since`` of one ticket, in order of fingerprint."""
    return (
        sa.select(ticket_finding.c.fingerprint, ticket_finding.c.gone_since)
        .join(ticket_event_finding, ticket_event_finding.c.fingerprint == ticket_finding.c.fingerprint)
        .join(ticket_event, ticket_event.c.id == ticket_event_finding.c.event)
        .where(
            ticket_event.c.ticket == ticket_id,
            ticket_event.c.event == Event.OPENED,
            ticket_finding.c.ticket == ticket_id,
        )
        .order_by(ticket_finding.c.fingerprint)
    )


def rebuild(connection: Connection) -> int:
    """Make the projection anew from the events alone; returns the number of tickets."""
    connection.execute(sa.delete(ticket_finding))
    connection.execute(sa.delete(ticket))
    made = 0
    for _, stream in groupby(list(events(connection)), key=lambda event: event.ticket):
        connection.execute(sa.insert(ticket), [_as_row(_fold(stream))])
        made += 1
    gone = (
        sa.select(ticket_event.c.ticket, ticket_event.c.snapshot, ticket_event_finding.c.fingerprint)
        .join(ticket_event_finding, ticket_event_finding.c.event == ticket_event.c.id)
        .where(ticket_event.c.event.in_(_GONE))
        .subquery("gone")
    )
    standing = (
        sa.select(ticket_event_finding.c.fingerprint, ticket_event.c.ticket, gone.c.snapshot)
        .select_from(ticket_event)
        .join(ticket_event_finding, ticket_event_finding.c.event == ticket_event.c.id)
        .outerjoin(
            gone,
            (gone.c.ticket == ticket_event.c.ticket) & (gone.c.fingerprint == ticket_event_finding.c.fingerprint),
        )
        .where(ticket_event.c.event == Event.OPENED)
    )
    connection.execute(sa.insert(ticket_finding).from_select(["fingerprint", "ticket", "gone_since"], standing))
    return made


def _fold(stream: Iterable[TicketEvent]) -> TicketRow:
    made: TicketRow | None = None
    for event in stream:
        made = apply(made, event)
    assert made is not None  # noqa: S101 (groupby makes no empty group)
    return made


def _as_event(event: TicketEvent) -> dict[str, object]:
    return {
        "ticket": event.ticket,
        "seq": event.seq,
        "at": event.at,
        "event": event.event,
        "snapshot": event.snapshot,
        "payload": canonical(event.payload),
    }


def _as_row(row: TicketRow) -> dict[str, object]:
    return {field.name: getattr(row, field.name) for field in fields(row)}


def _as_ticket(row: RowMapping) -> TicketRow:
    facts = {field.name: row[field.name] for field in fields(TicketRow)}
    outcome = facts["outcome"]
    return TicketRow(**{**facts, "state": State(facts["state"]), "outcome": Outcome(outcome) if outcome else None})
