"""The delay from a change to the platform: from when it is counted, whether real time is kept, who is excused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from project_office import NOW, city_of, feed, resource
from test_gathering import came

from catalog.city import City
from catalog.feed import Feed
from catalog.sources import PushSource
from pipelines.gathering_delays import Basis, DelayReport, DelayService, Timeliness, Verdict
from pipelines.intake.store import Delivery, Outcome
from policy.profile import load_profile

MINUTE = timedelta(minutes=1)


def pushed(name: str) -> Feed:
    return feed(name).model_copy(update={"source": PushSource(kind="push")})


def taken(name: str, ago: float, after: float | None, number: int = 1, outcome: Outcome = Outcome.TAKEN) -> Delivery:
    """A delivery that arrived ``ago`` minutes before now and was settled ``after`` minutes; None: it still waits."""
    at = NOW - ago * MINUTE
    one = came(name, at, outcome if after is not None else Outcome.LANDED, number)
    return replace(one, settled_at=at + after * MINUTE if after is not None else None)


def report(
    city: City, deliveries: Sequence[Delivery], happened: Mapping[int, float | None] | None = None,
    rules: str = "longyan", excused: Mapping[str, str] | None = None, **more: Any,
) -> DelayReport:  # fmt: skip
    said = {number: None if ago is None else NOW - ago * MINUTE for number, ago in (happened or {}).items()}

    def since(moment: datetime) -> list[Delivery]:
        return [one for one in deliveries if one.received_at >= moment or one.outcome is Outcome.LANDED]

    return DelayService(
        city=lambda: city, since=since, of=lambda name: [one for one in deliveries if one.feed == name],
        occurred=lambda feeds, _: {number: at for number, at in said.items() if feeds},
        rules=lambda _: load_profile(rules).gathering, excused=lambda _: excused or {},
    ).report(NOW, **more)  # fmt: skip


def only(*deliveries: Delivery, of: Feed | None = None, **more: Any) -> Timeliness:
    (one,) = report(city_of(resource("r"), feeds=(of or pushed("r"),)), deliveries, **more).resources
    return one


@pytest.mark.duty("R-062")
def test_a_delay_is_counted_from_the_event_where_its_sender_says_when_it_happened() -> None:
    arrival = only(taken("r", 60, 1))
    assert (arrival.basis, arrival.worst, arrival.verdict) == (Basis.ARRIVAL, MINUTE, Verdict.KEPT)
    event = only(taken("r", 60, 1), happened={1: 80})
    assert (event.basis, event.worst, event.verdict) == (Basis.EVENT, 21 * MINUTE, Verdict.MISSED)


@pytest.mark.duty("R-062")
def test_what_is_fetched_may_have_waited_since_the_delivery_before() -> None:
    one = only(taken("r", 200, 1, 1), taken("r", 140, 1, 2, Outcome.UNCHANGED), taken("r", 20, 1, 3), of=feed("r"))
    assert (one.basis, one.measured) == (Basis.INTERVAL, 2)
    assert (one.median, one.worst) == (91 * MINUTE, 121 * MINUTE)
    assert one.verdict is Verdict.MISSED
    assert only(taken("r", 20, 1), of=feed("r")).verdict is Verdict.FIRST, "one look alone tells no delay"
    assert only(taken("r", 3 * 24 * 60, 1), of=feed("r"), window=timedelta(days=2)).verdict is Verdict.NOTHING


@pytest.mark.duty("R-062")
@pytest.mark.parametrize(("bound", "verdict"), [(30, Verdict.KEPT), (20, Verdict.KEPT), (19, Verdict.MISSED)])
def test_real_time_is_kept_if_every_delivery_keeps_the_bound(bound: int, verdict: Verdict) -> None:
    one = only(taken("r", 90, 2, 1), taken("r", 60, 20, 2), bound=bound * MINUTE)
    assert (one.measured, one.within, one.verdict) == (2, 2 if bound >= 20 else 1, verdict)
    assert (one.median, one.worst) == (11 * MINUTE, 20 * MINUTE)


@pytest.mark.duty("R-062")
def test_what_still_waits_counts_for_as_long_as_it_has_waited() -> None:
    young, old = only(taken("r", 10, None)), only(taken("r", 20 * 24 * 60, None))
    assert (young.waiting, young.oldest, young.verdict) == (1, 10 * MINUTE, Verdict.KEPT)
    assert (old.waiting, old.oldest, old.verdict) == (1, timedelta(days=20), Verdict.MISSED)
    assert only(taken("r", 10, None), happened={1: 16}).verdict is Verdict.MISSED


def test_what_was_refused_or_came_before_the_window_is_not_measured() -> None:
    one = only(taken("r", 30, 1, 1, Outcome.REFUSED), taken("r", 3 * 24 * 60, 99, 2), window=timedelta(days=2))
    assert (one.measured, one.verdict) == (0, Verdict.NOTHING)


@pytest.mark.duty("R-063")
def test_an_exception_on_file_excuses_what_is_not_real_time() -> None:
    late = taken("r", 90, 60)
    assert only(late).verdict is Verdict.MISSED
    excused = only(late, excused={"r": "龙数备〔2026〕3号"})
    assert (excused.verdict, excused.excused, excused.worst) == (Verdict.EXCUSED, "龙数备〔2026〕3号", 60 * MINUTE)


@pytest.mark.duty("R-062")
def test_only_what_is_gathered_in_real_time_is_measured_the_slowest_first() -> None:
    names = ("quick", "slow", "silent", "by_hand")
    entries = [resource(name, **({"gathering": {"mode": "manual"}} if name == "by_hand" else {})) for name in names]
    city = city_of(*entries, feeds=tuple(map(pushed, names)))
    deliveries = [taken("quick", 50, 1, 1), taken("slow", 40, 30, 2), taken("by_hand", 30, 30, 3)]
    found = report(city, deliveries)
    assert [(one.resource, one.verdict) for one in found.resources] == [
        ("slow", Verdict.MISSED), ("quick", Verdict.KEPT), ("silent", Verdict.NOTHING),
    ]  # fmt: skip
    assert found.asked
    assert not report(city, deliveries, rules="wuhan").asked
