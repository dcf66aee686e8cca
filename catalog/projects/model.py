"""A project as its case tells it: what it plans, which entries and data assets it names, what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from catalog.cases.model import Case
from ground.errors import UserError
from ledger.chain import check_text


@dataclass(frozen=True, slots=True)
class NamedAsset:
    """A data asset that the project will make, named at feasibility and design (Longyan 28).

    Attributes:
        name: what it is called in the plan.
        entry: the entry under which it is registered; None while it is not.
    """

    name: str
    entry: str | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """One project.

    Attributes:
        case: where it stands.
        budget_year: year of its budget.
        plan: its plan of construction, or where it lies.
        entries: ids of the catalogue entries that it is to fill, in order of naming; they may be drafts.
        assets: the data assets that it names.
        approval: number of the document that approved it; None before.
        acceptance: number of the document of acceptance; None before.
    """

    case: Case
    budget_year: int
    plan: str
    entries: tuple[str, ...]
    assets: tuple[NamedAsset, ...]
    approval: str | None
    acceptance: str | None


def project_of(case: Case) -> Project:
    """The project that a case of kind ``project`` tells of."""
    facts = case.facts
    return Project(
        case=case,
        budget_year=facts["budget_year"],
        plan=facts["plan"],
        entries=tuple(facts.get("entries", ())),
        assets=tuple(NamedAsset(one["name"], one.get("entry")) for one in facts.get("assets", ())),
        approval=facts.get("approval"),
        acceptance=facts.get("acceptance"),
    )


def linked(project: Project, entries: list[str], assets: list[NamedAsset]) -> dict[str, Any]:
    """What naming further entries and assets changes in the case; an asset named again takes its new entry."""
    named = {one.name: one.entry for one in project.assets}
    for one in assets:
        named[one.name] = one.entry or named.get(one.name)
    # An asset registered under an entry is the project's entry as well.
    wanted = [*project.entries, *entries, *(entry for entry in named.values() if entry is not None)]
    return {
        "entries": list(dict.fromkeys(wanted)),
        "assets": [{"name": name, "entry": entry} for name, entry in named.items()],
    }


def check_is_sound(title: str, budget_year: int, plan: str) -> None:
    """A project may be registered like this, or UserError says why not."""
    for name, text in (("name", title), ("plan", plan)):
        check_text(text, name)
        if not text.strip():
            raise UserError("请写明项目名称与建设方案。", "Name the project and its plan.", where=name)
    if not 2000 <= budget_year <= 2100:
        raise UserError(
            f"预算年度 {budget_year} 有误，应为四位年份，如 2027。",
            f"The budget year {budget_year} is no year; write one such as 2027.",
            where="budget_year",
        )
