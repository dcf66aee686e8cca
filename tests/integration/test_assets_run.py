"""The whole graph materialised in process over a small city: rows, checks, the pointer, refusals, retries."""

import csv
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

import assets.intake
from assets.definitions import build_defs
from assets.resources import Clock
from ground.errors import RefusedData, Unavailable
from hub.hub import Hub
from pipelines.fusion.service import Built
from pipelines.intake.service import IntakeService
from pipelines.intake.store import Delivery, Outcome
from simulation.truth import read_truth

SATURDAY = "2026-11-21T15:00:00+08:00"
MONDAY = "2026-11-23T15:00:00+08:00"
HOUSEHOLD = "inbox/ga/hukou_2026-11.csv"
FEEDS = ("ga_household", "sc_company", "sw_social_insurance", "sw_tax_registration")


@pytest.fixture(scope="module")
def first(small_city: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """The same city after one run of ``daily``, and what that run said."""
    home = Path(shutil.copytree(small_city, tmp_path_factory.mktemp("dagster") / "first"))
    return home, run(home, "daily", SATURDAY)


@pytest.fixture
def home(first: tuple[Path, Any], tmp_path: Path) -> Path:
    """A city taken, built and published; each test has its own."""
    return Path(shutil.copytree(first[0], tmp_path / "home"))


def run(home: Path, job: str, now: str, *keys: dg.AssetKey) -> Any:
    defs = build_defs(home=home, resource_overrides={"clock": Clock(fixed=now)})
    with dg.DagsterInstance.ephemeral() as instance:
        return defs.resolve_job_def(job).execute_in_process(
            instance=instance, raise_on_error=False, asset_selection=list(keys) or None
        )


def facts(result: Any) -> dict[str, dict[str, Any]]:
    """Metadata per asset materialised."""
    found = [event.materialization for event in result.get_asset_materialization_events()]
    return {
        one.asset_key.to_user_string(): {name: value.value for name, value in one.metadata.items()} for one in found
    }


def checks(result: Any) -> dict[tuple[str, str], Any]:
    return {(one.asset_key.to_user_string(), one.check_name): one for one in result.get_asset_check_evaluations()}


def failures(result: Any) -> dict[str, Any]:
    """What every failed step said, by step."""
    return {
        event.step_key: event.event_specific_data.user_failure_data
        for event in result.all_node_events
        if event.event_type_value == "STEP_FAILURE"
    }


def published(home: Path) -> Any:
    return reading(home, lambda hub: hub.pointer.current())


def deliveries(home: Path) -> list[Delivery]:
    return list(reading(home, lambda hub: hub.deliveries.of()))


def reading(home: Path, what: Callable[[Hub], Any]) -> Any:
    hub = Hub(home)
    try:
        return what(hub)
    finally:
        hub.close()


def rewrite(home: Path, change: Callable[[list[dict[str, str]]], list[dict[str, str]]]) -> None:
    path = home / HOUSEHOLD
    with path.open(encoding="gbk", newline="") as stream:
        rows = change(list(csv.DictReader(stream)))
    with path.open("w", encoding="gbk", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def renamed(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Another column where the key should be: the delivery does not keep its contract."""
    return [{("证件" if name == "公民身份号码" else name): value for name, value in row.items()} for row in rows]


def moved_house(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [dict(row, 户籍地址=row["户籍地址"] + "附1号") if number < 5 else row for number, row in enumerate(rows)]


def test_every_stage_is_materialised_with_its_rows(first: tuple[Path, Any]) -> None:
    home, result = first
    found = facts(result)
    for feed in FEEDS:
        taken = next(one for one in deliveries(home) if one.feed == feed)
        assert found[f"landing/{feed}"]["bytes"] == taken.size
        assert found[f"landing/{feed}"]["sha256"] == taken.sha256
        for stage in ("raw", "standard"):
            assert found[f"{stage}/{feed}"]["rows_in"] == taken.rows_in
            assert found[f"{stage}/{feed}"]["rows_taken"] == taken.rows_taken
            assert found[f"{stage}/{feed}"]["rows_quarantined"] == taken.rows_quarantined
    with Hub(home).lake.reading(None) as lake:
        rows = {name: lake.count(f"base.{name}") for name in ("population", "legal_person")}
    assert {name: found[f"base/{name}"]["dagster/row_count"] for name in rows} == rows
    assert found["published"]["libraries"] == rows
    assert found["published"]["moved"]
    assert found["published"]["snapshot"] == published(home).lake_snapshot
    assert found["quality/tickets"]["opened"] == len(found["quality/tickets"]["tickets"]["opened"]) > 0
    assert Path(found["quality/cross_check"]["documents"]).exists()
    assert Path(found["open/population_by_district_age"]["folder"]).is_dir()


def test_the_checks_say_what_was_found(first: tuple[Path, Any]) -> None:
    home, run_of = first
    result = checks(run_of)
    planted = read_truth(home).groupby(["resource", "kind"]).size()
    assert all(result[f"standard/{feed}", "contract"].passed for feed in FEEDS)
    assert all(result[f"base/{name}", "one_row_per_key"].passed for name in ("population", "legal_person"))
    assert result["quality/cross_check", "counts_equal"].passed
    assert result["quality/cross_check", "counts_equal"].metadata["rules"].value > 20
    proven = result["quality/tickets", "verified"]
    assert proven.passed
    assert {name: one.value for name, one in proven.metadata.items()} == dict.fromkeys(
        ("closed", "progressed", "failed", "cleared", "waiting"), 0
    )
    wrong = result["quality/findings", "no_errors_ga_household"]
    assert not wrong.passed
    assert wrong.severity is dg.AssetCheckSeverity.WARN
    assert (
        wrong.metadata["error"].value["ga_household.citizen_id.check_digit"]
        == planted["ga_household", "id_check_digit"]
    )
    quarantine = result["standard/sw_tax_registration", "contract"].metadata
    assert quarantine["reasons"].value == {"registered_on:not_date": planted["sw_tax_registration", "date_is_no_date"]}
    assert 0 < quarantine["quarantined_share"].value < quarantine["refuse_above"].value


def test_a_release_that_is_not_safe_in_so_small_a_city_is_refused_in_our_words_and_keeps_no_other(
    first: tuple[Path, Any],
) -> None:
    said = failures(first[1])
    assert list(said) == ["release_legal_person_dataset"]
    assert "未发布" in said["release_legal_person_dataset"].description
    assert said["release_legal_person_dataset"].metadata["kind"].value == "refused_data"
    assert not [event for event in first[1].all_node_events if event.event_type_value == "STEP_UP_FOR_RETRY"]


def test_no_event_of_a_run_carries_a_row_value(first: tuple[Path, Any]) -> None:
    home, result = first
    with (home / HOUSEHOLD).open(encoding="gbk", newline="") as stream:
        rows = list(csv.DictReader(stream))
    values = {row[name] for row in rows for name in ("公民身份号码", "户籍地址", "联系电话")} - {""}
    told = repr(result.all_events)
    assert len(values) > 500
    assert not [value for value in values if value in told]
    assert not re.search(r"\d{17}[0-9X](?![0-9a-f])", re.sub(r"[0-9a-f]{32,}", "", told))


def test_a_second_run_takes_nothing_twice_and_leaves_the_pointer(home: Path) -> None:
    before = published(home)
    found = facts(run(home, "daily", MONDAY))
    assert published(home) == before
    assert not found["published"]["moved"]
    assert {one.outcome for one in deliveries(home) if one.number == 1} == {Outcome.TAKEN}
    again = [one for one in deliveries(home) if one.number > 1]
    assert [(one.feed, one.outcome) for one in again] == [("sw_social_insurance", Outcome.UNCHANGED)]
    # A file that lies where it lay is no delivery; a database asked again and unchanged is one, and counts as fresh.
    assert [name for name in found if name.startswith(("landing/", "raw/"))] == [
        "landing/sw_social_insurance", "raw/sw_social_insurance",
    ]  # fmt: skip
    assert found["base/population"]["mode"] == "unchanged"
    assert found["open/population_by_district_age"]["existed"]
    assert (found["quality/tickets"]["opened"], found["quality/tickets"]["closed"]) == (0, 0)


def test_a_changed_delivery_moves_the_pointer(home: Path) -> None:
    before = published(home)
    rewrite(home, moved_house)
    found = facts(run(home, "daily", MONDAY))
    assert found["standard/ga_household"]["rows_changed"] == 5
    assert (found["base/population"]["mode"], found["base/population"]["updated"]) == ("increment", 5)
    assert published(home).lake_snapshot > before.lake_snapshot


@pytest.mark.duty("R-071")
def test_a_refused_delivery_blocks_what_is_downstream_and_what_is_published_stays(home: Path) -> None:
    before = published(home)
    rewrite(home, renamed)
    result = run(home, "daily", MONDAY)
    assert not result.success
    contract = checks(result)["standard/ga_household", "contract"]
    assert not contract.passed
    assert contract.severity is dg.AssetCheckSeverity.ERROR
    assert contract.blocking
    refused = next(one for one in deliveries(home) if one.outcome is Outcome.REFUSED)
    assert refused.message_zh in contract.metadata["messages"].value
    assert refused.message_en in contract.metadata["messages"].value
    said = failures(result)
    assert list(said) == ["intake_ga_household"]
    assert refused.message_zh in said["intake_ga_household"].description
    assert refused.message_en in said["intake_ga_household"].description
    found = facts(result)
    assert "landing/ga_household" in found  # the bytes are kept, whatever happened
    assert "standard/sc_company" in found  # one department does not keep the others
    assert not {name for name in found if name.startswith(("base/", "quality/", "open/", "published"))}
    assert "standard/ga_household" not in found
    assert published(home) == before


def test_a_refused_delivery_that_still_lies_there_blocks_again_and_a_good_one_frees(home: Path) -> None:
    good = (home / HOUSEHOLD).read_bytes()
    rewrite(home, renamed)
    run(home, "intake", MONDAY)
    again = run(home, "daily", "2026-11-24T15:00:00+08:00")
    assert not checks(again)["standard/ga_household", "contract"].passed
    assert "landing/ga_household" not in facts(again)
    assert "published" not in facts(again)
    (home / HOUSEHOLD).write_bytes(good)
    rewrite(home, moved_house)
    freed = run(home, "daily", "2026-11-25T15:00:00+08:00")
    assert checks(freed)["standard/ga_household", "contract"].passed
    assert facts(freed)["published"]["moved"]


def test_the_build_goes_on_alone_without_what_was_refused(home: Path) -> None:
    rewrite(home, renamed)
    assert not run(home, "intake", MONDAY).success
    found = facts(run(home, "build_and_publish", MONDAY))
    assert not found["published"]["moved"]
    assert found["base/population"]["mode"] == "unchanged"


def test_a_library_that_is_not_sound_fails_its_check_and_is_not_published(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines import building

    def unsound(writer: object, city: object, name: str, **_: object) -> Built:
        if name == "legal_person":
            return Built(name, "unchanged", 0)
        raise RefusedData("基础库行数与主键数不等。", "Rows and keys differ.", where=f"base.{name}")

    monkeypatch.setattr(building, "build_library", unsound)
    before = published(home)
    result = run(home, "build_and_publish", MONDAY)
    sound = checks(result)["base/population", "one_row_per_key"]
    assert not sound.passed
    assert sound.metadata["zh"].value == "基础库行数与主键数不等。"
    assert failures(result)["build"].description.startswith("[base.population] 基础库行数与主键数不等。")
    assert published(home) == before


def test_a_library_nobody_delivered_to_is_left_out(small_city: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(small_city, tmp_path / "home"))
    persons = [key for feed in ("ga_household", "sw_social_insurance") for key in stages(feed)]
    assert run(home, "intake", SATURDAY, dg.AssetKey("catalogue"), *persons).success
    built = [
        ["base", "population"],
        ["base", "legal_person"],
        ["quality", "findings"],
        ["published"],
        ["quality", "tickets"],
    ]
    result = run(home, "build_and_publish", SATURDAY, *[dg.AssetKey(one) for one in built])
    assert result.success
    assert "base/population" in facts(result)
    assert "base/legal_person" not in facts(result)
    assert "note" in checks(result)["base/legal_person", "one_row_per_key"].metadata
    assert facts(result)["published"]["libraries"].keys() == {"population"}


def stages(feed: str) -> list[dg.AssetKey]:
    return [dg.AssetKey([stage, feed]) for stage in ("landing", "raw", "standard")]


def test_a_source_that_is_away_is_asked_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    away(monkeypatch, 1)
    result = run(home, "intake", MONDAY, *stages("sc_company"))
    assert result.success
    assert [event.event_type_value for event in result.all_node_events].count("STEP_RESTARTED") == 1


def test_a_source_that_stays_away_fails_in_our_words(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    away(monkeypatch, 5)
    result = run(home, "intake", MONDAY, *stages("sc_company"))
    assert not result.success
    assert "前置库没有应答" in failures(result)["intake_sc_company"].description


def away(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """The source does not answer the first ``times`` calls."""
    monkeypatch.setattr(assets.intake, "RETRY", dg.RetryPolicy(max_retries=1, delay=0))
    real, calls = IntakeService.run, []

    def answer(self: IntakeService, *args: Any) -> list[Delivery]:
        calls.append(args)
        if len(calls) <= times:
            raise Unavailable("前置库没有应答。", "The source does not answer.")
        return real(self, *args)

    monkeypatch.setattr(IntakeService, "run", answer)


def test_an_unforeseen_error_leaves_no_value_in_any_event(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        try:
            int("11010519491231002X")
        except ValueError as fault:
            raise RuntimeError("row 11010519491231002X") from fault

    monkeypatch.setattr(IntakeService, "run", broken)
    result = run(home, "intake", MONDAY, *stages("sc_company"))
    assert not result.success
    assert "RuntimeError" in failures(result)["intake_sc_company"].description
    assert "11010519491231002X" not in repr(result.all_events)


@pytest.mark.duty("R-071", "R-072", "R-073")
def test_a_feed_past_its_update_cycle_is_flagged_by_its_check(home: Path) -> None:
    # Monthly, last delivered in November: due until the last working day of December, Thursday the 31st.
    for day, on_time in (("2026-12-31", True), ("2027-01-01", False)):
        result = run(home, "intake", f"{day}T15:00:00+08:00", *stages("sc_company"))
        check = checks(result)["standard/sc_company", "update_cycle"]
        assert check.passed is on_time
        assert check.severity is dg.AssetCheckSeverity.WARN
        assert (check.metadata["due"].value, check.metadata["department"].value) == ("2026-12-31", "市场监督管理局")
        assert result.success  # it warns; what is there can still be used
