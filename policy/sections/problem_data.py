"""The loop of problem data (问题数据): limits, answers and ways."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from ground.documents import Declared
from policy.cited import SILENT, Cited, PeriodText, Silence, Silent
from policy.clock import Unit


class ProblemData(Declared):
    """The loop of problem data: limits and the outcomes a ticket may have."""

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
    extension_cap: Cited[PeriodText] | Silent
    """Longest limit with an extension, counted from receipt. Silent: none is granted."""
    extension_needs: Cited[Literal["authority_review"]] | Silent
    """Who grants it."""
    roll_past_holidays: Cited[bool]
    """Whether a limit in natural days that ends on a day off moves to the next working day."""
    urgent: Cited[Literal["set_per_case"]] | Silent
    """Whether a shorter limit may be set for one case. Silent: none is set."""
    outcomes: Cited[dict[Literal["corrected", "confirmed", "talked_through"], str]]
    """The answers there are, each by the instrument's word; another is refused."""
    channels: Cited[list[Literal["form", "api"]]]
    """The ways a problem is reported; another is refused."""
    dispute: Cited[Literal["coordination", "coordination_then_government"]]
    """Who deals with a disputed answer: the authority alone, or after it the government of the same level."""

    @model_validator(mode="after")
    def _cap_is_natural(self) -> Self:
        if not isinstance(self.extension_cap, Silence) and self.extension_cap.value.unit is not Unit.NATURAL_DAYS:
            raise ValueError("extension_cap 以自然日计（如 60nd）；the cap is counted in natural days, such as 60nd")
        if (self.extension_cap is SILENT) != (self.extension_needs is SILENT):
            raise ValueError(
                "extension_cap 与 extension_needs 须同时写明或同为 silent；"
                "extension_cap and extension_needs are both stated, or both silent"
            )
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

    @model_validator(mode="after")
    def _an_error_can_be_put_right(self) -> Self:
        if not {"corrected", "confirmed"} <= set(self.outcomes.value):
            raise ValueError(
                "outcomes 至少应有 corrected 与 confirmed：核实的结果不是有误，就是无误；"
                "outcomes name corrected and confirmed at least: what is checked is wrong, or it is right"
            )
        return self
