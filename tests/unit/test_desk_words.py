"""How the desk says what is left of a limit, and where it leads a browser that asks to be led on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.calendar import WorkingCalendar
from policy.clock import SHANGHAI
from policy.profile import load_profile
from portal.web.countdown import Countdown, countdown
from portal.web.steps import BY_NAME, STEPS
from portal.web.visit import Form, local
from quality.tickets.clocks import ProfileClock
from quality.tickets.permissions import MAY

RECEIVED = datetime(2026, 9, 28, 10, 0, tzinfo=SHANGHAI)
"""A Monday before the National Day holiday of 1 to 7 October; the fifth working day after it is Saturday the 10th, which the notice
for 2026 makes one."""
CLOCK = ProfileClock("haishu", load_profile("haishu").problem_data, WorkingCalendar.standard())


def _left(now: datetime, closed: datetime | None = None) -> Countdown:
    limit = CLOCK.receipt(RECEIVED)
    facts = {"clock": limit, "due": limit.due, "due_at": limit.due_at, "is_open": closed is None, "closed_at": closed}
    return countdown(SimpleNamespace(**facts), now, CLOCK)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "text", "exact", "tone"),
    [
        ("2026-09-28T10:00", "剩 5 个工作日", "还有 12 天 14 小时", "calm"),
        ("2026-09-30T18:00", "剩 3 个工作日", "还有 10 天 6 小时", "calm"),
        ("2026-10-03T12:00", "剩 3 个工作日", "还有 7 天 12 小时", "calm"),
        ("2026-10-08T09:00", "剩 2 个工作日", "还有 2 天 15 小时", "soon"),
        ("2026-10-10T22:59", "今日到期", "还有 1 小时 1 分", "today"),
        ("2026-10-11T00:00", "已逾期", "已过 0 小时 0 分", "late"),
        ("2026-10-12T08:30", "逾期 1 个工作日", "已过 1 天 8 小时", "late"),
    ],
)  # fmt: skip
def test_what_is_left_is_said_in_working_days_and_in_hours(now: str, text: str, exact: str, tone: str) -> None:
    left = _left(datetime.fromisoformat(now).replace(tzinfo=SHANGHAI))
    assert (left.text, left.exact, left.tone) == (text, exact, tone)


def test_what_has_ended_runs_no_more() -> None:
    assert _left(RECEIVED, RECEIVED + timedelta(days=1)).text == "按期办结"
    assert _left(RECEIVED, RECEIVED + timedelta(days=30)).text == "逾期办结"


@given(st.text(max_size=40))
def test_nobody_is_led_to_another_house(path: str) -> None:
    led = local(path)
    assert led.startswith("/") and not led.startswith("//") and "\\" not in led
    assert not {"\r", "\n", "\t"} & set(led)


def test_a_form_reads_what_was_sent_and_nothing_else() -> None:
    form = Form({"a": [" x "], "value.f": ["1"], "value.g": [" "], "seen": ["7"]}, {"file": [("", b"")]})
    assert form.text("a") == "x" and form.text("b") == "" and form.or_none("b") is None
    assert form.below("value.") == {"f": "1"} and form.seen == 7 and form.file("file") is None
    assert replace(form, texts={"seen": ["seven"]}).seen is None


def test_every_step_has_a_name_of_its_own_and_somebody_who_may_take_it() -> None:
    assert len(BY_NAME) == len(STEPS)
    assert [one.name for one in STEPS if not MAY[one.event]] == []
