"""Who may take which step of a filing about gathering. Whether the city knows it is `catalog.filings.policies`."""

from __future__ import annotations

from collections.abc import Collection

from catalog.cases.machine import NOTED, Machine
from catalog.cases.person import Part, Person
from catalog.cases.refusing import not_for
from catalog.filings.states import EXCEPTION
from catalog.jurisdiction import governs, owns
from catalog.organisation import Organisation
from ground.errors import Forbidden

DEPARTMENT, AUTHORITY, HUB = "department", "authority", "hub"
_WHO = {
    DEPARTMENT: ("本部门", "its department"),
    AUTHORITY: ("其数据主管部门", "its data authority"),
    HUB: ("系统", "the hub"),
}

_EXCEPTION: dict[str, frozenset[str]] = {
    "filed": frozenset({DEPARTMENT}),
    "accepted": frozenset({AUTHORITY}),
    "refused": frozenset({AUTHORITY}),
    "ended": frozenset({DEPARTMENT, AUTHORITY, HUB}),
    "withdrawn": frozenset({DEPARTMENT}),
    NOTED: frozenset({DEPARTMENT, AUTHORITY}),
}
_RETURN_FLOW: dict[str, frozenset[str]] = {
    "requested": frozenset({DEPARTMENT}),
    "refused": frozenset({AUTHORITY}),
    "withdrawn": frozenset({DEPARTMENT}),
    NOTED: frozenset({DEPARTMENT, AUTHORITY}),
}
_APPLYING = frozenset({"passed_up", "granted", "refused_above"})


def check_may(
    person: Person,
    machine: Machine,
    event: str,
    department: str,
    organisation: Organisation,
    *,
    applies: str = AUTHORITY,
) -> None:
    """``person`` may take the step ``event`` of a filing of ``department``, or Forbidden says who may.

    Args:
        person: who acts.
        machine: exceptions or return flow.
        event: the step.
        department: whose filing it is.
        organisation: the units of the city.
        applies: who applies to the superior level in this city, ``authority`` or ``provider``; for return flow.
    """
    allowed = _allowed(machine, event, applies)
    parts = {
        DEPARTMENT: owns(person, department),
        AUTHORITY: governs(person, department, organisation),
        HUB: person.part is Part.SYSTEM,
    }
    if any(parts[one] for one in allowed):
        return
    who = [_WHO[one] for one in (DEPARTMENT, AUTHORITY, HUB) if one in allowed] or [_WHO[HUB]]
    words = "或".join(one[0] for one in who), " or ".join(one[1] for one in who)
    raise not_for(person, machine, event, words, department)


def may(
    person: Person,
    machine: Machine,
    event: str,
    department: str,
    organisation: Organisation,
    *,
    applies: str = AUTHORITY,
) -> bool:
    """`check_may` as an answer."""
    try:
        check_may(person, machine, event, department, organisation, applies=applies)
    except Forbidden:
        return False
    return True


def _allowed(machine: Machine, event: str, applies: str) -> Collection[str]:
    if machine is EXCEPTION:
        return _EXCEPTION.get(event, frozenset())
    if event in _APPLYING:
        return frozenset({AUTHORITY if applies == AUTHORITY else DEPARTMENT})
    return _RETURN_FLOW.get(event, frozenset())
