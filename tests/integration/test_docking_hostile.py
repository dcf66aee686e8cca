"""A district with a valid key that means no good: the interface for packages and outcomes holds, and is there for the others."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from district_packages import canteen, pension, sent
from docked_homes import CITY_ENTRIES, issue, make_home
from entry_desk import BUREAU, EAST, EAST_MZ, NOW, UNITS
from running_desk import RunningDesk

from catalog.cases.tables import catalogue_event
from catalog.interchange.package import digest_of
from hub import docking
from portal.api import interface, packages

PACKAGES, OUTCOMES = "/api/v1/catalog/packages", "/api/v1/catalog/outcomes"


class Sender:
    """Whoever has a key of the city."""

    def __init__(self, desk: RunningDesk, department: str) -> None:
        self.url = desk.url
        self.headers = {"Authorization": f"Bearer {issue(desk.hub, department)}"}

    def post(self, content: Any, **headers: str) -> httpx.Response:
        given = {"Content-Type": "application/json", **self.headers, **headers}
        return httpx.post(f"{self.url}{PACKAGES}", content=content, headers=given, timeout=120, trust_env=False)

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", headers=self.headers, timeout=120, trust_env=False)

    def at_once(self, contents: list[bytes]) -> list[httpx.Response]:
        """Several packages from as many threads."""
        answers: list[httpx.Response] = []
        threads = [threading.Thread(target=lambda one=one: answers.append(self.post(one))) for one in contents]
        for one in threads:
            one.start()
        for one in threads:
            one.join(120)
        return answers


@pytest.fixture(scope="module")
def turn() -> docking.PackageTurn:
    """The turn that the running interface gives."""
    return docking.PackageTurn()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, turn: docking.PackageTurn) -> Iterator[RunningDesk]:
    home = make_home(tmp_path_factory.mktemp("hostile") / "city", UNITS, CITY_ENTRIES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(interface, "PackageTurn", lambda: turn)
        running = RunningDesk(home, NOW)
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def east(desk: RunningDesk) -> Sender:
    return Sender(desk, "east_data")


def made(change: Callable[[dict[str, Any]], object]) -> bytes:
    said = json.loads(sent(pension()))
    change(said["content"])
    return json.dumps({**said, "digest": digest_of(said["content"])}, ensure_ascii=False).encode()


def written(desk: RunningDesk) -> int:
    with desk.hub.database.begin() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(catalogue_event)).scalar() or 0)


def pieces() -> Iterator[bytes]:
    """A body that says nothing of its length."""
    for _ in range(14):
        yield b" " * (1 << 20)


def many(content: dict[str, Any], entries: int) -> None:
    content["resources"] += [{**content["resources"][0], "id": f"e{number}"} for number in range(entries)]


@pytest.mark.parametrize(
    ("content", "status", "kind"),
    [
        (pieces, 413, "too_large"),
        (lambda: made(lambda c: c.update(extra=[[[]]] * 100_000)), 422, "document_error"),
        (lambda: made(lambda c: c["resources"][0].update(key=["citizen_id"] * 500_000)), 422, "document_error"),
        (lambda: made(lambda c: many(c, packages.MOST_ENTRIES)), 422, "user_error"),
        (lambda: made(lambda c: c["resources"][0].update(title="高龄\u200b津贴")), 422, "document_error"),
        (lambda: made(lambda c: c["resources"][0].update(abstract="\x00")), 422, "document_error"),
        (lambda: made(lambda c: c["resources"][0].update(id="../../settings")), 422, "document_error"),
        (lambda: sent(pension())[:-2] + b', "version": 2}', 422, "document_error"),
        (lambda: sent(pension()).decode().encode("utf-16"), 422, "document_error"),
    ],
    ids=["streamed", "nested", "keys", "entries", "unseen", "control", "path", "twice", "encoding"],
)  # fmt: skip
def test_a_hostile_body_is_a_problem_and_writes_nothing(
    desk: RunningDesk, east: Sender, content: Callable[[], Any], status: int, kind: str
) -> None:
    before = written(desk)
    answer = east.post(content())
    assert (answer.status_code, answer.json()["kind"]) == (status, kind), answer.text[:300]
    assert written(desk) == before


def test_another_districts_receipt_and_outcomes_are_not_there(desk: RunningDesk, east: Sender) -> None:
    receipt = east.post(sent(canteen(id="east_mz_own", code="2/8"), version=1)).json()["receipt"]
    west = Sender(desk, "west_data")
    assert east.get(f"{PACKAGES}/{receipt}").status_code == 200
    assert west.get(f"{PACKAGES}/{receipt}").status_code == 404
    for name in (receipt.upper(), "..%2f..%2fsettings", "%00" * 32, "0" * 33):
        assert east.get(f"{PACKAGES}/{name}").status_code in (404, 422), name
    assert west.get(OUTCOMES).json()["outcomes"] == []


@pytest.mark.parametrize(
    "query", ["since=-1", "since=1e5", "since=9007199254740993", "since=%00", "limit=0", "limit=1001", "cursor=1"]
)
def test_a_place_that_was_tampered_with_is_refused(east: Sender, query: str) -> None:
    assert east.get(f"{OUTCOMES}?{query}").status_code == 422


def test_how_much_goes_on_in_the_city_is_not_to_be_found_out_by_guessing_places(
    desk: RunningDesk, east: Sender
) -> None:
    east.post(sent(canteen(id="east_mz_place", code="2/7"), version=2))
    own = east.get(OUTCOMES).json()["next"]
    before = written(desk)
    desk.hub.entries.reconcile(desk.hub.city, NOW)  # the city's own entries get their cases
    assert written(desk) > before
    assert east.get(f"{OUTCOMES}?since={own}").json()["outcomes"] == []
    assert east.get(f"{OUTCOMES}?since={own + 1}").status_code == 409
    assert Sender(desk, "west_data").get(f"{OUTCOMES}?since=1").status_code == 409


def test_the_same_package_twice_at_the_same_moment_is_one_receipt(desk: RunningDesk, east: Sender) -> None:
    raw = sent(pension("同时", id="east_mz_twice", code="2/6"), version=3)
    before = written(desk)
    answers = east.at_once([raw, raw])
    assert sorted(one.status_code for one in answers) == [200, 201]
    assert len({one.json()["receipt"] for one in answers}) == 1
    assert written(desk) == before + 2, "one receipt and one draft"


def test_two_versions_at_the_same_moment_never_leave_the_older_one(desk: RunningDesk, east: Sender) -> None:
    for turn in range(3):
        base = 10 + 2 * turn
        raws = [sent(pension(str(v), id="east_mz_race", code="2/5"), version=v) for v in (base, base + 1)]
        assert {one.status_code for one in east.at_once(raws)} <= {201, 422}
        assert desk.hub.entries.reading.get("east_mz_race").facts["draft"]["abstract"] == str(base + 1)


def test_many_packages_at_once_are_sent_away_and_nobody_else_waits(
    desk: RunningDesk, east: Sender, turn: docking.PackageTurn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one is looked at, a second of the same district waits; more are told to come again, and every page still answers."""
    monkeypatch.setattr(docking, "PATIENCE", 60)
    west = Sender(desk, "west_data")
    flood = [sent(pension(str(n), id="east_mz_flood", code="2/4"), version=100 + n) for n in range(50)]
    answers: list[httpx.Response] = []
    thread = threading.Thread(target=lambda: answers.extend(east.at_once(flood)))
    with turn.taken("west_data"):
        thread.start()
        while turn.waiting < 1 + docking.EACH:
            threading.Event().wait(0.01)
        assert west.get(OUTCOMES).status_code == 200, "what asks for no turn is answered meanwhile"
    thread.join(120)
    busy = [one for one in answers if one.status_code == 503]
    assert busy and all(int(one.headers["retry-after"]) > 0 for one in busy)
    assert {one.status_code for one in answers} <= {201, 422, 503}
    assert turn.waiting == 0


def test_a_key_of_no_district_takes_no_turn(desk: RunningDesk) -> None:
    for department in ("ga", "bureau", "east_mz"):
        answer = Sender(desk, department).post(b"[" * 1_000)
        assert (answer.status_code, answer.json()["kind"]) == (403, "forbidden")


@pytest.mark.duty("R-014")
def test_a_district_brings_nothing_past_the_citys_review_by_sending_again(desk: RunningDesk, east: Sender) -> None:
    """What the city reviewed is what is published: a package that comes in between waits, or is reviewed anew."""
    name, own = "east_mz_passed", {"key": ["no"], "items": [{"id": "no", "title": "津贴编号"}]}
    entries = desk.hub.entries

    def says(abstract: str, version: int) -> bytes:
        return sent(pension(abstract, id=name, code="2/3", system="东区民政系统", **own), version=version)

    assert east.post(says("已审", 1_000)).status_code == 201
    entries.submit([name], EAST_MZ, NOW)
    entries.review([name], EAST, NOW)
    entries.merge([name], BUREAU, NOW)
    late = east.post(says("未审", 1_001)).json()
    assert [(one["entry"], one["code"]) for one in late["held_back"]] == [(name, "in_review")]
    entries.publish([name], BUREAU, NOW)
    assert entries.reading.get(name).facts["published"]["abstract"] == "已审"
    asked = east.post(says("未审", 1_001))
    assert (asked.status_code, asked.json()["changes"], asked.json()["repeated"]) == (200, [name], False)
    assert entries.reading.get(name).state == "change_submitted"
    assert entries.reading.get(name).facts["published"]["abstract"] == "已审"
