"""How every resource is gathered and whether it is: mode, target platform, last success, lateness; and the rate of a department.

Sources: three modes, real time, return flow and upload by hand (Longyan 9); what can be shared or opened goes to the platform
of its level, units managed vertically and public enterprises to the city's (Wuhan 13); gather by need, all that should be
(Haishu 13). When a delivery is due by its cycle is `policy.freshness`, what was delivered the intake knows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from catalog.city import City
from catalog.gathered import NOTHING, Gathered
from catalog.model import GatheringMode, Resource
from catalog.organisation import Organisation, Platform
from catalog.systems import NO_SYSTEM, Hosting, InformationSystem
from pipelines.intake.store import Delivery, Outcome
from pipelines.lateness import lateness
from policy.calendar import WorkingCalendar
from policy.cited import Silence
from policy.profile import Gathering


class Standing(StrEnum):
    """How the gathering of one resource stands."""

    NO_FEED = "no_feed"
    NEVER = "never"
    LATE = "late"
    STALE = "stale"
    """In its cycle, and older than real time allows."""
    EXCUSED = "excused"
    IN_TIME = "in_time"


STANDING_WORDS: dict[Standing, tuple[str, str]] = {
    Standing.NO_FEED: ("没有数据源", "no feed"),
    Standing.NEVER: ("从未送达", "never delivered"),
    Standing.LATE: ("已逾期", "late"),
    Standing.STALE: ("未达实时", "not real time"),
    Standing.EXCUSED: ("例外备案", "exception on file"),
    Standing.IN_TIME: ("按期", "in time"),
}
MODE_WORDS: dict[GatheringMode, tuple[str, str]] = {
    GatheringMode.REAL_TIME: ("实时汇聚", "real time"),
    GatheringMode.RETURN_FLOW: ("回流汇聚", "return flow"),
    GatheringMode.MANUAL: ("人工上传", "by hand"),
}


@dataclass(frozen=True, slots=True)
class Status:
    """One resource.

    Attributes:
        resource, title, department: which one.
        mode: how it is gathered.
        declared: whether its entry says so; else it follows from its system.
        platform: to which platform, and why.
        shareable: it can be shared or opened.
        counts: it belongs to what this city wants gathered.
        data: what came.
        standing: how it stands.
    """

    resource: str
    title: str
    department: str
    mode: GatheringMode
    declared: bool
    platform: Platform
    shareable: bool
    counts: bool
    data: Gathered
    standing: Standing

    @property
    def gathered(self) -> bool:
        """Whether its data are on the platform."""
        return self.data.deliveries > 0


@dataclass(frozen=True, slots=True)
class Rate:
    """The gathering rate (归集率) of a department, or of the whole city.

    Attributes:
        department: its id; None for the city.
        name: of the department.
        wanted: resources that are to be gathered.
        gathered: of these, those whose data came.
        in_time: of these, those in their cycle or excused from it.
    """

    department: str | None
    name: str
    wanted: int
    gathered: int
    in_time: int

    @property
    def share(self) -> float | None:
        """``gathered`` of ``wanted``, 0 to 1; None where nothing is wanted."""
        return self.gathered / self.wanted if self.wanted else None


def mode_of(resource: Resource, system: InformationSystem | None) -> GatheringMode:
    """How a resource is gathered: as its entry says, else by its system (Longyan 9).

    Args:
        resource: the entry.
        system: the registered system that it comes from; None where it is not registered.
    """
    if resource.gathering is not None:
        return resource.gathering.mode
    if resource.system == NO_SYSTEM:
        return GatheringMode.MANUAL
    superior = system is not None and system.hosting is Hosting.SUPERIOR
    return GatheringMode.RETURN_FLOW if superior else GatheringMode.REAL_TIME


def modes(city: City) -> dict[str, GatheringMode]:
    """How every resource of a city is gathered."""
    systems = {(one.department, one.name): one for one in city.systems}
    owners = {one.id: city.organisation.catalogue_owner(one.id).id for one in city.departments}
    # A unit managed vertically works in its manager's system.
    return {
        one.id: mode_of(
            one, systems.get((one.department, one.system)) or systems.get((owners[one.department], one.system))
        )
        for one in city.resources
    }


def wants_all(rules: Gathering) -> bool:
    """Whether the city wants everything catalogued gathered (Haishu 13, Longyan 9), or what can be shared or opened (Wuhan 13)."""
    return not isinstance(rules.modes, Silence) and "by_level" not in rules.modes.value


def is_shareable(resource: Resource) -> bool:
    """Whether its data can be shared or opened."""
    return resource.sharing.class_ != "not" or resource.opening.class_ != "not"


def is_wanted(resource: Resource, rules: Gathering) -> bool:
    """Whether the city wants its data gathered."""
    return wants_all(rules) or is_shareable(resource)


def wants_real_time(rules: Gathering) -> bool:
    """Whether the city wants data of a department's own system in real time."""
    return not isinstance(rules.modes, Silence) and "real_time" in rules.modes.value


def gathered(
    city: City,
    deliveries: Sequence[Delivery],
    now: datetime,
    calendar: WorkingCalendar,
    excused: Mapping[str, str],
) -> dict[str, Gathered]:
    """What came of every resource that anything came of.

    Args:
        city: the catalogue.
        deliveries: of all feeds, in order of arrival; those taken, or the same bytes again, count.
        now: the moment, aware.
        calendar: the working-day calendar.
        excused: resource -> number of the document that excuses it now.
    """
    states = {one.resource: one for one in lateness(city, deliveries, now, calendar, excused)}
    came: dict[str, list[Delivery]] = defaultdict(list)
    for one in deliveries:
        if one.outcome in (Outcome.TAKEN, Outcome.UNCHANGED):
            came[one.resource].append(one)
    return {
        name: Gathered(
            deliveries=len(mine),
            last=mine[-1].received_at,
            rows=next((one.rows_taken for one in reversed(mine) if one.outcome is Outcome.TAKEN), None),
            due=states[name].due,
            late=states[name].late,
            excused=excused.get(name),
        )
        for name, mine in came.items()
        if name in states
    }


class GatheringService:
    """How the city is gathered.

    Args:
        city: the catalogue in force.
        deliveries: of all feeds, in order of arrival.
        rules: the city's rules at a moment.
        calendar: the working-day calendar.
        excused: resource -> number of the document that excuses it at a moment.
    """

    def __init__(
        self,
        *,
        city: Callable[[], City],
        deliveries: Callable[[], Sequence[Delivery]],
        rules: Callable[[datetime], Gathering],
        calendar: WorkingCalendar,
        excused: Callable[[datetime], Mapping[str, str]],
    ) -> None:
        self._city = city
        self._deliveries = deliveries
        self._rules = rules
        self._calendar = calendar
        self._excused = excused

    def data_of(self, resources: Collection[str], now: datetime) -> dict[str, Gathered]:
        """What came of these resources; one of which nothing came is missing."""
        if not resources:
            return {}
        came = gathered(self._city(), self._deliveries(), now, self._calendar, self._excused(now))
        return {name: came[name] for name in resources if name in came}

    def statuses(self, now: datetime, *, fresh: timedelta | None = None) -> list[Status]:
        """Every resource of the catalogue in force, in the order of ids.

        Args:
            now: the moment.
            fresh: how old the newest delivery of a resource in real time may be; None: as old as its cycle allows. It
                counts where the city wants real time.
        """
        city, rules = self._city(), self._rules(now)
        came = gathered(city, self._deliveries(), now, self._calendar, self._excused(now))
        how = modes(city)
        with_feed = {one.resource_id for one in city.feeds}
        everything, real_time = wants_all(rules), wants_real_time(rules)
        platforms = {one.id: city.organisation.platform_of(one.id) for one in city.departments}
        found = []
        for one in city.resources:
            data = came.get(one.id, NOTHING)
            mode = how[one.id]
            allowed = fresh if real_time and mode is GatheringMode.REAL_TIME else None
            shareable = is_shareable(one)
            found.append(
                Status(
                    resource=one.id, title=one.title, department=one.department, mode=mode,
                    declared=one.gathering is not None, shareable=shareable,
                    platform=_platform(one, platforms[one.department], city.organisation),
                    counts=everything or shareable, data=data,
                    standing=_standing(data, one.id in with_feed, now, allowed),
                )
            )  # fmt: skip
        return found

    def rates(self, now: datetime) -> list[Rate]:
        """The gathering rate of every department that has something to gather, the lowest first; the city's at the end."""
        names = {one.id: one.name for one in self._city().departments}
        by_department: dict[str, list[Status]] = defaultdict(list)
        for one in self.statuses(now):
            if one.counts:
                by_department[one.department].append(one)
        found = [_rate(name, names[name], mine) for name, mine in by_department.items()]
        found.sort(key=lambda one: (one.share or 0.0, -one.wanted, one.department or ""))
        return [*found, _rate(None, "全市 city", [one for mine in by_department.values() for one in mine])]


def _rate(department: str | None, name: str, mine: Sequence[Status]) -> Rate:
    good = (Standing.IN_TIME, Standing.EXCUSED, Standing.STALE)
    return Rate(
        department, name, len(mine), sum(one.gathered for one in mine),
        sum(one.gathered and one.standing in good for one in mine),
    )  # fmt: skip


def _standing(data: Gathered, has_feed: bool, now: datetime, fresh: timedelta | None) -> Standing:
    if data.excused is not None:
        return Standing.EXCUSED
    if data.last is None:
        return Standing.NEVER if has_feed else Standing.NO_FEED
    if data.late:
        return Standing.LATE
    return Standing.STALE if fresh is not None and now - data.last > fresh else Standing.IN_TIME


def target_of(resource: Resource, organisation: Organisation) -> Platform:
    """The platform to which a resource goes: as Wuhan 13 routes its department, or the city's because its entry says so."""
    return _platform(resource, organisation.platform_of(resource.department), organisation)


def _platform(resource: Resource, routed: Platform, organisation: Organisation) -> Platform:
    if resource.gathering is None or resource.gathering.target != "city":
        return routed
    top = organisation.city_authority
    if top is None or routed.authority == top.id:
        return routed
    return Platform(top.id, top.level, "目录条目写明向市平台汇聚", "its entry says to the city's")
