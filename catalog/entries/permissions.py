"""Who may take which step of an entry, and who may see one. Whether the step may be taken now is `catalog.entries.policies`.

- The owner of a part of the catalogue drafts, submits, asks for changes: the department itself (Wuhan 5, Haishu 5), or for
  units managed vertically the city's department above them (Wuhan 10).
- An authority reviews what lies in its jurisdiction (Wuhan 5): a district's the entries of its district, the city's all. The
  catalogue of public enterprises is the city's (Wuhan 10), wherever they stand: a district's authority decides nothing on it. Where
  the city checks and merges what districts reviewed (Wuhan 10), the district comes first and cannot be passed over; what was done
  by hand to a document goes the same way.
- The operator runs the platform and decides nothing (Lianyungang 4).
- The hub does what the clock, the documents and the law bring about by themselves.
"""

from __future__ import annotations

from catalog.cases.machine import NOTED
from catalog.cases.person import Part, Person
from catalog.cases.refusing import not_for
from catalog.departments import Department
from catalog.entries.states import ENTRY
from catalog.organisation import Organisation
from ground.errors import Forbidden

OWNER = frozenset(
    {
        "drafted", "redrafted", "submitted", "discarded", "change_requested", "change_cancelled", "withdrawal_requested",
        "overridden",
    }
)  # fmt: skip
"""Steps of whoever compiles this part of the catalogue."""
FIRST_AUTHORITY = frozenset(
    {
        f"{prefix}{event}" for prefix in ("", "change_")
        for event in ("reviewed", "passed_to_government", "passed_to_city", "approved", "approved_for_city")
    }
    | {"confirmed_for_city"}
)  # fmt: skip
"""Steps of the authority into whose catalogue the entry goes first."""
CITY_AUTHORITY = frozenset({"merged", "change_merged", "confirmed_merged"})
"""Steps of the city's authority."""
AUTHORITY = frozenset({"returned", "change_returned", "confirmed", "restored", "withdrawal_refused", "withdrawn"})
"""Steps of an authority in whose jurisdiction the department lies, and into whose catalogue, or that of one below it, its
entries go."""
EITHER = frozenset({"published", "change_published", "override_ended", "reassessed", NOTED})
"""Steps of the owner or of such an authority."""
HUB_ALONE = frozenset(ENTRY.events) - OWNER - FIRST_AUTHORITY - CITY_AUTHORITY - AUTHORITY - EITHER
"""What nobody does by hand."""


def check_may(person: Person, event: str, department: str, organisation: Organisation) -> None:
    """``person`` may take the step ``event`` of an entry of ``department``, or Forbidden says who may.

    Args:
        person: who acts; an authority without a department is the administrator of the hub, who acts as the city's.
        event: the step.
        department: whose entry it is.
        organisation: the units of the city.
    """
    if person.part is Part.SYSTEM:
        return
    right = _right(event, department, organisation)
    if event not in HUB_ALONE and person.part is not Part.OPERATOR:
        owns = person.department == organisation.catalogue_owner(department).id
        if owns and event in OWNER | EITHER:
            return
        if person.part is Part.AUTHORITY and _governs(person, event, department, organisation):
            return
    raise not_for(person, ENTRY, event, right, department)


def may(person: Person, event: str, department: str, organisation: Organisation) -> bool:
    """`check_may` as an answer."""
    try:
        check_may(person, event, department, organisation)
    except Forbidden:
        return False
    return True


def first_authority(department: str, organisation: Organisation) -> Department | None:
    """The authority that reviews an entry of ``department`` first; None where the city has none registered."""
    return organisation.compiler_of(department)


def is_of_district(department: str, organisation: Organisation) -> bool:
    """Whether a district's authority reviews first, with the city's above it."""
    first = first_authority(department, organisation)
    return first is not None and organisation.superior_of(first.id) is not None


def _governs(person: Person, event: str, department: str, organisation: Organisation) -> bool:
    city = organisation.city_authority
    acting = person.department or (city.id if city else None)
    if event in OWNER:
        return False
    if acting is None:
        return True  # no authority is registered: whoever runs the hub stands in for it
    if event in CITY_AUTHORITY:
        return city is not None and acting == city.id
    if event in FIRST_AUTHORITY:
        first = first_authority(department, organisation)
        return first is None or acting == first.id
    within = organisation.governed_by(acting)
    compiler = first_authority(department, organisation)
    # What stands in a district and belongs to the city's catalogue, as a public enterprise does, is not the district's.
    return department in within and (compiler is None or compiler.id in within)


def _right(event: str, department: str, organisation: Organisation) -> tuple[str, str]:
    """Who takes a step, for the message."""
    owner = organisation.catalogue_owner(department)
    first = first_authority(department, organisation)
    of_owner = f"{owner.name}（{owner.id}）", f"{owner.id}, which compiles this part of the catalogue"
    if owner.id != department:
        of_owner = (f"{of_owner[0]}（实行垂直管理的单位由其上级编制目录，武汉第10条）", f"{of_owner[1]} (Wuhan 10)")
    of_first = (f"{first.name}（{first.id}）", first.id) if first else ("数据主管部门", "the data authority")
    if event in HUB_ALONE:
        return "系统", "the hub alone"
    if event in OWNER:
        return of_owner
    if event in CITY_AUTHORITY:
        city = organisation.city_authority
        return (f"{city.name}（{city.id}）", city.id) if city else ("市数据主管部门", "the city's data authority")
    if event in EITHER:
        return f"{of_owner[0]}或{of_first[0]}", f"{of_owner[1]} or {of_first[1]}"
    return of_first
