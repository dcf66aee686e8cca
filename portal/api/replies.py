"""What the interface answers with, with an example of each; what is asked is `portal.api.models`."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from portal.api.models import Model


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
