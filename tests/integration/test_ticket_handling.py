"""What people do with tickets, each to the outcome that a user sees; SQLite, and PostgreSQL where one answers."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from ticket_desk import (
    CLERK,
    COUNTER,
    DAY,
    HOUSEHOLD,
    NOW,
    OFFICER,
    SECOND,
    SEX,
    STEWARD,
    TAXMAN,
    Desk,
    databases,
    group,
)

from ground.errors import Conflict, Forbidden, NotFound, UserError
from policy.clock import SHANGHAI
from quality.repairs import Repair
from quality.tickets.clocks import LimitKind
from quality.tickets.events import Channel, Kind
from quality.tickets.queue import QueueFilter
from quality.tickets.reports import ProblemReport
from quality.tickets.states import Event, Outcome, State


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request, tmp_path):
    yield from databases(request.param, tmp_path)


@pytest.fixture
def desk(db):
    return Desk(db)


def a_report(**changes):
    facts = {
        "kind": Kind.WRONG_VALUE, "resource": HOUSEHOLD, "key": ("330106199001010017",), "item": "name",
        "doubted": "张伟", "proposed": "张玮", "reason": "与身份证原件不一致", "reference": "窗口-1", **changes,
    }  # fmt: skip
    return ProblemReport(**facts)


def send(desk, actor=COUNTER, now=NOW, channel=Channel.API, value="v1", **changes):
    return desk.reporting.report(
        a_report(**changes),
        actor,
        now,
        channel=channel,
        department="ga",
        batch="ga_household/2026-11/0001",
        value=value,
    )


# --- extensions (Haishu 27) -------------------------------------------------------------------------------------------


@pytest.mark.duty("R-181")
def test_an_extension_is_granted_by_the_authority_within_sixty_days_of_receipt(desk):
    opened = desk.one("f1")
    desk.handling.accept(opened.id, OFFICER, NOW)
    with pytest.raises(UserError, match="60 natural days") as caught:
        desk.handling.ask_extension(opened.id, OFFICER, NOW, cause="系统迁移", until=date(2026, 5, 2))  # the 61st day
    assert "2026-05-01" in caught.value.zh
    assert desk.state(opened.id) is State.ACCEPTED
    asked = desk.handling.ask_extension(opened.id, OFFICER, NOW, cause="系统迁移", until=date(2026, 5, 1))
    assert (asked.state, asked.due) == (State.EXTENSION_ASKED, opened.due)
    with pytest.raises(Forbidden):
        desk.handling.decide_extension(opened.id, OFFICER, NOW, grant=True, reason="同意")
    granted = desk.handling.decide_extension(opened.id, STEWARD, NOW + DAY, grant=True, reason="理由充分")
    assert (granted.state, granted.due, granted.limit_kind) == (State.EXTENDED, date(2026, 5, 1), LimitKind.EXTENDED)
    explained = desk.tickets.explain(granted)
    assert explained[0] == "2026-03-02 收到，60个自然日，截止 2026-05-01 24:00"
    assert len(explained) == 62


@pytest.mark.duty("R-181")
def test_the_authority_may_grant_less_or_refuse(desk):
    first, second = desk.one("f1"), desk.one("f2", snapshot=8)
    for one in (first, second):
        desk.handling.accept(one.id, OFFICER, NOW)
        desk.handling.ask_extension(one.id, OFFICER, NOW, cause="系统迁移", until=None)
    shorter = desk.handling.decide_extension(first.id, STEWARD, NOW, grant=True, until=date(2026, 3, 20), reason="够用")
    assert (shorter.due, desk.tickets.explain(shorter)[0]) == (
        date(2026, 3, 20), "2026-03-02 收到，18个自然日，截止 2026-03-20 24:00",
    )  # fmt: skip
    refused = desk.handling.decide_extension(second.id, STEWARD, NOW, grant=False, reason="理由不足")
    assert (refused.state, refused.due) == (State.ACCEPTED, second.due)


@pytest.mark.duty("R-182")
def test_an_urgent_limit_is_set_for_the_case_and_is_never_later(desk):
    opened = desk.one("f1")
    for until in (date(2026, 3, 2), date(2026, 3, 10)):
        with pytest.raises(UserError):
            desk.handling.set_urgent(opened.id, STEWARD, NOW, until=until, reason="办证当事人在窗口等候")
    urgent = desk.handling.set_urgent(opened.id, STEWARD, NOW, until=date(2026, 3, 3), reason="办证当事人在窗口等候")
    assert (urgent.due, urgent.urgent, urgent.limit_kind) == (date(2026, 3, 3), True, LimitKind.URGENT)
    assert desk.tickets.queue().rows[0].id == opened.id


# --- the three resolutions --------------------------------------------------------------------------------------------


@pytest.mark.duty("R-183")
def test_confirmed_closes_after_review_and_the_mark_goes(desk):
    opened = desk.one("f1", "f2")
    answered = desk.handling.answer_confirmed(opened.id, OFFICER, NOW, check="核对了原始档案", basis="档案 2019-12")
    assert (answered.state, answered.answer) == (State.RESOLVED, Outcome.CONFIRMED)
    assert desk.marks() == ["f1", "f2"]
    with pytest.raises(Forbidden):
        desk.handling.review(opened.id, OFFICER, NOW, accept=True)
    learned = [("f1", "digest1"), ("f2", "digest2")]
    closed = desk.handling.review(opened.id, STEWARD, NOW + DAY, accept=True, learned=learned)
    assert (closed.state, closed.outcome, closed.findings_open) == (State.CLOSED, Outcome.CONFIRMED, 0)
    assert desk.marks() == []


@pytest.mark.duty("R-183")
def test_evidence_that_does_not_suffice_is_sent_back(desk):
    opened = desk.one("f1")
    desk.handling.answer_confirmed(opened.id, OFFICER, NOW, check="看过了", basis="口头")
    with pytest.raises(UserError, match="does not suffice"):
        desk.handling.review(opened.id, STEWARD, NOW, accept=False)
    back = desk.handling.review(opened.id, STEWARD, NOW, accept=False, reason="请提供档案编号")
    assert (back.state, back.answer, back.rounds) == (State.ACCEPTED, None, 1)


@pytest.mark.duty("R-183")
def test_talked_through_keeps_the_mark_until_it_is_put_right(desk):
    opened = desk.one("f1", "f2")
    desk.handling.answer_talked(
        opened.id, OFFICER, NOW, record="已与报告人电话沟通，待系统改造", review_on=date(2026, 6, 1)
    )
    closed = desk.handling.review(opened.id, STEWARD, NOW, accept=True)
    assert (closed.state, closed.outcome, closed.review_on) == (State.CLOSED, Outcome.TALKED_THROUGH, date(2026, 6, 1))
    assert desk.marks() == ["f1", "f2"]
    assert desk.find(8, group(["f1", "f2"]), now=NOW + DAY) == []  # it is known; no second ticket
    desk.repair(9, ["f1"])
    assert desk.marks() == ["f2"]
    assert desk.tickets.show(opened.id).events[-1].event is Event.MARK_CLEARED
    again = desk.handling.reopen(opened.id, STEWARD, NOW + 90 * DAY, reason="复核日期已到")
    assert (again.state, again.received_at, again.findings_open) == (State.ROUTED, NOW + 90 * DAY, 1)
    assert [one.id for one in desk.repair(10, ["f2"], now=NOW + 91 * DAY).closed] == [opened.id]


@pytest.mark.duty("R-183")
def test_what_was_talked_through_comes_back_on_its_day_of_review(desk):
    opened, mended = desk.one("f1", "f2"), desk.one("f3", rule=SEX)
    for one in (opened, mended):
        desk.handling.answer_talked(one.id, OFFICER, NOW, record="已沟通", review_on=date(2026, 6, 1))
        desk.handling.review(one.id, STEWARD, NOW, accept=True)
    desk.repair(9, ["f3"])
    day = datetime(2026, 6, 1, tzinfo=SHANGHAI)
    assert desk.timer.tick(day - timedelta(seconds=1))[Event.REOPENED] == []
    (again,) = desk.timer.tick(day)[Event.REOPENED]
    assert (again.id, again.state, again.due, again.rounds) == (opened.id, State.ROUTED, date(2026, 6, 8), 1)
    assert desk.timer.tick(day)[Event.REOPENED] == []
    assert desk.tickets.show(mended.id).ticket.state is State.CLOSED


def test_what_was_corrected_or_confirmed_is_not_taken_up_again(desk):
    opened = desk.one("f1")
    desk.repair(8, ["f1"])
    with pytest.raises(UserError, match="talked through"):
        desk.handling.reopen(opened.id, STEWARD, NOW + DAY, reason="再看看")


@pytest.mark.duty("R-183")
def test_a_report_does_not_close_before_its_reporter_was_told(desk):
    reported = send(desk).ticket
    desk.handling.route(reported.id, STEWARD, NOW)
    answered = desk.handling.answer_confirmed(reported.id, OFFICER, NOW, check="核对了底册", basis="底册 7 页")
    assert answered.notified_at == NOW
    assert [event.event for event in desk.tickets.show(reported.id).events][-2:] == [
        Event.ANSWERED_CONFIRMED, Event.REPORTER_NOTIFIED,
    ]  # fmt: skip
    assert desk.handling.review(reported.id, STEWARD, NOW, accept=True).state is State.CLOSED


def test_a_resolution_out_of_order_is_refused_and_changes_nothing(desk):
    opened = desk.one("f1")
    before = desk.truth()
    for call in (
        lambda: desk.handling.review(opened.id, STEWARD, NOW, accept=True),
        lambda: desk.handling.decide_extension(opened.id, STEWARD, NOW, grant=True, reason="x"),
        lambda: desk.handling.conclude(opened.id, STEWARD, NOW),
        lambda: desk.handling.reopen(opened.id, STEWARD, NOW, reason="x"),
        lambda: desk.handling.dispute(opened.id, STEWARD, NOW, reason="x"),
    ):
        with pytest.raises(Conflict):
            call()
    assert desk.truth() == before


# --- two at once ------------------------------------------------------------------------------------------------------


def test_two_officers_at_once_one_wins_and_the_other_is_told(desk):
    opened = desk.one("f1")
    desk.handling.accept(opened.id, OFFICER, NOW)
    seen = desk.show(opened.id).last_seq
    outcomes: list[str] = []
    gate = threading.Barrier(2)

    def answer(actor, text):
        gate.wait()
        try:
            desk.handling.answer_confirmed(opened.id, actor, NOW, check=text, basis="档案", seen=seen)
            outcomes.append("won")
        except Conflict as told:
            outcomes.append(told.zh)

    threads = [threading.Thread(target=answer, args=one) for one in ((OFFICER, "甲"), (SECOND, "乙"))]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(map(len, outcomes))[0] == len("won")
    assert sum(one == "won" for one in outcomes) == 1
    assert any("已有变动" in one and "已答复" in one for one in outcomes)
    assert [event.event for event in desk.tickets.show(opened.id).events].count(Event.ANSWERED_CONFIRMED) == 1


# --- routing ----------------------------------------------------------------------------------------------------------


def test_another_department_gets_a_clock_of_its_own(desk):
    opened = desk.one("f1")
    moved = desk.handling.reassign(opened.id, STEWARD, NOW + 3 * DAY, department="sw", reason="数据由税务提供")
    assert (moved.department, moved.received_at, moved.due) == ("sw", NOW + 3 * DAY, date(2026, 3, 12))
    with pytest.raises(NotFound):
        desk.handling.accept(opened.id, OFFICER, NOW + 3 * DAY)
    assert desk.handling.accept(opened.id, TAXMAN, NOW + 3 * DAY).state is State.ACCEPTED
    with pytest.raises(UserError, match="already"):
        desk.handling.reassign(opened.id, STEWARD, NOW + 3 * DAY, department="sw", reason="x")


def test_withdrawing_ends_the_findings_and_they_may_be_found_again(desk):
    opened = desk.one("f1")
    gone = desk.handling.withdraw(opened.id, STEWARD, NOW, reason="规则有误，已撤销")
    assert (gone.state, gone.is_open, desk.marks()) == (State.WITHDRAWN, False, [])
    assert desk.one("f1", snapshot=8, now=NOW + DAY).id != opened.id


# --- triage -----------------------------------------------------------------------------------------------------------


def test_chosen_findings_go_on_in_a_ticket_of_their_own_with_the_same_clock(desk):
    opened = desk.one("f1", "f2", "f3")
    desk.handling.accept(opened.id, OFFICER, NOW + DAY)
    left, new = desk.handling.split(opened.id, OFFICER, NOW + 2 * DAY, fingerprints=["f2", "stranger"])
    assert (left.findings_open, left.findings_total, new.findings_open) == (2, 2, 1)
    assert (new.state, new.due, new.received_at, new.assignee) == (State.ACCEPTED, opened.due, NOW, OFFICER.id)
    assert (desk.standing(left.id), desk.standing(new.id)) == ({"f1", "f3"}, {"f2"})
    desk.handling.answer_confirmed(new.id, OFFICER, NOW + 2 * DAY, check="原件如此", basis="档案 3")
    desk.handling.review(new.id, STEWARD, NOW + 2 * DAY, accept=True)
    assert desk.marks() == ["f1", "f3"]
    for chosen in (["f1", "f3"], [], ["stranger"]):
        with pytest.raises(UserError, match="Choose 1 to 1"):
            desk.handling.split(opened.id, OFFICER, NOW, fingerprints=chosen)


def test_two_tickets_of_one_department_and_resource_are_merged(desk):
    first, second = desk.one("f1", "f2"), desk.one("f3", snapshot=8, rule=SEX)
    taken = desk.handling.merge(second.id, STEWARD, NOW, into=first.id, reason="同一原因：列错位")
    assert (taken.findings_open, desk.standing(first.id)) == (3, {"f1", "f2", "f3"})
    gone = desk.show(second.id)
    assert (gone.state, gone.merged_into, gone.is_open) == (State.MERGED, first.id, False)
    assert [one.id for one in desk.repair(9, ["f1", "f2", "f3"]).closed] == [first.id]
    with pytest.raises(UserError, match="itself"):
        third = desk.one("f9", snapshot=10)
        desk.handling.merge(third.id, STEWARD, NOW, into=third.id, reason="x")
    (tax,) = desk.find(11, group(["t1"], "sw_x.a.b", resource="sw_tax_registration", department="sw"))
    with pytest.raises(UserError, match="one resource and department"):
        desk.handling.merge(tax.id, STEWARD, NOW, into=third.id, reason="x")


def test_tickets_of_one_cause_are_grouped_and_found_by_it(desk):
    first, second = desk.one("f1"), desk.one("f2", snapshot=8)
    for one in (first, second):
        desk.handling.group(one.id, STEWARD, NOW, name="性别列整体错位")
    assert len(desk.tickets.queue(QueueFilter(group="性别列整体错位")).rows) == 2
    assert desk.handling.group(first.id, STEWARD, NOW, name=None).group is None


# --- disputes (Chifeng, part 5) ---------------------------------------------------------------------------------------


def to_disputed(desk):
    reported = send(desk).ticket
    desk.handling.route(reported.id, STEWARD, NOW)
    desk.handling.answer_confirmed(reported.id, OFFICER, NOW, check="底册如此", basis="底册 7 页")
    desk.handling.review(reported.id, STEWARD, NOW, accept=True)
    assert desk.marks() == []
    return desk.handling.dispute(reported.id, COUNTER, NOW + DAY, reason="当事人出示了更名证明")


@pytest.mark.duty("R-187")
def test_a_dispute_brings_the_mark_back_and_ends_by_agreement(desk):
    disputed = to_disputed(desk)
    assert (disputed.state, disputed.findings_open, disputed.outcome, len(desk.marks())) == (State.DISPUTED, 1, None, 1)
    with pytest.raises(Forbidden):
        desk.handling.coordinate(disputed.id, OFFICER, NOW + DAY, parties="公安局、政务大厅")
    desk.handling.coordinate(disputed.id, STEWARD, NOW + DAY, parties="公安局、政务大厅")
    agreed = desk.handling.coordinated(disputed.id, STEWARD, NOW + DAY, decision="correct", record="同意更正")
    assert (agreed.state, agreed.due) == (State.ACCEPTED, date(2026, 3, 10))
    assert desk.handling.answer_corrected(disputed.id, OFFICER, NOW + 2 * DAY, how="已更正").state is State.VERIFICATION


def test_a_dispute_leaves_what_was_found_again_since_to_the_ticket_that_has_it(desk):
    old = desk.one("a", "b")
    desk.handling.accept(old.id, OFFICER, NOW)
    desk.handling.answer_confirmed(old.id, OFFICER, NOW, check="底册如此", basis="底册 7 页")
    desk.handling.review(old.id, STEWARD, NOW, accept=True)
    again = desk.one("a", snapshot=9, now=NOW + DAY)
    disputed = desk.handling.dispute(old.id, STEWARD, NOW + DAY, reason="当事人出示了更名证明")
    assert (desk.standing(again.id), desk.standing(old.id), disputed.findings_open) == ({"a"}, {"b"}, 1)
    stands = desk.contents()
    desk.tickets.rebuild()
    assert desk.contents() == stands


@pytest.mark.duty("R-187")
@pytest.mark.parametrize("decision", ["correct", "stands"])
def test_where_coordination_fails_the_government_of_the_level_decides(desk, decision):
    name = to_disputed(desk).id
    desk.handling.coordinate(name, STEWARD, NOW, parties="公安局、政务大厅")
    with pytest.raises(UserError, match="number of the document"):
        desk.handling.escalate(name, STEWARD, NOW, document="")
    desk.handling.escalate(name, STEWARD, NOW, document="海数〔2026〕3号")
    decided = desk.handling.government_decided(name, STEWARD, NOW, decision=decision, document="海政〔2026〕9号")
    assert (decided.state, decided.decision) == (State.DECIDED, decision)
    if decision == "stands":
        closed = desk.handling.conclude(name, STEWARD, NOW + DAY)
        assert (closed.state, closed.outcome, desk.marks()) == (State.CLOSED, Outcome.CONFIRMED, [])
        return
    with pytest.raises(UserError, match="later batch"):
        desk.handling.conclude(name, STEWARD, NOW + DAY)
    desk.handling.answer_corrected(name, OFFICER, NOW + DAY, how="按决定更正")
    (fingerprint,) = desk.standing(name)
    done = desk.repair(9, [fingerprint], reports={fingerprint: ["b9"]})
    assert [one.id for one in done.closed] == [name]
    story = [event.event for event in desk.tickets.show(name).events]
    assert [one for one in story if one in (Event.DISPUTED, Event.COORDINATION_STARTED, Event.ESCALATED, Event.GOVERNMENT_DECIDED)] == [
        Event.DISPUTED, Event.COORDINATION_STARTED, Event.ESCALATED, Event.GOVERNMENT_DECIDED,
    ]  # fmt: skip


def test_only_the_reporter_or_the_authority_disputes(desk):
    reported = send(desk).ticket
    desk.handling.route(reported.id, STEWARD, NOW)
    desk.handling.answer_confirmed(reported.id, OFFICER, NOW, check="底册如此", basis="底册 7 页")
    with pytest.raises(NotFound):
        desk.handling.dispute(reported.id, CLERK, NOW, reason="我也不同意")
    with pytest.raises(Forbidden):
        desk.handling.dispute(reported.id, OFFICER, NOW, reason="我也不同意")


# --- reports (Haishu 27, 28) ------------------------------------------------------------------------------------------


@pytest.mark.duty("R-179")
def test_a_report_waits_for_the_authority_and_goes_to_the_owner(desk):
    done = send(desk)
    assert (done.ticket.state, done.ticket.kind, done.ticket.item) == (State.SUBMITTED, Kind.WRONG_VALUE, "name")
    assert (done.ticket.limit_kind, done.ticket.due) == (LimitKind.TRIAGE, date(2026, 3, 3))
    assert len(desk.marks()) == 1
    routed = desk.handling.route(done.ticket.id, STEWARD, NOW + DAY)
    assert (routed.department, routed.received_at, routed.due) == ("ga", NOW + DAY, date(2026, 3, 10))
    (kept,) = desk.reporting.of(done.ticket.id)
    assert kept.said == a_report()


@pytest.mark.duty("R-184")
def test_the_same_report_sent_twice_is_one_ticket_and_another_under_its_number_is_refused(desk):
    first = send(desk)
    before = desk.truth()
    again = send(desk, now=NOW + DAY)
    assert (again.ticket.id, again.report, again.repeated, again.joined) == (first.ticket.id, first.report, True, False)
    with pytest.raises(Conflict, match="used for another report"):
        send(desk, item="sex", doubted="1", proposed="2")
    assert desk.truth() == before


def test_ten_thousand_identical_reports_are_one_ticket(desk):
    first = send(desk)
    for number in range(2, 30):  # a rate limit stands before this: see the interface
        joined = send(desk, reference=f"窗口-{number}")
        assert (joined.ticket.id, joined.joined) == (first.ticket.id, True)
    other = send(desk, actor=CLERK, channel=Channel.FORM, reference=None, proposed=None)
    assert (other.ticket.id, other.ticket.reports, other.ticket.findings_total) == (first.ticket.id, 30, 1)
    assert [one.id for one in desk.tickets.queue(seen_by=CLERK).rows] == [first.ticket.id]
    assert len(desk.tickets.list()) == 1


def test_after_it_is_closed_a_new_report_opens_a_new_ticket(desk):
    first = send(desk).ticket
    (fingerprint,) = desk.standing(first.id)
    assert [one.id for one in desk.repair(8, [fingerprint], reports={fingerprint: ["b3"]}).closed] == [first.id]
    assert send(desk, reference="窗口-2", value="v2").ticket.id != first.id


def test_a_returned_report_is_completed_or_withdrawn_by_its_reporter(desk):
    name = send(desk, proposed=None).ticket.id
    with pytest.raises(UserError, match="what is missing"):
        desk.handling.return_report(name, STEWARD, NOW, reason="")
    desk.handling.return_report(name, STEWARD, NOW, reason="请写明依据的证件")
    with pytest.raises(NotFound):
        desk.reporting.resubmit(name, a_report(reference="窗口-9"), CLERK, NOW, batch=None, value="v1")
    with pytest.raises(Conflict, match="same record and item"):
        desk.reporting.resubmit(name, a_report(item="sex", reference="窗口-9"), COUNTER, NOW, batch=None, value="v1")
    again = desk.reporting.resubmit(name, a_report(reference="窗口-9"), COUNTER, NOW + DAY, batch=None, value="v1")
    assert (again.state, again.due, len(desk.reporting.of(name))) == (State.SUBMITTED, date(2026, 3, 4), 2)
    gone = desk.handling.withdraw(name, COUNTER, NOW + DAY, reason="当事人已自行更正")
    assert (gone.state, desk.marks()) == (State.WITHDRAWN, [])


def test_what_rules_found_is_not_returned_to_anybody(db):
    desk = Desk(db, route=False)
    with pytest.raises(UserError, match="no reporter"):
        desk.handling.return_report(desk.one("f1").id, STEWARD, NOW, reason="x")


def test_nothing_of_a_person_stands_readable_in_the_database(desk):
    send(desk)
    with desk.db.begin() as connection:
        for table in ("problem_report", "ticket", "ticket_event", "ticket_finding", "ticket_event_finding"):
            text = repr(connection.exec_driver_sql(f"SELECT * FROM {table}").fetchall())
            assert not [value for value in ("330106199001010017", "张伟", "张玮", "身份证原件") if value in text]


# --- the clock --------------------------------------------------------------------------------------------------------


@pytest.mark.duty("R-180")
def test_reminders_once_each_then_overdue_as_a_fact_then_the_order(desk):
    name = desk.one("f1").id  # due on Monday the 9th
    beijing = lambda day, hour=9: datetime(2026, 3, day, hour - 8 if hour >= 8 else 0, tzinfo=UTC)  # noqa: E731
    told = []
    for day in range(3, 13):
        for _ in range(2):
            done = desk.timer.tick(beijing(day))
            told += [(day, event.value) for event, rows in done.items() for _ in rows]
    assert told == [(6, "reminded"), (9, "reminded"), (10, "overdue")]
    assert desk.state(name) is State.ROUTED
    assert desk.show(name).overdue_at == beijing(10)
    assert [one.id for one in desk.timer.to_rectify(beijing(10))] == []
    assert [one.id for one in desk.timer.to_rectify(beijing(11))] == [name]
    with pytest.raises(UserError, match="number of the order"):
        desk.handling.rectify(name, STEWARD, beijing(11), document="", until=date(2026, 3, 13))
    ordered = desk.handling.rectify(name, STEWARD, beijing(11), document="海数整〔2026〕1号", until=date(2026, 3, 13))
    assert (ordered.due, ordered.limit_kind, ordered.state) == (date(2026, 3, 13), LimitKind.ORDERED, State.ROUTED)
    assert desk.timer.to_rectify(beijing(12)) == []
    with pytest.raises(UserError, match="cannot be extended"):
        desk.handling.accept(name, OFFICER, beijing(11))
        desk.handling.ask_extension(name, OFFICER, beijing(11), cause="x", until=None)


def test_an_order_is_made_out_on_what_is_overdue_only(desk):
    opened = desk.one("f1")
    with pytest.raises(UserError, match="not overdue"):
        desk.handling.rectify(opened.id, STEWARD, NOW, document="x", until=date(2026, 4, 1))


def test_whatever_happens_is_heard_once(desk):
    opened = desk.one("f1")
    desk.handling.answer_corrected(opened.id, OFFICER, NOW, how="已更正")
    desk.repair(8, ["f1"], kind=Repair.GONE)
    assert desk.told == ["found", "routed", "accepted", "answered_corrected", "repaired"]
    assert desk.show(opened.id).closed_at == NOW + DAY
    assert timedelta(0) < desk.show(opened.id).due_at - NOW
