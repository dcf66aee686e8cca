"""When a notice is sent: quiet hours, days off, the digest, pauses between tries."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from notices.timing import PAUSES, Quiet, after_failure, first_audible, when
from policy.calendar import WorkingCalendar
from policy.clock import SHANGHAI

CALENDAR = WorkingCalendar.standard()
NIGHT = Quiet(time(20), time(8), days_off=True)
PLAIN = Quiet(time(20), time(8))


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def due(now, *, urgent=False, machine=False, digest_at=None, quiet=NIGHT):
    return when(
        at(now), urgent=urgent, machine=machine, digest_at=digest_at, quiet=quiet, is_workday=CALENDAR.is_workday
    )


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-18T10:00", "2026-11-18T10:00"),  # a Wednesday morning
        ("2026-11-18T19:59", "2026-11-18T19:59"),
        ("2026-11-18T20:00", "2026-11-19T08:00"),
        ("2026-11-19T07:59", "2026-11-19T08:00"),
        ("2026-11-19T08:00", "2026-11-19T08:00"),
        ("2026-11-20T21:00", "2026-11-23T08:00"),  # Friday evening to Monday
        ("2026-11-21T10:00", "2026-11-23T08:00"),  # Saturday
        ("2026-09-30T20:30", "2026-10-08T08:00"),  # over National Day, 1 to 7 October 2026
        ("2026-10-10T10:00", "2026-10-10T10:00"),  # the Saturday worked in its place
    ],
)
def test_notices_wait_for_the_end_of_the_quiet_hours(now, expected):
    assert due(now) == at(expected)


def test_without_days_off_a_weekend_is_like_any_day():
    assert due("2026-11-21T10:00", quiet=PLAIN) == at("2026-11-21T10:00")
    assert due("2026-11-21T21:00", quiet=PLAIN) == at("2026-11-22T08:00")


def test_quiet_hours_at_noon_do_not_cross_midnight():
    noon = Quiet(time(12), time(13, 30))
    assert due("2026-11-18T12:10", quiet=noon) == at("2026-11-18T13:30")
    assert due("2026-11-18T23:10", quiet=noon) == at("2026-11-18T23:10")


def test_a_day_off_ends_at_midnight_where_the_night_is_not_quiet():
    noon = Quiet(time(12), time(13, 30), days_off=True)
    assert due("2026-11-21T10:00", quiet=noon) == at("2026-11-23T00:00")


def test_urgent_notices_and_systems_wait_for_nothing():
    for now in ("2026-11-21T23:00", "2026-11-18T10:00"):
        assert due(now, urgent=True, digest_at=time(17)) == at(now)
        assert due(now, machine=True, digest_at=time(17)) == at(now)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-18T10:00", "2026-11-18T17:00"),
        ("2026-11-18T17:00", "2026-11-18T17:00"),
        ("2026-11-18T17:01", "2026-11-19T17:00"),
        ("2026-11-20T18:00", "2026-11-23T17:00"),
    ],
)
def test_the_digest_is_told_at_its_time_on_a_working_day(now, expected):
    assert due(now, digest_at=time(17)) == at(expected)


clocks = st.times().map(lambda one: one.replace(second=0, microsecond=0))
moments = st.datetimes(datetime(2020, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))
workdays = st.one_of(
    st.just(CALENDAR.is_workday),
    st.frozensets(st.integers(0, 6), min_size=1).map(lambda days: lambda day: day.weekday() in days),
)
quiets = st.builds(Quiet, clocks, clocks, st.booleans()).filter(lambda one: one.start != one.end)


@given(moments, st.none() | quiets, workdays, st.none() | clocks)
def test_never_in_quiet_hours_never_before_now_the_digest_at_its_time(now, quiet, is_workday, digest_at):
    assume(digest_at is None or quiet is None or not quiet.covers(digest_at))
    due_at = when(now, urgent=False, machine=False, digest_at=digest_at, quiet=quiet, is_workday=is_workday)
    assert due_at >= now
    local = due_at.astimezone(SHANGHAI)
    if quiet is not None:
        inside = (
            quiet.start <= local.time() < quiet.end
            if quiet.start < quiet.end
            else not quiet.end <= local.time() < quiet.start
        )
        assert not inside
        assert is_workday(local.date()) or not quiet.days_off
    if digest_at is not None:
        assert local.time() == digest_at
    elif quiet is None:
        assert due_at == now


@given(moments, quiets, workdays, st.floats(0, 1, exclude_max=True))
def test_nothing_waits_longer_than_it_must(now, quiet, is_workday, part):
    found = first_audible(now, quiet, is_workday)
    before = now + part * (found - now)
    assert before >= found or quiet.holds(before, is_workday), "it could have been sent earlier"


def test_pauses_grow_and_end():
    now = datetime(2026, 11, 18, 9, tzinfo=UTC)
    waits = [after_failure(tries, now) - now for tries in range(1, len(PAUSES) + 1)]
    assert waits == [timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=12)]  # fmt: skip
    assert after_failure(len(PAUSES) + 1, now) is None


def test_national_day_is_as_announced():
    """The holidays that the cases above rest on (the State Council's notice for 2026)."""
    assert not any(CALENDAR.is_workday(date(2026, 10, day)) for day in range(1, 8))
    assert CALENDAR.is_workday(date(2026, 10, 10))
