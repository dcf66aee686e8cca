"""The working-day calendar: kinds and reasons, what is certain and what is not, and agreement with a second source."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.documents import parse_document
from ground.errors import DocumentError, UserError
from policy.calendar import DayKind, WorkingCalendar
from policy.calendar_table import CalendarYears, own_table

CALENDAR = WorkingCalendar.standard()
DATES = st.dates(date(2004, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize(
    ("day", "kind", "zh"),
    [
        pytest.param(date(2026, 2, 13), DayKind.WORKDAY, "周五，工作日", id="plain Friday"),
        pytest.param(date(2026, 3, 7), DayKind.WEEKEND, "周六，休息日", id="plain Saturday"),
        pytest.param(date(2026, 2, 14), DayKind.MAKEUP_WORKDAY, "周六，春节调休上班", id="worked Saturday"),
        pytest.param(date(2026, 9, 20), DayKind.MAKEUP_WORKDAY, "周日，国庆节调休上班", id="worked Sunday"),
        pytest.param(date(2026, 10, 7), DayKind.HOLIDAY, "周三，国庆节放假", id="bridge day"),
        pytest.param(date(2026, 10, 3), DayKind.HOLIDAY, "周六，国庆节放假", id="holiday at a weekend"),
        pytest.param(date(2015, 9, 3), DayKind.HOLIDAY, "周四，专项安排放假", id="once only"),
    ],
)
def test_a_day_has_a_kind_and_a_reason(day: date, kind: DayKind, zh: str) -> None:
    found = CALENDAR.day(day)
    assert (found.kind, found.zh, found.provisional) == (kind, zh, False)
    assert found.en


def test_the_notice_for_2026_is_there_to_the_day() -> None:
    days = list(CALENDAR.days(date(2026, 1, 1), date(2026, 12, 28)))
    worked = [one.date.isoformat()[5:] for one in days if one.kind is DayKind.MAKEUP_WORKDAY]
    off = [one.date.isoformat()[5:] for one in days if one.kind is DayKind.HOLIDAY]
    assert worked == ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]
    assert off == [
        *("01-01", "01-02", "01-03"),
        *(f"02-{day}" for day in range(15, 24)),
        *("04-04", "04-05", "04-06"),
        *(f"05-0{day}" for day in range(1, 6)),
        *("06-19", "06-20", "06-21"),
        *("09-25", "09-26", "09-27"),
        *(f"10-0{day}" for day in range(1, 8)),
    ]


def test_a_year_without_its_notice_is_provisional_and_says_so() -> None:
    assert CALENDAR.status(2026) == "confirmed"
    assert CALENDAR.status(2027) == "provisional"
    eve = CALENDAR.day(date(2027, 2, 5))
    assert (eve.kind, eve.provisional) == (DayKind.HOLIDAY, True)
    assert "暂定：2027年" in eve.zh
    assert "provisional: the holiday notice for 2027" in eve.en


def test_the_provisional_year_has_the_thirteen_statutory_days() -> None:
    days = CALENDAR.days(date(2027, 1, 1), date(2027, 12, 28))
    assert [one.date.isoformat()[5:] for one in days if one.kind is DayKind.HOLIDAY] == [
        *("01-01", "02-05", "02-06", "02-07", "02-08", "04-05", "05-01", "05-02", "06-09", "09-15"),
        *("10-01", "10-02", "10-03"),
    ]


def test_beyond_the_table_only_fixed_solar_days_are_off() -> None:
    days = CALENDAR.days(date(2031, 1, 1), date(2031, 12, 28))
    off = [one.date.isoformat()[5:] for one in days if one.kind is DayKind.HOLIDAY]
    assert off == ["01-01", "05-01", "05-02", "10-01", "10-02", "10-03"]


def test_the_last_days_of_december_wait_for_the_next_years_notice() -> None:
    assert not CALENDAR.is_provisional(date(2026, 12, 28))
    assert [CALENDAR.is_provisional(date(2026, 12, day)) for day in (29, 30, 31)] == [True] * 3
    assert not CALENDAR.is_provisional(date(2025, 12, 31))


def test_no_notice_ever_reached_further_back_than_the_tail() -> None:
    """The assumption behind the provisional tail of December, held against every year that is known."""
    december = CALENDAR.days
    for year in range(2004, 2027):
        for one in december(date(year, 12, 1), date(year, 12, 28)):
            assert one.kind in (DayKind.WORKDAY, DayKind.WEEKEND), one


NOTICE_2027 = """
years:
  2027:
    status: confirmed
    source: invented for this test
    rest:
      - {first: 2026-12-31, last: 2027-01-03, festival: new_year}
      - {first: 2027-02-05, last: 2027-02-11, festival: spring_festival}
    make_up:
      - {day: 2027-02-13, festival: spring_festival}
"""


def test_an_imported_notice_replaces_the_provisional_year_and_the_tail_before_it() -> None:
    calendar = WorkingCalendar.standard(parse_document(NOTICE_2027, CalendarYears, name="notice"))
    assert calendar.status(2027) == "confirmed"
    assert calendar.day(date(2026, 12, 31)).kind is DayKind.HOLIDAY
    assert calendar.day(date(2027, 2, 13)).kind is DayKind.MAKEUP_WORKDAY
    assert calendar.day(date(2027, 4, 5)).kind is DayKind.WORKDAY, "the provisional Qingming must not linger"
    assert not calendar.is_provisional(date(2026, 12, 29))
    assert calendar.is_provisional(date(2027, 12, 29))


def test_a_provisional_table_never_replaces_a_confirmed_year() -> None:
    confirmed = parse_document(NOTICE_2027, CalendarYears, name="notice")
    calendar = WorkingCalendar(confirmed, own_table())
    assert calendar.status(2027) == "confirmed"
    assert calendar.day(date(2027, 2, 13)).works


@pytest.mark.parametrize(
    ("old", "new", "field", "message"),
    [
        ("2027-02-13", "2027-02-12", "make_up.0", "周六或周日"),
        ("last: 2027-02-11", "last: 2027-02-01", "rest.1", "不得早于"),
        ("last: 2027-02-11", "last: 2027-02-13", "years", "重复日期：2027-02-13"),
        ("first: 2026-12-31", "first: 2026-12-28", "years", "2026-12-28"),
        ("festival: new_year", "festival: christmas", "festival", "spring_festival"),
        ("status: confirmed", "status: sure", "status", "provisional"),
    ],
)
def test_a_wrong_table_is_refused_with_the_field(old: str, new: str, field: str, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse_document(NOTICE_2027.replace(old, new), CalendarYears, name="notice.yaml")
    assert field in caught.value.zh
    assert message in caught.value.zh
    assert "notice.yaml:" in caught.value.en


@pytest.mark.parametrize("year", [1999, 2003, 2201])
def test_a_year_outside_the_calendar_is_refused(year: int) -> None:
    with pytest.raises(UserError) as caught:
        CALENDAR.is_workday(date(year, 6, 1))
    assert str(year) in caught.value.zh
    assert "2004" in caught.value.en


@given(DATES)
def test_kind_and_working_agree(day: date) -> None:
    one = CALENDAR.day(day)
    assert one.works == CALENDAR.is_workday(day)
    if one.kind is DayKind.MAKEUP_WORKDAY:
        assert day.weekday() >= 5
    if one.kind is DayKind.WORKDAY:
        assert day.weekday() < 5


@given(DATES)
def test_neighbouring_working_days(day: date) -> None:
    after, before, following = (
        CALENDAR.workday_on_or_after(day),
        CALENDAR.workday_on_or_before(day) if day >= date(2004, 2, 1) else None,
        CALENDAR.next_workday(day),
    )
    assert CALENDAR.is_workday(after)
    assert after >= day
    assert CALENDAR.workdays_between(day, following) == 1
    assert following > day
    if before is not None:
        assert CALENDAR.is_workday(before)
        assert before <= day
        assert CALENDAR.workdays_between(before, day) == 0 or before == day


@given(st.lists(DATES, min_size=3, max_size=3).map(sorted))
def test_working_days_between_add_up(three: list[date]) -> None:
    one, two, three_ = (min(day, three[0] + timedelta(days=400)) for day in three)
    whole = CALENDAR.workdays_between(one, three_)
    assert whole == CALENDAR.workdays_between(one, two) + CALENDAR.workdays_between(two, three_)


@pytest.mark.parametrize("year", range(2007, 2024))
def test_every_day_agrees_with_a_second_source(year: int, shared_data: Callable[[str], Path]) -> None:
    """Two independent transcriptions of the notices; the next year's file is read too, since it may reach back."""
    folder = shared_data("holiday_cn")
    listed: dict[date, bool] = {}
    for name in (year, year + 1):
        path = folder / f"{name}.json"
        if path.exists():
            entries = json.loads(path.read_text(encoding="utf-8"))["days"]
            listed.update({date.fromisoformat(one["date"]): not one["isOffDay"] for one in entries})
    assert sum(day.year == year for day in listed) >= 11
    days = [date(year, 1, 1) + timedelta(days=step) for step in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)]
    differing = [day for day in days if CALENDAR.is_workday(day) != listed.get(day, day.weekday() < 5)]
    assert differing == []
