"""Reporting a problem of one record, and asking what became of it: the same fields as the form (Haishu 27, 28)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BeforeValidator, WithJsonSchema

from portal.api import cursor, models, replies, shown
from portal.api.documentation import faults
from portal.api.security import Asked, Reading, Reporting
from portal.api.seen import Match, seen_of
from quality.tickets.events import Channel, Kind, TicketRow
from quality.tickets.reports import ProblemReport
from quality.tickets.states import State

router = APIRouter(prefix="/problems", tags=["problems"])

Ticket = Annotated[
    str, Path(pattern=models.TICKET, max_length=20, description="工单编号 id of a ticket", examples=["T-20261121-0001"])
]
Mark = Annotated[
    str | None,
    Query(max_length=200, description="上一页的 next the `next` of the page before", pattern="^[A-Za-z0-9_-]+$"),
]
Limit = Annotated[int, Query(ge=1, le=200, description="每页条数 tickets of a page")]
States = Annotated[list[State] | None, Query(description="只看这些状态 only these states", max_length=20)]


Since = Annotated[
    datetime | None,
    BeforeValidator(lambda value: None if value is None else models.moment_of(value)),
    WithJsonSchema({"type": "string", "format": "date-time"}),
    Query(description="只看此时起有变动的 only what has changed since, such as 2026-11-21T00:00:00+08:00"),
]


@router.post(
    "",
    status_code=201,
    response_model=replies.Reported,
    responses={
        **faults(409),
        200: {
            "model": replies.Reported,
            "description": "此前已收到，或已并入在办工单 sent before, or joined an open ticket",
        },
    },
    summary="反馈一条问题数据 Report a problem of one record",
)
def report(said: models.ProblemIn, asked: Reporting, response: Response) -> replies.Reported:
    """新开工单答 201；同一 `reference` 再次发送、或同一问题已有在办工单，答 200。

    201 for a new ticket; 200 where the same `reference` was sent before, or the problem has an open ticket that it joins.
    """
    done = asked.hub.problems.report(_report(said), asked.reporter, asked.now, Channel.API)
    if done.repeated or done.joined:
        response.status_code = 200
    _tag(response, done.ticket)
    return replies.Reported(
        **shown.ticket(asked.hub, done.ticket, asked.now, shown.reporter_links(done.ticket)),
        reference=said.reference, repeated=done.repeated, joined=done.joined,
    )  # fmt: skip


@router.get(
    "",
    response_model=replies.ProblemPage,
    responses=faults(),
    summary="本系统反馈的问题 Problems that this system reported",
)
def reported(
    asked: Reading,
    state: States = None,
    since: Since = None,
    limit: Limit = 50,
    cursor_: Annotated[Mark, Query(alias="cursor")] = None,
) -> replies.ProblemPage:
    """按首次反馈的时间排列 In the order in which they were opened."""
    page = asked.hub.problems.reported_by(
        asked.reporter, states=tuple(state or ()), since=since, limit=limit, after=cursor.read(cursor_)
    )
    return replies.ProblemPage(
        problems=[shown.problem(asked.hub, one, asked.now) for one in page.rows], next=cursor.written(page.next)
    )


@router.get(
    "/{ticket}",
    response_model=replies.ProblemDetail,
    responses=faults(404),
    summary="一张工单的办理情况 What became of a report",
)
def one(ticket: Ticket, asked: Reading, response: Response) -> replies.ProblemDetail:
    """状态、期限、经过与本系统的报告；他人的报告不显示 State, limit, story and this system's own reports."""
    problems = asked.hub.problems
    history = problems.show(ticket, asked.reporter)
    _tag(response, history.ticket)
    mine = [kept for kept in problems.reports(ticket, asked.reporter) if kept.reporter == asked.reporter.id]
    files = [kept for kept in problems.attachments.of(ticket) if kept.kept_by == asked.reporter.id]
    return replies.ProblemDetail(
        **shown.ticket(asked.hub, history.ticket, asked.now, shown.reporter_links(history.ticket)),
        deadline=[*problems.tickets.explain(history.ticket)],
        story=shown.story(history.events),
        reports=[
            replies.OwnReport(
                reference=kept.said.reference, received_at=kept.received_at, kind=kept.said.kind.value,
                key=[*kept.said.key], item=kept.said.item, doubted=kept.said.doubted, proposed=kept.said.proposed,
                reason=kept.said.reason, observed_at=kept.said.observed_at,
            )
            for kept in mine
        ],
        attachments=[shown.attachment(kept) for kept in files],
    )  # fmt: skip


@router.post(
    "/{ticket}/resubmit",
    response_model=replies.ProblemOut,
    responses=faults(404, 409),
    summary="补正后再报 Complete a returned report",
)
def resubmit(
    ticket: Ticket, said: models.ProblemIn, asked: Reporting, response: Response, match: Match = None
) -> replies.ProblemOut:
    """针对同一条记录的同一项 About the same record and item."""
    done = asked.hub.problems.resubmit(ticket, _report(said), asked.reporter, asked.now, seen=seen_of(match, None))
    return _answered(done, asked, response)


@router.post(
    "/{ticket}/withdraw",
    response_model=replies.ProblemOut,
    responses=faults(404, 409),
    summary="撤回 Withdraw a report",
)
def withdraw(
    ticket: Ticket, said: models.Reason, asked: Reporting, response: Response, match: Match = None
) -> replies.ProblemOut:
    """分派之前，由报告人撤回 By its reporter, before it is routed."""
    done = asked.hub.problems.handling.withdraw(
        ticket, asked.reporter, asked.now, reason=said.reason, seen=seen_of(match, said.seen)
    )
    return _answered(done, asked, response)


@router.post(
    "/{ticket}/dispute",
    response_model=replies.ProblemOut,
    responses=faults(404, 409),
    summary="提出异议 Dispute an answer",
)
def dispute(
    ticket: Ticket, said: models.Reason, asked: Reporting, response: Response, match: Match = None
) -> replies.ProblemOut:
    """不同意答复的，由主管机构协调 Who does not agree has the authority coordinate."""
    done = asked.hub.problems.dispute(
        ticket, asked.reporter, asked.now, reason=said.reason, seen=seen_of(match, said.seen)
    )
    return _answered(done, asked, response)


def _answered(one: TicketRow, asked: Asked, response: Response) -> replies.ProblemOut:
    _tag(response, one)
    return shown.problem(asked.hub, one, asked.now)


def _tag(response: Response, one: TicketRow) -> None:
    response.headers["ETag"] = f'"{one.last_seq}"'


def _report(said: models.ProblemIn) -> ProblemReport:
    return ProblemReport(
        kind=Kind(said.kind), resource=said.resource, key=said.key_values, item=said.item, doubted=said.doubted,
        proposed=said.proposed, reason=said.reason, observed_at=said.observed_at, reference=said.reference,
        contact=said.contact,
    )  # fmt: skip
