"""Who may take which step of a catalogue task. Whether it may be taken now is `catalog.tasks.policies`.

The hub opens and settles; the department whose task it is acts; the authority decides what is one fact, confirms demands,
and may dismiss. The operator runs the platform and decides nothing (Longyan 5, Lianyungang 4).
"""

from __future__ import annotations

from catalog.cases.machine import NOTED
from catalog.cases.person import Part, Person
from catalog.cases.refusing import not_for
from catalog.tasks.states import TASK

AUTHORITY_ONLY = frozenset({"approved", "refused", "decided"})
HUB_ONLY = frozenset({"added", "settled"})
OWNER = frozenset({"taken", "done", "dismissed"})


def check_may(person: Person, event: str, department: str, *, governing: bool) -> None:
    """``person`` may take ``event`` of a task of ``department``, or Forbidden says who may; see `may`."""
    if may(person, event, department, governing=governing):
        return
    raise not_for(person, TASK, event, _WHO[_group(event)], department)


def may(person: Person, event: str, department: str, *, governing: bool) -> bool:
    """Whether ``person`` may take ``event`` of a task of ``department``.

    Args:
        person: who acts.
        event: the step.
        department: whose task it is.
        governing: the department lies in the jurisdiction of ``person`` (`catalog.jurisdiction.governs`): a district's
            authority decides nothing of another district (Wuhan 5).
    """
    group = _group(event)
    own = person.part is Part.PROVIDER and person.department == department
    authority = person.part is Part.AUTHORITY and governing
    if group == "hub":
        return person.part is Part.SYSTEM
    if group == "authority":
        return authority
    if group == "owner":
        return own or authority
    if event == "demanded":
        return own or authority
    if event == NOTED:
        return own or authority or person.part in (Part.OPERATOR, Part.SYSTEM)
    return authority or person.part is Part.SYSTEM


def _group(event: str) -> str:
    for name, events in (("hub", HUB_ONLY), ("authority", AUTHORITY_ONLY), ("owner", OWNER)):
        if event in events:
            return name
    return "other"


_WHO = {
    "hub": ("系统", "the hub itself"),
    "authority": ("数据主管部门", "the data authority"),
    "owner": ("任务所属部门或数据主管部门", "the department of the task, or the data authority"),
    "other": ("数源部门或数据主管部门", "a department or the data authority"),
}
