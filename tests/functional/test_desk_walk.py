"""The loop as people walk it: reported at a counter, routed, put right by form, closed by proof; and what may come in between."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from desk_city import MONDAY, sound_person, ticket_on
from playwright.sync_api import Locator, Page, expect

from policy.clock import SHANGHAI
from quality.tickets.states import State

ADDRESS = "武汉市东西湖区吴家山街道三店大道99号1栋2单元301室"


def _form(page: Page, name: str) -> Locator:
    """A form of the ticket's page, unfolded."""
    form = page.locator(f"#do-{name}")
    if form.get_attribute("open") is None:
        form.locator("> summary").click()
    return form


def _report(page: Page, url: str, citizen: str) -> str:
    """Report a doubted address of a person; the ticket."""
    page.get_by_role("link", name="报告问题").first.click()
    page.get_by_label("信息资源").select_option(label="户籍登记")
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("公民身份号码").fill(citizen)
    page.get_by_label("信息项", exact=True).select_option(label="户籍地址")
    page.get_by_label("建议值").fill(ADDRESS)
    page.get_by_label("理由").fill("窗口核对户口簿原件，地址已变")
    page.get_by_role("button", name="提交报告").click()
    page.wait_for_url(re.compile(r"/tickets/T-"))
    assert page.url.startswith(url)
    return page.url.rpartition("/")[2]


@pytest.mark.duty("R-184")
def test_from_report_to_closed_by_proof(desk) -> None:
    person = sound_person(desk.hub, desk.now)
    clerk = desk.signed_in("counter")
    ticket = _report(clerk, desk.url, person["citizen_id"])
    expect(clerk.locator(".state")).to_have_text("待受理")
    expect(clerk.get_by_role("button", name="查看记录")).to_have_count(0)

    steward = desk.signed_in("steward")
    steward.get_by_role("link", name=re.compile("待受理 1")).click()
    steward.get_by_role("link", name=ticket).click()
    assert person["address"] not in steward.content()
    assert person["citizen_id"] not in steward.content()
    steward.get_by_role("button", name="分派").click()
    expect(steward.locator(".ticket-head .state")).to_have_text("已分派")

    desk.now += timedelta(hours=2)
    officer = desk.signed_in("ga")
    officer.goto(f"{desk.url}/tickets/{ticket}")
    officer.get_by_role("button", name="签收").click()
    expect(officer.locator(".ticket-head .state")).to_have_text("已签收")
    # The record is seen only for a purpose, and then every source of it.
    officer.locator(".reveal summary").first.click()
    officer.get_by_label("用途").first.fill("核对报告的户籍地址")
    officer.get_by_role("button", name="查看记录").first.click()
    expect(officer.locator("table.record")).to_contain_text(person["address"])
    expect(officer.locator("main")).to_contain_text("建议值")
    officer.get_by_role("link", name="返回工单").click()

    _form(officer, "corrected")
    officer.locator("#do-corrected input[name^='value.']").fill(ADDRESS)
    officer.locator("#do-corrected").get_by_label("整改措施").fill("按户口簿更正地址")
    officer.locator("#do-corrected").get_by_role("button", name="完成整改").click()
    expect(officer.locator(".ticket-head .state")).to_have_text("整改待核验")

    desk.now += timedelta(hours=1)
    desk.hub.builder.run(desk.now)

    clerk.reload()
    expect(clerk.locator(".ticket-head .state")).to_have_text("已办结")
    expect(clerk.locator(".ticket-head")).to_contain_text("完成整改")
    expect(clerk.locator(".proof")).to_contain_text("值已更正")
    expect(clerk.locator(".proof")).to_contain_text(re.compile("ga_household_form/"))
    expect(clerk.locator(".story")).to_contain_text("完成整改办结")
    clerk.get_by_role("link", name=re.compile("通知")).click()
    expect(clerk.locator(".notices li").first).to_contain_text("办结")
    assert desk.hub.tickets.show(ticket).ticket.state is State.CLOSED


def test_an_extension_is_asked_for_and_granted(desk) -> None:
    ticket = ticket_on(desk.hub, "ga_household.sex.code")
    officer = desk.signed_in("ga")
    officer.goto(f"{desk.url}/tickets/{ticket}")
    officer.get_by_role("button", name="签收").click()
    _form(officer, "extension")
    officer.locator("#do-extension").get_by_label("特殊原因").fill("原始档案在外地，调取需时")
    officer.locator("#do-extension").get_by_label("延期至").fill("2026-12-18")
    officer.locator("#do-extension").get_by_role("button", name="申请延期").click()
    expect(officer.locator(".ticket-head .state")).to_have_text("延期待审")

    steward = desk.signed_in("steward")
    steward.get_by_role("link", name=re.compile("延期待审 1")).click()
    steward.get_by_role("link", name=ticket).click()
    _form(steward, "grant")
    steward.locator("#do-grant").get_by_label("审核意见").fill("情况属实，同意")
    steward.locator("#do-grant").get_by_role("button", name="同意延期").click()
    expect(steward.locator(".ticket-head .state")).to_have_text("已延期")
    expect(steward.locator(".facts")).to_contain_text("2026-12-18 24:00")

    officer.reload()
    expect(officer.locator(".facts")).to_contain_text("延期后的时限")


def test_a_value_confirmed_as_right_is_reviewed_and_closed(desk) -> None:
    ticket = ticket_on(desk.hub, "ga_household.name.given")
    officer = desk.signed_in("ga")
    officer.goto(f"{desk.url}/tickets/{ticket}")
    _form(officer, "confirmed")
    officer.locator("#do-confirmed").get_by_label("核对了什么").fill("逐条与户籍档案核对姓名")
    officer.locator("#do-confirmed").get_by_label("依据").fill("档案 2026-0417 号")
    officer.locator("#do-confirmed").get_by_role("button", name="确认无误").click()
    expect(officer.locator(".ticket-head .state")).to_have_text("已答复")
    expect(officer.locator(".story")).to_contain_text("签收")  # whoever answers has received it

    steward = desk.signed_in("steward")
    steward.goto(f"{desk.url}/tickets/{ticket}")
    steward.on("dialog", lambda dialog: dialog.accept())
    _form(steward, "close")
    steward.locator("#do-close").get_by_role("button", name="复核通过，办结").click()
    expect(steward.locator(".ticket-head .state")).to_have_text("已办结")
    expect(steward.locator(".ticket-head")).to_contain_text("确认无误")


def test_of_two_officers_at_once_one_is_told(desk) -> None:
    ticket = ticket_on(desk.hub, "ga_household.ethnicity.code")
    first, second = desk.signed_in("ga"), desk.signed_in("ga2")
    for page in (first, second):
        page.goto(f"{desk.url}/tickets/{ticket}")
        _form(page, "talked")
        page.locator("#do-talked").get_by_label("沟通记录").fill(f"记录 {page is first}")
        page.locator("#do-talked").get_by_label("复核日期").fill("2027-03-01")
    first.locator("#do-talked").get_by_role("button", name="沟通解决").click()
    expect(first.locator(".ticket-head .state")).to_have_text("已答复")
    with desk.answering(409):
        second.locator("#do-talked").get_by_role("button", name="沟通解决").click()
        expect(second.get_by_role("alert").first).to_contain_text("李警官（公安局）已“答复：沟通解决”")
    expect(second.locator(".ticket-head .state")).to_have_text("已答复")
    assert [one.actor for one in desk.hub.tickets.show(ticket).events if one.event.value == "answered_talked"] == [
        "person:ga"
    ]


@pytest.mark.duty("R-187")
def test_a_dispute_is_coordinated_and_decided_by_the_government(desk) -> None:
    person = sound_person(desk.hub, desk.now)
    clerk = desk.signed_in("counter")
    ticket = _report(clerk, desk.url, person["citizen_id"])
    steward, officer = desk.signed_in("steward"), desk.signed_in("ga")
    steward.on("dialog", lambda dialog: dialog.accept())

    def step(page: Page, name: str, button: str, state: str, **fields: str) -> None:
        page.goto(f"{desk.url}/tickets/{ticket}")
        form = _form(page, name)
        for label, value in fields.items():
            field = form.get_by_label(label)
            if field.evaluate("one => one.tagName") == "SELECT":
                field.select_option(label=value)
            else:
                field.fill(value)
        form.get_by_role("button", name=button).click()
        expect(page.locator(".ticket-head .state")).to_have_text(state)

    step(steward, "route", "分派", "已分派")
    step(officer, "confirmed", "确认无误", "已答复", 核对了什么="与档案核对", 依据="档案 77 号")
    step(clerk, "dispute", "提出异议", "有异议", 异议理由="户口簿原件与档案不同")
    step(steward, "coordinate", "启动协调", "协调中", 参加协调的各方="公安局、政务服务窗口")
    step(steward, "escalate", "报本级政府决定", "已报政府", 报送文号="数报〔2026〕3号")
    step(steward, "decided", "登记政府决定", "政府已决定", 结论="维持原值", 决定文号="海政〔2026〕11号")
    steward.get_by_role("button", name="按决定办结").click()
    expect(steward.locator(".ticket-head .state")).to_have_text("已办结")
    clerk.reload()
    for said in ("提出异议", "启动协调", "报本级政府决定", "政府决定", "按决定办结"):
        expect(clerk.locator(".story")).to_contain_text(said)


def test_the_countdown_explains_itself_and_tells_what_is_late(desk) -> None:
    officer = desk.signed_in("ga")
    expect(officer.locator(".strip .late")).to_have_count(0)
    first = officer.locator(".list .clock").first
    expect(first.locator(".left")).to_have_text("剩 4 个工作日")
    first.locator("summary").click()
    days = first.locator(".days li")
    expect(days).to_have_count(7)  # the day of receipt, a Sunday, and five working days
    expect(days.nth(0)).to_contain_text("收到当日，不计入")
    expect(days.nth(6)).to_contain_text("2026-11-27第 5 日")

    desk.now = datetime(2026, 12, 1, 10, 30, tzinfo=SHANGHAI)  # Tuesday; two working days after Friday
    again = desk.signed_in("ga")
    expect(again.locator(".strip .late b")).not_to_have_text("0")
    again.get_by_label("只看逾期").check()
    again.get_by_role("button", name="筛选").click()
    expect(again.locator(".list .clock .left").first).to_have_text("逾期 2 个工作日")
    expect(again.locator(".list .clock .exact").first).to_have_text("已过 3 天 10 小时")


def test_it_works_without_scripts_and_by_keyboard(desk) -> None:
    page = desk.signed_in("ga")
    page.keyboard.press("Tab")
    expect(page.get_by_text("跳到正文")).to_be_focused()
    plain = desk.visitor(scripts=False)
    plain.goto(f"{desk.url}/report?resource=ga_household")
    plain.get_by_label("登录名").fill("counter")
    plain.get_by_label("密码").fill("wrong-password")
    with desk.answering(401):
        plain.get_by_role("button", name="登录").click()
        expect(plain.get_by_role("alert")).to_contain_text("登录名或密码不正确")
    expect(plain.get_by_label("登录名")).to_have_value("counter")
    assert desk.now == MONDAY
