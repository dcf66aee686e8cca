"""The catalogue, the gathering of data, and the base libraries."""

from __future__ import annotations

from typing import Literal

from ground.documents import Declared
from policy.cited import Cited, PeriodText, Silent

ClassNeeds = Literal[
    "authority_review_and_government_approval", "filing_with_legal_basis", "state_basis", "reason_with_legal_basis"
]
"""What putting data into a class other than unconditional needs, from the heaviest to a stated basis."""


class Catalogue(Declared):
    """How entries are made, changed and reviewed, and what the open list is."""

    norm: Cited[str] | Silent
    """The norm that says how entries are compiled, where the instrument refers to one."""
    required_fields: Cited[list[str]] | Silent
    """What an entry must state, in the instrument's own words."""
    excludes_shared_in: Cited[bool] | Silent
    """Data that can be had by sharing is not entered as one's own."""
    consultation: Cited[list[Literal["providers", "public"]]] | Silent
    """Who is heard before the catalogue is compiled."""
    change: Cited[Literal["application_and_review", "notice", "update"]] | Silent
    """How a change comes about: applied for and reviewed, told to the authority, or simply kept current."""
    review_by: Cited[Literal["authority", "authority_operator_and_provider"]] | Silent
    """Who reviews an entry."""
    review_within: Cited[PeriodText] | Silent
    """Until when a change is reviewed."""
    not_shared_needs: Cited[ClassNeeds] | Silent
    """What the class not shared needs."""
    conditional_needs: Cited[ClassNeeds] | Silent
    """What the class conditional needs."""
    reassessed: Cited[Literal["periodically"]] | Silent
    """Whether classes are looked at again."""
    filed_upward: Cited[Literal["compiled_by_city", "supplement_filed_with_city"]] | Silent
    """``supplement_filed_with_city``: the district's supplement goes to the city for the record (备案)."""
    open_list_owner: Cited[Literal["authority", "provider"]] | Silent
    """Who compiles the list of what is open."""
    open_list_fields: Cited[list[str]] | Silent
    """What the open list states of each resource, in the instrument's own words."""
    open_list_consultation: Cited[list[Literal["providers", "public"]]] | Silent
    """Who is heard before the open list is compiled."""
    open_list_review: Cited[Literal["authority_operator_and_provider"]] | Silent
    """Who reviews the open list before it is published."""
    open_list_published: Cited[bool] | Silent
    """Whether the list is made public."""
    open_list_priority: Cited[list[str]] | Silent
    """What is opened first, in the instrument's own words."""


class Gathering(Declared):
    """How data come to the hub."""

    modes: (
        Cited[
            list[Literal["by_level", "from_exchange_platform", "real_time", "return_flow", "manual_upload", "by_need"]]
        ]
        | Silent
    )
    """The ways; ``return_flow``: from a higher level's system back to the city (回流)."""
    exceptions_filed: Cited[bool] | Silent
    """Whether what cannot come in real time is filed with the authority."""
    return_flow_by: Cited[Literal["authority", "provider"]] | Silent
    """Who applies to the higher level."""
    recollection_barred: Cited[bool] | Silent
    """What can be shared may not be collected again."""


class BaseLibraries(Declared):
    """Which libraries the instrument names, and by what persons and organisations are known."""

    kinds: Cited[list[Literal["base", "theme", "special"]]] | Silent
    """Kinds of libraries."""
    base: Cited[list[Literal["population", "legal_person", "natural_resources_geography", "e_licence"]]] | Silent
    """The base libraries named."""
    person_key: Cited[Literal["citizen_id"]] | Silent
    """By what a natural person is known."""
    legal_person_key: Cited[Literal["uscc"]] | Silent
    """By what an organisation is known."""
