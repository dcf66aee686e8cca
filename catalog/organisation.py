"""The order of the units of a city: who stands below whom, which authority governs whom, and where data go.

Sources: city and district authorities, functional zones included (Wuhan 5); who compiles whose catalogue (Wuhan 10); which
platform gathers whose data (Wuhan 13). A city whose units name no parent is one jurisdiction under its one authority.
That the order is sound (`catalog.organisation_check`) is taken for granted here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from catalog.departments import Department, DepartmentKind, Level
from catalog.problems import choices
from ground.errors import UserError


@dataclass(frozen=True, slots=True)
class Platform:
    """The platform to which a unit's data are gathered.

    Attributes:
        authority: id of the authority that runs it; None where the city names none.
        level: whose platform it is.
        zh: why this one, with its article.
        en: the same in English.
        own: whether it is that of the unit's own level, rather than the city's by rule.
    """

    authority: str | None
    level: Level
    zh: str
    en: str
    own: bool = True


class Organisation:
    """The units of a city in their order.

    Args:
        departments: all of them; parents exist and go round in no circle.
    """

    def __init__(self, departments: Iterable[Department]) -> None:
        self._units = {one.id: one for one in departments}
        self._children: dict[str | None, list[str]] = defaultdict(list)
        for one in self._units.values():
            self._children[one.parent].append(one.id)

    def unit(self, name: str) -> Department:
        """The unit with this id.

        Raises:
            UserError: there is none; the close match is named.
        """
        if name not in self._units:
            zh, en = choices(name, self._units)
            raise UserError(f"没有名为 {name} 的部门。{zh}", f"There is no department {name}. {en}")
        return self._units[name]

    def knows(self, name: str) -> bool:
        """Whether there is a unit with this id; a case may outlive its department."""
        return name in self._units

    def above(self, name: str) -> tuple[Department, ...]:
        """The units above one, the nearest first."""
        found: list[Department] = []
        parent = self.unit(name).parent
        while parent is not None:
            found.append(self._units[parent])
            parent = self._units[parent].parent
        return tuple(found)

    def children(self, name: str | None) -> tuple[Department, ...]:
        """The units directly below one, in the order declared; of None, those that stand at the top."""
        return tuple(self._units[one] for one in self._children[name])

    def below(self, name: str) -> frozenset[str]:
        """A unit and everything below it."""
        return frozenset(self._walk(self.unit(name).id))

    def tree(self) -> Iterator[tuple[int, Department]]:
        """Every unit with its depth, each below its parent."""
        waiting = [(0, one) for one in reversed(self.children(None))]
        while waiting:
            depth, unit = waiting.pop()
            yield depth, unit
            waiting += [(depth + 1, one) for one in reversed(self.children(unit.id))]

    # --- who governs ----------------------------------------------------------------------------------------------

    @cached_property
    def authorities(self) -> tuple[Department, ...]:
        """The data authorities, those of the highest level first."""
        found = [one for one in self._units.values() if one.kind is DepartmentKind.AUTHORITY]
        return tuple(sorted(found, key=lambda one: (list(Level).index(one.level), one.id)))

    @cached_property
    def city_authority(self) -> Department | None:
        """The authority of the whole city (Wuhan 5): the one that stands above all others; None where none does."""
        if not self.authorities:
            return None
        first, *others = self.authorities
        return first if all(first.level.is_above(one.level) for one in others) else None

    @property
    def leading(self) -> tuple[Department, ...]:
        """Who oversees the hub: the city's authority; where none stands above the others, all of them."""
        return self.authorities if self.city_authority is None else (self.city_authority,)

    @cached_property
    def _near(self) -> dict[str, Department]:
        """Government -> the authority that stands directly below it."""
        return {one.parent: one for one in self.authorities if one.parent is not None}

    def authority_of(self, name: str) -> Department | None:
        """The data authority of a unit: the nearest up the tree, else the city's.

        An authority answers to itself. None where the city has no authority.
        """
        unit = self.unit(name)
        if unit.kind is DepartmentKind.AUTHORITY:
            return unit
        for one in (unit, *self.above(name)):
            if one.id in self._near:
                return self._near[one.id]
        return self.city_authority

    def superior_of(self, authority: str) -> Department | None:
        """The authority above an authority, with which a district files (Haishu 10); None for the city's own."""
        unit = self.unit(authority)
        for one in self.above(authority):
            near = self._near.get(one.id)
            if near is not None and near.id != unit.id:
                return near
        return self.city_authority if self.city_authority != unit else None

    def governed_by(self, authority: str) -> frozenset[str]:
        """Ids of the units that an authority may act on.

        The city's: all (Wuhan 5). A district's: those of its own area; what is managed by the city from above
        (`Department.vertical`) does not stand in its area. A unit that is no authority governs nobody.
        """
        unit = self.unit(authority)
        if unit.kind is not DepartmentKind.AUTHORITY:
            return frozenset()
        if unit == self.city_authority:
            return frozenset(self._units)
        return self.below(unit.parent) if unit.parent is not None else frozenset({unit.id})

    def government_of(self, name: str) -> Department | None:
        """The government of a unit's level: who leads, and decides what cannot be settled below (Wuhan 5, 16).

        Functional zones are led by their committee. None where no government is declared above the unit.
        """
        unit = self.unit(name)
        chain = (unit, *self.above(name))
        return next((one for one in chain if one.kind is DepartmentKind.PEOPLES_GOVERNMENT), None)

    # --- whose catalogue, whose platform --------------------------------------------------------------------------

    def catalogue_owner(self, name: str) -> Department:
        """Who compiles the catalogue of a unit: itself, or for units managed vertically who manages them (Wuhan 10)."""
        unit = self.unit(name)
        while unit.vertical and unit.parent is not None:
            unit = self._units[unit.parent]
        return unit

    def compiler_of(self, name: str) -> Department | None:
        """The authority into whose catalogue a unit's entries go first (Wuhan 10).

        Of a district's departments the district's, which hands its own up; of public enterprises the city's.
        """
        owner = self.catalogue_owner(name)
        if owner.kind is DepartmentKind.PUBLIC_ENTERPRISE and self.city_authority is not None:
            return self.city_authority
        return self.authority_of(owner.id)

    def district_area(self, name: str) -> frozenset[str]:
        """Ids of the units whose catalogue a district hands up to the city (Wuhan 10); none where the unit leads no district.

        A district is led by its government or the committee of its zone, or spoken for by its authority, which stands below the
        city's (Wuhan 5). Of the units below it, those whose catalogue the city itself compiles (vertical units that a city
        department manages, public enterprises) are not the district's to send.
        """
        unit = self.unit(name)
        own = unit if unit.kind is DepartmentKind.AUTHORITY else None
        if unit.kind is DepartmentKind.PEOPLES_GOVERNMENT:
            own = self._near.get(unit.id)
        if own is None or not Level.CITY.is_above(own.level) or self.superior_of(own.id) is None:
            return frozenset()
        area = self.governed_by(own.id)
        compilers = {one: self.compiler_of(one) for one in area}
        return frozenset(one for one, compiler in compilers.items() if compiler is not None and compiler.id in area)

    def platform_of(self, name: str) -> Platform:
        """The platform to which a unit's data are gathered: of its own level, unless it belongs to the city's.

        The division is that of Wuhan 13; the other cities' texts name none, so no article is told with it.
        """
        unit = self.unit(name)
        owner = self.catalogue_owner(name)
        top = self.city_authority
        if owner.kind is DepartmentKind.PUBLIC_ENTERPRISE:
            zh, en = "公共企事业单位向市平台汇聚", "public enterprises gather to the city's"
        elif owner != unit:
            zh = f"垂直管理，由{owner.name}向市平台汇聚"
            en = f"managed vertically: {owner.name} gathers to the city's"
        else:
            own = self.authority_of(name)
            level = own.level if own is not None else unit.level
            return Platform(own.id if own else None, level, "向本级平台汇聚", "to its own level's")
        return Platform(top.id if top else None, top.level if top else Level.CITY, zh, en, own=False)

    def _walk(self, name: str) -> Iterator[str]:
        waiting = [name]
        while waiting:
            one = waiting.pop()
            yield one
            waiting += self._children[one]
