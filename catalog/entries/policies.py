"""May this be done with this entry now? ``reasons_…`` collect every reason against it; ``check_…`` raise them.

Decided from the documents, the city's rules and the day; who asks is `catalog.entries.permissions`. House rules kept here:

- What must be stated is asked at submission, not before: a draft may be incomplete.
- An entry is reviewed by the authority in every city; where the text names no reviewer the review has no date (未规定). No
  silence approves anything (Wuhan 11 states a limit and no consequence).
- A share term is a day to come, or 长期.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from catalog.departments import Department
from catalog.entries.content import LONG_TERM, Document, class_of, resource_of, term_of
from catalog.entries.rules import EntryRules
from catalog.norms import FIELDS, Norms
from ground.errors import UserError

Reason = tuple[str, str]
"""A reason against a step, in Chinese and in English."""

CHANGE_CAUSES: dict[str, tuple[str, str]] = {
    "law_changed": ("法律、法规或国家有关规定修改", "a law, regulation or rule of the state has changed"),
    "function_changed": ("职能变更", "functions have changed"),
    "data_changed": ("数据发生变化", "the data have changed"),
    "class_reassessed": ("共享类型评估调整", "the class was assessed again"),
    "error": ("目录有误", "the entry is wrong"),
}
"""Kinds of cause of a change (Wuhan 11, Longyan 8, Haishu 11, Chifeng)."""
RESTS_ON_LAW = frozenset({"law_changed", "function_changed", "class_reassessed"})
"""Causes that name the text they rest on (Wuhan 11)."""


def reasons_against_submission(
    document: Document, department: Department, rules: EntryRules, norms: Norms, today: date
) -> Iterator[Reason]:
    """Why a document cannot be submitted: every mandatory field that lacks, and a term that is none.

    Args:
        document: what is submitted.
        department: whose it is; the norm may ask less of some kinds of units.
        rules: the city's; its text may name fields (Haishu 10).
        norms: with the norm of compilation in force (Wuhan 9).
        today: the day of submission.
    """
    norm, by_text = norms.compilation_on(today), rules.lacking(document)
    by_norm = [one for one in norms.missing(resource_of(document), department, today) if one not in by_text]
    grounds = [
        *([rules.ground(rules.profile.catalogue.required_fields)] if by_text else []),
        *([norm.title] if by_norm and norm else []),
        *([cited] if by_norm and (cited := rules.norm_ground()) else []),
    ]
    lacking = [*by_text, *by_norm]
    if lacking:
        yield (
            f"缺少必填字段：{'、'.join(f'{FIELDS[one][0]}（{one}）' for one in lacking)}。依据：{'；'.join(grounds)}。请补齐后提交",
            f"mandatory fields lack: {', '.join(lacking)}; add them, then submit",
        )
    yield from _term(document, today)


def reasons_against_review(
    document: Document, rules: EntryRules, *, gains_class: bool, number: str
) -> Iterator[Reason]:
    """Why a reviewed document cannot go on: a class that is filed has no number.

    Args:
        document: what is reviewed.
        rules: of the city.
        gains_class: whether it puts the entry into another class than the published one.
        number: of the filing.
    """
    name = class_of(document, "sharing")
    if gains_class and rules.needs_filing(name) and not number.strip():
        needs = rules.class_needs(name)
        yield (
            f"列入“{rules.share_word(name)}”须报数据主管部门备案（{rules.ground(needs)}），请用 --document 写明备案号",
            f"the class '{name}' is filed with the authority ({rules.version}); give the number of the filing by --document",
        )


def check_number(number: str, zh: str, en: str) -> None:
    """A step has the number of its document.

    Raises:
        UserError: it has none.
    """
    if not number.strip():
        raise UserError(f"{zh}（--document）。", f"{en} (--document).", where="--document")


def check_said(text: str, zh: str, en: str) -> None:
    """A text is there; UserError says what is missing."""
    if not text.strip():
        raise UserError(f"{zh}。", f"{en}.", where="--reason")


def check_can_change(cause: str, basis: str) -> None:
    """A change names its cause, and the text where it rests on one (Wuhan 11).

    Raises:
        UserError: an unknown cause, or no basis.
    """
    if cause not in CHANGE_CAUSES:
        known = "、".join(f"{name} {words[0]}" for name, words in CHANGE_CAUSES.items())
        raise UserError(
            f"没有名为 {cause} 的变更事由。可用：{known}",
            f"There is no cause '{cause}'. Known: {', '.join(CHANGE_CAUSES)}",
            where="--because",
        )
    if cause in RESTS_ON_LAW and not basis.strip():
        raise UserError(
            f"“{CHANGE_CAUSES[cause][0]}”须写明依据（--basis，法律、法规条款或职能文件）。",
            f"'{CHANGE_CAUSES[cause][1]}' names the text it rests on (--basis).",
            where="--basis",
        )


def check_differs(entry: str, fields: Sequence[Mapping[str, Any]]) -> None:
    """A change changes something; UserError if the new document says the same."""
    if not fields:
        raise UserError(
            "新的文件与已发布的条目相同，没有可变更的内容。",
            "The new document says what the published one says; there is nothing to change.",
            where=entry,
        )


def check_can_override(until: date, reason: str, old: str, new: str, today: date) -> None:
    """A temporary class has a reason, a last day to come, and differs from the one in force (Wuhan 16).

    Raises:
        UserError: with what is missing.
    """
    check_said(
        reason,
        "临时性调整须写明原因（保障国家安全、公共利益或处置公共事件）",
        "A temporary change states its reason: national security, the public interest, or a public event",
    )
    if until < today:
        raise UserError(
            f"临时性调整的终止日期 {until} 已过，应为 {today} 或以后。",
            f"The last day {until} lies behind; it is {today} or later.",
            where="--until",
        )
    if old == new:
        raise UserError(f"共享类型已是 {new}。", f"The class is {new} already.", where="--class")


def refuse(found: Iterable[tuple[str, Reason]], zh: str, en: str) -> None:
    """Raise every reason at once, each with its entry; nothing where there is none.

    Args:
        found: entry and reason.
        zh, en: what could not be done.
    """
    kept = list(found)
    if not kept:
        return
    raise UserError(
        "\n".join([f"{zh}：", *(f"  {entry}：{one[0]}" for entry, one in kept)]),
        "\n".join([f"{en}:", *(f"  {entry}: {one[1]}" for entry, one in kept)]),
    )


def _term(document: Document, today: date) -> Iterator[Reason]:
    said = str(document.get("share_until") or "").strip()
    if not said or said == LONG_TERM:
        return
    term = term_of(document)
    if term is None:
        yield (
            f"共享期限“{said}”应为日期（如 2027-12-31）或“{LONG_TERM}”",
            f"share_until '{said}' is a day such as 2027-12-31, or {LONG_TERM}",
        )
    elif term < today:
        yield f"共享期限 {term} 已过", f"the share term {term} has ended"
