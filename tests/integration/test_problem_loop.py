"""The loop of problem data, closed by proof: real lake, real database, every case driven to what a user sees (Haishu 27)."""

from dataclasses import replace
from datetime import date

import pytest
from loop_city import AT, CIVIL, CLERK, DAY, NOW, POLICE, RULES, STEWARD, A, B, C, D, E, LoopCity

from ground.errors import Conflict, RefusedData, UserError
from pipelines.problems.correcting import Correction
from quality.tickets.events import Channel, Kind
from quality.tickets.permissions import SYSTEM
from quality.tickets.queue import QueueFilter
from quality.tickets.reports import ProblemReport
from quality.tickets.states import Event, Outcome, State

LATER = "2026-11-03 08:00:00"
SEX, NAME, SPOUSE, DIFFERS = (
    "register.sex.code", "register.name.given", "marriage.spouse_id.registered", "agreement.population.name",
)  # fmt: skip


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    city = LoopCity(tmp_path_factory.mktemp("loop") / "home")
    city.start()
    city.close()
    return city


@pytest.fixture
def city(started, tmp_path):
    city = started.copy(tmp_path / "home")
    yield city
    city.close()


def evidence(city, ticket):
    return {
        view.fingerprint: (view.stands, view.repair, view.batch_before, view.batch_after)
        for view in city.hub.problems.findings(ticket.id, SYSTEM)
    }


def proofs(city, ticket):
    return sorted(
        (view.repair or "-", view.batch_after or "-") for view in city.hub.problems.findings(ticket.id, SYSTEM)
    )


def test_what_rules_found_stands_with_its_department(city):
    assert {(one.rule, one.department, one.findings_open) for one in city.hub.tickets.list()} == {
        (SEX, "ga", 2), (NAME, "ga", 1), (SPOUSE, "mz", 1), (DIFFERS, "ga", 1),
    }  # fmt: skip


@pytest.mark.duty("R-178", "R-183")
def test_a_changed_value_closes_its_ticket_with_batches_and_row_hashes(city):
    ticket = city.ticket(NAME)
    (view,) = city.hub.problems.findings(ticket.id, SYSTEM)
    assert (view.stands, view.key, view.repair) == (True, "330****", None)
    fixed = city.deliver("register_fix", f"{C}|孙强|9|1970-12-24|2026-11-02 09:00:00")
    city.build()
    closed = city.hub.tickets.show(ticket.id)
    assert (closed.ticket.state, closed.ticket.outcome) == (State.CLOSED, Outcome.CORRECTED)
    assert closed.events[-1].payload["batches"] == [fixed.id] or any(
        event.payload.get("batches") == [fixed.id] for event in closed.events
    )
    (view,) = city.hub.problems.findings(ticket.id, SYSTEM)
    assert (view.stands, view.repair, view.batch_before, view.batch_after) == (
        False, "changed", "register/2026-11/0001", fixed.id,
    )  # fmt: skip
    assert view.hash_before != view.hash_after
    assert None not in (view.hash_before, view.hash_after)


@pytest.mark.duty("R-183")
def test_a_partial_fix_leaves_the_rest_open(city):
    ticket = city.ticket(SEX)
    city.deliver("register_fix", f"{B}|王芳|2|1985-03-07|2026-11-02 09:00:00")
    city.build()
    left = city.hub.tickets.show(ticket.id).ticket
    assert (left.state, left.findings_open, left.findings_total) == (State.ROUTED, 1, 2)
    assert sorted(stands for stands, *_ in evidence(city, ticket).values()) == [False, True]


@pytest.mark.duty("R-183")
def test_a_dead_or_double_record_is_gone_by_tombstone(city):
    city.deliver("register_fix", f"{B}|王芳|2|1985-03-07|2026-11-02 09:00:00")
    gone = city.deliver("register_gone", f"{C}|死亡")
    city.build()
    ticket = city.ticket(SEX)
    assert ticket.state is State.CLOSED
    assert ("gone", gone.id) in proofs(city, ticket)
    assert proofs(city, city.ticket(NAME)) == [("gone", gone.id)]


@pytest.mark.duty("R-183")
def test_a_wrong_key_is_repaired_by_the_alias_table(city):
    city.deliver("register_fix", f"{B}|王芳|2|1985-03-07|2026-11-02 09:00:00")
    alias = city.deliver("code_change", f"{C}|330106197012240099|2026-11-02 09:00:00")
    city.deliver(
        "register",
        f"{A}|张伟|1|1990-01-01|{AT}", f"{B}|王芳|2|1985-03-07|{AT}", f"330106197012240099|孙强|1|1970-12-24|{AT}",
        f"{D}|赵敏|2|2000-06-15|{AT}",
    )  # fmt: skip
    city.build()
    ticket = city.ticket(SEX)
    assert ticket.state is State.CLOSED
    assert ("rekeyed", alias.id) in proofs(city, ticket)


@pytest.mark.duty("R-183")
def test_a_missing_record_that_arrived_elsewhere_repairs_the_row_that_points_to_it(city):
    ticket = city.ticket(SPOUSE)
    arrived = city.deliver("register_fix", f"{E}|吴刚|1|1964-05-20|2026-11-02 09:00:00")
    city.build()
    assert city.ticket(SPOUSE).state is State.CLOSED
    assert proofs(city, ticket) == [("other_side", arrived.id)]


@pytest.mark.duty("R-183")
def test_the_other_source_may_be_the_one_that_is_put_right(city):
    ticket = city.ticket(DIFFERS)
    mended = city.deliver("insured", f"{A}|张伟|{AT}", f"{D}|赵敏|2026-11-02 09:00:00")
    city.build()
    assert (city.ticket(DIFFERS).state, proofs(city, ticket)) == (State.CLOSED, [("other_side", mended.id)])


@pytest.mark.duty("R-183")
def test_a_rule_that_is_withdrawn_proves_nothing(city):
    ticket = city.ticket(NAME)
    (city.root / "city/rules/register.yaml").unlink()
    city.close()
    city.build()
    still = city.hub.tickets.show(ticket.id).ticket
    assert (still.state, still.findings_open, still.unproven) == (State.ROUTED, 0, 1)
    ended = city.hub.problems.handling.withdraw(ticket.id, STEWARD, city.now, reason="规则已撤销")
    assert ended.state is State.WITHDRAWN


@pytest.mark.duty("R-183")
def test_a_correction_that_does_not_last_opens_the_next_ticket(city):
    first = city.ticket(NAME)
    city.deliver("register_fix", f"{C}|孙强|9|1970-12-24|2026-11-02 09:00:00")
    city.build()
    assert city.ticket(NAME).state is State.CLOSED
    city.deliver(
        "register",
        f"{A}|张伟|1|1990-01-01|{AT}", f"{B}|王芳|X|1985-03-07|{AT}", f"{C}||9|1970-12-24|{AT}",
        f"{D}|赵敏|2|2000-06-15|2026-11-02 10:00:00",
    )  # fmt: skip
    city.build()
    again = city.ticket(NAME)
    assert (again.id != first.id, again.state, again.findings_open) == (True, State.ROUTED, 1)


# --- answering at the desk --------------------------------------------------------------------------------------------


@pytest.mark.duty("R-183", "R-185")
def test_an_officer_answers_with_a_correction_made_at_the_desk(city):
    ticket = city.ticket(SEX)
    desk = city.hub.problems
    desk.handling.accept(ticket.id, POLICE, city.now)
    seen = desk.show(ticket.id, POLICE).ticket.last_seq
    rows = [{"citizen_id": B, "sex": "2"}, {"citizen_id": C, "sex": "1"}]
    answered, batch = desk.answer_corrected(
        ticket.id, POLICE, city.now, how="已核对户口底册", correction=Correction(rows=rows), seen=seen
    )
    assert (answered.state, answered.answer_batch) == (State.VERIFICATION, batch.id)
    assert (batch.feed, batch.rows_changed, batch.uploaded_by) == ("register_form", 2, "王芳")
    city.build()
    closed = city.ticket(SEX)
    assert (closed.state, closed.outcome) == (State.CLOSED, Outcome.CORRECTED)
    assert proofs(city, closed) == [("changed", batch.id), ("changed", batch.id)]
    assert city.sql(f"SELECT sex, name FROM register WHERE citizen_id = '{B}'") == [{"sex": "2", "name": "王芳"}]


@pytest.mark.duty("R-183")
def test_an_answer_whose_batch_did_not_put_it_right_comes_back(city):
    ticket = city.ticket(SEX)
    correction = Correction(rows=[{"citizen_id": B, "sex": "2"}, {"citizen_id": C, "sex": "8"}])
    city.hub.problems.answer_corrected(ticket.id, POLICE, city.now, how="已更正", correction=correction)
    city.build()
    back = city.hub.tickets.show(ticket.id)
    assert (back.ticket.state, back.ticket.findings_open, back.ticket.answer) == (State.ACCEPTED, 1, None)
    assert back.events[-1].event is Event.NOT_REPAIRED


def test_an_answer_waits_for_the_delivery_it_speaks_of(city):
    ticket = city.ticket(NAME)
    city.hub.problems.answer_corrected(ticket.id, POLICE, city.now, how="下一批全量中更正")
    city.deliver("insured", f"{A}|张伟|{AT}", f"{D}|赵明明|2026-11-02 09:00:00")
    city.build()
    assert city.ticket(NAME).state is State.VERIFICATION


@pytest.mark.duty("R-183")
def test_a_double_record_is_struck_off_at_the_desk(city):
    ticket = city.ticket(NAME)
    gone = Correction(rows=[{"citizen_id": C}], gone=True, reason="重复户口，已注销")
    _, batch = city.hub.problems.answer_corrected(ticket.id, POLICE, city.now, how="已注销", correction=gone)
    city.build()
    assert (city.ticket(NAME).state, proofs(city, ticket)) == (State.CLOSED, [("gone", batch.id)])


@pytest.mark.parametrize(
    ("correction", "said"),
    [
        (Correction(rows=[{"citizen_id": C, "born": "2026-02-30"}]), "第 1 行 born：不是有效日期"),
        (Correction(rows=[{"citizen_id": C, "name": "超" * 21}]), "第 1 行 name：超过约定长度"),
        (Correction(rows=[{"sex": "1"}]), "第 1 行缺少主键"),
        (Correction(rows=[{"citizen_id": C, "gender": "1"}]), "没有信息项 gender"),
        (Correction(rows=[]), "没有任何行"),
        (Correction(rows=[{"citizen_id": "330106199912310000", "sex": "1"}], gone=True, reason="x"), "主键不存在"),
        (Correction(rows=[{"citizen_id": "330106199912310000", "sex": "1"}]), "主键不存在"),
        (Correction(rows=[{"citizen_id": C}], gone=True), "写明原因"),
        (Correction(file=b"\xff\xfe"), "编码"),
    ],
)
def test_a_correction_that_breaks_the_contract_is_answered_and_changes_nothing(city, correction, said):
    ticket = city.ticket(NAME)
    before = city.hub.deliveries.of()
    with pytest.raises((UserError, RefusedData)) as caught:
        city.hub.problems.answer_corrected(ticket.id, POLICE, city.now, how="已更正", correction=correction)
    assert said in str(caught.value)
    assert "超超" not in str(caught.value)
    assert city.hub.deliveries.of() == before
    assert city.hub.tickets.show(ticket.id).ticket.state is State.ROUTED


def test_two_officers_at_once_land_one_correction(city):
    ticket = city.ticket(NAME)
    seen = ticket.last_seq
    one = Correction(rows=[{"citizen_id": C, "name": "孙强"}])
    city.hub.problems.answer_corrected(ticket.id, POLICE, city.now, how="甲", correction=one, seen=seen)
    before = city.hub.deliveries.of()
    with pytest.raises(Conflict):
        city.hub.problems.answer_corrected(ticket.id, POLICE, city.now, how="乙", correction=one, seen=seen)
    assert city.hub.deliveries.of() == before


# --- confirmed as right: the rule learns ------------------------------------------------------------------------------


def confirm(city, ticket):
    city.hub.problems.handling.answer_confirmed(
        ticket.id, POLICE, city.now, check="核对了原始档案", basis="档案 1970-12"
    )
    return city.hub.problems.review(ticket.id, STEWARD, city.now, accept=True)


@pytest.mark.duty("R-183")
def test_a_false_alarm_that_was_confirmed_does_not_return_until_its_value_changes(city):
    ticket = city.ticket(SEX)
    assert confirm(city, ticket).outcome is Outcome.CONFIRMED
    same = [f"{A}|张伟|1|1990-01-01|{AT}", f"{D}|赵敏|2|2000-06-15|{AT}"]
    city.deliver(
        "register", *same, f"{B}|王芳|X|1985-03-07|2026-11-03 08:00:00", f"{C}||9|1970-12-24|2026-11-03 08:00:00"
    )
    city.build()
    assert [one.id for one in city.hub.tickets.list() if one.rule == SEX] == [ticket.id]
    assert city.sql("SELECT count(*) AS n FROM finding WHERE rule = 'register.sex.code' AND gone_since IS NULL") == [
        {"n": 0}
    ]
    assert proofs(city, ticket) == [("confirmed", "-"), ("confirmed", "-")]
    city.hub.builder.run(city.now + DAY, full=True)
    assert len([one for one in city.hub.tickets.list() if one.rule == SEX]) == 1
    city.deliver(
        "register", *same, f"{B}|王芳|Y|1985-03-07|2026-11-04 08:00:00", f"{C}||9|1970-12-24|2026-11-03 08:00:00"
    )
    city.now += 2 * DAY
    city.build()
    fresh = city.ticket(SEX)
    assert (fresh.id != ticket.id, fresh.findings_open, fresh.state) == (True, 1, State.ROUTED)


@pytest.mark.duty("R-187")
def test_a_disputed_confirmation_is_forgotten_by_the_rule(city):
    ticket = city.ticket(SEX)
    confirm(city, ticket)
    city.hub.problems.dispute(ticket.id, STEWARD, city.now, reason="档案有误")
    assert city.sql(f"SELECT sex__disputed AS d FROM population WHERE citizen_id = '{B}'") == [{"d": True}]
    city.deliver("insured", f"{A}|张伟|{AT}", f"{D}|赵明|2026-11-03 08:00:00")
    city.build()
    assert city.sql("SELECT count(*) AS n FROM finding WHERE rule = 'register.sex.code' AND gone_since IS NULL") == [
        {"n": 2}
    ]


@pytest.mark.duty("R-183", "R-187")
def test_a_confirmation_that_was_published_and_is_disputed_is_put_right_by_proof(city):
    ticket = city.ticket(SEX)
    desk = city.hub.problems
    repaired = city.deliver("register_fix", f"{C}||1|1970-12-24|2026-11-02 09:00:00")
    city.build()
    confirm(city, ticket)
    city.now += DAY
    city.deliver("insured", f"{A}|张伟|{AT}", f"{D}|赵明|2026-11-03 08:00:00")
    city.build()
    assert disputed(city, B) is False
    city.now += DAY
    again = desk.dispute(ticket.id, STEWARD, city.now, reason="档案有误")
    # What had been repaired by a batch before is not in question again.
    assert (again.findings_open, disputed(city, B), disputed(city, C)) == (1, True, False)
    assert city.hub.builder.behind()
    city.now += DAY
    assert city.build().opened == []
    assert disputed(city, B) is True
    desk.handling.coordinate(ticket.id, STEWARD, city.now, parties="公安、数据主管部门")
    desk.coordinated(ticket.id, STEWARD, city.now, decision="correct", record="以档案为准")
    city.now += DAY
    mended = city.deliver("register_fix", f"{B}|王芳|2|1985-03-07|2026-11-05 08:00:00")
    assert city.build().closed == [ticket.id]
    assert (city.ticket(SEX).outcome, disputed(city, B)) == (Outcome.CORRECTED, False)
    assert set(proofs(city, ticket)) == {("changed", repaired.id), ("changed", mended.id)}


@pytest.mark.duty("R-187")
def test_a_disputed_value_that_had_been_put_right_meanwhile_is_no_open_question(city):
    ticket = city.ticket(SEX)
    confirm(city, ticket)
    city.now += DAY
    city.deliver("register_fix", f"{B}|王芳|2|1985-03-07|2026-11-03 08:00:00")
    city.build()
    city.now += DAY
    city.hub.problems.dispute(ticket.id, STEWARD, city.now, reason="档案有误")
    city.now += DAY
    city.build()
    left = city.ticket(SEX)
    assert (left.findings_open, left.unproven, disputed(city, B), disputed(city, C)) == (1, 1, False, True)


@pytest.mark.duty("R-183")
def test_what_is_learned_is_the_value_that_was_checked_and_not_a_later_one(city):
    ticket = city.ticket(SEX)
    city.hub.problems.handling.answer_confirmed(ticket.id, POLICE, city.now, check="调阅户籍档案", basis="档案如此")
    city.now += DAY
    city.deliver("register_fix", f"{B}|王芳|Q|1985-03-07|2026-11-03 08:00:00")
    city.build()
    city.now += DAY
    city.hub.problems.review(ticket.id, STEWARD, city.now, accept=True)
    city.deliver("register_fix", f"{B}|王芳芳|Q|1985-03-07|2026-11-04 08:00:00")
    fresh = city.build().opened
    assert [city.hub.tickets.show(one).ticket.findings_open for one in fresh] == [1]
    assert (disputed(city, B), disputed(city, C)) == (True, False)


def test_a_finding_that_came_back_and_was_withdrawn_does_not_open_a_ticket_at_every_build(city):
    city.deliver("register_fix", f"{B}|王芳|2|1985-03-07|2026-11-03 08:00:00", f"{C}||1|1970-12-24|2026-11-03 08:00:00")
    city.build()
    city.now += DAY
    city.deliver("register_fix", f"{B}|王芳|X|1985-03-07|2026-11-04 08:00:00")
    (again,) = city.build().opened
    city.hub.problems.handling.withdraw(again, STEWARD, city.now, reason="规则待修订")
    city.now += DAY
    city.deliver("insured", f"{A}|张伟|{AT}", f"{D}|赵明明|2026-11-05 08:00:00")
    assert city.build().opened == []
    city.now += DAY
    city.deliver("register_fix", f"{B}|王芳|2|1985-03-07|2026-11-06 08:00:00")
    city.build()
    city.now += DAY
    city.deliver("register_fix", f"{B}|王芳|X|1985-03-07|2026-11-07 08:00:00")
    assert len(city.build().opened) == 1


# --- the mark ---------------------------------------------------------------------------------------------------------


def disputed(city, key, item="sex"):
    return city.sql(f"SELECT {item}__disputed AS d FROM population WHERE citizen_id = '{key}'")[0]["d"]


@pytest.mark.duty("R-178")
def test_the_value_is_served_with_its_mark_while_the_ticket_is_open(city):
    assert (disputed(city, A), disputed(city, B)) == (False, True)
    city.deliver("register_fix", f"{B}|王芳|2|1985-03-07|2026-11-02 09:00:00")
    city.build()
    assert (disputed(city, B), disputed(city, C)) == (False, True)


@pytest.mark.duty("R-178")
def test_a_theme_made_from_a_value_in_question_carries_its_mark(city):
    asked = "SELECT citizen_id FROM adults WHERE _disputed ORDER BY 1"
    assert [row["citizen_id"] for row in city.sql(asked)] == sorted(
        [B, C]
    )  # D differs in the name, which it does not read
    city.deliver("register_fix", f"{B}|王芳|2|1985-03-07|2026-11-02 09:00:00")
    city.build()
    assert [row["citizen_id"] for row in city.sql(asked)] == [C]


@pytest.mark.duty("R-183")
def test_talked_through_keeps_the_mark(city):
    ticket = city.ticket(SEX)
    city.hub.problems.handling.answer_talked(
        ticket.id, POLICE, city.now, record="与民政电话沟通，待系统改造", review_on=date(2027, 3, 1)
    )
    closed = city.hub.problems.review(ticket.id, STEWARD, city.now, accept=True)
    assert (closed.outcome, disputed(city, B)) == (Outcome.TALKED_THROUGH, True)
    city.deliver("insured", f"{A}|张伟|{AT}", f"{D}|赵明|2026-11-03 08:00:00")
    city.build()
    assert disputed(city, B) is True
    assert len([one for one in city.hub.tickets.list() if one.rule == SEX]) == 1
    city.deliver("register_fix", f"{B}|王芳|2|1985-03-07|2026-11-04 09:00:00", f"{C}|孙强|1|1970-12-24|{AT}")
    city.build()
    assert (disputed(city, B), disputed(city, C)) == (False, False)


def test_a_confirmed_value_loses_its_mark_at_once(city):
    confirm(city, city.ticket(SEX))
    assert disputed(city, B) is False


# --- reports of one record --------------------------------------------------------------------------------------------


def report(city, actor=CLERK, **changes):
    facts = {
        "kind": Kind.WRONG_VALUE, "resource": "register", "key": (A,), "item": "born", "doubted": "1990-01-01",
        "proposed": "1990-01-10", "reason": "出生证为 1 月 10 日", "reference": "窗口-1", **changes,
    }  # fmt: skip
    return city.hub.problems.report(ProblemReport(**facts), actor, city.now, Channel.API).ticket


@pytest.mark.duty("R-179", "R-186")
def test_a_reported_value_is_marked_at_once_and_closes_when_a_later_batch_changes_it(city):
    ticket = report(city)
    assert (ticket.state, disputed(city, A, "born"), disputed(city, A)) == (State.SUBMITTED, True, False)
    city.hub.problems.route(ticket.id, STEWARD, city.now)
    city.deliver("insured", f"{A}|张伟|{AT}", f"{D}|赵明明|2026-11-03 08:00:00")
    city.build()
    assert city.hub.tickets.show(ticket.id).ticket.state is State.ROUTED
    fixed = city.deliver("register_fix", f"{A}|张伟|1|1990-01-10|2026-11-03 09:00:00")
    city.build()
    closed = city.hub.tickets.show(ticket.id)
    assert (closed.ticket.state, closed.ticket.outcome) == (State.CLOSED, Outcome.CORRECTED)
    assert proofs(city, ticket) == [("changed", fixed.id)]
    assert disputed(city, A, "born") is False


def test_another_change_of_the_row_repairs_nothing(city):
    ticket = report(city)
    city.deliver("register_fix", f"{A}|张伟|2|1990-01-01|2026-11-03 09:00:00")
    city.build()
    assert city.hub.tickets.show(ticket.id).ticket.is_open


@pytest.mark.duty("R-183")
def test_a_reported_record_that_is_struck_off_is_repaired(city):
    ticket = report(city)
    gone = city.deliver("register_gone", f"{A}|死亡")
    city.build()
    assert (city.hub.tickets.show(ticket.id).ticket.state, proofs(city, ticket)) == (State.CLOSED, [("gone", gone.id)])


@pytest.mark.duty("R-179", "R-183")
def test_a_missing_record_closes_when_it_arrives(city):
    ticket = report(city, kind=Kind.MISSING_RECORD, key=(E,), item=None, doubted=None, proposed=None, reason="有户口本")
    city.build()
    assert city.hub.tickets.show(ticket.id).ticket.is_open
    arrived = city.deliver("register_fix", f"{E}|吴刚|1|1964-05-20|2026-11-03 09:00:00")
    city.build()
    assert (city.hub.tickets.show(ticket.id).ticket.outcome, proofs(city, ticket)) == (
        Outcome.CORRECTED, [("arrived", arrived.id)],
    )  # fmt: skip


@pytest.mark.duty("R-179")
def test_an_infringement_closes_when_the_value_is_taken_out(city):
    ticket = report(city, kind=Kind.INFRINGEMENT, item="born", doubted=None, proposed=None, reason="公开了未成年人生日")
    city.deliver("register_fix", f"{A}|张伟|1|1990-01-02|2026-11-03 09:00:00")
    city.build()
    assert city.hub.tickets.show(ticket.id).ticket.is_open
    city.deliver("register_fix", f"{A}|张伟|1||2026-11-03 10:00:00")
    city.build()
    assert city.hub.tickets.show(ticket.id).ticket.outcome is Outcome.CORRECTED


def test_a_corrected_value_that_is_still_wrong_is_disputed_and_proved_anew(city):
    ticket = report(city)
    city.deliver("register_fix", f"{A}|张伟|1|1990-01-11|2026-11-03 09:00:00")
    city.build()
    assert city.hub.tickets.show(ticket.id).ticket.state is State.CLOSED
    city.hub.problems.dispute(ticket.id, CLERK, city.now, reason="应为 10 日")
    assert disputed(city, A, "born") is True
    city.deliver("insured", f"{A}|张伟|{AT}", f"{D}|赵明明|2026-11-03 08:00:00")
    city.build()
    assert city.hub.tickets.show(ticket.id).ticket.state is State.DISPUTED
    city.deliver("register_fix", f"{A}|张伟|1|1990-01-10|2026-11-04 09:00:00")
    city.build()
    assert city.hub.tickets.show(ticket.id).ticket.outcome is Outcome.CORRECTED


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"resource": "registry"}, "register"),
        ({"key": ("330106199912310000",)}, "没有该主键的记录"),
        ({"key": (A, "x")}, "由 1 项组成"),
        ({"item": "birthday"}, "没有信息项 birthday"),
        ({"item": None}, "须指明信息项"),
        ({"proposed": "1990-02-30"}, "born：不是有效日期"),
        ({"reason": "  "}, "理由"),
        ({"kind": Kind.MISSING_RECORD, "item": None}, "没有遗漏"),
    ],
)
def test_a_report_on_what_is_not_there_gets_its_precise_answer(city, changes, said):
    before = city.hub.tickets.list()
    with pytest.raises(UserError) as caught:
        report(city, **changes)
    assert said in str(caught.value)
    assert not [value for value in (A, "1990-02-30", "330106199912310000") if value in str(caught.value)]
    assert city.hub.tickets.list() == before


def test_a_report_on_a_record_that_has_vanished_is_told_so(city):
    city.deliver("code_change", f"{A}|330106199001019999|2026-11-02 09:00:00")
    city.deliver("register_gone", f"{A}|换码", f"{B}|死亡")
    city.build()
    with pytest.raises(UserError, match="replaced"):
        report(city)
    with pytest.raises(UserError, match="struck off"):
        report(city, key=(B,), reference=None)


# --- who looks --------------------------------------------------------------------------------------------------------


@pytest.mark.duty("R-184")
def test_lists_show_masked_keys_and_revealing_a_value_is_in_the_ledger_first(city):
    ticket = city.ticket(DIFFERS)
    (view,) = city.hub.problems.findings(ticket.id, POLICE)
    assert (view.key, D in repr(view)) == ("330****", False)
    record = city.hub.problems.reveal(ticket.id, view.fingerprint, POLICE, "核对姓名", city.now)
    assert (record.key, record.values["name"]) == (D, "赵敏")
    assert [(one.resource, one.role, one.value) for one in record.sources] == [
        ("register", "authority", "赵敏"), ("insured", "corroborating", "赵明"),
    ]  # fmt: skip
    assert [(one.batch, one.value) for one in record.history] == [("register/2026-11/0001", "赵敏")]
    from ledger.store import entries

    with city.hub.database.begin() as connection:
        (entry, *_) = entries(connection)
    assert (entry.kind.value, entry.user, entry.purpose) == ("access", "王芳 (person:wang)", "核对姓名")
    assert ticket.id in entry.content
    assert D not in entry.content
    with pytest.raises(UserError, match="purpose"):
        city.hub.problems.reveal(ticket.id, view.fingerprint, POLICE, " ", city.now)
    with pytest.raises(UserError, match="no such ticket"):
        city.hub.problems.findings(ticket.id, CIVIL)


def test_a_killed_consequence_is_carried_out_once(city, monkeypatch):
    """The pointer moved and the tickets did not: the next build does it, once."""
    from pipelines.consequences import Consequences

    city.deliver("register_fix", f"{C}|孙强|9|1970-12-24|2026-11-02 09:00:00")
    with monkeypatch.context() as patched:
        patched.setattr(Consequences, "carry_out", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            city.hub.builder.run(city.now + DAY / 48)
    assert city.ticket(NAME).state is State.ROUTED
    city.build()
    assert city.ticket(NAME).state in (State.ROUTED, State.CLOSED)
    city.build()
    assert [event.event for event in city.hub.tickets.show(city.ticket(NAME).id).events].count(Event.REPAIRED) <= 1


def test_the_story_of_a_ticket_reads_from_found_to_closed(city):
    ticket = city.ticket(NAME)
    city.hub.problems.handling.accept(ticket.id, POLICE, city.now)
    _, batch = city.hub.problems.answer_corrected(
        ticket.id, POLICE, city.now, how="已核对", correction=Correction(rows=[{"citizen_id": C, "name": "孙强"}])
    )
    city.build()
    events = city.hub.tickets.show(ticket.id).events
    assert [event.event for event in events][:5] == [
        Event.FOUND, Event.ROUTED, Event.ACCEPTED, Event.ANSWERED_CORRECTED, Event.REPAIRED,
    ]  # fmt: skip
    assert events[4].payload["batches"] == [batch.id]
    assert events[-1].at > NOW


def test_the_same_number_with_the_key_written_otherwise_is_the_same_report(city):
    first = report(city, key=(f" {A}",), reference="窗口-1")
    assert report(city, key=(f" {A}",), reference="窗口-1") == first
    with pytest.raises(Conflict, match="another report"):
        report(city, key=(B,), reference="窗口-1")


def test_a_returned_report_is_completed_under_its_own_number(city):
    desk = city.hub.problems
    first = report(city, reference="窗口-1").id
    other = report(city, key=(B,), reference="窗口-2").id
    desk.handling.return_report(first, STEWARD, city.now, reason="请写明现值")
    said = desk.reports(first, STEWARD)[0].said
    with pytest.raises(Conflict, match=other):
        desk.resubmit(first, replace(said, reference="窗口-2"), CLERK, city.now)
    assert desk.resubmit(first, replace(said, proposed="1990-01-11"), CLERK, city.now).state is State.SUBMITTED
    assert [one.said.reference for one in desk.reports(first, STEWARD)] == ["窗口-1", None]


def test_who_joins_a_report_reads_the_own_words_only(city):
    first = report(city, contact="窗口三").id
    city.hub.problems.handling.route(first, STEWARD, city.now)
    joined = replace(CLERK, id="person:qian", department=POLICE.department)
    assert report(city, joined, doubted="张").id == first
    assert [one.reporter for one in city.hub.problems.reports(first, joined)] == [joined.id]
    assert [one.reporter for one in city.hub.problems.reports(first, POLICE)] == [CLERK.id, joined.id]


def test_a_place_that_is_none_is_no_page(city):
    desk = city.hub.problems
    for place in ("x", "2026-01-01T00:00:00~T", "0001-01-01T00:00:00+14:00~T"):
        with pytest.raises(UserError, match="no place"):
            desk.queue(STEWARD, QueueFilter(), after=place)
        with pytest.raises(UserError, match="no place"):
            desk.reported_by(CLERK, after=place)


def test_merged_tickets_of_two_rules_on_one_item_close_by_one_batch(city):
    known = {**RULES["register"][0], "id": "register.sex.known", "check": {"kind": "one_of", "values": ["1", "2", "9"]}}
    city.rules("register", [*RULES["register"], known])
    city.build()
    code, other = city.ticket("register.sex.code").id, city.ticket("register.sex.known").id
    city.hub.problems.handling.merge(other, STEWARD, city.now, into=code, reason="同一原因")
    city.deliver("register_fix", f"{B}|王芳|2|1985-03-07|{LATER}", f"{C}||2|1970-12-24|{LATER}")
    assert city.build().closed == [code]


def test_a_merged_ticket_closes_by_whichever_of_its_rules_is_repaired_last(city):
    code, name = city.ticket("register.sex.code").id, city.ticket("register.name.given").id
    city.hub.problems.handling.merge(name, STEWARD, city.now, into=code, reason="同一原因")
    city.deliver("register_fix", f"{B}|王芳|2|1985-03-07|{LATER}", f"{C}||2|1970-12-24|{LATER}")
    assert city.build().closed == []
    city.deliver("register_fix", f"{C}|陈晨|2|1970-12-24|{LATER}")
    assert city.build().closed == [code]


def test_what_rules_found_and_what_people_say_are_not_merged(city):
    said = report(city).id
    city.hub.problems.handling.route(said, STEWARD, city.now)
    found = city.ticket("register.sex.code").id
    for one, into in ((said, found), (found, said)):
        with pytest.raises(UserError, match="cannot be merged"):
            city.hub.problems.handling.merge(one, STEWARD, city.now, into=into, reason="x")


def test_a_withdrawn_rule_proves_nothing_although_the_row_came_anew(city):
    city.rules("register", RULES["register"][1:])
    city.deliver("register_fix", f"{B}|王芳|X|1985-03-07|{LATER}", f"{C}||9|1970-12-24|{LATER}")
    assert city.build().closed == []
    assert city.ticket("register.sex.code").state is State.ROUTED


def test_a_confirmed_value_that_changes_before_any_build_is_reported_and_may_be_put_back(city):
    confirm(city, city.ticket("register.sex.code"))
    city.deliver("register_fix", f"{B}|王芳|Y|1985-03-07|{LATER}")
    opened = city.build().opened
    assert len(opened) == 1
    city.deliver("register_fix", f"{B}|王芳|X|1985-03-07|{LATER}")
    assert city.build().closed == opened


def test_a_delivery_whose_feed_is_no_longer_declared_is_built(city):
    city.deliver("register_fix", f"{B}|王芳|2|1985-03-07|{LATER}", f"{C}||2|1970-12-24|{LATER}")
    (city.root / "city" / "feeds" / "register_fix.yaml").unlink()
    city.close()
    assert city.ticket("register.sex.code").id in city.build().closed
