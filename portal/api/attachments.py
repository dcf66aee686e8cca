"""Files that go with a report or an answer: judged by their bytes, refused where they are no document."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, UploadFile

from portal.api import replies, shown
from portal.api.documentation import faults
from portal.api.problems import Ticket
from portal.api.security import Answering, Asked, Reporting
from quality.tickets.permissions import Actor

router = APIRouter()
Upload = Annotated[
    UploadFile,
    File(
        description="图片、PDF、办公文档或文本，不超过 10 MB a picture, PDF, office document or text of at most 10 MB"
    ),
]


@router.post(
    "/problems/{ticket}/attachments",
    tags=["problems"],
    status_code=201,
    response_model=replies.AttachmentOut,
    responses=faults(404, 409),
    summary="随报告附文件 Attach a file to a report",
)
def attach_to_report(ticket: Ticket, file: Upload, asked: Reporting) -> replies.AttachmentOut:
    """压缩炸弹、程序等一律退回；同一文件重复附送只留一份 What is no document is refused; the same file twice is kept once."""
    return _attach(ticket, file, asked, asked.reporter)


@router.post(
    "/tickets/{ticket}/attachments",
    tags=["tickets"],
    status_code=201,
    response_model=replies.AttachmentOut,
    responses=faults(404, 409),
    summary="随答复附文件 Attach a file to an answer",
)
def attach_to_answer(ticket: Ticket, file: Upload, asked: Answering) -> replies.AttachmentOut:
    """同上 The same, by the department."""
    return _attach(ticket, file, asked, asked.provider)


def _attach(ticket: str, file: UploadFile, asked: Asked, actor: Actor) -> replies.AttachmentOut:
    kept = asked.hub.problems.attach(ticket, actor, asked.now, name=file.filename or "", content=file.file.read())
    return shown.attachment(kept)
