"""A catalogue task as it is read, and what opens one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from catalog.cases.model import Case, Facts
from catalog.tasks.states import TaskKind
from policy.periods import Period

Decision = Literal["same", "different"]


@dataclass(frozen=True, slots=True)
class Opening:
    """A task to be opened.

    Attributes:
        kind: why.
        subject: what it is about, in one word that is the same every time: only one open task of a kind is about it.
        department: who has to act.
        title: for lists.
        facts: what the reader needs: names and places, never a value.
    """

    kind: TaskKind
    subject: str
    department: str
    title: str
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Task:
    """A task as it is read."""

    case: Case

    @property
    def id(self) -> str:
        """Its number."""
        return self.case.id

    @property
    def kind(self) -> TaskKind:
        """Why it was opened."""
        return TaskKind(self.case.facts["kind"])

    @property
    def subject(self) -> str:
        """What it is about."""
        return str(self.case.facts["subject"])

    @property
    def facts(self) -> Facts:
        """What it carries."""
        return self.case.facts


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which what a feed delivers is not what is declared; names of columns and items only.

    ``new``: delivered and not catalogued; ``gone``: declared and not delivered; ``renamed``: one gone and one new that look
    like one, ``column`` what is delivered and ``item`` what it may be; ``type``: the content is of another type.
    """

    kind: Literal["new", "gone", "renamed", "type"]
    column: str
    item: str | None = None
    feed: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As a case keeps it."""
        return {"kind": self.kind, "column": self.column, "item": self.item, "feed": self.feed}

    @classmethod
    def read(cls, said: Facts) -> Difference:
        """A difference that a case keeps."""
        return cls(said["kind"], said["column"], said["item"], said.get("feed"))


def differences(facts: Facts) -> tuple[Difference, ...]:
    """The differences that a task of drift carries."""
    return tuple(Difference.read(one) for one in facts.get("differences", ()))


@dataclass(frozen=True, slots=True)
class TaskRules:
    """Until when tasks are done.

    Attributes:
        version: the rules in force, kept by each task.
        within: kind -> period and its ground; a house rule where the city states none.
        added_and_shared: by which rule a demand without entry is added to the catalogue; None where the city has none.
    """

    version: str
    within: dict[TaskKind, tuple[Period, str]]
    added_and_shared: str | None = None


@dataclass(frozen=True, slots=True)
class LawChange:
    """A law that changed.

    Attributes:
        law: as entries cite it, with or without book marks: 税收征收管理法.
        change: what happened: 修订, 废止, a new version with its number.
        on: from when.
    """

    law: str
    change: str
    on: date


def shown_differences(found: Sequence[Difference]) -> tuple[str, str]:
    """Differences in words."""
    zh = {"new": "新增列", "gone": "缺少列", "renamed": "疑似改名", "type": "类型变化"}
    en = {"new": "new column", "gone": "missing column", "renamed": "renamed?", "type": "type changed"}
    of = [f"{one.column}" + (f"→{one.item}" if one.kind in ("renamed", "type") and one.item else "") for one in found]
    return (
        "；".join(f"{zh[one.kind]} {name}" for one, name in zip(found, of, strict=True)),
        "; ".join(f"{en[one.kind]} {name}" for one, name in zip(found, of, strict=True)),
    )
