"""Who may take which step of a purchase: the department buys, the authority clears, the hub sees that it is shared."""

from __future__ import annotations

from catalog.cases.machine import NOTED
from catalog.cases.person import Part, Person
from catalog.cases.refusing import not_for
from catalog.jurisdiction import governs, owns
from catalog.organisation import Organisation
from catalog.purchases.states import PURCHASE
from ground.errors import Forbidden

_AUTHORITY = frozenset({"cleared"})
_HUB = frozenset({"shared"})


def check_may(person: Person, event: str, department: str, organisation: Organisation) -> None:
    """``person`` may take the step ``event`` of a purchase of ``department``, or Forbidden says who may."""
    own, authority, hub = (
        owns(person, department),
        governs(person, department, organisation),
        person.part is Part.SYSTEM,
    )
    if event in _HUB:
        allowed, who = hub, ("系统", "the hub")
    elif event in _AUTHORITY:
        allowed, who = authority, ("其数据主管部门", "its data authority")
    else:
        allowed, who = own or (event == NOTED and authority), ("购买部门", "the department that buys")
    if allowed:
        return
    raise not_for(person, PURCHASE, event, who, department)


def may(person: Person, event: str, department: str, organisation: Organisation) -> bool:
    """`check_may` as an answer."""
    try:
        check_may(person, event, department, organisation)
    except Forbidden:
        return False
    return True
