"""What goes in and out of the interface, with an example of each: the same fields as the form (Haishu 28).

Strict: a field that is not named here is refused, and nothing is read into a value of another kind.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

TICKET = r"^T-[0-9]{8}-[0-9]{4,9}$"
_LINE = r"^[^\x00-\x1f\x7f\u0085\u2028\u2029]*$"
_TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
_ID = r"^[a-z][a-z0-9_]{0,62}$"

Line = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=_LINE)]
"""One line of text without control characters."""
Short = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_LINE)]
Long = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=_TEXT)]
"""Text of several lines."""
Value = Annotated[str, StringConstraints(max_length=100_000, pattern=_TEXT)]
Name = Annotated[str, StringConstraints(pattern=_ID)]
"""Id of a resource or item of the catalogue."""


def _day(value: Any) -> date:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("day", "not a day")


Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
"""A day as ``2026-11-21`` and nothing else: pydantic would take a number for one, too."""


class Model(BaseModel):
    """Base of every request and answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ProblemIn(Model):
    """一条问题数据 One problem of one record."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "wrong_value", "resource": "ga_household", "key": "330203199001010018", "item": "name",
                    "doubted": "张三", "proposed": "张珊", "reason": "窗口核验身份证原件，姓名与登记不一致",
                    "observed_at": "2026-11-21", "reference": "CK-2026-000123", "contact": "0574-8700 0000",
                }
            ]
        }
    )  # fmt: skip

    kind: Literal["wrong_value", "missing_record", "infringement"] = Field(
        default="wrong_value",
        description="数据错误、数据遗漏、侵权 a wrong value, a missing record, an infringement of secrecy or privacy",
    )
    resource: Name = Field(description="信息资源编号 id of the resource (GET /v1/catalog/resources)")
    key: Line | Annotated[list[Line], Field(min_length=1, max_length=20)] = Field(
        description="主键的值；几项组成的按目录顺序给列表 value of the key; a list in the catalogue's order where it has several items"
    )
    item: Name | None = Field(
        default=None, description="信息项编号；数据错误须写明 id of the item; needed for a wrong value"
    )
    doubted: Value | None = Field(default=None, description="存疑的值 the value as it was seen")
    proposed: Value | None = Field(default=None, description="建议的值 the value believed right")
    reason: Long = Field(description="理由：依据什么认为有误 what the doubt rests on")
    observed_at: Day | None = Field(default=None, description="何日发现 the day on which it was seen")
    reference: Short | None = Field(
        default=None,
        description="业务系统自己的编号；同一编号再次发送得到同一工单 the system's own number of the case; sent again it is the same ticket",
    )
    contact: Line | None = Field(default=None, description="联系方式 how to reach the reporter")

    @property
    def key_values(self) -> tuple[str, ...]:
        """The values of the key; one text may hold several, joined by ``|`` as in a file."""
        return tuple(self.key.split("|") if isinstance(self.key, str) else self.key)


class Reason(Model):
    """一个步骤及其理由 A step with its reason."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "核对后撤回", "seen": 1}]})

    reason: Long = Field(description="理由 the reason")
    seen: StrictInt | None = Field(
        default=None,
        ge=1,
        le=2**31 - 1,
        description="所见工单的 seen；工单已变动则 409 the `seen` of the ticket as it was read; 409 if it has moved since",
    )


class Links(Model):
    """相关地址 Where to go on."""

    self: str = Field(examples=["/api/v1/problems/T-20261121-0001"])
    attachments: str | None = Field(default=None, examples=["/api/v1/problems/T-20261121-0001/attachments"])


class ProblemOut(Model):
    """一张工单的现状 A ticket as it stands."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ticket": "T-20261121-0001", "kind": "wrong_value", "resource": "ga_household", "item": "name",
                    "department": "ga", "state": "routed", "state_zh": "已分派", "open": True, "due": "2026-11-27",
                    "due_at": "2026-11-28T00:00:00+08:00", "overdue": False, "answer": None, "answer_zh": None,
                    "outcome": None, "outcome_zh": None, "opened_at": "2026-11-21T15:00:00+08:00", "closed_at": None,
                    "seen": 2, "links": {"self": "/api/v1/problems/T-20261121-0001", "attachments": None},
                }
            ]
        }
    )  # fmt: skip

    ticket: str = Field(description="工单编号 id of the ticket")
    kind: str = Field(description="事由 what it is about")
    resource: str = Field(description="信息资源 resource")
    item: str | None = Field(description="信息项 item")
    department: str = Field(description="责任部门 department")
    state: str = Field(description="状态 state")
    state_zh: str = Field(description="状态（中文）the state in Chinese")
    open: bool = Field(description="是否在办 whether it is still in hand")
    due: date = Field(description="期限的最后一日 last day in time")
    due_at: datetime = Field(description="自此时起逾期 the moment from which it is late")
    overdue: bool = Field(description="是否逾期 whether it is late")
    answer: str | None = Field(description="部门的答复 the department's answer")
    answer_zh: str | None
    outcome: str | None = Field(description="结果：完成整改、确认无误、沟通解决 the outcome")
    outcome_zh: str | None
    opened_at: datetime
    closed_at: datetime | None
    seen: int = Field(
        description="办理时随请求带回；工单已变动则 409 send it with a step; 409 if the ticket has moved since"
    )
    links: Links


class Reported(ProblemOut):
    """报告的回执 Receipt of a report."""

    reference: str | None = Field(description="业务系统自己的编号 the system's own number")
    repeated: bool = Field(description="此前已收到，未作改动 it had been sent before; nothing happened")
    joined: bool = Field(description="已并入同一问题的在办工单 it joined the open ticket on the same problem")


class StoryLine(Model):
    """经过的一步 One step of the story."""

    at: datetime
    event: str
    zh: str
    en: str
    said: dict[str, str] = Field(default_factory=dict, description="该步骤写明的内容 what the step states")


class AttachmentOut(Model):
    """附件 A file that was attached."""

    id: str
    name: str
    kind: str
    size: int
    sha256: str
    kept_at: datetime


class OwnReport(Model):
    """本系统在此工单上的报告 A report of this system on the ticket."""

    reference: str | None
    received_at: datetime
    kind: str
    key: list[str]
    item: str | None
    doubted: str | None
    proposed: str | None
    reason: str
    observed_at: date | None


class ProblemDetail(ProblemOut):
    """工单的现状、经过与本系统的报告 A ticket with its story and this system's reports."""

    deadline: list[str] = Field(description="期限逐日说明 the deadline, day by day (Chinese)")
    story: list[StoryLine]
    reports: list[OwnReport]
    attachments: list[AttachmentOut]


class ProblemPage(Model):
    """一页工单 A page of tickets."""

    problems: list[ProblemOut]
    next: str | None = Field(description="下一页的标记；null 为末页 mark of the next page; null: this was the last")


class BulkAnswer(Model):
    """文件中一行的回执 What became of one row of a file."""

    row: int = Field(description="行号，自 1 起，不含表头 counted from 1, the header not counted")
    status: int = Field(description="同单条报告的状态码 the status that the report alone would have had")
    reference: str | None
    ticket: str | None
    joined: bool
    repeated: bool
    error: dict[str, str | None] | None


class BulkAnswers(Model):
    """文件各行的回执 What became of every row."""

    rows: int
    taken: int
    refused: int
    answers: list[BulkAnswer]


class TicketDetail(ProblemOut):
    """部门所见的工单 A ticket as its department sees it."""

    rule: str
    findings_open: int
    findings_total: int
    deadline: list[str]
    story: list[StoryLine]
    attachments: list[AttachmentOut]


class FindingOut(Model):
    """工单中的一条问题 One finding of a ticket."""

    fingerprint: str
    key: str = Field(description="主键；未写明用途时已遮盖 the row key, masked unless a purpose was stated")
    item: str
    stands: bool
    first_seen: datetime | None
    repair: str | None
    batch_before: str | None
    batch_after: str | None


class FindingPage(Model):
    """一页问题 A page of findings."""

    masked: bool
    findings: list[FindingOut]


class Step(Model):
    """一个步骤 A step that needs no more than to be taken."""

    seen: StrictInt | None = Field(default=None, ge=1, le=2**31 - 1, description="所见工单的 seen")


class CorrectedIn(Step):
    """答复：完成整改 The answer that it was put right."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "how": "已按户籍档案更正",
                    "rows": [{"citizen_id": "330203199001010018", "name": "张珊"}],
                    "seen": 2,
                }
            ]
        }
    )

    how: Long = Field(description="整改措施 what was done")
    rows: list[dict[Name, Value | None]] = Field(
        default_factory=list,
        max_length=10_000,
        description="更正的行：主键各项与变更的项；留空表示由本部门的数据源另行送达 rows: key items and the items that change; none: the department's own feed delivers",
    )
    gone: StrictBool = Field(default=False, description="注销这些行 strike these rows off")
    reason: Annotated[str, StringConstraints(max_length=4000, pattern=_TEXT)] = Field(
        default="", description="注销的原因 why they are struck off"
    )


class ConfirmedIn(Step):
    """答复：确认无误 The answer that the value is right."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"check": "调阅户籍底册", "basis": "甬公户〔1990〕18 号"}]}
    )

    check: Long = Field(description="核对了什么 what was checked")
    basis: Long = Field(description="依据 the basis, such as the number of the file")


class TalkedIn(Step):
    """答复：沟通解决 The answer that it was talked through."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"record": "与报告人电话沟通，待换证后更正", "review_on": "2027-03-01"}]}
    )

    record: Long = Field(description="沟通记录 record of the talk")
    review_on: Day = Field(description="复核日期，一年以内 when it is looked at again, within a year")


class ExtensionIn(Step):
    """申请延期 A longer limit is asked for."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"cause": "需赴外地核档", "until": "2026-12-20"}]})

    cause: Long = Field(description="特殊原因 the special cause")
    until: Day | None = Field(
        default=None, description="至何日；不写为最长期限 until when; the longest allowed if left out"
    )


class RulesIn(Model):
    """一份规则文档 A document of rules."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"document": "resource: ga_household\nrules: []\n", "even_if_many": False}]}
    )

    document: Annotated[str, StringConstraints(min_length=1, max_length=65_536, pattern=_TEXT)] = Field(
        description="YAML，同 city/rules/<资源>.yaml as city/rules/<resource>.yaml"
    )
    even_if_many: StrictBool = Field(
        default=False, description="多半行不符也采用 adopt rules that more than half of their rows fail"
    )


class TrialOut(Model):
    """一条规则会发现什么 What one rule would find."""

    rule: str
    title: str
    item: str
    severity: str
    asked: int | None
    failing: int | None
    examples: list[str]
    not_assessable: str | None


class DryRunOut(Model):
    """试运行的结果 What the rules would find."""

    resource: str
    snapshot: int
    rows: int
    existing: list[str]
    adopted: bool
    trials: list[TrialOut]


class CorrectionOut(Model):
    """一处更正 One value of one record that was put right."""

    place: int = Field(description="在序列中的位置 place in the feed")
    resource: str
    item: str = Field(description="信息项；空为整条记录 the item; empty: the record as a whole")
    key: str | None = Field(description="主键；无权查看则为 null the row key; null for whoever may not see it")
    new_key: str | None
    fingerprint: str
    kind: str = Field(description="如何修正 how it was put right")
    batch_before: str | None
    batch_after: str | None
    at: datetime
    ticket: str


class CorrectionPage(Model):
    """一页更正 A page of the feed."""

    corrections: list[CorrectionOut]
    next: int = Field(description="下次以此为 since the `since` of the next request")
    more: bool


class ItemOut(Model):
    """信息项 An item."""

    id: str
    title: str
    type: str
    required: bool
    max_length: int | None
    code_list: str | None


class ResourceOut(Model):
    """信息资源 A resource, with what is needed to report a problem of it."""

    id: str
    title: str
    department: str
    department_name: str
    key: list[str]
    items: list[ItemOut]


class ResourceList(Model):
    """信息资源目录 The resources."""

    resources: list[ResourceOut]


class FieldFault(BaseModel):
    """一个字段的错误 What is wrong with one field."""

    field: str
    code: str
    reason: str
    reason_en: str


class Problem(BaseModel):
    """错误（RFC 9457）A fault as problem details."""

    type: str = Field(examples=["urn:shuyuan:problem:invalid"])
    title: str
    status: int
    detail: str = Field(description="中文说明 in Chinese")
    detail_en: str = Field(description="英文说明 in English")
    kind: str = Field(description="供程序判断 what a program goes by")
    where: str | None = Field(default=None, description="字段、工单或行 field, ticket or row")
    errors: list[FieldFault] | None = Field(default=None, description="每个有误的字段 every field that is wrong")
