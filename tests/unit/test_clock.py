"""The legal clock and the update cycles: known vectors, the laws of counting, and what a deadline says of itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ground.documents import parse_document
from ground.errors import InternalFault, UserError
from policy.calendar import WorkingCalendar
from policy.calendar_table import CalendarYears
from policy.clock import SHANGHAI, Deadline, Period, Unit, bring_forward, due, end_of, extend
from policy.freshness import CYCLES, next_delivery_due
from policy.profile import load_profile

CALENDAR = WorkingCalendar.standard()
STARTS = st.dates(date(2004, 1, 1), date(2029, 12, 31))
COUNTS = st.integers(1, 60)


def wd(count: int) -> Period:
    return Period(count, Unit.WORKING_DAYS)


def nd(count: int) -> Period:
    return Period(count, Unit.NATURAL_DAYS)


@pytest.mark.parametrize(
    ("received", "period", "expected"),
    [
        ("2026-02-12", "3wd", "2026-02-24"),
        ("2026-02-12", "5wd", "2026-02-26"),
        ("2026-02-12", "10wd", "2026-03-04"),
        ("2026-02-12", "20wd", "2026-03-18"),
        ("2026-09-24", "5wd", "2026-10-09"),
        ("2026-09-24", "10wd", "2026-10-15"),
        ("2025-09-26", "3wd", "2025-09-30"),
        ("2025-09-26", "5wd", "2025-10-10"),
        pytest.param("2026-10-03", "1wd", "2026-10-08", id="received on a holiday"),
        pytest.param("2026-02-13", "1wd", "2026-02-14", id="a make-up Saturday counts"),
        pytest.param("2026-01-04", "1wd", "2026-01-05", id="received on a make-up Sunday: still day zero"),
        pytest.param("2026-08-03", "60nd", "2026-10-02", id="natural days end on a holiday"),
        pytest.param("2024-02-28", "1nd", "2024-02-29", id="leap day"),
    ],
)
def test_known_vectors(received: str, period: str, expected: str) -> None:
    found = due(date.fromisoformat(received), Period.parse(period), CALENDAR)
    assert found.due == date.fromisoformat(expected)
    assert not found.provisional


def test_a_limit_ends_at_midnight_in_beijing() -> None:
    found = due(date(2026, 9, 24), wd(10), CALENDAR)
    assert found.due_at == datetime(2026, 10, 16, 0, 0, tzinfo=SHANGHAI)
    assert found.due_at == datetime(2026, 10, 15, 16, 0, tzinfo=UTC)
    assert not found.is_overdue(datetime(2026, 10, 15, 15, 59, 59, tzinfo=UTC))
    assert found.is_overdue(datetime(2026, 10, 15, 16, 0, tzinfo=UTC))
    assert not found.is_overdue(datetime(2026, 10, 15, 23, 59, tzinfo=SHANGHAI))


@pytest.mark.parametrize(
    ("moment", "day_zero"),
    [
        (datetime(2026, 9, 24, 15, 59, tzinfo=UTC), date(2026, 9, 24)),
        (datetime(2026, 9, 24, 16, 0, tzinfo=UTC), date(2026, 9, 25)),
        (datetime(2026, 9, 24, 23, 59, tzinfo=SHANGHAI), date(2026, 9, 24)),
        (datetime(2026, 9, 24, 12, 0, tzinfo=timezone(timedelta(hours=-5))), date(2026, 9, 25)),
    ],
)
def test_an_instant_is_received_on_its_beijing_date(moment: datetime, day_zero: date) -> None:
    found = due(moment, wd(5), CALENDAR)
    assert found.received == moment
    assert found.received_on == day_zero
    assert found.days[0].date == day_zero
    assert found.due == due(day_zero, wd(5), CALENDAR).due


def test_a_moment_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 9, 24, 12, 0)
    with pytest.raises(InternalFault):
        due(naive, wd(5), CALENDAR)
    with pytest.raises(InternalFault):
        due(date(2026, 9, 24), wd(5), CALENDAR).is_overdue(naive)


def test_a_deadline_explains_itself_day_by_day() -> None:
    found = due(date(2026, 9, 30), wd(3), CALENDAR)
    lines = found.explain()
    assert lines[0] == "2026-09-30 收到，3个工作日，截止 2026-10-10 24:00"
    assert lines[1] == "2026-09-30  不计  收到当日，不计入"
    assert lines[2] == "2026-10-01  不计  周四，国庆节放假"
    assert lines[-3:] == [
        "2026-10-08  第1日  周四，工作日",
        "2026-10-09  第2日  周五，工作日",
        "2026-10-10  第3日  周六，国庆节调休上班",
    ]
    assert found.explain("en")[0] == "received 2026-09-30, 3 working days, due 2026-10-10 24:00"
    assert found.explain("en")[-1] == "2026-10-10  day 3  Saturday, worked to make up for National Day"


def test_a_deadline_through_a_year_without_notice_is_provisional_and_says_so() -> None:
    found = due(date(2026, 12, 21), wd(10), CALENDAR)
    assert found.provisional
    assert "暂定" in found.explain()[0]
    assert "provisional" in found.explain("en")[0]
    assert not due(date(2026, 12, 21), wd(5), CALENDAR).provisional
    assert due(date(2026, 12, 21), wd(6), CALENDAR).provisional, "29 December awaits the notice for 2027"


def test_natural_days_do_not_hang_on_a_notice_unless_they_roll() -> None:
    start = date(2026, 12, 21)
    assert not due(start, nd(60), CALENDAR).provisional
    assert due(start, nd(60), CALENDAR, roll_past_holidays=True).provisional


def test_an_imported_notice_moves_a_provisional_deadline() -> None:
    notice = """
years:
  2027:
    status: confirmed
    source: invented for this test
    rest:
      - {first: 2027-02-05, last: 2027-02-11, festival: spring_festival}
    make_up:
      - {day: 2027-01-30, festival: spring_festival}
"""
    before = due(date(2027, 1, 28), wd(10), CALENDAR)
    calendar = WorkingCalendar.standard(parse_document(notice, CalendarYears, name="notice"))
    after = due(before.received, before.period, calendar)
    assert (before.due, before.provisional) == (date(2027, 2, 15), True)
    assert (after.due, after.provisional) == (date(2027, 2, 17), False)


def test_a_gap_between_confirmed_years_makes_a_deadline_provisional() -> None:
    notice = """
years:
  2028:
    status: confirmed
    source: invented for this test
    rest:
      - {first: 2028-01-01, last: 2028-01-03, festival: new_year}
"""
    calendar = WorkingCalendar.standard(parse_document(notice, CalendarYears, name="notice"))
    found = due(date(2027, 12, 20), wd(10), calendar)
    assert not calendar.is_provisional(found.due)
    assert found.provisional, "it was counted through December 2027, whose notice is missing"


def test_rolling_past_holidays_is_a_switch() -> None:
    start = date(2026, 8, 3)
    assert due(start, nd(60), CALENDAR).due == date(2026, 10, 2)
    rolled = due(start, nd(60), CALENDAR, roll_past_holidays=True)
    assert rolled.due == date(2026, 10, 8)
    assert [day.number for day in rolled.days][-7:] == [60, None, None, None, None, None, None]
    assert "顺延" in rolled.explain()[-1]


@pytest.mark.duty("R-180")
def test_a_provider_in_haishu_has_five_working_days() -> None:
    rules = load_profile("haishu").problem_data
    found = due(datetime(2026, 9, 30, 9, 0, tzinfo=SHANGHAI), rules.days.value, CALENDAR)
    assert found.due == date(2026, 10, 13)
    assert not found.is_overdue(datetime(2026, 10, 13, 23, 59, tzinfo=SHANGHAI))
    assert found.is_overdue(datetime(2026, 10, 14, 0, 0, tzinfo=SHANGHAI))


def _haishu_ticket() -> tuple[Deadline, Period, bool]:
    rules = load_profile("haishu").problem_data
    assert rules.extension_cap is not None
    return due(date(2026, 8, 3), rules.days.value, CALENDAR), rules.extension_cap.value, rules.roll_past_holidays.value


@pytest.mark.duty("R-181")
def test_an_extension_is_capped_from_receipt_and_does_not_roll() -> None:
    first, cap, roll = _haishu_ticket()
    assert first.due == date(2026, 8, 10)
    whole = extend(first, cap, CALENDAR, roll_past_holidays=roll)
    assert whole.due == date(2026, 10, 2), "60 natural days from receipt, though it is a holiday"
    part = extend(first, cap, CALENDAR, until=date(2026, 9, 1), roll_past_holidays=roll)
    assert (part.due, part.received) == (date(2026, 9, 1), first.received)
    assert extend(part, cap, CALENDAR, roll_past_holidays=roll).due == date(2026, 10, 2), "not 60 days from 1 September"
    with pytest.raises(UserError) as caught:
        extend(first, cap, CALENDAR, until=date(2026, 10, 3), roll_past_holidays=roll)
    assert "2026-10-02" in caught.value.zh
    assert "60 natural days" in caught.value.en
    with pytest.raises(UserError):
        extend(first, cap, CALENDAR, until=first.due, roll_past_holidays=roll)
    with pytest.raises(UserError):
        extend(whole, cap, CALENDAR, roll_past_holidays=roll)


@pytest.mark.duty("R-182")
def test_an_urgent_case_gets_an_earlier_limit_never_a_later_one() -> None:
    first, _, _ = _haishu_ticket()
    urgent = bring_forward(first, date(2026, 8, 4), CALENDAR)
    assert urgent.due_at == end_of(date(2026, 8, 4))
    for wrong in (date(2026, 8, 3), date(2026, 8, 11)):
        with pytest.raises(UserError) as caught:
            bring_forward(first, wrong, CALENDAR)
        assert "2026-08-10" in caught.value.zh


@pytest.mark.parametrize("text", ["", "wd", "10", "10 days", "-1wd", "0wd", "1.5wd", "99999nd", "１０wd", "10WD"])
def test_what_is_not_a_period_is_refused(text: str) -> None:
    with pytest.raises(UserError):
        Period.parse(text)


@given(st.integers(1, 3660), st.sampled_from(Unit))
def test_a_period_is_read_as_it_is_written(count: int, unit: Unit) -> None:
    assert Period.parse(str(Period(count, unit))) == Period(count, unit)


@given(STARTS, COUNTS)
def test_a_working_day_limit_never_lands_on_a_day_off(start: date, count: int) -> None:
    assert CALENDAR.is_workday(due(start, wd(count), CALENDAR).due)


@given(STARTS, COUNTS)
def test_every_day_is_accounted_for(start: date, count: int) -> None:
    found = due(start, wd(count), CALENDAR)
    assert [day.date for day in found.days] == [start + timedelta(days=step) for step in range(len(found.days))]
    assert [day.number for day in found.days if day.counted] == list(range(1, count + 1))
    assert all(day.counted == CALENDAR.is_workday(day.date) for day in found.days[1:])
    assert not found.days[0].counted
    assert found.days[-1].date == found.due
    assert CALENDAR.workdays_between(start, found.due) == count


@given(STARTS, COUNTS, st.sampled_from(Unit), st.booleans())
def test_a_longer_period_never_ends_earlier(start: date, count: int, unit: Unit, roll: bool) -> None:
    shorter = due(start, Period(count, unit), CALENDAR, roll_past_holidays=roll)
    longer = due(start, Period(count + 1, unit), CALENDAR, roll_past_holidays=roll)
    assert shorter.due <= longer.due
    if unit is Unit.WORKING_DAYS or not roll:
        assert shorter.due < longer.due


@given(STARTS, st.integers(0, 40), COUNTS, st.sampled_from(Unit), st.booleans())
def test_a_later_receipt_never_ends_earlier(start: date, later: int, count: int, unit: Unit, roll: bool) -> None:
    period = Period(count, unit)
    first = due(start, period, CALENDAR, roll_past_holidays=roll)
    second = due(start + timedelta(days=later), period, CALENDAR, roll_past_holidays=roll)
    assert first.due <= second.due


@given(STARTS, COUNTS, COUNTS, st.sampled_from(Unit))
def test_periods_add_up(start: date, one: int, two: int, unit: Unit) -> None:
    middle = due(start, Period(one, unit), CALENDAR).due
    assert due(middle, Period(two, unit), CALENDAR).due == due(start, Period(one + two, unit), CALENDAR).due


@given(STARTS, COUNTS)
def test_working_days_are_never_shorter_than_natural_ones(start: date, count: int) -> None:
    assert due(start, wd(count), CALENDAR).due >= due(start, nd(count), CALENDAR).due


@given(STARTS, COUNTS)
def test_provisional_exactly_when_a_day_on_the_way_is(start: date, count: int) -> None:
    found = due(start, wd(count), CALENDAR)
    assert found.provisional == any(CALENDAR.is_provisional(day.date) for day in found.days[1:])


@pytest.mark.parametrize(
    ("cycle", "last", "expected"),
    [
        ("real_time", "2026-10-02", "2026-10-03"),
        ("daily", "2026-10-02", "2026-10-03"),
        ("working_day", "2026-09-30", "2026-10-08"),
        ("weekly", "2026-09-22", "2026-09-30"),
        ("weekly", "2026-09-29", "2026-10-10"),
        pytest.param("weekly", "2020-01-22", "2020-02-03", id="a week wholly off moves on"),
        ("monthly", "2026-08-01", "2026-09-30"),
        ("monthly", "2026-08-31", "2026-09-30"),
        ("monthly", "2026-09-30", "2026-10-30"),
        ("monthly", "2025-12-05", "2026-01-30"),
        ("quarterly", "2026-05-17", "2026-09-30"),
        ("quarterly", "2025-10-01", "2026-03-31"),
        ("half_yearly", "2025-08-09", "2026-06-30"),
        ("half_yearly", "2026-06-30", "2026-12-31"),
        ("yearly", "2024-02-29", "2025-12-31"),
    ],
)
def test_the_next_delivery_is_due(cycle: str, last: str, expected: str) -> None:
    assert next_delivery_due(cycle, date.fromisoformat(last), CALENDAR) == date.fromisoformat(expected)


@pytest.mark.parametrize("cycle", ["once", "ad_hoc"])
def test_what_has_no_cycle_is_never_due_again(cycle: str) -> None:
    assert next_delivery_due(cycle, date(2026, 1, 1), CALENDAR) is None


def test_an_unknown_cycle_is_refused() -> None:
    with pytest.raises(UserError) as caught:
        next_delivery_due("fortnightly", date(2026, 1, 1), CALENDAR)
    assert "monthly" in caught.value.en


@given(st.sampled_from(sorted(set(CYCLES) - {"once", "ad_hoc"})), STARTS, st.integers(0, 40))
def test_a_delivery_is_due_later_than_the_last_and_never_goes_back(cycle: str, last: date, later: int) -> None:
    assume(last.year < 2029)
    first = next_delivery_due(cycle, last, CALENDAR)
    second = next_delivery_due(cycle, last + timedelta(days=later), CALENDAR)
    assert first is not None
    assert second is not None
    assert last < first <= second
    if cycle not in ("real_time", "daily"):
        assert CALENDAR.is_workday(first)
