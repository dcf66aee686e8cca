"""Reviews, publication, changes and withdrawal of entries, with the documents that they leave."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from entry_desk import (
    BUREAU,
    CALENDAR,
    CENTRE,
    CONDITIONAL,
    EAST,
    EAST_MZ,
    GA,
    NOT_SHARED,
    NOW,
    UNITS,
    WEST,
    make_desk,
    resource,
)

from catalog.cases import store
from catalog.cases.model import apply
from catalog.cases.timing import CaseTimer
from catalog.departments import Department
from catalog.entries.rollup import rollup
from catalog.entries.states import ENTRY
from catalog.model import Resource
from catalog.organisation import Organisation
from ground.documents import read_document
from ground.errors import Conflict, DocumentError, Forbidden, UserError

DAY = timedelta(days=1)


@pytest.fixture
def desk(operational, tmp_path):
    return make_desk(operational, tmp_path)


def published(desk, name="ga_household", by=GA, **over):
    """An entry that has gone all the way under Wuhan's rules, unconditional."""
    desk.service.draft(resource(name, **over), by, NOW)
    desk.service.submit([name], by, NOW)
    desk.service.review([name], BUREAU, NOW)
    desk.service.publish([name], by, NOW)
    return desk.case(name)


def test_a_first_entry_from_draft_to_its_document(desk):
    case = published(desk)
    assert (case.state, case.limit, case.facts["version"]) == ("published", None, 1)
    document = read_document(desk.file(), Resource)
    assert (document.title, document.released) == ("户籍登记", date(2026, 11, 25))
    assert desk.city().resource("ga_household") == document
    assert desk.events() == ["drafted", "submitted", "reviewed", "published"]
    assert [one.by for one in desk.trail()] == [GA, GA, BUREAU, GA]


def test_the_case_is_what_its_events_add_up_to(desk):
    published(desk)
    changed = resource(title="户籍人口登记")
    desk.service.request_change([changed], GA, NOW, cause="error", basis="", note="名称有误")
    desk.service.return_(["ga_household"], BUREAU, NOW, reason="请补充摘要")
    again = None
    for event in desk.trail():
        again = apply(ENTRY, again, event)
    assert again == desk.case()


def test_a_returned_entry_says_why_and_comes_again(desk):
    desk.service.draft(resource(), GA, NOW)
    desk.service.submit(["ga_household"], GA, NOW)
    with pytest.raises(UserError, match="原因"):
        desk.service.return_(["ga_household"], BUREAU, NOW, reason="")
    (case,) = desk.service.return_(["ga_household"], BUREAU, NOW, reason="摘要过简")
    assert (case.state, case.facts["reason"]) == ("returned", "摘要过简")
    desk.service.draft(resource(abstract="全市户籍人口的登记、变更与注销信息"), GA, NOW)
    assert desk.service.submit(["ga_household"], GA, NOW)[0].state == "submitted"


@pytest.mark.parametrize("what", ["review", "publish", "withdraw"])
def test_the_operator_decides_nothing(desk, what):
    desk.service.draft(resource(), GA, NOW)
    desk.service.submit(["ga_household"], GA, NOW)
    if what != "review":
        desk.service.review(["ga_household"], BUREAU, NOW)
    if what == "withdraw":
        desk.service.publish(["ga_household"], GA, NOW)
        desk.service.request_withdrawal(["ga_household"], GA, NOW, reason="系统停用")
    with pytest.raises(Forbidden, match="平台运维机构"):
        getattr(desk.service, what)(["ga_household"], CENTRE, NOW)


@pytest.mark.duty("R-006")
@pytest.mark.duty("R-027")
def test_the_district_reviews_its_own_and_the_city_merges(desk):
    desk.service.draft(resource("east_marriage", department="east_mz"), EAST_MZ, NOW)
    desk.service.submit(["east_marriage"], EAST_MZ, NOW)
    for other in (WEST, BUREAU):
        with pytest.raises(Forbidden, match="东区大数据局"):
            desk.service.review(["east_marriage"], other, NOW)
    (case,) = desk.service.review(["east_marriage"], EAST, NOW)
    assert case.state == "with_city"
    with pytest.raises(Conflict):
        desk.service.publish(["east_marriage"], EAST_MZ, NOW)
    with pytest.raises(Forbidden, match="市大数据局"):
        desk.service.merge(["east_marriage"], EAST, NOW)
    assert desk.service.merge(["east_marriage"], BUREAU, NOW)[0].state == "reviewed"
    assert desk.service.publish(["east_marriage"], EAST, NOW)[0].state == "published"
    assert desk.events("east_marriage") == ["drafted", "submitted", "passed_to_city", "merged", "published"]


def test_what_is_not_shared_waits_for_the_government_and_keeps_its_number(desk):
    desk.service.draft(resource(sharing=NOT_SHARED), GA, NOW)
    desk.service.submit(["ga_household"], GA, NOW)
    (case,) = desk.service.review(["ga_household"], BUREAU, NOW)
    assert case.state == "with_government"
    with pytest.raises(Conflict):
        desk.service.publish(["ga_household"], GA, NOW)
    with pytest.raises(UserError, match="文号"):
        desk.service.approve(["ga_household"], BUREAU, NOW, document=" ")
    with pytest.raises(Forbidden):
        desk.service.approve(["ga_household"], GA, NOW, document="武政〔2026〕8号")
    desk.service.approve(["ga_household"], BUREAU, NOW, document="武政〔2026〕8号")
    desk.service.publish(["ga_household"], GA, NOW)
    assert read_document(desk.file(), Resource).sharing.approval == "武政〔2026〕8号"
    # Another change of what is not shared already needs no second approval.
    desk.service.request_change([resource(sharing=NOT_SHARED, title="户口")], GA, NOW, cause="error")
    assert desk.service.review(["ga_household"], BUREAU, NOW)[0].state == "change_reviewed"


def test_the_government_of_a_district_comes_before_the_city(desk):
    desk.service.draft(resource("east_marriage", department="east_mz", sharing=NOT_SHARED), EAST_MZ, NOW)
    desk.service.submit(["east_marriage"], EAST_MZ, NOW)
    desk.service.review(["east_marriage"], EAST, NOW)
    (case,) = desk.service.approve(["east_marriage"], EAST, NOW, document="东政〔2026〕1号")
    assert case.state == "with_city"
    assert desk.service.merge(["east_marriage"], BUREAU, NOW)[0].state == "reviewed"


@pytest.mark.duty("R-028")
@pytest.mark.duty("R-029")
def test_a_change_has_its_cause_and_three_working_days_and_nobody_approves_by_silence(desk):
    published(desk)
    new = resource(title="户籍人口登记", sharing=CONDITIONAL)
    with pytest.raises(UserError, match="事由"):
        desk.service.request_change([new], GA, NOW, cause="whim")
    with pytest.raises(UserError, match="依据"):
        desk.service.request_change([new], GA, NOW, cause="law_changed", basis=" ")
    with pytest.raises(UserError, match="相同"):
        desk.service.request_change([resource()], GA, NOW, cause="error")
    (case,) = desk.service.request_change([new], GA, NOW, cause="law_changed", basis="户口登记条例第三条")
    assert (case.state, case.limit.due, case.limit.ground) == ("change_submitted", date(2026, 11, 30), "武汉市第11条")
    assert desk.city().resource("ga_household").title == "户籍登记", "the published one stays in force"
    timer = CaseTimer(desk.database, {ENTRY.kind: ENTRY}, CALENDAR)
    for day in range(30):
        timer.tick(NOW + DAY * day)
        desk.service.tick(NOW + DAY * day)
    late = desk.case()
    assert (late.state, late.is_late(NOW + DAY * 30)) == ("change_submitted", True)
    assert desk.events().count("overdue") == 1
    assert desk.city().resource("ga_household").title == "户籍登记"
    with pytest.raises(Conflict):
        desk.service.publish(["ga_household"], GA, NOW + DAY * 30)
    after = NOW + DAY * 31
    assert desk.service.review(["ga_household"], BUREAU, after)[0].limit is None
    desk.service.publish(["ga_household"], GA, after)
    assert desk.city().resource("ga_household").title == "户籍人口登记"
    changed = next(one for one in desk.trail() if one.event == "change_published")
    assert {one["field"] for one in changed.facts["fields"]} >= {"title", "sharing.class"}
    assert changed.facts["change"]["basis"] == "户口登记条例第三条"


def test_a_department_moves_only_by_a_change_of_functions(desk):
    published(desk)
    moved = resource(department="mz")
    with pytest.raises(Conflict, match="function_changed"):
        desk.service.request_change([moved], GA, NOW, cause="error")
    desk.service.request_change([moved], GA, NOW, cause="function_changed", basis="三定规定")
    desk.service.review(["ga_household"], BUREAU, NOW)
    desk.service.publish(["ga_household"], BUREAU, NOW)
    assert desk.case().department == "mz"


def test_a_change_given_up_leaves_what_is_published(desk):
    published(desk)
    desk.service.request_change([resource(title="户口")], GA, NOW, cause="error")
    (case,) = desk.service.cancel_change(["ga_household"], GA, NOW, reason="另行申请")
    assert (case.state, case.limit, case.facts["draft"]) == ("published", None, None)


def test_many_at_once_are_one_transaction(desk):
    names = [f"ga_{n:03d}" for n in range(40)]
    desk.service.draft_many([resource(one) for one in names], GA, NOW)
    desk.service.submit(names, GA, NOW)
    desk.service.draft(resource("ga_last"), GA, NOW)
    with pytest.raises(Conflict):
        desk.service.review([*names, "ga_last"], BUREAU, NOW)
    assert desk.case("ga_000").state == "submitted"
    desk.service.review(names, BUREAU, NOW)
    desk.service.publish(names, BUREAU, NOW)
    assert len(desk.city().resources) == 40


def test_what_would_not_load_is_not_published_and_nothing_is_left(desk):
    published(desk)
    before = desk.file().read_bytes()
    without = resource(items=[{"id": "citizen_id", "title": "公民身份号码"}])
    desk.service.request_change([without], GA, NOW, cause="data_changed")
    desk.service.review(["ga_household"], BUREAU, NOW)
    desk.service.draft(resource("ga_other"), GA, NOW)
    desk.service.submit(["ga_other"], GA, NOW)
    desk.service.review(["ga_other"], BUREAU, NOW)
    (desk.directory / "feeds" / "ga_feed.yaml").write_text(
        "id: ga_feed\nresource: ga_household\nmode: full\nsource: {kind: file, path: 'ga/h.csv'}\nformat: {kind: csv}\n"
        "columns: {身份证: citizen_id, 姓名: name}\n",
        encoding="utf-8",
    )
    desk.city()
    with pytest.raises(DocumentError, match="name"):
        desk.service.publish(["ga_other", "ga_household"], GA, NOW)
    assert desk.file().read_bytes() == before
    assert not desk.file("ga_other").exists()
    assert (desk.case().state, desk.case("ga_other").state) == ("change_reviewed", "reviewed")


def test_what_cannot_be_committed_puts_the_document_back(desk, monkeypatch):
    published(desk)
    before = desk.file().read_bytes()
    desk.service.request_change([resource(title="户口")], GA, NOW, cause="error")
    desk.service.review(["ga_household"], BUREAU, NOW)

    def fails(*_):
        raise RuntimeError("the disk of the database is full")

    monkeypatch.setattr(store, "happen_all", fails)
    with pytest.raises(RuntimeError):
        desk.service.publish(["ga_household"], GA, NOW)
    monkeypatch.undo()
    assert desk.file().read_bytes() == before
    assert list(desk.directory.rglob(".*")) == []


def test_no_withdrawal_while_something_uses_it(operational, tmp_path):
    used = [("数据源 ga_feed 仍在使用", "the feed ga_feed uses it")]
    desk = make_desk(operational, tmp_path, uses=lambda _: used)
    published(desk)
    desk.service.request_withdrawal(["ga_household"], GA, NOW, reason="系统停用")
    with pytest.raises(UserError, match="ga_household：数据源 ga_feed 仍在使用"):
        desk.service.withdraw(["ga_household"], BUREAU, NOW)
    assert desk.file().exists()
    assert desk.service.refuse_withdrawal(["ga_household"], BUREAU, NOW, reason="仍在使用")[0].state == "published"
    used.clear()
    desk.service.request_withdrawal(["ga_household"], GA, NOW, reason="系统停用")
    (case,) = desk.service.withdraw(["ga_household"], BUREAU, NOW)
    assert (case.state, case.is_open, desk.file().exists()) == ("withdrawn", False, False)
    assert (desk.directory / "withdrawn" / "ga_household.yaml").exists()
    assert desk.city().resources == ()
    assert desk.trail()[-1].facts["reason"] == "系统停用"
    assert desk.service.draft(resource(), GA, NOW).state == "drafted"


@pytest.mark.duty("R-003")
def test_sharing_and_opening_change_apart_and_each_leaves_its_own_stream(desk):
    published(desk)
    closed = {"class": "not", "reason": "含个人隐私", "legal_basis": "个人信息保护法第二十五条"}
    for over in ({"opening": closed}, {"opening": closed, "sharing": CONDITIONAL}):
        desk.service.request_change([resource(**over)], GA, NOW, cause="error")
        desk.service.review(["ga_household"], BUREAU, NOW)
        desk.service.publish(["ga_household"], GA, NOW)
    reading = desk.service.reading
    sharing = [one for one in reading.trail("ga_household", attribute="sharing") if one.event == "sharing_changed"]
    opening = [one for one in reading.trail("ga_household", attribute="opening") if one.event == "opening_changed"]
    assert [(one.facts["old"], one.facts["new"]) for one in sharing] == [("unconditional", "conditional")]
    assert [(one.facts["old"], one.facts["new"]) for one in opening] == [("unconditional", "not")]
    assert {one.event for one in reading.trail("ga_household", attribute="opening")} == {"published", "opening_changed"}


@pytest.mark.duty("R-038")
def test_the_authority_sees_which_entries_changed_how_and_by_whom(desk):
    published(desk)
    since = NOW + DAY
    desk.service.request_change([resource(title="户口")], GA, since, cause="error", note="名称")
    desk.service.review(["ga_household"], BUREAU, since)
    desk.service.publish(["ga_household"], GA, since)
    told = desk.service.reading.changes(since)
    assert [(one.entry, one.event, one.by, one.cause) for one in told] == [
        ("ga_household", "change_requested", "person:gao", "error"),
        ("ga_household", "change_published", "person:gao", "error"),
    ]
    assert [one.fields for one in told] == [({"field": "title", "old": "户籍登记", "new": "户口"},)] * 2
    assert len(desk.service.reading.changes(NOW)) == 3


@pytest.mark.duty("R-025")
def test_districts_and_the_city_see_who_has_submitted_what_and_who_nothing(desk):
    published(desk)
    certificate = {"key": ["certificate"], "items": [{"id": "certificate", "title": "结婚证字号"}]}
    desk.service.draft(resource("east_marriage", department="east_mz", **certificate), EAST_MZ, NOW)
    desk.service.submit(["east_marriage"], EAST_MZ, NOW + DAY)
    desk.service.draft(resource("east_household", department="east_ga"), GA, NOW)
    rows = {one.department: one for one in desk.service.rollup()}
    assert set(rows) == {"bureau", "ga", "mz", "water", "court", "east_data", "east_mz", "west_data", "east_ga"}
    assert (rows["ga"].published, rows["ga"].authority) == (1, "bureau")
    assert (rows["east_mz"].submitted, rows["east_mz"].last_submitted, rows["east_mz"].authority) == (
        1, NOW + DAY, "east_data",
    )  # fmt: skip
    assert (rows["east_ga"].drafted, rows["east_ga"].owner, rows["east_ga"].nothing) == (1, "ga", True)
    assert {one for one, row in rows.items() if row.nothing} == set(rows) - {"ga", "east_mz"}
    assert {one.department for one in desk.service.rollup("east_data")} == {"east_data", "east_mz"}
    # The city compiles for enterprises and for units managed vertically, wherever they stand (Wuhan 10).
    gas = {"id": "east_gas", "name": "东区燃气公司", "kind": "public_enterprise", "level": "district", "parent": "east"}
    wider = Organisation(Department.model_validate(one) for one in [*UNITS, gas])
    assert {one.department for one in rollup(desk.database, wider, authority="east_data")} == {"east_data", "east_mz"}
    everything = {one.department: one.authority for one in rollup(desk.database, wider, authority="bureau")}
    assert everything["east_gas"] == "bureau" and set(everything) == set(rows) | {"east_gas"}
    desk.service.review(["east_marriage"], EAST, NOW + DAY)
    (row,) = [one for one in desk.service.rollup("east_data") if one.department == "east_mz"]
    assert (row.submitted, row.with_city) == (0, 1)
