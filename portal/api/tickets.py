"""A department's system reads the tickets that were routed to the department, and what they are about."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import unquote

from fastapi import APIRouter, Header, Query, Response

from ground.errors import UserError
from portal.api import cursor, models, replies, shown
from portal.api.documentation import faults
from portal.api.problems import Limit, Mark, States, Ticket
from portal.api.security import Answering
from quality.tickets.queue import QueueFilter

router = APIRouter(prefix="/tickets", tags=["tickets"])

Purpose = Annotated[
    str | None,
    Header(
        alias="Purpose",
        max_length=600,
        pattern=r"^[ -~]+$",
        description="查看主键的用途（UTF-8 百分号编码）；写明后主键不遮盖，并记入使用台账 what the keys are needed for (percent-encoded UTF-8); then they are shown in clear, and the use is in the ledger",
        examples=["%E6%A0%B8%E5%AF%B9%E6%88%B7%E7%B1%8D%E6%A1%A3%E6%A1%88"],
    ),
]


@router.get("", response_model=replies.ProblemPage, responses=faults(), summary="本部门的工单 The department's queue")
def queue(
    asked: Answering,
    state: States = None,
    open_: Annotated[
        bool | None, Query(alias="open", description="只看在办的或已结束的 only open or only ended ones")
    ] = None,
    resource: Annotated[models.Name | None, Query(description="只看此资源 only this resource")] = None,
    limit: Limit = 50,
    cursor_: Annotated[Mark, Query(alias="cursor")] = None,
) -> replies.ProblemPage:
    """最急者在前 The most urgent first."""
    wanted = QueueFilter(states=tuple(state or ()), open=open_, department=asked.key.department, resource=resource)
    page = asked.hub.problems.queue(asked.provider, wanted, limit=limit, after=cursor.read(cursor_))
    return replies.ProblemPage(
        problems=[shown.in_queue(asked.hub, one, asked.now) for one in page.rows], next=cursor.written(page.next)
    )


@router.get("/{ticket}", response_model=replies.TicketDetail, responses=faults(404), summary="一张工单 One ticket")
def one(ticket: Ticket, asked: Answering, response: Response) -> replies.TicketDetail:
    """现状、期限、经过 As it stands, with its limit and story."""
    problems = asked.hub.problems
    history = problems.show(ticket, asked.provider)
    found = history.ticket
    response.headers["ETag"] = f'"{found.last_seq}"'
    return replies.TicketDetail(
        **shown.ticket(asked.hub, found, asked.now, shown.provider_links(found)),
        rule=found.rule, findings_open=found.findings_open, findings_total=found.findings_total,
        deadline=[*problems.tickets.explain(found)],
        story=shown.story(history.events),
        attachments=[shown.attachment(kept) for kept in problems.attachments.of(ticket)],
    )  # fmt: skip


@router.get(
    "/{ticket}/findings",
    response_model=replies.FindingPage,
    responses=faults(404),
    summary="工单中的问题 The findings of a ticket",
)
def findings(
    ticket: Ticket,
    asked: Answering,
    limit: Limit = 50,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    purpose: Purpose = None,
) -> replies.FindingPage:
    """主键遮盖；写明用途（`Purpose`）后显示并记入使用台账 Keys are masked; in clear, and logged, where a purpose is stated."""
    problems = asked.hub.problems
    if purpose is None:
        found = problems.findings(ticket, asked.provider, limit=limit, offset=offset)
    else:
        found = problems.findings_in_clear(
            ticket, asked.provider, _said(purpose), asked.now, limit=limit, offset=offset
        )
    return replies.FindingPage(
        masked=purpose is None,
        findings=[
            replies.FindingOut(
                fingerprint=one.fingerprint, key=one.key, item=one.item, stands=one.stands, first_seen=one.first_seen,
                repair=one.repair, batch_before=one.batch_before, batch_after=one.batch_after,
            )
            for one in found
        ],
    )  # fmt: skip


def _said(purpose: str) -> str:
    try:
        said = unquote(purpose, errors="strict").strip()
    except UnicodeDecodeError:
        said = ""
    if not said or not said.isprintable():
        raise UserError(
            "Purpose 应为 UTF-8 百分号编码的一行文字。",
            "Purpose is one line of text, percent-encoded UTF-8.",
            where="Purpose",
        )
    return said
