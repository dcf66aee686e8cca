"""The same step on many tickets: each in its own transaction, one that cannot be done leaves the others.

Which tickets: named ones, or all that a filter of the queue finds at this moment. What cannot be done is answered with its
reason, ticket by ticket.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from accounts.model import Role
from ground.errors import Conflict, Forbidden, ShuyuanError, UserError
from pipelines.problems.desk import ProblemDesk
from policy.clock import legal_date
from quality.tickets import store
from quality.tickets.events import TicketRow
from quality.tickets.permissions import SYSTEM, Actor
from quality.tickets.queue import QueueFilter
from quality.tickets.states import Event, State

MOST = 1_000
"""Tickets of one order: more are no decision any more."""


class Action(StrEnum):
    """What may be done to many at once; an answer is given one by one, since each has its own evidence."""

    ROUTE = "route"
    REASSIGN = "reassign"
    ACCEPT = "accept"
    GROUP = "group"
    NOTE = "note"
    REMIND = "remind"
    URGENT = "urgent"
    RETURN = "return"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to do to each ticket; what an action does not need is left out.

    Attributes:
        action: the step.
        department: route, reassign: where to.
        reason: why; a note's text.
        group: name of the group; None takes it out.
        until: urgent: the last day.
    """

    action: Action
    department: str | None = None
    reason: str = ""
    group: str | None = None
    until: date | None = None


@dataclass(frozen=True)
class TicketAnswer:
    """What became of one ticket: its state now, or the reason why nothing was done."""

    ticket: str
    state: State | None
    error: Mapping[str, str | None] | None = None


def batch(
    desk: ProblemDesk, chosen: Sequence[str] | QueueFilter, order: Order, actor: Actor, now: datetime
) -> list[TicketAnswer]:
    """Carry out an order on every chosen ticket, in the order given (a filter: the most urgent first).

    Raises:
        UserError: too many tickets, or the order lacks what its action needs; nothing was done.
    """
    _check_whole(order)
    step = _step(desk, order, actor, now)
    names = list(dict.fromkeys(chosen)) if not isinstance(chosen, QueueFilter) else _found(desk, chosen, actor)
    if len(names) > MOST:
        raise UserError(
            f"一次最多办理 {MOST} 张工单，请缩小范围。",
            f"At most {MOST} tickets at once; choose fewer.",
            where="tickets",
        )
    return [_one(step, name) for name in names]


def remind(desk: ProblemDesk, ticket: str, actor: Actor, now: datetime) -> TicketRow:
    """A steward reminds a department by hand (催办), once a day and ticket.

    Raises:
        Forbidden: only stewards remind.
        Conflict: it was done today, or nobody owes anything on the ticket.
    """
    if actor.role is not Role.STEWARD:
        raise Forbidden("催办须由质量管理员办理。", "Reminding by hand is for stewards.", where=ticket)
    occasion = f"by-hand@{legal_date(now)}"
    with desk.handling.hold(ticket, SYSTEM, now, None, Event.REMINDED) as held:
        told = [one.payload.get("occasion") for one in store.events(held.connection, ticket)]
        if occasion in told:
            raise Conflict("今日已催办过。", "The department was reminded today already.", where=ticket)
        said = {"occasion": occasion, "due": held.ticket.due.isoformat(), "by": actor.id}
        return desk.handling.happen(held, Event.REMINDED, said)


def _found(desk: ProblemDesk, wanted: QueueFilter, actor: Actor) -> list[str]:
    return [one.id for one in desk.queue(actor, wanted, limit=MOST + 1).rows]


def _one(step: Callable[[str], TicketRow], ticket: str) -> TicketAnswer:
    try:
        return TicketAnswer(ticket, step(ticket).state)
    except ShuyuanError as fault:
        return TicketAnswer(ticket, None, fault.as_dict())


def _check_whole(order: Order) -> None:
    """The order has what its action needs."""
    if order.action is Action.REASSIGN and order.department is None:
        raise UserError("改派须指明部门。", "Reassigning needs a department.", where="department")
    if order.action is Action.URGENT and order.until is None:
        raise UserError("限时办理须写明期限。", "An urgent limit needs its last day.", where="until")


def _step(desk: ProblemDesk, order: Order, actor: Actor, now: datetime) -> Callable[[str], TicketRow]:
    """The order as a function of a ticket."""
    handling, reason = desk.handling, order.reason
    department, until = order.department or "", order.until or date.max
    steps: dict[Action, Callable[[str], TicketRow]] = {
        Action.ROUTE: lambda ticket: desk.route(ticket, actor, now, department=order.department),
        Action.REASSIGN: lambda ticket: desk.reassign(ticket, actor, now, department=department, reason=reason),
        Action.ACCEPT: lambda ticket: handling.accept(ticket, actor, now),
        Action.GROUP: lambda ticket: handling.group(ticket, actor, now, name=order.group),
        Action.NOTE: lambda ticket: handling.note(ticket, actor, now, text=reason),
        Action.REMIND: lambda ticket: remind(desk, ticket, actor, now),
        Action.URGENT: lambda ticket: handling.set_urgent(ticket, actor, now, until=until, reason=reason),
        Action.RETURN: lambda ticket: handling.return_report(ticket, actor, now, reason=reason),
        Action.WITHDRAW: lambda ticket: handling.withdraw(ticket, actor, now, reason=reason),
        Action.REOPEN: lambda ticket: handling.reopen(ticket, actor, now, reason=reason),
    }
    return steps[order.action]
