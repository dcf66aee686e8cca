"""What the clock does to tickets: reminders, overdue as a fact, what goes up, dates that the calendar has moved, days of review.

Safe to repeat as often as one likes: a reminder is given once for each occasion of a limit, being late is noted once, an order
that was not carried out is reported to the government once.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from policy.calendar_table import notice_window
from policy.clock import end_of, legal_date
from quality.tickets import queue, store
from quality.tickets.clocks import Limit, TicketClock
from quality.tickets.escalating import goes_up, said_of
from quality.tickets.events import TicketRow
from quality.tickets.permissions import SYSTEM
from quality.tickets.policies import is_overdue
from quality.tickets.queue import QueueFilter
from quality.tickets.service import TicketService, known
from quality.tickets.states import NEXT, OPEN, Event, Outcome, State
from quality.tickets.tables import ticket

_TIMED = tuple(state for state in OPEN if (state, Event.REMINDED) in NEXT)
"""States in which somebody owes something by a date."""


class TicketTimer:
    """Looks at the clock for all tickets.

    Args:
        tickets: where they are kept.
    """

    def __init__(self, tickets: TicketService) -> None:
        self._tickets = tickets

    def tick(self, now: datetime) -> dict[Event, list[TicketRow]]:
        """Remind, note what is overdue, compute dates again that the calendar has moved, take up what is to be reviewed.

        A reminder is given once for each occasion of a limit. Being overdue is noted once, and where the rules say so an
        order that nobody carried out is reported to the government (`quality.tickets.escalating`). What was talked through
        comes back to its department on its day of review, with a limit of its own, if it is still doubtful.
        """
        done: dict[Event, list[TicketRow]] = {
            Event.REMINDED: [], Event.OVERDUE: [], Event.REPORTED_UP: [], Event.DUE_RECOMPUTED: [], Event.REOPENED: [],
        }  # fmt: skip
        with self._tickets.db.writing() as connection:
            for one, again in self._moving(connection, ticket.c.due_provisional, self._tickets.clock):
                why = _notices(self._tickets.clock, one, again)
                done[Event.DUE_RECOMPUTED].append(self._recomputed(connection, one, again, why, now))
            for one in self._to_review(connection, now):
                said = {"reason": "复核日期已到 the day of review has come"}
                done[Event.REOPENED].append(self._tickets.route(connection, one, now, event=Event.REOPENED, more=said))
            for seen in self._nearly_due(connection, now):
                if not self._timely(connection, seen, now):
                    continue
                one = known(store.get(connection, seen.id), seen.id)  # locked: it may have moved since it was listed
                if one.state not in _TIMED:
                    continue
                for event, facts in self._timely(connection, one, now):
                    one = self._tickets.happen(connection, one, event, now, facts)
                    done[event].append(one)
        return done

    def moving(self, years: Collection[int], clock: TicketClock) -> list[tuple[TicketRow, Limit]]:
        """Open tickets whose date would change if the notices for ``years`` were those that ``clock`` counts by.

        Those are asked whose count lies in a year that one of the notices settles, provisional or not: a notice may be
        replaced by another, as in 2020. A day after the last of a count moves nothing.
        """
        with self._tickets.db.begin() as connection:
            return self._moving(connection, _within(years), clock)

    def recompute(self, years: Collection[int], clock: TicketClock, now: datetime) -> list[tuple[TicketRow, TicketRow]]:
        """Compute the dates of `moving` again, each with an event that keeps both; the tickets as they were and as they are."""
        with self._tickets.db.writing() as connection:
            moving = self._moving(connection, _within(years), clock)
            return [
                (one, self._recomputed(connection, one, again, _notices(clock, one, again, years), now))
                for one, again in moving
            ]

    def to_rectify(self, now: datetime) -> list[TicketRow]:
        """Tickets so long overdue that a rectification order is to be made out, the oldest first (house rule)."""
        with self._tickets.db.begin() as connection:
            late = queue.page(connection, QueueFilter(overdue_at=now), seen_by=SYSTEM, limit=100_000).rows
        return [
            one
            for one in late
            if (one.state, Event.RECTIFICATION_ORDERED) in NEXT
            and one.rectified_at is None
            and legal_date(now) >= self._tickets.clock.of(one.profile).rectification_from(one.clock)
        ]

    def _moving(
        self, connection: Connection, which: sa.ColumnElement[bool], clock: TicketClock
    ) -> list[tuple[TicketRow, Limit]]:
        """Open tickets of ``which`` whose limit is another one by ``clock``, with that limit."""
        found = sa.select(ticket).where(ticket.c.is_open, which).order_by(ticket.c.id).with_for_update()
        rows = [store.as_ticket(row) for row in connection.execute(found).mappings()]
        counted = [(one, clock.of(one.profile).again(one.clock)) for one in rows]
        return [(one, again) for one, again in counted if again != one.clock]

    def _recomputed(
        self, connection: Connection, one: TicketRow, again: Limit, notices: str, now: datetime
    ) -> TicketRow:
        said = {"limit": again.as_json(), "was": one.due.isoformat(), "notice": notices}
        return self._tickets.happen(connection, one, Event.DUE_RECOMPUTED, now, said)

    def _to_review(self, connection: Connection, now: datetime) -> list[TicketRow]:
        """What was talked through and is still doubtful on its day of review."""
        found = sa.select(ticket).where(
            ticket.c.state == State.CLOSED,
            ticket.c.outcome == Outcome.TALKED_THROUGH,
            ticket.c.findings_open > 0,
            ticket.c.review_on <= legal_date(now),
        )
        rows = connection.execute(found.order_by(ticket.c.id).with_for_update()).mappings()
        return [store.as_ticket(row) for row in rows]

    def _nearly_due(self, connection: Connection, now: datetime) -> list[TicketRow]:
        """Open tickets that a reminder may be due for, or that are late."""
        soon = legal_date(now) + timedelta(days=31)
        return queue.page(connection, QueueFilter(states=_TIMED, due_until=soon), seen_by=SYSTEM, limit=1_000_000).rows

    def _timely(self, connection: Connection, one: TicketRow, now: datetime) -> list[tuple[Event, dict[str, object]]]:
        today = legal_date(now)
        if is_overdue(one, now):
            return self._late(one, now)
        reached = [
            (name, day) for name, day in self._tickets.clock.of(one.profile).reminders(one.clock) if day <= today
        ]
        if not reached:
            return []
        occasion = f"{reached[-1][0]}@{one.due.isoformat()}"
        told = [
            event.payload.get("occasion") for event in store.events(connection, one.id) if event.event is Event.REMINDED
        ]
        return [] if occasion in told else [(Event.REMINDED, {"occasion": occasion, "due": one.due.isoformat()})]

    def _late(self, one: TicketRow, now: datetime) -> list[tuple[Event, dict[str, object]]]:
        said: dict[str, object] = {"due": one.due.isoformat()}
        found = [(Event.OVERDUE, said)] if one.overdue_at is None else []
        clock = self._tickets.clock.of(one.profile)
        if goes_up(one, clock, now):
            government = said_of(self._tickets.government(one.department))
            found.append((Event.REPORTED_UP, {**said, **government, "basis": clock.breach_ground}))
        return found


def _notices(clock: TicketClock, one: TicketRow, again: Limit, among: Collection[int] | None = None) -> str:
    """What the holiday notices call themselves by which a limit is another one now."""
    last = max(one.due, again.due)
    return clock.of(one.profile).calendar.notices_between(legal_date(again.received_at), last, among)


def _within(years: Collection[int]) -> sa.ColumnElement[bool]:
    """Whether a ticket's count touches a day that the notice for one of ``years`` settles."""
    touched = [
        (ticket.c.due >= first) & (ticket.c.limit_from < end_of(last))
        for first, last in map(notice_window, sorted(years))
    ]
    return sa.or_(sa.false(), *touched)
