"""Whose cases somebody acts on and sees: the own department's, or those of the units an authority governs (Wuhan 5).

For the nouns whose department is simply the one that files them; whose part of the catalogue an entry is (Wuhan 10) is
`catalog.entries.permissions`. A case may outlive its department, so an unknown unit is nobody's but the city's.
"""

from __future__ import annotations

from catalog.cases.person import Part, Person
from catalog.organisation import Organisation


def owns(person: Person, department: str) -> bool:
    """Whether ``person`` acts for this department; an authority or operator does for its own."""
    return person.part is not Part.SYSTEM and person.department == department


def governs(person: Person, department: str, organisation: Organisation) -> bool:
    """Whether ``person`` is an authority in whose jurisdiction the department lies.

    Without a department of its own it is the administrator of the hub, who acts as the city's authority.
    """
    if person.part is not Part.AUTHORITY:
        return False
    top = organisation.city_authority
    if person.department is None or (top is not None and person.department == top.id):
        return True
    known = any(one.id == person.department for one in organisation.authorities)
    return known and department in organisation.governed_by(person.department)


def sees(person: Person, department: str, organisation: Organisation) -> bool:
    """Whether ``person`` may see what concerns this department: its own people, its authority, the operator, the hub."""
    if person.part in (Part.OPERATOR, Part.SYSTEM):
        return True
    return owns(person, department) or governs(person, department, organisation)
