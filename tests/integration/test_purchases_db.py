"""Purchases of data: told beforehand, refused where the platform has it, a task until what was bought is shared (Wuhan 34)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from project_office import (
    BUREAU,
    CITIES,
    DRAFT,
    GA,
    MZ,
    NOT_SHARED,
    NOW,
    ON_CONDITION,
    PUBLISHED,
    Office,
    city_of,
    resource,
)  # fmt: skip

from catalog.cases.person import HUB
from catalog.purchases.duplicates import Wanted, search_in
from catalog.purchases.policies import how_to_obtain
from ground.errors import Conflict, Forbidden, NotFound, UserError
from policy.profile import load_profile

COMPANY = resource(
    "sc_company", "mz", title="企业登记信息",
    items=[
        {"id": "no", "title": "统一社会信用代码", "element": "credit_code"}, {"id": "name", "title": "企业名称"},
        {"id": "capital", "title": "注册资本"}, {"id": "since", "title": "成立日期"}, {"id": "scope", "title": "经营范围"},
    ],
)  # fmt: skip


@pytest.fixture
def office(operational) -> Callable[..., Office]:
    return lambda rules="wuhan", *resources: Office(operational, rules, city=city_of(*resources))


# --- the search --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "found"),
    [
        (("企业名称", "注册资本", "成立日期", "经营范围"), True),
        (("企业名称", "注册资本", "成立日期", "经营范围", "股票代码"), True),  # four of five
        (("企业名称", "注册资本", "成立日期", "股票代码"), False),  # three of four
        (("社会信用代码", "企业名称"), True),  # known by its data element under another title
        (("卫星影像",), False),
    ],
)
def test_a_resource_is_found_by_the_items_that_it_holds(items: tuple[str, ...], found: bool) -> None:
    assert [one.resource for one in search_in([COMPANY], Wanted("工商数据", items))] == ["sc_company"] * found


@pytest.mark.parametrize(
    ("title", "found"),
    [("企业登记数据", True), ("企业登记信息资源", True), ("卫星遥感影像", False), ("企业年报", False)],
)
def test_without_items_the_title_decides(title: str, found: bool) -> None:
    assert bool(search_in([COMPANY], Wanted(title))) is found


def test_what_is_not_shared_may_be_bought() -> None:
    held_back = COMPANY.model_copy(update={"sharing": resource("x", sharing=NOT_SHARED).sharing})
    assert search_in([held_back], Wanted("企业登记信息")) == []


def test_the_likeliest_comes_first_and_five_are_enough() -> None:
    many = [COMPANY.model_copy(update={"id": f"c{n}"}) for n in range(9)]
    fewer = COMPANY.model_copy(update={"id": "a", "items": COMPANY.items[:4]})
    wanted = Wanted("工商", ("统一社会信用代码", "企业名称", "注册资本", "成立日期", "经营范围"))
    assert [one.resource for one in search_in([fewer, *many], wanted)] == [f"c{n}" for n in range(5)]


@pytest.mark.parametrize(
    ("city", "sharing", "said"),
    [
        ("wuhan", {"class": "unconditional"}, "直接从平台获取"),
        ("haishu", {"class": "unconditional"}, "向数据主管部门申请"),
        ("wuhan", ON_CONDITION, "通过平台向提供部门申请"),
    ],
)
def test_how_it_is_obtained_follows_class_and_city(city: str, sharing: dict[str, str], said: str) -> None:
    one = COMPANY.model_copy(update={"sharing": resource("x", sharing=sharing).sharing})
    (match,) = search_in([one], Wanted("企业登记信息"))
    assert said in how_to_obtain(match, load_profile(city))[0]


# --- the case ----------------------------------------------------------------------------------------------------


@pytest.mark.duty("R-045")
def test_what_the_platform_has_is_refused_naming_it_and_how_to_obtain_it(office) -> None:
    desk = office("wuhan", COMPANY)
    told = desk.purchases.tell(Wanted("企业登记数据"), "某数据公司", "ga", GA, NOW)
    assert told.case.state == "duplicate"
    assert [(one.resource, how[0]) for one, how in told.matches] == [("sc_company", "直接从平台获取")]
    assert told.case.facts["matches"][0]["obtain"] == "直接从平台获取"
    with pytest.raises(Conflict, match="不能“完成购买”"):
        desk.purchases.buy(told.case.id, "HT-1", date(2026, 11, 25), GA, NOW)


@pytest.mark.duty("R-045")
def test_what_was_bought_is_a_task_until_an_entry_of_it_is_published_and_shared(office) -> None:
    desk = office("wuhan", COMPANY)
    told = desk.purchases.tell(Wanted("卫星遥感影像"), "某数据公司", "ga", GA, NOW)
    bought = desk.purchases.buy(told.case.id, "HT-1", date(2026, 11, 25), GA, NOW)
    assert (bought.state, bought.is_open, bought.facts["told_late"]) == ("bought", True, False)
    with pytest.raises(UserError, match="请先编制草稿"):
        desk.purchases.name_entry(bought.id, ["images"], GA, NOW)
    desk.entry(resource("images"), *DRAFT)
    assert desk.purchases.name_entry(bought.id, ["images"], GA, NOW).state == "bought"
    assert desk.purchases.settle(NOW) == []
    desk.entry(resource("images"), *PUBLISHED[1:])
    (shared,) = desk.purchases.settle(NOW)
    assert (shared.state, shared.is_open) == ("shared", False)
    assert desk.purchases.settle(NOW) == []
    _, trail = desk.purchases.show(bought.id, GA)
    assert [one.event for one in trail] == ["told", "bought", "entry_named", "shared"]
    assert trail[-1].by == HUB


def test_an_entry_that_is_not_shared_does_not_end_the_task(office) -> None:
    desk = office("wuhan")
    told = desk.purchases.tell(Wanted("卫星遥感影像"), "某公司", "ga", GA, NOW)
    desk.purchases.buy(told.case.id, "HT-1", date(2026, 11, 25), GA, NOW)
    desk.entry(resource("images", sharing=NOT_SHARED, opening=NOT_SHARED), *PUBLISHED)
    assert desk.purchases.name_entry(told.case.id, ["images"], GA, NOW).state == "bought"


def test_an_entry_of_another_department_is_not_named(office) -> None:
    desk = office("wuhan", COMPANY)
    told = desk.purchases.tell(Wanted("卫星遥感影像"), "某公司", "ga", GA, NOW)
    desk.purchases.buy(told.case.id, "HT-1", date(2026, 11, 25), GA, NOW)
    with pytest.raises(UserError, match="sc_company"):
        desk.purchases.name_entry(told.case.id, ["sc_company"], GA, NOW)


@pytest.mark.duty("R-045")
def test_what_was_bought_before_it_was_told_is_kept_as_a_fact(office) -> None:
    desk = office("wuhan")
    told = desk.purchases.tell(Wanted("卫星遥感影像"), "某公司", "ga", GA, NOW)
    with pytest.raises(UserError, match="尚未到"):
        desk.purchases.buy(told.case.id, "HT-1", date(2026, 11, 26), GA, NOW)
    assert desk.purchases.buy(told.case.id, "HT-1", date(2026, 11, 24), GA, NOW).facts["told_late"] is True


def test_the_authority_may_find_that_it_is_something_else(office) -> None:
    desk = office("wuhan", COMPANY)
    told = desk.purchases.tell(Wanted("企业登记数据"), "某公司", "ga", GA, NOW)
    with pytest.raises(Forbidden):
        desk.purchases.clear(told.case.id, "境外企业", GA, NOW)
    with pytest.raises(UserError):
        desk.purchases.clear(told.case.id, " ", BUREAU, NOW)
    assert desk.purchases.clear(told.case.id, "境外企业，平台没有", BUREAU, NOW).state == "clear"


@pytest.mark.parameter("projects.purchases_told")
def test_in_wuhan_a_purchase_is_told_before_it_is_made(office) -> None:
    desk = office("wuhan")
    told = desk.purchases.tell(Wanted("卫星遥感影像"), "某公司", "ga", GA, NOW)
    (listed,) = desk.purchases.listed(BUREAU)
    assert (listed.id, listed.state) == (told.case.id, "clear")


@pytest.mark.parameter("projects.purchases_told")
@pytest.mark.parametrize("rules", [one for one in CITIES if one != "wuhan"])
def test_other_cities_do_not_have_purchases_told(office, rules: str) -> None:
    with pytest.raises(Conflict, match="未要求购买数据前告知"):
        office(rules).purchases.tell(Wanted("卫星遥感影像"), "某公司", "ga", GA, NOW)


def test_nobody_else_sees_or_tells_a_purchase_of_a_department(office) -> None:
    desk = office("wuhan")
    with pytest.raises(Forbidden):
        desk.purchases.tell(Wanted("卫星遥感影像"), "某公司", "ga", MZ, NOW)
    told = desk.purchases.tell(Wanted("卫星遥感影像"), "某公司", "ga", GA, NOW + timedelta(hours=1))
    with pytest.raises(NotFound):
        desk.purchases.show(told.case.id, MZ)
    assert desk.purchases.listed(MZ) == []
    assert len(desk.purchases.listed(BUREAU)) == 1
