"""An entry and a list under the rules of each of the five cities, to their visible outcome.

Reading a profile back proves nothing: each case is driven through the service, and what is expected stands in `EXPECTED`, taken
from the articles.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from entry_desk import (
    BUREAU,
    CENTRE,
    CONDITIONAL,
    EAST,
    EAST_MZ,
    GA,
    NOT_SHARED,
    NOW,
    ORGANISATION,
    WATER,
    make_desk,
    resource,
    rules,
)

from catalog.cases.person import Part, Person
from catalog.entries.rules import RuleVersions
from catalog.lists.consultation import Window
from catalog.lists.desk import ListOffice
from catalog.lists.open_lists import OpenLists
from catalog.lists.rules import ListRules
from catalog.lists.supplements import Supplements
from catalog.norms import Norm, Norms
from ground.errors import Conflict, UserError

COURT = Person("person:fa", Part.PROVIDER, "court")


@dataclass(frozen=True)
class Expected:
    """What the articles of a city come to.

    Attributes:
        review_ground: by which rule the authority reviews an entry.
        due, ground: until when a change that was asked for on 25 November is reviewed, and by which article; None: 未规定.
        not_shared: state after the review of a class that is not shared, without and with a number; None: refused.
        conditional: state after the review of a conditional class without a number; None: refused.
        words: the city's words for the classes of sharing and of opening (unconditional, conditional, not).
        two_levels: whether a district's entry goes on to the city.
        override: whether a class may be changed for a time.
        steward: whether a unit without data steward is refused.
        assessed: whether a day of assessment is set.
        open_list: who compiles it; None: there is none.
        hears: who must be heard on it.
        reviewed: whether it is reviewed.
        norm: the norm of compilation that a refusal names; None: the text refers to none.
        procedure: how a change comes about, as its trail says.
        public: whether a published open list is public.
        priority: the first thing to be opened, in the instrument's words.
        supplement: whether a district makes a supplementary catalogue.
        by_reference: the article by which organs that are not named follow the rules; None where it says nothing of them.
    """

    due: date | None
    ground: str | None
    not_shared: tuple[str | None, str]
    conditional: str | None
    words: tuple[tuple[str, str, str], tuple[str, str, str]]
    two_levels: bool = False
    override: bool = False
    steward: bool = False
    assessed: bool = False
    open_list: str | None = None
    hears: frozenset[str] = field(default_factory=frozenset)
    reviewed: bool = False
    supplement: bool = False
    norm: str | None = None
    procedure: str = "未规定变更程序；由主管部门复核为自定规则"
    review_ground: str = "自定规则"
    public: bool = False
    priority: str | None = None
    by_reference: str | None = None


EXPECTED = {
    "wuhan": Expected(
        date(2026, 11, 30), "武汉市第11条", ("with_government", "with_government"), "reviewed",
        (("无条件共享", "有条件共享", "不予共享"), ("无条件开放", "有条件开放", "不予开放")), two_levels=True, override=True,
        norm="公共数据资源目录编制规范（武汉市第9条）", procedure="申请变更，由主管部门复核（武汉市第11条）",
        review_ground="武汉市第10、11条", priority="公共卫生",
    ),
    "lianyungang": Expected(
        None, None, ("reviewed", "reviewed"), "reviewed",
        (("无条件共享", "有条件共享", "不予共享"), ("无条件开放", "有条件开放", "非开放")), steward=True, open_list="provider",
        reviewed=True, public=True, procedure="数据发生变化时及时更新（连云港市第11条）；由主管部门复核为自定规则",
    ),
    "longyan": Expected(
        None, None, (None, "reviewed"), None,
        (("无条件共享", "有条件共享", "暂不共享"), ("普遍开放", "授权开放", "不开放")), steward=True, open_list="authority",
        norm="政务数据目录编制的标准规范（龙岩市第8条）", procedure="数据发生变化时及时更新（龙岩市第8条）；由主管部门复核为自定规则",
        public=True,
    ),
    "chifeng": Expected(
        None, None, ("reviewed", "reviewed"), "reviewed",
        (("无条件共享", "有条件共享", "不予共享"), ("无条件开放", "有条件开放", "非开放")), assessed=True,
        by_reference="四（四）",
    ),
    "haishu": Expected(
        None, None, ("reviewed", "reviewed"), "reviewed",
        (("无条件共享", "受限共享", "非共享"), ("无条件开放", "有条件开放", "不得开放")), open_list="authority",
        hears=frozenset({"providers", "public"}), supplement=True, norm="国家和省、市有关规定（宁波市海曙区第10条）",
        procedure="及时将更新情况提供给主管部门（宁波市海曙区第11条）；由主管部门复核为自定规则", public=True,
        priority="与民生紧密相关", by_reference="第37条",
    ),
}  # fmt: skip
CITIES = pytest.mark.parametrize("city", EXPECTED)


@pytest.fixture
def make(operational, tmp_path):
    def made(city, **more):
        return make_desk(operational, tmp_path, city, **more), EXPECTED[city]

    return made


def submitted(desk, name="ga_household", by=GA, **over):
    desk.service.draft(resource(name, **over), by, NOW)
    desk.service.submit([name], by, NOW)


@pytest.mark.parameter("catalogue.review_within")
@CITIES
def test_until_when_a_change_is_reviewed(make, city):
    desk, expected = make(city)
    submitted(desk)
    desk.service.review(["ga_household"], BUREAU, NOW)
    desk.service.publish(["ga_household"], GA, NOW)
    (case,) = desk.service.request_change([resource(title="户口")], GA, NOW, cause="error")
    assert (case.limit.due if case.limit else None) == expected.due
    assert (case.limit.ground if case.limit else None) == expected.ground


@pytest.mark.parameter("catalogue.change", "catalogue.review_by")
@CITIES
def test_the_trail_says_by_which_rule_an_entry_is_changed_and_reviewed(make, city):
    desk, expected = make(city)
    submitted(desk)
    desk.service.review(["ga_household"], BUREAU, NOW)
    assert expected.review_ground in desk.trail()[-1].facts["ground"]
    desk.service.publish(["ga_household"], GA, NOW)
    desk.service.request_change([resource(title="户口")], GA, NOW, cause="error")
    assert desk.trail()[-1].facts["procedure"] == expected.procedure


@pytest.mark.parameter("catalogue.norm")
@CITIES
def test_a_refusal_names_the_norm_that_the_city_refers_to(make, city):
    own = {"id": "own", "number": "X", "title": "本市编目要求", "kind": "city", "compilation": {"fields": ["abstract"]}}
    desk, expected = make(city, norms=Norms.standard([Norm.model_validate(own)]))
    desk.service.draft(resource(abstract=None), GA, NOW)
    with pytest.raises(UserError, match=r"信息资源摘要（abstract）。依据：本市编目要求") as told:
        desk.service.submit(["ga_household"], GA, NOW)
    assert ("第" in told.value.zh) == (expected.norm is not None)
    assert (expected.norm or "") in told.value.zh


@pytest.mark.parameter("catalogue.not_shared_needs")
@CITIES
@pytest.mark.parametrize("number", ["", "文〔2026〕8号"])
def test_the_way_into_a_class_that_is_not_shared(make, city, number):
    desk, expected = make(city)
    submitted(desk, sharing=NOT_SHARED)
    state = expected.not_shared[bool(number)]
    if state is None:
        with pytest.raises(UserError, match=f"列入“{expected.words[0][2]}”须报数据主管部门备案（龙岩市第11条）"):
            desk.service.review(["ga_household"], BUREAU, NOW, document=number)
        return
    (case,) = desk.service.review(["ga_household"], BUREAU, NOW, document=number)
    assert case.state == state
    filed = state == "reviewed" and expected.not_shared[0] is None
    assert (case.facts["draft"]["sharing"].get("approval") == number) == filed
    if state == "with_government":
        with pytest.raises(Conflict):
            desk.service.publish(["ga_household"], GA, NOW)


@pytest.mark.parameter("catalogue.conditional_needs")
@CITIES
def test_the_way_into_a_conditional_class(make, city):
    desk, expected = make(city)
    submitted(desk, sharing=CONDITIONAL)
    if expected.conditional is None:
        with pytest.raises(UserError, match="备案"):
            desk.service.review(["ga_household"], BUREAU, NOW)
    else:
        assert desk.service.review(["ga_household"], BUREAU, NOW)[0].state == expected.conditional


@pytest.mark.parameter("sharing.classes")
@CITIES
def test_the_citys_words_for_the_classes(city):
    asked, (sharing, opening) = rules(city), EXPECTED[city].words
    names = ("unconditional", "conditional", "not")
    assert tuple(asked.share_word(one) for one in names) == sharing
    assert tuple(asked.open_word(one) for one in names) == opening


@pytest.mark.parameter("catalogue.filed_upward")
@CITIES
def test_whether_the_city_looks_again_at_what_a_district_reviewed(make, city):
    desk, expected = make(city)
    submitted(desk, "east_homes", EAST_MZ, department="east_mz")
    (case,) = desk.service.review(["east_homes"], EAST, NOW)
    assert case.state == ("with_city" if expected.two_levels else "reviewed")


@pytest.mark.parameter("sharing.emergency_override")
@CITIES
def test_whether_a_class_may_change_for_a_time(make, city):
    desk, expected = make(city)
    submitted(desk)
    desk.service.review(["ga_household"], BUREAU, NOW)
    desk.service.publish(["ga_household"], GA, NOW)
    asked = {"to": "not", "until": date(2026, 12, 2), "reason": "防汛应急"}
    if expected.override:
        desk.service.override(["ga_household"], GA, NOW, **asked)
        assert desk.city().resource("ga_household").sharing.class_ == "not"
    else:
        with pytest.raises(UserError, match="没有临时性调整"):
            desk.service.override(["ga_household"], GA, NOW, **asked)


@pytest.mark.parameter("organisation.steward")
@CITIES
def test_whether_a_unit_without_steward_is_refused(make, city):
    def standing(department, today):
        raise Conflict(f"{department} 没有专管员", f"{department} has no steward")

    desk, expected = make(city, check_standing=standing)
    desk.service.draft(resource(), GA, NOW)
    if expected.steward:
        with pytest.raises(Conflict, match="专管员"):
            desk.service.submit(["ga_household"], GA, NOW)
    else:
        assert desk.service.submit(["ga_household"], GA, NOW)


@pytest.mark.parameter("catalogue.reassessed")
@CITIES
def test_whether_a_day_of_assessment_is_set(make, city):
    desk, expected = make(city)
    submitted(desk)
    desk.service.review(["ga_household"], BUREAU, NOW)
    (case,) = desk.service.publish(["ga_household"], GA, NOW)
    assert case.facts["review_on"] == ("2027-11-25" if expected.assessed else None)


@pytest.mark.parameter("scope.other_organs")
@pytest.mark.duty("R-020")
@pytest.mark.duty("R-021")
@CITIES
def test_who_follows_the_rules_as_such_and_who_by_reference(make, city):
    desk, expected = make(city)
    for name, by in (("ga", GA), ("water", WATER), ("court", COURT)):
        items = [{"id": "no", "title": f"{name}编号"}]
        submitted(desk, f"{name}_things", by, department=name, key=["no"], items=items)
        said = desk.trail(f"{name}_things")[-1].facts.get("by_reference")
        named = None if name != "court" or expected.by_reference is None else expected.by_reference
        assert said == (None if named is None else f"{rules(city).profile.title_zh}{named}参照执行"), name
        assert desk.service.review([f"{name}_things"], BUREAU, NOW)[0].state == "reviewed", "the steps are the same"


@pytest.mark.parameter(
    "catalogue.open_list_owner",
    "catalogue.open_list_consultation",
    "catalogue.open_list_review",
    "catalogue.open_list_priority",
)
@CITIES
def test_whose_the_open_list_is_and_what_it_needs(make, city):
    desk, expected = make(city)
    lists = OpenLists(ListOffice(desk.database, ORGANISATION, RuleVersions.fixed(rules(city))))
    asked = ListRules.of(rules(city))
    assert (asked.open_list_reviewed, asked.operator_reviews) == (expected.reviewed, expected.reviewed)
    submitted(desk)
    desk.service.review(["ga_household"], BUREAU, NOW)
    desk.service.publish(["ga_household"], GA, NOW)
    if expected.open_list is None:
        with pytest.raises(UserError, match="未规定开放清单"):
            lists.open("bureau", "开放清单", BUREAU, NOW)
        return
    owner, by = ("bureau", BUREAU) if expected.open_list == "authority" else ("ga", GA)
    other, another = ("ga", GA) if owner == "bureau" else ("bureau", BUREAU)
    with pytest.raises(UserError, match="开放清单由"):
        lists.open(other, "开放清单", another, NOW)
    name = lists.open(owner, "开放清单", by, NOW).id
    told = lists.trail(name)[0].facts["priority"]
    assert told[:1] == ([expected.priority] if expected.priority else [])
    lists.compile(name, lists.openable(name), by, NOW)
    if expected.hears:
        with pytest.raises(UserError, match="尚未征求提供单位、公众的意见"):
            lists.publish(name, by, NOW)
        assert lists.onward(lists.get(name)) == "consultation_opened"
        lists.consult(name, by, NOW, Window(date(2026, 11, 26), date(2026, 11, 25), date(2026, 11, 26)))
        lists.answer(name, "ga", GA, NOW, agrees=True)
        lists.close_consultation(name, by, NOW + timedelta(days=2))
        assert lists.onward(lists.get(name)) == "published", "who was heard is enough: nobody reviews it"
        assert lists.publish(name, by, NOW + timedelta(days=2)).state == "published"
    elif expected.reviewed:
        with pytest.raises(UserError, match="须经审查"):
            lists.publish(name, by, NOW)
        assert lists.onward(lists.get(name)) == "submitted"
    else:
        assert lists.onward(lists.get(name)) == "published"
        assert lists.publish(name, by, NOW).state == "published"
        assert [one.id for one in lists.public()] == [name]


@pytest.mark.parameter("catalogue.open_list_published")
@CITIES
def test_whether_a_published_list_is_public(make, city):
    desk, expected = make(city)
    lists = OpenLists(ListOffice(desk.database, ORGANISATION, RuleVersions.fixed(rules(city))))
    assert lists.public() == []
    assert ListRules.of(rules(city)).open_list_public == expected.public
    if expected.open_list is None:
        return
    submitted(desk)
    desk.service.review(["ga_household"], BUREAU, NOW)
    desk.service.publish(["ga_household"], GA, NOW)
    owner, by = ("bureau", BUREAU) if expected.open_list == "authority" else ("ga", GA)
    name = lists.open(owner, "开放清单", by, NOW).id
    lists.compile(name, lists.openable(name), by, NOW)
    later = NOW
    if expected.hears:
        lists.consult(name, by, NOW, Window(date(2026, 11, 26), date(2026, 11, 25), date(2026, 11, 26)))
        lists.answer(name, "ga", GA, NOW, agrees=True)
        later = NOW + timedelta(days=2)
        lists.close_consultation(name, by, later)
    if expected.reviewed:
        lists.submit(name, by, NOW)
        lists.opine(name, CENTRE, NOW, opinion="可")
        lists.review(name, BUREAU, NOW)
    assert lists.public() == [], "what is not published is not seen"
    lists.publish(name, by, later)
    assert [one.id for one in lists.public()] == [name]


@pytest.mark.parameter("catalogue.filed_upward", "catalogue.consultation")
@CITIES
def test_whether_a_district_makes_a_supplementary_catalogue(make, city):
    desk, expected = make(city)
    supplements = Supplements(ListOffice(desk.database, ORGANISATION, RuleVersions.fixed(rules(city))))
    if not expected.supplement:
        with pytest.raises(UserError, match="没有区（县）补充目录的规定"):
            supplements.open("east_data", "补充目录", EAST, NOW)
        return
    submitted(desk, "east_homes", EAST_MZ, department="east_mz")
    desk.service.review(["east_homes"], EAST, NOW)
    desk.service.publish(["east_homes"], EAST_MZ, NOW)
    name = supplements.open("east_data", "补充目录", EAST, NOW).id
    supplements.compile(name, ["east_homes"], EAST, NOW)
    supplements.consult(name, EAST, NOW, Window(date(2026, 12, 2)))
    supplements.answer(name, "east_mz", EAST_MZ, NOW, agrees=True)
    supplements.close_consultation(name, EAST, NOW)
    assert supplements.file(name, EAST, NOW, document="海数〔2026〕3号").state == "filed"


def test_a_case_keeps_the_rules_of_its_round_when_the_city_changes_them(operational, tmp_path):
    """What was submitted under one version is reviewed under it; the next change follows the new one."""
    now = {"rules": rules("wuhan")}
    known = {one.version: one for one in (rules("wuhan"), rules("haishu"))}
    desk = make_desk(operational, tmp_path, rules=RuleVersions(lambda _: now["rules"], lambda name: known[name]))
    submitted(desk, sharing=NOT_SHARED)
    now["rules"] = rules("haishu")
    assert desk.service.review(["ga_household"], BUREAU, NOW)[0].state == "with_government"
    desk.service.approve(["ga_household"], BUREAU, NOW, document="武政〔2026〕8号")
    desk.service.publish(["ga_household"], GA, NOW)
    (case,) = desk.service.request_change([resource(title="户口", sharing=NOT_SHARED)], GA, NOW, cause="error")
    assert (case.limit, case.facts["rules"], case.profile) == (None, "haishu@2022-01-01", "wuhan@2021-11-15")
