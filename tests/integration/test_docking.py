"""A district's real home docked to the city's real platform on a port of this machine: up, back, and everything that goes wrong."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from docked_homes import CANTEEN, CITY_ENTRIES, EAST, PENSION, Docked, Line, copied, declare, dock, issue, make_home
from entry_desk import BUREAU, EAST_MZ, NOW, UNITS
from entry_desk import EAST as EAST_DATA
from running_desk import RunningDesk

from accounts.api_key import Scope
from catalog.cases import store
from catalog.cases.tables import catalogue_event
from catalog.interchange.package import pack
from catalog.interchange.receipts import RECEIPT
from catalog.interchange.sendings import SENDING
from catalog.model import Resource
from hub.docking import docking_of
from hub.hub import Hub
from pipelines.docking import client
from portal.cli.app import main

PACKAGES, OUTCOMES = "/api/v1/catalog/packages", "/api/v1/catalog/outcomes"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("docking")
    city = make_home(folder / "city", UNITS, CITY_ENTRIES)
    return city, make_home(folder / "district", EAST, [PENSION, CANTEEN])


@pytest.fixture
def docked(
    made: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Docked]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    city, district = copied(made[0], tmp_path / "city"), copied(made[1], tmp_path / "district")
    desk = RunningDesk(city, NOW)
    desk.start()
    line = Line(desk.url)
    monkeypatch.setenv("CITY_KEY", issue(desk.hub, "east_data"))
    dock(district, line.url)

    def run(*words: str, minutes: int = 0) -> tuple[int, str, str]:
        at = NOW + timedelta(minutes=minutes)
        with pytest.raises(SystemExit) as left:
            main(["catalog", "send", *words, "--home", str(district), "--now", at.isoformat()])
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out, said.err

    both = Docked(desk, district, line, run)
    yield both
    both.line.close()
    desk.stop()


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses that would have been made."""
    made: list[float] = []
    defaults = {**client.CityPlatform.__init__.__kwdefaults__, "sleep": made.append}
    monkeypatch.setattr(client.CityPlatform.__init__, "__kwdefaults__", defaults)
    return made


def trail(home: Path, kind: str, case: str | None = None) -> list[tuple[str, dict[str, Any]]]:
    with closing(Hub(home)) as hub, hub.database.begin() as connection:
        return [(one.event, dict(one.facts)) for one in store.trail(connection, kind=kind, case_id=case)]


def above(home: Path, entry: str) -> dict[str, Any]:
    with closing(Hub(home)) as hub:
        return dict(hub.entries.reading.get(entry).facts["above"])


def package(*entries: dict[str, Any], district: str = "east", version: int = 1) -> bytes:
    """What somebody might send, right or wrong."""
    from catalog.departments import Department

    units = {one["id"]: Department.model_validate(one) for one in UNITS}
    resources = [Resource.model_validate(one) for one in entries]
    return pack(units[district], units.values(), resources, version=version, now=NOW).encode()


def ask(docked: Docked, key: str, content: bytes, kind: str = "application/json") -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": kind}
    return httpx.post(f"{docked.city.url}{PACKAGES}", content=content, headers=headers, timeout=60)


def read(docked: Docked, key: str, **query: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.get(f"{docked.city.url}{OUTCOMES}", params=query, headers=headers, timeout=60)


# --- up and back ------------------------------------------------------------------------------------------------------


@pytest.mark.duty("R-014", "R-017")
def test_a_district_sends_its_catalogue_and_learns_what_became_of_every_entry(
    docked: Docked, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said, _ = docked.run("--dry-run")
    assert code == 0 and "否 no" in said and docked.line.asked == 0
    assert docked.run()[0] == 0
    assert docked.states() == {"east_mz_pension": "drafted", "east_mz_canteen": "drafted"}
    (_, prepared), (event, receipt) = trail(docked.district, SENDING.kind)
    assert (event, prepared["entries"], sorted(receipt["drafts"])) == (
        "package_delivered", 2, ["east_mz_canteen", "east_mz_pension"],
    )  # fmt: skip
    ((_, received),) = trail(docked.city.hub.home, RECEIPT.kind, receipt["receipt"])
    assert received["digest"] == prepared["digest"], "both ends know it by the same number"
    by = docked.city.hub.entries.reading.trail("east_mz_pension")[0].by
    assert by.id.startswith("key:k_") and by.department == "east_data"

    code, said, _ = docked.run(minutes=1)
    assert code == 0 and "nothing to send" in said and docked.line.asked == 1
    _, said, _ = docked.run("--again", "--json", minutes=2)
    (again,) = json.loads(said)["sent"]
    assert again == {**receipt, "repeated": True}

    entries, city = docked.city.hub.entries, docked.city.hub
    entries.submit(["east_mz_pension", "east_mz_canteen"], EAST_MZ, NOW)
    entries.return_(["east_mz_canteen"], EAST_DATA, NOW, reason="请补充更新周期")
    entries.review(["east_mz_pension"], EAST_DATA, NOW)
    code, said, _ = docked.run("--outcome", minutes=10)
    assert code == 0 and "请补充更新周期" in said and "待市级校核" in said
    assert above(docked.district, "east_mz_canteen")["reason"] == "请补充更新周期"

    entries.merge(["east_mz_pension"], BUREAU, NOW)
    entries.publish(["east_mz_pension"], BUREAU, NOW)
    _, said, _ = docked.run("--outcome", "--json", minutes=20)
    (published,) = json.loads(said)["entries"]
    assert (published["entry"], published["state"], published["code"]) == ("east_mz_pension", "published", "3/1")
    events = [
        facts["event"] for name, facts in trail(docked.district, "entry", "east_mz_pension") if name == "decided_above"
    ]
    assert events == ["drafted", "submitted", "passed_to_city", "merged", "published"]
    assert json.loads(docked.run("--outcome", "--json", minutes=30)[1])["noted"] == 0
    with pytest.raises(SystemExit):
        main(["catalog", "show", "east_mz_pension", "--home", str(docked.district)])
    assert (
        "上级平台 at the city's platform：已发布 published，2026-11-25 10:00，代码 code 3/1" in capsys.readouterr().out
    )
    assert city.entries.reading.get("east_mz_pension").state == "published"


@pytest.mark.duty("R-014")
def test_what_the_district_changes_later_becomes_a_change_at_the_city_and_once_published_is_known_there(
    docked: Docked,
) -> None:
    assert docked.run()[0] == 0
    entries = docked.city.hub.entries
    entries.submit(["east_mz_pension"], EAST_MZ, NOW)
    entries.review(["east_mz_pension"], EAST_DATA, NOW)
    entries.merge(["east_mz_pension"], BUREAU, NOW)
    entries.publish(["east_mz_pension"], BUREAU, NOW)
    declare(docked.district, {**PENSION, "update_cycle": "daily"})
    # The server was started before anything was published: it is held against the catalogue of now.
    code, said, err = docked.run(minutes=5)
    assert code == 0, err
    assert "变更申请 changes 1" in said and docked.states()["east_mz_pension"] == "change_submitted"
    assert docked.states()["east_mz_canteen"] == "drafted"


def test_a_large_catalogue_goes_up_in_parts_and_each_part_is_received_once(docked: Docked) -> None:
    with closing(Hub(docked.district)) as hub:
        docking = docking_of(hub, NOW)
        parts = docking.prepare(NOW, part=1)
        assert [len(one.package.content.resources) for one in parts] == [1, 1]
        from hub.docking import platform_of

        with platform_of(hub, lambda zh, en: None) as platform:
            first = list(docking.send(parts, platform, EAST_DATA, NOW))
            second = list(docking.send(parts, platform, EAST_DATA, NOW))
        assert [one.known for one in docking.prepare(NOW, part=1)] == [True, True]
    assert [one.receipt.repeated for one in first] == [False, False]
    assert [one.receipt.receipt for one in second] == [one.receipt.receipt for one in first]
    assert [one.receipt.repeated for one in second] == [True, True], "the first part too, though another came since"
    assert docked.states() == {"east_mz_pension": "drafted", "east_mz_canteen": "drafted"}


# --- the line ---------------------------------------------------------------------------------------------------------


@pytest.mark.duty("R-017")
def test_an_answer_that_is_lost_is_asked_for_again_and_nothing_is_received_twice(
    docked: Docked, pauses: list[float]
) -> None:
    docked.line.faults = ["busy", "lost"]
    code, said, err = docked.run()
    assert code == 0 and "此前已接收" in said, err
    assert docked.line.asked == 3 and pauses == [1.0, 2.0]
    assert "第 3 次尝试" in err
    assert len(trail(docked.city.hub.home, RECEIPT.kind)) == 1


@pytest.mark.parametrize(
    ("faults", "more", "told"),
    [
        (["busy"] * 3, {"retries": 2}, "503，共尝试 3 次"),
        (["silent"], {"retries": 0, "timeout_seconds": 0.2}, "ReadTimeout"),
        (["garbled"], {}, "不是数源接口的格式"),
    ],
)
def test_a_city_that_does_not_answer_is_told_and_the_sending_waits(
    docked: Docked, faults: list[str], more: dict[str, Any], told: str
) -> None:
    dock(docked.district, docked.line.url, **more)
    docked.line.faults = list(faults)
    code, _, err = docked.run()
    assert code == 4 and told in err
    assert [event for event, _ in trail(docked.district, SENDING.kind)] == ["package_prepared", "package_unanswered"]
    docked.line.faults = []
    dock(docked.district, docked.line.url)
    assert docked.run(minutes=5)[0] == 0
    assert [event for event, _ in trail(docked.district, SENDING.kind)][2:] == ["package_delivered"]


def test_a_city_that_is_not_there_and_one_that_redirects(docked: Docked) -> None:
    docked.line.faults = ["moved"]
    code, _, err = docked.run()
    assert code == 2 and "未跟随" in err and docked.line.asked == 1
    docked.line.close()
    dock(docked.district, docked.line.url, retries=1)
    code, _, err = docked.run(minutes=1)
    assert code == 4 and "ConnectError，共尝试 2 次" in err
    docked.line = Line(docked.city.url)
    dock(docked.district, docked.line.url)
    assert docked.run(minutes=2)[0] == 0


# --- keys -------------------------------------------------------------------------------------------------------------


@pytest.mark.duty("R-014")
@pytest.mark.parametrize(
    ("department", "scopes", "status"),
    [("west_data", (), 403), ("east_mz", (), 403), ("bureau", (), 403), ("east_data", (Scope.PROBLEMS_READ,), 403)],
)
def test_another_units_key_sends_nothing_in_the_name_of_the_district(
    docked: Docked, monkeypatch: pytest.MonkeyPatch, department: str, scopes: tuple[Scope, ...], status: int
) -> None:
    monkeypatch.setenv("CITY_KEY", issue(docked.city.hub, department, *scopes))
    code, _, err = docked.run()
    assert code == 2 and f"（{status}）" in err
    assert docked.states() == {} and trail(docked.city.hub.home, RECEIPT.kind) == []
    ((_, refused),) = [one for one in trail(docked.district, SENDING.kind) if one[0] == "package_refused"]
    assert refused["status"] == status


def test_a_wrong_key_is_refused_and_one_that_is_not_set_never_leaves(
    docked: Docked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITY_KEY", "shuyuan_k_" + "0" * 40)
    code, _, err = docked.run()
    assert code == 2 and "（401）" in err and "0000" not in err
    monkeypatch.delenv("CITY_KEY")
    code, _, err = docked.run(minutes=1)
    assert code == 2 and "CITY_KEY" in err and docked.line.asked == 1


def test_the_key_stands_nowhere_in_the_home(docked: Docked, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = issue(docked.city.hub, "east_data")
    monkeypatch.setenv("CITY_KEY", secret)
    assert docked.run()[0] == 0
    for path in docked.district.rglob("*"):
        assert not path.is_file() or secret.encode() not in path.read_bytes(), path


@pytest.mark.duty("R-014")
def test_a_district_sees_its_own_entries_alone(docked: Docked) -> None:
    assert docked.run()[0] == 0
    own = read(docked, issue(docked.city.hub, "east_data")).json()
    assert {one["entry"] for one in own["outcomes"]} == {"east_mz_pension", "east_mz_canteen"}
    assert "person" not in json.dumps(own) and "key:" not in json.dumps(own), "who decided is the city's own"
    west = issue(docked.city.hub, "west_data")
    assert read(docked, west).json()["outcomes"] == []
    assert read(docked, issue(docked.city.hub, "ga")).status_code == 403
    ((_, receipt),) = [one for one in trail(docked.district, SENDING.kind) if one[0] == "package_delivered"]
    for key, status in ((issue(docked.city.hub, "east_data"), 200), (west, 404)):
        answer = httpx.get(
            f"{docked.city.url}{PACKAGES}/{receipt['receipt']}", headers={"Authorization": f"Bearer {key}"}, timeout=60
        )
        assert answer.status_code == status


def test_nobody_but_the_districts_authority_sends(docked: Docked) -> None:
    code, _, err = docked.run("--department", "east_mz")
    assert code == 2 and "由本区大数据主管部门报送" in err and docked.line.asked == 0


# --- what is sent -----------------------------------------------------------------------------------------------------


@pytest.mark.duty("R-014")
def test_a_package_with_foreign_entries_is_refused_whole_entry_by_entry(docked: Docked) -> None:
    key = issue(docked.city.hub, "east_data")
    foreign = {**PENSION, "id": "ga_household", "department": "ga", "abstract": "由报送包改写"}
    answer = ask(docked, key, package(PENSION, foreign))
    said = answer.json()
    assert (answer.status_code, said["kind"]) == (422, "package_refused")
    assert answer.headers["content-type"] == "application/problem+json"
    assert [one["field"] for one in said["errors"]] == ["resources ga_household"]
    assert docked.states() == {} and trail(docked.city.hub.home, RECEIPT.kind) == []
    forged = ask(docked, key, package(PENSION, district="west"))
    assert (forged.status_code, forged.json()["where"]) == (403, "district")


def test_an_older_package_never_undoes_a_later_one_and_a_replay_is_its_own_receipt(docked: Docked) -> None:
    key = issue(docked.city.hub, "east_data")
    first, later = package(PENSION), package({**PENSION, "update_cycle": "daily"}, version=2)
    answers = [ask(docked, key, one) for one in (first, first, later, first)]
    assert [one.status_code for one in answers] == [201, 200, 201, 200]
    assert answers[3].json() == answers[1].json() == {**answers[0].json(), "repeated": True}
    assert docked.city.hub.entries.reading.get("east_mz_pension").facts["draft"]["update_cycle"] == "daily"
    stale = ask(docked, key, package({**PENSION, "update_cycle": "yearly"}))
    assert (stale.status_code, [one["field"] for one in stale.json()["errors"]]) == (422, ["version"])
    assert docked.city.hub.entries.reading.get("east_mz_pension").facts["draft"]["update_cycle"] == "daily"


@pytest.mark.parametrize(
    ("spoil", "kind", "status", "word"),
    [
        (lambda text: text.replace("高龄津贴发放", "低龄津贴发放"), "application/json", 422, "document_error"),
        (lambda text: text[: len(text) // 2], "application/json", 422, "document_error"),
        (lambda _: '{"format": "shuyuan.catalogue.package/1", "content": "\\ud800"}', "application/json", 422, "document_error"),
        (lambda _: "1" * 5000, "application/json", 422, "document_error"),
        (lambda text: text, "text/plain", 415, "media_type"),
        (lambda text: text + " " * (12 << 20), "application/json", 413, "too_large"),
    ],
    ids=["changed", "cut", "no_text", "number", "media", "large"],
)  # fmt: skip
def test_a_damaged_package_is_refused_as_a_problem(
    docked: Docked, spoil: Any, kind: str, status: int, word: str
) -> None:
    answer = ask(docked, issue(docked.city.hub, "east_data"), spoil(package(PENSION).decode()).encode(), kind)
    assert (answer.status_code, answer.json()["kind"]) == (status, word)
    assert docked.states() == {}


@pytest.mark.duty("R-014")
def test_what_the_citys_gate_bars_is_told_in_the_receipt_and_holds_back_a_change(docked: Docked) -> None:
    again = {"id": "marital", "title": "婚姻状态"}
    declare(docked.district, {**CANTEEN, "items": [*CANTEEN["items"], again]})
    code, said, _ = docked.run()
    assert code == 0 and "提交审核时将被拒绝" in said and "婚姻" in said
    ((_, receipt),) = [one for one in trail(docked.district, SENDING.kind) if one[0] == "package_delivered"]
    assert {one["entry"] for one in receipt["remarks"] if one["bars"]} == {"east_mz_canteen"}
    assert docked.states()["east_mz_canteen"] == "drafted", "its department mends it before it is submitted"

    entries = docked.city.hub.entries
    entries.submit(["east_mz_pension"], EAST_MZ, NOW)
    entries.review(["east_mz_pension"], EAST_DATA, NOW)
    entries.merge(["east_mz_pension"], BUREAU, NOW)
    entries.publish(["east_mz_pension"], BUREAU, NOW)
    declare(docked.district, {**PENSION, "items": [*PENSION["items"], again]})
    code, said, _ = docked.run(minutes=5)
    assert code == 0 and "暂缓接收" in said and "婚姻" in said
    assert docked.states()["east_mz_pension"] == "published"
    receipt = trail(docked.district, SENDING.kind)[-1][1]
    assert [(one["entry"], one["code"]) for one in receipt["held_back"]] == [("east_mz_pension", "barred")]


@pytest.mark.duty("R-014", "R-017")
def test_what_waits_for_a_review_is_told_and_sent_again_until_it_is_taken(docked: Docked) -> None:
    """The nightly sending takes what waited as soon as its review is over, without a hand at either end."""
    assert docked.run()[0] == 0
    entries = docked.city.hub.entries
    entries.submit(["east_mz_pension"], EAST_MZ, NOW)
    declare(docked.district, {**PENSION, "update_cycle": "daily"})
    declare(docked.district, {**CANTEEN, "abstract": "食堂与助餐点名录"})
    code, said, err = docked.run(minutes=5)
    assert code == 0 and "暂缓接收" in said and "正在审核" in said, err
    draft = entries.reading.get("east_mz_canteen").facts["draft"]
    assert draft["abstract"] == "食堂与助餐点名录", "the rest came in"
    assert docked.run("--outcome", minutes=6)[0] == 0
    held = above(docked.district, "east_mz_pension")
    assert (held["event"], held["state"]) == ("held_back", "submitted") and "正在审核" in held["reason"]
    _, said, _ = docked.run("--json", minutes=7)
    (again,) = json.loads(said)["sent"]
    assert again["repeated"] and [one["entry"] for one in again["held_back"]] == ["east_mz_pension"]
    entries.return_(["east_mz_pension"], EAST_DATA, NOW, reason="请补充更新周期")
    _, said, _ = docked.run("--json", minutes=8)
    (taken,) = json.loads(said)["sent"]
    assert (taken["receipt"], taken["repeated"], taken["held_back"]) == (again["receipt"], False, [])
    assert entries.reading.get("east_mz_pension").facts["draft"]["update_cycle"] == "daily"
    _, said, _ = docked.run(minutes=9)
    assert "nothing to send" in said


# --- back -------------------------------------------------------------------------------------------------------------


def test_pages_are_read_to_the_end_and_a_killed_run_goes_on_where_it_was(
    docked: Docked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PAGE", 1)
    assert docked.run()[0] == 0
    docked.line.faults = ["", *["busy"] * 9]
    dock(docked.district, docked.line.url, retries=0)
    assert docked.run("--outcome", minutes=1)[0] == 4
    docked.line.faults = []
    said = json.loads(docked.run("--outcome", "--json", minutes=2)[1])
    assert said["since"] > 0 and said["noted"] == 1, "the first page was kept"


def test_a_city_restored_from_a_backup_is_told_and_read_from_the_beginning(docked: Docked) -> None:
    assert docked.run()[0] == 0
    assert docked.run("--outcome", minutes=1)[0] == 0
    with docked.city.hub.database.begin() as connection:
        last = connection.execute(catalogue_event.select()).mappings().all()[-1]["seq"]
    assert read(docked, issue(docked.city.hub, "east_data"), since=last).json() == {
        "outcomes": [],
        "next": last,
        "more": False,
    }
    assert read(docked, issue(docked.city.hub, "east_data"), since=last + 1).status_code == 409
    _, said, _ = docked.run("--outcome", "--again", "--json", minutes=2)
    assert (json.loads(said)["noted"], json.loads(said)["known"]) == (0, 2)


def test_an_entry_that_the_district_has_no_more_is_named_and_the_others_are_noted(docked: Docked) -> None:
    key = issue(docked.city.hub, "east_data")
    assert (
        ask(docked, key, package({**PENSION, "id": "east_mz_old", "code": "3/9", "title": "旧目录"})).status_code == 201
    )
    assert docked.run(minutes=1)[0] == 0
    code, said, err = docked.run("--outcome", minutes=2)
    assert code == 0 and "east_mz_old" in err and "新记 2 步" in said


def test_a_home_that_is_docked_to_none_is_told(docked: Docked) -> None:
    (docked.district / "city" / "upstream.yaml").unlink()
    code, _, err = docked.run()
    assert code == 2 and "未对接市级平台" in err


# --- every night --------------------------------------------------------------------------------------------------------


@pytest.mark.duty("R-017")
def test_every_night_the_job_brings_back_and_hands_up(docked: Docked) -> None:
    import dagster as dg

    from assets import docking
    from assets.resources import Clock, HubResource

    def tick() -> tuple[int, str]:
        with dg.DagsterInstance.ephemeral() as instance:
            resources = {"hub": HubResource(home=str(docked.district))}
            context = dg.build_schedule_context(instance=instance, scheduled_execution_time=NOW, resources=resources)
            said = docking.docking_nightly.evaluate_tick(context)
        return len(said.run_requests or []), said.skip_message or ""

    def night() -> Any:
        resources = {"hub": HubResource(home=str(docked.district)), "clock": Clock(fixed=NOW.isoformat())}
        return docking.docking.execute_in_process(resources=resources, raise_on_error=False)

    assert tick()[0] == 1
    assert night().success and night().success, "a second night finds nothing new"
    assert docked.states() == {"east_mz_pension": "drafted", "east_mz_canteen": "drafted"}
    assert above(docked.district, "east_mz_pension")["state"] == "drafted"
    assert len(trail(docked.city.hub.home, RECEIPT.kind)) == 1
    docked.line.faults = ["moved"]
    failed = night()
    assert not failed.success and docked.line.faults == []
    (docked.district / "city" / "upstream.yaml").unlink()
    assert tick() == (0, "没有 city/upstream.yaml，未对接上级平台。The home is docked to no platform.")


# --- the page -----------------------------------------------------------------------------------------------------------

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "docking.md").read_text(encoding="utf-8")


@pytest.mark.duty("R-017")
def test_the_page_on_docking_is_true(
    docked: Docked, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    homes = {"city": str(docked.city.hub.home), "district": str(docked.district)}
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```(sh|yaml|text)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    city, own, document = [body for kind, body in blocks if kind == "yaml"]
    for said, home in ((city, "city"), (own, "district")):  # the units shown are those of the home that is run here
        there = yaml.safe_load((Path(homes[home]) / "city" / "departments.yaml").read_text(encoding="utf-8"))
        shown = yaml.safe_load(said)["departments"]
        assert all(one in there["departments"] for one in shown) and (home == "city" or shown == there["departments"])
    assert "https://data.city.gov.cn" in document
    (docked.district / "city" / "upstream.yaml").write_text(
        document.replace("https://data.city.gov.cn", docked.line.url), encoding="utf-8"
    )
    said, commands = "", 0
    for kind, body in blocks:
        if kind == "text":
            assert body.strip() in said
        for line in body.splitlines() if kind == "sh" else ():
            words = [homes.get(word, word) for word in shlex.split(line)[1:]]
            with pytest.raises(SystemExit) as left:
                main([*words, "--now", NOW.isoformat()] if "trail" not in words else words)
            said = capsys.readouterr().out
            assert left.value.code in (0, None), line
            commands += 1
            if key := re.search(r"密钥 key: (\S+)", said):
                monkeypatch.setenv("CITY_KEY", key[1])
    assert commands == 7 and (tmp_path / "east.json").exists()
    assert set(re.findall(r"`(?:GET|POST) (/api/v1/catalog/[a-z]+)", PAGE)) == {PACKAGES, OUTCOMES}
