"""A small city under the rules of each of the five: what a case comes to, where the value of a parameter shows.

Reading a profile back proves nothing: every test drives a report, a ticket, a page, a command or a release to its visible outcome.
What is expected stands in `EXPECTED`, taken from the articles. Which parameters wait for parts of the hub that are to come is in
`policy.parameters`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest
import yaml
from loop_city import CIVIL, CLERK, POLICE, STEWARD, A, B, LoopCity
from running_desk import RunningDesk
from typer.testing import CliRunner

from accounts.model import Account, Role
from ground.errors import RefusedData, UserError
from pipelines.serving import Reader
from policy.clock import SHANGHAI
from policy.parameters import PARAMETERS
from policy.profile import PROFILES
from portal.cli.app import app
from portal.web.steps import shown
from quality.tickets.clocks import LimitKind
from quality.tickets.events import Channel, Kind, TicketRow
from quality.tickets.policies import is_overdue
from quality.tickets.reports import ProblemReport
from quality.tickets.states import Event, Outcome, State

PASSWORD = "lantern-river-42"


@dataclass(frozen=True)
class Expected:
    """What a city's instrument comes to for a report that is routed on Monday 2 November 2026."""

    due: date
    legal: bool
    said: str
    """The ground of the limit as screens show it."""
    status: str
    """In the heading; empty where the rules are simply in force."""
    data: str
    authority: str
    provider: str
    answers: tuple[str, ...]
    extends: bool
    urgent: bool
    by_interface: bool
    to_government: bool
    privacy_barred: str | None
    """The article that bars, or None where masked data may be opened."""


EXPECTED = {
    "wuhan": Expected(
        date(2026, 11, 3), False, "条文称“立即”", "", "公共数据资源", "大数据主管部门", "提供部门或者单位",
        ("更正", "核实无误"), False, False, True, False, "第20条",
    ),
    "lianyungang": Expected(
        date(2026, 11, 9), False, "条文称“及时”", "", "公共数据", "市大数据管理局", "数据开放主体",
        ("更正", "核实无误"), False, False, False, False, None,
    ),
    "longyan": Expected(
        date(2026, 11, 5), False, "条文称“立即核实、及时纠正”", "试行", "政务数据", "市大数据局", "数据生产应用单位",
        ("纠正", "核实无误"), False, False, True, False, None,
    ),
    "chifeng": Expected(
        date(2026, 11, 9), False, "条文称“及时”", "仅有官方解读", "公共数据", "公共数据主管部门", "数源部门",
        ("更正", "核实无误"), False, False, True, True, "四（二）3",
    ),
    "haishu": Expected(
        date(2026, 11, 9), True, "第27条", "已废止", "公共数据", "区大数据主管机构", "公共数据提供单位",
        ("完成整改", "确认无误", "沟通解决"), True, True, True, True, "第32条",
    ),
}  # fmt: skip
CITIES = sorted(EXPECTED)


def go_by(city: LoopCity, profile: str) -> LoopCity:
    """Set the rules that a home goes by."""
    path = city.root / "settings.yaml"
    path.write_text(
        re.sub("(?m)^profile: [a-z]+", f"profile: {profile}", path.read_text(encoding="utf-8")), encoding="utf-8"
    )
    assert f"profile: {profile}" in path.read_text(encoding="utf-8")
    return city


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> LoopCity:
    """The small city, built: tests copy it and say whose rules it goes by."""
    city = LoopCity(tmp_path_factory.mktemp("five") / "home")
    city.start()
    city.close()
    return city


@pytest.fixture(params=CITIES)
def named(request: pytest.FixtureRequest, started: LoopCity, tmp_path: Path) -> Iterator[tuple[str, LoopCity]]:
    """A city's name, and a home that goes by its rules."""
    city = go_by(started.copy(tmp_path / "home"), request.param)
    yield request.param, city
    city.close()


@pytest.fixture
def haishu(started: LoopCity, tmp_path: Path) -> Iterator[LoopCity]:
    """A home that goes by Haishu's rules, as a new one does."""
    city = started.copy(tmp_path / "home")
    yield city
    city.close()


def reported(city: LoopCity, channel: Channel = Channel.FORM, **changes: object) -> TicketRow:
    said = {
        "kind": Kind.WRONG_VALUE, "resource": "register", "key": (A,), "item": "born", "doubted": "1990-01-01",
        "proposed": "1990-01-10", "reason": "出生证为 1 月 10 日", "reference": "窗口-1", **changes,
    }  # fmt: skip
    return city.hub.problems.report(ProblemReport(**said), CLERK, city.now, channel).ticket


def routed(city: LoopCity) -> TicketRow:
    return city.hub.problems.route(reported(city).id, STEWARD, city.now)


def in_hand(city: LoopCity) -> TicketRow:
    """Routed, and its receipt confirmed."""
    return city.hub.problems.handling.accept(routed(city).id, POLICE, city.now)


def answered(city: LoopCity) -> TicketRow:
    one = routed(city)
    return city.hub.problems.handling.answer_confirmed(one.id, POLICE, city.now, check="出生证", basis="档案 12")


def steps_of(city: LoopCity, one: TicketRow, actor=POLICE) -> dict[Event, str]:
    """The forms that the desk offers, by event and as they are called."""
    return {step.event: step.zh for step in shown(actor, one, city.now, city.hub.clock.of(one.profile))}


def command(city: LoopCity, *said: str) -> str:
    city.close()
    done = CliRunner().invoke(app, [*said, "--home", str(city.root), "--now", city.now.isoformat()])
    assert done.exit_code == 0, done.output
    return unescape(done.output)


# --- limits -------------------------------------------------------------------------------------------------------------


@pytest.mark.duty("R-180", "R-185", "R-186")
@pytest.mark.parameter("problem_data.days", "problem_data.law_says", "instrument")
def test_a_report_is_due_on_the_day_of_the_city_s_rule_and_says_on_what_it_rests(named) -> None:
    name, city = named
    wanted = EXPECTED[name]
    one = routed(city)
    assert (one.due, one.limit_kind) == (wanted.due, LimitKind.LEGAL if wanted.legal else LimitKind.HOUSE)
    told = command(city, "ticket", "show", one.id)
    assert f"截止 {wanted.due} 24:00" in told
    assert wanted.said in told


@pytest.mark.parameter("effective_from", "effective_to", "status")
def test_a_case_is_filed_under_the_version_of_its_day_and_its_status_is_shown(named) -> None:
    name, city = named
    one = reported(city)
    assert one.profile == f"{name}@{city.hub.rules_on(city.now).profile.effective_from}"
    wanted, title = EXPECTED[name].status, city.hub.rules_on(city.now).profile.title_zh
    named_on_its_day = f"{title}（规则{wanted}）" if wanted else title
    heading = command(city, "ticket", "list").splitlines()[0]
    assert f"（{named_on_its_day}：" in heading
    assert f"：{title}（{wanted or '现行有效'} " in command(city, "status").replace("\n", "")


@pytest.mark.parameter("effective_to", "status")
def test_rules_are_said_to_have_ended_from_the_day_after_their_last(named) -> None:
    name, city = named
    one, wanted = routed(city), EXPECTED[name].status
    own = city.root / "city" / "profiles"
    own.mkdir()
    shipped = (PROFILES / f"{name}.yaml").read_text(encoding="utf-8")
    (own / f"{name}.yaml").write_text(
        shipped.replace("effective_to: null", f"effective_to: {city.now.date()}"), encoding="utf-8"
    )
    city.close()
    title = city.hub.rules_on(city.now).profile.title_zh
    on_its_last_day = f"{title}（规则{wanted}）" if wanted else title
    assert f"（{on_its_last_day}：" in command(city, "ticket", "list").splitlines()[0]
    assert f"：{title}（{wanted or '现行有效'} " in command(city, "status").replace("\n", "")
    city.now += timedelta(days=1)
    ended = f"{wanted}，已于 2026-11-02 失效" if wanted else "已于 2026-11-02 失效"
    assert f"（{title}（规则{ended}）：" in command(city, "ticket", "list").splitlines()[0]
    assert f"{title}（规则{ended}） " in command(city, "ticket", "show", one.id), "of a case that was filed before"
    assert f"{title}（{ended}，之后没有版本 " in command(city, "status").replace("\n", "")
    assert f"{ended}，之后没有版本 " in command(city, "policy", "show", name).replace("\n", "")
    new = reported(city, key=(B,), reference="窗口-2", proposed="1985-03-08")
    assert new.profile.startswith(f"{name}@"), "the last rules that there were hold on until there are others"
    city.close()
    desk = RunningDesk(city.root, city.now)
    desk.start()
    try:
        foot = unescape(httpx.get(f"{desk.url}/sign-in", timeout=60).text)
    finally:
        desk.stop()
    assert f">{ended}，之后没有版本</span>" in foot


@pytest.mark.parameter("problem_data.triage")
def test_the_authority_has_its_own_day_to_route_a_report(named) -> None:
    _, city = named
    one = reported(city)
    assert (one.limit_kind, one.due) == (LimitKind.TRIAGE, date(2026, 11, 3))
    assert is_overdue(one, city.now + timedelta(days=2))


@pytest.mark.parameter("problem_data.remind_before", "problem_data.rectify_after")
def test_the_department_is_reminded_before_the_last_day_and_ordered_to_rectify_after_it(named) -> None:
    name, city = named
    wanted, one = EXPECTED[name], routed(city)
    before_last = {"wuhan": None, "longyan": date(2026, 11, 4)}.get(name, date(2026, 11, 6))
    days = []
    for number in range(1, 20):
        now = city.now + timedelta(days=number)
        done = city.hub.timer.tick(now)
        days += [now.date() for reminded in done[Event.REMINDED] if reminded.id == one.id]
        if any(late.id == one.id for late in city.hub.timer.to_rectify(now)):
            break
    assert days == [day for day in (before_last, wanted.due) if day]
    workdays = city.hub.calendar.workdays_between(wanted.due, now.date())
    assert workdays == 2


@pytest.mark.duty("R-181")
@pytest.mark.parameter("problem_data.extension_cap", "problem_data.extension_needs", "problem_data.roll_past_holidays")
def test_an_extension_is_granted_in_haishu_alone_to_the_sixtieth_day_and_not_beyond(named) -> None:
    name, city = named
    one = in_hand(city)
    handling = city.hub.problems.handling
    assert (Event.EXTENSION_ASKED in steps_of(city, one)) == EXPECTED[name].extends
    if not EXPECTED[name].extends:
        title = city.hub.rules_on(city.now).profile.instrument.title_zh
        with pytest.raises(UserError, match=f"《{title}》没有延期的规定"):
            handling.ask_extension(one.id, POLICE, city.now, cause="档案在外地", until=None)
        assert city.hub.tickets.show(one.id).ticket.due == one.due
        return
    with pytest.raises(UserError, match="2027-01-01"):  # New Year's Day, a day off: the cap does not move on
        handling.ask_extension(one.id, POLICE, city.now, cause="档案在外地", until=date(2027, 1, 2))
    handling.ask_extension(one.id, POLICE, city.now, cause="档案在外地", until=None)
    with pytest.raises(UserError):
        handling.decide_extension(
            one.id, POLICE, city.now, grant=True, reason="自行同意"
        )  # not the provider's to grant
    granted = handling.decide_extension(one.id, STEWARD, city.now, grant=True, reason="属实")
    assert (granted.due, granted.limit_kind) == (date(2027, 1, 1), LimitKind.EXTENDED)


@pytest.mark.duty("R-182")
@pytest.mark.parameter("problem_data.urgent")
def test_an_urgent_limit_is_set_in_haishu_alone(named) -> None:
    name, city = named
    one = routed(city)
    handling, until = city.hub.problems.handling, date(2026, 11, 3)
    assert (Event.URGENT_SET in steps_of(city, one, STEWARD)) == EXPECTED[name].urgent
    if EXPECTED[name].urgent:
        assert handling.set_urgent(one.id, STEWARD, city.now, until=until, reason="窗口等候").due == until
    else:
        with pytest.raises(UserError, match="没有限时办理的规定"):
            handling.set_urgent(one.id, STEWARD, city.now, until=until, reason="窗口等候")


# --- answers, ways, disputes ----------------------------------------------------------------------------------------------


@pytest.mark.duty("R-183")
@pytest.mark.parameter("problem_data.outcomes")
def test_the_answers_are_those_of_the_city_called_as_it_calls_them(named) -> None:
    name, city = named
    wanted = EXPECTED[name]
    one = in_hand(city)
    steps = steps_of(city, one)
    answers = (Event.ANSWERED_CORRECTED, Event.ANSWERED_CONFIRMED, Event.ANSWERED_TALKED)
    assert tuple(steps[event] for event in answers if event in steps) == wanted.answers
    handling = city.hub.problems.handling
    if "沟通解决" in wanted.answers:
        handling.answer_talked(one.id, POLICE, city.now, record="已沟通", review_on=date(2027, 1, 4))
        city.hub.problems.review(one.id, STEWARD, city.now, accept=True)
        assert city.hub.tickets.show(one.id).ticket.outcome is Outcome.TALKED_THROUGH
    else:
        with pytest.raises(UserError, match="没有“沟通解决”的答复方式"):
            handling.answer_talked(one.id, POLICE, city.now, record="已沟通", review_on=date(2027, 1, 4))
        handling.answer_confirmed(one.id, POLICE, city.now, check="出生证", basis="档案 12")
        city.hub.problems.review(one.id, STEWARD, city.now, accept=True)
        assert wanted.answers[1] in command(city, "ticket", "list", "--state", "closed")


@pytest.mark.duty("R-184")
@pytest.mark.parameter("problem_data.channels")
def test_a_system_reports_where_the_city_knows_that_way(named) -> None:
    name, city = named
    if EXPECTED[name].by_interface:
        assert reported(city, Channel.API).channel is Channel.API
    else:
        with pytest.raises(UserError, match="没有以接口反馈问题数据的方式"):
            reported(city, Channel.API)
        assert reported(city, Channel.FORM).channel is Channel.FORM


def governed(city: LoopCity, leads: dict[str, str] | None = None) -> LoopCity:
    """The city with its government above its units, as a real city declares; ``leads`` is a district with the police below it."""
    city.close()
    path = city.root / "city" / "departments.yaml"
    units = yaml.safe_load(path.read_text(encoding="utf-8"))["departments"]
    government = {"id": "gov", "name": "本市人民政府", "kind": "peoples_government", "level": "city"}
    units = [government, *({**one, "parent": "gov"} for one in units)]
    if leads is not None:
        below = {"parent": leads["id"], "level": "district"}
        units = [*(one | below if one["id"] == "ga" else one for one in units), leads | {"parent": "gov"}]
    path.write_text(yaml.safe_dump({"departments": units}, allow_unicode=True), encoding="utf-8")
    return city


def told_to(city: LoopCity, recipient: str) -> list[tuple[str, str, str]]:
    """The notices of a recipient at the desk, oldest first: topic, about, subject."""
    inbox = city.hub.notices.inbox(recipient)
    return [(one.notice.topic.value, one.notice.about, one.notice.subject_zh) for one in reversed(inbox)]


@pytest.mark.duty("R-004", "R-187")
@pytest.mark.parameter("problem_data.dispute")
def test_a_dispute_goes_as_far_as_the_city_lets_it(named) -> None:
    name, city = named[0], governed(named[1])
    one = answered(city)
    handling = city.hub.problems.handling
    city.hub.problems.dispute(one.id, CLERK, city.now, reason="出生证为原件")
    handling.coordinate(one.id, STEWARD, city.now, parties="公安局、税务局")
    now = city.hub.tickets.show(one.id).ticket
    assert (Event.ESCALATED in steps_of(city, now, STEWARD)) == EXPECTED[name].to_government
    if EXPECTED[name].to_government:
        before = handling.escalate(one.id, STEWARD, city.now, document="请示 1 号")
        assert (before.state, before.escalated_to) == (State.ESCALATED, "gov")
        last = city.hub.tickets.show(one.id).events[-1]
        assert (last.payload["government"], last.payload["government_name"]) == ("gov", "本市人民政府")
        ((topic, about, subject),) = told_to(city, "department:gov")
        assert (topic, about) == ("disputed", one.id) and "报本级政府决定" in subject
        for words in (command(city, "ticket", "list"), command(city, "ticket", "show", one.id)):
            assert "已报本市人民政府" in words
        assert "报送 本市人民政府" in words
    else:
        with pytest.raises(UserError, match="没有报本级政府决定的规定"):
            handling.escalate(one.id, STEWARD, city.now, document="请示 1 号")
        assert told_to(city, "department:gov") == []
        agreed = city.hub.problems.coordinated(one.id, STEWARD, city.now, decision="correct", record="一致同意更正")
        assert agreed.due == EXPECTED[name].due


@pytest.mark.duty("R-004")
@pytest.mark.parametrize(
    ("leads", "name"), [("east", "东区人民政府"), ("zone", "高新区管委会")], ids=["district", "zone"]
)
def test_a_dispute_of_a_district_goes_to_its_own_government(haishu: LoopCity, leads: str, name: str) -> None:
    city = governed(haishu, leads={"id": leads, "name": name, "kind": "peoples_government", "level": "district"})
    one = answered(city)
    city.hub.problems.dispute(one.id, CLERK, city.now, reason="出生证为原件")
    handling = city.hub.problems.handling
    handling.coordinate(one.id, STEWARD, city.now, parties="公安局、税务局")
    assert handling.escalate(one.id, STEWARD, city.now, document="请示 1 号").escalated_to == leads
    assert [said[:2] for said in told_to(city, f"department:{leads}")] == [("disputed", one.id)]
    assert told_to(city, "department:gov") == []
    assert f"报送 {name}" in command(city, "ticket", "show", one.id)


BREACH: dict[str, tuple[str | None, list[str], list[str]]] = {
    "wuhan": ("36", [], ["legal_liability"]),
    "lianyungang": ("39", ["report_to_government"], ["rectification"]),
    "longyan": ("30", [], ["provincial_rules"]),
    "chifeng": ("四（三）3", [], ["rectification", "handed_over"]),
    "haishu": (None, [], []),
}
"""What follows a breach: the article (None where the rules are silent), what of it the hub does, what waits for supervision."""


@pytest.mark.parameter("supervision.breach")
@pytest.mark.parametrize("city", CITIES)
def test_what_follows_a_breach_is_shown_with_what_of_it_acts_and_what_waits(city: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["policy", "show", city, "--json", "--home", str(tmp_path)])
    told = json.loads(done.output)["parameters"]["supervision.breach"]
    article, acts, waits = BREACH[city]
    said = told["said"]
    assert (said if article is None else (sorted(said["value"]), said["article"])) == (
        "silent" if article is None else (sorted(acts + waits), article)
    )
    assert (told["use"]["acts"], told["use"]["waits"]) == (acts, waits)


@pytest.mark.parameter("supervision.breach")
def test_an_order_that_nobody_carried_out_is_reported_to_the_government_in_lianyungang_alone(named) -> None:
    name, city = named[0], governed(named[1])
    one, answered_in_time = in_hand(city), reported(city, key=(B,), reference="窗口-2", proposed="1985-03-08")
    city.hub.problems.route(answered_in_time.id, STEWARD, city.now)
    handling = city.hub.problems.handling
    handling.accept(answered_in_time.id, POLICE, city.now)
    order = city.now + timedelta(days=14)
    for number in range(14):
        city.hub.timer.tick(city.now + timedelta(days=number))
    assert told_to(city, "department:gov") == [], "a limit of the instrument itself goes nowhere when it has run out"
    until = date(2026, 11, 20)
    for ticket in (one.id, answered_in_time.id):
        handling.rectify(ticket, STEWARD, order, document="责改 1 号", until=until)
    handling.answer_corrected(answered_in_time.id, POLICE, order, how="已改")
    before = city.hub.tickets.show(one.id).ticket
    city.hub.timer.tick(datetime(2026, 11, 20, 23, 59, tzinfo=SHANGHAI))
    assert told_to(city, "department:gov") == []
    for number in range(1, 40):
        city.hub.timer.tick(order + timedelta(days=number))
    after = city.hub.tickets.show(one.id)
    up = [event for event in after.events if event.event is Event.REPORTED_UP]
    assert after.ticket.state is before.state, "nobody is taken to have answered"
    assert len([event for event in after.events if event.event is Event.OVERDUE]) == 2, "of the limit, and of the order"
    assert Event.REPORTED_UP not in [event.event for event in city.hub.tickets.show(answered_in_time.id).events]
    city.now = order + timedelta(days=39)
    if name != "lianyungang":
        assert (up, after.ticket.escalated_to, told_to(city, "department:gov")) == ([], None, [])
        assert "（逾期 overdue）" in command(city, "ticket", "list")
        return
    (event,) = up
    assert event.payload["due"] == "2026-11-20" and event.payload["government_name"] == "本市人民政府"
    assert "第39条" in event.payload["basis"]
    assert [said[:2] for said in told_to(city, "department:gov")] == [("escalated", one.id)]
    assert [said[:2] for said in told_to(city, "department:bureau")].count(("escalated", one.id)) == 1
    for words in (command(city, "ticket", "list"), command(city, "ticket", "show", one.id)):
        assert "已报本市人民政府" in words
    city.hub.problems.handling.rectify(
        one.id, STEWARD, order + timedelta(days=40), document="责改 2 号", until=date(2026, 12, 31)
    )
    for number in (46, 47):
        city.hub.timer.tick(order + timedelta(days=number))
    events = [event.event for event in city.hub.tickets.show(one.id).events]
    assert events.count(Event.REPORTED_UP) == 2, "once for each order"


# --- words on the screens --------------------------------------------------------------------------------------------------


@pytest.mark.parameter("vocabulary.data", "vocabulary.authority", "vocabulary.provider")
def test_the_desk_speaks_with_the_city_s_words_and_tells_the_status(named) -> None:
    name, city = named
    wanted = EXPECTED[name]
    one = in_hand(city)
    city.hub.accounts.add(
        Account(id="ga", name="李警官", role=Role.PROVIDER, department="ga"), PASSWORD, "test", city.now
    )
    city.close()
    desk = RunningDesk(city.root, city.now)
    desk.start()
    try:
        with httpx.Client(base_url=desk.url, follow_redirects=True, timeout=60) as client:
            token = re.search(r'name="csrf" value="([^"]+)"', client.get("/sign-in").text)[1]
            client.post("/sign-in", data={"csrf": token, "account": "ga", "password": PASSWORD, "next": "/"})
            ticket, report = (
                unescape(client.get(path).text) for path in (f"/tickets/{one.id}", "/report?resource=register")
            )
    finally:
        desk.stop()
    profile = desk.hub.rules_on(city.now).profile
    for page in (ticket, report):
        assert f"用语：{wanted.data}；{wanted.authority}；{wanted.provider}" in page
        assert profile.instrument.title_zh in page
        assert (wanted.status or "现行有效") in page
    assert f"只有{wanted.authority}与责任部门（{wanted.provider}）可见" in report
    assert f"由{wanted.authority}复核后办结" in ticket
    assert f"{wanted.due} 24:00" in ticket
    assert wanted.said in ticket
    for word in ("完成整改", "沟通解决", "更正", "纠正"):
        assert (f">{word}</summary>" in ticket) == (word in wanted.answers), word
    assert ("申请延期</summary>" in ticket) == wanted.extends
    assert "政务数据共享条例" in ticket and "未经核实" in ticket  # the higher law warns, and changes nothing


# --- opening ---------------------------------------------------------------------------------------------------------------

PAPERS = """
library: population
department: ga
title: 示例
description: 示例
update_cycle: monthly
licence: 开放
themes: [人口]
consents: [{department: sw, document: 函1, dated: 2026-03-01}]
reviews:
  - {reviewer: 甲, unit: 主管, document: 审0, dated: 2026-03-01, verdict: approved}
  - {reviewer: 乙, unit: 主管, document: 审1, dated: 2026-03-01, verdict: approved}
"""
ASSESSED = "assessment: {document: 评1, dated: 2026-03-01, by: 评估组}\n"
PERSONS = """kind: dataset
masking:
  columns:
    sex: {title: 性别, technique: allowed, values: ["1", "2"]}
    born: {title: 出生年, technique: year}
  quasi_identifiers: [born]
  k: 11
  l: {column: sex, at_least: 3}
"""
BY_SEX = """kind: statistic
statistic: {dimensions: [{name: sex, title: 性别, kind: code, code_list: sex}]}
"""


def release(city: LoopCity, name: str, content: str) -> str:
    folder = city.root / "city" / "releases"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yaml").write_text(f"id: {name}\n{PAPERS}{content}", encoding="utf-8")
    return name


@pytest.mark.duty("R-203")
@pytest.mark.parameter("opening.personal_privacy")
def test_rows_about_persons_are_barred_or_held_to_their_mask_by_the_city_s_article(named) -> None:
    name, city = named
    article = EXPECTED[name].privacy_barred
    rows = release(city, "persons", f"{ASSESSED}{PERSONS}")
    with pytest.raises(RefusedData) as caught:
        city.hub.releases.publish(rows, Reader("li", "开放"), city.now)
    # Where masking suffices the plan was measured, and four people are too few for k = 11.
    assert ("实测 k=1" in caught.value.zh) == (article is None)
    assert ("不得向社会开放" in caught.value.zh) == (article is not None)
    if article is not None:
        title = city.hub.rules_on(city.now).profile.instrument.title_zh
        assert f"《{title}》{article}" in caught.value.zh


@pytest.mark.parameter("opening.assessment_first", "statistics.min_cell")
def test_a_statistic_is_assessed_first_and_hides_small_cells(named) -> None:
    _, city = named
    bare = release(city, "bare", BY_SEX)
    with pytest.raises(RefusedData, match="安全风险评估"):
        city.hub.releases.publish(bare, Reader("li", "开放"), city.now)
    assessed = release(city, "assessed", f"{ASSESSED}{BY_SEX}")
    made = city.hub.releases.publish(assessed, Reader("li", "开放"), city.now).manifest
    assert (made.min_cell, made.cells_suppressed) == (5, made.cells)  # each of the four has a sex of its own


@pytest.mark.parameter("statistics.min_cell", "opening.assessment_first")
def test_a_city_of_one_s_own_may_ask_for_less(haishu: LoopCity) -> None:
    text = (PROFILES / "haishu.yaml").read_text(encoding="utf-8")
    text = text.replace("id: haishu", "id: ours").replace("min_cell: {value: 5", "min_cell: {value: 2")
    text = text.replace(
        'assessment_first: {value: true, article: "32"}', "assessment_first: {value: false, house: 试验}"
    )
    own = haishu.root / "city" / "profiles"
    own.mkdir()
    (own / "ours.yaml").write_text(text, encoding="utf-8")
    releases = go_by(haishu, "ours").hub.releases
    made = releases.publish(release(haishu, "bare", BY_SEX), Reader("li", "开放"), haishu.now).manifest
    assert made.min_cell == 2


# --- changing the rules ------------------------------------------------------------------------------------------------------


@pytest.mark.duty("R-226")
def test_changing_the_home_s_city_changes_what_is_new_and_leaves_what_is_open(haishu: LoopCity) -> None:
    city = haishu
    old = in_hand(city)
    settings = (city.root / "settings.yaml").read_text(encoding="utf-8")
    told = command(city, "policy", "use", "wuhan")
    assert "wuhan@2021-11-15" in told and "沿用 haishu@2022-01-01" in told
    after = (city.root / "settings.yaml").read_text(encoding="utf-8")
    assert after == settings.replace("profile: haishu", "profile: wuhan")  # comments and all
    new = city.hub.problems.route(
        reported(city, key=(B,), reference="窗口-2", proposed="1985-03-08").id, STEWARD, city.now
    )
    assert (old.profile, new.profile) == ("haishu@2022-01-01", "wuhan@2021-11-15")
    assert (old.due, new.due) == (date(2026, 11, 9), date(2026, 11, 3))
    handling = city.hub.problems.handling
    handling.ask_extension(old.id, POLICE, city.now, cause="档案在外地", until=None)
    granted = handling.decide_extension(old.id, STEWARD, city.now, grant=True, reason="属实")
    assert granted.due == date(2027, 1, 1)  # Haishu's sixty days, though the home goes by Wuhan's rules now
    handling.accept(new.id, POLICE, city.now)
    with pytest.raises(UserError, match="武汉市公共数据资源管理办法"):
        handling.ask_extension(new.id, POLICE, city.now, cause="档案在外地", until=None)
    assert steps_of(city, city.hub.tickets.show(old.id).ticket, POLICE)[Event.ANSWERED_CORRECTED] == "完成整改"
    assert steps_of(city, new, POLICE)[Event.ANSWERED_CORRECTED] == "更正"
    moved = handling.reassign(granted.id, STEWARD, city.now, department="mz", reason="属民政登记")
    assert moved.due == date(2026, 11, 9)  # five working days again: by the version it keeps
    assert steps_of(city, moved, CIVIL)[Event.ANSWERED_TALKED] == "沟通解决"


@pytest.mark.duty("R-226")
def test_a_newer_version_holds_for_cases_filed_from_its_first_day(haishu: LoopCity) -> None:
    city = haishu
    shipped = (PROFILES / "haishu.yaml").read_text(encoding="utf-8")
    own = city.root / "city" / "profiles"
    own.mkdir()
    (own / "haishu.yaml").write_text(
        shipped.replace("effective_to: null", "effective_to: 2026-11-30"), encoding="utf-8"
    )
    newer = shipped.replace("effective_from: 2022-01-01", "effective_from: 2026-12-01")
    newer = newer.replace('  days: {value: 5wd, article: "27"}', '  days: {value: 2wd, article: "27"}')
    (own / "haishu@2026-12-01.yaml").write_text(newer, encoding="utf-8")
    before = reported(city)
    december = city.now.replace(month=12, day=1)
    late = city.hub.problems.route(before.id, STEWARD, december)
    assert (late.profile, late.due) == ("haishu@2022-01-01", date(2026, 12, 8))  # filed in November: five days
    said = ProblemReport(
        kind=Kind.WRONG_VALUE, resource="register", key=(B,), item="born", doubted=None, proposed="1985-03-08", reason="户口簿",
    )  # fmt: skip
    fresh = city.hub.problems.report(said, CLERK, december, Channel.FORM).ticket
    fresh = city.hub.problems.route(fresh.id, STEWARD, december)
    assert (fresh.profile, fresh.due) == ("haishu@2026-12-01", date(2026, 12, 3))
    city.close()


def test_old_tickets_with_the_bare_city_keep_its_first_version(haishu: LoopCity) -> None:
    city = haishu
    clock = city.hub.clock.of("haishu")
    assert clock.rules == city.hub.clock.of("haishu@2022-01-01").rules
    city.close()


# --- higher law ----------------------------------------------------------------------------------------------------------------

CONFIRMED = """\
id: order_809
instrument: {title_zh: 政务数据共享条例, title_en: Regulations on Government Data Sharing, number: 国务院令第809号, issuer: 国务院}
effective_from: 2025-08-01
note_zh: 已核对
note_en: checked
numbers:
  - parameter: problem_data.days
    value: 10wd
    verified: true
    article: "26"
    confirmed: {by: 李工, on: 2026-11-02}
"""


@pytest.mark.parameter("problem_data.days")
def test_a_number_of_higher_law_warns_until_it_is_confirmed_and_then_binds_new_cases(named) -> None:
    name, city = named
    before = routed(city)
    assert before.due == EXPECTED[name].due
    assert "未经核实" in command(city, "ticket", "show", before.id)
    folder = city.root / "city" / "overlays"
    folder.mkdir()
    (folder / "order_809.yaml").write_text(CONFIRMED, encoding="utf-8")
    city.close()
    after = city.hub.problems.route(
        reported(city, key=(B,), reference="窗口-2", proposed="1985-03-08").id, STEWARD, city.now
    )
    assert (after.due, after.limit_kind) == (date(2026, 11, 16), LimitKind.LEGAL)
    assert after.profile.endswith("+order_809@2026-11-02")
    assert city.hub.tickets.show(before.id).ticket.due == EXPECTED[name].due
    told = command(city, "ticket", "show", after.id)
    assert "《政务数据共享条例》第26条" in told
    assert "未经核实" not in told


# --- what waits ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("city", CITIES)
def test_a_city_s_rules_are_shown_with_article_house_or_silence(city: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["policy", "show", city, "--home", str(tmp_path)])
    assert done.exit_code == 0
    for one in PARAMETERS:
        assert one.en in done.output.replace("\n", " ") or one.zh in done.output, one.path
    wanted = EXPECTED[city]
    assert wanted.authority in done.output and wanted.provider in done.output
    assert (wanted.status or "现行有效") in done.output
    assert "未规定" in done.output and "自定 house" in done.output and "未核实 unverified" in done.output
