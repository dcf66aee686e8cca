"""Rules as declared data: one YAML document per resource, read as typed models.

What a rule says, and nothing about how it is evaluated: `quality.checks` turns a check into an Ibis condition,
`quality.sql_conditions` into DuckDB SQL for the cross-check. Rules see standard tables only.

Every check but `not_null` passes on a missing value: that a value is missing is the finding of one rule, not of ten.
Dimensions: the six of GB/T 36344-2018.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from catalog.model import Identifier, Resource
from ground.documents import Declared, read_document
from ground.errors import DocumentError

RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){2,}$")]
"""``<resource>.<item>.<what>``: unique in the whole city, so that a finding names its rule by this alone."""

_NOT_COMMON = re.compile(r"\(\?(?!:)|\\[1-9]|\\[pPkGhHRXzZAQEN]|[*+?}]\+|\[[^\]]*&&|[\^$]|\[:")
"""Lookaround, flags, back references, classes by name, possessive repeats: not the same, or not there, in RE2 and Java."""


class Severity(StrEnum):
    """How grave a finding is: an error is to be put right, a warning is to be looked at."""

    ERROR = "error"
    WARNING = "warning"


class Dimension(StrEnum):
    """The six dimensions of GB/T 36344-2018 (规范性, 完整性, 准确性, 一致性, 时效性, 可访问性)."""

    CONFORMITY = "conformity"
    COMPLETENESS = "completeness"
    ACCURACY = "accuracy"
    CONSISTENCY = "consistency"
    TIMELINESS = "timeliness"
    ACCESSIBILITY = "accessibility"


class NotNull(Declared):
    """The value is there; an empty text counts as missing."""

    kind: Literal["not_null"]


class CitizenId(Declared):
    """Shape, birth date and check character of a citizen identity number (GB 11643-1999)."""

    kind: Literal["citizen_id"]


class CreditCode(Declared):
    """Alphabet and check character of a unified social credit code (GB 32100-2015)."""

    kind: Literal["credit_code"]


class Phone(Declared):
    """A mobile or landline number of the mainland."""

    kind: Literal["phone"]


class CodeList(Declared):
    """The value is in a standard code list (`standards.code_list`)."""

    kind: Literal["code_list"]
    list: str = Field(min_length=1)


class OneOf(Declared):
    """The value is one of a few written here: a list of the department's own, not of a standard."""

    kind: Literal["one_of"]
    values: list[str] = Field(min_length=1)


class DivisionIn(Declared):
    """The value is one of the divisions the city knows: six digits each, or the first two or four of a whole area."""

    kind: Literal["division_in"]
    divisions: list[Annotated[str, StringConstraints(pattern=r"^\d{2}(\d{2}(\d{2})?)?$")]] = Field(min_length=1)


class Matches(Declared):
    """The whole value matches a pattern from the part that RE2 and Java have in common; anchors are added."""

    kind: Literal["matches"]
    pattern: str = Field(min_length=1)

    @field_validator("pattern")
    @classmethod
    def _common(cls, value: str) -> str:
        if found := _NOT_COMMON.search(value):
            raise ValueError(
                f"正则中的 {found.group()} 在各引擎含义不同或不存在；请改用普通字符类、分组与次数，首尾锚点由系统添加；"
                f"{found.group()} is not the same in every engine: use plain classes, groups and counts, without anchors"
            )
        try:
            re.compile(value)
        except re.error as fault:
            raise ValueError(f"正则写法有误：{fault}；not a regular expression: {fault}") from None
        return value


class Length(Declared):
    """The number of characters lies between ``min`` and ``max``, both included."""

    kind: Literal["length"]
    min: int = Field(default=0, ge=0)
    max: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _refuse_unordered(self.min, self.max)
        return self


class Between(Declared):
    """The number lies between ``min`` and ``max``, both included; at least one of them is given."""

    kind: Literal["between"]
    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("between 至少要写 min 或 max；between needs min or max")
        _refuse_unordered(self.min, self.max)
        return self


class DateNotAfter(Declared):
    """The date is not after a day, or not after the day of evaluation (``as_of``)."""

    kind: Literal["date_not_after"]
    limit: Literal["as_of"] | datetime.date = "as_of"


class DateNotBefore(Declared):
    """The date is not before a day, or not before the day of evaluation (``as_of``)."""

    kind: Literal["date_not_before"]
    limit: Literal["as_of"] | datetime.date


class BirthDateOf(Declared):
    """The date equals the birth date within a citizen identity number; passes where that number is itself wrong."""

    kind: Literal["birth_date_of"]
    citizen_id: Identifier


class SexOf(Declared):
    """Sex 1 or 2 (GB/T 2261.1) equals the parity within a citizen identity number; passes where that is wrong.

    0 (unknown) and 9 (not stated) contradict nothing.
    """

    kind: Literal["sex_of"]
    citizen_id: Identifier


class EqualsItem(Declared):
    """The value equals another item of the same row."""

    kind: Literal["equals_item"]
    other: Identifier


class NotEqualsItem(Declared):
    """The value differs from another item of the same row."""

    kind: Literal["not_equals_item"]
    other: Identifier


class Part(Declared):
    """Some characters of a value: ``from`` and ``to`` count from 1 and are both included."""

    from_: int = Field(alias="from", ge=1)
    to: int = Field(ge=1)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _refuse_unordered(self.from_, self.to)
        return self


class InReference(Declared):
    """Another resource's standard table holds the value, or a part of it.

    ``starting``: only values that begin so are looked up; the others belong to somebody else's register.
    """

    kind: Literal["in_reference"]
    resource: Identifier
    item: Identifier
    part: Part | None = None
    starting: list[str] = Field(default_factory=list)


class Cross(Declared):
    """Two resources contradict each other about one key.

    Broken where this row has the values of ``when`` and the other resource, for the same key, those of ``other_when``.
    """

    kind: Literal["cross"]
    other: Identifier
    key: Identifier
    """The item of this resource that is the key."""
    other_key: Identifier | None = None
    """The item of the other resource that is the key; the same name if not given."""
    when: dict[Identifier, str] = Field(min_length=1)
    other_when: dict[Identifier, str] = Field(min_length=1)


Check = Annotated[
    NotNull
    | CitizenId
    | CreditCode
    | Phone
    | CodeList
    | OneOf
    | DivisionIn
    | Matches
    | Length
    | Between
    | DateNotAfter
    | DateNotBefore
    | BirthDateOf
    | SexOf
    | EqualsItem
    | NotEqualsItem
    | InReference
    | Cross,
    Field(discriminator="kind"),
]


class Message(Declared):
    """What the owner of the row is told: what is wrong and what to do. No value, only words."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Rule(Declared):
    """One thing that must hold for one item of every row."""

    id: RuleId
    title: str = Field(min_length=1)
    item: Identifier
    check: Check
    severity: Severity = Severity.ERROR
    dimension: Dimension
    basis: str = Field(min_length=1)
    """The standard or article the rule rests on."""
    message: Message

    @property
    def needs(self) -> str | None:
        """The other resource this rule reads, if any."""
        if isinstance(self.check, InReference):
            return self.check.resource
        return self.check.other if isinstance(self.check, Cross) else None

    @property
    def items(self) -> set[str]:
        """The items of its own resource that this rule reads."""
        check = self.check
        if isinstance(check, BirthDateOf | SexOf):
            return {self.item, check.citizen_id}
        if isinstance(check, EqualsItem | NotEqualsItem):
            return {self.item, check.other}
        if isinstance(check, Cross):
            return {self.item, check.key, *check.when}
        return {self.item}

    @property
    def items_of_other(self) -> set[str]:
        """The items of the other resource that this rule reads."""
        check = self.check
        if isinstance(check, InReference):
            return {check.item}
        return {check.other_key or check.key, *check.other_when} if isinstance(check, Cross) else set()


class RuleSet(Declared):
    """The document ``rules/<resource>.yaml``: the rules of one resource."""

    resource: Identifier
    rules: list[Rule] = Field(min_length=1)

    @model_validator(mode="after")
    def _own_and_distinct(self) -> Self:
        ids = [rule.id for rule in self.rules]
        if repeated := sorted({one for one in ids if ids.count(one) > 1}):
            raise ValueError(f"规则编号重复：{'、'.join(repeated)}；rule id written more than once")
        for rule in self.rules:
            if not rule.id.startswith(f"{self.resource}.{rule.item}."):
                raise ValueError(
                    f"规则编号 {rule.id} 应以 {self.resource}.{rule.item}. 开头；"
                    f"the id must begin with {self.resource}.{rule.item}."
                )
        return self


def read_rules(path: Path, *, name: str | None = None) -> RuleSet:
    """Read one rule document.

    Raises:
        DocumentError: the document is not what the model allows, with file, line and field.
    """
    return read_document(path, RuleSet, name=name)


def check_rules(rules: RuleSet, resources: Iterable[Resource], *, name: str) -> None:
    """Refuse rules about resources or items that the catalogue does not have; all of them at once.

    Args:
        rules: the rules of one resource.
        resources: the catalogue's entries.
        name: how the document is called in messages.

    Raises:
        DocumentError: with the rule, the item and what the resource does have.
    """
    items = {resource.id: set(resource.item_ids) for resource in resources}
    wanted = [(rules.resource, rule.items, rule.id) for rule in rules.rules]
    wanted += [(rule.needs, rule.items_of_other, rule.id) for rule in rules.rules if rule.needs]
    zh, en = [], []
    for resource, needed, rule_id in wanted:
        if resource not in items:
            zh.append(f"规则 {rule_id}：目录中没有资源 {resource}。请先编目或改正名称。")
            en.append(f"Rule {rule_id}: the catalogue has no resource {resource}; catalogue it or correct the name.")
        elif missing := sorted(needed - items[resource]):
            has = "、".join(sorted(items[resource]))
            zh.append(f"规则 {rule_id}：资源 {resource} 没有信息项 {'、'.join(missing)}。现有：{has}")
            en.append(f"Rule {rule_id}: resource {resource} has no item {', '.join(missing)}. It has: {has}")
    if zh:
        raise DocumentError("\n".join(dict.fromkeys(zh)), "\n".join(dict.fromkeys(en)), where=name)


def _refuse_unordered(low: float | None, high: float | None) -> None:
    if low is not None and high is not None and low > high:
        raise ValueError(f"下限 {low} 大于上限 {high}；the lower bound is above the upper one")
