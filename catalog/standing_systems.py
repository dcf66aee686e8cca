"""What the city's rules ask of an information system and it does not show: where it runs, how it is protected, what is filed.

Sources: unified infrastructure and migration (Wuhan 6, Haishu 7, 8), exchange through the platform alone (Longyan 7, Wuhan 7),
graded protection before a system is connected (Longyan 25), systems and services filed with the authority (Wuhan 34).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from catalog.city import City
from catalog.departments import DepartmentKind
from catalog.infrastructure import Infrastructure, infrastructure_of
from catalog.model import GatheringMode
from catalog.remark import NEAR_DAYS, Asked, Remark, Severity, about
from catalog.systems import Hosting, InformationSystem, Migration, Zone
from policy.cited import Silence
from policy.profile import Profile

HOSTING_WORDS: dict[Hosting, tuple[str, str]] = {
    Hosting.GOVERNMENT_CLOUD: ("政务云", "government cloud"),
    Hosting.PLATFORM: ("大数据平台", "data platform"),
    Hosting.OWN_ROOM: ("自有机房", "room of its own"),
    Hosting.COMMERCIAL_CLOUD: ("商业云", "commercial cloud"),
    Hosting.SUPERIOR: ("上级系统", "superior level"),
}
ELSEWHERE = frozenset({Hosting.OWN_ROOM, Hosting.COMMERCIAL_CLOUD})
"""Not the unified infrastructure; a superior level's system is not the city's to move."""


def system_remarks(city: City, day: date, rules: Profile) -> Iterator[Remark]:
    """Remarks on every system, bound or not."""
    infrastructure = infrastructure_of(rules.id)
    connected = set(_connected(city))
    for system in city.systems:
        if system.hosting is not Hosting.SUPERIOR:
            yield from _hosted(city, system, day, rules, infrastructure)
            yield from _protected(city, system, day, rules, connected=system.id in connected)
        yield from _exchanged(city, system, rules, infrastructure)
        # What is filed are systems of government (Wuhan 34), not those of enterprises.
        of_government = city.department(system.department).kind is not DepartmentKind.PUBLIC_ENTERPRISE
        if of_government and (system.filed_on is None or system.filed_on > day):
            services = f"及其已对外提供的服务（{'、'.join(system.services)}）" if system.services else ""
            made = about(city.department(system.department), system.id)
            yield made(
                "system_not_filed",
                Asked.by(rules, rules.projects.systems_filed),
                f"“{system.name}”{services}尚未向主管部门报备",
                f"the system{' and the services it offers are' if system.services else ' is'} not filed with the authority",
            )


def _connected(city: City) -> Iterator[str]:
    """Systems that deliver to the platform: a resource of theirs has a feed, or is gathered in real time."""
    fed = {one.resource_id for one in city.feeds}
    for resource in city.resources:
        real_time = resource.gathering is not None and resource.gathering.mode is GatheringMode.REAL_TIME
        if (system := city.system_of(resource.id)) is not None and (resource.id in fed or real_time):
            yield system.id


def _hosted(
    city: City, system: InformationSystem, day: date, rules: Profile, infrastructure: Infrastructure
) -> Iterator[Remark]:
    unit, said = city.department(system.department), infrastructure.unified_hosting
    asked = Asked.by(rules, said)
    if unit.kind is DepartmentKind.PUBLIC_ENTERPRISE:
        asked = Asked.by(rules, infrastructure.hosting_of_enterprises)
    if system.hosting in ELSEWHERE and system.migration is not Migration.EXEMPT:
        where_zh, where_en = HOSTING_WORDS[system.hosting]
        late = system.migrate_by is not None and system.migrate_by < day
        made = about(unit, system.id, due=system.migrate_by)
        if late:
            yield made(
                "migration_overdue",
                asked,
                f"“{system.name}”应于 {system.migrate_by} 前由{where_zh}迁入统一基础设施，已逾期",
                f"was to move from its {where_en} to the unified infrastructure by {system.migrate_by}, and has not",
            )
        elif system.migration is Migration.NOT_PLANNED or system.migrate_by is None:
            built = not isinstance(said, Silence) and said.value == "none_built_and_migrate"
            ban_zh = "；不得单独建设" if built else ""
            ban_en = "; none may be built separately" if built else ""
            yield made(
                "hosting_of_its_own",
                asked,
                f"“{system.name}”运行于{where_zh}，没有迁移日期，请安排迁入统一基础设施{ban_zh}",
                f"runs in a {where_en} and no day is set for its migration; plan it{ban_en}",
            )
        else:
            yield made(
                "migration_planned",
                asked.milder(Severity.GRADUAL),
                f"“{system.name}”运行于{where_zh}，计划于 {system.migrate_by} 前迁入",
                f"runs in a {where_en} and is to move by {system.migrate_by}",
            )
    if system.network_zone is not Zone.EXTRANET:
        yield about(unit, system.id)(
            "outside_extranet",
            Asked.by(rules, infrastructure.extranet, Severity.GRADUAL),
            f"“{system.name}”不在电子政务外网",
            "does not stand in the government extranet",
        )


def _protected(
    city: City, system: InformationSystem, day: date, rules: Profile, *, connected: bool
) -> Iterator[Remark]:
    """Before a system is connected it passes the assessment; one that is not connected may still be without."""
    asked = Asked.by(rules, rules.security.mlps_to_connect)
    unit, protection = city.department(system.department), system.protection
    if protection is None:
        yield about(unit, system.id)(
            "protection_missing",
            asked if connected else asked.milder(Severity.GRADUAL),
            f"“{system.name}”没有网络安全等级保护测评{'，却已接入平台' if connected else '，接入平台前须完成'}",
            f"has no assessment of graded protection{' and is connected' if connected else '; it needs one before it is connected'}",
        )
    elif protection.expires_on < day:
        yield about(unit, system.id, due=protection.expires_on)(
            "protection_expired",
            asked,
            f"“{system.name}”的等级保护测评（第{protection.grade}级）已于 {protection.expires_on} 到期",
            f"its assessment of graded protection (grade {protection.grade}) expired on {protection.expires_on}",
        )
    elif protection.expires_on <= day + timedelta(days=NEAR_DAYS):
        yield about(unit, system.id, due=protection.expires_on)(
            "protection_ending",
            asked.milder(Severity.SOON),
            f"“{system.name}”的等级保护测评（第{protection.grade}级）将于 {protection.expires_on} 到期",
            f"its assessment of graded protection (grade {protection.grade}) expires on {protection.expires_on}",
        )


def _exchanged(
    city: City, system: InformationSystem, rules: Profile, infrastructure: Infrastructure
) -> Iterator[Remark]:
    if system.channels:
        yield about(city.department(system.department), system.id)(
            "channel_beside_platform",
            Asked.by(rules, infrastructure.exchange_by_platform),
            f"“{system.name}”在平台之外与其他部门交换数据：{'、'.join(system.channels)}；请迁至统一平台",
            "exchanges data with other departments beside the platform; move these channels there",
        )
