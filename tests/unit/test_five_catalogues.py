"""What the gate, the review of entries and catalogue tasks come to under the rules of each of the five cities."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from catalog.entries.rules import EntryRules
from catalog.gate.rules import GateRules
from catalog.tasks.model import TaskRules
from catalog.tasks.rules import task_rules
from catalog.tasks.states import TaskKind
from ground.errors import UserError
from policy.calendar import WorkingCalendar
from policy.profile import load_profile

CITIES = ["chifeng", "haishu", "lianyungang", "longyan", "wuhan"]
CALENDAR = WorkingCalendar.standard()
BEFORE_SPRING = datetime(2026, 2, 12, 10, tzinfo=ZoneInfo("Asia/Shanghai"))


def gate(city: str) -> GateRules:
    return GateRules.of(load_profile(city))


def entries(city: str) -> EntryRules:
    profile = load_profile(city)
    return EntryRules(profile.version, profile)


@pytest.mark.parameter("sharing.classes", "sharing.answer_within", "sharing.not_shared_service")
def test_how_data_are_had_is_said_in_the_city_s_words_and_days() -> None:
    conditional = {city: gate(city).how("conditional", "公安局")[0] for city in CITIES}
    assert conditional == {
        "chifeng": "属有条件共享，请通过平台向公安局申请共享，对方须在5个工作日内答复",
        "haishu": "属受限共享，请通过平台向公安局申请共享，对方须在5个工作日内答复",
        "lianyungang": "属有条件共享，请通过平台向公安局申请共享",
        "longyan": "属有条件共享，请通过平台向公安局申请共享，对方须在5个工作日内答复",
        "wuhan": "属有条件共享，请通过平台向公安局申请共享，对方须在10个工作日内答复",
    }
    words = {city: gate(city).how("not", "公安局")[0].removeprefix("属").partition("，")[0] for city in CITIES}
    assert words == {
        "chifeng": "不予共享",
        "haishu": "非共享",
        "lianyungang": "不予共享",
        "longyan": "暂不共享",
        "wuhan": "不予共享",
    }
    compared = {city for city in CITIES if "核验比对" in gate(city).how("not", "公安局")[0]}
    assert compared == {"chifeng", "haishu"}


@pytest.mark.parameter("gathering.recollection_barred", "catalogue.excludes_shared_in")
def test_the_gate_refuses_by_the_city_s_article_or_by_the_house() -> None:
    assert {city: gate(city).one_source[0] for city in CITIES} == {
        "chifeng": "赤峰市四（二）1",
        "haishu": "宁波市海曙区第12条",
        "lianyungang": "一数一源（自定规则）",
        "longyan": "龙岩市第9条",
        "wuhan": "武汉市第12条",
    }
    assert {city: gate(city).shared_in[0] for city in CITIES} == {
        "chifeng": "赤峰市四（二）1",
        "haishu": "宁波市海曙区第10条",
        "lianyungang": "连云港市第11条",
        "longyan": "龙岩市第9条",
        "wuhan": "武汉市第12条",
    }


@pytest.mark.parameter("catalogue.not_shared_needs", "catalogue.conditional_needs")
def test_a_class_needs_the_government_in_wuhan_a_filing_in_longyan_and_its_basis_elsewhere() -> None:
    assert [city for city in CITIES if entries(city).needs_government("not")] == ["wuhan"]
    assert [city for city in CITIES if entries(city).needs_government("conditional")] == []
    for name in ("not", "conditional"):
        assert [city for city in CITIES if entries(city).needs_filing(name)] == ["longyan"]
    assert gate("haishu").class_basis["conditional"][0] == "宁波市海曙区第16条"
    assert gate("wuhan").class_basis["conditional"][0] == "一数一源（自定规则）"


@pytest.mark.parameter("catalogue.review_within")
def test_a_change_is_reviewed_in_three_working_days_in_wuhan_and_without_a_limit_elsewhere() -> None:
    limits = {city: entries(city).review_limit(BEFORE_SPRING, CALENDAR) for city in CITIES}
    assert {city for city, limit in limits.items() if limit is None} == set(CITIES) - {"wuhan"}
    assert limits["wuhan"].due == date(2026, 2, 24)  # over the Spring Festival; Saturday the 14th worked


@pytest.mark.parameter("sharing.emergency_override")
def test_a_class_may_be_changed_in_an_emergency_in_wuhan_alone() -> None:
    assert entries("wuhan").check_can_override() == "武汉市第16条"
    for city in set(CITIES) - {"wuhan"}:
        with pytest.raises(UserError, match=load_profile(city).title_zh):
            entries(city).check_can_override()


@pytest.mark.parameter("catalogue.filed_upward", "catalogue.reassessed", "catalogue.required_fields")
def test_who_merges_what_is_looked_at_again_and_what_an_entry_states() -> None:
    assert [city for city in CITIES if entries(city).two_levels] == ["wuhan"]
    assert [city for city in CITIES if entries(city).reassesses] == ["chifeng"]
    lacking = {city: len(entries(city).lacking({"sharing": {"class": "conditional"}})) for city in CITIES}
    assert lacking == {"chifeng": 1, "haishu": 8, "lianyungang": 0, "longyan": 0, "wuhan": 0}


@pytest.mark.parameter("sharing.uncatalogued_demand")
def test_a_demand_outside_the_catalogue_is_added_by_chifeng_s_rule() -> None:
    rules: dict[str, TaskRules] = {city: task_rules(load_profile(city), city) for city in CITIES}
    grounds = {city: one.within[TaskKind.DEMAND][1] for city, one in rules.items()}
    assert {city for city, said in grounds.items() if "须补充列入目录，未定天数" in said} == {"chifeng"}
    assert all("自定规则" in said for said in grounds.values())
