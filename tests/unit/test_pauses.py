"""Pauses of a limit: which days they take out, what an open one means, and the laws of counting around them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.errors import InternalFault, UserError
from policy.calendar import WorkingCalendar
from policy.clock import SHANGHAI, Deadline, Period, Suspended, Unit, bring_forward, due, extend, pause_between
from policy.pauses import Pause, PauseStep, merged, pauses_of

CALENDAR = WorkingCalendar.standard()
STARTS = st.dates(date(2005, 1, 1), date(2029, 6, 30))
COUNTS = st.integers(1, 40)
UNITS = st.sampled_from(Unit)


def day(text: str) -> date:
    return date.fromisoformat(text)


def pause(since: str, until: str | None, reason: str = "等待补正") -> Pause:
    return Pause(day(since), day(until) if until else None, reason)


def wd(count: int) -> Period:
    return Period(count, Unit.WORKING_DAYS)


def nd(count: int) -> Period:
    return Period(count, Unit.NATURAL_DAYS)


def ended(found: Deadline | Suspended) -> Deadline:
    assert isinstance(found, Deadline)
    return found


# --- counted by hand ----------------------------------------------------------------------------------------------


def test_the_days_of_a_pause_do_not_count_its_first_and_last_included() -> None:
    # Without it: 28, 29, 30 September, 8, 9 October. Paused on 28 to 30 September it is 8, 9, 10 (worked), 12, 13 October.
    found = ended(due(day("2026-09-24"), wd(5), CALENDAR, pauses=[pause("2026-09-28", "2026-09-30")]))
    assert found.due == day("2026-10-13")
    lines = found.explain()
    assert lines[0] == "2026-09-24 收到，5个工作日，截止 2026-10-13 24:00（暂停 3 日不计）"
    assert "2026-09-28  不计  暂停：等待补正" in lines
    assert "2026-09-30  不计  暂停：等待补正" in lines
    assert "2026-10-01  不计  周四，国庆节放假" in lines
    assert "2026-10-10  第3日  周六，国庆节调休上班" in lines
    assert "(3 paused days not counted)" in found.explain("en")[0]
    assert "2026-09-29  not counted  paused: 等待补正" in found.explain("en")


@pytest.mark.parametrize(
    ("period", "since", "until", "expected"),
    [
        pytest.param("5wd", "2026-03-04", "2026-03-04", "2026-03-10", id="one day"),
        pytest.param("5wd", "2026-03-07", "2026-03-08", "2026-03-09", id="a weekend takes nothing away"),
        pytest.param(
            "5wd", "2026-02-20", "2026-03-03", "2026-03-10", id="begun before receipt: 3 March counts no more"
        ),
        pytest.param("5wd", "2026-03-09", "2026-03-20", "2026-03-23", id="it begins on the last day"),
        pytest.param("5wd", "2026-03-10", "2026-03-20", "2026-03-09", id="it begins when the limit is over"),
        pytest.param("10nd", "2026-03-07", "2026-03-08", "2026-03-14", id="natural days pause too"),
    ],
)
def test_pauses_counted_by_hand(period: str, since: str, until: str, expected: str) -> None:
    # Received on Monday 2 March 2026: 3, 4, 5, 6, 9 March without a pause.
    found = ended(due(day("2026-03-02"), Period.parse(period), CALENDAR, pauses=[pause(since, until)]))
    assert found.due == day(expected)


def test_a_pause_without_an_end_leaves_no_due_date() -> None:
    found = due(day("2026-03-02"), wd(5), CALENDAR, pauses=[pause("2026-03-05", None)])
    assert isinstance(found, Suspended)
    assert (found.since, found.reason, found.left) == (day("2026-03-05"), "等待补正", 3)
    assert [one.date for one in found.days] == [day(f"2026-03-0{number}") for number in (2, 3, 4)]
    assert not hasattr(found, "due")
    assert found.is_overdue(datetime(2036, 1, 1, tzinfo=SHANGHAI)) is False
    with pytest.raises(InternalFault):
        found.is_overdue(datetime(2036, 1, 1))
    assert found.explain()[0] == (
        "2026-03-02 收到，5个工作日，自 2026-03-05 起暂停（等待补正），已计 2 日，尚余 3 日；恢复计时前没有截止日"
    )
    assert "no due date" in found.explain("en")[0]
    # The pause ends on the 10th: 11, 12, 13 March.
    assert ended(due(day("2026-03-02"), wd(5), CALENDAR, pauses=[pause("2026-03-05", "2026-03-10")])).due == day(
        "2026-03-13"
    )


def test_an_open_pause_after_the_last_day_suspends_nothing() -> None:
    assert ended(due(day("2026-03-02"), wd(5), CALENDAR, pauses=[pause("2026-03-10", None)])).due == day("2026-03-09")


def test_a_paused_day_of_an_unannounced_year_makes_nothing_provisional() -> None:
    # 29 to 31 December await the notice for 2027; they are paused, so no notice can move the date. 28 December is the third.
    long = [pause("2026-12-24", "2027-12-28")]
    found = ended(due(day("2026-12-21"), wd(2), CALENDAR, pauses=long))
    assert (found.due, found.provisional) == (day("2026-12-23"), False)
    again = ended(due(day("2026-12-21"), nd(4), CALENDAR, pauses=[pause("2026-12-24", "2026-12-31")]))
    assert (again.due, again.provisional) == (day("2027-01-02"), False)


def test_a_roll_past_days_off_waits_for_a_pause_too() -> None:
    # 60 natural days from 3 August end on 2 October; the first working day after is the 8th.
    rolled = ended(
        due(day("2026-08-03"), nd(60), CALENDAR, roll_past_holidays=True, pauses=[pause("2026-10-08", "2026-10-08")])
    )
    assert rolled.due == day("2026-10-09")
    assert rolled.explain()[-1].endswith("顺延：前一日为暂停")
    found = due(day("2026-08-03"), nd(60), CALENDAR, roll_past_holidays=True, pauses=[pause("2026-10-08", None)])
    assert isinstance(found, Suspended)
    assert found.left == 0


def test_an_extension_is_counted_around_the_same_pauses() -> None:
    first = ended(due(day("2026-08-03"), wd(5), CALENDAR, pauses=[pause("2026-08-05", "2026-08-14")]))
    assert first.due == day("2026-08-20")  # 4, 17, 18, 19, 20 August
    assert extend(first, nd(60), CALENDAR).due == day("2026-10-12")  # the 60th is 2 October, and ten days more
    urgent = bring_forward(first, day("2026-08-18"), CALENDAR)
    assert urgent.due == day("2026-08-18")
    assert extend(urgent, nd(60), CALENDAR).due == day("2026-10-12")
    later = ended(due(day("2026-08-03"), wd(5), CALENDAR, pauses=[pause("2026-08-11", None)]))
    with pytest.raises(UserError) as refused:
        extend(later, nd(60), CALENDAR)
    assert "2026-08-11" in refused.value.zh


# --- events -------------------------------------------------------------------------------------------------------


def test_events_add_up_to_pauses() -> None:
    steps = [
        PauseStep(day("2026-03-03"), "补正"), PauseStep(day("2026-03-05"), "听证"), PauseStep(day("2026-03-06"), None),
        PauseStep(day("2026-03-10"), "鉴定"),
    ]  # fmt: skip
    assert pauses_of(steps) == (pause("2026-03-03", "2026-03-06", "补正；听证"), pause("2026-03-10", None, "鉴定"))
    assert pauses_of([]) == ()


@pytest.mark.parametrize(
    "steps",
    [
        [PauseStep(day("2026-03-03"), None)],
        [PauseStep(day("2026-03-03"), "补正"), PauseStep(day("2026-03-04"), None), PauseStep(day("2026-03-05"), None)],
        [PauseStep(day("2026-03-03"), "补正"), PauseStep(day("2026-03-02"), None)],
    ],
)
def test_events_that_make_no_sense_are_refused(steps: list[PauseStep]) -> None:
    with pytest.raises(UserError) as refused:
        pauses_of(steps)
    assert steps[-1].on.isoformat() in refused.value.zh


def test_moments_pause_on_their_beijing_dates() -> None:
    found = pause_between(
        datetime.fromisoformat("2026-09-27T16:30:00+00:00"), datetime.fromisoformat("2026-09-30T15:59:00+00:00"), "补正"
    )
    assert found == pause("2026-09-28", "2026-09-30", "补正")


@pytest.mark.parametrize(
    ("since", "until", "reason"), [("2026-03-03", "2026-03-02", "补正"), ("2026-03-03", None, " ")]
)
def test_a_pause_that_is_none_is_refused(since: str, until: str | None, reason: str) -> None:
    with pytest.raises(UserError):
        pause(since, until, reason)


# --- laws ---------------------------------------------------------------------------------------------------------

PAUSES = st.builds(
    lambda since, length, reason: Pause(since, since + timedelta(days=length), reason),
    st.dates(date(2025, 12, 1), date(2026, 6, 30)), st.integers(0, 30), st.sampled_from(["补正", "听证", "鉴定"]),
)  # fmt: skip
NEAR = st.dates(date(2026, 1, 1), date(2026, 5, 31))


@given(STARTS, COUNTS, st.integers(0, 60), st.integers(0, 30))
def test_a_pause_of_k_working_days_moves_the_date_by_k_working_days(
    start: date, count: int, after: int, length: int
) -> None:
    plain = due(start, wd(count), CALENDAR)
    since = start + timedelta(days=1 + after % (plain.due - start).days)
    until = since + timedelta(days=length)
    found = ended(due(start, wd(count), CALENDAR, pauses=[Pause(since, until, "补正")]))
    taken = CALENDAR.workdays_between(since - timedelta(days=1), until)
    assert CALENDAR.workdays_between(plain.due, found.due) == taken
    assert found.due >= plain.due
    assert CALENDAR.is_workday(found.due)


@given(STARTS, COUNTS, st.integers(0, 60), st.integers(0, 30))
def test_a_pause_of_k_days_moves_a_limit_in_natural_days_by_k(start: date, count: int, after: int, length: int) -> None:
    since = start + timedelta(days=1 + after % count)
    found = ended(due(start, nd(count), CALENDAR, pauses=[Pause(since, since + timedelta(days=length), "补正")]))
    assert found.due == start + timedelta(days=count + length + 1)


@given(STARTS, COUNTS, UNITS, st.booleans(), st.integers(1, 30), st.integers(0, 30))
def test_a_pause_outside_the_count_changes_nothing(
    start: date, count: int, unit: Unit, roll: bool, away: int, length: int
) -> None:
    plain = due(start, Period(count, unit), CALENDAR, roll_past_holidays=roll)
    span = timedelta(days=length)
    before = Pause(start - timedelta(days=away - 1) - span, start - timedelta(days=away - 1), "补正")
    after = Pause(plain.due + timedelta(days=away), plain.due + timedelta(days=away) + span, "补正")
    found = ended(due(start, Period(count, unit), CALENDAR, roll_past_holidays=roll, pauses=[after, before]))
    assert (found.due, found.days, found.provisional) == (plain.due, plain.days, plain.provisional)


@given(NEAR, COUNTS, UNITS, st.booleans(), st.lists(PAUSES, max_size=5))
def test_every_date_is_told_once_and_the_numbers_run_from_1(
    start: date, count: int, unit: Unit, roll: bool, pauses: list[Pause]
) -> None:
    found = ended(due(start, Period(count, unit), CALENDAR, roll_past_holidays=roll, pauses=pauses))
    assert [one.date for one in found.days] == [start + timedelta(days=step) for step in range(len(found.days))]
    assert found.days[-1].date == found.due
    assert [one.number for one in found.days if one.counted] == list(range(1, count + 1))
    for one in found.days[1:]:
        assert one.paused == any(each.covers(one.date) for each in pauses)
        assert not (one.paused and one.counted)
    for language in ("zh", "en"):
        told = found.explain(language)[1:]
        assert [line[:10] for line in told] == [one.date.isoformat() for one in found.days]


@given(NEAR, COUNTS, UNITS, st.lists(PAUSES, max_size=5), st.integers(0, 20))
def test_with_pauses_a_later_receipt_and_a_longer_period_never_end_earlier(
    start: date, count: int, unit: Unit, pauses: list[Pause], later: int
) -> None:
    first = ended(due(start, Period(count, unit), CALENDAR, pauses=pauses))
    assert first.due <= ended(due(start + timedelta(days=later), Period(count, unit), CALENDAR, pauses=pauses)).due
    assert first.due < ended(due(start, Period(count + 1, unit), CALENDAR, pauses=pauses)).due


@given(NEAR, COUNTS, COUNTS, UNITS, st.lists(PAUSES, max_size=5))
def test_with_pauses_periods_add_up(start: date, one: int, two: int, unit: Unit, pauses: list[Pause]) -> None:
    middle = ended(due(start, Period(one, unit), CALENDAR, pauses=pauses)).due
    rest = ended(due(middle, Period(two, unit), CALENDAR, pauses=pauses)).due
    assert rest == ended(due(start, Period(one + two, unit), CALENDAR, pauses=pauses)).due


@given(st.lists(PAUSES, max_size=6), st.permutations(range(6)))
def test_merged_pauses_are_the_same_days_without_overlap_in_any_order(pauses: list[Pause], order: list[int]) -> None:
    found = merged(pauses)
    window = [date(2025, 11, 1) + timedelta(days=step) for step in range(300)]
    for one in window:
        assert any(each.covers(one) for each in pauses) == (sum(each.covers(one) for each in found) == 1)
        assert sum(each.covers(one) for each in found) <= 1
    shuffled = merged([pauses[at] for at in order if at < len(pauses)])
    assert [(one.since, one.until) for one in shuffled] == [(one.since, one.until) for one in found]


@given(NEAR, COUNTS, UNITS, st.lists(PAUSES, max_size=3), st.dates(date(2026, 1, 1), date(2026, 7, 31)))
def test_an_open_pause_counts_what_lies_before_it_and_no_more(
    start: date, count: int, unit: Unit, pauses: list[Pause], since: date
) -> None:
    found = due(start, Period(count, unit), CALENDAR, pauses=[*pauses, Pause(since, None, "补正")])
    closed = ended(due(start, Period(count, unit), CALENDAR, pauses=pauses))
    if since > closed.due:
        assert ended(found).due == closed.due
    else:
        assert isinstance(found, Suspended)
        assert found.left == count - sum(one.counted for one in found.days)
        assert found.left > 0
        assert all(one.date < since for one in found.days[1:])
