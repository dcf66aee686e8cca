"""The graph that a catalogue becomes: an accidental change of it shows in this file's diff."""

import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

import dagster as dg
import pytest
from small_city import FOUR, keep_only

from assets import dev
from assets.definitions import build_defs
from assets.faults import RETRY, explained
from assets.freshness import LONGEST, freshness_of
from assets.intake import standing_refusals
from catalog.city import City
from catalog.feed import Mode
from catalog.model import UpdateCycle
from ground.errors import InternalFault, RefusedData, ShuyuanError, Unavailable, UserError
from hub.hub import Hub, init_home
from pipelines.intake.store import Delivery, Outcome
from policy.calendar import WorkingCalendar
from policy.freshness import next_delivery_due
from simulation.declared import copy_documents

ASSETS = """\
catalogue: catalogue < nothing
landing/ga_household: ga < catalogue; pool lake_write; skippable
raw/ga_household: ga < landing/ga_household; pool lake_write; skippable; fresh within 62 days
standard/ga_household: ga < raw/ga_household; pool lake_write
landing/sc_company: sc < catalogue; pool lake_write; skippable
raw/sc_company: sc < landing/sc_company; pool lake_write; skippable; fresh within 62 days
standard/sc_company: sc < raw/sc_company; pool lake_write
landing/sw_social_insurance: sw < catalogue; pool lake_write; skippable
raw/sw_social_insurance: sw < landing/sw_social_insurance; pool lake_write; skippable; fresh within 62 days
standard/sw_social_insurance: sw < raw/sw_social_insurance; pool lake_write
landing/sw_tax_registration: sw < catalogue; pool lake_write; skippable
raw/sw_tax_registration: sw < landing/sw_tax_registration; pool lake_write; skippable; fresh within 62 days
standard/sw_tax_registration: sw < raw/sw_tax_registration; pool lake_write
base/population: base < standard/ga_household, standard/sw_social_insurance; pool lake_write; skippable
base/legal_person: base < standard/sc_company, standard/sw_tax_registration; pool lake_write; skippable
quality/findings: quality < base/legal_person, base/population, standard/ga_household, standard/sc_company, \
standard/sw_social_insurance, standard/sw_tax_registration; pool lake_write
published: publication < base/legal_person, base/population, quality/findings; pool lake_write
quality/tickets: quality < published; pool lake_write
quality/cross_check: quality < published
open/legal_person_by_district_industry: open < published
open/legal_person_dataset: open < published
open/population_by_district_age: open < published"""

PLACES = """\
place/population: place < base/place_address, base/place_building, base/population, standard/mz_division; \
pool lake_write; skippable
place/legal_person: place < base/legal_person, base/place_address, base/place_building, standard/mz_division; \
pool lake_write; skippable"""

CHECKS = """\
standard/ga_household: contract, blocking
standard/ga_household: update_cycle
standard/sc_company: contract, blocking
standard/sc_company: update_cycle
standard/sw_social_insurance: contract, blocking
standard/sw_social_insurance: update_cycle
standard/sw_tax_registration: contract, blocking
standard/sw_tax_registration: update_cycle
base/population: one_row_per_key, blocking
base/legal_person: one_row_per_key, blocking
quality/findings: no_errors_ga_household
quality/findings: no_errors_sc_company
quality/findings: no_errors_sw_social_insurance
quality/findings: no_errors_sw_tax_registration
quality/tickets: verified
quality/cross_check: counts_equal"""

TRIGGERS = """\
schedule build_when_behind: build_and_publish at 30 7 * * * Asia/Shanghai, RUNNING
schedule docking: docking at 30 5 * * * Asia/Shanghai, RUNNING
schedule feeds_due: intake at 30 6 * * * Asia/Shanghai, RUNNING
schedule notices: notices at */5 * * * * Asia/Shanghai, RUNNING
schedule ticket_clock: ticket_clock at ['5 0 * * *', '0 8 * * *'] Asia/Shanghai, RUNNING
sensor inbox: intake every 30 s, RUNNING
sensor proof: build_and_publish every 30 s, RUNNING
sensor pushes: intake every 30 s, RUNNING
sensor recollection: intake every 30 s, RUNNING"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the demo city's documents and nothing delivered."""
    place = tmp_path_factory.mktemp("defs") / "home"
    init_home(place)
    (place / "city" / "departments.yaml").unlink()
    copy_documents(place)
    return place


@pytest.fixture(scope="module")
def home(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with four of its registers, so that the graph can be read."""
    place = Path(shutil.copytree(whole, tmp_path_factory.mktemp("defs") / "small"))
    keep_only(place, FOUR)
    return place


@pytest.fixture(scope="module")
def defs(home: Path) -> dg.Definitions:
    return build_defs(home=home)


@pytest.fixture(scope="module")
def city(home: Path) -> City:
    return Hub(home).city


def assets_of(defs: dg.Definitions) -> list[Any]:
    return list(defs.assets or [])


def description_of(defs: dg.Definitions) -> str:
    """Of the only asset of a home without a catalogue."""
    (only,) = assets_of(defs)
    (spec,) = only.specs
    assert spec.key == dg.AssetKey("catalogue")
    return str(spec.description)


def window_of(policy: Any) -> tuple[timedelta, timedelta]:
    """When a policy warns, and when it fails."""
    return policy.warn_window.to_timedelta(), policy.fail_window.to_timedelta()


def shown(asset: Any, spec: dg.AssetSpec) -> str:
    deps = ", ".join(sorted(one.asset_key.to_user_string() for one in spec.deps)) or "nothing"
    marks = [f"{spec.group_name} < {deps}"]
    marks += [f"pool {asset.op.pool}"] if asset.op.pool else []
    marks += ["skippable"] if spec.skippable else []
    if spec.freshness_policy is not None:
        marks.append(f"fresh within {window_of(spec.freshness_policy)[1].days} days")
    return f"{spec.key.to_user_string()}: {'; '.join(marks)}"


@pytest.mark.duty("R-073")
def test_the_assets_are_those_of_the_catalogue(defs: dg.Definitions) -> None:
    lines = [shown(asset, spec) for asset in assets_of(defs) for spec in asset.specs]
    assert "\n".join(lines) == ASSETS


@pytest.mark.duty("R-067", "R-068")
def test_the_graph_of_the_whole_city_shows_every_feed_library_place_and_theme(whole: Path) -> None:
    """Four registers are drawn above; of the whole city what they do not have: places, themes, and all by name."""
    hub, defs = Hub(whole), build_defs(home=whole)
    drawn = {spec.key.to_user_string(): (asset, spec) for asset in assets_of(defs) for spec in asset.specs}
    feeds, libraries = [feed.id for feed in hub.city.feeds], list(hub.city.register.libraries)
    themes, places = [one.id for one in hub.themes], ["population", "legal_person"]
    assert len(feeds) > 30 and len(libraries) == 9 and len(themes) >= 3
    assert set(drawn) == {
        "catalogue", "published", "quality/findings", "quality/tickets", "quality/cross_check",
        *(f"{stage}/{feed}" for stage in ("landing", "raw", "standard") for feed in feeds),
        *(f"base/{one}" for one in libraries), *(f"place/{one}" for one in places),
        *(f"theme/{one}" for one in themes), *(f"open/{one}" for one in hub.releases.declared()),
    }  # fmt: skip
    assert "\n".join(shown(*drawn[f"place/{one}"]) for one in places) == PLACES
    leads = {one.id: one.header.department for one in hub.themes}
    for one in themes:
        spec = drawn[f"theme/{one}"][1]
        assert {dep.asset_key.to_user_string() for dep in spec.deps} == {f"base/{library}" for library in libraries}
        assert f"Lead department: {leads[one]}." in str(spec.description)
    published = {dep.asset_key.to_user_string() for dep in drawn["published"][1].deps}
    assert published == {name for name in drawn if name.startswith(("base/", "place/", "theme/"))} | {
        "quality/findings"
    }


def test_the_checks(defs: dg.Definitions) -> None:
    lines = [
        f"{one.asset_key.to_user_string()}: {one.name}{', blocking' if one.blocking else ''}"
        for asset in assets_of(defs)
        for one in asset.check_specs
    ]
    assert "\n".join(lines) == CHECKS


def test_the_schedules_and_the_sensors(defs: dg.Definitions) -> None:
    repository = defs.get_repository_def()
    lines = [
        f"schedule {one.name}: {one.job_name} at {one.cron_schedule} {one.execution_timezone}, {one.default_status.name}"
        for one in sorted(repository.schedule_defs, key=lambda one: one.name)
    ]
    lines += [
        f"sensor {one.name}: {one.job_name} every {one.minimum_interval_seconds} s, {one.default_status.name}"
        for one in sorted(repository.sensor_defs, key=lambda one: one.name)
    ]
    assert "\n".join(lines) == TRIGGERS


def test_each_job_has_its_part_of_the_graph(defs: dg.Definitions) -> None:
    def of(name: str) -> set[str]:
        return {key.to_user_string() for key in defs.resolve_job_def(name).asset_layer.executable_asset_keys}

    names = {line.partition(":")[0] for line in ASSETS.splitlines()}
    taken = {name for name in names if name.startswith(("landing/", "raw/", "standard/"))} | {"catalogue"}
    assert of("intake") == taken
    assert of("build_and_publish") == names - taken
    assert of("daily") == names
    assert all(defs.resolve_job_def(name).run_tags["shuyuan/flow"] == name for name in ("intake", "daily"))


def test_every_step_is_retried_and_each_run_is_one_process(defs: dg.Definitions) -> None:
    assert all(asset.op.retry_policy is RETRY for asset in assets_of(defs))
    assert defs.resolve_job_def("daily").executor_def is dg.in_process_executor


def test_a_place_that_is_no_home_loads_and_says_what_to_do(tmp_path: Path) -> None:
    said = description_of(build_defs(home=tmp_path / "nowhere"))
    assert "shuyuan init" in said
    assert "is no home of Shuyuan yet" in said


def test_a_home_without_feeds_loads_and_says_what_to_do(tmp_path: Path) -> None:
    init_home(tmp_path / "home")
    said = description_of(build_defs(home=tmp_path / "home"))
    assert "city/feeds/*.yaml" in said


def test_a_wrong_document_is_named_with_its_line_in_place_of_the_graph(home: Path, tmp_path: Path) -> None:
    init_home(tmp_path / "home")
    copy_documents(tmp_path / "home")
    feed = tmp_path / "home" / "city" / "feeds" / "ga_household.yaml"
    feed.write_text(feed.read_text(encoding="utf-8") + "colour: red\n", encoding="utf-8")
    said = description_of(build_defs(home=tmp_path / "home"))
    assert "feeds/ga_household.yaml:" in said
    assert "colour" in said


def test_the_home_comes_from_the_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHUYUAN_HOME", str(home))
    assert len(assets_of(build_defs())) > 1


@pytest.mark.duty("R-073")
@pytest.mark.parametrize("cycle", [one for one in UpdateCycle if one not in (UpdateCycle.AD_HOC, UpdateCycle.ONCE)])
def test_every_update_cycle_has_a_freshness_policy(cycle: UpdateCycle) -> None:
    policy = freshness_of(cycle)
    assert policy is not None
    warn, fail = window_of(policy)
    assert fail == timedelta(days=LONGEST[cycle])
    assert warn < fail


@pytest.mark.parametrize("cycle", [UpdateCycle.AD_HOC, UpdateCycle.ONCE])
def test_what_has_no_cycle_never_gets_stale(cycle: UpdateCycle) -> None:
    assert freshness_of(cycle) is None


@pytest.mark.parametrize("cycle", sorted(LONGEST))
def test_no_delivery_that_is_on_time_is_ever_called_stale(cycle: UpdateCycle) -> None:
    """Over ten years of the calendar: the window is never shorter than the time to the end of the due day."""
    calendar, first = WorkingCalendar.standard(), date(2016, 1, 1)
    days = [first + timedelta(days=step) for step in range(3653)]
    due = [(day, next_delivery_due(cycle.value, day, calendar)) for day in days]
    longest = max((end - day).days + 1 for day, end in due if end is not None)
    assert longest <= LONGEST[cycle]


@pytest.mark.parametrize(
    ("fault", "again"),
    [(Unavailable("锁", "lock"), True), (RefusedData("退", "no"), False), (UserError("错", "wrong"), False),
     (InternalFault("坏", "broken"), False)],
)  # fmt: skip
def test_only_what_may_pass_is_tried_again(fault: ShuyuanError, again: bool) -> None:
    with pytest.raises(dg.Failure) as caught, explained():
        raise fault
    assert caught.value.allow_retries is again
    assert caught.value.description == str(fault)
    assert caught.value.metadata["kind"].value == fault.kind


def test_an_unforeseen_error_is_told_without_what_it_says() -> None:
    with pytest.raises(dg.Failure) as caught, explained():
        raise ValueError("could not convert 11010519491231002X")
    told = f"{caught.value.description} {caught.value.metadata}"
    assert "ValueError" in told
    assert "test_definitions.py" in told
    assert "11010519491231002X" not in told
    assert caught.value.__suppress_context__
    assert caught.value.allow_retries is False


class Delivered:
    """As much of a delivery as the rule looks at."""

    def __init__(self, period: str, seq: int, outcome: Outcome) -> None:
        self.period, self.seq, self.outcome = period, seq, outcome


@pytest.mark.parametrize(
    ("mode", "deliveries", "standing"),
    [
        (Mode.FULL, [("2026-10", 1, Outcome.REFUSED)], [1]),
        (Mode.FULL, [("2026-10", 1, Outcome.REFUSED), ("2026-11", 2, Outcome.TAKEN)], []),
        (Mode.FULL, [("2026-11", 1, Outcome.REFUSED), ("2026-11", 2, Outcome.UNCHANGED)], []),
        (Mode.FULL, [("2026-10", 1, Outcome.TAKEN), ("2026-11", 2, Outcome.REFUSED)], [2]),
        (Mode.FULL, [("2026-10", 1, Outcome.REFUSED), ("2026-11", 2, Outcome.LATE)], [1]),
        (Mode.INCREMENT, [("2026-10", 1, Outcome.REFUSED), ("2026-11", 2, Outcome.TAKEN)], [1]),
    ],
)
def test_a_refusal_stands_until_a_full_delivery_overtakes_it(
    city: City, mode: Mode, deliveries: list[tuple[str, int, Outcome]], standing: list[int]
) -> None:
    feed = city.feed("ga_household").model_copy(update={"mode": mode})
    looked = [cast("Delivery", Delivered(*one)) for one in deliveries]
    assert [one.seq for one in standing_refusals(feed, looked)] == standing


def test_the_instance_has_one_writer_reports_to_nobody_and_stays_in_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = dev.prepare(tmp_path / "home")
    monkeypatch.setenv("DAGSTER_HOME", variables["DAGSTER_HOME"])
    with dg.DagsterInstance.get() as instance:
        pools = instance.get_concurrency_config().pool_config
        assert pools.default_pool_limit == 1
        assert pools.pool_granularity is not None
        assert pools.pool_granularity.value == "run"
        assert instance.telemetry_enabled is False
        assert instance.freshness_enabled
        assert Path(instance.root_directory) == tmp_path / "home" / "dagster"
        assert Path(instance.storage_directory()).is_relative_to(tmp_path / "home" / "dagster")
    assert variables["SHUYUAN_HOME"] == str(tmp_path / "home")


def test_settings_of_the_instance_that_somebody_changed_are_kept(tmp_path: Path) -> None:
    dev.prepare(tmp_path)
    (tmp_path / "dagster" / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")
    dev.prepare(tmp_path)
    assert (tmp_path / "dagster" / "dagster.yaml").read_text(encoding="utf-8").startswith("telemetry: {")


def test_dev_listens_at_home_only_unless_told_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run: list[list[str]] = []
    monkeypatch.setattr("assets.dev.os.execve", lambda _path, command, _environment: run.append(command))
    monkeypatch.setattr("assets.dev.os.chdir", lambda _path: None)
    dev.main(["--home", str(tmp_path), "--port", "3333"])
    assert run[0][1:] == ["-m", "dagster", "dev", "-m", "assets.definitions", "-h", "127.0.0.1", "-p", "3333"]
