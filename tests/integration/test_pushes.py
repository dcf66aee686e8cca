"""A department's own system delivers what changed: received at the door, landed untouched, taken by the next run."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from asking import System, Systems, asked
from intake_home import NOW, Home, citizen, feed, resource
from running_desk import RunningDesk

from accounts.api_key import Scope
from pipelines.intake.receiving import RECEIVING, Receiving, sweep
from pipelines.intake.store import Outcome, delivery

JSON = {"kind": "json", "records": "data"}
SECRET = "张三丰"
PUSHED: dict[str, Any] = {"source": {"kind": "push"}, "format": JSON}
DEPARTMENTS = {"departments": [{"id": "ga", "name": "公安局"}, {"id": "mz", "name": "民政局"}]}


class City:
    """A running desk over a small home, the system of the police, and that of another department."""

    def __init__(self, home: Home, desk: RunningDesk, systems: Systems) -> None:
        self.home, self.desk = home, desk
        self.police = systems("ga", [Scope.DELIVERIES_WRITE])
        self.other = systems("mz", [Scope.DELIVERIES_WRITE])
        self.counter = systems("ga", [Scope.PROBLEMS_WRITE])

    def count(self) -> int:
        with self.desk.hub.database.begin() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(delivery)).scalar_one())

    def incoming(self) -> list[Path]:
        """What is being received, or was left."""
        return list((self.home.root / "landing").glob(f"{RECEIVING}*"))

    def run(self, name: str = "live", minutes: int = 1) -> list[Any]:
        return self.desk.hub.intake.run(name, NOW + timedelta(minutes=minutes))


def make(root: Path) -> Home:
    entry = resource(update_cycle="real_time", gathering={"mode": "real_time"})
    home = Home(
        root, feed("live", "increment", **PUSHED), feed("table", "increment", source={"kind": "push"}),
        feed("gone", "tombstone", **PUSHED), feed("full"), entry=entry, whole=True,
    )  # fmt: skip
    home._write("departments.yaml", DEPARTMENTS)
    return home


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    home = make(tmp_path_factory.mktemp("pushes") / "home")
    with asked(home.root, NOW) as (desk, systems):
        yield City(home, desk, systems)
    home.close()


def body(*people: tuple[int, str | None], **more: str) -> bytes:
    """A document of records: number of the citizen, name."""
    data = [{"公民身份号码": citizen(n), "姓名": name, "电话": "138", "更新时间": "2026-11-21 08:00:00", **more}
            for n, name in people]  # fmt: skip
    return json.dumps({"data": data}, ensure_ascii=False).encode()


def push(
    system: System,
    content: bytes | Iterator[bytes],
    key: str,
    name: str = "live",
    kind: str = "application/json",
    **headers: str,
) -> httpx.Response:
    return system.http.post(
        f"/api/v1/feeds/{name}/deliveries", content=content,
        headers={"Idempotency-Key": key, "Content-Type": kind, **{n.replace("_", "-"): v for n, v in headers.items()}},
    )  # fmt: skip


def told(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem details of an answer; no value that was sent stands in it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert SECRET not in answer.text
    found: dict[str, Any] = answer.json()
    assert found["detail"]
    assert found["detail_en"]
    return found


@pytest.mark.duty("R-062", "R-197")
def test_what_is_pushed_lands_untouched_and_is_taken_like_every_delivery(city: City) -> None:
    content = body((1, "甲"), (2, "乙"), (3, None))
    answer = push(city.police, content, "evt-1", Occurred_At="2026-11-21T14:58:00+08:00")

    assert answer.status_code == 202, answer.text
    receipt = answer.json()
    number = receipt["delivery"]
    assert (receipt["sha256"], receipt["bytes"]) == (hashlib.sha256(content).hexdigest(), len(content))
    assert (receipt["rows"], receipt["outcome"], receipt["repeated"]) == (3, "landed", False)
    assert [(one["item"], one["reason"], one["rows"]) for one in receipt["problems"]] == [("name", "missing", 1)]
    one = city.desk.hub.deliveries.by_id(number)
    assert one is not None
    assert city.home.payload(one) == content
    assert city.home.outcome(one)["outcome"] == "landed"

    (settled,) = city.run()
    assert (settled.id, settled.outcome, settled.rows_taken, settled.rows_quarantined) == (number, Outcome.TAKEN, 2, 1)
    assert {"甲", "乙"} <= set(city.home.names().values())
    assert city.home.outcome(one)["rows"]["taken"] == 2
    now = city.police.http.get(answer.headers["Location"])
    assert (now.json()["outcome"], now.json()["rows_taken"]) == ("taken", 2)
    assert now.json()["occurred_at"] == "2026-11-21T14:58:00+08:00"
    assert not city.incoming()
    assert city.run(minutes=2) == []


@pytest.mark.duty("R-062")
def test_the_same_key_is_the_same_delivery_and_other_bytes_under_it_are_refused(city: City) -> None:
    first = push(city.police, body((10, "甲")), "evt-same")
    before = city.count()
    again = push(city.police, body((10, "甲")), "evt-same")
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json() == first.json() | {"repeated": True}
    found = told(push(city.police, body((10, SECRET)), "evt-same"), 409)
    assert found["where"] == first.json()["delivery"]
    assert city.count() == before
    city.run()
    assert push(city.police, body((10, "甲")), "evt-same").json()["outcome"] == "taken"


def test_one_key_sent_many_times_at_once_is_one_delivery(city: City) -> None:
    before, answers = city.count(), []

    def send() -> None:
        answers.append(push(city.police, body((11, "甲")), "evt-race"))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(one.status_code for one in answers) == [200] * 5 + [202]
    assert len({one.json()["delivery"] for one in answers}) == 1
    assert city.count() == before + 1
    assert not city.incoming()


def test_a_state_that_is_left_and_comes_back_is_said_each_time(city: City) -> None:
    """The same bytes under another key are a statement of their own."""
    for number, name in enumerate(("甲", "乙", "甲")):
        assert push(city.police, body((12, name)), f"evt-back-{number}").status_code == 202
    assert [one.rows_changed for one in city.run()[-3:]] == [1, 1, 1]
    assert city.home.names()[citizen(12)] == "甲"


def test_what_was_struck_off_comes_back_when_it_is_pushed_again(city: City) -> None:
    push(city.police, body((13, "甲")), "evt-13a")
    city.run()
    gone = json.dumps({"data": [{"公民身份号码": citizen(13), "原因": "迁出"}]}).encode()
    assert push(city.police, gone, "gone-13", "gone").status_code == 202
    (struck,) = city.run("gone")
    assert struck.rows_gone == 1
    push(city.police, body((13, "甲")), "evt-13b")
    city.run()
    assert city.home.names()[citizen(13)] == "甲"


@pytest.mark.duty("R-062")
def test_nobody_delivers_for_another_department(city: City) -> None:
    before = city.count()
    assert told(push(city.other, body((14, SECRET)), "evt-x"), 403)["kind"] == "forbidden"
    assert told(push(city.counter, body((14, SECRET)), "evt-x"), 403)["kind"] == "forbidden"
    with httpx.Client(base_url=city.desk.url) as stranger:
        answer = stranger.post(
            "/api/v1/feeds/live/deliveries", content=body((14, SECRET)), headers={"Idempotency-Key": "x"}
        )
    told(answer, 401)
    mine = push(city.police, body((14, "甲")), "evt-14").headers["Location"]
    told(city.other.http.get(mine), 403)
    assert city.count() == before + 1


@pytest.mark.parametrize(
    ("name", "content", "key", "more", "status", "where"),
    [
        ("nowhere", body((1, SECRET)), "a", {}, 404, "feed"),
        ("full", body((1, SECRET)), "a", {}, 422, "full"),
        ("live", b"", "a", {}, 422, "body"),
        ("live", body((1, SECRET)), "", {}, 422, "Idempotency-Key"),
        ("live", body((1, SECRET)), "a b", {}, 422, "Idempotency-Key"),
        ("live", body((1, SECRET)), "x" * 101, {}, 422, "Idempotency-Key"),
        ("live", body((1, SECRET)), "a", {"kind": "text/csv"}, 415, None),
        ("live", body((1, SECRET)), "a", {"kind": ""}, 415, None),
        ("live", body((1, SECRET)), "a", {"Occurred_At": "2026-11-21T15:00:00"}, 422, "Occurred-At"),
        ("live", body((1, SECRET)), "a", {"Occurred_At": "2026-11-21T15:06:00+08:00"}, 422, "Occurred-At"),
        ("live", b"x" * (12 << 20) + b"x", "a", {}, 413, None),
        ("live", iter([b"x" * (7 << 20)] * 2), "a", {}, 413, None),
    ],
)  # fmt: skip
def test_a_request_that_is_wrong_is_told_where_and_leaves_nothing(
    city: City, name: str, content: Any, key: str, more: dict[str, str], status: int, where: str | None
) -> None:
    before = city.count()
    assert told(push(city.police, content, key, name, **more), status)["where"] == where
    assert (city.count(), city.incoming()) == (before, [])


@pytest.mark.duty("R-062")
@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\x00\x01\x02\x03", ""),
        (body((1, SECRET))[:-20], ""),
        (json.dumps({"data": [{"编号": "1", "姓名": SECRET}]}).encode(), "公民身份号码"),
        (body(*((n, None) for n in range(30))), "30"),
    ],
    ids=["no_text", "cut_off", "other_header", "too_much_broken"],
)
def test_a_body_that_is_not_what_was_agreed_is_refused_and_kept(city: City, content: bytes, says: str) -> None:
    key = f"bad-{hashlib.sha256(content).hexdigest()[:8]}"
    found = told(push(city.police, content, key), 422)
    assert found["kind"] == "refused_data"
    assert says in found["detail"]
    one = city.desk.hub.deliveries.by_id(found["where"])
    assert one is not None
    assert one.outcome is Outcome.REFUSED
    assert city.home.payload(one) == content
    outcome = city.home.outcome(one)
    assert (outcome["outcome"], outcome["zh"]) == ("refused", one.message_zh)
    before = city.count()
    assert told(push(city.police, content, key), 422)["where"] == one.id, "the same answer, however often it is sent"
    assert city.count() == before
    assert one.seq not in [other.seq for other in city.run()]


@pytest.mark.duty("R-062")
@pytest.mark.parametrize("announced", [True, False])
def test_an_upload_that_breaks_off_leaves_nothing(city: City, announced: bool) -> None:
    """The connection is cut in the middle of the body, with and without a length that was announced."""
    before = city.count()
    head = "POST /api/v1/feeds/live/deliveries HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    head += f"Idempotency-Key: half-{announced}\r\nAuthorization: Bearer {city.police.secret}\r\n"
    head += "Content-Length: 90000\r\n\r\n" if announced else "Transfer-Encoding: chunked\r\n\r\n"
    half = body((1, SECRET))[:60]
    with socket.create_connection(("127.0.0.1", city.desk.port)) as line:
        line.sendall(head.encode() + (half if announced else f"{len(half):x}\r\n".encode() + half + b"\r\n"))
        seen = threading.Event()
        for _ in range(200):
            if city.incoming():
                break
            seen.wait(0.02)
        assert city.incoming(), "it was on its way"
    for _ in range(200):
        if not city.incoming():
            break
        seen.wait(0.02)
    assert (city.count(), city.incoming()) == (before, [])
    assert push(city.police, body((15, "甲")), f"half-{announced}").status_code == 202


def test_what_a_killed_desk_was_receiving_is_swept_away_and_what_is_coming_in_is_not(tmp_path: Path) -> None:
    dead, young = tmp_path / f"{RECEIVING}dead.json", tmp_path / f"{RECEIVING}young.json"
    for one in (dead, young):
        one.write_bytes(b"half")
    os.utime(dead, (1, 1))
    with Receiving(tmp_path, ".json") as coming:
        coming.write(b"half")
        os.utime(coming.path, (1, 1))
        assert sweep(tmp_path) == 1
        assert (dead.exists(), young.exists(), coming.path.exists()) == (False, True, True)


@pytest.mark.parametrize("state", ["withdrawn", "undeclared", "added"])
def test_nothing_is_received_for_an_entry_that_is_not_published(tmp_path: Path, state: str) -> None:
    home = make(tmp_path / "home")
    with asked(home.root, NOW) as (desk, systems):
        city = City(home, desk, systems)
        assert push(city.police, body((1, "甲")), "before").status_code == 202
        with desk.hub.database.writing() as connection:
            connection.execute(sa.text("UPDATE catalogue_case SET state = :s WHERE kind = 'entry'"), {"s": state})
            if state == "added":
                connection.execute(sa.text("UPDATE catalogue_case SET facts = json_remove(facts, '$.published')"))
        found = told(push(city.police, body((1, SECRET)), "after"), 409)
        assert found["where"] == "person"
        assert (city.count(), city.incoming()) == (1, [])
    home.close()


def test_a_table_is_pushed_as_csv(city: City) -> None:
    content = "公民身份号码,姓名,电话,更新时间\n" + f"{citizen(20)},庚,138,2026-11-21 09:00:00\n"
    assert push(city.police, content.encode("gbk"), "csv-1", "table", "text/csv; charset=gbk").status_code == 422
    answer = push(city.police, content.encode(), "csv-2", "table", "text/csv")
    assert (answer.status_code, answer.json()["rows"]) == (202, 1)
    (one,) = city.run("table")
    assert (one.outcome, city.home.names()[citizen(20)]) == (Outcome.TAKEN, "庚")
