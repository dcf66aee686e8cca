"""May this person do it, and may this person see it? Whether it may happen at all is `quality.tickets.policies`.

Three parts: the authority's steward, the provider's officer, and whoever reports. An officer acts on the tickets of the own
department, a reporter on the own reports. The hub itself (``system``) acts where rules, the clock or a delivery decide.
"""

from __future__ import annotations

from dataclasses import dataclass

from accounts.model import ROLE_WORDS, Role
from ground.errors import Forbidden, NotFound
from quality.tickets.events import TicketRow
from quality.tickets.states import EVENT_WORDS, Event, State


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: a person or a department's system.

    Attributes:
        id: ``person:<account>``, ``key:<API key>`` or ``system``.
        name: how the person or system is called.
        role: the part played; None for the hub itself.
        department: whose officer it is.
    """

    id: str
    name: str
    role: Role | None
    department: str | None = None


SYSTEM = Actor("system", "数源 Shuyuan", None)

_STEWARD = frozenset({Role.STEWARD})
_PROVIDER = frozenset({Role.PROVIDER})
_ANYBODY = frozenset(Role)

MAY: dict[Event, frozenset[Role]] = {
    Event.FOUND: frozenset(),
    Event.REPORTED: _ANYBODY,
    Event.SPLIT_FROM: _STEWARD | _PROVIDER,
    Event.FINDINGS_JOINED: frozenset(),
    Event.REPORT_JOINED: _ANYBODY,
    Event.RETURNED: _STEWARD,
    Event.RESUBMITTED: _ANYBODY,
    Event.WITHDRAWN: _ANYBODY,
    Event.ROUTED: _STEWARD,
    Event.REASSIGNED: _STEWARD,
    Event.ACCEPTED: _PROVIDER,
    Event.URGENT_SET: _STEWARD,
    Event.EXTENSION_ASKED: _PROVIDER,
    Event.EXTENSION_GRANTED: _STEWARD,
    Event.EXTENSION_REFUSED: _STEWARD,
    Event.ANSWERED_CORRECTED: _PROVIDER,
    Event.ANSWERED_CONFIRMED: _PROVIDER,
    Event.ANSWERED_TALKED: _PROVIDER,
    Event.SENT_BACK: _STEWARD,
    Event.NOT_REPAIRED: frozenset(),
    Event.FINDINGS_GONE: frozenset(),
    Event.REPAIRED: frozenset(),
    Event.CONFIRMED: _STEWARD,
    Event.TALKED_THROUGH: _STEWARD,
    Event.MARK_CLEARED: frozenset(),
    Event.REOPENED: _STEWARD,
    Event.DISPUTED: _ANYBODY,
    Event.COORDINATION_STARTED: _STEWARD,
    Event.COORDINATED_CORRECT: _STEWARD,
    Event.COORDINATED_STANDS: _STEWARD,
    Event.ESCALATED: _STEWARD,
    Event.GOVERNMENT_DECIDED: _STEWARD,
    Event.CONCLUDED: _STEWARD,
    Event.SPLIT_OFF: _STEWARD | _PROVIDER,
    Event.ABSORBED: _STEWARD,
    Event.MERGED: _STEWARD,
    Event.GROUPED: _STEWARD,
    Event.REMINDED: frozenset(),
    Event.OVERDUE: frozenset(),
    Event.REPORTED_UP: frozenset(),
    Event.RECTIFICATION_ORDERED: _STEWARD,
    Event.DUE_RECOMPUTED: frozenset(),
    Event.NOTED: _ANYBODY,
    Event.ATTACHED: _ANYBODY,
    Event.REPORTER_NOTIFIED: frozenset(),
    Event.CORRECTION_SHARED: frozenset(),
}
"""Event -> the roles that may bring it about; nobody: the hub alone."""

OF_ITS_REPORTER = frozenset({Event.RESUBMITTED, Event.WITHDRAWN, Event.DISPUTED})
"""What a reporter may do, with the own report alone."""
UNROUTED = (State.SUBMITTED, State.RETURNED)


def check_may(actor: Actor, event: Event, ticket: TicketRow) -> None:
    """``actor`` may bring ``event`` about on ``ticket``.

    Raises:
        NotFound: the ticket is none that the actor may see.
        Forbidden: it is for somebody else.
    """
    if actor.role is None:
        return
    check_may_see(actor, ticket)
    word = EVENT_WORDS[event]
    if actor.role not in MAY[event]:
        who = "、".join(ROLE_WORDS[role][0] for role in Role if role in MAY[event]) or "系统"
        raise Forbidden(
            f"“{word[0]}”须由{who}办理，您的角色是{ROLE_WORDS[actor.role][0]}。",
            f"'{word[1]}' is for {' or '.join(role.value for role in Role if role in MAY[event]) or 'the hub itself'}; you are {actor.role.value}.",
            where=ticket.id,
        )
    if event in OF_ITS_REPORTER and actor.role is not Role.STEWARD and ticket.reporter != actor.id:
        raise Forbidden(
            f"“{word[0]}”须由报告人本人或主管机构办理。",
            f"'{word[1]}' is for the reporter or the authority.",
            where=ticket.id,
        )
    if event is Event.WITHDRAWN and actor.role is not Role.STEWARD and ticket.state not in UNROUTED:
        raise Forbidden(
            "工单已分派，只能由主管机构撤销。",
            "The ticket is routed; only the authority can withdraw it.",
            where=ticket.id,
        )


def may(actor: Actor, event: Event, ticket: TicketRow) -> bool:
    """`check_may` as an answer."""
    try:
        check_may(actor, event, ticket)
    except (Forbidden, NotFound):
        return False
    return True


def check_may_see(actor: Actor, ticket: TicketRow) -> None:
    """The ticket is one that ``actor`` may see; NotFound otherwise, as if there were none."""
    if not may_see(actor, ticket):
        raise NotFound("没有这张工单，请检查编号。", "There is no such ticket; check its id.", where=ticket.id)


def may_see(actor: Actor, ticket: TicketRow) -> bool:
    """The authority sees all, an officer what was routed to the own department, a reporter the own reports."""
    if actor.role is None or actor.role is Role.STEWARD:
        return True
    if ticket.reporter == actor.id:
        return True
    return actor.role is Role.PROVIDER and ticket.department == actor.department and ticket.state not in UNROUTED


def check_may_reveal(actor: Actor, ticket: TicketRow) -> None:
    """``actor`` may look at a record of ``ticket`` in clear, with the value of every source.

    That is the authority, and the department that has to put it right; who reported a problem learns no value by reporting it.

    Raises:
        NotFound: the ticket is none that the actor may see.
        Forbidden: it is for others.
    """
    check_may_see(actor, ticket)
    if actor.role in (None, Role.STEWARD):
        return
    if actor.role is not Role.PROVIDER or actor.department != ticket.department or ticket.state in UNROUTED:
        raise Forbidden(
            "只有主管机构与责任部门可以查看记录。",
            "A record is looked at by the authority and by the department that has to put it right.",
            where=ticket.id,
        )


def may_reveal(actor: Actor, ticket: TicketRow) -> bool:
    """`check_may_reveal` as an answer."""
    try:
        check_may_reveal(actor, ticket)
    except (Forbidden, NotFound):
        return False
    return True
