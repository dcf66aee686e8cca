"""What the gate, the review of entries and catalogue tasks come to under the rules of each of the five cities."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from catalog.departments import Department
from catalog.entries.rules import EntryRules
from catalog.gate.gate import CatalogueGate
from catalog.gate.rules import GateRules
from catalog.gate.verdict import Reason, Refusal
from catalog.model import Resource
from catalog.register import Register
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


@pytest.mark.parameter("sharing.classes", "sharing.not_shared_service")
def test_how_data_are_had_is_said_in_the_city_s_words_and_days() -> None:
    conditional = {city: gate(city).how("conditional", "公安局")[0] for city in CITIES}
    assert conditional == {
        "chifeng": "属有条件共享，请通过平台向公安局申请共享，对方须在5个工作日内答复（赤峰市四（二）2）",
        "haishu": "属受限共享，请通过平台向公安局申请共享，对方须在5个工作日内答复（宁波市海曙区第17条）",
        "lianyungang": "属有条件共享，请通过平台向公安局申请共享",
        "longyan": "属有条件共享，请通过平台向公安局申请共享，对方须在5个工作日内答复（龙岩市第12条）",
        "wuhan": "属有条件共享，请通过平台向公安局申请共享，对方须在10个工作日内答复（武汉市第17条）",
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
    assert compared == {"chifeng"}
    assert [city for city in CITIES if "脱敏" in gate(city).how("not", "公安局")[0]] == ["haishu"]


@pytest.mark.parameter("gathering.recollection_barred", "catalogue.excludes_shared_in", "scope.sharing")
def test_the_gate_refuses_by_the_city_s_article_or_by_the_house() -> None:
    assert {city: gate(city).one_source[0] for city in CITIES} == {
        "chifeng": "赤峰市四（二）1",
        "haishu": "宁波市海曙区第12条",
        "lianyungang": "一数一源（自定规则）",
        "longyan": "龙岩市第9条",
        "wuhan": "武汉市第12条",
    }
    house = "共享获得的数据不列入本单位目录（自定规则：由来源部门编目，再列一次，同一数就有两个来源）"
    # Haishu 10 speaks of the department's catalogue, Lianyungang 11 of its open list; the others' articles on collecting of neither.
    assert {city: gate(city).shared_in[0] for city in CITIES} == {
        "chifeng": house,
        "haishu": "按宁波市海曙区第10条，可通过共享获取的数据不列入本单位目录",
        "lianyungang": f"按连云港市第11条，共享获得的数据不列入开放清单；{house}",
        "longyan": house,
        "wuhan": house,
    }
    assert ["house rule" in gate(city).shared_in[1] for city in CITIES] == [True, False, True, True, True]


HOUSE = "本平台要求写明依据（自定规则：不写明，主管部门和使用部门无从核对为何不能无条件{}）"
SHARING = {
    ("chifeng", "conditional"): ("有条件共享", f"按赤峰市四（二）2，有条件共享须明确依据或条件；{HOUSE.format('共享')}"),
    ("chifeng", "not"): ("不予共享", "按赤峰市四（二）2，不予共享须明确依据："),
    ("haishu", "conditional"): ("受限共享", "按宁波市海曙区第16条，受限共享应当说明理由，并提供法律、法规和规章依据："),
    ("haishu", "not"): ("非共享", "按宁波市海曙区第16条，非共享应当说明理由，并提供法律、法规和规章依据："),
    ("lianyungang", "conditional"): ("有条件共享", HOUSE.format("共享")),
    ("lianyungang", "not"): ("不予共享", HOUSE.format("共享")),
    ("longyan", "conditional"): ("有条件共享", "按龙岩市第11条，有条件共享应当有法律、法规或者国家有关政策作为依据，并报主管部门备案："),
    ("longyan", "not"): ("暂不共享", "按龙岩市第11条，暂不共享应当有法律、法规或者国家有关政策作为依据，并报主管部门备案："),
    ("wuhan", "conditional"): ("有条件共享", HOUSE.format("共享")),
    ("wuhan", "not"): (
        "不予共享", "按武汉市第16条，不予共享须根据法律、法规或者国家有关规定列入，经主管部门审核、本级人民政府批准：",
    ),
}  # fmt: skip
OPENING = {
    ("chifeng", "conditional"): "有条件开放", ("chifeng", "not"): "非开放",
    ("haishu", "conditional"): "有条件开放", ("haishu", "not"): "不得开放",
    ("lianyungang", "conditional"): "有条件开放", ("lianyungang", "not"): "非开放",
    ("longyan", "conditional"): "授权开放", ("longyan", "not"): "不开放",
    ("wuhan", "conditional"): "有条件开放", ("wuhan", "not"): "不予开放",
}  # fmt: skip


def without_basis(city: str, act: str, name: str) -> Refusal:
    """What the gate says of a class that states no law, in a city."""
    access = {"sharing": {"class": "unconditional"}, "opening": {"class": "unconditional"}}
    entry = Resource.model_validate(
        {
            "id": "household", "title": "户籍登记", "department": "ga", "system": "系统", "update_cycle": "daily", "key": ["code"],
            "items": [{"id": "code", "title": "公民身份号码", "element": "citizen_id"}], **access,
            act: {"class": name, "reason": "含个人隐私", "legal_basis": "无"},
        }
    )  # fmt: skip
    units = [Department(id="ga", name="公安局")]
    (verdict,) = CatalogueGate([], Register(libraries={}), units, None, gate(city))([entry])
    (refusal,) = verdict.refusals
    assert refusal.reason is Reason.NO_BASIS
    return refusal


@pytest.mark.parameter("catalogue.not_shared_needs", "catalogue.conditional_needs", "sharing.classes")
@pytest.mark.parametrize(("city", "name"), sorted(SHARING))
def test_a_class_of_sharing_without_basis_is_refused_in_the_city_s_word_by_its_article(city: str, name: str) -> None:
    refusal = without_basis(city, "sharing", name)
    word, rule = SHARING[city, name]
    assert f"的共享类型为{word}，没有写明" in refusal.zh and rule in refusal.zh and "改为无条件共享" in refusal.zh
    assert ("自定规则" in refusal.zh) is ("自定规则" in rule) and ("house rule" in refusal.en) is ("自定规则" in rule)
    assert word in refusal.en and "一数一源" not in refusal.zh


@pytest.mark.parameter("opening.classes")
@pytest.mark.parametrize(("city", "name"), sorted(OPENING))
def test_a_class_of_opening_without_basis_is_refused_in_the_city_s_word_as_a_house_rule(city: str, name: str) -> None:
    refusal = without_basis(city, "opening", name)
    assert f"的开放类型为{OPENING[city, name]}，没有写明" in refusal.zh and HOUSE.format("开放") in refusal.zh
    assert f"改为{'普遍开放' if city == 'longyan' else '无条件开放'}" in refusal.zh
    assert "house rule" in refusal.en and load_profile(city).title_zh not in refusal.zh, "no article asks for it"


@pytest.mark.parameter("catalogue.not_shared_needs", "catalogue.conditional_needs")
def test_a_class_needs_the_government_in_wuhan_a_filing_in_longyan_and_its_basis_elsewhere() -> None:
    assert [city for city in CITIES if entries(city).needs_government("not")] == ["wuhan"]
    assert [city for city in CITIES if entries(city).needs_government("conditional")] == []
    for name in ("not", "conditional"):
        assert [city for city in CITIES if entries(city).needs_filing(name)] == ["longyan"]


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
