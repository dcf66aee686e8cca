"""Who may take which step of a purchase: the department buys, the authority clears, the hub sees that it is shared."""

from __future__ import annotations

from catalog.cases.machine import NOTED
from catalog.cases.model import Case
from catalog.cases.person import PART_WORDS, Part, Person
from catalog.purchases.states import PURCHASE
from ground.errors import Forbidden

_AUTHORITY = frozenset({"cleared"})
_HUB = frozenset({"shared"})


def check_may(person: Person, event: str, department: str) -> None:
    """``person`` may take the step ``event`` of a purchase of ``department``, or Forbidden says who may."""
    # The authority buys data as well, and is then the department.
    own = person.part in (Part.PROVIDER, Part.AUTHORITY) and person.department == department
    authority, hub = person.part is Part.AUTHORITY, person.part is Part.SYSTEM
    if event in _HUB:
        allowed, who = hub, ("系统", "the hub")
    elif event in _AUTHORITY:
        allowed, who = authority, ("数据主管部门", "the data authority")
    else:
        allowed, who = own or (event == NOTED and authority), ("购买部门", "the department that buys")
    if allowed:
        return
    zh, en = PART_WORDS[person.part]
    step = PURCHASE.events[event]
    raise Forbidden(
        f"“{step.zh}”由{who[0]}办理，您现为{zh}（{person.department or '未指明部门'}）。",
        f"The step '{step.en}' is taken by {who[1]}; you act as {en} ({person.department or 'no department'}).",
        where=department,
    )


def may(person: Person, event: str, department: str) -> bool:
    """`check_may` as an answer."""
    try:
        check_may(person, event, department)
    except Forbidden:
        return False
    return True


def may_see(person: Person, case: Case) -> bool:
    """Whether ``person`` sees this purchase: its department, the authority and the operator do."""
    return person.part is not Part.PROVIDER or person.department == case.department
