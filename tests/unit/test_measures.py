"""The measures of problem data, against numbers counted by hand on the official calendar."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.calendar import WorkingCalendar
from quality.tickets.measures import CALENDAR_SCHEMA, TICKET_SCHEMA, measured, timed
from quality.tickets.states import STATE_WORDS, State
from warehouse.duckdb_engine import DuckDbEngine

# Tuesday, 10 November 2026, 17:00 in Beijing. Nothing is a holiday in that month.
NOW = datetime(2026, 11, 10, 9, 0)
CALENDAR = WorkingCalendar.standard()


def calendar(first: date, last: date) -> pa.Table:
    number, rows = 0, []
    for one in CALENDAR.days(first, last):
        number += one.works
        rows.append({"day": one.date, "number": number})
    return pa.Table.from_pylist(rows, schema=CALENDAR_SCHEMA.to_pyarrow())


def a_ticket(**changes: object) -> dict:
    """Received on Monday, 2 November, 10:00 in Beijing; due at the end of Monday, 9 November (five working days)."""
    return {
        "id": "T", "department": "ga", "resource": "r", "rule": "r.x", "state": "routed", "outcome": None,
        "received_at": datetime(2026, 11, 2, 2, 0), "answered_at": None, "closed_at": None,
        "due_at": datetime(2026, 11, 9, 16, 0), "rectified": False, "rounds": 0, "found_again": False,
        "asked": 0, "granted": 0, "refused": 0,
    } | changes  # fmt: skip


def measure(*tickets: dict, by: tuple[str, ...] = (), now: datetime = NOW) -> list[dict]:
    with DuckDbEngine(threads=1) as engine:
        table = engine.load("_t", pa.Table.from_pylist(list(tickets), schema=TICKET_SCHEMA.to_pyarrow()))
        days = engine.load("_c", calendar(date(2026, 9, 1), date(2026, 12, 31)))
        rows = timed(table, days, ibis.literal(now, type="timestamp"))
        return engine.to_arrow(measured(rows, by)).to_pylist()


def closed(outcome: str, closed_at: datetime, answered_at: datetime | None = None, **changes: object) -> dict:
    return a_ticket(state="closed", outcome=outcome, closed_at=closed_at, answered_at=answered_at, **changes)


def test_numbers_counted_by_hand() -> None:
    [found] = measure(
        # Put right on Friday the 6th: 4 working days, 4 days, on time.
        closed("corrected", datetime(2026, 11, 6, 8, 0)),
        # On Tuesday the 10th, a day late: 6 working days, 8 days.
        closed("corrected", datetime(2026, 11, 10, 2, 0), rounds=1),
        # Answered on Thursday the 5th (3 and 3), reviewed by the authority after the limit: on time.
        closed("confirmed", datetime(2026, 11, 10, 2, 0), datetime(2026, 11, 5, 2, 0), found_again=True),
        # Open and late.
        a_ticket(),
        # Open, within an extended limit.
        a_ticket(due_at=datetime(2026, 12, 31, 16, 0), asked=1, granted=1),
        # Not yet routed; merged and withdrawn ones count nowhere.
        a_ticket(received_at=None, state="submitted"),
        a_ticket(state="merged"),
        a_ticket(state="withdrawn"),
    )
    assert found == {
        "received": 5, "waiting": 1, "open": 2, "overdue": 1, "finished": 3, "due": 4, "on_time": 2,
        "median_working_days": 4.0, "median_days": 4.0, "answered": 3, "came_back": 2,
        "asked": 1, "granted": 1, "refused": 0, "a5": 0, "a10": 2, "a20": 0, "a40": 0, "more": 0,
    }  # fmt: skip


def test_the_days_are_those_of_beijing_and_of_the_official_calendar() -> None:
    # Received on 30 September 2026 at 17:00 UTC, which is 1 October in Beijing; the National Day holiday lasts until the 7th,
    # Saturday the 10th is worked to make up for it.
    [found] = measure(closed("corrected", datetime(2026, 10, 10, 2, 0), received_at=datetime(2026, 9, 30, 17, 0)))
    assert found["median_days"] == 9
    assert found["median_working_days"] == CALENDAR.workdays_between(date(2026, 10, 1), date(2026, 10, 10))
    assert found["median_working_days"] == 3  # the 8th, the 9th, and the Saturday


@pytest.mark.parametrize(
    ("received", "bucket"),
    [
        (datetime(2026, 11, 10, 1, 0), "a5"),
        (datetime(2026, 11, 3, 1, 0), "a5"),
        (datetime(2026, 11, 2, 1, 0), "a10"),
        (datetime(2026, 10, 27, 1, 0), "a10"),
        (datetime(2026, 10, 26, 1, 0), "a20"),
        (datetime(2026, 10, 12, 1, 0), "a40"),
        (datetime(2026, 9, 1, 1, 0), "more"),
    ],
)
def test_open_tickets_by_age(received: datetime, bucket: str) -> None:
    [found] = measure(a_ticket(received_at=received))
    assert [name for name in ("a5", "a10", "a20", "a40", "more") if found[name]] == [bucket]


@pytest.mark.parametrize(
    ("changes", "due", "on_time"),
    [
        ({"state": "resolved", "answered_at": datetime(2026, 11, 9, 15, 59)}, 1, 1),
        ({"state": "resolved", "answered_at": datetime(2026, 11, 9, 16, 0)}, 1, 0),
        ({"state": "verification", "answered_at": datetime(2026, 11, 5, 2, 0)}, 1, 0),
        ({"due_at": datetime(2026, 11, 10, 16, 0)}, 0, 0),
        # Ordered to put it right: the later date of the order does not make it on time.
        ({"rectified": True, "state": "closed", "outcome": "corrected", "closed_at": NOW, "due_at": datetime(2026, 12, 1)}, 1, 0),
        ({"rectified": True, "due_at": datetime(2026, 12, 1)}, 1, 0),
        # Sent back: the time goes on.
        ({"state": "accepted", "rounds": 1}, 1, 0),
    ],
)  # fmt: skip
def test_on_time_by_the_end_of_the_last_day(changes: dict, due: int, on_time: int) -> None:
    [found] = measure(a_ticket(**changes))
    assert (found["due"], found["on_time"]) == (due, on_time)


def test_each_department_and_rule_is_counted_by_itself() -> None:
    tickets = [
        closed("corrected", datetime(2026, 11, 6, 8, 0)),
        closed("corrected", datetime(2026, 11, 10, 2, 0), department="sw", rule="r.y"),
        a_ticket(department="sw", rule="r.y"),
    ]
    by_department = {row["department"]: row for row in measure(*tickets, by=("department",))}
    assert (by_department["ga"]["on_time"], by_department["ga"]["due"]) == (1, 1)
    assert (by_department["sw"]["on_time"], by_department["sw"]["due"], by_department["sw"]["open"]) == (0, 2, 1)
    by_rule = {row["rule"]: row["received"] for row in measure(*tickets, by=("resource", "rule"))}
    assert by_rule == {"r.x": 1, "r.y": 2}


def test_nothing_is_measured_of_nothing() -> None:
    [found] = measure()
    assert found["received"] == 0
    assert found["median_days"] is None
    assert measure(by=("department",)) == []


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 60),
            st.integers(0, 40),
            st.sampled_from(list(State)),
            st.sampled_from([None, "corrected", "confirmed"]),
        ),
        max_size=20,
    )
)
def test_the_counts_fit_together(drawn: list[tuple[int, int, State, str | None]]) -> None:
    tickets = [
        a_ticket(
            state=state.value, outcome=outcome if state is State.CLOSED else None,
            received_at=datetime(2026, 9, 2) + timedelta(days=back), closed_at=datetime(2026, 9, 2) + timedelta(days=back + took),
            answered_at=datetime(2026, 9, 2) + timedelta(days=back + took), due_at=datetime(2026, 9, 9) + timedelta(days=back),
        )
        for back, took, state, outcome in drawn
    ]  # fmt: skip
    [found] = measure(*tickets)
    counted = [one for one in drawn if one[2] not in (State.MERGED, State.WITHDRAWN)]
    assert found["received"] == found["open"] + found["finished"] == len(counted)
    assert found["on_time"] <= found["finished"] <= found["due"] <= found["received"]
    assert sum(found[name] for name in ("a5", "a10", "a20", "a40", "more")) == found["open"]
    assert set(STATE_WORDS) == set(State)
    if found["finished"]:
        took = sorted(took for back, took, state, _ in counted if state in (State.CLOSED, State.RESOLVED))
        middle = len(took) // 2
        assert found["median_days"] == (took[middle] if len(took) % 2 else (took[middle - 1] + took[middle]) / 2)
