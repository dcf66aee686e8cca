"""A city's rules as data: which instrument, which deadlines, which outcomes, what may be opened, what the house adds.

Here: the typed profile and its loader. Counting the deadlines belongs to `policy.clock`; applying a rule to the room
whose rule it is. Every value is `Cited`: it carries the article it is taken from, or, where the instrument is silent,
the reason of the house. A new city is one more file in ``policy/profiles/``; nothing here knows a city's name.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, Self, TypeVar

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator

from ground.documents import Declared, read_document
from ground.errors import UserError
from policy.clock import Period, Unit

PROFILES = Path(__file__).parent / "profiles"


def _period(value: Any) -> Period:
    try:
        return value if isinstance(value, Period) else Period.parse(str(value))
    except UserError as fault:
        raise ValueError(f"{fault.zh} {fault.en}") from None


PeriodText = Annotated[
    Period,
    BeforeValidator(_period),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "pattern": "[0-9]+(wd|nd)"}),
]
"""A `Period` written ``5wd`` or ``60nd``."""

T = TypeVar("T")


class Cited(Declared, Generic[T]):
    """A value with its ground: ``article`` of the instrument, or ``house``: why we set it where the text is silent."""

    value: T
    article: str | None = Field(default=None, min_length=1)
    house: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _grounded(self) -> Self:
        if (self.article is None) == (self.house is None):
            raise ValueError(
                "每个值须写明 article（条款）或 house（自定规则的理由），二者取一；"
                "each value carries either its article or, as a house rule, its reason"
            )
        return self


class Instrument(Declared):
    """The document the rules are taken from."""

    title_zh: str = Field(min_length=1)
    title_en: str = Field(min_length=1)
    number: str = Field(min_length=1)
    issuer: str = Field(min_length=1)
    issued: date


class Vocabulary(Declared):
    """How the instrument calls the data and the parties; doors show these words."""

    data: Cited[str]
    authority: Cited[str]
    provider: Cited[str]
    contractor: Cited[str] | None = None


class Catalogue(Declared):
    """What an entry must state."""

    required_fields: Cited[list[str]]
    excludes_shared_in: Cited[bool]
    """Data that can be had by sharing is not entered as one's own."""


class Sharing(Declared):
    """Sharing between organs: classes, who answers in which time, what a refusal needs, what silence means."""

    classes: Cited[dict[Literal["unconditional", "conditional", "not"], str]]
    answer_within: Cited[PeriodText]
    clock_starts: Cited[Literal["application", "consultation"]]
    """``consultation``: when the provider receives the authority's request for its opinion, not when it was applied."""
    silence: Cited[Literal["nothing", "consent"]]
    refusal_needs: Cited[Literal["reason", "legal_basis"]]
    onward_transfer: Cited[Literal["forbidden", "by_agreement"]]


class Opening(Declared):
    """Opening to society."""

    classes: Cited[dict[Literal["unconditional", "conditional", "not"], str]]
    personal_privacy: Cited[Literal["barred", "after_masking"]]
    """``barred``: data touching personal privacy is not opened in any mask; statistics are."""
    assessment_first: Cited[bool]
    agreement_for_conditional: Cited[bool]
    cross_border: Cited[Literal["forbidden_unless_assessed", "unstated"]]


class ProblemData(Declared):
    """The loop of problem data (问题数据): limits and the outcomes a ticket may have."""

    days: Cited[PeriodText]
    """From the provider's receipt. Where the instrument says at once or promptly, a house rule gives the days."""
    law_says: Cited[str] | None = None
    """The instrument's own word where it states no days, such as 立即; doors show it beside the house rule."""
    triage: Cited[PeriodText]
    """Until when the authority routes what was reported."""
    remind_before: Cited[list[PeriodText]]
    """How long before the last day a department is reminded, in working days; the last day itself is always one."""
    rectify_after: Cited[PeriodText]
    """How long after the last day an overdue case is put forward for a rectification order."""
    extension_cap: Cited[PeriodText] | None = None
    """Longest limit with an extension, counted from receipt."""
    extension_needs: Cited[Literal["authority_review"]] | None = None
    roll_past_holidays: Cited[bool]
    """Whether a limit in natural days that ends on a day off moves to the next working day."""
    urgent: Cited[Literal["set_per_case"]] | None = None
    outcomes: Cited[dict[Literal["corrected", "confirmed", "talked_through"], str]]
    channels: Cited[list[Literal["form", "api"]]]

    @model_validator(mode="after")
    def _cap_is_natural(self) -> Self:
        if self.extension_cap is not None and self.extension_cap.value.unit is not Unit.NATURAL_DAYS:
            raise ValueError("extension_cap 以自然日计（如 60nd）；the cap is counted in natural days, such as 60nd")
        return self

    @model_validator(mode="after")
    def _no_days_without_a_law(self) -> Self:
        if self.law_says is not None and self.days.article is not None:
            raise ValueError(
                "law_says 只用于条文未写天数的规则，此时 days 应写 house；"
                "law_says is for instruments that state no days: then days is a house rule"
            )
        return self

    @model_validator(mode="after")
    def _reminders_in_working_days(self) -> Self:
        if any(one.unit is not Unit.WORKING_DAYS for one in self.remind_before.value):
            raise ValueError("remind_before 以工作日计（如 1wd）；reminders are counted in working days, such as 1wd")
        return self


class Statistics(Declared):
    """What a published table of counts must keep to."""

    min_cell: Cited[Annotated[int, Field(ge=2)]]
    """Persons. A smaller count is suppressed."""
    complementary: Cited[bool]
    """Whether further cells are suppressed so that a suppressed one cannot be had by subtraction."""


class Logs(Declared):
    """How long the records of use are kept."""

    retention_months: Cited[Annotated[int, Field(ge=6)]]


class Profile(Declared):
    """One city's rules in one version."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    title_zh: str = Field(min_length=1)
    title_en: str = Field(min_length=1)
    instrument: Instrument
    effective_from: date
    effective_to: date | None = None
    """Last day in force; None when it is open or not stated."""
    status: Literal["in_force", "trial", "explanation", "repealed"]
    status_note_zh: str = Field(min_length=1)
    status_note_en: str = Field(min_length=1)
    vocabulary: Vocabulary
    catalogue: Catalogue
    sharing: Sharing
    opening: Opening
    problem_data: ProblemData
    statistics: Statistics
    logs: Logs

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise ValueError("effective_to 早于 effective_from；effective_to lies before effective_from")
        return self

    def covers(self, day: date) -> bool:
        """Whether ``day`` lies within the dates of this version (an end that is not stated counts as open)."""
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)


def profile_ids() -> list[str]:
    """The cities there are profiles for."""
    return sorted(path.stem for path in PROFILES.glob("*.yaml"))


@cache
def load_profile(name: str) -> Profile:
    """The profile called ``name``.

    Raises:
        UserError: there is none of this name.
        DocumentError: the file is wrong.
    """
    if name not in profile_ids():
        known = "、".join(profile_ids())
        raise UserError(
            f"没有名为“{name}”的城市规则。可用：{known}", f"There is no profile '{name}'. Available: {known}"
        )
    profile = read_document(PROFILES / f"{name}.yaml", Profile, name=f"policy/profiles/{name}.yaml")
    if profile.id != name:
        raise UserError(
            f"id 应与文件名相同：{name}", f"id must equal the file's name: {name}", where=f"policy/profiles/{name}.yaml"
        )
    return profile
