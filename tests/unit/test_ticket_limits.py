"""Until when a ticket must be dealt with: under Haishu's rules, and under those of a city whose law states no days."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ground.errors import UserError
from policy.calendar import WorkingCalendar
from policy.clock import legal_date
from policy.profile import ProblemData, load_profile
from quality.tickets.clocks import LimitKind, ProfileClock

SHANGHAI = ZoneInfo("Asia/Shanghai")
CALENDAR = WorkingCalendar.standard()
HAISHU = ProfileClock("haishu", load_profile("haishu").problem_data, CALENDAR)
AT_ONCE = {
    "days": {"value": "1wd", "house": "第24条称“立即”，未定天数，按1个工作日作内部时限"},
    "law_says": {"value": "立即", "article": "24"},
    "triage": {"value": "1wd", "house": "内部时限"},
    "remind_before": {"value": [], "house": "当日截止，不另提前提醒"},
    "rectify_after": {"value": "1wd", "house": "内部规则"},
    "roll_past_holidays": {"value": False, "house": "从严"},
    "outcomes": {
        "value": {"corrected": "更正", "confirmed": "确认无误", "talked_through": "沟通解决"},
        "house": "沿用",
    },
    "channels": {"value": ["form"], "article": "24"},
    "extension_cap": "silent",
    "extension_needs": "silent",
    "urgent": "silent",
    "dispute": {"value": "coordination", "house": "内部规则"},
}
PROMPT = ProfileClock("somewhere", ProblemData.model_validate(AT_ONCE), CALENDAR)


def at(year, month, day, hour=10):
    return datetime(year, month, day, hour, tzinfo=SHANGHAI)


@pytest.mark.duty("R-180")
@pytest.mark.parametrize(
    ("received", "due"),
    [
        (at(2026, 2, 12), date(2026, 2, 26)),  # over the Spring Festival, Saturday the 14th worked
        (at(2026, 9, 24), date(2026, 10, 9)),
        (at(2025, 9, 26), date(2025, 10, 10)),  # Sunday the 28th worked
        (at(2026, 3, 7), date(2026, 3, 13)),  # received on a Saturday
    ],
)
def test_five_working_days_from_the_provider_s_receipt(received, due):
    limit = HAISHU.receipt(received)
    assert (limit.kind, limit.text, limit.due, limit.provisional) == (LimitKind.LEGAL, "5wd", due, False)
    assert HAISHU.again(limit) == limit


@pytest.mark.duty("R-185", "R-186")
def test_where_the_law_says_at_once_the_days_are_the_house_s_and_said_to_be():
    limit = PROMPT.receipt(at(2026, 3, 2))
    assert (limit.kind, limit.due) == (LimitKind.HOUSE, date(2026, 3, 3))
    assert PROMPT.rules.law_says.value == "立即"
    with pytest.raises(UserError, match="know no extension"):
        PROMPT.extended(limit, None)
    with pytest.raises(UserError, match="know no urgent"):
        PROMPT.urgent(limit, date(2026, 3, 3))


def test_days_with_an_article_and_a_law_that_states_none_contradict_each_other():
    with pytest.raises(ValidationError, match="law_says"):
        ProblemData.model_validate(AT_ONCE | {"days": {"value": "1wd", "article": "24"}})
    with pytest.raises(ValidationError, match="working days"):
        ProblemData.model_validate(AT_ONCE | {"remind_before": {"value": ["2nd"], "house": "x"}})


@pytest.mark.duty("R-181")
def test_the_sixtieth_day_is_the_last_and_does_not_roll():
    limit = HAISHU.receipt(at(2026, 3, 2))
    assert HAISHU.extended(limit, None).due == date(2026, 5, 1)  # Labour Day
    assert HAISHU.extended(limit, date(2026, 5, 1)).due == date(2026, 5, 1)
    with pytest.raises(UserError):
        HAISHU.extended(limit, date(2026, 5, 2))


def test_a_second_extension_stays_within_the_cap_of_the_first_receipt():
    first = HAISHU.extended(HAISHU.receipt(at(2026, 3, 2)), date(2026, 4, 1))
    assert HAISHU.extended(first, date(2026, 5, 1)).due == date(2026, 5, 1)
    with pytest.raises(UserError):
        HAISHU.extended(first, date(2026, 5, 2))


def test_reminders_lie_between_receipt_and_the_last_day():
    limit = HAISHU.receipt(at(2026, 3, 2))
    assert HAISHU.reminders(limit) == [("before-1wd", date(2026, 3, 6)), ("due", date(2026, 3, 9))]
    urgent = HAISHU.urgent(limit, date(2026, 3, 3))
    assert HAISHU.reminders(urgent) == [("due", date(2026, 3, 3))]
    assert HAISHU.rectification_from(limit) == date(2026, 3, 11)


MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 1)).map(lambda one: one.replace(tzinfo=SHANGHAI))


@given(MOMENTS, MOMENTS)
def test_who_receives_later_owes_later(one, other):
    first, second = sorted([one, other])
    assert HAISHU.receipt(first).due <= HAISHU.receipt(second).due


@given(MOMENTS, st.integers(1, 60))
def test_no_limit_ends_before_it_begins_or_beyond_the_cap(received, days):
    limit = HAISHU.receipt(received)
    cap = HAISHU.extended(limit, None)
    assert legal_date(received) < limit.due <= cap.due
    assert (cap.due - legal_date(received)).days == 60
    assert CALENDAR.is_workday(limit.due)
    assert HAISHU.again(cap) == cap
    until = date.fromordinal(legal_date(received).toordinal() + days)
    if limit.due < until:
        longer = HAISHU.extended(limit, until)
        assert (longer.due, longer.received_at) == (until, received)
    else:
        assert HAISHU.urgent(limit, until).due == until
