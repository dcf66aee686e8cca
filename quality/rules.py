"""Rules as declared data: one YAML document per resource, read as typed models.

What a rule says, and nothing about how it is evaluated (`quality.checks`); what it may ask stands in `quality.check_kinds`
and its neighbours. Rules see standard tables and, by `quality.library_kinds`, the libraries made of them.
Dimensions: the six of GB/T 36344-2018.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from catalog.model import Identifier, Resource
from catalog.norms import NormVersion
from catalog.register import Library
from ground.documents import Declared, read_document
from ground.errors import DocumentError
from quality import check_kinds as k
from quality import library_kinds as lk
from quality import relation_kinds as rk
from quality import spatial_kinds as sk
from quality.library_tables import library_items
from quality.rule_metrics import metric_of, refuse_foreign

RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){2,}$")]
"""``<resource>.<item>.<what>``: unique in the whole city, so that a finding names its rule by this alone."""


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


Check = Annotated[
    k.NotNull
    | k.CitizenId
    | k.CreditCode
    | k.OrganisationCode
    | k.RegistrationNumber
    | k.BankCard
    | k.Plate
    | k.Phone
    | k.IssuingDivisionKnown
    | k.CodeList
    | k.OneOf
    | k.DivisionIn
    | k.Matches
    | k.Length
    | k.Between
    | k.DateNotAfter
    | k.DateNotBefore
    | k.NotBeforeItem
    | k.NotAfterItem
    | k.BirthDateOf
    | k.SexOf
    | k.AgeBetween
    | k.YearsAgo
    | k.EqualsItem
    | k.NotEqualsItem
    | k.StartsAlike
    | k.EqualsDifference
    | rk.UniqueItem
    | rk.UsualWith
    | rk.Follows
    | rk.AgreesWith
    | rk.InReference
    | rk.AbsentInReference
    | rk.Cross
    | lk.Steady
    | lk.SamePlace
    | sk.GeometryValid
    | sk.WithinCity
    | sk.InsideOf
    | sk.NoOverlap
    | sk.AreaEquals
    | sk.CoordinateShift,
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
    where: dict[Identifier, str] = Field(default_factory=dict)
    """Only rows whose items have these values are asked."""
    severity: Severity = Severity.ERROR
    dimension: Dimension
    metric: str | None = None
    """The metric of GB/T 36344 it counts under, quoted text such as "0302"; left out, its kind of check says which."""
    basis: str = Field(min_length=1)
    """The standard or article the rule rests on."""
    message: Message

    @model_validator(mode="after")
    def _metric_of_its_dimension(self) -> Self:
        if self.metric is not None:
            refuse_foreign(self.metric, self.dimension.value)
        return self

    @property
    def metric_id(self) -> str:
        """The metric it counts under, stated or derived."""
        return metric_of(self.check, self.dimension.value, self.metric)

    @property
    def needs(self) -> dict[str, set[str]]:
        """The other resources this rule reads, and the items of each."""
        return self.check.other_items()

    @property
    def across_rows(self) -> bool:
        """Whether other rows than its own decide: a change of one row may make another one right or wrong."""
        return self.check.across_rows or bool(self.needs)

    @property
    def is_spatial(self) -> bool:
        """Whether the engine needs its spatial functions for it."""
        return isinstance(self.check, sk.SPATIAL)

    @property
    def items(self) -> set[str]:
        """The items of its own resource that this rule reads."""
        return {self.item, *self.where, *self.check.own_items()}


class RuleSet(Declared):
    """The document ``rules/<resource>.yaml``: the rules of one resource."""

    resource: Identifier
    norm: NormVersion | None = None
    """The version of the norm that this set carries out; ``norm list`` tells when another has replaced it (Haishu 30)."""
    rules: list[Rule] = Field(default_factory=list)
    without: dict[RuleId, str] = Field(default_factory=dict)
    """Built-in rule that is not asked of this resource -> why not (`quality.builtin`)."""

    @model_validator(mode="after")
    def _own_and_distinct(self) -> Self:
        if not self.rules and not self.without:
            raise ValueError("rules 与 without 至少写一项；write rules or without")
        ids = [rule.id for rule in self.rules]
        if taken := sorted(one for one in ids if one.rpartition(".")[2].startswith("builtin_")):
            raise ValueError(
                f"{'、'.join(taken)}：builtin_ 开头的名称留给内置规则；builtin_ is kept for built-in rules"
            )
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


def check_rules(
    rules: RuleSet,
    resources: Iterable[Resource],
    *,
    name: str,
    libraries: Mapping[str, Library] | None = None,
    lines: Mapping[str, int] | None = None,
) -> None:
    """Refuse rules about resources or items that the catalogue does not have; all of them at once.

    Args:
        rules: the rules of one resource.
        resources: the catalogue's entries.
        libraries: the register's libraries, whose tables a rule may read too.
        lines: rule id -> the line on which it is written, if that is known.
        name: how the document is called in messages.

    Raises:
        DocumentError: with the rule, the item and what the resource does have.
    """
    own = {resource.id: set(resource.item_ids) for resource in resources}
    everything = library_items(libraries or {}) | own
    wanted = [(own, rules.resource, rule.items, rule.id) for rule in rules.rules]
    wanted += [(everything, other, needed, rule.id) for rule in rules.rules for other, needed in rule.needs.items()]
    zh, en = [], []
    for items, resource, needed, rule_id in wanted:
        line = (lines or {}).get(rule_id)
        at_zh, at_en = (f"第 {line} 行 ", f"Line {line}, rule") if line else ("", "Rule")
        if resource not in items:
            zh.append(f"{at_zh}规则 {rule_id}：目录中没有资源 {resource}。请先编目或改正名称。")
            en.append(f"{at_en} {rule_id}: the catalogue has no resource {resource}; catalogue it or correct the name.")
        elif missing := sorted(needed - items[resource]):
            has = "、".join(sorted(items[resource]))
            zh.append(f"{at_zh}规则 {rule_id}：资源 {resource} 没有信息项 {'、'.join(missing)}。现有：{has}")
            en.append(f"{at_en} {rule_id}: resource {resource} has no item {', '.join(missing)}. It has: {has}")
    if zh:
        raise DocumentError("\n".join(dict.fromkeys(zh)), "\n".join(dict.fromkeys(en)), where=name)
