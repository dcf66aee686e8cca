"""The legal clock against a second way to count, over every year of the second source, and the laws of extension and roll."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ground.errors import UserError
from policy.calendar import DayKind, WorkingCalendar
from policy.clock import Period, Unit, bring_forward, due, extend

CALENDAR = WorkingCalendar.standard()
STARTS = st.dates(date(2005, 1, 1), date(2029, 6, 30))
ONE = timedelta(days=1)


def wd(count: int) -> Period:
    return Period(count, Unit.WORKING_DAYS)


def nd(count: int) -> Period:
    return Period(count, Unit.NATURAL_DAYS)


@pytest.fixture(scope="module")
def listed(shared_data: Callable[[str], Path]) -> dict[date, bool]:
    """Date -> whether it works, as the second source lists it; read without our code."""
    found: dict[date, bool] = {}
    for path in sorted(shared_data("holiday_cn").glob("[0-9]*.json")):
        days = json.loads(path.read_text(encoding="utf-8"))["days"]
        found.update({date.fromisoformat(one["date"]): not one["isOffDay"] for one in days})
    return found


@pytest.mark.parametrize("year", range(2007, 2023))
def test_every_receipt_of_a_year_is_due_as_counted_on_the_second_source(year: int, listed: dict[date, bool]) -> None:
    """3, 5, 10 and 20 working days (the limits of the five cities) from every day of the year."""
    horizon = [date(year, 1, 1) + timedelta(days=step) for step in range(366 + 60)]
    working = [day for day in horizon if listed.get(day, day.weekday() < 5)]
    for start in (day for day in horizon if day.year == year):
        after = [day for day in working if day > start]
        for count in (3, 5, 10, 20):
            found = due(start, wd(count), CALENDAR)
            assert (found.due, found.provisional) == (after[count - 1], False)


# --- make-up days -------------------------------------------------------------------------------------------------

MADE_UP = [
    one.date for one in CALENDAR.days(date(2005, 1, 1), date(2026, 12, 28)) if one.kind is DayKind.MAKEUP_WORKDAY
]


@given(st.sampled_from(MADE_UP))
def test_a_make_up_day_counts_as_day_one_and_starts_no_count(day: date) -> None:
    assert day.weekday() >= 5
    before = CALENDAR.workday_on_or_before(day - ONE)
    assert due(before, wd(1), CALENDAR).due == day
    assert due(day, wd(1), CALENDAR).due == CALENDAR.next_workday(day)


# --- natural days -------------------------------------------------------------------------------------------------


@given(STARTS, st.integers(1, 400))
def test_natural_days_do_not_ask_the_calendar(start: date, count: int) -> None:
    found = due(start, nd(count), CALENDAR)
    assert (found.due, found.provisional) == (start + timedelta(days=count), False)
    assert [one.number for one in found.days] == [None, *range(1, count + 1)]


@given(STARTS, st.integers(1, 400))
def test_a_roll_goes_to_the_next_working_day_and_no_further(start: date, count: int) -> None:
    plain = due(start, nd(count), CALENDAR).due
    rolled = due(start, nd(count), CALENDAR, roll_past_holidays=True)
    assert rolled.due == CALENDAR.workday_on_or_after(plain)
    assert rolled.provisional == any(
        CALENDAR.is_provisional(plain + timedelta(days=step)) for step in range((rolled.due - plain).days + 1)
    )


# --- extension and urgent limits ----------------------------------------------------------------------------------


@given(STARTS, st.integers(1, 20), st.integers(20, 120), st.integers(-200, 200), st.booleans())
def test_an_extension_never_ends_beyond_its_cap_nor_before_the_limit(
    start: date, count: int, cap: int, shift: int, roll: bool
) -> None:
    first = due(start, wd(count), CALENDAR)
    limit = due(start, nd(cap), CALENDAR, roll_past_holidays=roll).due
    assume(first.due < limit)
    until = limit + timedelta(days=shift)
    if first.due < until <= limit:
        granted = extend(first, nd(cap), CALENDAR, until=until, roll_past_holidays=roll)
        assert (granted.due, granted.received) == (until, first.received)
        # A second extension is counted from receipt again, not from the first.
        if granted.due < limit:
            assert extend(granted, nd(cap), CALENDAR, roll_past_holidays=roll).due == limit
    else:
        with pytest.raises(UserError):
            extend(first, nd(cap), CALENDAR, until=until, roll_past_holidays=roll)
    assert extend(first, nd(cap), CALENDAR, roll_past_holidays=roll).due == limit


@given(STARTS, st.integers(1, 30), st.integers(-30, 60))
def test_an_urgent_limit_lies_after_receipt_and_never_later_than_before(start: date, count: int, shift: int) -> None:
    first = due(start, wd(count), CALENDAR)
    until = start + timedelta(days=shift)
    if start < until <= first.due:
        assert bring_forward(first, until, CALENDAR).due == until
    else:
        with pytest.raises(UserError):
            bring_forward(first, until, CALENDAR)
