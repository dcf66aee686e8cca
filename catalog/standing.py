"""How departments and systems stand to what the city's rules ask of them, as remarks; and who may publish at all.

Which remarks bind is the profile's matter: a city that says nothing of stewards is not told that one is missing. What is
looked at is `catalog.standing_units`, `catalog.standing_systems` and `catalog.standing_norms`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from catalog.city import City
from catalog.collectorcheck import functions_declared
from catalog.remark import Asked, Remark, Severity, about
from catalog.standing_norms import norm_remarks
from catalog.standing_systems import system_remarks
from catalog.standing_units import last_steward, unit_remarks
from ground.errors import Conflict
from policy.cited import SILENT
from policy.profile import Profile

_ORDER = list(Severity)


def remarks(city: City, day: date, rules: Profile, *, everything: bool = False) -> list[Remark]:
    """What is not as the rules ask, the most pressing first.

    Args:
        city: departments and systems.
        day: on which it is looked at.
        rules: the version of the city's rules in force on that day.
        everything: with remarks on what these rules do not ask, marked as such.
    """
    found = [
        *unit_remarks(city, day, rules),
        *system_remarks(city, day, rules),
        *_targets(city, rules),
        *_register(city),
        *norm_remarks(city, day, rules),
    ]
    kept = [one for one in found if everything or one.severity is not Severity.UNBOUND]
    return sorted(kept, key=lambda one: (_ORDER.index(one.severity), one.department, one.subject, one.kind))


def check_can_publish(city: City, department: str, day: date, rules: Profile) -> None:
    """Refuse to publish for a unit whose data steward is not registered, where the city asks for one.

    For a unit managed vertically the steward of who compiles its catalogue counts (Wuhan 10).

    Args:
        city: departments.
        department: whose entry is to be published.
        day: on which.
        rules: the city's rules in force.

    Raises:
        Conflict: no steward is in office on that day (Longyan 5, 26; Lianyungang 35).
    """
    if rules.organisation.steward is SILENT:
        return
    owner = city.organisation.catalogue_owner(department)
    if owner.steward_on(day) is not None:
        return
    asked, last = Asked.by(rules, rules.organisation.steward), last_steward(owner, day)
    ended_zh = f"，{last.name} 的任期已于 {last.until} 届满" if last else ""
    ended_en = f" (the last term ended on {last.until})" if last else ""
    raise Conflict(
        f"{owner.name}（{owner.id}）没有在任的政务数据专管员{ended_zh}（{asked.article}要求登记备案）。登记之前不发布目录，是本系统的自定规则。"
        "请在 city/departments.yaml 的 stewards 登记。",
        f"{owner.id} has no data steward in office{ended_en} ({asked.article} asks for one). That nothing is published until then is a house rule. "
        "Register one in city/departments.yaml, stewards.",
        where=owner.id,
    )


def _targets(city: City, rules: Profile) -> Iterator[Remark]:
    """Entries that say they go to their own level's platform, where the rules send their unit to the city's (Wuhan 13)."""
    said = rules.gathering.modes
    by_level = said is not SILENT and "by_level" in said.value
    asked = Asked.by(rules, said) if by_level else Asked(None, Severity.UNBOUND)
    for resource in city.resources:
        if resource.gathering is None or resource.gathering.target == "city":
            continue
        unit = city.department(resource.department)
        platform = city.organisation.platform_of(unit.id)
        if not platform.own and platform.level.is_above(unit.level):
            yield about(unit, resource.id)(
                "gathered_to_other_platform",
                asked,
                f"目录“{resource.title}”写明汇聚到本级平台，应为市平台：{platform.zh}",
                f"the entry says that it goes to its own level's platform; it belongs to the city's: {platform.en}",
            )


def _register(city: City) -> Iterator[Remark]:
    """A city whose departments declare no functions: its register of sources is not held against the lawful collectors."""
    top = city.organisation.city_authority
    if top is None or not city.register.libraries or functions_declared(city.departments):
        return
    yield about(top)(
        "functions_not_declared",
        Asked(None, Severity.GRADUAL),
        "各部门均未登记职能（functions），来源登记册未按采集责任清单核对",
        "no department declares its functions, so the register of sources is not held against the lawful collectors",
    )
