"""What happens to tickets: opened from findings, accepted by the department, closed when the findings are gone.

Driven by published snapshots: both calls are safe to repeat, so whoever drives them may simply try again. The caller
holds the transaction; the deadline is computed by the legal clock the service is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from sqlalchemy.engine import Connection

from ground.errors import InternalFault, UserError
from policy.clock import legal_date
from quality.tickets import store
from quality.tickets.events import TicketEvent, TicketRow, opened_payload
from quality.tickets.policies import can_close_repaired, can_open, check_can_accept
from quality.tickets.staging import analyse, drop_standing, stage
from quality.tickets.states import Event, State
from quality.tickets.tables import TABLES
from warehouse.operational import OperationalDatabase


class DeadlineLike(Protocol):
    """What the legal clock answers."""

    @property
    def due(self) -> date:
        """Last day in time."""

    @property
    def due_at(self) -> datetime:
        """The moment from which it is late: the end of ``due``."""

    @property
    def provisional(self) -> bool:
        """The date rests on a year whose holidays are not yet announced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingGroup:
    """New findings of one resource and rule, which one department owns.

    Attributes:
        resource: id of the resource.
        rule: id of the rule.
        department: id of the department that owns the resource.
        severity: of the rule; a warning opens no ticket.
        fingerprints: chunks of fingerprints, read once; a fingerprint that stands in a ticket already is left there.
    """

    resource: str
    rule: str
    department: str
    severity: str
    fingerprints: Iterable[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Repairs:
    """What a snapshot repaired.

    Attributes:
        closed: tickets now closed as 完成整改.
        progressed: tickets that lost findings and stay open.
    """

    closed: list[TicketRow]
    progressed: list[TicketRow]


@dataclass(frozen=True, slots=True)
class TicketHistory:
    """One ticket and everything that happened to it, in order."""

    ticket: TicketRow
    events: list[TicketEvent]


class TicketService:
    """Tickets kept in ``db``.

    Args:
        db: the operational database.
        due: the legal clock: moment of receipt -> deadline (Haishu 27: five working days).
        profile: the profile version the clock follows; a ticket keeps the one it was opened under.
    """

    def __init__(self, db: OperationalDatabase, *, due: Callable[[datetime], DeadlineLike], profile: str) -> None:
        self._db = db
        self._due = due
        self._profile = profile

    def open_from_findings(
        self, connection: Connection, snapshot: int, groups: Iterable[FindingGroup], now: datetime
    ) -> list[TicketRow]:
        """Open one ticket per group, sealed: what is found later opens the next, with a date of its own.

        A group that ``snapshot`` has opened already, that is a warning, or that brings nothing new opens none.

        Args:
            connection: the caller's transaction.
            snapshot: the published snapshot the findings stand in.
            groups: one per resource and rule.
            now: when; also the moment of receipt.

        Returns:
            The tickets opened by this call.
        """
        wanted: dict[tuple[str, str], FindingGroup] = {}
        for group in groups:
            if (group.resource, group.rule) in wanted:
                raise InternalFault(
                    "同一资源同一规则的问题被分成两组。",
                    "Findings of one resource and rule came in two groups.",
                    where=group.rule,
                )
            if can_open(group.severity) and not store.exists(connection, snapshot, group.resource, group.rule):
                wanted[group.resource, group.rule] = group
        if not wanted:
            return []
        stage(connection, *[group.fingerprints for group in wanted.values()])
        new = drop_standing(connection)
        deadline = self._due(now)
        opened = [
            store.open_with_staged(connection, self._opening(snapshot, group, new[part], deadline, now), part)
            for part, group in enumerate(wanted.values())
            if part in new
        ]
        analyse(connection, *TABLES)
        return opened

    def accept(self, connection: Connection, ticket_id: str, by: str, now: datetime) -> TicketRow:
        """The department confirms receipt (签收). No date changes.

        Raises:
            UserError: no such ticket, or it is past that.
        """
        ticket = _known(store.get(connection, ticket_id), ticket_id)
        check_can_accept(ticket)
        return store.write(connection, _next_event(ticket, Event.ACCEPTED, now, None, {"by": by}))

    def close_repaired(
        self,
        connection: Connection,
        snapshot: int,
        gone: Iterable[Sequence[str]],
        evidence: Mapping[str, Sequence[str]],
        now: datetime,
    ) -> Repairs:
        """Take note that findings are gone from the published data, and close the tickets that have none left.

        Args:
            connection: the caller's transaction.
            snapshot: the published snapshot they are missing from; data put right is shared again with it.
            gone: chunks of fingerprints.
            evidence: resource -> ids of the batches gathered for it since the last published snapshot. A ticket is
                proved by the batches of its own resource or, if there are none (the other side of a comparison was
                put right), by all of them; without any it stays open.
            now: when.
        """
        stage(connection, gone)
        changed: list[tuple[TicketRow, TicketEvent]] = []
        for ticket, lost in store.losing_staged(connection):
            batches = _proof(evidence, ticket.resource)
            event = Event.REPAIRED if can_close_repaired(ticket, lost, batches) else Event.FINDINGS_GONE
            said = {"findings": lost, "batches": batches}
            changed.append((ticket, _next_event(ticket, event, now, snapshot, said)))
        after = store.lose_staged(connection, snapshot, changed)
        return Repairs(
            [one for one in after if one.state is State.CLOSED], [one for one in after if one.state is not State.CLOSED]
        )

    def list(
        self,
        state: State | None = None,
        department: str | None = None,
        *,
        limit: int | None = None,
        offset: int = 0,
    ) -> Sequence[TicketRow]:
        """Tickets by due time; ``limit`` and ``offset`` for a page."""
        with self._db.begin() as connection:
            return store.rows(connection, state=state, department=department, limit=limit, offset=offset)

    def show(self, ticket_id: str) -> TicketHistory:
        """One ticket with its events.

        Raises:
            UserError: no such ticket.
        """
        with self._db.begin() as connection:
            ticket = _known(store.get(connection, ticket_id), ticket_id)
            return TicketHistory(ticket, [*store.events(connection, ticket_id)])

    def rebuild(self) -> int:
        """Make the projection anew from the events; returns the number of tickets."""
        with self._db.begin() as connection:
            return store.rebuild(connection)

    def _opening(
        self, snapshot: int, group: FindingGroup, findings: int, deadline: DeadlineLike, now: datetime
    ) -> TicketEvent:
        said = opened_payload(
            resource=group.resource,
            rule=group.rule,
            department=group.department,
            severity=group.severity,
            received_at=now,
            due=deadline.due,
            due_at=deadline.due_at,
            due_provisional=deadline.provisional,
            profile=self._profile,
            findings=findings,
        )
        name = ticket_id(snapshot, group.resource, group.rule, now)
        return TicketEvent(ticket=name, seq=1, at=now, event=Event.OPENED, snapshot=snapshot, payload=said)


def ticket_id(snapshot: int, resource: str, rule: str, now: datetime) -> str:
    """``T-<yyyymmdd>-<rule>-<snapshot>``: the day it was opened, in Beijing time, and what makes it the only one.

    A rule that does not begin with its resource is written ``<resource>.<rule>``.
    """
    named = rule if rule.startswith(f"{resource}.") else f"{resource}.{rule}"
    return f"T-{legal_date(now):%Y%m%d}-{named}-{snapshot}"


def _proof(evidence: Mapping[str, Sequence[str]], resource: str) -> list[str]:
    own = evidence.get(resource)
    return sorted(own) if own else sorted({batch for batches in evidence.values() for batch in batches})


def _next_event(
    ticket: TicketRow, event: Event, now: datetime, snapshot: int | None, said: Mapping[str, object]
) -> TicketEvent:
    return TicketEvent(ticket=ticket.id, seq=ticket.last_seq + 1, at=now, event=event, snapshot=snapshot, payload=said)


def _known(ticket: TicketRow | None, name: str) -> TicketRow:
    if ticket is None:
        raise UserError("没有这张工单，请检查编号。", "There is no such ticket; check its id.", where=name)
    return ticket
