"""A city's rules as data: which instrument, which deadlines, which outcomes, what may be opened, what the house adds.

Here: the typed profile. A rule and its ground are `policy.cited`, the fields of rules `policy.sections`, which version holds
on which day `policy.profiles`. Counting the deadlines belongs to `policy.clock`; applying a rule to the room whose rule it
is. A new city is one more file in ``policy/profiles/``; nothing here knows a city's name.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ground.documents import Declared, read_document
from ground.errors import UserError
from policy.cited import SILENT, Cited, PeriodText, Silence, Silent
from policy.sections.catalogue import BaseLibraries, Catalogue, Gathering
from policy.sections.opening import Objection, Opening
from policy.sections.problem_data import ProblemData
from policy.sections.scope import Scope, Vocabulary
from policy.sections.sharing import ClassName, Sharing
from policy.sections.supervision import Logs, Organisation, Projects, Security, Statistics, Supervision

__all__ = [
    "PROFILES", "SILENT", "STATUS_WORDS", "BaseLibraries", "Catalogue", "Cited", "ClassName", "Gathering", "Instrument", "Logs", "Objection",
    "Opening", "Organisation", "PeriodText", "ProblemData", "Profile", "Projects", "Scope", "Security", "Sharing", "Silence",
    "Silent", "Statistics", "Status", "StatusOn", "Supervision", "Vocabulary", "cited_as",
    "load_profile", "profile_ids", "read_profile",
]  # fmt: skip

PROFILES = Path(__file__).parent / "profiles"

Status = Literal["in_force", "trial", "explanation", "repealed"]
STATUS_WORDS: dict[Status, tuple[str, str]] = {
    "in_force": ("现行有效", "in force"),
    "trial": ("试行", "on trial"),
    "explanation": ("仅有官方解读", "explanation only"),
    "repealed": ("已废止", "repealed"),
}
"""The status of an instrument as it is declared."""

StatusOn = Literal[Status, "ended", "to_come"]
"""The status on a day, shown wherever a profile is named: nothing has the declared one before its first day or after its last."""


class Instrument(Declared):
    """The document the rules are taken from."""

    title_zh: str = Field(min_length=1)
    title_en: str = Field(min_length=1)
    number: str = Field(min_length=1)
    issuer: str = Field(min_length=1)
    issued: date


class Profile(Declared):
    """One city's rules in one version."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    title_zh: str = Field(min_length=1)
    title_en: str = Field(min_length=1)
    instrument: Instrument
    effective_from: date
    effective_to: date | None
    """Last day in force; null when it is open or not stated."""
    status: Status
    status_note_zh: str = Field(min_length=1)
    status_note_en: str = Field(min_length=1)
    scope: Scope
    vocabulary: Vocabulary
    catalogue: Catalogue
    gathering: Gathering
    base_libraries: BaseLibraries
    sharing: Sharing
    opening: Opening
    objection: Objection
    problem_data: ProblemData
    statistics: Statistics
    logs: Logs
    security: Security
    organisation: Organisation
    projects: Projects
    supervision: Supervision

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise ValueError("effective_to 早于 effective_from；effective_to lies before effective_from")
        return self

    @property
    def version(self) -> str:
        """The name of this version: ``haishu@2022-01-01``."""
        return f"{self.id}@{self.effective_from.isoformat()}"

    def status_on(self, day: date) -> StatusOn:
        """The status on ``day``: what is declared, unless the version has ended by then or is still to come."""
        if self.effective_to is not None and self.effective_to < day:
            return "ended"
        return "to_come" if day < self.effective_from else self.status

    def status_zh(self, day: date) -> str:
        """The status on ``day`` in Chinese, as it is shown beside the city's name."""
        return "，".join([*self._declared(day, 0), *self._dated(day, "已于 {} 失效", "{} 起施行")])

    def status_en(self, day: date) -> str:
        """The status on ``day`` in English."""
        return ", ".join([*self._declared(day, 1), *self._dated(day, "ended, last day {}", "in force only from {}")])

    def named_zh(self, day: date) -> str:
        """The city's name with the status of its rules on ``day``, unless they are simply in force."""
        return self.title_zh if self.status_on(day) == "in_force" else f"{self.title_zh}（规则{self.status_zh(day)}）"

    def named_en(self, day: date) -> str:
        """`named_zh` in English."""
        return self.title_en if self.status_on(day) == "in_force" else f"{self.title_en} (rules {self.status_en(day)})"

    def _declared(self, day: date, language: int) -> list[str]:
        """The declared status in a language; nothing where it says that rules are in force which on ``day`` are not."""
        holds = self.status_on(day) == self.status
        return [STATUS_WORDS[self.status][language]] if holds or self.status != "in_force" else []

    def _dated(self, day: date, ended: str, to_come: str) -> list[str]:
        """What the dates of the version add to its status on ``day``."""
        said = {"ended": ended.format(self.effective_to), "to_come": to_come.format(self.effective_from)}
        return [said[on] for on in [self.status_on(day)] if on in said]

    def covers(self, day: date) -> bool:
        """Whether ``day`` lies within the dates of this version (an end that is not stated counts as open)."""
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)

    def share_class(self, name: ClassName) -> str:
        """The city's word for a class of sharing; a city without one has ours."""
        said = {} if isinstance(self.sharing.classes, Silence) else self.sharing.classes.value
        return said.get(name) or _OUR_SHARE_CLASSES[name]

    def open_class(self, name: ClassName) -> str:
        """The city's word for a class of opening; a city without one has ours."""
        return self.opening.classes.value.get(name) or _OUR_OPEN_CLASSES[name]


_OUR_SHARE_CLASSES: dict[ClassName, str] = {
    "unconditional": "无条件共享",
    "conditional": "有条件共享",
    "not": "不予共享",
}
_OUR_OPEN_CLASSES: dict[ClassName, str] = {"unconditional": "无条件开放", "conditional": "有条件开放", "not": "不开放"}


def cited_as(article: str) -> str:
    """How an article is cited: ``第27条``, ``第15、17条``; a section of an explanation as it is written."""
    parts = [one.strip() for one in article.split(",")]
    if all(one.isdecimal() for one in parts):
        return f"第{'、'.join(parts)}条"
    return "、".join(parts)


def read_profile(path: Path, *, name: str) -> Profile:
    """One profile file; its name is the city (``haishu.yaml``), or city and first day (``haishu@2027-01-01.yaml``).

    Raises:
        DocumentError: the file is wrong, with line and field.
        UserError: the file is called otherwise than what it holds.
    """
    profile = read_document(path, Profile, name=name)
    if path.stem not in (profile.id, profile.version):
        raise UserError(
            f"文件名与内容不符：id 为 {profile.id}、自 {profile.effective_from} 起施行的规则应名为 {profile.id}.yaml 或 {profile.version}.yaml。",
            f"The file's name and its content differ: id {profile.id}, in force from {profile.effective_from}, "
            f"belongs into {profile.id}.yaml or {profile.version}.yaml.",
            where=f"{name} id",
        )
    return profile


def profile_ids() -> list[str]:
    """The cities there are shipped profiles for."""
    return sorted({path.stem.partition("@")[0] for path in PROFILES.glob("*.yaml")})


@cache
def load_profile(name: str) -> Profile:
    """The shipped profile of a file ``name`` (``haishu``), without what a home adds; `policy.profiles` knows versions.

    Raises:
        UserError: there is none of this name.
        DocumentError: the file is wrong.
    """
    if name not in {path.stem for path in PROFILES.glob("*.yaml")}:
        known = "、".join(profile_ids())
        raise UserError(
            f"没有名为“{name}”的城市规则。可用：{known}", f"There is no profile '{name}'. Available: {known}"
        )
    return read_profile(PROFILES / f"{name}.yaml", name=f"policy/profiles/{name}.yaml")
