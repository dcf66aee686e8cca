"""Kinds of checks as declared data: what a rule of a resource may ask of a value.

What is asked and nothing about how: `quality.checks` turns a check into an Ibis condition, `quality.gx_conditions` into
DuckDB SQL for the cross-check. Checks that look at other rows or other resources stand in
`quality.relation_kinds`, checks of geometry in `quality.spatial_kinds`.

Every check but `not_null` passes on a missing value: that a value is missing is the finding of one rule, not of ten.
"""

from __future__ import annotations

import datetime
import re
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from catalog.model import Identifier
from ground.documents import Declared

_NOT_COMMON = re.compile(r"\(\?(?!:)|\\[1-9]|\\[pPkGhHRXzZAQEN]|[*+?}]\+|\[[^\]]*&&|[\^$]|\[:")
"""Lookaround, flags, back references, classes by name, possessive repeats: not the same, or not there, in RE2 and Java."""


class CheckKind(Declared):
    """What every kind of check can tell of itself. The names end in _item or _items so that no field of a check hides them."""

    across_rows: ClassVar[bool] = False
    """Whether other rows of the same resource decide too."""

    def own_items(self) -> set[str]:
        """Items of its own row that it reads besides the one in question."""
        return set()

    def other_items(self) -> dict[str, set[str]]:
        """Resources it looks into -> the items of each that it reads."""
        return {}


class NotNull(CheckKind):
    """The value is there; an empty text counts as missing."""

    kind: Literal["not_null"]


class CitizenId(CheckKind):
    """Shape, birth date and check character of a citizen identity number (GB 11643-1999)."""

    kind: Literal["citizen_id"]


class CreditCode(CheckKind):
    """Alphabet and check character of a unified social credit code (GB 32100-2015)."""

    kind: Literal["credit_code"]


class Phone(CheckKind):
    """A mobile or landline number of the mainland."""

    kind: Literal["phone"]


class OrganisationCode(CheckKind):
    """Alphabet and check digit of an organisation code (GB 11714-1997)."""

    kind: Literal["organisation_code"]


class RegistrationNumber(CheckKind):
    """Fifteen digits and check digit of a registration number of before 2015 (GS 15-2006)."""

    kind: Literal["registration_number"]


class BankCard(CheckKind):
    """Sixteen to nineteen digits and check digit of a bank card number (GB/T 14504)."""

    kind: Literal["bank_card"]


class Plate(CheckKind):
    """The form of a vehicle's number plate (GA 36-2018); plates have no check digit."""

    kind: Literal["plate"]


class IssuingDivisionKnown(CheckKind):
    """The division within a code was in force: for an identity number in a year since the bearer's birth, else ever.

    A register holds right codes whose county no list knows, so this is a reason to look and should be a warning. Passes
    where the code is not in its form.
    """

    kind: Literal["issuing_division_known"]
    of: Literal["citizen_id", "credit_code"]


class CodeList(CheckKind):
    """The value is in a standard code list (`standards.code_list`)."""

    kind: Literal["code_list"]
    list: str = Field(min_length=1)


class OneOf(CheckKind):
    """The value is one of a few written here: a list of the department's own, not of a standard."""

    kind: Literal["one_of"]
    values: list[str] = Field(min_length=1)


class DivisionIn(CheckKind):
    """The value is one of the divisions the city knows: six digits each, or the first two or four of a whole area."""

    kind: Literal["division_in"]
    divisions: list[Annotated[str, StringConstraints(pattern=r"^\d{2}(\d{2}(\d{2})?)?$")]] = Field(min_length=1)


class Matches(CheckKind):
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


class Length(CheckKind):
    """The number of characters lies between ``min`` and ``max``, both included."""

    kind: Literal["length"]
    min: int = Field(default=0, ge=0)
    max: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        refuse_unordered(self.min, self.max)
        return self


class Between(CheckKind):
    """The number lies between ``min`` and ``max``, both included; at least one of them is given."""

    kind: Literal["between"]
    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("between 至少要写 min 或 max；between needs min or max")
        refuse_unordered(self.min, self.max)
        return self


class DateNotAfter(CheckKind):
    """The date is not after a day, or not after the day of evaluation (``as_of``)."""

    kind: Literal["date_not_after"]
    limit: Literal["as_of"] | datetime.date = "as_of"


class DateNotBefore(CheckKind):
    """The date is not before a day, or not before the day of evaluation (``as_of``)."""

    kind: Literal["date_not_before"]
    limit: Literal["as_of"] | datetime.date


class YearsAgo(CheckKind):
    """The date lies between ``min`` and ``max`` full years before the day of evaluation, both included."""

    kind: Literal["years_ago"]
    min: int = Field(ge=0)
    max: int = Field(ge=0)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        refuse_unordered(self.min, self.max)
        return self


class BirthDateOf(CheckKind):
    """The date equals the birth date within a citizen identity number; passes where that number is itself wrong."""

    kind: Literal["birth_date_of"]
    citizen_id: Identifier

    def own_items(self) -> set[str]:
        """The identity number."""
        return {self.citizen_id}


class SexOf(CheckKind):
    """Sex 1 or 2 (GB/T 2261.1) equals the parity within a citizen identity number; passes where that is wrong.

    0 (unknown) and 9 (not stated) contradict nothing.
    """

    kind: Literal["sex_of"]
    citizen_id: Identifier

    def own_items(self) -> set[str]:
        """The identity number."""
        return {self.citizen_id}


class AgeBetween(CheckKind):
    """At this date the bearer of an identity number was between ``min`` and ``max`` full years old, both included.

    Passes where that number is itself wrong.
    """

    kind: Literal["age_between"]
    citizen_id: Identifier
    min: int
    max: int
    min_of_men: int | None = None
    """The lower bound for men, where the law sets another one (Civil Code 1047: 22 for men, 20 for women)."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        refuse_unordered(self.min, self.max)
        return self

    def own_items(self) -> set[str]:
        """The identity number."""
        return {self.citizen_id}


class EqualsItem(CheckKind):
    """The value equals another item of the same row."""

    kind: Literal["equals_item"]
    other: Identifier

    def own_items(self) -> set[str]:
        """The other item."""
        return {self.other}


class NotEqualsItem(CheckKind):
    """The value differs from another item of the same row."""

    kind: Literal["not_equals_item"]
    other: Identifier

    def own_items(self) -> set[str]:
        """The other item."""
        return {self.other}


class NotBeforeItem(CheckKind):
    """The date is not before another date of the same row: a term ends after it begins, nobody dies before birth."""

    kind: Literal["not_before_item"]
    other: Identifier

    def own_items(self) -> set[str]:
        """The other date."""
        return {self.other}


class NotAfterItem(CheckKind):
    """The date is not after another date of the same row."""

    kind: Literal["not_after_item"]
    other: Identifier

    def own_items(self) -> set[str]:
        """The other date."""
        return {self.other}


class StartsAlike(CheckKind):
    """The first ``length`` characters equal those of another item of the same row (both name the same district)."""

    kind: Literal["starts_alike"]
    other: Identifier
    length: int = Field(ge=1)

    def own_items(self) -> set[str]:
        """The other item."""
        return {self.other}


class EqualsDifference(CheckKind):
    """The number is one item less another of the same row, within ``tolerance`` of its own unit."""

    kind: Literal["equals_difference"]
    minuend: Identifier
    subtrahend: Identifier
    tolerance: float = Field(default=0, ge=0)

    def own_items(self) -> set[str]:
        """What is subtracted from what."""
        return {self.minuend, self.subtrahend}


def refuse_unordered(low: float | None, high: float | None) -> None:
    """Refuse a lower bound above the upper one; for validators."""
    if low is not None and high is not None and low > high:
        raise ValueError(f"下限 {low} 大于上限 {high}；the lower bound is above the upper one")
