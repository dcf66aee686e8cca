"""Sharing between organs: classes, who answers in which time, what a refusal needs, what silence means."""

from __future__ import annotations

from typing import Literal

from ground.documents import Declared
from policy.cited import Cited, PeriodOrPrompt, PeriodText, Silent

ClassName = Literal["unconditional", "conditional", "not"]


class Sharing(Declared):
    """Sharing between organs."""

    classes: Cited[dict[ClassName, str]] | Silent
    """The classes, each by the instrument's word."""
    default: Cited[Literal["unconditional_without_legal_basis", "unconditional_as_main_form", "no_refusal_without_legal_basis"]] | Silent  # fmt: skip
    """What holds where nothing else is founded."""
    free_of_charge: Cited[bool] | Silent
    """Whether sharing costs nothing."""
    emergency_override: Cited[Literal["temporary"]] | Silent
    """Whether a class may be changed for a time in an emergency."""
    unconditional_route: Cited[Literal["direct", "application_to_authority"]] | Silent
    """How unconditional data are had."""
    unconditional_answer_within: Cited[PeriodText] | Silent
    """Until when a request for unconditional data is answered."""
    authority_review: Cited[Literal["none", "joint", "before_provider"]] | Silent
    """Whether the authority looks at an application: not, together with the provider, or before it."""
    answer_within: Cited[PeriodText] | Silent
    """Until when the provider answers an application for conditional data."""
    answer_at_once: Cited[bool] | Silent
    """Whether it answers at once where it can."""
    clock_starts: Cited[Literal["application", "consultation"]] | Silent
    """``consultation``: when the provider receives the authority's request for its opinion, not when it was applied."""
    answer_extension: Cited[PeriodText] | Silent
    """By how much the answer may be put off."""
    silence: Cited[Literal["nothing", "consent"]] | Silent
    """What follows when nobody answers in time."""
    silence_provided_by: Cited[Literal["platform"]] | Silent
    """Who provides where silence is consent."""
    deliver_within: Cited[PeriodOrPrompt] | Silent
    """Until when data are there after consent."""
    refusal_needs: Cited[Literal["reason", "legal_basis"]] | Silent
    """What a refusal states."""
    agreement: Cited[Literal["use_agreement", "commitment"]] | Silent
    """What the user signs."""
    application_fields: Cited[list[Literal["need", "process", "scenario", "compliance_promise"]]] | Silent
    """What an application states."""
    not_shared_service: Cited[Literal["compare_only", "masked_variant"]] | Silent
    """What may be had of data that are not shared: a yes or no (核验比对), or a masked variant."""
    compare_answer_within: Cited[PeriodText] | Silent
    """Until when an application to compare is answered."""
    uncatalogued_demand: Cited[Literal["added_and_shared"]] | Silent
    """What becomes of a demand for data that are in no catalogue."""
    dispute_path: Cited[list[Literal["authority", "evaluation", "problem_list", "leading_group", "same_level_government"]]] | Silent  # fmt: skip
    """Who deals with a dispute, one after the other."""
    bulk_export: Cited[Literal["not_in_principle", "needs_city_justification"]] | Silent
    """Whether whole copies leave."""
    free_query: Cited[bool] | Silent
    """Whether anybody may query freely."""
    delivery_modes: Cited[list[Literal["platform", "interface", "exchange", "central_analysis"]]] | Silent
    """How data are provided."""
    mode_by_use: Cited[dict[Literal["service", "analysis", "landing"], Literal["interface", "central_analysis", "exchange"]]] | Silent  # fmt: skip
    """Which mode an application must use: of services to people, of analysis, and where data must land at the user's."""
    onward_transfer: Cited[Literal["forbidden", "forbidden_in_any_form", "by_commitment", "by_agreement"]] | Silent
    """Whether the user may pass data on; ``forbidden_in_any_form``: transformed data neither."""
