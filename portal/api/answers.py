"""A department's system answers: receipt, the three resolutions with their evidence, and a longer limit (Haishu 27)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, Response, UploadFile

from ground.errors import UserError
from pipelines.problems.correcting import Correction
from portal.api import models, replies, shown
from portal.api.documentation import faults
from portal.api.problems import Ticket
from portal.api.security import Answering, Asked
from portal.api.seen import Match, seen_of
from quality.tickets.events import TicketRow

router = APIRouter(prefix="/tickets", tags=["tickets"])
FAULTS = faults(404, 409)


@router.post("/{ticket}/accept", response_model=replies.ProblemOut, responses=FAULTS, summary="签收 Confirm receipt")
def accept(
    ticket: Ticket, said: models.Step, asked: Answering, response: Response, match: Match = None
) -> replies.ProblemOut:
    """期限不因签收而改变 No date changes."""
    seen = seen_of(match, said.seen)
    return _answered(asked.hub.problems.handling.accept(ticket, asked.provider, asked.now, seen=seen), asked, response)


@router.post(
    "/{ticket}/answers/corrected",
    response_model=replies.ProblemOut,
    responses=FAULTS,
    summary="答复：完成整改 Answer: put right",
)
def corrected(
    ticket: Ticket, said: models.CorrectedIn, asked: Answering, response: Response, match: Match = None
) -> replies.ProblemOut:
    """随答复送来的更正按目录约定检查，全部合格才采用；以后续批次证明已更正后办结。

    Rows are held against the contract, and taken whole or not at all; the ticket closes when a later build proves it.
    """
    if said.gone and not said.rows:
        raise UserError("注销须给出主键。", "Give the keys of what is struck off.", where="rows")
    correction = Correction(rows=said.rows, gone=said.gone, reason=said.reason) if said.rows else None
    done, _ = asked.hub.problems.answer_corrected(
        ticket, asked.provider, asked.now, how=said.how, correction=correction, seen=seen_of(match, said.seen)
    )
    return _answered(done, asked, response)


@router.post(
    "/{ticket}/answers/corrected/file",
    response_model=replies.ProblemOut,
    responses=FAULTS,
    summary="答复：完成整改（更正文件）Answer: put right, with a file",
)
def corrected_by_file(
    ticket: Ticket,
    how: Annotated[models.Long, Form(description="整改措施 what was done")],
    file: Annotated[
        UploadFile, File(description="UTF-8 的 CSV，表头为信息项编号 CSV in UTF-8 whose header are ids of items")
    ],
    asked: Answering,
    response: Response,
    gone: Annotated[
        bool, Form(description="注销这些行（另加 reason 列）strike these rows off (with a column reason)")
    ] = False,
    seen: Annotated[int | None, Form(ge=1, le=2**31 - 1)] = None,
    match: Match = None,
) -> replies.ProblemOut:
    """同上，更正为文件 The same, the correction as a file."""
    content = file.file.read()
    if not content:
        raise UserError("文件为空。", "The file is empty.", where="file")
    done, _ = asked.hub.problems.answer_corrected(
        ticket, asked.provider, asked.now,
        how=how, correction=Correction(file=content, gone=gone), seen=seen_of(match, seen),
    )  # fmt: skip
    return _answered(done, asked, response)


@router.post(
    "/{ticket}/answers/confirmed",
    response_model=replies.ProblemOut,
    responses=FAULTS,
    summary="答复：确认无误 Answer: it is right",
)
def confirmed(
    ticket: Ticket, said: models.ConfirmedIn, asked: Answering, response: Response, match: Match = None
) -> replies.ProblemOut:
    """须写明核对了什么、依据何在；由主管机构复核后办结 With the check and its basis; the authority reviews it."""
    done = asked.hub.problems.handling.answer_confirmed(
        ticket, asked.provider, asked.now, check=said.check, basis=said.basis, seen=seen_of(match, said.seen)
    )
    return _answered(done, asked, response)


@router.post(
    "/{ticket}/answers/talked-through",
    response_model=replies.ProblemOut,
    responses=FAULTS,
    summary="答复：沟通解决 Answer: talked through",
)
def talked_through(
    ticket: Ticket, said: models.TalkedIn, asked: Answering, response: Response, match: Match = None
) -> replies.ProblemOut:
    """须有沟通记录与复核日期；存疑标记保留 With the record of the talk and a date of review; the mark stays."""
    done = asked.hub.problems.handling.answer_talked(
        ticket, asked.provider, asked.now,
        record=said.record, review_on=said.review_on, seen=seen_of(match, said.seen),
    )  # fmt: skip
    return _answered(done, asked, response)


@router.post(
    "/{ticket}/extension",
    response_model=replies.ProblemOut,
    responses=FAULTS,
    summary="申请延期 Ask for a longer limit",
)
def extension(
    ticket: Ticket, said: models.ExtensionIn, asked: Answering, response: Response, match: Match = None
) -> replies.ProblemOut:
    """由主管机构审核；超过上限的当即退回 The authority decides; a date beyond the cap is refused at once."""
    done = asked.hub.problems.handling.ask_extension(
        ticket, asked.provider, asked.now, cause=said.cause, until=said.until, seen=seen_of(match, said.seen)
    )
    return _answered(done, asked, response)


def _answered(one: TicketRow, asked: Asked, response: Response) -> replies.ProblemOut:
    response.headers["ETag"] = f'"{one.last_seq}"'
    return shown.in_queue(asked.hub, one, asked.now)
