"""Who acts on the catalogue: the person or program, the part it plays, and the department it acts for.

The parts are those of Lianyungang 4 and Longyan 5: the authority (主管部门) coordinates and reviews, the operator (运维机构)
runs the platform and decides nothing, the provider (数源部门) answers for its own data. Doors map accounts to parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """What somebody is to the catalogue."""

    AUTHORITY = "authority"
    OPERATOR = "operator"
    PROVIDER = "provider"
    SYSTEM = "system"
    """The hub itself: the clock, an intake that saw a change, documents that were loaded."""


PART_WORDS: dict[Part, tuple[str, str]] = {
    Part.AUTHORITY: ("数据主管部门", "data authority"),
    Part.OPERATOR: ("平台运维机构", "operator of the platform"),
    Part.PROVIDER: ("数据提供部门", "department that provides data"),
    Part.SYSTEM: ("系统", "the hub"),
}
"""Part -> its word in Chinese and in English."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts.

    Attributes:
        id: ``person:<account>``, ``key:<API key>`` or ``hub``.
        part: what it is to the catalogue.
        department: id of the department it acts for; None for the hub and for the administrator of the machine.
    """

    id: str
    part: Part
    department: str | None = None


HUB = Person("hub", Part.SYSTEM)
