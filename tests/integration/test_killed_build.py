"""The kill test: a build that dies at any moment leaves readers where they were, and the next run makes all good.

``SHUYUAN_KILLS`` sets how many builds are killed (50). Changed deliveries come between, so that each has work to do.
"""

import hashlib
import json
import os
import random
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import killing
import pytest

KILLS = int(os.environ.get("SHUYUAN_KILLS", "50"))
INTAKE_KILLS = max(10, KILLS // 5)
SEED = 20261121
WHOLE_BUILD_EVERY = 5
START = datetime.fromisoformat("2026-11-21T15:00:00+08:00")

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")


class Clock:
    """A moment that moves on by a minute whenever it is asked for."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        self.at += timedelta(minutes=1)
        return self.at


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("killed") / "home"
    killing.run(killing.simulate, home, 2000)
    killing.run(killing.deliver, home, clock())
    killing.run(killing.build, home, clock())
    return home


def delays(number: int, span: float) -> list[float]:
    """One moment in each equal part of ``span``, in an order of chance that is the same every time."""
    chance = random.Random(SEED)
    moments = [(part + chance.random()) / number * span for part in range(number)]
    chance.shuffle(moments)
    return moments


class Readers:
    """What readers saw at every publication; two looks at the same one must see the same."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.seen: dict[int, dict] = {}

    def look(self) -> dict:
        found = killing.answer(killing.look, self.home, out=self.home / "look.json")
        first = self.seen.setdefault(found["publication"], found)
        assert found["content"] == first["content"], "the same publication shows other content"
        assert found["rows"] == found["facts"], "the libraries have other rows than were published"
        assert not any(found["wrong"].values()), found["wrong"]
        assert found["publication"] == max(self.seen), "readers went back to an older publication"
        return found


def followed_up(found: dict) -> None:
    """After a build that ran to its end nothing waits and every finding is in exactly one open ticket."""
    left = {name: found[name] for name in ("waiting", "held_twice", "not_held", "held_though_gone", "tickets_twice")}
    assert not any(left.values()), left


@pytest.mark.duty("R-058", "R-191")
def test_readers_see_published_states_only_however_often_a_build_is_killed(home, clock, tmp_path):
    original = (home / killing.HOUSEHOLD).read_bytes()
    readers = Readers(home)
    followed_up(readers.look())
    spans = []
    for number in (1, 2):
        killing.redeliver(home, original, number)
        killing.run(killing.deliver, home, clock(), ["ga_household"])
        spans.append(killing.run(killing.build, home, clock()))
        followed_up(readers.look())
    published, died = len(readers.seen), 0
    assert published == 3, "each delivery changed something"
    delivered_at = -1
    for number, delay in enumerate(delays(KILLS, 1.1 * max(spans)), start=3):
        if delivered_at < max(readers.seen):  # what was delivered is published: the next build needs work
            delivered_at = max(readers.seen)
            killing.redeliver(home, original, number)
            killing.run(killing.deliver, home, clock(), ["ga_household"])
        died += killing.kill(killing.build, delay, home, clock())
        readers.look()
        if number % WHOLE_BUILD_EVERY == 0:
            killing.run(killing.build, home, clock())
            followed_up(readers.look())
    killing.run(killing.build, home, clock())
    followed_up(readers.look())
    assert died > KILLS // 2, "most builds were killed before their end"
    assert len(readers.seen) > published + KILLS // WHOLE_BUILD_EVERY - 2, "the builds had work to do"
    nothing_lies_about(home)
    same_as_without_kills(home, clock, tmp_path)


@pytest.mark.duty("R-058")
def test_an_intake_that_is_killed_takes_all_or_nothing_and_the_next_run_finishes(home, clock, tmp_path):
    original = (home / killing.HOUSEHOLD).read_bytes()
    readers = Readers(home)
    before = readers.look()
    killing.redeliver(home, original, 1001)
    span = killing.run(killing.deliver, home, clock(), ["ga_household"])
    died = 0
    for number, delay in enumerate(delays(INTAKE_KILLS, 1.05 * span), start=1002):
        killing.redeliver(home, original, number)
        known = len(taken(home))
        died += killing.kill(killing.deliver, delay, home, clock(), ["ga_household"])
        assert readers.look()["publication"] == before["publication"]
        killing.run(killing.deliver, home, clock(), ["ga_household"])
        now_taken = taken(home)
        assert len(now_taken) == known + 1, "the delivery was taken once"
        sha256 = hashlib.sha256((home / killing.HOUSEHOLD).read_bytes()).hexdigest()
        assert now_taken[-1]["sha256"] == sha256 and now_taken[-1]["outcome"] == "taken"
    assert died > INTAKE_KILLS // 2
    killing.run(killing.build, home, clock())
    followed_up(readers.look())
    nothing_lies_about(home)
    same_as_without_kills(home, clock, tmp_path)


def taken(home: Path) -> list[dict]:
    """Outcome files of the households' deliveries, each beside the bytes it speaks of."""
    found = []
    for folder in sorted((home / "landing" / "ga_household" / "2026-11").iterdir()):
        facts = json.loads((folder / "outcome.json").read_text(encoding="utf-8"))
        (payload,) = folder.glob("payload*")
        assert hashlib.sha256(payload.read_bytes()).hexdigest() == facts["sha256"]
        found.append(facts)
    return found


def nothing_lies_about(home: Path) -> None:
    """No file that nobody knows, in the lake, in landing, in the inbox's work folder, in what is published."""
    found = killing.answer(killing.files, home, out=home / "files.json")
    lying, known = set(found["lying"]), {*found["data_file"], *found["delete_file"]}
    assert known <= lying, "a file that the lake needs is missing"
    assert lying <= known | set(found["files_scheduled_for_deletion"]), "a file that nobody knows"
    landing = [path for path in (home / "landing").rglob("*") if path.is_file()]
    assert not [path for path in landing if path.name.startswith(".")]
    assert not [path for path in (home / "spill").rglob("*") if path.is_file()]
    assert not list((home / "published").iterdir()), "nothing was released, nothing lies there"


def same_as_without_kills(home: Path, clock: Clock, tmp_path: Path) -> None:
    """A fresh home that takes the last deliveries in peace shows the same values and the same findings."""
    calm = tmp_path / "calm"
    killing.run(killing.simulate, calm, 2000)
    (calm / killing.HOUSEHOLD).write_bytes((home / killing.HOUSEHOLD).read_bytes())
    killing.run(killing.deliver, calm, clock())
    killing.run(killing.build, calm, clock())
    shown = killing.answer(killing.shown, home, out=tmp_path / "shown.json")
    expected = killing.answer(killing.shown, calm, out=tmp_path / "expected.json")
    assert shown == expected
    # And looking at everything again finds nothing that the increments had missed.
    killing.run(killing.build, home, clock())
    assert killing.answer(killing.shown, home, out=tmp_path / "again.json") == expected


def test_the_processes_begin_with_the_hub_in_memory(tmp_path):
    """Otherwise the kills would mostly hit the loading of Python and prove little."""
    begun = [killing.answer(killing.say_when, time.time(), out=tmp_path / "when.json")["after"] for _ in range(4)]
    assert min(begun) < 0.3
