"""On which days somebody is reminded; the days expected are counted by hand on the calendar."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.calendar import WorkingCalendar
from policy.clock import Period
from policy.reminders import Reminder, reached, reminders

CALENDAR = WorkingCalendar.standard()


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("due", "received", "before", "expected"),
    [
        ("2026-03-09", "2026-03-02", ["1wd"], [("before-1wd", "2026-03-06"), ("due", "2026-03-09")]),
        ("2026-03-09", "2026-03-02", ["1nd"], [("before-1nd", "2026-03-08"), ("due", "2026-03-09")]),
        pytest.param(
            "2026-10-13", "2026-09-30", ["1wd", "3wd"],
            [("before-3wd", "2026-10-09"), ("before-1wd", "2026-10-12"), ("due", "2026-10-13")],
            id="the make-up Saturday is a working day; the earliest first",
        ),
        pytest.param(
            "2026-10-02", "2026-08-03", ["1wd"], [("before-1wd", "2026-09-30"), ("due", "2026-10-02")], id="due on a holiday"
        ),
        pytest.param("2026-03-03", "2026-03-02", ["1wd"], [("due", "2026-03-03")], id="not on the day of receipt"),
        pytest.param(
            "2026-03-10", "2026-03-02", ["1wd", "1nd"], [("before-1wd", "2026-03-09"), ("due", "2026-03-10")], id="one a day"
        ),
        pytest.param("2026-03-09", "2026-03-02", [], [("due", "2026-03-09")], id="the last day is always one"),
    ],
)  # fmt: skip
def test_reminders_by_hand(due: str, received: str, before: list[str], expected: list[tuple[str, str]]) -> None:
    found = reminders(day(due), day(received), [Period.parse(one) for one in before], CALENDAR)
    assert [(one.occasion, one.on.isoformat()) for one in found] == expected


def test_what_is_reached_is_the_last_whose_day_has_come() -> None:
    given_ = (Reminder("before-1wd", day("2026-03-06")), Reminder("due", day("2026-03-09")))
    assert reached(given_, day("2026-03-05")) is None
    assert reached(given_, day("2026-03-08")) == given_[0]
    assert reached(given_, day("2026-03-20")) == given_[1]
    assert reached((), day("2026-03-20")) is None


@given(
    st.dates(date(2024, 1, 1), date(2028, 1, 1)), st.integers(1, 60),
    st.lists(st.builds(lambda n, unit: Period.parse(f"{n}{unit}"), st.integers(1, 10), st.sampled_from(["wd", "nd"]))),
)  # fmt: skip
def test_reminders_rise_to_the_last_day_and_lie_after_receipt(
    received: date, length: int, before: list[Period]
) -> None:
    last = received + timedelta(days=length)
    found = reminders(last, received, before, CALENDAR)
    days = [one.on for one in found]
    assert days == sorted(set(days))
    assert found[-1] == ("due", last)
    assert all(received < one <= last for one in days)
    assert len({one.occasion for one in found}) == len(found)
