"""A department's own system delivers what changed, as it happens, to a feed whose source is ``push`` (Longyan 9).

The body is the feed's format and goes to the disk as it comes in. Doors contain no logic: what may be delivered, and what
becomes of it, is `pipelines.intake.pushing`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BeforeValidator, Field, WithJsonSchema
from starlette.requests import ClientDisconnect

from catalog.feed import Feed
from pipelines.intake.contract import REASONS
from pipelines.intake.pushing import Receipt, Sent
from pipelines.intake.store import Outcome
from policy.clock import SHANGHAI
from portal.api.documentation import faults
from portal.api.models import Model, Name, moment_of
from portal.api.security import Delivering

router = APIRouter(prefix="/feeds", tags=["deliveries"])

FeedId = Annotated[Name, Path(description="数据源编号 id of the feed", examples=["sc_market_entity"])]
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,100}$",
        description="贵方系统对本次送达的编号，不含个人信息；重发用同一编号 your own number of this delivery, without personal data; send it again with the same one",
        examples=["evt-20261121-000123"],
    ),
]
Occurred = Annotated[
    datetime | None,
    BeforeValidator(lambda value: None if value is None else moment_of(value)),
    WithJsonSchema({"type": "string", "format": "date-time"}),
    Header(
        alias="Occurred-At",
        description="其中最早一项变化发生的时间；据此计算汇聚时延 when the oldest change in it happened; the delay is measured from it",
    ),
]
ANY = "application/octet-stream"
MEDIA: dict[str, tuple[str, ...]] = {
    "csv": ("text/csv",),
    "json": ("application/json",),
    "jsonl": ("application/x-ndjson", "application/jsonl"),
    "geojson": ("application/geo+json", "application/json"),
    "xml": ("application/xml", "text/xml"),
    "zip": ("application/zip",),
}
"""Kind of format -> media types that say it; `ANY` does for all."""
_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        name: {"schema": {"type": "string", "format": "binary", "minLength": 1}}
        for name in (ANY, "text/csv", "application/json", "application/x-ndjson", "application/xml")
    },
}
OUTCOMES: dict[Outcome, str] = {
    Outcome.LANDED: "已接收，待采集",
    Outcome.TAKEN: "已采用",
    Outcome.UNCHANGED: "无变化",
    Outcome.REFUSED: "已退回",
    Outcome.LATE: "迟到，仅存档",
}


class ReasonOut(Model):
    """隔离的一种原因 One reason for which rows are kept apart."""

    item: str = Field(examples=["name"])
    reason: str = Field(examples=["missing"])
    reason_zh: str = Field(examples=["必填项为空"])
    rows: int


class DeliveryOut(Model):
    """一个推送批次的回执 The receipt of a pushed delivery."""

    delivery: str = Field(description="批次编号 number of the delivery", examples=["sc_market_entity/2026-11-21/0001"])
    feed: str
    resource: str
    sha256: str = Field(description="所收内容的摘要，请与贵方核对 digest of what was received; compare it with yours")
    bytes: int
    rows: int = Field(description="读出的行数 rows that were read")
    problems: list[ReasonOut] = Field(
        description="违反约定、将被隔离的行 rows that break the contract and are kept apart"
    )
    received_at: datetime
    occurred_at: datetime | None
    outcome: str = Field(description="结果 landed, taken, refused, late", examples=["landed"])
    outcome_zh: str
    settled_at: datetime | None = Field(description="何时有结果 when it was taken or refused; null until then")
    rows_taken: int | None
    rows_quarantined: int | None
    rows_changed: int | None
    rows_gone: int | None
    detail: str | None = Field(description="退回的理由 why it was refused")
    detail_en: str | None
    repeated: bool = Field(description="此编号先前已送达 this key was sent before; nothing new was registered")


@router.post(
    "/{feed}/deliveries",
    status_code=202,
    response_model=DeliveryOut,
    responses={200: {"model": DeliveryOut, "description": "先前已送达 sent before"}, **faults(404, 409, 415)},
    openapi_extra={"requestBody": _BODY},
    summary="推送数据 Deliver what changed",
)
async def deliver(
    feed: FeedId, request: Request, asked: Delivering, response: Response, key: Key, occurred: Occurred = None
) -> DeliveryOut:
    """请求体即数据源约定的格式；收到即落地，随后采集 The body is in the feed's format; it lands at once and is taken next."""
    door, now = asked.hub.pushes, asked.now
    wanted = await run_in_threadpool(door.check_open, feed, asked.key.department, now)
    _check_media(request, wanted)
    with door.receiving(wanted) as body:
        try:
            async for chunk in request.stream():
                if chunk:
                    await run_in_threadpool(body.write, chunk)
        except ClientDisconnect:
            raise HTTPException(400) from None  # nobody reads the answer, and nothing is left of what came
        receipt = await run_in_threadpool(door.take_in, wanted, body, Sent(key, asked.key.id, occurred), now)
    if receipt.repeated:
        response.status_code = 200
    response.headers["Location"] = f"/api/v1/feeds/{receipt.delivery.id.replace('/', '/deliveries/', 1)}"
    return _shown(receipt)


@router.get(
    "/{feed}/deliveries/{period}/{number}",
    response_model=DeliveryOut,
    responses=faults(404),
    summary="推送批次的结果 What became of a delivery",
)
def delivery(
    feed: FeedId,
    period: Annotated[str, Path(pattern=r"^[0-9Q-]{4,10}$", description="周期 period", examples=["2026-11-21"])],
    number: Annotated[str, Path(pattern=r"^[0-9]{4,9}$", description="序号 number", examples=["0001"])],
    asked: Delivering,
) -> DeliveryOut:
    """回执的现状 The receipt as it stands."""
    return _shown(asked.hub.pushes.receipt(f"{feed}/{period}/{number}", asked.key.department))


def _check_media(request: Request, feed: Feed) -> None:
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if said not in (ANY, *MEDIA.get(feed.format.kind, ())):
        raise HTTPException(415)


def _shown(receipt: Receipt) -> DeliveryOut:
    one, push = receipt.delivery, receipt.push
    return DeliveryOut(
        delivery=one.id, feed=one.feed, resource=one.resource, sha256=one.sha256, bytes=one.size, rows=push.rows,
        problems=[_reason(name, rows) for name, rows in push.problems.items()],
        received_at=one.received_at.astimezone(SHANGHAI),
        occurred_at=push.occurred_at.astimezone(SHANGHAI) if push.occurred_at else None,
        outcome=one.outcome.value, outcome_zh=OUTCOMES[one.outcome],
        settled_at=one.settled_at.astimezone(SHANGHAI) if one.settled_at else None, rows_taken=one.rows_taken,
        rows_quarantined=one.rows_quarantined, rows_changed=one.rows_changed, rows_gone=one.rows_gone,
        detail=one.message_zh, detail_en=one.message_en, repeated=receipt.repeated,
    )  # fmt: skip


def _reason(name: str, rows: int) -> ReasonOut:
    item, _, reason = name.partition(":")
    return ReasonOut(item=item, reason=reason, reason_zh=REASONS.get(reason, (reason, reason))[0], rows=rows)
