"""What a city's rules say of entries: which fields, who reviews in which time, what a class needs, whether it may be overridden.

Read from the profile that is handed in; what a city is silent on stays unsaid, and each answer carries its ground as it is
shown: ``武汉市 第11条``, or 自定规则 where the hub must act and no text says how.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from catalog.cases.model import Limit
from catalog.departments import Department, DepartmentKind
from catalog.entries.content import Document
from ground.errors import UserError
from policy.calendar import WorkingCalendar
from policy.cited import SILENT, Cited, Silence
from policy.profile import Profile, cited_as
from policy.sections.sharing import ClassName

GOVERNMENT = "authority_review_and_government_approval"
FILING = "filing_with_legal_basis"

NOT_STATED = ("未规定", "not stated")
"""How a limit is shown where the city's rules state none."""

REASSESS_EVERY = timedelta(days=365)
"""A house rule: Chifeng's "periodically" states no period, and a year passes between two assessments."""

_BY_WORD = {
    "业务名称": "title",
    "信息系统名称": "system",
    "数据项名称": "items",
    "存储格式": "storage_format",
    "共享属性": "sharing",
    "共享类型": "sharing",
    "共享要求": "sharing.condition",
    "开放属性": "opening",
    "提供方式": "provision_mode",
    "更新周期": "update_cycle",
    "共享期限": "share_until",
}
"""The instruments' words for fields -> where a document has them."""


_PROCEDURES = {
    "application_and_review": "申请变更，由主管部门复核",
    "notice": "及时将更新情况提供给主管部门",
    "update": "数据发生变化时及时更新",
}


@dataclass(frozen=True, slots=True)
class EntryRules:
    """One version of a city's rules, as entries ask it.

    Attributes:
        version: its name, as a case keeps it.
        profile: the rules.
    """

    version: str
    profile: Profile

    def ground(self, parameter: Cited[Any] | Silence) -> str:
        """Where a rule comes from, as it is shown: ``武汉市第11条``."""
        if isinstance(parameter, Silence):
            return NOT_STATED[0]
        if parameter.article is None:
            return f"{self.profile.title_zh}自定规则"
        return f"{self.profile.title_zh}{cited_as(parameter.article)}"

    def required(self) -> tuple[str, ...]:
        """The fields that the city's own text asks of an entry (`catalog.norms.FIELDS`); its norm may ask for more.

        Raises:
            UserError: the profile asks for a field the catalogue does not know.
        """
        said = self.profile.catalogue.required_fields
        if isinstance(said, Silence):
            return ()
        unknown = [one for one in said.value if one not in _BY_WORD]
        if unknown:
            raise UserError(
                f"城市规则要求的目录字段无法识别：{'、'.join(unknown)}。可用：{'、'.join(_BY_WORD)}",
                f"The city's rules ask for fields the catalogue does not know: {', '.join(unknown)}. "
                f"Known: {', '.join(_BY_WORD)}",
                where="catalogue.required_fields",
            )
        return tuple(_BY_WORD[one] for one in said.value)

    def lacking(self, document: Document) -> list[str]:
        """Of `required` what a document does not state. A condition is asked of a conditional class alone."""
        return [field for field in self.required() if _lacks(document, field)]

    def class_needs(self, name: ClassName) -> Cited[Any] | Silence:
        """What a class of sharing needs beyond reason and legal basis; an unconditional one nothing."""
        if name == "unconditional":
            return SILENT
        said = self.profile.catalogue
        return said.not_shared_needs if name == "not" else said.conditional_needs

    def needs_government(self, name: ClassName) -> bool:
        """Whether the government of the same level approves the class (Wuhan 16)."""
        return self._needs(name, GOVERNMENT)

    def needs_filing(self, name: ClassName) -> bool:
        """Whether the class is filed with the authority under a number (Longyan 11)."""
        return self._needs(name, FILING)

    @property
    def two_levels(self) -> bool:
        """Whether the city checks and merges what the districts reviewed (Wuhan 10)."""
        said = self.profile.catalogue.filed_upward
        return not isinstance(said, Silence) and said.value == "compiled_by_city"

    @property
    def needs_steward(self) -> bool:
        """Whether a unit must have made its data steward known (Lianyungang 35, Longyan 26)."""
        return self.profile.organisation.steward is not SILENT

    @property
    def reassesses(self) -> bool:
        """Whether classes are looked at again from time to time (Chifeng)."""
        return self.profile.catalogue.reassessed is not SILENT

    def review_limit(self, received_at: datetime, calendar: WorkingCalendar) -> Limit | None:
        """Until when a change that was asked for now is reviewed; None where the city states no limit."""
        said = self.profile.catalogue.review_within
        if isinstance(said, Silence):
            return None
        return Limit.counted(said.value, received_at, self.ground(said), calendar)

    def norm_ground(self) -> str | None:
        """The norm of compilation that the city's text refers to, with its article; None where it refers to none."""
        said = self.profile.catalogue.norm
        return None if isinstance(said, Silence) else f"{said.value}（{self.ground(said)}）"

    def review_ground(self) -> str:
        """By which rule the authority reviews entries; a house rule where the text names no reviewer.

        Lianyungang 12 speaks of the open list alone, so that there too an entry is reviewed by a house rule.
        """
        said = self.profile.catalogue.review_by
        by_authority = not isinstance(said, Silence) and said.value == "authority"
        return self.ground(said) if by_authority else f"{self.profile.title_zh}自定规则"

    def change_procedure(self) -> str:
        """How a change comes about in the city's text, in Chinese, with its article.

        Everywhere the authority looks at it before it comes into force, because a change passes the gate; where the text
        asks for less than an application that is reviewed, that is a house rule and is said so.
        """
        said = self.profile.catalogue.change
        if isinstance(said, Silence):
            return "未规定变更程序；由主管部门复核为自定规则"
        words = _PROCEDURES[said.value]
        own = "" if said.value == "application_and_review" else "；由主管部门复核为自定规则"
        return f"{words}（{self.ground(said)}）{own}"

    def check_can_override(self) -> str:
        """A class may be changed for a time in an emergency, by which rule; UserError where the city has no such rule."""
        said = self.profile.sharing.emergency_override
        if isinstance(said, Silence):
            raise UserError(
                f"{self.profile.title_zh}的规则没有临时性调整共享类型的规定，请按变更程序办理（catalog change）。",
                f"The rules of {self.profile.title_en} know no temporary change of a sharing class; ask for a change instead.",
            )
        return self.ground(said)

    def share_word(self, name: ClassName) -> str:
        """The city's word for a class of sharing."""
        return self.profile.share_class(name)

    def open_word(self, name: ClassName) -> str:
        """The city's word for a class of opening."""
        return self.profile.open_class(name)

    def _needs(self, name: ClassName, what: str) -> bool:
        needs = self.class_needs(name)
        return not isinstance(needs, Silence) and needs.value == what


@dataclass(frozen=True, slots=True)
class RuleVersions:
    """Which rules hold now, and which a case keeps.

    Attributes:
        on: the rules in force at a moment; new drafts and changes are filed under them.
        named: the rules of a version that was kept.
    """

    on: Callable[[datetime], EntryRules]
    named: Callable[[str], EntryRules]

    @classmethod
    def fixed(cls, rules: EntryRules) -> RuleVersions:
        """One version for everything."""
        return cls(lambda _: rules, lambda _: rules)


def by_reference(department: Department, rules: EntryRules) -> str | None:
    """Under which article a unit follows the rules only by reference (参照执行); None where they hold for it as such.

    Organs of kind ``by_reference`` where the instrument knows such (Haishu 37; Chifeng part 4(四)). Where it says nothing of
    them nothing is claimed: what they enter they enter of their own accord, by the same steps.
    """
    said = rules.profile.scope.other_organs
    if department.kind is not DepartmentKind.BY_REFERENCE or isinstance(said, Silence):
        return None
    return f"{rules.ground(said)}参照执行"


def _lacks(document: Document, field: str) -> bool:
    if field == "sharing.condition":
        # 依据或条件: a conditional class states its condition, one that is not shared its reason, which the model asks for.
        sharing = document.get("sharing") or {}
        return sharing.get("class") == "conditional" and not str(sharing.get("condition") or "").strip()
    value = document.get(field)
    return value is None or value == [] or not str(value).strip()
