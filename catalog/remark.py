"""One thing that is not as the city's rules ask of a department or a system: what, whose, how pressing, by which article."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from catalog.departments import Department, DepartmentKind
from policy.cited import Cited, Silence
from policy.profile import Profile, cited_as


class Severity(StrEnum):
    """How pressing a remark is."""

    OVERDUE = "overdue"
    """It should have been done."""
    SOON = "soon"
    """It falls due within `NEAR_DAYS`."""
    GRADUAL = "gradual"
    """It is to be done, step by step: no day is set."""
    UNBOUND = "unbound"
    """The city's rules do not ask it; told only to whoever asks for everything."""


SEVERITY_WORDS: dict[Severity, tuple[str, str]] = {
    Severity.OVERDUE: ("逾期或缺失", "overdue or missing"),
    Severity.SOON: ("临近", "soon"),
    Severity.GRADUAL: ("逐步", "gradually"),
    Severity.UNBOUND: ("本市未规定", "not asked here"),
}
NEAR_DAYS = 30


@dataclass(frozen=True, slots=True)
class Remark:
    """A remark.

    Attributes:
        kind: what is wrong: ``steward_missing``, ``protection_expired`` …
        subject: id of the department or system it is about.
        department: id of the department that has to act.
        severity: how pressing it is.
        zh: what is wrong and what to do.
        en: the same in English.
        article: the rule it rests on, as it is shown (``龙岩市第5条``); None where the city's rules are silent.
        due: the day by which, where there is one.
    """

    kind: str
    subject: str
    department: str
    severity: Severity
    zh: str
    en: str
    article: str | None
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Whether a city asks for something, and by which rule."""

    article: str | None
    severity: Severity

    @classmethod
    def by(cls, rules: Profile, said: Cited[Any] | Silence, severity: Severity = Severity.OVERDUE) -> Asked:
        """By a parameter; a silent one asks nothing."""
        if isinstance(said, Silence):
            return cls(None, Severity.UNBOUND)
        ground = cited_as(said.article) if said.article else "自定规则"
        return cls(f"{rules.title_zh}{ground}", severity)

    @property
    def binds(self) -> bool:
        """Whether the city asks for it."""
        return self.article is not None

    def milder(self, severity: Severity) -> Asked:
        """The same rule, less pressing."""
        return Asked(self.article, severity) if self.binds else self


Made = Callable[[str, Asked, str, str], Remark]
"""Makes a remark of a kind about one subject."""


def about(unit: Department, subject: str | None = None, *, due: date | None = None) -> Made:
    """Remarks about a department, or about a system of it; a unit under the rules by reference is told so (Haishu 37)."""
    reference = unit.kind is DepartmentKind.BY_REFERENCE

    def made(kind: str, asked: Asked, zh: str, en: str) -> Remark:
        zh, en = (f"{zh}（参照执行）", f"{en} (by reference)") if reference else (zh, en)
        return Remark(kind, subject or unit.id, unit.id, asked.severity, zh, en, asked.article, due)

    return made
