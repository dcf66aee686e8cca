"""A file of reports: every row is answered for itself (Haishu 28; rows of one file are not one transaction to its sender)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.datastructures import UploadFile

from ground.errors import UserError
from pipelines.problems.bulk import COLUMNS, MOST, RowAnswer
from portal.api import replies
from portal.api.documentation import faults
from portal.api.security import Reporting

router = APIRouter(prefix="/problems", tags=["problems"])

_COLUMNS = ",".join(COLUMNS)
_EXAMPLE = f"{_COLUMNS}\nwrong_value,ga_household,330203199001010018,name,张三,张珊,身份证原件不一致,2026-11-21,CK-2026-000123\n"
_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "text/csv": {"schema": {"type": "string"}, "example": _EXAMPLE},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {"file": {"type": "string", "contentMediaType": "text/csv"}},
                "required": ["file"],
                "additionalProperties": False,
            }
        },
    },
}


async def file_of(request: Request) -> bytes:
    """The bytes of the file, sent as the body or as a form's ``file``."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "text/csv":
        return await request.body()
    if kind != "multipart/form-data":
        raise HTTPException(415)
    async with request.form(max_files=1, max_fields=1) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise UserError("缺少文件 file。", "The file is missing.", where="file")
        return await file.read()


@router.post(
    "/bulk",
    response_model=replies.BulkAnswers,
    responses=faults(415),
    openapi_extra={"requestBody": _BODY},
    summary="批量反馈（CSV）Report a file of problems",
)
def report_many(asked: Reporting, content: Annotated[bytes, Depends(file_of)]) -> replies.BulkAnswers:
    """逐行给出回执；有误的行不影响其他行 Every row is answered; a wrong one is no obstacle to the others."""
    answers = asked.hub.problems.report_many(content, asked.reporter, asked.now)
    refused = sum(one.error is not None for one in answers)
    return replies.BulkAnswers(
        rows=len(answers), taken=len(answers) - refused, refused=refused, answers=[_answer(one) for one in answers]
    )


report_many.__doc__ = f"{report_many.__doc__} 表头 header: `{_COLUMNS}`；最多 at most {MOST} 行 rows；多项主键以 `|` 连接 keys of several items are joined by `|`."


def _answer(one: RowAnswer) -> replies.BulkAnswer:
    status = 201 if not (one.joined or one.repeated) else 200
    if one.error is not None:
        status = 409 if one.error["kind"] == "conflict" else 422
    return replies.BulkAnswer(
        row=one.row, status=status, reference=one.reference, ticket=one.ticket, joined=one.joined, repeated=one.repeated,
        error=one.error,
    )  # fmt: skip
