"""``department list|show`` and ``system list``: who answers for data, in which order, on which systems; what is amiss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalog.departments import KIND_WORDS, Department, DepartmentKind, Level
from catalog.remark import SEVERITY_WORDS, Remark
from catalog.rollup import merged, part_of
from catalog.standing import remarks
from catalog.standing_systems import HOSTING_WORDS
from catalog.systems import InformationSystem, Migration
from policy.clock import legal_date
from portal.cli import output
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened

if TYPE_CHECKING:
    from catalog.city import City
    from catalog.organisation import Organisation
    from hub.hub import Hub
    from policy.profile import Profile

departments = Noun()
systems = Noun()

Everything = Annotated[
    bool, typer.Option("--all", help="也列出本市规则未规定的事项 also what the city's rules do not ask.")
]

LEVEL_WORDS: dict[Level, tuple[str, str]] = {
    Level.PROVINCE: ("省级", "province"),
    Level.CITY: ("市级", "city"),
    Level.DISTRICT: ("区级", "district"),
    Level.TOWNSHIP: ("街镇", "township"),
}
MIGRATION_WORDS: dict[Migration, str] = {
    Migration.DONE: "",
    Migration.UNDER_WAY: "迁移中",
    Migration.PLANNED: "已计划",
    Migration.NOT_PLANNED: "未计划",
    Migration.EXEMPT: "不迁移",
}


@departments.command("list")
def list_departments(home: Home = HOME, everything: Everything = False, json: Json = False, now: Now = None) -> None:
    """按上下级列出部门与待办提示 List the departments as a tree, and what is not as the rules ask."""
    when = moment(now)
    with opened(home) as hub:
        city, rules, found = _looked_at(hub, when, everything=everything)
    day, organisation = legal_date(when), city.organisation
    if json:
        output.as_json(
            {
                "rules": rules.version,
                "departments": [_told(city, one, day) | {"depth": depth} for depth, one in organisation.tree()],
                "remarks": found,
            }
        )
        return
    entries = Counter(one.department for one in city.resources)
    remarked = Counter(one.department for one in found)
    output.table(
        "部门 departments",
        ["部门 department", "编号 id", "类别 kind", "主管 authority", "汇聚到 platform", "专管员 steward", "条目 entries", "提示 remarks"],
        [
            (
                "　" * depth + one.name,
                one.id,
                KIND_WORDS[one.kind][0] + ("·垂直" if one.vertical else ""),
                _named(organisation.authority_of(one.id)),
                organisation.platform_of(one.id).authority if one.is_provider else None,
                steward.name if (steward := one.steward_on(day)) else None,
                entries[one.id] or None,
                remarked[one.id] or None,
            )
            for depth, one in organisation.tree()
        ],
    )  # fmt: skip
    show_remarks(city, found, rules, day)


@departments.command("show")
def show_department(
    department: Annotated[str, typer.Argument(help="部门编号 id of the department.")],
    home: Home = HOME,
    everything: Everything = False,
    json: Json = False,
    now: Now = None,
) -> None:
    """一个部门：上级、管辖、汇聚、条目、系统与提示 One department: order, jurisdiction, platform, entries, systems, remarks."""
    when = moment(now)
    with opened(home) as hub:
        unit = hub.city.department(department)
        city, rules, found = _looked_at(hub, when, everything=everything)
    day = legal_date(when)
    own = [one for one in found if one.department == unit.id]
    told = _told(city, unit, day)
    if json:
        output.as_json(told | {"rules": rules.version, "remarks": own})
        return
    words = {
        "名称 name": unit.name,
        "类别 kind": "　".join(KIND_WORDS[unit.kind]),
        "层级 level": LEVEL_WORDS[unit.level][0],
        "统一社会信用代码 credit code": unit.credit_code,
        "上级 above": " → ".join(one.name for one in city.organisation.above(unit.id)),
        "主管部门 authority": _name(city, told["authority"]),
        "本级政府 government": _name(city, told["government"]),
        "编目单位 compiles": _name(city, told["catalogue_owner"]),
        "汇聚到 platform": f"{_name(city, told['platform'])}：{city.organisation.platform_of(unit.id).zh}",
        "职能 functions": city.collectors.titled(unit.functions),
        "数据科室 section in charge": unit.unit_in_charge,
        "专管员 stewards": "；".join(f"{one.name} {one.appointed}—{one.until or '今'}" for one in unit.stewards),
        "第一责任人 first responsible": unit.first_responsible,
        "安全负责人 security officer": unit.security_officer,
        "接入平台 connected": unit.connected_on,
        "信息系统 systems": "、".join(one.name for one in city.systems if one.department == unit.id),
        "条目 entries": "、".join(told["entries"]),
    }
    output.table(f"{unit.name} {unit.id}", ["项 what", "内容 value"], [one for one in words.items() if one[1]])
    if unit.kind is DepartmentKind.AUTHORITY:
        _show_jurisdiction(city, unit)
    show_remarks(city, own, rules, day)


@systems.command("list")
def list_systems(home: Home = HOME, everything: Everything = False, json: Json = False, now: Now = None) -> None:
    """列出信息系统与待办提示 List the information systems, and what is not as the rules ask."""
    when = moment(now)
    with opened(home) as hub:
        city, rules, found = _looked_at(hub, when, everything=everything)
    own = [one for one in found if one.subject in {system.id for system in city.systems}]
    if json:
        output.as_json(
            {"rules": rules.version, "systems": [one.model_dump(mode="json") for one in city.systems], "remarks": own}
        )
        return
    catalogued = Counter(source.id for one in city.resources if (source := city.system_of(one.id)))
    output.table(
        "信息系统 information systems",
        ["信息系统 system", "部门 department", "运行环境 hosting", "等保 grade", "到期 expires", "迁移 migration", "报备 filed", "表 tables", "条目 entries"],
        [
            (
                one.name, one.department, HOSTING_WORDS[one.hosting][0],
                one.protection.grade if one.protection else None, one.protection.expires_on if one.protection else None,
                _migration(one), one.filed_on, len(one.tables), catalogued[one.id] or None,
            )
            for one in sorted(city.systems, key=lambda one: (one.department, one.id))
        ],
    )  # fmt: skip
    show_remarks(city, own, rules, legal_date(when))


def show_remarks(city: City, found: Iterable[Remark], rules: Profile, day: date) -> None:
    """Remarks as a table, each with its article; the rules are named with their status on ``day``."""
    names = {one.id: one.name for one in city.departments}
    output.table(
        f"不符合规则的事项 what is not as the rules ask（{rules.named_zh(day)}）",
        ["缓急 severity", "部门 department", "事项 what", "依据 article"],
        [(SEVERITY_WORDS[one.severity][0], names[one.department], one.zh, one.article) for one in found],
    )


def _looked_at(hub: Hub, when: datetime, *, everything: bool) -> tuple[City, Profile, list[Remark]]:
    rules = hub.rules_on(when).profile
    return hub.city, rules, remarks(hub.city, legal_date(when), rules, everything=everything)


def _told(city: City, unit: Department, day: date) -> dict[str, Any]:
    order = city.organisation
    steward = unit.steward_on(day)
    governed = order.governed_by(unit.id)
    return unit.model_dump(mode="json") | {
        "steward": steward.name if steward else None,
        "authority": _named(order.authority_of(unit.id)),
        "government": _named(order.government_of(unit.id)),
        "catalogue_owner": order.catalogue_owner(unit.id).id,
        "compiler": _named(order.compiler_of(unit.id)),
        "platform": order.platform_of(unit.id).authority,
        "governs": sorted(governed),
        "entries": [one.id for one in city.resources if one.department == unit.id],
        "systems": [one.id for one in city.systems if one.department == unit.id],
    }


def _show_jurisdiction(city: City, unit: Department) -> None:
    order: Organisation = city.organisation
    own, whole = part_of(order, city.resources, unit.id), merged(order, city.resources, unit.id)
    output.line(
        f"管辖 governs {len(order.governed_by(unit.id))} 个单位 units；汇总目录 its part {len(own.entries)} 条 entries；"
        f"连同下级 with those below {len(whole.entries)} 条"
    )
    output.table(
        "汇总的目录 the catalogue it puts together",
        ["编目单位 compiled by", "条目 entries"],
        [(city.department(owner).name, "、".join(names)) for owner, names in own.owners.items()],
    )


def _migration(one: InformationSystem) -> str:
    return " ".join(part for part in (MIGRATION_WORDS[one.migration], str(one.migrate_by or "")) if part)


def _named(unit: Department | None) -> str | None:
    return unit.id if unit is not None else None


def _name(city: City, department: str | None) -> str | None:
    return city.department(department).name if department else None
