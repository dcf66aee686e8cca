"""May this happen to this ticket now? Every rule is a pair: ``check_can_x`` raises the reason, ``can_x`` is the answer.

Decided from the ticket alone; who asks is another question. House rules kept here:

- A warning opens no ticket: it is to be looked at, and shows in the findings and the score; a ticket obliges a department
  to answer before a legal deadline, which only an error justifies.
- Receipt is the moment the ticket reaches the department's queue. Confirming it changes no date: a department must not
  gain time by looking late (Haishu 27 counts from receipt).
- 完成整改 means put right *and gathered again*: all findings gone without any new batch (a rule was withdrawn, say) is no
  proof of it, and such a ticket stays open for a person to end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from ground.errors import UserError
from quality.rules import Severity
from quality.tickets.events import TicketRow
from quality.tickets.states import NEXT, STATE_WORDS, Event, State


def check_can_open(severity: str) -> None:
    """Findings of ``severity`` oblige a department, or UserError says why not."""
    if Severity(severity) is not Severity.ERROR:
        raise UserError(
            "提示级（warning）问题不开工单，只计入问题清单与评分。",
            "A warning opens no ticket; it is kept as a finding and counts in the score.",
            where=severity,
        )


def can_open(severity: str) -> bool:
    """`check_can_open` as an answer."""
    return _holds(check_can_open, severity)


def check_can_accept(ticket: TicketRow) -> None:
    """The department may confirm receipt, or UserError says why not."""
    _check_step(ticket, Event.ACCEPTED)


def can_accept(ticket: TicketRow) -> bool:
    """`check_can_accept` as an answer."""
    return _holds(check_can_accept, ticket)


def check_can_close_repaired(ticket: TicketRow, gone: int, batches: Sequence[str]) -> None:
    """The ticket may close as 完成整改 when ``gone`` more findings are gone, or UserError says why not.

    Args:
        ticket: as it stands.
        gone: findings of it gone in the published snapshot and not counted yet.
        batches: ids of the batches that gathered the data again.
    """
    _check_step(ticket, Event.REPAIRED)
    left = ticket.findings_open - gone
    if left:
        raise UserError(
            f"仍有 {left} 条问题数据未修正，不能办结。",
            f"{left} findings are still present; the ticket cannot close.",
            where=ticket.id,
        )
    if not batches:
        raise UserError(
            "没有重新归集的批次，不能以“完成整改”办结；请由人工给出结论。",
            "No batch gathered the data again, so it cannot close as corrected; a person must end it.",
            where=ticket.id,
        )


def can_close_repaired(ticket: TicketRow, gone: int, batches: Sequence[str]) -> bool:
    """`check_can_close_repaired` as an answer."""
    return _holds(check_can_close_repaired, ticket, gone, batches)


def is_overdue(ticket: TicketRow, now: datetime) -> bool:
    """The ticket was not closed before its deadline ended, judged at ``now``."""
    return (ticket.closed_at or now) >= ticket.due_at


def _check_step(ticket: TicketRow, event: Event) -> None:
    if (ticket.state, event) in NEXT:
        return
    allowed = [state for state in State if (state, event) in NEXT]
    raise UserError(
        f"工单处于“{STATE_WORDS[ticket.state][0]}”，此操作只适用于：{'、'.join(STATE_WORDS[one][0] for one in allowed)}。",
        f"The ticket is {ticket.state}; this can only be done while it is {' or '.join(allowed)}.",
        where=ticket.id,
    )


def _holds(check: Callable[..., None], *arguments: Any) -> bool:
    try:
        check(*arguments)
    except UserError:
        return False
    return True
