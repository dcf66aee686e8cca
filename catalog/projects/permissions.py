"""Who may take which step of a project.

The department plans and asks, the authority decides (Haishu 9, Wuhan 34); the operator runs the platform and decides nothing
(Lianyungang 4). Whether the step may be taken now is `catalog.projects.policies`.
"""

from __future__ import annotations

from catalog.cases.machine import NOTED
from catalog.cases.person import Person
from catalog.cases.refusing import not_for
from catalog.jurisdiction import governs, owns
from catalog.organisation import Organisation
from catalog.projects.states import PROJECT
from ground.errors import Forbidden

_DEPARTMENT = frozenset(
    {"registered", "linked", "revised", "started", "acceptance_asked", "put_into_operation", "withdrawn"}
)
_AUTHORITY = frozenset(
    {
        "opinion_agreed", "opinion_refused", "approved", "approval_refused", "accepted", "acceptance_refused",
        "funds_granted", "funds_refused",
    }
)  # fmt: skip
_EITHER = frozenset({"stated", NOTED})


def check_may(person: Person, event: str, department: str, organisation: Organisation) -> None:
    """``person`` may take the step ``event`` of a project of ``department``, or Forbidden says who may."""
    own, authority = owns(person, department), governs(person, department, organisation)
    if (
        (event in _DEPARTMENT and own)
        or (event in _AUTHORITY and authority)
        or (event in _EITHER and (own or authority))
    ):
        return
    who = (
        ("建设单位", "the department that builds it")
        if event in _DEPARTMENT
        else ("数据主管部门", "the data authority")
    )
    raise not_for(person, PROJECT, event, who, department)


def may(person: Person, event: str, department: str, organisation: Organisation) -> bool:
    """`check_may` as an answer."""
    try:
        check_may(person, event, department, organisation)
    except Forbidden:
        return False
    return True
