"""Cases of the catalogue: events and where things stand, in one transaction, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from catalog.cases import store
from catalog.cases.machine import DUE_RECOMPUTED, OVERDUE, REMINDED, Machine, Step
from catalog.cases.model import Case, Limit, apply
from catalog.cases.person import HUB, Part, Person
from catalog.cases.store import Change
from catalog.cases.tables import catalogue_event
from catalog.cases.timing import CaseTimer
from ground.errors import Conflict, InternalFault
from policy.calendar import WorkingCalendar
from policy.calendar_table import CalendarYears
from policy.clock import SHANGHAI, Period

LAMP = Machine(
    "lamp",
    ("灯", "lamp"),
    {"off": ("灭", "off"), "on": ("亮", "on"), "broken": ("坏", "broken")},
    frozenset({"broken"}),
    (
        Step("made", (None,), "off", "制成", "made", "anybody", "-"),
        Step("lit", ("off",), "on", "点亮", "lit", "anybody", "-"),
        Step("dropped", ("off", "on"), "broken", "摔坏", "dropped", "anybody", "-"),
    ),
)
ANNA = Person("person:anna", Part.PROVIDER, "ga")
NOW = datetime(2026, 11, 25, 10, tzinfo=SHANGHAI)
CALENDAR = WorkingCalendar.standard()


def opened(db, name="L-1", **more) -> Case:
    with db.writing() as connection:
        return store.happen(
            connection, LAMP,
            Change(case=None, event="made", by=ANNA, now=NOW, id=name, title="台灯", department="ga", profile="haishu",
                   sets={"watts": 5}, **more),
        )  # fmt: skip


def test_an_event_and_where_its_case_stands_are_one_transaction(operational):
    case = opened(operational)
    with pytest.raises(ZeroDivisionError), operational.writing() as connection:
        store.happen(connection, LAMP, Change(case=case, event="lit", by=ANNA, now=NOW))
        raise ZeroDivisionError
    with operational.begin() as connection:
        assert store.get(connection, LAMP, "L-1").state == "off"
        assert [one.event for one in store.events(connection, "lamp", "L-1")] == ["made"]


def test_the_case_is_what_its_events_add_up_to(operational):
    case = opened(operational, limit=Limit.counted(Period.parse("3wd"), NOW, "武汉第11条", CALENDAR))
    with operational.writing() as connection:
        case = store.happen(
            connection, LAMP, Change(case=case, event="lit", by=ANNA, now=NOW, sets={"watts": 7}, title="落地灯")
        )
    with operational.begin() as connection:
        again = None
        for event in store.events(connection, "lamp", "L-1"):
            again = apply(LAMP, again, event)
        assert again == case == store.get(connection, LAMP, "L-1")
    assert (case.title, case.facts, case.events) == ("落地灯", {"watts": 7}, 2)


def test_a_step_that_does_not_exist_is_refused_and_says_which_do(operational):
    case = opened(operational)
    with operational.writing() as connection:
        case = store.happen(connection, LAMP, Change(case=case, event="lit", by=ANNA, now=NOW))
        with pytest.raises(Conflict, match=r"摔坏.*\n.*dropped"):
            store.happen(connection, LAMP, Change(case=case, event="lit", by=ANNA, now=NOW))


def test_an_id_is_given_once(operational):
    opened(operational)
    with pytest.raises(Conflict, match="L-1"):
        opened(operational)
    with operational.writing() as connection:
        assert store.new_id(connection, LAMP, "L", date(2026, 11, 25)) == "L-20261125-0001"


def test_events_cannot_be_changed_or_deleted(operational):
    opened(operational)
    for statement in (sa.update(catalogue_event).values(actor="x"), sa.delete(catalogue_event)):
        with pytest.raises(sa.exc.DBAPIError), operational.begin() as connection:
            connection.execute(statement)


def test_five_thousand_cases_are_written_in_a_handful_of_statements(operational):
    changes = [
        Change(case=None, event="made", by=ANNA, now=NOW, id=f"L-{n}", title="灯", department="ga", profile="haishu")
        for n in range(5000)
    ]
    seen = []
    sa.event.listen(operational.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    with operational.writing() as connection:
        store.happen_all(connection, LAMP, changes)
    assert len(seen) < 50
    with operational.begin() as connection:
        assert len(store.listed(connection, kind="lamp")) == 5000


def test_the_clock_reminds_once_and_notes_once_that_it_is_late(operational):
    opened(operational, limit=Limit.counted(Period.parse("3wd"), NOW, "武汉第11条", CALENDAR))  # due Monday 30 November
    timer = CaseTimer(operational, {"lamp": LAMP}, CALENDAR)
    told = []
    for day in range(10):
        for _ in range(2):
            done = timer.tick(NOW + timedelta(days=day))
            told += [(day, event) for event, cases in done.items() for _ in cases]
    assert told == [(2, REMINDED), (5, REMINDED), (6, OVERDUE)]


def test_a_provisional_date_is_counted_again_when_its_notice_comes(operational):
    received = datetime(2026, 12, 29, 10, tzinfo=SHANGHAI)
    opened(operational, limit=Limit.counted(Period.parse("3wd"), received, "武汉第11条", CALENDAR))
    notice = CalendarYears.model_validate(
        {"years": {2027: {"status": "confirmed", "source": "试", "rest": [
            {"first": "2027-01-01", "last": "2027-01-03", "festival": "new_year"}],
            "make_up": [{"day": "2027-01-09", "festival": "new_year"}]}}}
    )  # fmt: skip
    timer, noticed = CaseTimer(operational, {"lamp": LAMP}, CALENDAR), WorkingCalendar.standard(notice)
    assert timer.recompute(CALENDAR, [2027], NOW) == timer.recompute(noticed, [2026], NOW) == []
    foreseen = timer.moving(noticed, [2027])
    moved = timer.recompute(noticed, [2027], NOW)
    assert foreseen == moved
    assert timer.recompute(noticed, [2027], NOW) == []
    with operational.begin() as connection:
        case = store.get(connection, LAMP, "L-1")
        trail = store.events(connection, "lamp", "L-1")
    assert case.limit is not None
    assert not case.limit.provisional
    assert trail[-1].event == DUE_RECOMPUTED
    assert trail[-1].by == HUB
    assert [(one.id, one.due) for one in moved] == [("L-1", case.limit.due)]


def test_a_table_of_states_that_names_an_unknown_state_is_our_fault():
    with pytest.raises(InternalFault):
        Machine("x", ("甲", "x"), {"a": ("甲", "a")}, frozenset(), (Step("go", ("a",), "b", "走", "go", "-", "-"),))
