"""Open lists and supplementary catalogues over published entries, each under the rules of a city that has them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from entry_desk import BUREAU, CENTRE, EAST, EAST_MZ, GA, MZ, NOW, ORGANISATION, WATER, WEST, make_desk, resource, rules

from catalog.entries.files import Shelf
from catalog.entries.rules import RuleVersions
from catalog.lists.consultation import Window
from catalog.lists.desk import ListOffice
from catalog.lists.lines import Chosen
from catalog.lists.open_lists import OpenLists
from catalog.lists.supplements import Supplements
from ground.errors import Conflict, Forbidden, UserError

DAY = timedelta(days=1)
UNTIL = date(2026, 12, 2)
AFTER = NOW + DAY * 8
CLOSED = {"class": "not", "reason": "含个人隐私", "legal_basis": "个人信息保护法第二十五条"}
SHARED = [
    {"id": "citizen_id", "title": "公民身份号码"},
    {"id": "company", "title": "企业名称", "collection": {"as": "shared", "source": "sc_company.name"}},
]


@pytest.fixture
def make(operational, tmp_path):
    def made(city):
        desk = make_desk(operational, tmp_path, city, shelf=Shelf(tmp_path / "city", lambda _: None))
        office = ListOffice(operational, ORGANISATION, RuleVersions.fixed(rules(city)))
        for name, by, over in (
            ("ga_count", GA, {}), ("ga_private", GA, {"opening": CLOSED}), ("ga_mixed", GA, {"items": SHARED}),
            ("mz_homes", MZ, {"department": "mz"}), ("east_homes", EAST_MZ, {"department": "east_mz"}),
        ):  # fmt: skip
            desk.service.draft(resource(name, title=name, **over), by, NOW)
            desk.service.submit([name], by, NOW)
            first = EAST if by is EAST_MZ else BUREAU
            desk.service.review([name], first, NOW)
            if desk.case(name).state == "with_city":
                desk.service.merge([name], BUREAU, NOW)
            desk.service.publish([name], by, NOW)
        return desk, OpenLists(office), Supplements(office)

    return made


@pytest.mark.duty("R-030")
@pytest.mark.duty("R-032")
def test_each_provider_compiles_its_own_list_from_the_catalogue(make):
    _, lists, _ = make("lianyungang")
    with pytest.raises(UserError, match="各数据提供单位编制（连云港市第11条）"):
        lists.open("bureau", "全市开放清单", BUREAU, NOW)
    with pytest.raises(Forbidden):
        lists.open("ga", "公安局开放清单", MZ, NOW)
    name = lists.open("ga", "公安局开放清单", GA, NOW).id
    assert [one.entry for one in lists.openable(name)] == ["ga_count", "ga_mixed"]
    (line,) = lists.compile(name, [Chosen("ga_count", format="csv")], GA, NOW).facts["lines"]
    assert line == {
        "entry": "ga_count", "title": "ga_count", "department": "ga", "items": ["citizen_id", "name"], "format": "csv",
        "update_cycle": "monthly", "opening": "unconditional",
    }  # fmt: skip
    with pytest.raises(UserError, match="不属于本清单的编制单位"):
        lists.compile(name, [Chosen("mz_homes")], GA, NOW)
    with pytest.raises(UserError, match="缺少：items"):
        lists.compile(name, [Chosen("ga_count", items=())], GA, NOW)
    with pytest.raises(UserError, match="没有信息项 wage"):
        lists.compile(name, [Chosen("ga_count", items=("wage",))], GA, NOW)


@pytest.mark.duty("R-020")
def test_a_utility_with_public_character_follows_the_open_rules(make):
    """Lianyungang 42: a utility lists what it opens from its own entries, and is reviewed, like a department."""
    desk, lists, _ = make("lianyungang")
    desk.service.draft(resource("water_stops", title="停水通知", department="water"), WATER, NOW)
    desk.service.submit(["water_stops"], WATER, NOW)
    desk.service.review(["water_stops"], BUREAU, NOW)
    desk.service.publish(["water_stops"], WATER, NOW)
    with pytest.raises(Forbidden):
        lists.open("water", "水务集团开放清单", GA, NOW)
    name = lists.open("water", "水务集团开放清单", WATER, NOW).id
    with pytest.raises(UserError, match="不属于本清单的编制单位"):
        lists.compile(name, [Chosen("ga_count")], WATER, NOW)
    lists.compile(name, lists.openable(name), WATER, NOW)
    with pytest.raises(UserError, match="须经审查（连云港市第12条）"):
        lists.publish(name, WATER, NOW)
    lists.submit(name, WATER, NOW)
    lists.opine(name, CENTRE, NOW, opinion="可")
    lists.review(name, BUREAU, NOW)
    assert [one["entry"] for one in lists.publish(name, WATER, NOW).facts["published"]] == ["water_stops"]


@pytest.mark.duty("R-031")
def test_what_came_by_sharing_and_what_is_not_open_is_not_listed(make):
    desk, lists, _ = make("lianyungang")
    name = lists.open("ga", "公安局开放清单", GA, NOW).id
    desk.service.draft(resource("ga_draft"), GA, NOW)
    with pytest.raises(UserError) as told:
        lists.compile(
            name,
            [
                Chosen("ga_mixed", items=("citizen_id", "company")), Chosen("ga_private"), Chosen("ga_draft"), Chosen("x"),
                Chosen("ga_count"), Chosen("ga_count"),
            ],
            GA, NOW,
        )  # fmt: skip
    for said in (
        "ga_mixed：信息项 企业名称 通过共享获取，不列入本机构的开放清单（连云港第11条）", "ga_private：开放属性属不开放的一类",
        "ga_draft：尚未发布（现为“草稿”）", "x：没有这个目录条目", "ga_count：列入多次",
    ):  # fmt: skip
        assert said in told.value.zh
    assert lists.get(name).facts["lines"] == []
    assert lists.compile(name, [Chosen("ga_mixed")], GA, NOW).facts["lines"][0]["items"] == ["citizen_id"]


@pytest.mark.duty("R-033")
def test_no_list_is_published_or_updated_without_review(make):
    desk, lists, _ = make("lianyungang")
    name = lists.open("ga", "公安局开放清单", GA, NOW).id
    with pytest.raises(UserError, match="尚未列入任何条目"):
        lists.submit(name, GA, NOW)
    lists.compile(name, [Chosen("ga_count")], GA, NOW)
    with pytest.raises(UserError, match="须经审查（连云港市第12条）"):
        lists.publish(name, GA, NOW)
    lists.submit(name, GA, NOW)
    with pytest.raises(Conflict, match="运维机构尚未提出意见"):
        lists.review(name, BUREAU, NOW)
    with pytest.raises(Forbidden):
        lists.review(name, CENTRE, NOW)
    lists.opine(name, CENTRE, NOW, opinion="格式可用")
    with pytest.raises(Forbidden):
        lists.review(name, GA, NOW)
    lists.review(name, BUREAU, NOW)
    assert lists.publish(name, GA, NOW).facts["version"] == 1
    lists.revise(name, GA, NOW, reason="新增条目")
    lists.compile(name, [Chosen("ga_count"), Chosen("ga_mixed")], GA, NOW)
    with pytest.raises(UserError, match="须经审查"):
        lists.publish(name, GA, NOW)
    assert [one["entry"] for one in lists.get(name).facts["published"]] == ["ga_count"], (
        "stays until the update is published"
    )
    lists.submit(name, GA, NOW)
    lists.opine(name, CENTRE, NOW, opinion="可")
    # The class of an entry moves while the list is under review: the list says what the catalogue says.
    closed = resource("ga_mixed", title="ga_mixed", items=SHARED, opening=CLOSED)
    desk.service.request_change([closed], GA, NOW, cause="error")
    desk.service.review(["ga_mixed"], BUREAU, NOW)
    desk.service.publish(["ga_mixed"], GA, NOW)
    lists.review(name, BUREAU, NOW)
    with pytest.raises(UserError, match="ga_mixed：开放属性属不开放的一类"):
        lists.publish(name, GA, NOW)


@pytest.mark.duty("R-043")
def test_the_bureau_leads_where_the_city_says_so(make):
    _, lists, _ = make("longyan")
    with pytest.raises(UserError, match="数据主管部门编制（龙岩市第16条）"):
        lists.open("ga", "公安局开放清单", GA, NOW)
    name = lists.open("bureau", "全市开放目录", BUREAU, NOW).id
    lists.compile(name, lists.openable(name), BUREAU, NOW)
    with pytest.raises(Forbidden):
        lists.publish(name, GA, NOW)
    case = lists.publish(name, BUREAU, NOW)
    assert (case.state, [one["entry"] for one in case.facts["published"]]) == (
        "published", ["east_homes", "ga_count", "ga_mixed", "mz_homes"],
    )  # fmt: skip
    lists.revise(name, BUREAU, NOW, reason="撤下一项")
    lists.compile(name, [Chosen("ga_count")], BUREAU, NOW)
    lists.publish(name, BUREAU, NOW)
    assert lists.trail(name)[-1].facts["removed"] == ["east_homes", "ga_mixed", "mz_homes"]


@pytest.mark.duty("R-042")
def test_providers_and_the_public_are_heard_before_the_open_list_is_published(make):
    _, lists, _ = make("haishu")
    name = lists.open("bureau", "开放目录", BUREAU, NOW).id
    lists.compile(name, [Chosen("ga_count"), Chosen("mz_homes")], BUREAU, NOW)
    with pytest.raises(UserError, match="尚未征求提供单位、公众的意见"):
        lists.publish(name, BUREAU, NOW)
    with pytest.raises(UserError, match="--public-from"):
        lists.consult(name, BUREAU, NOW, Window(UNTIL))
    case = lists.consult(name, BUREAU, NOW, Window(UNTIL, NOW.date(), UNTIL))
    assert (case.limit.due, case.facts["consultation"]["providers"]["asked"]) == (UNTIL, ["ga", "mz"])
    with pytest.raises(UserError, match="意见"):
        lists.answer(name, "ga", GA, NOW, agrees=False)
    with pytest.raises(Forbidden):
        lists.answer(name, "ga", MZ, NOW, agrees=True)
    with pytest.raises(UserError, match="文号"):
        lists.answer(name, "ga", BUREAU, NOW, agrees=True)
    for foreign in (WEST, EAST):
        with pytest.raises(Forbidden, match=r"由市大数据局（bureau）管辖"):
            lists.answer(name, "ga", foreign, NOW, agrees=True, document="西数〔2026〕1号")
    assert lists.get(name).facts["consultation"]["providers"]["answers"] == {}
    lists.answer(name, "ga", GA, NOW, agrees=False, opinion="身份号码不宜公开")
    lists.comment(name, CENTRE, NOW + DAY, author="王某", text="希望增加更新频度")
    for early in (NOW + DAY, AFTER):
        with pytest.raises(Conflict):
            lists.close_consultation(name, BUREAU, early)
    lists.note_silent(name, BUREAU, AFTER)
    with pytest.raises(Conflict, match="公众意见第 1 条未答复"):
        lists.close_consultation(name, BUREAU, AFTER)
    lists.reply(name, 1, BUREAU, AFTER, taken=True, text="已列明")
    assert lists.close_consultation(name, BUREAU, AFTER).limit is None
    lists.compile(name, [Chosen("ga_count", items=("name",)), Chosen("mz_homes"), Chosen("east_homes")], BUREAU, AFTER)
    with pytest.raises(UserError, match="尚未征求east_mz的意见"):
        lists.publish(name, BUREAU, AFTER)
    lists.compile(name, [Chosen("ga_count", items=("name",)), Chosen("mz_homes")], BUREAU, AFTER)
    assert lists.publish(name, BUREAU, AFTER).facts["published"][0]["items"] == ["name"]
    closed = next(one for one in lists.trail(name) if one.event == "consultation_closed")
    assert closed.facts == {"answered": ["ga"], "silent": ["mz"], "comments": 1}


def test_what_a_provider_answered_on_paper_is_put_down_by_its_authority(make):
    _, lists, _ = make("haishu")
    name = lists.open("bureau", "开放目录", BUREAU, NOW).id
    lists.compile(name, [Chosen("ga_count"), Chosen("mz_homes"), Chosen("east_homes")], BUREAU, NOW)
    lists.consult(name, BUREAU, NOW, Window(UNTIL, NOW.date(), UNTIL))
    with pytest.raises(Forbidden, match=r"由东区大数据局（east_data）管辖"):
        lists.answer(name, "east_mz", WEST, NOW, agrees=True, document="西数〔2026〕1号")
    lists.answer(name, "east_mz", EAST, NOW, agrees=True, document="东数〔2026〕1号")
    lists.answer(name, "mz", BUREAU, NOW, agrees=True, document="民函〔2026〕1号")
    answers = lists.get(name).facts["consultation"]["providers"]["answers"]
    assert {one: said["document"] for one, said in answers.items()} == {
        "east_mz": "东数〔2026〕1号",
        "mz": "民函〔2026〕1号",
    }


@pytest.mark.duty("R-035")
def test_a_district_files_its_supplement_after_hearing_the_providers(make):
    _, _, supplements = make("haishu")
    with pytest.raises(UserError, match="由区大数据主管机构编制"):
        supplements.open("bureau", "补充目录", BUREAU, NOW)
    with pytest.raises(Forbidden):
        supplements.open("east_data", "补充目录", WEST, NOW)
    name = supplements.open("east_data", "东区补充目录", EAST, NOW).id
    with pytest.raises(UserError, match="ga_count：不在本区范围内"):
        supplements.compile(name, ["ga_count"], EAST, NOW)
    supplements.compile(name, ["east_homes"], EAST, NOW)
    with pytest.raises(UserError, match="尚未征求提供单位的意见"):
        supplements.file(name, EAST, NOW, document="海数〔2026〕3号")
    supplements.consult(name, EAST, NOW, Window(UNTIL))
    with pytest.raises(Conflict):
        supplements.file(name, EAST, NOW, document="海数〔2026〕3号")
    supplements.answer(name, "east_mz", EAST_MZ, NOW, agrees=True)
    supplements.close_consultation(name, EAST, NOW)
    with pytest.raises(UserError, match="备案文号"):
        supplements.file(name, EAST, NOW, document="")
    assert supplements.file(name, EAST, NOW, document="海数〔2026〕3号").state == "filed"
    assert supplements.trail(name)[-1].facts == {"document": "海数〔2026〕3号", "with": "bureau"}
    case = supplements.take_effect(name, EAST, NOW, on=date(2026, 12, 1))
    assert (case.state, case.facts["published"][0]["entry"]) == ("effective", "east_homes")


def withdraw_entry(desk, name):
    desk.service.request_withdrawal([name], EAST_MZ, NOW, reason="停止采集")
    desk.service.withdraw([name], EAST, NOW)


@pytest.mark.duty("R-035")
def test_an_entry_withdrawn_meanwhile_is_neither_filed_nor_gets_into_effect(make):
    desk, _, supplements = make("haishu")

    def consulted():
        name = supplements.open("east_data", "东区补充目录", EAST, NOW).id
        supplements.compile(name, ["east_homes"], EAST, NOW)
        supplements.consult(name, EAST, NOW, Window(UNTIL))
        supplements.answer(name, "east_mz", EAST_MZ, NOW, agrees=True)
        supplements.close_consultation(name, EAST, NOW)
        return name

    filed, waiting = consulted(), consulted()
    supplements.file(filed, EAST, NOW, document="海数〔2026〕3号")
    withdraw_entry(desk, "east_homes")
    with pytest.raises(UserError, match=r"east_homes：尚未发布（现为“已撤销"):
        supplements.file(waiting, EAST, NOW, document="海数〔2026〕4号")
    with pytest.raises(UserError, match=r"east_homes：尚未发布（现为“已撤销"):
        supplements.take_effect(filed, EAST, NOW, on=date(2026, 12, 1))
    assert supplements.get(waiting).state == "consulted" and supplements.get(filed).state == "filed"
    assert supplements.get(filed).facts["published"] is None
    assert supplements.revise(filed, EAST, NOW, reason="条目已撤销").state == "compiling", "and there is a way on"


def test_a_withdrawn_list_is_taken_down(make):
    _, lists, _ = make("longyan")
    name = lists.open("bureau", "全市开放目录", BUREAU, NOW).id
    lists.compile(name, [Chosen("ga_count")], BUREAU, NOW)
    lists.publish(name, BUREAU, NOW)
    with pytest.raises(UserError, match="理由"):
        lists.withdraw(name, BUREAU, NOW, reason="")
    case = lists.withdraw(name, BUREAU, NOW, reason="并入省级目录")
    assert (case.is_open, case.facts["published"]) == (False, None)
