"""Statistics, logs, security, organisation, projects, and supervision."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ground.documents import Declared
from policy.cited import Cited, Silent

Breach = Literal["legal_liability", "rectification", "report_to_government", "provincial_rules", "handed_over"]
"""What follows a duty that is not done in time."""


class Statistics(Declared):
    """What a published table of counts must keep to."""

    min_cell: Cited[Annotated[int, Field(ge=2)]]
    """Persons. A smaller count is suppressed."""
    complementary: Cited[bool]
    """Whether further cells are suppressed so that a suppressed one cannot be had by subtraction."""


class Logs(Declared):
    """The records of use."""

    retention_months: Cited[Annotated[int, Field(ge=6)]]
    """How long they are kept at least."""
    use_fields: Cited[list[Literal["purpose", "user", "approver", "content", "time", "mode", "medium"]]] | Silent
    """What is recorded of each use of shared data."""
    pushed_to_providers: Cited[bool] | Silent
    """Whether logs of use are sent to the providers."""


class Security(Declared):
    """Security of systems and borders."""

    mlps_to_connect: Cited[Literal["required"]] | Silent
    """Whether a system passes the assessment of graded protection (等级保护) before it is connected."""
    assessed: Cited[Literal["regularly"]] | Silent
    """Whether units assess and test their security."""
    cross_border: Cited[Literal["forbidden_unless_assessed"]] | Silent
    """Whether data may leave the country."""


class Organisation(Declared):
    """Whom a unit names."""

    steward: Cited[Literal["registered_on_platform", "filed_with_authority"]] | Silent
    """The data steward of each unit (政务数据专管员, 专人专岗), and where he is made known."""
    unit_in_charge: Cited[Literal["named"]] | Silent
    """The section of each unit that is in charge of its data."""
    first_responsible: Cited[Literal["head_of_organisation"]] | Silent
    """The first person responsible for data security."""
    security_officer: Cited[Literal["named"]] | Silent
    """Who answers for security in each unit."""


class Projects(Declared):
    """Where sharing is asked of a project of information systems."""

    gate: Cited[list[Literal["project_opinion", "approval", "investment", "acceptance", "operation_funds"]]] | Silent
    """At which decisions it counts."""
    gate_rests_on: Cited[list[Literal["catalogue", "sharing", "gathering", "registration"]]] | Silent
    """What must have been done."""
    opinion_by: Cited[Literal["authority"]] | Silent
    """Who gives the opinion on which approval and budget rest."""
    systems_filed: Cited[bool] | Silent
    """Whether systems and services are reported to the authority."""
    purchases_told: Cited[bool] | Silent
    """Whether buying data is told to the authority beforehand."""


class Supervision(Declared):
    """How the work is looked at, and what follows."""

    assessment: Cited[list[Literal["annual_performance", "published_report", "third_party_possible", "supervision_check", "target_assessment", "project_reference"]]] | Silent  # fmt: skip
    """How departments are assessed."""
    breach: Cited[list[Breach]] | Silent
    """What follows a duty that is not done in time; ``report_to_government``: an order to rectify that was not carried out."""
