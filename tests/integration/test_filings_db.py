"""Exceptions from real time and requests for return flow, under the rules of each city."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from project_office import BUREAU, EAST, GA, MZ, NOW, Office, city_of, feed, resource

from catalog.cases.model import Case
from catalog.filings.states import EXCEPTION, RETURN_FLOW
from ground.errors import Conflict, Forbidden, NotFound, UserError

UNTIL = date(2026, 12, 31)


@pytest.fixture
def office(operational) -> Callable[[str], Office]:
    declared = {"mode": "real_time", "exception": {"reason": "专网", "document": "龙数备1号", "until": "2026-11-30"}}
    city = city_of(
        resource("ga_household"), resource("ga_old", gathering=declared), feeds=(feed("ga_household"), feed("ga_old"))
    )
    return lambda rules: Office(operational, rules, city=city)


def filed(desk: Office, name: str = "ga_household") -> Case:
    return desk.filings.file(name, "系统每日夜间同步", GA, NOW, met_by="提供接口查询", until=UNTIL)


@pytest.mark.duty("R-063")
def test_an_exception_excuses_from_when_it_is_on_file_to_its_last_day(office) -> None:
    desk = office("longyan")
    one = filed(desk)
    assert "ga_household" not in desk.filings.excused(NOW)
    desk.filings.accept(one.id, "龙数备〔2026〕3号", BUREAU, NOW)
    assert desk.filings.excused(NOW)["ga_household"] == "龙数备〔2026〕3号"
    last = NOW.replace(month=12, day=31, hour=23, minute=59)
    assert "ga_household" in desk.filings.excused(last)
    assert "ga_household" not in desk.filings.excused(last + timedelta(minutes=1))
    assert desk.filings.settle(last) == []
    (over,) = desk.filings.settle(last + timedelta(minutes=1))
    assert (over.id, over.state) == (one.id, "ended")


def test_one_that_was_ended_refused_or_withdrawn_excuses_nobody(office) -> None:
    desk = office("longyan")
    one, two, three = (filed(desk) for _ in range(3))
    desk.filings.accept(one.id, "龙数备〔2026〕3号", BUREAU, NOW)
    desk.filings.end(one.id, "已实现实时汇聚", GA, NOW)
    desk.filings.refuse(two.id, "具备实时条件", BUREAU, NOW)
    desk.filings.withdraw(three.id, GA, NOW)
    assert "ga_household" not in desk.filings.excused(NOW)
    assert [c.state for c in desk.filings.listed(EXCEPTION, GA)] == ["ended", "refused", "withdrawn"]


def test_what_an_entry_declares_excuses_to_its_last_day(office) -> None:
    desk = office("longyan")
    assert desk.filings.excused(NOW) == {"ga_old": "龙数备1号"}
    assert desk.filings.excused(NOW.replace(month=12, day=1)) == {}


@pytest.mark.duty("R-063")
@pytest.mark.parametrize("rules", ["wuhan", "lianyungang", "chifeng", "haishu"])
def test_only_longyan_knows_exceptions(office, rules: str) -> None:
    desk = office(rules)
    with pytest.raises(Conflict, match="没有汇聚例外备案"):
        filed(desk)
    assert desk.filings.excused(NOW) == {}  # nor does one that an entry declares count


@pytest.mark.duty("R-063")
def test_an_exception_says_why_how_the_need_is_met_and_until_when(office) -> None:
    desk = office("longyan")
    for reason, met_by, until in ((" ", "接口", UNTIL), ("专网", "", UNTIL), ("专网", "接口", date(2026, 11, 24))):
        with pytest.raises(UserError):
            desk.filings.file("ga_household", reason, GA, NOW, met_by=met_by, until=until)
    with pytest.raises(UserError, match="文号"):
        desk.filings.accept(filed(desk).id, "", BUREAU, NOW)
    with pytest.raises(UserError, match="没有名为"):
        filed(desk, "ga_householt")


def test_another_department_neither_files_nor_sees_it(office) -> None:
    desk = office("longyan")
    with pytest.raises(Forbidden):
        desk.filings.file("ga_household", "专网", MZ, NOW, met_by="接口", until=UNTIL)
    one = filed(desk)
    with pytest.raises(NotFound):
        desk.filings.withdraw(one.id, MZ, NOW)
    with pytest.raises(NotFound):
        desk.filings.accept(one.id, "东数备1号", EAST, NOW)  # another district's authority
    with pytest.raises(Forbidden):
        desk.filings.accept(one.id, "自备1号", GA, NOW)
    assert desk.filings.listed(EXCEPTION, MZ) == []


def requested(desk: Office) -> Case:
    return desk.filings.request("居民死亡数据", "省卫健委系统", "人口库比对", "ga", GA, NOW)


@pytest.mark.duty("R-064")
def test_in_chifeng_the_authority_passes_requests_up(office) -> None:
    desk = office("chifeng")
    one = requested(desk)
    with pytest.raises(Forbidden, match=r"由其数据主管部门办理"):
        desk.filings.pass_up(one.id, "请示1号", GA, NOW)
    up = desk.filings.pass_up(one.id, "赤政数请〔2026〕1号", BUREAU, NOW)
    assert (up.state, up.facts["document"]) == ("passed_up", "赤政数请〔2026〕1号")
    with pytest.raises(UserError, match="没有名为 death 的数据源"):
        desk.filings.grant(one.id, "death", BUREAU, NOW)
    done = desk.filings.grant(one.id, "ga_household", BUREAU, NOW)
    assert (done.state, done.facts["feed"], done.is_open) == ("granted", "ga_household", False)
    events = [one.event for one in desk.filings.trail(RETURN_FLOW, one.id, GA)]
    assert events == ["requested", "passed_up", "granted"]


@pytest.mark.duty("R-062", "R-064")
def test_in_longyan_the_department_applies_itself(office) -> None:
    desk = office("longyan")
    one = requested(desk)
    with pytest.raises(Forbidden, match=r"由本部门办理"):
        desk.filings.pass_up(one.id, "龙数请1号", BUREAU, NOW)
    desk.filings.pass_up(one.id, "龙公请〔2026〕1号", GA, NOW)
    assert desk.filings.refused_above(one.id, "上级系统改造中", GA, NOW).state == "refused_above"


@pytest.mark.parametrize("rules", ["wuhan", "lianyungang", "haishu"])
def test_a_city_that_says_nothing_of_return_flow_has_no_such_request(office, rules: str) -> None:
    with pytest.raises(Conflict, match="未规定数据回流申请"):
        requested(office(rules))


def test_a_request_may_be_refused_here_or_taken_back(office) -> None:
    desk = office("chifeng")
    assert desk.filings.refuse_request(requested(desk).id, "本级平台已有", BUREAU, NOW).state == "refused"
    assert desk.filings.withdraw_request(requested(desk).id, GA, NOW).state == "withdrawn"
    with pytest.raises(UserError):
        desk.filings.request(" ", "省系统", "比对", "ga", GA, NOW)
