"""What the city's rules ask of a unit and it does not show: who is in charge, who is steward, whether it is connected.

Sources: section in charge (Lianyungang 4, Longyan 5), data steward (Longyan 5, 26; Lianyungang 35), first responsible person
(Chifeng, part 4(三)1), security officer (Haishu 31), utilities on the platform (Wuhan 7), a district's platform (Wuhan 7, Haishu 6).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from catalog.city import City
from catalog.departments import Department, DepartmentKind, Steward
from catalog.infrastructure import infrastructure_of
from catalog.remark import NEAR_DAYS, Asked, Remark, Severity, about
from policy.cited import Silence
from policy.profile import Profile


def unit_remarks(city: City, day: date, rules: Profile) -> Iterator[Remark]:
    """Remarks on every unit, bound or not."""
    with_data = {one.department for one in city.resources}
    for unit in city.departments:
        # An authority that has no data of its own provides none.
        if unit.is_provider and (unit.kind is not DepartmentKind.AUTHORITY or unit.id in with_data):
            yield from _people(unit, day, rules, vertical=city.organisation.catalogue_owner(unit.id) != unit)
        yield from _connected(city, unit, day, rules)
    yield from _operator(city, rules)


def _people(unit: Department, day: date, rules: Profile, *, vertical: bool) -> Iterator[Remark]:
    said, made = rules.organisation, about(unit)
    if not unit.unit_in_charge:
        yield made(
            "unit_in_charge_missing",
            Asked.by(rules, said.unit_in_charge),
            "未明确数据管理科室（负责机构），请确定并写入 unit_in_charge",
            "names no section in charge of its data; name one in unit_in_charge",
        )
    if not vertical:  # who manages it compiles its catalogue, and has the steward for it
        yield from _steward(unit, day, Asked.by(rules, said.steward))
    if not unit.first_responsible:
        yield made(
            "first_responsible_missing",
            Asked.by(rules, said.first_responsible),
            "未登记数据安全第一责任人（主要负责人）",
            "names no first responsible person for data security, who is its head",
        )
    if not unit.security_officer:
        yield made(
            "security_officer_missing",
            Asked.by(rules, said.security_officer),
            "未明确数据安全管理负责人",
            "names nobody who answers for data security",
        )


def _steward(unit: Department, day: date, asked: Asked) -> Iterator[Remark]:
    held = unit.steward_on(day)
    if held is None:
        last = last_steward(unit, day)
        if last is None:
            zh, en = "未登记政务数据专管员", "has no data steward registered"
        else:
            zh = f"政务数据专管员 {last.name} 的任期已于 {last.until} 届满，尚未登记接任者"
            en = f"the term of its data steward ended on {last.until} and no successor is registered"
        yield about(unit)(
            "steward_missing", asked, f"{zh}；登记之前不能发布目录", f"{en}; it publishes nothing until one is"
        )
    elif held.until is not None and held.until <= day + timedelta(days=NEAR_DAYS) and not _followed(unit, held):
        yield about(unit, due=held.until)(
            "steward_ending",
            asked.milder(Severity.SOON),
            f"政务数据专管员 {held.name} 的任期将于 {held.until} 届满，请登记接任者",
            f"the term of its data steward ends on {held.until}; register a successor",
        )


def last_steward(unit: Department, day: date) -> Steward | None:
    """Who was steward last and is not any more; None where nobody was."""
    former = [one for one in unit.stewards if one.until is not None and one.until < day]
    return max(former, key=lambda one: one.until or day, default=None)


def _followed(unit: Department, held: Steward) -> bool:
    return held.until is not None and unit.steward_on(held.until + timedelta(days=1)) is not None


def _connected(city: City, unit: Department, day: date, rules: Profile) -> Iterator[Remark]:
    connected = unit.connected_on is not None and unit.connected_on <= day
    if connected:
        return
    if unit.kind is DepartmentKind.PUBLIC_ENTERPRISE:
        said = rules.scope.public_utilities
        must = not isinstance(said, Silence) and said.value == "must_connect"
        asked = Asked.by(rules, said) if must else Asked(None, Severity.UNBOUND)
        if unit.livelihood:
            yield about(unit, due=unit.connected_on)(
                "utility_not_connected",
                asked,
                "民生领域的公共企事业单位，应当接入大数据平台，尚未接入",
                "is a utility of livelihood and must be connected to the platform; it is not",
            )
        else:
            yield about(unit, due=unit.connected_on)(
                "enterprise_not_connected",
                asked.milder(Severity.GRADUAL),
                "尚未接入大数据平台，应逐步接入",
                "is not connected to the platform yet, which is to be done gradually",
            )
    elif unit.kind is DepartmentKind.AUTHORITY and city.organisation.superior_of(unit.id) is not None:
        yield about(unit, due=unit.connected_on)(
            "district_platform_not_docked",
            Asked.by(rules, infrastructure_of(rules.id).district_platform),
            "区级大数据平台尚未与市平台对接",
            "its district's platform is not docked to the city's",
        )


def _operator(city: City, rules: Profile) -> Iterator[Remark]:
    """The rules name an operator of the platform (Wuhan 28, Lianyungang 4, Longyan 5) and the city declares none."""
    top = city.organisation.city_authority
    if top is None or any(one.kind is DepartmentKind.OPERATOR for one in city.departments):
        return
    said = rules.vocabulary.operator
    word = "平台运行维护机构" if isinstance(said, Silence) else said.value
    yield about(top)(
        "operator_missing",
        Asked.by(rules, said),
        f"未登记{word}（kind: operator）",
        "the city declares no operator of the platform",
    )
