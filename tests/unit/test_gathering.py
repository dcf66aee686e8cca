"""How resources are gathered: mode, platform, standing, rate; under the rules of each city."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from project_office import CITIES, NOT_SHARED, NOW, city_of, feed, resource

from catalog.city import City
from catalog.model import GatheringMode
from pipelines.gathering import GatheringService, Standing, Status, wants_all, wants_real_time
from pipelines.intake.store import Delivery, Outcome
from pipelines.lateness import lateness, overdue
from policy.calendar import WorkingCalendar
from policy.profile import load_profile

CALENDAR = WorkingCalendar.standard()
SYSTEMS: tuple[dict[str, Any], ...] = (
    {"id": "ga_population", "name": "人口信息系统", "department": "ga", "hosting": "government_cloud"},
    {"id": "ga_national", "name": "全国人口系统", "department": "ga", "hosting": "superior"},
)


def came(name: str, at: datetime, outcome: Outcome = Outcome.TAKEN, number: int = 1, rows: int | None = 10) -> Delivery:
    """A delivery of the feed that has the resource's name."""
    return Delivery(
        seq=number, feed=name, resource=name, period=f"{at:%Y-%m-%d}", number=number, name="f.csv", sha256="0" * 64, size=1,
        received_at=at, outcome=outcome, attempt=1, settled_at=at, rows_in=rows, rows_taken=rows, rows_quarantined=0,
        rows_repeated=0, rows_changed=0, rows_gone=0, reasons=None, message_zh=None, message_en=None,
    )  # fmt: skip


def service(
    city: City, deliveries: Sequence[Delivery] = (), rules: str = "longyan", excused: dict[str, str] | None = None
) -> GatheringService:
    return GatheringService(
        city=lambda: city, deliveries=lambda: deliveries, rules=lambda _: load_profile(rules).gathering,
        calendar=CALENDAR, excused=lambda _: excused or {},
    )  # fmt: skip


def only(city: City, *deliveries: Delivery, now: datetime = NOW, fresh: timedelta | None = None, **more: Any) -> Status:
    (one,) = service(city, deliveries, **more).statuses(now, fresh=fresh)
    return one


# --- mode and platform -------------------------------------------------------------------------------------------


@pytest.mark.duty("R-062")
@pytest.mark.parametrize(
    ("over", "mode", "declared"),
    [
        ({}, GatheringMode.REAL_TIME, False),
        ({"system": "全国人口系统"}, GatheringMode.RETURN_FLOW, False),
        ({"system": "无"}, GatheringMode.MANUAL, False),
        ({"system": "未登记的系统"}, GatheringMode.REAL_TIME, False),
        ({"gathering": {"mode": "manual"}}, GatheringMode.MANUAL, True),
        ({"system": "无", "gathering": {"mode": "return_flow"}}, GatheringMode.RETURN_FLOW, True),
    ],
)
def test_the_mode_follows_from_the_system_unless_the_entry_says_it(
    over: dict[str, Any], mode: GatheringMode, declared: bool
) -> None:
    one = only(city_of(resource("r", **over), systems=SYSTEMS))
    assert (one.mode, one.declared) == (mode, declared)


def test_a_unit_managed_vertically_works_in_the_system_of_its_manager() -> None:
    city = city_of(resource("r", "east_ga", system="全国人口系统"), systems=SYSTEMS)
    assert only(city).mode is GatheringMode.RETURN_FLOW


@pytest.mark.duty("R-059", "R-060", "R-061")
@pytest.mark.parametrize(
    ("department", "platform"),
    [
        ("ga", "bureau"),
        ("east_mz", "east_data"),  # a district's department: its own level
        ("east_ga", "bureau"),  # managed vertically: the city's
        ("water", "bureau"),
        ("east_water", "bureau"),  # a public enterprise, wherever it stands
    ],
)
def test_data_go_to_the_platform_of_wuhan_13(department: str, platform: str) -> None:
    assert only(city_of(resource("r", department)), rules="wuhan").platform.authority == platform


def test_an_entry_may_send_its_data_to_the_city() -> None:
    to_city = city_of(resource("r", "east_mz", gathering={"mode": "manual", "target": "city"}))
    assert only(to_city).platform.authority == "bureau"


# --- standing ----------------------------------------------------------------------------------------------------


@pytest.mark.duty("R-062")
def test_every_resource_has_its_standing_and_last_success() -> None:
    city = city_of(
        *(resource(name) for name in ("fresh", "late", "never", "orphan", "excused", "refused")),
        feeds=tuple(feed(name) for name in ("fresh", "late", "never", "excused", "refused")),
    )
    old, new = NOW - timedelta(days=120), NOW - timedelta(days=2)
    deliveries = [came("late", old, number=1), came("excused", old, number=2), came("fresh", new, number=3, rows=7),
                  came("fresh", new + timedelta(days=1), Outcome.UNCHANGED, 4, None),
                  came("refused", new, Outcome.REFUSED, 5)]  # fmt: skip
    found = {one.resource: one for one in service(city, deliveries, excused={"excused": "备1号"}).statuses(NOW)}
    assert {name: one.standing for name, one in found.items()} == {
        "fresh": Standing.IN_TIME, "late": Standing.LATE, "never": Standing.NEVER, "orphan": Standing.NO_FEED,
        "excused": Standing.EXCUSED, "refused": Standing.NEVER,
    }  # fmt: skip
    fresh = found["fresh"].data
    assert (fresh.deliveries, fresh.last, fresh.rows) == (2, new + timedelta(days=1), 7)
    assert (found["excused"].data.excused, found["excused"].data.late) == ("备1号", False)
    assert found["never"].data.last is None


@pytest.mark.parametrize(
    ("rules", "over", "standing"),
    [
        ("longyan", {}, Standing.STALE),
        ("longyan", {"gathering": {"mode": "manual"}}, Standing.IN_TIME),
        ("wuhan", {}, Standing.IN_TIME),
        ("haishu", {}, Standing.IN_TIME),
    ],
)
def test_real_time_is_asked_for_where_the_city_asks_and_of_own_systems(
    rules: str, over: dict[str, Any], standing: Standing
) -> None:
    city = city_of(resource("r", **over), feeds=(feed("r"),))
    two_days_old = came("r", NOW - timedelta(days=2))
    assert only(city, two_days_old, rules=rules, fresh=timedelta(hours=24)).standing is standing
    assert only(city, two_days_old, rules=rules, fresh=timedelta(hours=49)).standing is Standing.IN_TIME


@pytest.mark.duty("R-063")
def test_an_exception_takes_the_alert_away_and_its_end_brings_it_back() -> None:
    city = city_of(resource("r"), resource("s"), feeds=(feed("r"), feed("s")))
    old = NOW - timedelta(days=120)
    deliveries = [came("r", old, number=1), came("s", old, number=2)]

    def alerts(excused: set[str]) -> set[str]:
        found = overdue(city, deliveries, NOW, CALENDAR, excused)
        assert found.rules == {"freshness.r.in_time", "freshness.s.in_time"}  # looked at all the same
        return set(found.failures.to_pyarrow()["resource"].to_pylist())

    assert alerts(set()) == {"r", "s"}
    assert alerts({"r"}) == {"s"}
    (state,) = [one for one in lateness(city, deliveries, NOW, CALENDAR, {"r"}) if one.resource == "r"]
    assert state.due is not None
    assert not state.late


# --- the rate ----------------------------------------------------------------------------------------------------


@pytest.mark.duty("R-065")
def test_the_rate_of_each_department_the_lowest_first_and_the_city_last() -> None:
    names = [("a", "ga"), ("b", "ga"), ("c", "ga"), ("d", "mz")]
    city = city_of(*(resource(name, unit) for name, unit in names), feeds=tuple(feed(name) for name, _ in names))
    deliveries = [came("a", NOW - timedelta(days=2)), came("b", NOW - timedelta(days=120)), came("d", NOW)]
    rates = service(city, deliveries, "haishu").rates(NOW)
    assert [(one.department, one.wanted, one.gathered, one.in_time) for one in rates] == [
        ("ga", 3, 2, 1), ("mz", 1, 1, 1), (None, 4, 3, 2),
    ]  # fmt: skip
    assert [one.share for one in rates] == [pytest.approx(2 / 3), 1.0, 0.75]


@pytest.mark.duty("R-059", "R-065")
@pytest.mark.parametrize(
    ("rules", "wanted"), [("wuhan", 1), ("lianyungang", 2), ("longyan", 2), ("chifeng", 2), ("haishu", 2)]
)
def test_wuhan_wants_what_can_be_shared_or_opened_the_others_everything(rules: str, wanted: int) -> None:
    city = city_of(resource("open"), resource("closed", sharing=NOT_SHARED, opening=NOT_SHARED))
    assert service(city, rules=rules).rates(NOW)[-1].wanted == wanted


def test_each_city_wants_what_its_rules_say() -> None:
    modes = {city: load_profile(city).gathering for city in CITIES}
    assert [city for city, rules in modes.items() if wants_real_time(rules)] == ["longyan"]
    assert [city for city, rules in modes.items() if not wants_all(rules)] == ["wuhan"]


def test_a_city_without_entries_has_no_rate() -> None:
    (whole,) = service(city_of()).rates(NOW)
    assert (whole.wanted, whole.share) == (0, None)


@given(
    st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 400), st.sampled_from(list(Outcome))), max_size=30)
)
def test_gathered_never_exceeds_wanted_and_in_time_never_gathered(said: list[tuple[str, int, Outcome]]) -> None:
    city = city_of(
        *(resource(name, "ga" if name < "e" else "mz") for name in "abcdefgh"), feeds=tuple(map(feed, "abcdefgh"))
    )
    ordered = sorted(said, key=lambda one: -one[1])
    deliveries = [
        came(name, NOW - timedelta(days=age), outcome, number)
        for number, (name, age, outcome) in enumerate(ordered, start=1)
        if outcome is not Outcome.LANDED
    ]
    *departments, whole = service(city, deliveries).rates(NOW)
    assert all(0 <= one.in_time <= one.gathered <= one.wanted for one in [*departments, whole])
    assert whole.gathered == sum(one.gathered for one in departments)
    counted = {one.resource for one in deliveries if one.outcome in (Outcome.TAKEN, Outcome.UNCHANGED)}
    assert whole.gathered == len(counted)
