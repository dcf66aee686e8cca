"""What rules and deliveries do to tickets: opened from findings, closed when a later batch has put the findings right.

Driven by published snapshots: both calls are safe to repeat, so whoever drives them may simply try again. The caller
holds the transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.errors import InternalFault
from policy.clock import legal_date
from quality.repairs import PROVEN, Repair
from quality.tickets import store
from quality.tickets.events import Channel, Kind, TicketEvent, TicketRow
from quality.tickets.permissions import SYSTEM
from quality.tickets.policies import can_close_repaired, can_open
from quality.tickets.service import TicketService
from quality.tickets.staging import analyse, drop_standing, stage
from quality.tickets.states import Event, State
from quality.tickets.tables import TABLES, ticket

_NO_DOUBT = (*PROVEN, Repair.CONFIRMED)
"""Kinds that leave no doubt. What is confirmed and still stands was given back a value that had been confirmed before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingGroup:
    """New findings of one resource and rule, which one department owns.

    Attributes:
        resource: id of the resource.
        rule: id of the rule.
        item: what the rule is about.
        department: id of the department that owns the resource.
        severity: of the rule; a warning opens no ticket.
        fingerprints: chunks of fingerprints, read once; a fingerprint that stands in a ticket already is left there.
    """

    resource: str
    rule: str
    item: str | None = None
    department: str
    severity: str
    fingerprints: Iterable[Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What was gathered again before a publication: the proof of repairs, and the occasion to verify answers.

    Attributes:
        by_rule: (resource, rule) -> batches that repaired findings of it.
        by_fingerprint: the same for reports, each of which is about one record.
        whole: resource -> batches that stated the whole resource, and when each was received.
        taken: every batch taken.
    """

    by_rule: Mapping[tuple[str, str], Sequence[str]]
    by_fingerprint: Mapping[str, Sequence[str]]
    whole: Mapping[str, Sequence[tuple[str, datetime]]]
    taken: frozenset[str]


@dataclass(frozen=True, slots=True)
class Repairs:
    """What a snapshot repaired.

    Attributes:
        closed: tickets now closed as 完成整改.
        progressed: tickets that lost findings and stay open.
        failed: tickets said to be put right that were not.
    """

    closed: list[TicketRow]
    progressed: list[TicketRow]
    failed: list[TicketRow]


class TicketFollower:
    """Opens and closes tickets as snapshots are published.

    Args:
        tickets: where they are kept.
        route: whether what rules found goes to its department at once; otherwise it waits for the authority, and what is
            found meanwhile joins it.
    """

    def __init__(self, tickets: TicketService, *, route: bool = True) -> None:
        self._tickets = tickets
        self._route = route

    def open_from_findings(
        self, connection: Connection, snapshot: int, groups: Iterable[FindingGroup], now: datetime
    ) -> list[TicketRow]:
        """Open one ticket per group, sealed once it is routed: what is found later opens the next, with a date of its own.

        A group that is a warning, or that brings nothing new, opens none.

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
            if can_open(group.severity):
                wanted[group.resource, group.rule] = group
        if not wanted:
            return []
        stage(connection, *[group.fingerprints for group in wanted.values()])
        new = drop_standing(connection)
        fresh: list[int] = []
        for part, group in enumerate(wanted.values()):
            if part in new and not self._joined(connection, snapshot, group, part, new[part], now):
                fresh.append(part)
        ids = store.new_ids(connection, legal_date(now), len(fresh))
        parts = list(wanted.values())
        opened = [
            self._open(connection, name, snapshot, parts[part], part, new[part], now)
            for name, part in zip(ids, fresh, strict=True)
        ]
        analyse(connection, *TABLES)
        return opened

    def take_repairs(
        self,
        connection: Connection,
        snapshot: int,
        gone: Mapping[Repair, Iterable[Sequence[str]]],
        gathered: Gathered,
        now: datetime,
    ) -> Repairs:
        """Take note that findings are gone from the published data, and close the tickets that have none left.

        A ticket whose department said 完成整改 and that still has findings goes back to it, once the batch it named, or a
        later delivery of the whole resource, is in.

        Args:
            connection: the caller's transaction.
            snapshot: the published snapshot they are missing from; data put right is shared again with it.
            gone: why -> chunks of fingerprints.
            gathered: the batches since the last published snapshot.
            now: when.
        """
        # Before any ticket is locked: who reports takes turns first too, and the two would wait for each other.
        store.take_turn(connection)
        kinds: list[Repair] = list(gone)
        stage(connection, *[gone[kind] for kind in kinds])
        changed: list[tuple[TicketRow, TicketEvent]] = []
        for one, lost in store.losing_staged(connection):
            by_kind = {kinds[part]: number for part, number in lost.items()}
            changed.append((one, self._lost(connection, one, by_kind, gathered, snapshot, now)))
        after = store.lose_staged(connection, changed)
        for one, (_, event) in zip(after, changed, strict=True):
            self._tickets.heard(connection, one, [event])
        closed = [row for row, (_, event) in zip(after, changed, strict=True) if event.event is Event.REPAIRED]
        failed = self._verify(connection, snapshot, gathered, now)
        names = {one.id for one in failed}
        progressed = [one for one in after if one.is_open and one.id not in names]
        return Repairs(closed, progressed, failed)

    def _open(
        self,
        connection: Connection,
        name: str,
        snapshot: int,
        group: FindingGroup,
        part: int,
        findings: int,
        now: datetime,
    ) -> TicketRow:
        facts = {
            "kind": Kind.FINDINGS.value, "channel": Channel.MONITOR.value, "resource": group.resource, "rule": group.rule,
            "item": group.item, "department": group.department, "severity": group.severity, "findings": findings,
        }  # fmt: skip
        found = TicketEvent(
            ticket=name,
            seq=1,
            at=now,
            event=Event.FOUND,
            actor=SYSTEM.id,
            snapshot=snapshot,
            payload=self._tickets.opening(facts, now),
        )
        opened = store.write(connection, None, found, about=store.part_of_staged(part))
        self._tickets.heard(connection, opened, [found])
        return self._tickets.route(connection, opened, now) if self._route else opened

    def _joined(
        self, connection: Connection, snapshot: int, group: FindingGroup, part: int, findings: int, now: datetime
    ) -> bool:
        """Put new findings into the ticket on the same resource and rule that still waits to be routed, if there is one."""
        open_one = store.waiting(connection, group.resource, group.rule)
        if open_one is None:
            return False
        self._tickets.happen(
            connection, open_one, Event.FINDINGS_JOINED, now, {"findings": findings},
            snapshot=snapshot, about=store.part_of_staged(part),
        )  # fmt: skip
        return True

    def _lost(
        self,
        connection: Connection,
        one: TicketRow,
        lost: Mapping[Repair, int],
        gathered: Gathered,
        snapshot: int,
        now: datetime,
    ) -> TicketEvent:
        """The event that takes findings out of a ticket, and whether it closes it."""
        if one.kind is Kind.FINDINGS:
            batches = sorted(gathered.by_rule.get((one.resource, one.rule), ()) or _of_resource(gathered, one.resource))
        else:
            mine = [str(row[0]) for row in connection.execute(store.standing(one.id))]
            batches = sorted({batch for name in mine for batch in gathered.by_fingerprint.get(name, ())})
        total = sum(lost.values())
        unproven = sum(number for kind, number in lost.items() if kind not in _NO_DOUBT)
        said = {
            "findings": total, "unproven": unproven, "batches": batches,
            "repairs": {kind.value: number for kind, number in sorted(lost.items())},
        }  # fmt: skip
        event = Event.FINDINGS_GONE
        if not one.is_open:
            event = Event.MARK_CLEARED
        elif can_close_repaired(one, total, unproven, batches):
            event = Event.REPAIRED
        return TicketEvent(
            ticket=one.id, seq=one.last_seq + 1, at=now, event=event, actor=SYSTEM.id, snapshot=snapshot, payload=said
        )

    def _verify(self, connection: Connection, snapshot: int, gathered: Gathered, now: datetime) -> list[TicketRow]:
        """Send back the tickets that were said to be put right and were not."""
        found = sa.select(ticket).where(ticket.c.state == State.VERIFICATION).order_by(ticket.c.id).with_for_update()
        failed = []
        for one in [store.as_ticket(row) for row in connection.execute(found).mappings()]:
            later = [
                batch
                for batch, received in gathered.whole.get(one.resource, ())
                if one.answered_at is None or received >= one.answered_at - timedelta(seconds=1)
            ]
            named = [one.answer_batch] if one.answer_batch in gathered.taken else []
            batches = sorted({*later, *(name for name in named if name is not None)})
            if batches and one.findings_open:
                said = {"left": one.findings_open, "batches": batches}
                failed.append(self._tickets.happen(connection, one, Event.NOT_REPAIRED, now, said, snapshot=snapshot))
        return failed


def _of_resource(gathered: Gathered, resource: str) -> set[str]:
    """Batches that repaired findings of any rule of a resource: a ticket may have taken in findings of other rules."""
    return {batch for (name, _), batches in gathered.by_rule.items() if name == resource for batch in batches}
