"""A district's platform hands its catalogue up and reads what the city decided (Wuhan 7, 10; Haishu 6, 10).

The tenant is the district: a key of its authority sends what that district compiles and sees what became of it, nothing else.
The same package gives the same receipt, so that a sender whose connection broke sends it again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from catalog.cases.person import Part, Person
from catalog.entries.states import ENTRY
from catalog.interchange.numbering import names_of, receipt_numbered
from catalog.interchange.outcomes import outcomes_since
from catalog.interchange.package import FORMAT, LAST_VERSION, Package, open_package
from catalog.interchange.package_plan import ReceivePlan
from catalog.interchange.receipts import Receipt, check_may_send
from ground.errors import NotFound, UserError
from hub.docking import PackageTurn
from hub.exchanging import exchange_of
from portal.api.documentation import faults
from portal.api.errors import problem
from portal.api.models import Model
from portal.api.security import Asked, Sending

router = APIRouter(prefix="/catalog", tags=["packages"])

MOST_ENTRIES, MOST_ITEMS = 1_000, 40_000
"""In one package by the interface; a district's platform sends 500 entries at once."""
SHOWN = 200
"""Problems of one refusal."""
_NAME = "package"
"""How messages call what came; it has no file's name here."""
_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "description": "shuyuan catalog export --format package 的内容 as written by catalog export --format package",
                "properties": {
                    "format": {"const": FORMAT},
                    "version": {"type": "integer", "minimum": 1, "maximum": LAST_VERSION},
                    "made_at": {"type": "string", "format": "date-time"},
                    "digest": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                    "content": {"type": "object"},
                },
                "required": ["format", "version", "made_at", "digest", "content"],
                "additionalProperties": False,
            }
        }
    },
}


class RemarkOut(Model):
    """数据关口对一个条目的意见 What the gate says of an entry."""

    entry: str = Field(description="条目标识 id of the entry", examples=["east_mz_pension"])
    bars: bool = Field(
        description="提交审核时将被拒绝；否则由主管部门核 bars it when submitted; else for the authority"
    )
    zh: str
    en: str


class HeldBackOut(Model):
    """暂缓接收的条目 An entry that was not taken in yet."""

    entry: str = Field(description="条目标识 id of the entry", examples=["east_mz_pension"])
    code: str = Field(
        description="in_review 审核中，by_hand 市级手工改动待复核，withdrawal 申请撤销中，barred 变更不能提交，待报送单位更正 why",
        examples=["in_review"],
    )
    zh: str
    en: str


class ReceiptOut(Model):
    """报送包接收回执 Receipt of a package."""

    receipt: str = Field(description="回执编号 number of the receipt")
    district: str
    version: int = Field(description="区级目录版次 number of the district's catalogue")
    digest: str = Field(description="内容摘要 sha256 of the content")
    received_at: datetime
    repeated: bool = Field(description="此前已接收，本次未再写入 it came before, and nothing was written now")
    drafts: list[str] = Field(description="成为草稿（或替换草稿）的条目 entries that became drafts")
    changes: list[str] = Field(description="提出变更的已发布条目 published entries for which a change was asked")
    unchanged: int = Field(description="与市级目录相同的条目数 entries that say what the city has already")
    remarks: list[RemarkOut] = Field(description="逐条意见 what the gate says, entry by entry")
    held_back: list[HeldBackOut] = Field(
        description="暂缓接收的条目及原因；再次报送同一包或新包即补收 entries that wait, and why; sent again, they are taken when they can be"
    )


class OutcomeOut(Model):
    """市级对一个条目的一次办理 One step of one entry at the city."""

    place: int
    entry: str
    title: str
    department: str
    event: str = Field(examples=["returned"])
    event_zh: str = Field(examples=["退回条目"])
    event_en: str
    state: str = Field(description="此后的状态 the state it led to", examples=["returned"])
    state_zh: str
    state_en: str
    at: datetime
    reason: str | None = Field(description="退回、待收等的理由 why")
    document: str | None = Field(description="批准或备案文号 number of the approval or filing")
    code: str | None = Field(description="发布后的信息资源代码 code in the city's catalogue, where it was published")
    digest: str | None = Field(description="发布内容的摘要 sha256 of what was published")


class OutcomesOut(Model):
    """一页办理结果 A page of outcomes."""

    outcomes: list[OutcomeOut]
    next: int = Field(description="下次以此为 since the `since` of the next request")
    more: bool


async def _body(request: Request) -> bytes:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415)
    return await request.body()


@router.post(
    "/packages",
    response_model=ReceiptOut,
    status_code=201,
    responses={200: {"model": ReceiptOut, "description": "此前已接收 it came before"}, **faults(409, 415)},
    openapi_extra={"requestBody": _BODY},
    summary="报送本区目录 Hand a district's catalogue up",
)
def send(
    asked: Sending, content: Annotated[bytes, Depends(_body)], request: Request, response: Response
) -> ReceiptOut | JSONResponse:
    """逐条接收：条目成为待市级校核的草稿与变更，暂不能接收的在回执 held_back 中说明；整包有误的整包退回。同一报送包再次发送得到同一回执。

    Entry by entry: they become drafts and changes for the city's check; what cannot be taken now is told in held_back. What is wrong as
    a whole is refused whole. The same package is the same receipt.
    """
    person = _sender(asked)
    hub, turn = asked.hub, cast("PackageTurn", request.app.state.package_turn)
    check_may_send(person, asked.key.department, hub.city.organisation)  # nobody else takes a turn
    with turn.taken(asked.key.department):
        package = open_package(content, _NAME)
        check_may_send(person, package.content.district, hub.city.organisation)
        _check_size(package)
        exchange = exchange_of(hub, asked.now)
        known = exchange.receipt_of(package)
        if known is not None:
            response.status_code = 200
            return _receipt(known, repeated=True)
        plan = exchange.plan_receipt(package)
        if plan.problems:
            return _refusal(plan)
        done = exchange.receive(plan, person, asked.now, sent=True)
    if done.before is not None:  # what waited was taken in, or the same package came twice at the same moment
        response.status_code = 200
    return _receipt(done.receipt, repeated=not done.wrote)


@router.get("/packages/{receipt}", response_model=ReceiptOut, responses=faults(404), summary="报送包接收回执 A receipt")
def receipt(
    asked: Sending, receipt: Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="回执编号 its number")]
) -> ReceiptOut:
    """本区报送的一包的回执 The receipt of a package that this district sent."""
    own = asked.key.department
    check_may_send(_sender(asked), own, asked.hub.city.organisation)
    names = names_of(own, asked.hub.city.organisation)
    with asked.hub.database.begin() as connection:
        found = receipt_numbered(connection, receipt, names)
    if found is None:
        raise NotFound("没有这份回执。", "There is no such receipt.", where="receipt")
    return _receipt(found, repeated=True)


@router.get(
    "/outcomes", response_model=OutcomesOut, responses=faults(409), summary="市级办理结果 What the city decided"
)
def outcomes(
    asked: Sending,
    since: Annotated[
        int,
        Query(
            ge=0, le=2**53, description="上一页的 next；0 为从头 the `next` of the page before; 0: from the beginning"
        ),
    ] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 500,
) -> OutcomesOut:
    """本区各条目的每一步：草稿、退回及理由、审核、发布及代码 Every step of the district's entries, in the order in which they were taken."""
    organisation, own = asked.hub.city.organisation, asked.key.department
    check_may_send(_sender(asked), own, organisation)
    page = outcomes_since(asked.hub.database, organisation.district_area(own), since, limit)
    return OutcomesOut(
        outcomes=[
            OutcomeOut(
                place=one.place, entry=one.entry, title=one.title, department=one.department, event=one.event,
                event_zh=ENTRY.events[one.event].zh, event_en=ENTRY.events[one.event].en, state=one.state,
                state_zh=ENTRY.states[one.state][0], state_en=ENTRY.states[one.state][1], at=one.at, reason=one.reason,
                document=one.document, code=one.code, digest=one.digest,
            )
            for one in page.outcomes
        ],
        next=page.next, more=page.more,
    )  # fmt: skip


def _sender(asked: Asked) -> Person:
    """The key as the authority of its district; `check_may_send` asks whether it is one."""
    return Person(f"key:{asked.key.id}", Part.AUTHORITY, asked.key.department)


def _check_size(package: Package) -> None:
    """What one request may ask: the city holds every entry to its gate while others wait."""
    entries = len(package.content.resources)
    items = sum(len(one.items) for one in package.content.resources)
    if entries > MOST_ENTRIES or items > MOST_ITEMS:
        raise UserError(
            f"报送包有 {entries} 个条目、{items} 个信息项；一次最多 {MOST_ENTRIES} 个条目、{MOST_ITEMS} 个信息项。请分包报送。",
            f"The package has {entries} entries and {items} items; at once at most {MOST_ENTRIES} and {MOST_ITEMS}. Send it in parts.",
            where="resources",
        )


def _refusal(plan: ReceivePlan) -> JSONResponse:
    """Why a package is refused whole, entry by entry."""
    found = plan.problems
    return problem(
        422, "package_refused",
        f"报送包有 {len(found)} 处问题，未接收任何条目。请更正后重新报送。",
        f"The package has {len(found)} problems; no entry was received. Mend them and send it again.",
        where=found[0].where,
        errors=[
            {"field": one.where, "code": "package", "reason": one.zh, "reason_en": one.en} for one in found[:SHOWN]
        ],
    )  # fmt: skip


def _receipt(one: Receipt, *, repeated: bool) -> ReceiptOut:
    return ReceiptOut(
        receipt=one.number, district=one.district, version=one.version, digest=one.digest,
        received_at=one.received_at.astimezone(UTC),  # the same text now and when it is read back
        repeated=repeated, drafts=list(one.drafts), changes=list(one.changes), unchanged=one.unchanged,
        remarks=[RemarkOut(entry=said.entry, bars=said.bars, zh=said.zh, en=said.en) for said in one.remarks],
        held_back=[HeldBackOut(**said.as_facts()) for said in one.held_back],
    )  # fmt: skip
