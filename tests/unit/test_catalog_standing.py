"""What the five cities' rules ask of units and systems, and what they do not: the same city, other rules, other remarks."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from catalog.city import City
from catalog.departments import Department
from catalog.documents import load_city
from catalog.feed import Feed
from catalog.model import Resource
from catalog.norms import Norm, NormDomain, Norms
from catalog.register import Register
from catalog.remark import NEAR_DAYS, Remark, Severity
from catalog.standing import check_can_publish, remarks
from catalog.standing_norms import domains_on
from catalog.systems import InformationSystem
from ground.errors import Conflict
from policy.profile import load_profile
from simulation.declared import DOCUMENTS

DAY = date(2026, 11, 28)
CITIES = ("chifeng", "haishu", "lianyungang", "longyan", "wuhan")
WHOLE: dict[str, Any] = {
    "unit_in_charge": "信息科", "stewards": [{"name": "甲", "appointed": "2024-01-01"}],
    "first_responsible": "乙", "security_officer": "丙",
}  # fmt: skip
SOUND: dict[str, Any] = {
    "id": "s", "name": "系统", "department": "ga", "hosting": "government_cloud", "filed_on": "2024-01-01",
    "protection": {"grade": 3, "assessed_on": "2026-01-01", "expires_on": "2027-12-31"},
}  # fmt: skip


def unit(name: str = "ga", **more: Any) -> Department:
    return Department.model_validate({"id": name, "name": name} | WHOLE | more)


def resource(**more: Any) -> Resource:
    declared: dict[str, Any] = {
        "id": "r", "title": "名录", "department": "ga", "system": "系统", "sharing": {"class": "unconditional"},
        "opening": {"class": "unconditional"}, "update_cycle": "daily", "key": ["code"],
        "items": [{"id": "code", "title": "编号"}],
    }  # fmt: skip
    return Resource.model_validate(declared | more)


BUREAU = unit("bureau", kind="authority")
OPERATOR = unit("centre", kind="operator")
REGULATOR = unit("sc", functions=["market_regulation"])


def norm(*domains: str, name: str = "city_norm", **more: Any) -> Norm:
    declared = {
        "id": name,
        "number": name,
        "title": name,
        "kind": "city",
        "domains": domains,
        "issued_by": ["bureau", "sc"],
    }
    return Norm.model_validate(declared | more)


JOINT = Norms([], [norm(*NormDomain)])
"""A norm in every domain, issued by the authority with the market regulator."""


def city(*units: Department, systems: tuple[dict[str, Any], ...] = (), norms: Norms = JOINT, **more: Any) -> City:
    feed = Feed.model_validate(
        {"id": "f", "resource": "r", "source": {"kind": "file", "path": "x.csv"}, "format": {"kind": "csv", "encoding": "utf-8"},
         "columns": {"编号": "code"}}
    )  # fmt: skip
    return City(
        departments=(BUREAU, OPERATOR, REGULATOR, *(units or (unit(),))),
        resources=(resource(**more),),
        feeds=(feed,),
        register=Register(libraries={}),
        systems=tuple(InformationSystem.model_validate(SOUND | one) for one in systems),
        norms=norms,
    )


def found(looked_at: City, profile: str, *, day: date = DAY) -> dict[str, Remark]:
    """Remarks by their kind; each at most once in these small cities."""
    made = remarks(looked_at, day, load_profile(profile))
    assert len({one.kind for one in made}) == len(made)
    return {one.kind: one for one in made}


def by_city(looked_at: City, kind: str) -> dict[str, str | None]:
    """Which cities' rules ask for it, and by which article."""
    return {name: made[kind].article for name in CITIES if kind in (made := found(looked_at, name))}


@pytest.mark.parametrize("profile", CITIES)
def test_whoever_does_everything_is_told_nothing(profile: str) -> None:
    assert found(city(systems=({},)), profile) == {}


# --- people -----------------------------------------------------------------------------------------------------------


@pytest.mark.duty("R-009")
def test_a_unit_names_its_section_in_charge() -> None:
    without = city(unit(unit_in_charge=None))
    assert by_city(without, "unit_in_charge_missing") == {"lianyungang": "连云港市第4、35条", "longyan": "龙岩市第5条"}
    assert found(without, "longyan")["unit_in_charge_missing"].department == "ga"


@pytest.mark.duty("R-009")
@pytest.mark.parameter("vocabulary.operator")
def test_the_platform_has_an_operator_where_the_rules_name_one() -> None:
    without = City(departments=(BUREAU, unit()), resources=(), feeds=(), register=Register(libraries={}))
    told = {
        name: (one.zh, one.article)
        for name in CITIES
        for one in remarks(without, DAY, load_profile(name))
        if one.kind == "operator_missing"
    }
    assert told == {
        "lianyungang": ("未登记市信息中心（kind: operator）", "连云港市第4条"),
        "longyan": ("未登记市大数据中心（kind: operator）", "龙岩市第5条"),
        "wuhan": ("未登记大数据平台运行维护机构（kind: operator）", "武汉市第28条"),
    }


@pytest.mark.duty("R-010", "R-011")
def test_a_unit_without_a_steward_is_told_where_the_rules_ask() -> None:
    without = city(unit(stewards=[]))
    assert by_city(without, "steward_missing") == {"lianyungang": "连云港市第35条", "longyan": "龙岩市第5、26条"}
    assert found(without, "longyan")["steward_missing"].severity is Severity.OVERDUE


@pytest.mark.duty("R-011")
@pytest.mark.parametrize(
    ("days", "kind"),
    [(-1, "steward_missing"), (0, "steward_ending"), (NEAR_DAYS, "steward_ending"), (NEAR_DAYS + 1, None)],
)
def test_the_end_of_a_term_is_told_before_and_after(days: int, kind: str | None) -> None:
    ends = DAY + timedelta(days=days)
    made = found(city(unit(stewards=[{"name": "甲", "appointed": "2024-01-01", "until": ends.isoformat()}])), "longyan")
    assert set(made) == ({kind} if kind else set())
    if kind == "steward_ending":
        assert (made[kind].severity, made[kind].due) == (Severity.SOON, ends)


@pytest.mark.duty("R-011")
def test_a_successor_who_is_registered_settles_it() -> None:
    stewards = [
        {"name": "甲", "appointed": "2024-01-01", "until": "2026-12-05"},
        {"name": "丁", "appointed": "2026-12-06"},
    ]
    assert found(city(unit(stewards=stewards)), "longyan") == {}


@pytest.mark.duty("R-011")
def test_who_is_not_appointed_yet_is_no_steward() -> None:
    assert "steward_missing" in found(city(unit(stewards=[{"name": "甲", "appointed": "2026-11-29"}])), "longyan")


@pytest.mark.duty("R-010")
def test_nothing_is_published_for_a_unit_without_a_steward() -> None:
    rules = load_profile("longyan")
    without = city(unit(stewards=[{"name": "甲", "appointed": "2024-01-01", "until": "2026-11-27"}]))
    check_can_publish(without, "ga", DAY - timedelta(days=1), rules)
    with pytest.raises(Conflict) as caught:
        check_can_publish(without, "ga", DAY, rules)
    assert "甲 的任期已于 2026-11-27 届满" in caught.value.zh
    assert "龙岩市第5、26条" in caught.value.zh
    check_can_publish(city(), "ga", DAY, rules)


@pytest.mark.duty("R-010")
@pytest.mark.parametrize("profile", CITIES)
def test_only_where_the_rules_ask_for_stewards(profile: str) -> None:
    without = city(unit(stewards=[]))
    if profile in ("longyan", "lianyungang"):
        with pytest.raises(Conflict):
            check_can_publish(without, "ga", DAY, load_profile(profile))
    else:
        check_can_publish(without, "ga", DAY, load_profile(profile))


def test_of_a_unit_managed_vertically_the_managers_steward_counts() -> None:
    vertical = unit("ga_east", parent="ga", vertical=True, level="district", stewards=[])
    check_can_publish(city(unit(), vertical), "ga_east", DAY, load_profile("longyan"))
    assert found(city(unit(), vertical), "longyan") == {}
    with pytest.raises(Conflict, match="ga has no data steward"):
        check_can_publish(city(unit(stewards=[]), vertical), "ga_east", DAY, load_profile("longyan"))


def test_the_head_and_the_officer_of_security_are_named_where_asked() -> None:
    assert by_city(city(unit(first_responsible=None)), "first_responsible_missing") == {"chifeng": "赤峰市四（三）1"}
    assert by_city(city(unit(security_officer=None)), "security_officer_missing") == {
        "chifeng": "赤峰市四（三）1", "haishu": "宁波市海曙区第31条",
    }  # fmt: skip


def test_a_unit_under_the_rules_by_reference_is_told_so() -> None:
    made = found(city(unit(kind="by_reference", security_officer=None)), "haishu")
    assert made["security_officer_missing"].zh.endswith("（参照执行）")


# --- connected --------------------------------------------------------------------------------------------------------


@pytest.mark.duty("R-015")
def test_a_utility_of_livelihood_must_be_connected_others_gradually() -> None:
    def enterprise(**more: Any) -> City:
        return city(unit(), unit("gy", kind="public_enterprise", **more))

    assert by_city(enterprise(livelihood=True), "utility_not_connected") == {"wuhan": "武汉市第3、7条"}
    assert found(enterprise(livelihood=True), "wuhan")["utility_not_connected"].severity is Severity.OVERDUE
    other = found(enterprise(), "wuhan")
    assert set(other) == {"enterprise_not_connected"}
    assert other["enterprise_not_connected"].severity is Severity.GRADUAL
    assert found(enterprise(livelihood=True, connected_on="2026-11-28"), "wuhan") == {}
    assert "utility_not_connected" in found(enterprise(livelihood=True, connected_on="2026-11-29"), "wuhan")


@pytest.mark.duty("R-017")
def test_a_districts_platform_is_docked_to_the_citys() -> None:
    government = unit("east", kind="peoples_government", level="district")

    def district(**more: Any) -> City:
        return city(unit(), government, unit("east_data", kind="authority", level="district", parent="east", **more))

    assert by_city(district(), "district_platform_not_docked") == {
        "haishu": "宁波市海曙区第6条", "longyan": "龙岩市第7条", "wuhan": "武汉市第7条",
    }  # fmt: skip
    assert by_city(district(connected_on="2024-01-01"), "district_platform_not_docked") == {}


@pytest.mark.duty("R-060", "R-061")
@pytest.mark.parametrize(
    "more",
    [{"kind": "public_enterprise", "parent": "east"}, {"parent": "sw", "vertical": True}],
    ids=["enterprise", "vertical"],
)
def test_an_entry_that_goes_to_the_districts_platform_and_belongs_to_the_citys_is_told(more: dict[str, Any]) -> None:
    units = [
        unit("sw"), unit("east", kind="peoples_government", level="district", connected_on="2024-01-01"),
        unit("east_data", kind="authority", level="district", parent="east", connected_on="2024-01-01"),
        unit(level="district", connected_on="2024-01-01", **more),
    ]  # fmt: skip
    wrong = city(*units, gathering={"mode": "real_time"})
    assert by_city(wrong, "gathered_to_other_platform") == {"wuhan": "武汉市第13条"}
    department = city(*units[:3], unit(level="district", parent="east"), gathering={"mode": "real_time"})
    assert by_city(department, "gathered_to_other_platform") == {}, "a department of the district goes to its own"
    assert by_city(city(*units, gathering={"mode": "real_time", "target": "city"}), "gathered_to_other_platform") == {}


# --- technical norms --------------------------------------------------------------------------------------------------


@pytest.mark.duty("R-019")
def test_a_domain_without_a_norm_of_the_citys_own_is_told_where_the_rules_ask_for_one() -> None:
    six = [one for one in NormDomain if one is not NormDomain.TRADING]
    national = norm("trading", name="gb_t_37728", kind="national", issued_by=[])
    lacking = city(norms=Norms([national], [norm(*six)]))
    assert by_city(lacking, "norm_domains_missing") == {"haishu": "宁波市海曙区第30条"}
    assert "方面：交易流通。" in found(lacking, "haishu")["norm_domains_missing"].zh, (
        "a national standard is not the city's"
    )
    assert by_city(city(), "norm_domains_missing") == {}
    assert [one.domain for one in domains_on(lacking, DAY) if not one.own] == [NormDomain.TRADING]


@pytest.mark.duty("R-019")
@pytest.mark.parametrize(
    ("issued_by", "lacks"),
    [
        (["bureau"], "市场监督管理部门"),
        (["sc"], "数据主管部门"),
        (["ga"], "数据主管部门、市场监督管理部门"),
        (["sc", "bureau"], None),
    ],
)
def test_a_norm_is_issued_by_the_authority_with_the_market_regulator(issued_by: list[str], lacks: str | None) -> None:
    looked_at = city(norms=Norms([], [norm(*NormDomain), norm("sharing", name="alone", issued_by=issued_by)]))
    told = by_city(looked_at, "norms_not_issued_together")
    assert told == ({"haishu": "宁波市海曙区第30条"} if lacks else {})
    if lacks:
        assert f"alone（缺 {lacks}）" in found(looked_at, "haishu")["norms_not_issued_together"].zh


@pytest.mark.duty("R-019")
def test_a_norm_counts_from_its_first_day_to_its_last() -> None:
    ends = norm(*NormDomain, version="2025", effective_from="2025-01-01", effective_to="2026-11-27")
    assert "norm_domains_missing" in found(city(norms=Norms([], [ends])), "haishu")
    still = norm(*NormDomain, version="2025", effective_from="2025-01-01", effective_to="2026-11-28")
    assert found(city(norms=Norms([], [still])), "haishu") == {}


# --- systems ----------------------------------------------------------------------------------------------------------


@pytest.mark.duty("R-012", "R-013")
def test_a_system_in_a_room_of_its_own_moves_to_the_unified_infrastructure() -> None:
    own = city(systems=({"hosting": "own_room", "migration": "not_planned"},))
    assert by_city(own, "hosting_of_its_own") == {"haishu": "宁波市海曙区第8条", "wuhan": "武汉市第6条"}
    assert "不得单独建设" in found(own, "haishu")["hosting_of_its_own"].zh
    assert "不得单独建设" not in found(own, "wuhan")["hosting_of_its_own"].zh


@pytest.mark.duty("R-012", "R-013")
@pytest.mark.parametrize("hosting", ["own_room", "commercial_cloud"])
def test_a_migration_is_planned_until_its_day_and_overdue_after_it(hosting: str) -> None:
    planned = city(systems=({"hosting": hosting, "migration": "planned", "migrate_by": "2026-11-28"},))
    assert {name: one.severity for name, one in found(planned, "wuhan").items()} == {
        "migration_planned": Severity.GRADUAL
    }
    after = found(planned, "wuhan", day=DAY + timedelta(days=1))
    assert {name: one.severity for name, one in after.items()} == {"migration_overdue": Severity.OVERDUE}
    assert after["migration_overdue"].due == DAY


@pytest.mark.parametrize(
    "more",
    [
        {"hosting": "platform"},
        {"hosting": "superior", "protection": None, "network_zone": "dedicated"},
        {"hosting": "own_room", "migration": "exempt", "migration_note": "专网系统"},
    ],
)
def test_what_need_not_move_is_not_told_to(more: dict[str, Any]) -> None:
    assert found(city(systems=(more,)), "haishu") == found(city(systems=(more,)), "wuhan") == {}


@pytest.mark.duty("R-013")
def test_haishu_holds_enterprises_to_it_too_and_wuhan_does_not() -> None:
    enterprise = unit(kind="public_enterprise", connected_on="2024-01-01")
    own = city(enterprise, systems=({"hosting": "own_room", "migration": "not_planned", "filed_on": None},))
    assert by_city(own, "hosting_of_its_own") == {"haishu": "宁波市海曙区第8条"}
    assert by_city(own, "system_not_filed") == {}


@pytest.mark.duty("R-016")
def test_exchanges_beside_the_platform_are_told() -> None:
    beside = city(systems=({"channels": ["与税务局的直连接口"]},))
    assert by_city(beside, "channel_beside_platform") == {"longyan": "龙岩市第7条", "wuhan": "武汉市第7条"}
    assert "与税务局的直连接口" in found(beside, "longyan")["channel_beside_platform"].zh


@pytest.mark.duty("R-046")
def test_systems_and_services_in_use_are_filed() -> None:
    silent = city(systems=({"filed_on": None, "services": ["身份核验"]},))
    assert by_city(silent, "system_not_filed") == {"wuhan": "武汉市第34条"}
    assert "身份核验" in found(silent, "wuhan")["system_not_filed"].zh
    assert "system_not_filed" in found(city(systems=({"filed_on": "2026-11-29"},)), "wuhan"), (
        "filed tomorrow is not filed"
    )


@pytest.mark.parametrize(
    ("days", "kind"),
    [(-1, "protection_expired"), (0, "protection_ending"), (NEAR_DAYS, "protection_ending"), (NEAR_DAYS + 1, None)],
)
def test_an_assessment_of_protection_ends(days: int, kind: str | None) -> None:
    ends = DAY + timedelta(days=days)
    system = {"protection": {"grade": 3, "assessed_on": "2025-01-01", "expires_on": ends.isoformat()}}
    assert set(found(city(systems=(system,)), "longyan")) == ({kind} if kind else set())
    assert found(city(systems=(system,)), "wuhan") == {}


def test_a_connected_system_without_protection_is_overdue_one_that_is_not_needs_it_first() -> None:
    connected = city(systems=({"protection": None},))
    assert found(connected, "longyan")["protection_missing"].severity is Severity.OVERDUE
    assert found(connected, "longyan")["protection_missing"].article == "龙岩市第25条"
    apart = city(systems=({"protection": None, "name": "另一系统"},))
    assert found(apart, "longyan")["protection_missing"].severity is Severity.GRADUAL


def test_systems_stand_in_the_extranet_where_haishu_asks() -> None:
    assert by_city(city(systems=({"network_zone": "internet"},)), "outside_extranet") == {"haishu": "宁波市海曙区第7条"}


# --- the whole --------------------------------------------------------------------------------------------------------


def test_everything_tells_also_what_the_rules_do_not_ask_and_marks_it() -> None:
    without = city(unit(stewards=[], unit_in_charge=None))
    assert found(without, "wuhan") == {}
    made = {one.kind: one for one in remarks(without, DAY, load_profile("wuhan"), everything=True)}
    assert {"steward_missing", "unit_in_charge_missing"} <= set(made)
    assert all(one.severity is Severity.UNBOUND and one.article is None for one in made.values())


def test_a_city_without_functions_is_told_that_its_register_is_not_held_to_the_list() -> None:
    demo = load_city(DOCUMENTS)
    stripped = City(
        departments=tuple(one.model_copy(update={"functions": []}) for one in demo.departments),
        resources=demo.resources, feeds=demo.feeds, register=demo.register, systems=demo.systems,
    )  # fmt: skip
    kinds = {one.kind for one in remarks(stripped, DAY, load_profile("haishu"))}
    assert "functions_not_declared" in kinds
    assert "functions_not_declared" not in {one.kind for one in remarks(demo, DAY, load_profile("haishu"))}


def test_the_demo_city_shows_other_remarks_under_other_rules() -> None:
    demo = load_city(DOCUMENTS)
    kinds = {name: {one.kind for one in remarks(demo, DAY, load_profile(name))} for name in CITIES}
    assert {"migration_overdue", "hosting_of_its_own", "security_officer_missing"} <= kinds["haishu"]
    assert {"utility_not_connected", "enterprise_not_connected", "system_not_filed"} <= kinds["wuhan"]
    assert {
        "steward_missing",
        "steward_ending",
        "protection_expired",
        "protection_ending",
        "protection_missing",
    } <= kinds["longyan"]
    assert len({frozenset(one) for one in kinds.values()}) == len(CITIES)
    pressing = [one.severity for one in remarks(demo, DAY, load_profile("longyan"))]
    assert pressing == sorted(pressing, key=list(Severity).index), "the most pressing first"
