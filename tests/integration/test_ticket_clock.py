"""The clock of tickets around the turn of 2026: provisional dates, the notice for 2027, reminders, overdue, orders, extensions.

The dates expected here are counted by hand on the calendar, not by the code.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path

import pytest
from ticket_desk import HOUSEHOLD, OFFICER, SEX, STEWARD, Desk, databases, group

from ground.errors import DocumentError, UserError
from hub.hub import Hub, init_home
from policy.clock import SHANGHAI
from quality.tickets import store
from quality.tickets.events import TicketRow
from quality.tickets.states import Event, State
from warehouse.operational import OperationalDatabase

NOTICE_2027 = """\
years:
  2027:
    status: confirmed
    source: 国务院办公厅关于2027年部分节假日安排的通知（为测试所拟）
    rest:
      - {first: 2027-01-01, last: 2027-01-04, festival: new_year}
      - {first: 2027-02-05, last: 2027-02-11, festival: spring_festival}
      - {first: 2027-04-05, last: 2027-04-05, festival: qingming}
      - {first: 2027-05-01, last: 2027-05-03, festival: labour_day}
      - {first: 2027-06-09, last: 2027-06-09, festival: dragon_boat}
      - {first: 2027-09-15, last: 2027-09-15, festival: mid_autumn}
      - {first: 2027-10-01, last: 2027-10-07, festival: national_day}
    make_up:
      - {day: 2027-01-09, festival: new_year}
"""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


RECEIVED = at("2026-12-29T10:00")
"""A Tuesday: 30 and 31 December, then 4, 5, 6 January, as far as anybody knows before the notice."""


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OperationalDatabase]:
    yield from databases(request.param, tmp_path)


@pytest.fixture
def desk(db: OperationalDatabase) -> Desk:
    return Desk(db)


@pytest.fixture(scope="module")
def noticed(tmp_path_factory: pytest.TempPathFactory) -> Hub:
    """A home into which somebody has entered the notice."""
    home = tmp_path_factory.mktemp("clock") / "home"
    init_home(home)
    (home / "city" / "calendar_years.yaml").write_text(NOTICE_2027, encoding="utf-8")
    return Hub(home)


def after_the_notice(db: OperationalDatabase, hub: Hub) -> Desk:
    """The same tickets on the calendar of a home that knows the notice."""
    later = Desk(db)
    later.tickets.clock = hub.clock
    later.clock = hub.clock
    return later


def happened(desk: Desk, ticket: str) -> list[Event]:
    return [one.event for one in desk.tickets.show(ticket).events]


def facts(one: TicketRow, *but: str) -> dict[str, object]:
    return {name: value for name, value in asdict(one).items() if name not in but}


# --- the notice for the next year ---------------------------------------------------------------------------------


@pytest.mark.duty("R-180")
def test_a_date_that_rests_on_an_unannounced_year_says_so_until_the_notice_is_entered(
    desk: Desk, db: OperationalDatabase, noticed: Hub
) -> None:
    before = desk.one("a", "b", now=RECEIVED)
    assert (before.due, before.due_provisional) == (date(2027, 1, 6), True)
    other = desk.one("c", now=at("2026-12-15T10:00"), rule=SEX)
    assert (other.due, other.due_provisional) == (date(2026, 12, 22), False)
    assert desk.timer.tick(at("2026-12-29T11:00"))[Event.DUE_RECOMPUTED] == []

    later = after_the_notice(db, noticed)
    (moved,) = later.timer.tick(at("2026-12-30T08:00"))[Event.DUE_RECOMPUTED]
    # The 4th is off now: 30 and 31 December, 5, 6 and 7 January.
    assert (moved.id, moved.due, moved.due_provisional) == (before.id, date(2027, 1, 7), False)
    changed = ("due", "due_at", "due_provisional", "last_seq")
    assert facts(moved, *changed) == facts(before, *changed)
    assert later.show(other.id).due == date(2026, 12, 22)
    said = later.tickets.show(before.id).events[-1]
    assert (said.event, said.actor, said.payload["was"]) == (Event.DUE_RECOMPUTED, "system", "2027-01-06")
    assert said.payload["limit"]["due"] == "2027-01-07"
    assert later.timer.tick(at("2026-12-30T08:05"))[Event.DUE_RECOMPUTED] == []
    assert any("2027-01-04" in line and "元旦" in line for line in later.tickets.explain(moved))


def test_the_projection_with_moved_dates_can_be_made_from_the_events(
    desk: Desk, db: OperationalDatabase, noticed: Hub
) -> None:
    desk.one("a", now=RECEIVED)
    later = after_the_notice(db, noticed)
    later.timer.tick(at("2026-12-30T08:00"))
    stands = later.contents()
    with db.writing() as connection:
        store.rebuild(connection)
    assert later.contents() == stands


@pytest.mark.duty("R-180")
def test_whether_it_is_late_follows_the_date_that_the_notice_moves(
    desk: Desk, db: OperationalDatabase, noticed: Hub
) -> None:
    ticket = desk.one("a", now=RECEIVED)
    # Nobody has entered the notice: on the 7th it is late, and noted.
    (late,) = desk.timer.tick(at("2027-01-07T00:05"))[Event.OVERDUE]
    assert late.overdue_at == at("2027-01-07T00:05") and desk.tickets.overdue(at("2027-01-07T09:00")) == 1
    later = after_the_notice(db, noticed)
    done = later.timer.tick(at("2027-01-07T09:00"))
    assert [one.id for one in done[Event.DUE_RECOMPUTED]] == [ticket.id]
    assert later.show(ticket.id).overdue_at is None and later.tickets.overdue(at("2027-01-07T09:00")) == 0
    # It is the last day now, and its reminder is given.
    assert [one.id for one in done[Event.REMINDED]] == [ticket.id]
    (again,) = later.timer.tick(at("2027-01-08T00:05"))[Event.OVERDUE]
    assert again.id == ticket.id and later.tickets.overdue(at("2027-01-08T00:05")) == 1


def test_a_notice_that_moves_nothing_only_makes_the_date_certain(
    desk: Desk, db: OperationalDatabase, noticed: Hub
) -> None:
    # 30 and 31 December, then 4 to 8 January would be the limit of a longer count; a limit set as a date stays that date.
    ticket = desk.one("a", now=RECEIVED)
    desk.handling.accept(ticket.id, OFFICER, at("2026-12-30T09:00"))
    desk.handling.ask_extension(
        ticket.id, OFFICER, at("2026-12-30T09:00"), cause="须核对原始档案", until=date(2027, 2, 1)
    )
    granted = desk.handling.decide_extension(ticket.id, STEWARD, at("2026-12-30T10:00"), grant=True, reason="同意")
    assert granted.due == date(2027, 2, 1)
    later = after_the_notice(db, noticed)
    later.timer.tick(at("2026-12-31T08:00"))
    assert later.show(ticket.id).due == date(2027, 2, 1)


def test_a_closed_ticket_keeps_its_date(desk: Desk, db: OperationalDatabase, noticed: Hub) -> None:
    ticket = desk.one("a", now=RECEIVED)
    desk.repair(8, ["a"], now=at("2026-12-30T10:00"))
    later = after_the_notice(db, noticed)
    assert later.timer.tick(at("2027-01-05T08:00"))[Event.DUE_RECOMPUTED] == []
    assert later.show(ticket.id).due == date(2027, 1, 6)


def test_the_notice_of_a_home_is_read_by_its_hub_and_a_wrong_one_is_named(noticed: Hub, tmp_path: Path) -> None:
    assert not noticed.calendar.is_workday(date(2027, 1, 4))
    assert noticed.calendar.is_workday(date(2027, 1, 9))  # a Saturday that is worked
    init_home(tmp_path / "home")
    assert Hub(tmp_path / "home").calendar.is_workday(date(2027, 1, 4))
    (tmp_path / "home" / "city" / "calendar_years.yaml").write_text("years: {2027: {status: sure}}\n", encoding="utf-8")
    with pytest.raises(DocumentError) as caught:
        _ = Hub(tmp_path / "home").calendar
    assert "calendar_years.yaml" in str(caught.value)


# --- reminders, being late, the order -----------------------------------------------------------------------------


@pytest.mark.duty("R-180")
def test_each_occasion_is_told_once_however_often_the_clock_is_asked(desk: Desk) -> None:
    ticket = desk.one("a", now=at("2026-12-14T10:00"))  # a Monday; due on Monday the 21st
    assert ticket.due == date(2026, 12, 21)
    told = []
    for day in range(14, 24):
        for hour in ("00:05", "08:00", "08:05"):
            done = desk.timer.tick(at(f"2026-12-{day}T{hour}"))
            told += [(day, hour, event) for event, rows in done.items() for _ in rows]
    assert told == [
        (18, "00:05", Event.REMINDED),  # Friday, the working day before
        (21, "00:05", Event.REMINDED),
        (22, "00:05", Event.OVERDUE),
    ]
    assert happened(desk, ticket.id)[2:] == [Event.REMINDED, Event.REMINDED, Event.OVERDUE]
    assert desk.state(ticket.id) is State.ROUTED


def test_a_clock_that_was_not_asked_for_days_tells_the_last_occasion_only(desk: Desk) -> None:
    ticket = desk.one("a", now=at("2026-12-14T10:00"))
    desk.timer.tick(at("2026-12-21T12:00"))
    assert happened(desk, ticket.id)[2:] == [Event.REMINDED]
    desk.timer.tick(at("2027-01-20T12:00"))
    assert happened(desk, ticket.id)[2:] == [Event.REMINDED, Event.OVERDUE]


def test_what_is_long_overdue_is_put_forward_the_oldest_first_until_it_is_ordered(desk: Desk) -> None:
    young = desk.one("a", now=at("2026-12-15T10:00"))
    old = desk.one("b", now=at("2026-12-14T10:00"), rule=SEX)
    # Due on Monday the 21st and Tuesday the 22nd; two working days later they are put forward.
    assert [one.id for one in desk.timer.to_rectify(at("2026-12-22T23:00"))] == []
    assert [one.id for one in desk.timer.to_rectify(at("2026-12-23T00:00"))] == [old.id]
    assert [one.id for one in desk.timer.to_rectify(at("2026-12-24T08:00"))] == [old.id, young.id]
    with pytest.raises(UserError):
        desk.handling.rectify(old.id, STEWARD, at("2026-12-24T09:00"), document=" ", until=date(2026, 12, 31))
    ordered = desk.handling.rectify(
        old.id, STEWARD, at("2026-12-24T09:00"), document="海数督〔2026〕7号", until=date(2026, 12, 31)
    )
    assert (ordered.due, ordered.overdue_at) == (date(2026, 12, 31), None)
    assert [one.id for one in desk.timer.to_rectify(at("2026-12-24T09:01"))] == [young.id]
    # It was ordered once: being late again is noted, and no second order is put forward.
    assert [one.id for one in desk.timer.tick(at("2027-01-01T00:05"))[Event.OVERDUE]] == [young.id, old.id]
    assert desk.show(old.id).overdue_at is not None
    assert [one.id for one in desk.timer.to_rectify(at("2027-01-15T00:05"))] == [young.id]


# --- limits of one case -------------------------------------------------------------------------------------------


@pytest.mark.duty("R-181")
def test_sixty_natural_days_from_receipt_are_granted_and_sixty_one_refused(desk: Desk) -> None:
    ticket = desk.one("a", now=at("2026-12-14T10:00"))
    desk.handling.accept(ticket.id, OFFICER, at("2026-12-15T09:00"))
    stands = desk.contents()
    # 17 days are left of December, 31 of January: the 60th is 12 February.
    with pytest.raises(UserError) as refused:
        desk.handling.ask_extension(
            ticket.id, OFFICER, at("2026-12-15T09:00"), cause="系统改造", until=date(2027, 2, 13)
        )
    assert "2027-02-12" in str(refused.value)
    assert desk.contents() == stands
    desk.handling.ask_extension(ticket.id, OFFICER, at("2026-12-15T09:00"), cause="系统改造", until=date(2027, 2, 12))
    granted = desk.handling.decide_extension(ticket.id, STEWARD, at("2026-12-16T09:00"), grant=True, reason="情况属实")
    assert (granted.due, granted.state) == (date(2027, 2, 12), State.EXTENDED)
    assert desk.timer.tick(at("2026-12-22T00:05"))[Event.OVERDUE] == []


@pytest.mark.duty("R-182")
def test_an_urgent_limit_reminds_and_runs_out_by_its_own_date(desk: Desk) -> None:
    ticket = desk.one("a", now=at("2026-12-14T10:00"))
    for wrong in (date(2026, 12, 14), date(2026, 12, 22)):
        with pytest.raises(UserError):
            desk.handling.set_urgent(ticket.id, STEWARD, at("2026-12-14T11:00"), until=wrong, reason="群众等待办理")
    urgent = desk.handling.set_urgent(
        ticket.id, STEWARD, at("2026-12-14T11:00"), until=date(2026, 12, 16), reason="群众等待办理"
    )
    assert (urgent.due, urgent.urgent) == (date(2026, 12, 16), True)
    assert [one.id for one in desk.timer.tick(at("2026-12-16T08:00"))[Event.REMINDED]] == [ticket.id]
    assert [one.id for one in desk.timer.tick(at("2026-12-17T00:05"))[Event.OVERDUE]] == [ticket.id]


def test_nobody_is_reminded_of_what_waits_for_the_authority(desk: Desk) -> None:
    ticket = desk.one("a", now=at("2026-12-14T10:00"))
    desk.handling.answer_confirmed(ticket.id, OFFICER, at("2026-12-15T09:00"), check="户籍档案", basis="卷宗12号")
    for day in range(15, 31):
        assert not any(desk.timer.tick(at(f"2026-12-{day}T08:00")).values())
    assert happened(desk, ticket.id)[-1] is Event.ANSWERED_CONFIRMED


def test_many_are_looked_at_in_one_go(desk: Desk) -> None:
    rules = [f"{HOUSEHOLD}.item{number}.form" for number in range(40)]
    opened = desk.find(7, *[group([rule], rule) for rule in rules], now=at("2026-12-14T10:00"))
    done = desk.timer.tick(at("2026-12-22T00:05"))
    assert {one.id for one in done[Event.OVERDUE]} == {one.id for one in opened}
