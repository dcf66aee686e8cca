"""A counter system without a line of the project reports, polls, and is called back until its ticket is closed by proof."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import counter_client
import pytest
from asking import STEWARD, System, Systems, asked, people
from counter_client import Counter, Receiver
from desk_city import MONDAY
from running_desk import RunningDesk

OUTSIDE = {"httpx"} | set(sys.stdlib_module_names)


@pytest.fixture
def served(built_city: Path, tmp_path: Path) -> Iterator[tuple[RunningDesk, Systems]]:
    home = tmp_path / "home"
    shutil.copytree(built_city, home)
    (home / "city" / "notices.yaml").write_text("callbacks: {allow_loopback: true}\n", encoding="utf-8")
    with asked(home, MONDAY) as both:
        yield both


@pytest.fixture
def receiver(served: tuple[RunningDesk, Systems]) -> Iterator[Receiver]:
    desk = served[0]

    def clock() -> float:
        return desk.now.timestamp()

    one = Receiver(clock)
    yield one
    one.close()


def run(desk: RunningDesk, system: System, *words: str) -> dict[str, Any]:
    """The client as a process of its own, which cannot import the project."""
    done = subprocess.run(
        [sys.executable, "-I", counter_client.__file__, desk.url, system.secret, *words],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_client_knows_nothing_of_the_project() -> None:
    tree = ast.parse(Path(counter_client.__file__).read_text(encoding="utf-8"))
    named = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    named |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert {name.partition(".")[0] for name in named} <= OUTSIDE


@pytest.mark.duty("R-185")
def test_a_counter_reports_polls_and_is_called_back_until_it_is_closed_by_proof(
    served: tuple[RunningDesk, Systems], receiver: Receiver
) -> None:
    desk, systems = served
    window = systems.counter(callback=receiver.url)
    receiver.secret = desk.hub.api_keys.signing_secret(window.key.id).encode()
    key = people(desk.hub, MONDAY, 1)[0]["citizen_id"]
    words = ("report", "ga_household", key, "name", "欧阳更正", "身份证原件不一致", "CK-2026-7")

    first = run(desk, window, *words)
    again = run(desk, window, *words)

    assert (first["status"], again["status"], again["repeated"]) == (201, 200, True)
    name = first["ticket"]
    assert again["ticket"] == name
    assert run(desk, window, "poll", name)["state_zh"] == "待受理"

    def later(hours: int) -> None:
        desk.now = MONDAY + timedelta(hours=hours)
        desk.hub.notices.send_due(desk.now)

    desk.hub.problems.route(name, STEWARD, MONDAY + timedelta(hours=1))
    later(1)
    assert [one["payload"]["event"] for one in receiver.taken] == ["routed"]

    police = systems.police()
    desk.now = MONDAY + timedelta(hours=2)
    answer = {"how": "已按户籍档案更正", "rows": [{"citizen_id": key, "name": "欧阳更正"}]}
    assert police.post(f"/tickets/{name}/answers/corrected", answer).status_code == 200
    later(2)
    counter = Counter(desk.url, window.secret)
    waiting = counter.poll(name)
    assert (waiting["state"], waiting["outcome"]) == ("verification", None)

    desk.hub.builder.run(MONDAY + timedelta(hours=3))
    later(3)
    closed = counter.poll(name)
    counter.close()

    assert (closed["state"], closed["outcome_zh"]) == ("closed", "完成整改")
    assert closed["story"][-1]["event"] in ("repaired", "correction_shared")
    payloads = [one["payload"] for one in receiver.taken if one["topic"] == "callback"]
    assert [one["event"] for one in payloads] == ["routed", "accepted", "answered_corrected", "repaired"]
    assert {(one["ticket"], one["reference"]) for one in payloads} == {(name, "CK-2026-7")}
    assert (payloads[-1]["state"], payloads[-1]["outcome"], payloads[-1]["outcome_zh"]) == (
        "closed", "corrected", "完成整改",
    )  # fmt: skip
    assert receiver.refused == 0
    assert key not in json.dumps(receiver.taken)
    assert "欧阳更正" not in json.dumps(receiver.taken, ensure_ascii=False)


def test_a_callback_signed_with_another_secret_is_refused_and_tried_again(
    served: tuple[RunningDesk, Systems], receiver: Receiver
) -> None:
    desk, systems = served
    window = systems.counter(callback=receiver.url)
    receiver.secret = b"another"
    key = people(desk.hub, MONDAY, 1)[0]["citizen_id"]
    name = run(desk, window, "report", "ga_household", key, "name", "欧阳更正", "原件不一致", "CK-8")["ticket"]
    desk.hub.problems.route(name, STEWARD, MONDAY)

    desk.hub.notices.send_due(desk.now)
    assert (receiver.taken, receiver.refused) == ([], 1)

    receiver.secret = desk.hub.api_keys.signing_secret(window.key.id).encode()
    desk.now = MONDAY + timedelta(hours=1)
    desk.hub.notices.send_due(desk.now)
    assert [one["payload"]["event"] for one in receiver.taken] == ["routed"]
