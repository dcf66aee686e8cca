"""What silence means: the whole table, and the moment from which it holds."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.errors import InternalFault
from policy.calendar import WorkingCalendar
from policy.clock import SHANGHAI, Deadline, Period, Suspended, due
from policy.pauses import Pause
from policy.silence import Following, OnSilence, after_silence

CALENDAR = WorkingCalendar.standard()
TEN = Period.parse("10wd")
CERTAIN = due(date(2026, 9, 24), TEN, CALENDAR)
PROVISIONAL = due(date(2026, 12, 21), TEN, CALENDAR)
PAUSED = due(date(2026, 9, 24), TEN, CALENDAR, pauses=[Pause(date(2026, 9, 28), None, "等待补正")])
FAR = datetime(2036, 1, 1, tzinfo=SHANGHAI)
SECOND = timedelta(seconds=1)

TABLE = {
    # deadline: (before its end, after its end), for nothing, consent and escalate
    "certain": (
        (Following.WAITING, Following.NOTHING),
        (Following.WAITING, Following.CONSENT),
        (Following.WAITING, Following.ESCALATED),
    ),
    "provisional": (
        (Following.WAITING, Following.NOTHING),
        (Following.WAITING, Following.HELD),
        (Following.WAITING, Following.HELD),
    ),
    "paused": (
        (Following.PAUSED, Following.PAUSED),
        (Following.PAUSED, Following.PAUSED),
        (Following.PAUSED, Following.PAUSED),
    ),
}
DEADLINES: dict[str, Deadline | Suspended] = {"certain": CERTAIN, "provisional": PROVISIONAL, "paused": PAUSED}


@pytest.mark.parametrize(("which", "number", "run_out"), list(product(TABLE, range(3), (False, True))))
def test_the_whole_table(which: str, number: int, run_out: bool) -> None:
    deadline, meaning = DEADLINES[which], list(OnSilence)[number]
    end = deadline.due_at if isinstance(deadline, Deadline) else FAR
    found = after_silence(meaning, deadline, end if run_out else end - SECOND)
    assert found.follows is TABLE[which][number][run_out]
    assert found.provides is (found.follows is Following.CONSENT)
    assert (found.since is not None) == (found.follows not in (Following.WAITING, Following.PAUSED))
    assert found.zh and found.en


def test_consent_holds_from_midnight_in_beijing_after_the_last_day() -> None:
    # Received on Thursday 24 September 2026, ten working days: the last is 15 October.
    before = after_silence(OnSilence.CONSENT, CERTAIN, datetime(2026, 10, 15, 23, 59, 59, tzinfo=SHANGHAI))
    after = after_silence(OnSilence.CONSENT, CERTAIN, datetime.fromisoformat("2026-10-15T16:00:00+00:00"))
    assert (before.follows, before.provides) == (Following.WAITING, False)
    assert (after.follows, after.provides) == (Following.CONSENT, True)
    assert after.since == datetime(2026, 10, 16, tzinfo=SHANGHAI)
    assert "视为同意" in after.zh and "2026-10-15" in after.zh
    assert "taken for consent" in after.en


def test_the_reasons_name_what_is_missing() -> None:
    held = after_silence(OnSilence.CONSENT, PROVISIONAL, FAR)
    assert "暂定" in held.zh and "calendar import" in held.zh and "provisional" in held.en
    paused = after_silence(OnSilence.ESCALATE, PAUSED, FAR)
    assert "等待补正" in paused.zh and "2026-09-28" in paused.en


def test_a_date_that_a_pause_made_longer_runs_out_later() -> None:
    longer = due(date(2026, 9, 24), TEN, CALENDAR, pauses=[Pause(date(2026, 9, 28), date(2026, 9, 30), "补正")])
    assert after_silence(OnSilence.CONSENT, longer, CERTAIN.due_at).follows is Following.WAITING


def test_a_moment_without_a_zone_is_refused() -> None:
    for deadline in DEADLINES.values():
        with pytest.raises(InternalFault):
            after_silence(OnSilence.CONSENT, deadline, datetime(2026, 10, 16))


@given(
    st.dates(date(2024, 1, 1), date(2029, 1, 1)), st.integers(1, 30), st.booleans(), st.sampled_from(OnSilence),
    st.integers(-100 * 24 * 60, 100 * 24 * 60),
)  # fmt: skip
def test_nobody_ever_consents_too_early_or_on_an_uncertain_date(
    start: date, count: int, working: bool, meaning: OnSilence, minutes: int
) -> None:
    deadline = due(start, Period.parse(f"{count}{'wd' if working else 'nd'}"), CALENDAR)
    now = deadline.due_at + timedelta(minutes=minutes)
    found = after_silence(meaning, deadline, now)
    consents = meaning is OnSilence.CONSENT and now >= deadline.due_at and not deadline.provisional
    assert found.provides is consents
    assert (found.follows is Following.CONSENT) is consents
