"""Triage over a city whose faults have known causes: what a steward is told, and what many tickets at once become."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from triage_city import FAULTS, NOVEMBER, OCTOBER, SHIFTED_BATCH, UNKNOWN, WRONG_KEY, name_of, number_of, phone_of

from accounts.model import Role
from ground.errors import Conflict, Forbidden, NotFound, UserError
from hub.hub import Hub
from ledger import store as ledger_store
from notices.model import Topic
from pipelines.problems.batching import Action, Order
from pipelines.problems.diagnosing import CauseKind
from pipelines.problems.records import RecordView, SourceValue
from quality.tickets.events import Channel, Kind
from quality.tickets.permissions import SYSTEM, Actor
from quality.tickets.queue import QueueFilter
from quality.tickets.reports import ProblemReport
from quality.tickets.states import Event, State

STEWARD = Actor("person:li", "李工", Role.STEWARD, "bureau")
OFFICER = Actor("person:wang", "王芳", Role.PROVIDER, "ga")
CLERK = Actor("person:sun", "孙倩", Role.REPORTER, "jy")


@pytest.fixture(scope="module")
def hub(triage_home: Path) -> Iterator[Hub]:
    """Only looked at."""
    opened = Hub(triage_home)
    yield opened
    opened.close()


@pytest.fixture
def own(triage_home: Path, tmp_path: Path) -> Iterator[Hub]:
    """One of its own, to be changed."""
    opened = Hub(Path(shutil.copytree(triage_home, tmp_path / "home")))
    yield opened
    opened.close()


def ticket_of(hub: Hub, rule: str, day: datetime = OCTOBER) -> str:
    (one,) = [one for one in hub.tickets.list() if one.rule == rule and one.opened_at.date() == day.date()]
    return one.id


def uses(hub: Hub) -> int:
    """Entries of the ledger."""
    with hub.database.begin() as connection:
        return ledger_store.head(connection).count


def causes(hub: Hub, ticket: str) -> dict[CauseKind, tuple[int, int]]:
    return {one.kind: (one.explained, one.of) for one in hub.triage.causes(ticket, STEWARD, NOVEMBER)}


def secrets() -> set[str]:
    """Everything of the records that nobody may be told in passing."""
    people = [value for one in range(40) for value in (number_of(one), name_of(one), phone_of(one))]
    return {*people, UNKNOWN, WRONG_KEY}


# --- what one cause explains --------------------------------------------------------------------------------------


def test_a_shifted_column_of_one_batch_is_seen(hub: Hub) -> None:
    ticket = ticket_of(hub, "ga_person.name.form", NOVEMBER)
    found = hub.triage.causes(ticket, STEWARD, NOVEMBER)
    assert [(one.kind, one.explained, one.of) for one in found] == [(CauseKind.SHIFTED, 8, 8), (CauseKind.BATCH, 8, 8)]
    assert found[0].facts["item"] == "phone" and found[0].facts["sound"] == 0
    assert found[1].facts == {"batch": SHIFTED_BATCH, "rows": 8, "all_rows": 40}
    assert "联系电话" in found[0].zh and "phone" in found[0].todo_en
    # From the other side it is the same shift.
    (other, _) = hub.triage.causes(ticket_of(hub, "ga_person.phone.number", NOVEMBER), STEWARD, NOVEMBER)
    assert (other.kind, other.facts["item"]) == (CauseKind.SHIFTED, "name")


def test_a_code_that_the_list_does_not_have_is_shown_with_its_uses_and_its_division(hub: Hub) -> None:
    code, division = hub.triage.causes(ticket_of(hub, "ga_person.sex.code"), STEWARD, NOVEMBER)
    assert (code.kind, code.explained, code.of) == (CauseKind.CODE, 12, 12)
    assert code.facts == {"uses": 12, "code": "3"}
    assert "加入代码表" in code.todo_zh
    assert (division.kind, division.facts["division"], division.facts["rows"]) == (CauseKind.DIVISION, "330203", 12)
    assert "海曙区" in division.zh


def test_one_missing_record_that_many_refer_to_is_counted_and_not_shown(hub: Hub) -> None:
    found = causes(hub, ticket_of(hub, "jy_pupil.guardian_id.known"))
    assert found == {CauseKind.MISSING_REFERENCE: (4, 4)}


def test_two_findings_are_no_pattern(hub: Hub) -> None:
    assert causes(hub, ticket_of(hub, "ga_person.citizen_id.valid")) == {}


def test_no_advice_holds_a_value_of_a_record(hub: Hub) -> None:
    told = []
    for one in hub.tickets.list():
        told += [str(hub.triage.causes(one.id, STEWARD, NOVEMBER)), str(hub.triage.owner(one.id, STEWARD))]
        told += [str(hub.triage.answerable(one.id, STEWARD))]
    assert len(told) > 20
    assert [value for value in secrets() if any(value in text for text in told)] == []


# --- whom to ask --------------------------------------------------------------------------------------------------


@pytest.mark.duty("R-076")
def test_the_source_that_stands_alone_is_asked_and_one_against_one_proves_nothing(hub: Hub) -> None:
    owner = hub.triage.owner(ticket_of(hub, "agreement.population.name"), STEWARD)
    assert (owner.department, owner.resource, owner.supported, owner.of) == ("sw", "sw_person", 3, 4)
    assert owner.tally == {"sw_person": len(FAULTS["tax alone"]), "even": len(FAULTS["even"])}


def test_the_authority_is_asked_where_all_others_agree_against_it(hub: Hub) -> None:
    ticket = ticket_of(hub, "agreement.population.name", NOVEMBER)
    owner = hub.triage.owner(ticket, STEWARD)
    assert (owner.department, owner.supported, owner.of, dict(owner.tally)) == ("ga", 8, 8, {"ga_person": 8})
    known = hub.triage.answerable(ticket, STEWARD)
    assert known is not None and (known.single, known.several, known.of) == (0, 8, 8)
    assert causes(hub, ticket)[CauseKind.SOURCE] == (8, 8)


def test_of_two_resources_the_side_that_had_its_chance_is_asked(hub: Hub) -> None:
    owner = hub.triage.owner(ticket_of(hub, "jy_pupil.guardian_id.known"), STEWARD)
    # The household register has been delivered since, and does not hold them.
    assert (owner.department, owner.supported, owner.of) == ("jy", 4, 4)
    assert "4" in owner.zh and "户籍人口" in owner.zh


def test_where_nothing_points_elsewhere_the_owner_is_asked(hub: Hub) -> None:
    owner = hub.triage.owner(ticket_of(hub, "ga_person.sex.code"), STEWARD)
    assert (owner.department, owner.supported, owner.of) == ("ga", 0, 12)


def test_a_report_on_a_name_is_judged_by_the_other_sources(own: Hub) -> None:
    report = ProblemReport(
        kind=Kind.WRONG_VALUE, resource="sw_person", key=(number_of(13),), item="name", reason="办事人出示身份证"
    )
    made = own.problems.report(report, CLERK, NOVEMBER, Channel.FORM)
    owner = own.triage.owner(made.ticket.id, STEWARD)
    assert (owner.department, owner.supported, owner.of) == ("sw", 1, 1)
    # Who may not see the ticket gets no advice on it.
    with pytest.raises(NotFound):
        own.triage.owner(ticket_of(own, "ga_person.sex.code"), CLERK)


# --- which value --------------------------------------------------------------------------------------------------


def record_of(*said: tuple[str, str | None, int], present: str = "甲") -> RecordView:
    sources = [
        SourceValue(name, name, "corroborating", value, datetime(2026, 1, day, tzinfo=NOVEMBER.tzinfo), None)
        for name, value, day in said
    ]
    return RecordView("ga_person", "k", "name", {"name": present}, sources, [])


@pytest.mark.parametrize(
    ("said", "value", "stated_by"),
    [
        ([("ga_person", "甲", 1), ("sw_person", "乙", 2), ("yb_person", "乙", 3)], "乙", ("sw_person", "yb_person")),
        ([("ga_person", "甲", 1), ("sw_person", "乙", 2)], None, ("sw_person",)),  # one against one
        (
            [("ga_person", "甲", 1), ("sw_person", "乙", 2), ("yb_person", "丙", 3)],
            None,
            ("yb_person",),
        ),  # the newest first
        ([("ga_person", "甲", 1), ("sw_person", None, 2)], None, None),
        (
            [("sw_person", "乙", 2), ("yb_person", "乙", 3), ("zz", "丙", 4), ("yy", "丙", 5)],
            None,
            ("yy", "zz"),
        ),  # a tie
    ],
)
def test_a_value_is_suggested_where_more_sources_agree_on_it_than_on_the_present_one(
    hub: Hub, said: list[tuple[str, str | None, int]], value: str | None, stated_by: tuple[str, ...] | None
) -> None:
    found = hub.triage.suggested(record_of(*said))
    assert found.value == value
    assert (found.candidates[0].stated_by if found.candidates else None) == stated_by
    assert not {"甲", "乙", "丙"} & set(found.zh)


def test_a_value_is_shown_to_whoever_states_a_purpose_and_is_in_the_ledger(own: Hub) -> None:
    ticket = ticket_of(own, "agreement.population.name", NOVEMBER)
    (first, *_) = own.problems.findings(ticket, STEWARD)
    with pytest.raises(UserError):
        own.triage.value(ticket, first.fingerprint, STEWARD, " ", NOVEMBER)
    before = uses(own)
    record, found = own.triage.value(ticket, first.fingerprint, STEWARD, "核对姓名", NOVEMBER)
    assert found.value == name_of([number_of(one) for one in range(40)].index(record.key))
    assert found.candidates[0].stated_by == ("sw_person", "yb_person")
    assert uses(own) == before + 1


def test_a_wrong_number_is_looked_up_in_the_register_of_changes_alone(own: Hub) -> None:
    ticket = ticket_of(own, "ga_person.citizen_id.valid")
    (only,) = own.problems.findings(ticket, STEWARD)
    _, found = own.triage.value(ticket, only.fingerprint, STEWARD, "核对号码", NOVEMBER)
    assert found.value == number_of(39)
    assert found.candidates[0].stated_by == ("ga_change",)
    orphan = RecordView("ga_person", UNKNOWN, "citizen_id", {"citizen_id": UNKNOWN}, [], [])
    assert own.triage.suggested(orphan).value is None


# --- many at once -------------------------------------------------------------------------------------------------


def test_one_that_cannot_be_done_leaves_the_others(own: Hub) -> None:
    mine = [one.id for one in own.tickets.list() if one.department == "ga"]
    foreign = ticket_of(own, "jy_pupil.guardian_id.known")
    answers = own.triage.batch(
        [mine[0], foreign, "T-none", mine[1], mine[0]], Order(action=Action.ACCEPT), OFFICER, NOVEMBER
    )
    assert [(one.ticket, one.state) for one in answers] == [
        (mine[0], State.ACCEPTED), (foreign, None), ("T-none", None), (mine[1], State.ACCEPTED),
    ]  # fmt: skip
    assert [one.error["zh"] for one in answers if one.error] == ["没有这张工单，请检查编号。"] * 2
    assert own.tickets.show(foreign).ticket.state is State.ROUTED
    (again,) = own.triage.batch([mine[0]], Order(action=Action.ACCEPT), OFFICER, NOVEMBER)
    assert again.error is not None and "已签收" in str(again.error["zh"])


def test_a_filter_chooses_and_every_event_names_who_did_it(own: Hub) -> None:
    order = Order(action=Action.GROUP, group="十一月错列")
    wanted = QueueFilter(resource="ga_person")
    shifted = [one.id for one in own.tickets.list() if one.opened_at.date() == NOVEMBER.date()]
    answers = own.triage.batch(shifted, order, STEWARD, NOVEMBER)
    assert len(answers) == 3 and all(one.error is None for one in answers)
    in_group = own.tickets.queue(QueueFilter(group="十一月错列")).rows
    assert {one.id for one in in_group} == set(shifted)
    noted = own.triage.batch(
        QueueFilter(group="十一月错列"), Order(action=Action.NOTE, reason="已电话联系"), STEWARD, NOVEMBER
    )
    assert {one.ticket for one in noted} == set(shifted)
    story = own.tickets.show(shifted[0]).events
    assert [(one.event, one.actor) for one in story[-2:]] == [(Event.GROUPED, STEWARD.id), (Event.NOTED, STEWARD.id)]
    assert len(own.triage.batch(wanted, Order(action=Action.WITHDRAW, reason="规则误报"), STEWARD, NOVEMBER)) > 3
    assert own.tickets.queue(wanted).rows == []


def test_an_order_that_lacks_what_it_needs_does_nothing(own: Hub) -> None:
    mine = [one.id for one in own.tickets.list()]
    with pytest.raises(UserError):
        own.triage.batch(mine, Order(action=Action.REASSIGN, reason="职责调整"), STEWARD, NOVEMBER)
    with pytest.raises(UserError):
        own.triage.batch(mine, Order(action=Action.URGENT, reason="急"), STEWARD, NOVEMBER)
    with pytest.raises(UserError):
        own.triage.batch(
            [str(number) for number in range(1_001)], Order(action=Action.NOTE, reason="x"), STEWARD, NOVEMBER
        )
    assert all(own.tickets.show(one).events[-1].event is Event.ROUTED for one in mine)


def test_many_are_given_to_another_department_whose_clock_begins_now(own: Hub) -> None:
    ticket = ticket_of(own, "agreement.population.name")
    order = Order(action=Action.REASSIGN, department="sw", reason="三方证据指向税务局")
    (done,) = own.triage.batch([ticket], order, STEWARD, NOVEMBER)
    one = own.tickets.show(ticket).ticket
    assert done.state is State.ROUTED and one.department == "sw" and one.due == date(2026, 11, 19)
    (unknown,) = own.triage.batch(
        [ticket], Order(action=Action.REASSIGN, department="xx", reason="x"), STEWARD, NOVEMBER
    )
    assert unknown.error is not None


def test_a_steward_reminds_by_hand_once_a_day_and_the_department_is_told(own: Hub) -> None:
    ticket = ticket_of(own, "ga_person.name.form", NOVEMBER)
    first = own.triage.remind(ticket, STEWARD, NOVEMBER)
    assert first.state is State.ROUTED
    inbox = own.notices.inbox("department:ga", limit=200)
    assert [one for one in inbox if one.notice.topic is Topic.TICKET_REMINDER and one.notice.about == ticket]
    with pytest.raises(Conflict):
        own.triage.remind(ticket, STEWARD, NOVEMBER)
    own.triage.remind(ticket, STEWARD, NOVEMBER.replace(day=13))
    with pytest.raises(Forbidden):
        own.triage.remind(ticket, OFFICER, NOVEMBER)
    said = own.tickets.show(ticket, SYSTEM).events[-1].payload
    assert said["by"] == STEWARD.id


def test_the_findings_of_one_batch_can_be_split_off(own: Hub) -> None:
    ticket = ticket_of(own, "ga_person.name.form", NOVEMBER)
    assert len(own.triage.of_batch(ticket, STEWARD, SHIFTED_BATCH)) == 8
    assert own.triage.of_batch(ticket, STEWARD, "ga_person/2026-10/0001") == []
