"""The bucket of tokens: never more than a minute's worth at once, never more than the rate in the long run."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from accounts.limits import RateLimiter

NOW = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
GAPS = st.lists(st.integers(min_value=0, max_value=90_000_000), max_size=60)  # microseconds between requests


@given(GAPS, st.integers(min_value=1, max_value=300))
def test_the_bucket_against_exact_fractions(gaps, per_minute) -> None:
    limiter, now, level = RateLimiter(), NOW, Fraction(per_minute)
    for gap in gaps:
        now += timedelta(microseconds=gap)
        level = min(level + Fraction(gap * per_minute, 60_000_000), Fraction(per_minute))
        answer = limiter.take("k", per_minute, now)
        assert answer.allowed is (level >= 1)
        if answer.allowed:
            level -= 1
        assert answer.left == int(level) if answer.allowed else answer.left == 0
        assert (answer.retry_after == 0) is answer.allowed


@given(GAPS, st.integers(min_value=1, max_value=120))
def test_in_no_window_more_than_a_full_bucket_and_the_refill(gaps, per_minute) -> None:
    limiter, now, taken = RateLimiter(), NOW, []
    for gap in gaps:
        now += timedelta(microseconds=gap)
        if limiter.take("k", per_minute, now).allowed:
            taken.append(now)
    for first in range(len(taken)):
        for last in range(first, len(taken)):
            minutes = Fraction((taken[last] - taken[first]) // timedelta(microseconds=1), 60_000_000)
            assert last - first + 1 <= per_minute + per_minute * minutes


@given(GAPS, st.integers(min_value=1, max_value=300))
def test_whoever_waits_as_told_is_let_in_and_not_much_earlier(gaps, per_minute) -> None:
    limiter, now = RateLimiter(), NOW
    for gap in gaps:
        now += timedelta(microseconds=gap)
        while (answer := limiter.take("k", per_minute, now)).allowed:
            pass
        assert 1 <= answer.retry_after <= 60
        early = now + (answer.retry_after - 1) * SECOND
        assert answer.retry_after == 1 or not limiter.take("k", per_minute, early).allowed
        now += answer.retry_after * SECOND
        assert limiter.take("k", per_minute, now).allowed


def test_keys_do_not_share_a_bucket() -> None:
    limiter = RateLimiter()
    assert limiter.take("a", 1, NOW).allowed and not limiter.take("a", 1, NOW).allowed
    assert limiter.take("b", 1, NOW).allowed


def test_a_clock_that_was_set_back_gives_nothing_away() -> None:
    limiter = RateLimiter()
    assert limiter.take("a", 1, NOW).allowed
    back = limiter.take("a", 1, NOW - 30 * SECOND)
    assert (back.allowed, back.retry_after) == (False, 90)
    assert not limiter.take("a", 1, NOW + 59 * SECOND).allowed
    assert limiter.take("a", 1, NOW + 60 * SECOND).allowed


def test_a_lower_rate_counts_at_once() -> None:
    limiter = RateLimiter()
    assert limiter.take("a", 100, NOW).left == 99
    assert limiter.take("a", 2, NOW).left == 1


def test_memory_is_bounded_and_the_most_silent_is_forgotten() -> None:
    limiter = RateLimiter(most_keys=3)
    for name in ("a", "b", "c", "a", "d"):
        limiter.take(name, 1, NOW)
    assert len(limiter._buckets) == 3
    assert not limiter.take("a", 1, NOW).allowed  # asked lately: still known
    assert limiter.take("b", 1, NOW).allowed  # forgotten


def test_many_threads_get_no_more_than_there_is() -> None:
    limiter, allowed, turn = RateLimiter(), [], threading.Barrier(8)

    def ask() -> None:
        turn.wait()
        allowed.extend(limiter.take("a", 50, NOW).allowed for _ in range(100))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert (len(allowed), sum(allowed)) == (800, 50)
