"""Many small deliveries are taken in one run, set-based; nothing shows that they were not taken one after another."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from intake_home import COLUMNS, NOW, Home, citizen, feed, people, resource

from catalog.documents import load_city
from pipelines.intake import together
from pipelines.intake.landing import Landing
from pipelines.intake.store import Delivery, Outcome

LIVE = feed("live", "increment", source={"kind": "push"}, format={"kind": "json", "records": "data"})
TABLE = feed("table", "increment", source={"kind": "push"})


class Pushed(Home):
    """A home in which deliveries lie as the push door leaves them."""

    def __init__(self, root: Path, *feeds: dict[str, Any]) -> None:
        super().__init__(root, *feeds, entry=resource(update_cycle="real_time"))
        self._bytes = Landing(root / "landing")

    def push(self, name: str, content: bytes, seconds: int = 0) -> None:
        kept, now = self.root / "body.json", NOW + timedelta(seconds=seconds)
        kept.write_bytes(content)
        waiting = self._bytes.keep(kept)
        one = self.store.add(
            feed=name, resource="person", period="2026-11-21", name="push/k_0", sha256=waiting.sha256, size=waiting.size,
            now=now, outcome=Outcome.LANDED,
        )  # fmt: skip
        self._bytes.settle_in(waiting.path, one, ".json")
        self._bytes.write_outcome(one, now)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Callable[..., Pushed]]:
    made: list[Pushed] = []

    def make(*feeds: dict[str, Any]) -> Pushed:
        made.append(Pushed(tmp_path / f"home{len(made)}", *feeds))
        return made[-1]

    yield make
    for one in made:
        one.close()


def document(rows: list[tuple[int, str | None, str | None]]) -> bytes:
    data = [{"公民身份号码": citizen(n), "姓名": name, "电话": "1", "更新时间": at} for n, name, at in rows]
    return json.dumps({"data": data}, ensure_ascii=False).encode()


def table(rows: list[tuple[int, str | None, str | None]]) -> bytes:
    lines = [f"{citizen(n)},{name or ''},1,{at or ''}" for n, name, at in rows]
    return ("\n".join([",".join(COLUMNS), *lines]) + "\n").encode()


def small_talk(seed: int, many: int) -> Iterator[list[tuple[int, str | None, str | None]]]:
    """Deliveries of a few rows over a few keys: new, changed, said again, gone back, broken, twice in one delivery."""
    chance = random.Random(seed)
    for _ in range(many):
        rows = []
        for _ in range(chance.choice([1, 1, 2, 3, 6])):
            name = chance.choice(["甲", "甲", "乙", "丙", None if chance.random() < 0.4 else "丁"])
            at = chance.choice(["2026-11-21 08:00:00", "2026-11-21 09:00:00", None, "2026-02-30 01:00:00"])
            rows.append((chance.randrange(6), name, at))
        yield rows


def state(home: Home, name: str) -> dict[str, Any]:
    """All that a reader of the home could tell two ways of taking by."""
    facts = ("rows_in", "rows_taken", "rows_quarantined", "rows_repeated", "rows_changed", "rows_gone", "reasons",
             "message_zh", "message_en", "outcome", "period", "number", "attempt", "sha256")  # fmt: skip

    def ordered(table: str) -> list[str]:
        return sorted(json.dumps(row, default=str, sort_keys=True, ensure_ascii=False) for row in home.rows(table))

    outcomes = [home.outcome(one) | {"written_at": None} for one in home.store.of(name)]
    return {
        "deliveries": [{fact: getattr(one, fact) for fact in facts} for one in home.store.of(name)],
        "outcomes": outcomes,
        **{stage: ordered(stage) for stage in ("standard.person", f"raw.{name}", "quarantine.person", "raw.batch")},
    }


def singly(_: Any, landed: list[Delivery]) -> Iterator[list[Delivery]]:
    return ([one] for one in landed)


@pytest.mark.duty("R-062")
@pytest.mark.parametrize(("name", "written"), [("live", document), ("table", table)])
def test_taken_together_is_as_taken_one_after_another(
    home: Callable[..., Pushed], monkeypatch: pytest.MonkeyPatch, name: str, written: Callable[..., bytes]
) -> None:
    """Two runs, so that the second stands on what the first left; one body is none, one lacks a column."""
    both = home(LIVE, TABLE), home(LIVE, TABLE)
    bodies = [written(rows) for rows in small_talk(8, 12)]
    bodies[3], bodies[7] = b"\x00\x01", bodies[7].replace("姓名".encode(), "名字".encode())
    for h in both:
        with monkeypatch.context() as patched:
            if h is both[1]:
                patched.setattr(together, "groups", singly)
            for number, body in enumerate(bodies):
                h.push(name, body, seconds=number)
                if number in (5, 11):
                    ran = h.run(name, minutes=number)
                    assert len(ran) == 6
    found, wanted = state(both[0], name), state(both[1], name)
    if name == "live":  # documents read together: a column that one lacks is missing in its rows, not in its header
        for one in (found, wanted):
            one["outcomes"][7], one["deliveries"][7] = None, None
            one["raw.live"] = [row for row in one["raw.live"] if "/0008" not in row]
            one["quarantine.person"] = [row for row in one["quarantine.person"] if "/0008" not in row]
            one["raw.batch"] = [row for row in one["raw.batch"] if "/0008" not in row]
    assert found == wanted
    assert {one.outcome for one in both[0].store.of(name)} == {Outcome.TAKEN, Outcome.REFUSED}


def test_what_another_feed_brought_meanwhile_is_not_overwritten(home: Callable[..., Pushed]) -> None:
    h = home(LIVE, feed("inc", "increment"))
    for number in range(3):
        h.push("live", document([(number, "旧", None)]))
    h.take("inc_202611.csv", people(range(1), name="新"))
    assert [one.rows_changed for one in h.run("live", minutes=1)] == [0, 1, 1]
    assert h.names() == {citizen(0): "新0", citizen(1): "旧", citizen(2): "旧"}


def test_what_came_between_them_parts_them(home: Callable[..., Pushed]) -> None:
    h = home(LIVE, feed("inc", "increment"))
    h.push("live", document([(0, "旧", None)]))
    h.take("inc_202611.csv", people(range(1), name="新"))
    h.push("live", document([(0, "最新", None)]))
    h.run("live", minutes=1)
    assert h.names() == {citizen(0): "最新"}


@pytest.mark.parametrize(
    "place",
    [
        "pipelines.intake.take.batch_rows", "pipelines.intake.store.DeliveryStore.settle_all",
        "pipelines.intake.landing.Landing.write_outcome",
    ],
)  # fmt: skip
def test_a_run_that_is_killed_takes_all_of_them_once(
    home: Callable[..., Pushed], monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    class Died(BaseException):
        """Nothing is cleaned up on its way."""

    def die(*_: object, **__: object) -> None:
        raise Died

    whole, h = home(LIVE), home(LIVE)
    for one in (whole, h):
        for number in range(5):
            one.push("live", document([(number % 2, f"甲{number}", None)]), seconds=number)
    whole.run("live", minutes=2)
    with monkeypatch.context() as killed:
        killed.setattr(place, die)
        with pytest.raises(Died):
            h.run("live", minutes=1)
    h.run("live", minutes=2)
    assert state(h, "live") == state(whole, "live")
    assert [one.outcome for one in h.store.of("live")] == [Outcome.TAKEN] * 5


def test_only_small_increments_in_the_order_of_their_periods_go_together(
    home: Callable[..., Pushed], monkeypatch: pytest.MonkeyPatch
) -> None:
    h = home(LIVE, feed("full"))
    for number in range(4):
        h.push("live", document([(number, "甲", None)]))
    landed, city = h.store.landed("live"), load_city(h.root / "city")

    def sizes(name: str, deliveries: list[Delivery]) -> list[int]:
        return [len(group) for group in together.groups(city.feed(name), deliveries)]

    assert sizes("live", landed) == [4]
    assert sizes("full", landed) == [1] * 4
    assert sizes("live", [landed[0], replace(landed[1], size=together.SMALL + 1), *landed[2:]]) == [1, 1, 2]
    assert sizes("live", [*landed[:2], replace(landed[2], period="2026-11-20"), landed[3]]) == [2, 2]
    monkeypatch.setattr(together, "MOST", 3)
    assert sizes("live", landed) == [3, 1]
