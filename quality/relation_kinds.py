"""Kinds of checks that need more than the row itself: other rows of the resource, or another resource.

What is asked and nothing about how: the column that each of them needs beside the row is joined by `quality.lookups`.
"""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from catalog.model import Identifier
from ground.documents import Declared
from quality.check_kinds import CheckKind, refuse_unordered

AS_OF = "as_of"
"""In place of an item: the day of evaluation."""


class UniqueItem(CheckKind):
    """No other row of the resource has this value; with ``differs_in``, none that differs from it in one of these items.

    The same record twice is one thing; two people under one identity number are another.
    """

    kind: Literal["unique_item"]
    together_with: list[Identifier] = Field(default_factory=list)
    """The value is that of all these items together: one door number in one street."""
    differs_in: list[Identifier] = Field(default_factory=list)
    across_rows: ClassVar[bool] = True

    def own_items(self) -> set[str]:
        """The items compared."""
        return {*self.together_with, *self.differs_in}


class UsualWith(CheckKind):
    """The value is the one that goes with ``given``: one postcode lies in one city, one code has one name.

    A dependency between items of one resource. Broken in the rows that say otherwise than more than half of those with
    the same ``given``. Where no value has that majority nothing is found: which row is wrong cannot be told.
    """

    kind: Literal["usual_with"]
    given: list[Identifier] = Field(min_length=1)
    across_rows: ClassVar[bool] = True

    def own_items(self) -> set[str]:
        """The items that decide."""
        return set(self.given)


class UnlessIn(Declared):
    """What makes a sequence right after all: ``own_item`` of the earlier row stands in another resource."""

    resource: Identifier
    item: Identifier
    own_item: Identifier


class Follows(CheckKind):
    """Rows of one ``by``, in the order of a date: the row just before this one does not have a certain value.

    A marriage is not registered after a marriage that has not ended. Best asked of some rows only (`Rule.where`).
    """

    kind: Literal["follows"]
    by: Identifier
    order: Identifier
    before: Identifier
    """The item of the row before, which is not to be ``never_after``."""
    never_after: str
    unless_in: UnlessIn | None = None
    across_rows: ClassVar[bool] = True

    def own_items(self) -> set[str]:
        """What orders the rows and what is asked of the one before."""
        return {self.by, self.order, self.before, *([self.unless_in.own_item] if self.unless_in else [])}

    def other_items(self) -> dict[str, set[str]]:
        """The resource that excuses."""
        return {self.unless_in.resource: {self.unless_in.item}} if self.unless_in else {}


class AgreesWith(CheckKind):
    """The value is the one that another resource has under the same key, in ``item`` or in ``or_item`` (a former name).

    Passes where the other resource has no row of the key, or no value there.
    """

    kind: Literal["agrees_with"]
    resource: Identifier
    key: Identifier
    """The item of this resource that is the key."""
    other_key: Identifier | None = None
    """The item of the other resource that is the key; the same name if not given."""
    item: Identifier
    or_item: Identifier | None = None

    def own_items(self) -> set[str]:
        """The key."""
        return {self.key}

    def other_items(self) -> dict[str, set[str]]:
        """The key and the items compared."""
        return {self.resource: {self.other_key or self.key, self.item, *([self.or_item] if self.or_item else [])}}


class Part(Declared):
    """Some characters of a value: ``from`` and ``to`` count from 1 and are both included."""

    from_: int = Field(alias="from", ge=1)
    to: int = Field(ge=1)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        refuse_unordered(self.from_, self.to)
        return self


class InReference(CheckKind):
    """Another resource's standard table holds the value, or a part of it.

    ``starting``: only values that begin so are looked up; the others belong to somebody else's register.
    """

    kind: Literal["in_reference"]
    resource: Identifier
    item: Identifier
    part: Part | None = None
    starting: list[str] = Field(default_factory=list)
    or_in: dict[Identifier, Identifier] = Field(default_factory=dict)
    """Further registers, each with its item: it is enough that one of them holds the value."""

    @model_validator(mode="after")
    def _asked_once(self) -> Self:
        if self.resource in self.or_in:
            raise ValueError(f"or_in 重复了 {self.resource}；or_in names {self.resource} again")
        return self

    def other_items(self) -> dict[str, set[str]]:
        """The registers that are asked, and the item of each."""
        return {self.resource: {self.item}} | {name: {item} for name, item in self.or_in.items()}


class AbsentInReference(CheckKind):
    """Another resource does not hold the value, in no row or in none with the values of ``other_when``."""

    kind: Literal["absent_in_reference"]
    resource: Identifier
    item: Identifier
    other_when: dict[Identifier, str] = Field(default_factory=dict)

    def other_items(self) -> dict[str, set[str]]:
        """The resource that is asked: its item, and those of the condition."""
        return {self.resource: {self.item, *self.other_when}}


class Cross(CheckKind):
    """Two resources contradict each other about one key.

    Broken where this row has the values of ``when`` and the other resource, for the same key, those of ``other_when``, and
    where each of its dates in ``other_earlier`` lies more than ``days`` days before the date of this row beside it (dead
    for 60 days when the insurer last looked, and still insured).
    """

    kind: Literal["cross"]
    other: Identifier
    key: Identifier
    """The item of this resource that is the key."""
    other_key: Identifier | None = None
    """The item of the other resource that is the key; the same name if not given."""
    when: dict[Identifier, str] = Field(default_factory=dict)
    other_when: dict[Identifier, str] = Field(default_factory=dict)
    other_earlier: dict[Identifier, Identifier] = Field(default_factory=dict)
    """Date of the other resource -> date of this one, or ``as_of`` for the day of evaluation."""
    days: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _contradicts(self) -> Self:
        if not self.other_when and not self.other_earlier:
            raise ValueError(
                "cross 须写 other_when 或 other_earlier；cross needs other_when or other_earlier: what contradicts"
            )
        return self

    def own_items(self) -> set[str]:
        """The key, the items of the condition, and the dates compared."""
        return {self.key, *self.when, *self.other_earlier.values()} - {AS_OF}

    def other_items(self) -> dict[str, set[str]]:
        """The resource that contradicts: its key, the items of the condition, and the dates compared."""
        return {self.other: {self.other_key or self.key, *self.other_when, *self.other_earlier}}
