"""What must hold between the register of information systems, the departments, and the entries that name a system.

Checked only where a city keeps such a register (``systems.yaml``): without it, ``system`` is a name and no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from catalog.crosscheck import Draft, Entry
from catalog.departments import Department
from catalog.model import GatheringMode
from catalog.places import Place
from catalog.problems import Problem, unknown
from catalog.systems import NO_SYSTEM, InformationSystem


def check_systems(draft: Draft) -> Iterator[Problem]:
    """Problems of the register of systems, and of the entries in it."""
    if draft.systems is None:
        return
    systems, place = draft.systems
    units = {one.id: one for one in draft.departments}
    for position, one in enumerate(systems):
        if one.department not in units and not draft.departments_unread:
            where = place.at("systems", position, "department")
            yield unknown(where, ("部门", "department"), one.department, units)
    for entry in draft.entries.values():
        yield from _system_of(entry, draft, systems, place)


def _system_of(entry: Entry, draft: Draft, systems: list[InformationSystem], place: Place) -> Iterator[Problem]:
    resource = entry.resource
    if resource.system == NO_SYSTEM:
        if resource.gathering is not None and resource.gathering.mode is not GatheringMode.MANUAL:
            yield Problem(
                f"system 为“{NO_SYSTEM}”的资源只能人工上传，gathering.mode 应为 manual；有信息系统的请写系统名称。",
                f"A resource without a system ({NO_SYSTEM}) is uploaded by hand: gathering.mode is manual, or system names one.",
                entry.at("gathering", "mode"),
            )
        return
    whose = owners(resource.department, draft.departments)
    found = [one for one in systems if one.name == resource.system]
    own = [one for one in found if one.department in whose]
    if not own and found:
        others = "、".join(one.department for one in found)
        yield Problem(
            f"信息系统“{resource.system}”登记在 {others} 名下，不是本资源的部门 {resource.department}。"
            f"请在 {place.name} 改正，或写本部门的系统。",
            f"The system {resource.system} is registered for {others}, not for the department {resource.department}; "
            f"correct {place.name}, or name one of its own.",
            entry.at("system"),
        )
    elif not own:
        allowed = [NO_SYSTEM, *(one.name for one in systems if one.department in whose)]
        what = (
            f"信息系统（部门 {resource.department}，登记于 {place.name}）",
            f"system in {place.name} of {resource.department}:",
        )
        yield unknown(entry.at("system"), what, resource.system, allowed)
    elif resource.table is not None and own[0].tables and resource.table not in own[0].tables:
        what = (f"数据表（信息系统“{own[0].name}”）", f"table of the system {own[0].name}:")
        yield unknown(entry.at("table"), what, resource.table, own[0].tables)


def owners(department: str, departments: Iterable[Department]) -> set[str]:
    """The department, and who manages it vertically: its entries come from their systems too."""
    units = {one.id: one for one in departments}
    found = {department}
    unit = units.get(department)
    while unit is not None and unit.vertical and unit.parent is not None and unit.parent not in found:
        found.add(unit.parent)
        unit = units.get(unit.parent)
    return found
