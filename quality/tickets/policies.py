"""May this happen to this ticket now? Every rule is a pair: ``check_can_x`` raises the reason, ``can_x`` is the answer.

Decided from the ticket, and from what the event would carry; who asks is `quality.tickets.permissions`. House rules kept here:

- A warning opens no ticket: it is to be looked at, and shows in the findings and the score; a ticket obliges a department
  to answer before a legal deadline, which only an error justifies.
- Receipt is the moment the ticket reaches the department's queue. Confirming it changes no date: a department must not
  gain time by looking late (Haishu 27 counts from receipt).
- 完成整改 means put right *and gathered again*: all findings gone without any new batch (a rule was withdrawn, say) is no
  proof of it, and such a ticket stays open for a person to end.
- 确认无误 states what was checked and on which basis; 沟通解决 the record of the talk and the date on which the value is
  looked at again. An answer without its evidence is refused. Both are reviewed by the authority before the ticket closes,
  and neither closes before the reporter was told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from ground.errors import Conflict, UserError
from policy.clock import legal_date
from quality.rules import Severity
from quality.tickets.clocks import LimitKind
from quality.tickets.events import Channel, Kind, TicketRow
from quality.tickets.states import EVENT_WORDS, NEXT, STATE_WORDS, Event, Outcome, State

LONGEST_REVIEW = timedelta(days=366)
"""A doubtful value is looked at again within a year."""


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
    return holds(check_can_open, severity)


def check_step(ticket: TicketRow, event: Event) -> None:
    """``event`` is a step from where the ticket stands, or Conflict says from where it would be."""
    if (ticket.state, event) in NEXT:
        return
    allowed = [state for state in State if (state, event) in NEXT]
    here, what = STATE_WORDS[ticket.state][0], EVENT_WORDS[event]
    raise Conflict(
        f"工单处于“{here}”，不能“{what[0]}”；此操作只适用于：{'、'.join(STATE_WORDS[one][0] for one in allowed)}。",
        f"The ticket is {ticket.state}; '{what[1]}' can only be done while it is {' or '.join(allowed)}.",
        where=ticket.id,
    )


def can_step(ticket: TicketRow, event: Event) -> bool:
    """`check_step` as an answer."""
    return holds(check_step, ticket, event)


def check_unchanged(ticket: TicketRow, seen: int | None) -> None:
    """Nothing has happened since the asker looked (``seen`` is the ``last_seq`` he saw), or Conflict says so.

    None: he did not say what he saw.
    """
    if seen is not None and seen != ticket.last_seq:
        raise Conflict(
            f"此工单在您打开之后已有变动（现为“{STATE_WORDS[ticket.state][0]}”），您的操作未执行。请刷新后再决定。",
            f"The ticket has moved since you opened it (it is {ticket.state} now); nothing was done. Look again and decide anew.",
            where=ticket.id,
        )


def check_can_close_repaired(ticket: TicketRow, gone: int, unproven: int, batches: Sequence[str]) -> None:
    """The ticket may close as 完成整改 when ``gone`` more findings are gone, or UserError says why not.

    Args:
        ticket: as it stands.
        gone: findings of it gone in the published snapshot and not counted yet.
        unproven: how many of them went without any batch that put them right.
        batches: ids of the batches that gathered the data again.
    """
    check_step(ticket, Event.REPAIRED)
    left = ticket.findings_open - gone
    if left:
        raise UserError(
            f"仍有 {left} 条问题数据未修正，不能办结。",
            f"{left} findings are still present; the ticket cannot close.",
            where=ticket.id,
        )
    if not batches or unproven + ticket.unproven:
        raise UserError(
            "没有重新归集的批次，不能以“完成整改”办结；请由人工给出结论。",
            "No batch gathered the data again, so it cannot close as corrected; a person must end it.",
            where=ticket.id,
        )


def can_close_repaired(ticket: TicketRow, gone: int, unproven: int, batches: Sequence[str]) -> bool:
    """`check_can_close_repaired` as an answer."""
    return holds(check_can_close_repaired, ticket, gone, unproven, batches)


def check_can_ask_extension(ticket: TicketRow, cause: str, now: datetime) -> None:
    """An extension may be asked for: in time, with its cause, and not of a rectification order."""
    check_step(ticket, Event.EXTENSION_ASKED)
    check_said(cause, "申请延期须写明特殊原因", "state the special cause of the extension", ticket)
    if ticket.limit_kind is LimitKind.ORDERED:
        raise UserError(
            "整改通知的期限不能延期。", "The date of a rectification order cannot be extended.", where=ticket.id
        )
    if is_overdue(ticket, now):
        raise UserError(
            f"工单已于 {ticket.due} 24:00 逾期，不能再申请延期；请尽快答复。",
            f"The ticket has been overdue since the end of {ticket.due}; no extension can be asked for. Answer soon.",
            where=ticket.id,
        )


def can_ask_extension(ticket: TicketRow, now: datetime) -> bool:
    """Whether one might be asked for, its cause given."""
    return holds(check_can_ask_extension, ticket, "-", now)


def check_can_confirm(ticket: TicketRow, check: str, basis: str) -> None:
    """The answer 确认无误 carries what was checked and on which basis, and the ticket is one that can be right."""
    check_step(ticket, Event.ANSWERED_CONFIRMED)
    check_said(check, "确认无误须写明核对了什么", "say what was checked", ticket)
    check_said(basis, "确认无误须写明依据（如原始档案编号）", "give the basis, such as the number of the file", ticket)


def check_can_talk_through(ticket: TicketRow, record: str, review_on: date | None, now: datetime) -> None:
    """The answer 沟通解决 carries the record of the talk and a date of review within a year."""
    check_step(ticket, Event.ANSWERED_TALKED)
    check_said(record, "沟通解决须附沟通记录", "give the record of the talk", ticket)
    today = legal_date(now)
    if review_on is None or not today < review_on <= today + LONGEST_REVIEW:
        raise UserError(
            f"沟通解决须写明复核日期，应在 {today} 之后一年以内。",
            f"Talked through needs a date of review after {today} and within a year.",
            where=ticket.id,
        )


def check_can_review(ticket: TicketRow, event: Event) -> None:
    """The authority may close an answer: there is one of this kind, and its reporter was told."""
    check_step(ticket, event)
    wanted = Outcome.CONFIRMED if event is Event.CONFIRMED else Outcome.TALKED_THROUGH
    if ticket.answer is not wanted:
        raise Conflict(
            "部门的答复不是这一种，不能据此办结。",
            "The department's answer is another; it cannot close so.",
            where=ticket.id,
        )
    if ticket.reports and ticket.notified_at is None:
        raise UserError(
            "尚未告知报告人，不能办结。", "The reporter has not been told yet; it cannot close.", where=ticket.id
        )


def check_can_dispute(ticket: TicketRow, reason: str) -> None:
    """An answer may be disputed, with a reason."""
    check_step(ticket, Event.DISPUTED)
    check_said(reason, "提出异议须写明理由", "give the reason of the dispute", ticket)


def check_can_conclude(ticket: TicketRow) -> None:
    """A decision that the value stands ends the ticket; one that it is wrong has to be carried out."""
    check_step(ticket, Event.CONCLUDED)
    if ticket.decision != "stands":
        raise UserError(
            "政府决定更正，须由后续批次证明已更正后办结。",
            "The government decided that it be put right: a later batch has to prove it.",
            where=ticket.id,
        )


def check_can_reopen(ticket: TicketRow) -> None:
    """Only what was talked through is taken up again: its value is still doubtful."""
    check_step(ticket, Event.REOPENED)
    if ticket.outcome is not Outcome.TALKED_THROUGH or not ticket.findings_open:
        raise UserError(
            "只有沟通解决且仍存疑的工单才到期复核。",
            "Only what was talked through, and is still doubtful, is taken up again.",
            where=ticket.id,
        )


def check_can_rectify(ticket: TicketRow, document: str, now: datetime) -> None:
    """A rectification order may be made out: the ticket is overdue, and the order has its number."""
    check_step(ticket, Event.RECTIFICATION_ORDERED)
    check_said(document, "整改通知须写明文号", "give the number of the order", ticket)
    if not is_overdue(ticket, now):
        raise UserError(
            f"工单尚未逾期（截止 {ticket.due} 24:00），不能下达整改通知。",
            f"The ticket is not overdue (it is due at the end of {ticket.due}); no order can be made out.",
            where=ticket.id,
        )


def check_can_merge(ticket: TicketRow, into: TicketRow) -> None:
    """Two tickets are about the same thing: one resource, one department, both still in hand."""
    check_step(ticket, Event.MERGED)
    check_step(into, Event.ABSORBED)
    if ticket.id == into.id:
        raise UserError("工单不能并入自身。", "A ticket cannot be merged into itself.", where=ticket.id)
    if is_report(ticket) != is_report(into):
        # What rules found and what people said are proven in different ways.
        raise UserError(
            "规则发现的问题与人工报告不能并案，请改用归组。",
            "What rules found and what people reported cannot be merged; put them into one group.",
            where=ticket.id,
        )
    if (ticket.resource, ticket.department) != (into.resource, into.department):
        raise UserError(
            "只能合并同一资源、同一部门的工单。",
            "Only tickets on one resource and department can be merged.",
            where=ticket.id,
        )


def check_can_split(ticket: TicketRow, chosen: int) -> None:
    """Some of the findings go on in a ticket of their own, and some stay."""
    check_step(ticket, Event.SPLIT_OFF)
    if not 0 < chosen < ticket.findings_open:
        raise UserError(
            f"应选择 1 至 {ticket.findings_open - 1} 条现存问题拆出，实际选中 {chosen} 条。",
            f"Choose 1 to {ticket.findings_open - 1} of the findings present; {chosen} were chosen.",
            where=ticket.id,
        )


def check_can_return(ticket: TicketRow, reason: str) -> None:
    """A report may go back to its reporter, with a reason; what rules found has none."""
    check_step(ticket, Event.RETURNED)
    check_said(reason, "退回须写明原因与需补正的内容", "say why it is returned and what is missing", ticket)
    if ticket.channel is Channel.MONITOR:
        raise UserError(
            "规则发现的问题没有报告人，不能退回；规则有误时请撤销。",
            "What rules found has no reporter to return to; withdraw it where the rule is wrong.",
            where=ticket.id,
        )


def is_overdue(ticket: TicketRow, now: datetime) -> bool:
    """The ticket was not closed before its deadline ended, judged at ``now``."""
    return (ticket.closed_at or now) >= ticket.due_at


def check_said(text: str, zh: str, en: str, ticket: TicketRow | None = None) -> None:
    """A text is there; UserError says what is missing."""
    if not text.strip():
        raise UserError(f"{zh}。", f"{en[0].upper()}{en[1:]}.", where=ticket.id if ticket else None)


def is_report(ticket: TicketRow) -> bool:
    """Whether a person or a system reported it."""
    return ticket.kind is not Kind.FINDINGS


def holds(check: Callable[..., None], *arguments: Any) -> bool:
    """A check as an answer."""
    try:
        check(*arguments)
    except UserError:
        return False
    return True
