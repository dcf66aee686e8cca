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


def check_may(person: Person, event: str, department: str) -> None:
    """``person`` may take ``event`` of a task of ``department``, or Forbidden says who may."""
    if may(person, event, department):
        return
    raise not_for(person, TASK, event, _WHO[_group(event)], department)


def may(person: Person, event: str, department: str) -> bool:
    """Whether ``person`` may take ``event`` of a task of ``department``."""
    group = _group(event)
    own = person.part is Part.PROVIDER and person.department == department
    if group == "hub":
        return person.part is Part.SYSTEM
    if group == "authority":
        return person.part is Part.AUTHORITY
    if group == "owner":
        return own or person.part is Part.AUTHORITY
    if event == "demanded":
        return person.part in (Part.PROVIDER, Part.AUTHORITY)
    if event == NOTED:
        return own or person.part in (Part.AUTHORITY, Part.OPERATOR, Part.SYSTEM)
    return person.part in (Part.SYSTEM, Part.AUTHORITY)


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
