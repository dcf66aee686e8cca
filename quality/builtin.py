"""Which rules does a resource have without anybody writing one? Those its contract and its data elements already state.

An item with a code list is held against it, an identity number to its check character, a required item is there. A steward's
own rule on the same item goes first: where one asks the same sort of thing (its form, its list), the built-in one is not
added. ``without`` in the resource's rules leaves one out for a stated reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from catalog.model import Item, ItemType, Resource
from quality.rules import Dimension, Rule, Severity
from standards.elements import element

PREFIX = "builtin_"
"""How the last part of the id of every built-in rule begins; no rule of a steward may."""

_FORM = frozenset({
    "citizen_id", "credit_code", "organisation_code", "registration_number", "bank_card", "plate", "phone", "matches",
    "length",
})  # fmt: skip
_LIST = frozenset({"code_list", "one_of", "division_in", "in_reference", "matches"})
_THERE = frozenset({"not_null"})
_DAY = frozenset({"date_not_after", "not_after_item", "birth_date_of", "years_ago"})
_SHAPE = frozenset({"geometry_valid"})

CITIZEN_IDS = {
    "citizen_id": Severity.ERROR,
    "current_citizen_id": Severity.ERROR,
    # Relatives and representatives may have other papers.
    "mother_id": Severity.WARNING,
    "father_id": Severity.WARNING,
    "spouse_id": Severity.WARNING,
    "guardian_id": Severity.WARNING,
    "householder_id": Severity.WARNING,
    "legal_representative_id": Severity.WARNING,
}
"""Elements that hold an identity number in force. A former number may be one that was wrong, so it is not asked."""
CREDIT_CODES = ("credit_code", "employer_code", "current_credit_code", "issuer_code")
HAS_HAPPENED = frozenset({
    "birth_date", "death_date", "established_on", "registered_on", "issued_on", "decided_on", "married_on", "moved_on",
    "opened_on", "closed_on",
})  # fmt: skip
"""Elements that are the day of something that has happened: never after the day of evaluation."""
LOCAL_LISTS = frozenset({"division"})
"""Lists of this city: right values are missing from them (a division that was abolished, one of another province), so an
element alone does not bring them, and a contract that names one brings a warning."""


@dataclass(frozen=True)
class _Sort:
    """A sort of built-in rule: its check, what it rests on and what the owner is told."""

    kind: str
    check: dict[str, Any]
    like: frozenset[str]
    dimension: Dimension
    basis: str
    title: str
    zh: str
    en: str
    severity: Severity = Severity.ERROR


def builtin_rules(resource: Resource, declared: Iterable[Rule] = ()) -> list[Rule]:
    """The rules that the contract of a resource states by itself, in the order of its items.

    Args:
        resource: the catalogue's entry.
        declared: the rules that stewards wrote for it.
    """
    asked: dict[str, set[str]] = {}
    for rule in declared:
        asked.setdefault(rule.item, set()).add(rule.check.kind)
    return [
        _rule(resource, item, sort)
        for item in resource.items
        for sort in _sorts(item)
        if not sort.like & asked.get(item.id, set())
    ]


def _rule(resource: Resource, item: Item, sort: _Sort) -> Rule:
    return Rule.model_validate(
        {
            "id": f"{resource.id}.{item.id}.{PREFIX}{sort.kind}",
            "title": f"{item.title}{sort.title}",
            "item": item.id,
            "check": {"kind": sort.kind, **sort.check},
            "severity": sort.severity,
            "dimension": sort.dimension,
            "basis": sort.basis,
            "message": {"zh": f"{item.title}{sort.zh}", "en": f"{item.id}: {sort.en}"},
        }
    )


def _sorts(item: Item) -> list[_Sort]:
    known = element(item.element) if item.element else None
    standard = (known.standard if known else None) or "资源目录中的约定"
    found: list[_Sort] = []
    if item.required:
        found.append(
            _Sort("not_null", {}, _THERE, Dimension.COMPLETENESS, "资源目录：必填项", "已填写",
                  "为必填项而为空，请补录。", "required and missing; add it.")
        )  # fmt: skip
    of_element = known.code_list if known and known.code_list not in LOCAL_LISTS else None
    listed = item.code_list or of_element
    if listed:
        severity = Severity.WARNING if listed in LOCAL_LISTS else Severity.ERROR
        found.append(
            _Sort("code_list", {"list": listed}, _LIST, Dimension.CONFORMITY, f"代码表 {listed}", "代码有效",
                  "不在代码表内，请更正。", "the code is not in its list; correct it.", severity)
        )  # fmt: skip
    if item.type is ItemType.TEXT and item.element:
        found += _of_element(item.element, standard)
    if item.type is ItemType.DATE and item.element in HAS_HAPPENED:
        found.append(
            _Sort("date_not_after", {"limit": "as_of"}, _DAY, Dimension.TIMELINESS,
                  "GB/T 36344-2018 0501 基于时间段的正确性", "不晚于评估日", "晚于今天，请更正。",
                  "the day lies in the future; correct it.")
        )  # fmt: skip
    if item.type is ItemType.GEOMETRY and item.shape != "point":
        found.append(
            _Sort("geometry_valid", {}, _SHAPE, Dimension.CONFORMITY, "GB/T 23707-2009 空间数据表达", "几何有效",
                  "不是有效的几何图形，请重新勾绘。", "the geometry is not valid; draw it anew.")
        )  # fmt: skip
    return found


def _of_element(name: str, standard: str) -> list[_Sort]:
    def form(kind: str, zh: str, en: str, severity: Severity = Severity.ERROR) -> list[_Sort]:
        return [_Sort(kind, {}, _FORM, Dimension.ACCURACY, standard, "有效", zh, en, severity)]

    if name in CITIZEN_IDS:
        return form(
            "citizen_id", "的格式、出生日期或校验码不正确，请与证件核对后更正。",
            "the format, birth date or check character is wrong; check it against the card.", CITIZEN_IDS[name],
        )  # fmt: skip
    if name in CREDIT_CODES:
        return form(
            "credit_code", "的格式或校验码不正确，请更正。", "the format or check character is wrong; correct it."
        )
    if name in ("organisation_code", "registration_number", "bank_card"):
        return form(name, "的格式或校验位不正确，请更正。", "the format or check digit is wrong; correct it.")
    if name == "plate":
        return form("plate", "的格式不正确，请更正。", "the format is wrong; correct it.")
    if name == "phone":
        # People write two numbers, or a name beside one: a reason to look.
        return form("phone", "不是有效的电话号码，请核实。", "no valid phone number; verify it.", Severity.WARNING)
    return []
