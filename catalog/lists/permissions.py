"""Who may take which step of a list. Whether it may be taken now is `catalog.lists.policies`.

An open list belongs to the provider that compiles it or to the authority that leads it, as the city says; a supplementary
catalogue to the district's authority (Haishu 10). The owner compiles, consults, submits, publishes; an authority in whose
jurisdiction the owner lies reviews; whoever was asked answers; the operator gives an opinion and takes in what the public
says, and decides nothing.
"""

from __future__ import annotations

from catalog.cases.machine import NOTED, Machine
from catalog.cases.person import Part, Person
from catalog.cases.refusing import not_for
from catalog.jurisdiction import governs
from catalog.organisation import Organisation
from ground.errors import Forbidden

OWNER = frozenset(
    {
        "opened", "compiled", "consultation_opened", "provider_silent", "consultation_closed", "amended", "comment_answered",
        "submitted", "published", "revised", "withdrawn", "filed", "took_effect",
    }
)  # fmt: skip
AUTHORITY = frozenset({"returned", "reviewed"})
OPERATOR = frozenset({"opinion_given"})
OWNER_OR_OPERATOR = frozenset({"comment_received"})
ASKED = frozenset({"provider_answered"})
"""Whoever was asked; for which department is checked against who was (`catalog.lists.consultation.answered`), and who may
answer for another by `check_may_answer_for`."""


def check_may(person: Person, event: str, owner: str, organisation: Organisation, machine: Machine) -> None:
    """``person`` may take the step ``event`` of a list that belongs to ``owner``, or Forbidden says who may.

    Args:
        person: who acts; an authority without a department is the administrator of the hub, who acts as the city's.
        event: the step.
        owner: id of the department or authority the list belongs to.
        organisation: the units of the city.
        machine: of the list.
    """
    if may(person, event, owner, organisation):
        return
    unit = organisation.unit(owner)
    raise not_for(person, machine, event, _who(event, f"{unit.name}（{owner}）", owner), owner)


def may(person: Person, event: str, owner: str, organisation: Organisation) -> bool:
    """`check_may` as an answer."""
    if person.part is Part.SYSTEM:
        return event not in OWNER | AUTHORITY | OPERATOR | ASKED
    if person.part is Part.OPERATOR:
        return event in OPERATOR | OWNER_OR_OPERATOR
    city = organisation.city_authority
    acting = person.department or (city.id if city is not None and person.part is Part.AUTHORITY else None)
    if event in OWNER | OWNER_OR_OPERATOR:
        return acting == organisation.catalogue_owner(owner).id
    if event in AUTHORITY:
        return governs(person, owner, organisation)
    if event in ASKED:
        return acting is not None
    return event == NOTED and (acting == owner or governs(person, owner, organisation))


def check_may_answer_for(person: Person, department: str, owner: str, organisation: Organisation) -> None:
    """``person`` may put down what another unit answered on paper; who answers for itself needs no leave.

    That is an authority in whose jurisdiction the unit lies (Wuhan 5), or the one that compiles the list and heard the unit.

    Args:
        person: who puts it down.
        department: whose answer it is.
        owner: id of the department or authority the list belongs to.
        organisation: the units of the city.

    Raises:
        Forbidden: everybody else, another district's authority among them.
    """
    compiles = person.part is Part.AUTHORITY and person.department == owner
    if compiles or governs(person, department, organisation):
        return
    unit, right = organisation.unit(department), organisation.authority_of(department)
    raise Forbidden(
        f"只能代表本单位答复，书面答复由管辖该单位的数据主管部门或清单编制单位代为登记。{unit.name}（{department}）"
        f"{f'由{right.name}（{right.id}）管辖' if right else '尚无主管部门'}，您现为 {person.department or '未指明部门'}。",
        f"Everybody answers for the own unit; what came on paper is put down by the authority that governs {department} "
        f"({right.id if right else 'none'}) or by whoever compiles the list. You act for {person.department or 'no department'}.",
        where=department,
    )


def _who(event: str, zh: str, en: str) -> tuple[str, str]:
    if event in AUTHORITY:
        return "数据主管部门", "the data authority"
    if event in OPERATOR:
        return "平台运维机构", "the operator of the platform"
    if event in ASKED:
        return "被征求意见的单位", "whoever was asked"
    if event in OWNER_OR_OPERATOR:
        return f"{zh}或平台运维机构", f"{en} or the operator"
    return zh, en
