"""Opening to society, and what is objected to it."""

from __future__ import annotations

from typing import Literal

from ground.documents import Declared
from policy.cited import Cited, PeriodOrPrompt, PeriodText, Silent
from policy.sections.sharing import ClassName

Applicant = Literal[
    "citizen", "legal_person", "other_organisation",
    "domestic_controlled_enterprise", "university", "research_institute",
]  # fmt: skip


class Opening(Declared):
    """Opening to society."""

    classes: Cited[dict[ClassName, str]]
    """The classes, each by the instrument's word; an instrument with two classes leaves ``not`` out."""
    personal_privacy: Cited[Literal["barred", "after_masking"]]
    """``barred``: data touching personal privacy is not opened in any mask; statistics are."""
    assessment_first: Cited[bool]
    """Whether data are assessed for security before they are opened."""
    single_platform: Cited[bool] | Silent
    """Whether data are opened through the city's platform alone."""
    applicants: Cited[list[Applicant]] | Silent
    """Who may apply for conditional data."""
    application_fields: Cited[list[Literal["purpose", "scenario", "safeguards"]]] | Silent
    """What an application states."""
    conditions_by: Cited[Literal["provider", "authority_with_provider"]] | Silent
    """Who sets the conditions of use."""
    decided_by: Cited[Literal["provider", "authority", "city_authority_and_provider"]] | Silent
    """Who decides on an application."""
    answer_within: Cited[PeriodText] | Silent
    """Until when it is answered."""
    answer_concerns: Cited[Literal["application", "demand"]] | Silent
    """Whether the limit is that of an application for conditional data, or of a demand for more to be opened."""
    silence: Cited[Literal["nothing"]] | Silent
    """What follows when nobody answers in time."""
    refusal_needs: Cited[Literal["reason", "reason_or_basis", "reason_and_legal_basis"]] | Silent
    """What a refusal states."""
    agreement_for_conditional: Cited[bool] | Silent
    """Whether an agreement is signed."""
    model_agreement: Cited[bool] | Silent
    """Whether the authority offers a model text."""
    university_purpose: Cited[Literal["public_good_research"]] | Silent
    """What universities and institutes may use data for."""
    commercial_use: Cited[Literal["competitive_tender", "authorised_operation", "contract_with_consent"]] | Silent
    """What developing data commercially needs."""
    use_logged: Cited[list[Literal["access", "call", "processing"]]] | Silent
    """What is recorded of the use of conditional data."""
    reassessed: Cited[Literal["periodically"]] | Silent
    """Whether the scope of what is open is looked at again."""


class Objection(Declared):
    """What is objected to data that are shared or open, and what follows."""

    who: Cited[list[Literal["citizen", "legal_person", "other_organisation", "using_unit", "data_user"]]] | Silent
    """Who may object."""
    receiver: Cited[Literal["authority", "platform", "platform_to_operator", "platform_to_provider"]] | Silent
    """To whom; ``platform_to_operator``: through the platform to who runs it, who tells the provider."""
    suspend: Cited[Literal["optional", "on_leak_or_risk", "mandatory"]] | Silent
    """Whether opening stops meanwhile."""
    handle_within: Cited[PeriodOrPrompt] | Silent
    """Until when it is verified."""
    outcomes: Cited[list[Literal["withdraw", "resume", "process_and_reopen", "verify_and_handle", "correct_or_not"]]] | Silent  # fmt: skip
    """How it may end."""
    result_told: Cited[bool] | Silent
    """Whether whoever objected is told."""
