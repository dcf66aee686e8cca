"""What is asked of the interface, with an example of each: the same fields as the form (Haishu 28).

Strict: a field that is not named here is refused, and nothing is read into a value of another kind. What is answered is
`portal.api.replies`.
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


def moment_of(value: Any) -> datetime:
    """A moment with its zone, as it is written in a query or a header; PydanticCustomError otherwise."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        found = None
    if found is None or found.tzinfo is None or not 1970 < found.year < 9000:
        raise PydanticCustomError("moment", "not a moment")
    return found


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
