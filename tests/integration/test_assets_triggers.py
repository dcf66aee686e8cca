"""When feeds are asked, builds made, tickets reminded and notices sent: schedules and sensors, at fixed moments."""

import json
import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
import yaml

from accounts.model import Role
from assets.definitions import build_defs
from assets.resources import Clock, HubResource
from assets.schedules import build_when_behind, feeds_due, notices_due, ticket_clock
from assets.sensors import inbox_sensor, proof_sensor, recollection_sensor
from hub.hub import Hub
from quality.tickets.permissions import Actor
from quality.tickets.verifying import verified

SHANGHAI = ZoneInfo("Asia/Shanghai")
FEEDS = ["ga_household", "sc_company", "sw_social_insurance", "sw_tax_registration"]


@pytest.fixture
def home(small_city: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_city, tmp_path / "home"))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def tick(home: Path, schedule: dg.ScheduleDefinition, at: str) -> tuple[list[Any], str]:
    """Run requests of one tick, and why there are none."""
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(
            instance=instance,
            scheduled_execution_time=moment(at),
            resources={"hub": HubResource(home=str(home))},
            repository_def=build_defs(home=home).get_repository_def(),
        )
        data = schedule.evaluate_tick(context)
    return list(data.run_requests or []), data.skip_message or ""


def take(home: Path, at: str, *feeds: str) -> None:
    hub = Hub(home)
    for feed in feeds:
        hub.intake.run(feed, moment(at))
    hub.close()


def build(home: Path, at: str) -> None:
    hub = Hub(home)
    hub.load_catalogue(moment(at))
    hub.builder.run(moment(at))
    hub.close()


def cycle(home: Path, resource: str, text: str) -> None:
    path = home / "city" / "resources" / f"{resource}.yaml"
    stated = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump({**stated, "update_cycle": text}, allow_unicode=True), encoding="utf-8")


def asked(requests: list[Any]) -> list[str]:
    return [one.tags["shuyuan/feed"] for one in requests]


@pytest.mark.duty("R-071", "R-073")
def test_every_feed_that_never_delivered_is_due_on_a_working_day(home: Path) -> None:
    requests, _ = tick(home, feeds_due, "2026-10-09T06:30")
    assert asked(requests) == FEEDS
    assert [one.run_key for one in requests] == [f"{feed}/2026-10-09" for feed in FEEDS]
    assert {key.to_user_string() for key in requests[0].asset_selection} == {
        "catalogue", "landing/ga_household", "raw/ga_household", "standard/ga_household",
    }  # fmt: skip


def test_a_make_up_saturday_is_a_working_day(home: Path) -> None:
    requests, _ = tick(home, feeds_due, "2026-10-10T06:30")
    assert asked(requests) == FEEDS


@pytest.mark.parametrize(
    ("day", "zh", "en"),
    [("2026-10-01", "国庆节放假", "National Day"), ("2026-10-11", "休息日", "weekend")],
)
def test_a_day_off_is_skipped_and_named(home: Path, day: str, zh: str, en: str) -> None:
    requests, why = tick(home, feeds_due, f"{day}T06:30")
    assert requests == []
    assert day in why
    assert zh in why
    assert en in why


@pytest.mark.duty("R-073")
def test_on_a_day_off_only_what_is_delivered_every_day_is_asked(home: Path) -> None:
    cycle(home, "sc_company", "daily")
    cycle(home, "ga_household", "working_day")
    requests, _ = tick(home, feeds_due, "2026-10-01T06:30")
    assert asked(requests) == ["sc_company"]


@pytest.mark.duty("R-071", "R-073")
def test_a_feed_that_delivered_in_a_period_is_due_again_in_the_next(home: Path) -> None:
    take(home, "2026-11-05T10:00", "sc_company")
    assert "sc_company" not in asked(tick(home, feeds_due, "2026-11-06T06:30")[0])
    assert "sc_company" not in asked(tick(home, feeds_due, "2026-11-30T06:30")[0])
    assert "sc_company" in asked(tick(home, feeds_due, "2026-12-01T06:30")[0])


@pytest.mark.parametrize(
    ("text", "not_yet", "again"),
    [
        ("working_day", None, "2026-11-06"),
        ("weekly", "2026-11-06", "2026-11-09"),
        ("quarterly", "2026-12-31", "2027-01-04"),
        ("once", "2027-11-05", None),
    ],
)
def test_each_cycle_has_its_rhythm(home: Path, text: str, not_yet: str | None, again: str | None) -> None:
    cycle(home, "sc_company", text)
    take(home, "2026-11-05T10:00", "sc_company")
    if not_yet:
        assert "sc_company" not in asked(tick(home, feeds_due, f"{not_yet}T06:30")[0])
    if again:
        assert "sc_company" in asked(tick(home, feeds_due, f"{again}T06:30")[0])


def test_a_refused_delivery_leaves_the_feed_due(home: Path) -> None:
    (home / "inbox" / "sc" / "company_2026-11.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    take(home, "2026-11-05T10:00", "sc_company")
    assert "sc_company" in asked(tick(home, feeds_due, "2026-11-06T06:30")[0])


def test_when_nothing_is_due_the_tick_says_so(home: Path) -> None:
    take(home, "2026-11-05T10:00", *FEEDS)
    requests, why = tick(home, feeds_due, "2026-11-06T06:30")
    assert requests == []
    assert "没有到期的数据源" in why
    assert "no feed is due" in why


def test_a_build_is_asked_for_only_where_it_would_find_anything(home: Path) -> None:
    assert tick(home, build_when_behind, "2026-11-05T07:30")[0] == []
    take(home, "2026-11-05T10:00", "ga_household", "sw_social_insurance")
    assert [one.run_key for one in tick(home, build_when_behind, "2026-11-06T07:30")[0]] == ["build/2026-11-06"]
    build(home, "2026-11-06T07:31")
    requests, why = tick(home, build_when_behind, "2026-11-07T07:30")
    assert requests == []
    assert "Nothing was taken" in why
    take(home, "2026-11-07T10:00", "sc_company")
    assert len(tick(home, build_when_behind, "2026-11-08T07:30")[0]) == 1


def test_a_changed_declaration_and_a_replay_ask_for_a_build_too(home: Path) -> None:
    take(home, "2026-11-05T10:00", "sc_company")
    build(home, "2026-11-06T07:31")
    hub = Hub(home)
    hub.intake.replay("sc_company/2026-11/0001", moment("2026-11-06T09:00"))
    hub.close()
    assert len(tick(home, build_when_behind, "2026-11-07T07:30")[0]) == 1
    build(home, "2026-11-07T07:31")
    rules = home / "city" / "rules" / "sc_company.yaml"
    rules.unlink()
    assert len(tick(home, build_when_behind, "2026-11-08T07:30")[0]) == 1


# --- the sensor on the inbox --------------------------------------------------------------------------------------


def look(home: Path, cursor: str | None) -> tuple[list[Any], str | None, str]:
    """One look: run requests, the cursor after it, why there are none."""
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(
            instance=instance,
            cursor=cursor,
            resources={"hub": HubResource(home=str(home)), "clock": Clock(fixed="2026-11-21T15:00:00+08:00")},
            repository_def=build_defs(home=home).get_repository_def(),
        )
        data = inbox_sensor.evaluate_tick(context)
    return list(data.run_requests or []), data.cursor, data.skip_message or ""


def test_what_lies_still_is_asked_for_once_per_feed(home: Path) -> None:
    requests, cursor, why = look(home, None)
    assert requests == []
    assert "收件目录没有新文件" in why
    requests, cursor, _ = look(home, cursor)
    assert asked(requests) == ["ga_household", "sc_company", "sw_tax_registration"]  # the other one is a database
    assert len({one.run_key for one in requests}) == 3
    assert {key.to_user_string() for key in requests[1].asset_selection} == {
        "catalogue", "landing/sc_company", "raw/sc_company", "standard/sc_company",
    }  # fmt: skip
    assert look(home, cursor)[0] == []


def test_a_file_that_is_still_growing_is_left_until_it_lies_still(home: Path) -> None:
    cursor = settled(home)
    path = home / "inbox" / "sc" / "company_2026-12.csv"
    path.write_text("统一社会信用代码", encoding="utf-8")
    requests, cursor, _ = look(home, cursor)
    assert requests == []
    with path.open("a", encoding="utf-8") as stream:
        stream.write(",名称\n")
    requests, cursor, _ = look(home, cursor)
    assert requests == []
    requests, cursor, _ = look(home, cursor)
    assert asked(requests) == ["sc_company"]


def test_the_same_name_written_anew_is_something_new(home: Path) -> None:
    cursor = settled(home)
    path = home / "inbox" / "sc" / "company_2026-11.csv"
    stat = path.stat()
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000_000))
    requests, cursor, _ = look(home, look(home, cursor)[1])
    assert asked(requests) == ["sc_company"]


def test_a_file_that_matches_no_feed_or_goes_away_asks_for_nothing(home: Path) -> None:
    cursor = settled(home)
    (home / "inbox" / "sc" / "notes.txt").write_text("?", encoding="utf-8")
    (home / "inbox" / "ga" / "hukou_2026-11.csv").unlink()
    assert look(home, look(home, cursor)[1])[0] == []


def test_a_link_out_of_the_inbox_is_left_to_the_run_to_refuse(home: Path, tmp_path: Path) -> None:
    cursor = settled(home)
    (tmp_path / "elsewhere.csv").write_text("x", encoding="utf-8")
    (home / "inbox" / "sc" / "company_2026-12.csv").symlink_to(tmp_path / "elsewhere.csv")
    requests, cursor, _ = look(home, look(home, cursor)[1])
    assert asked(requests) == ["sc_company"]
    assert look(home, cursor)[0] == []


def test_the_cursor_holds_digests_only(home: Path) -> None:
    stated = json.loads(settled(home) or "")
    assert set(stated) == {"seen", "asked"}
    assert all(len(look) == 16 for part in stated.values() for look in part.values())


def settled(home: Path) -> str | None:
    """The cursor once everything that lies there was asked for."""
    return look(home, look(home, None)[1])[1]


# --- answers that wait for their proof ----------------------------------------------------------------------------

NOTICES = """\
channels:
  - {id: ga, kind: webhook, url: "http://127.0.0.1:9/", secret: "${GA_SECRET}", departments: [ga]}
"""
"""A system that does not answer: nobody listens on the port of discarded messages."""
OFFICER = Actor("person:wang", "王芳", Role.PROVIDER, "ga")


def answered(home: Path, at: str, ticket: str) -> None:
    hub = Hub(home)
    hub.problems.handling.answer_corrected(ticket, OFFICER, moment(at), how="已按档案更正")
    hub.close()


def waiting_tickets(home: Path) -> list[str]:
    hub = Hub(home)
    found = [one.id for one in hub.tickets.list() if one.department == "ga"]
    hub.close()
    return found


def watch(home: Path, sensor: dg.SensorDefinition, cursor: str | None = None) -> tuple[list[Any], str | None, str]:
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(
            instance=instance, cursor=cursor, resources={"hub": HubResource(home=str(home))},
            repository_def=build_defs(home=home).get_repository_def(),
        )  # fmt: skip
        data = sensor.evaluate_tick(context)
    return list(data.run_requests or []), data.cursor, data.skip_message or ""


@pytest.mark.duty("R-178")
def test_an_answer_asks_for_its_resource_once_and_for_a_build_when_something_came(home: Path) -> None:
    take(home, "2026-11-05T10:00", *FEEDS)
    build(home, "2026-11-05T11:00")
    first, second, *_ = waiting_tickets(home)
    requests, cursor, why = watch(home, recollection_sensor)
    assert requests == [] and "No new answer" in why
    assert watch(home, proof_sensor)[0] == []

    answered(home, "2026-11-06T09:00", first)
    requests, cursor, _ = watch(home, recollection_sensor, cursor)
    (asked_once,) = requests
    assert asked_once.tags["shuyuan/resource"] == "ga_household"
    assert {key.to_user_string() for key in asked_once.asset_selection} == {
        "catalogue", "landing/ga_household", "raw/ga_household", "standard/ga_household",
    }  # fmt: skip
    assert watch(home, recollection_sensor, cursor)[0] == []
    # A note on the ticket is no new answer; another answer is.
    hub = Hub(home)
    hub.problems.handling.note(first, OFFICER, moment("2026-11-06T09:30"), text="明日送达")
    hub.close()
    assert watch(home, recollection_sensor, cursor)[0] == []
    answered(home, "2026-11-06T10:00", second)
    (again,), cursor, _ = watch(home, recollection_sensor, cursor)
    assert again.run_key != asked_once.run_key

    # Nothing has come: a build would prove nothing.
    assert watch(home, proof_sensor)[0] == []
    path = home / "inbox" / "ga" / "hukou_2026-11.csv"
    path.write_bytes(path.read_bytes() + b"\n")
    take(home, "2026-11-06T11:00", "ga_household")
    (proof,), _, _ = watch(home, proof_sensor)
    assert proof.run_key == "proof/5"
    assert [one.run_key for one in watch(home, proof_sensor)[0]] == ["proof/5"]
    build(home, "2026-11-06T11:30")
    assert watch(home, proof_sensor)[0] == []
    # What was not put right goes back, and waits for no proof any more; the check of the build counts it.
    hub = Hub(home)
    with hub.database.begin() as connection:
        found = verified(connection, moment("2026-11-06T11:30"))
        assert (found.closed, found.failed, found.waiting) == (0, 2, 0)
        assert sorted(found.failed_ids) == sorted([first, second])
        assert verified(connection, moment("2026-11-06T11:30"), named=1).failed_ids == [min(first, second)]
        assert verified(connection, moment("2026-11-05T11:00")).failed == 0
    hub.close()
    assert json.loads(watch(home, recollection_sensor, cursor)[1] or "null") == {}


# --- the clock of tickets and the sending of notices --------------------------------------------------------------


def ticked(home: Path, job: str, at: str) -> dict[str, Any]:
    """Metadata of the only step of a job run at a moment."""
    defs = build_defs(home=home, resource_overrides={"clock": Clock(fixed=f"{at}:00+08:00")})
    with dg.DagsterInstance.ephemeral() as instance:
        done = defs.resolve_job_def(job).execute_in_process(instance=instance)
    assert done.success
    (handled,) = [event for event in done.all_events if event.event_type_value == "STEP_OUTPUT"]
    return {name: one.value for name, one in handled.event_specific_data.metadata.items()}


@pytest.mark.duty("R-180")
def test_the_clock_reminds_then_notes_overdue_then_puts_forward(home: Path) -> None:
    take(home, "2026-11-05T10:00", *FEEDS)
    build(home, "2026-11-05T11:00")
    everything = ticked(home, "ticket_clock", "2026-11-11T08:00")
    number = everything["reminded"]
    assert number > 5 and everything["overdue"] == 0
    assert len(everything["tickets"]["reminded"]) == number
    assert ticked(home, "ticket_clock", "2026-11-11T08:00")["reminded"] == 0
    # Received on Thursday the 5th: five working days end on Thursday the 12th, the clock looks at 0:05 after it.
    late = ticked(home, "ticket_clock", "2026-11-13T00:05")
    assert (late["overdue"], late["reminded"]) == (number, 0)
    assert ticked(home, "ticket_clock", "2026-11-13T08:00")["overdue"] == 0
    assert ticked(home, "ticket_clock", "2026-12-13T08:00")["to_rectify"] == number


def test_the_clock_ticks_at_its_hours_each_once(home: Path) -> None:
    (midnight,), _ = tick(home, ticket_clock, "2026-11-13T00:05")
    (morning,), _ = tick(home, ticket_clock, "2026-11-13T08:00")
    assert (midnight.run_key, morning.run_key) == ("ticket_clock/2026-11-13T00:05", "ticket_clock/2026-11-13T08:00")


def test_notices_are_sent_only_where_any_is_due(home: Path) -> None:
    requests, why = tick(home, notices_due, "2026-11-05T09:00")
    assert requests == [] and "No notice is due" in why
    (home / "city" / "notices.yaml").write_text(NOTICES, encoding="utf-8")
    take(home, "2026-11-05T10:00", *FEEDS)
    build(home, "2026-11-05T11:00")
    assert [one.run_key for one in tick(home, notices_due, "2026-11-05T11:05")[0]] == ["notices/2026-11-05T11:05"]
    sent = ticked(home, "notices", "2026-11-05T11:05")
    # The channel's host does not answer: kept and tried again, and nobody is told twice meanwhile.
    assert sent["notices_sent"] == 0 and sent["notices_failed"] + sent["notices_nowhere"] > 0
