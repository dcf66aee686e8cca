"""Deliveries and their bytes: what is landed, said, repeated, resumed; one at a time and two at once."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from intake_home import COLUMNS, NOW, Home, csv, feed, people

from ground.errors import Unavailable, UserError
from pipelines.intake.landing import Landing
from pipelines.intake.store import Outcome


class Died(BaseException):
    """Stands for a process that is no more: nothing catches it, nothing is cleaned up on its way."""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Callable[..., Home]]:
    made = []

    def make(*feeds, **options):
        made.append(Home(tmp_path / f"home{len(made)}", *(feeds or (feed("full"),)), **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.mark.duty("R-062", "R-197")
def test_the_bytes_are_kept_untouched_and_the_outcome_says_all_of_it(home):
    h = home()
    content = ("\ufeff" + people(range(3)) + "broken\nP9,,,\n").encode()
    one = h.take("full_202610.csv", content)
    assert h.payload(one) == content
    assert h.outcome(one) == {
        "delivery": "full/2026-10/0001", "feed": "full", "resource": "person", "period": "2026-10",
        "delivered_as": "ga/full_202610.csv", "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content),
        "received_at": "2026-11-21T07:00:00+00:00", "outcome": "taken", "attempt": 1,
        "rows": {"in": 5, "taken": 3, "quarantined": 2, "repeated": 0, "changed": 3, "gone": 0},
        "reasons": {"line:broken_line": 1, "name:missing": 1}, "zh": None, "en": None,
        "written_at": NOW.isoformat(),
    }  # fmt: skip
    assert not any("张伟" in path.read_text(encoding="utf-8") for path in h.root.rglob("outcome.json"))


def test_the_same_file_lying_there_again_is_answered_and_not_taken_twice(home):
    h = home()
    h.drop("full_202610.csv", people(range(3)))
    (first,) = h.run("full")
    before = h.rows("standard.person"), h.rows("raw.full"), h.deliveries()
    (again,) = h.run("full", minutes=5)
    assert (again.seq, again.outcome) == (first.seq, Outcome.UNCHANGED)
    assert (h.rows("standard.person"), h.rows("raw.full"), h.deliveries()) == before
    assert h.outcome(first)["outcome"] == "taken"


def test_the_same_bytes_under_another_name_are_recorded_as_unchanged_and_point_to_the_first(home):
    h = home()
    first = h.take("full_202610.csv", people(range(3)))
    second = h.take("full_202610_final.csv", people(range(3)))
    assert (second.outcome, second.number, second.settled_at) == (Outcome.UNCHANGED, 2, second.received_at)
    assert first.id in (second.message_zh or "") and "nothing to do" in (second.message_en or "")
    assert h.outcome(second) | {"outcome": "unchanged", "bytes_kept_in": first.id} == h.outcome(second)
    folder = h.root / "landing" / "full" / "2026-10" / "0002"
    assert [path.name for path in folder.iterdir()] == ["outcome.json"], "the bytes are kept once"
    assert len(h.rows("raw.full")) == 3
    with pytest.raises(UserError, match="no rows to replay"):
        h.replay(second.id)


def test_bytes_that_were_overtaken_count_again_when_they_come_again(home):
    h = home()
    h.take("full_202610.csv", people(range(3)))
    h.take("full_202610.csv", people(range(3), name="李娜"))
    third = h.take("full_202610.csv", people(range(3)))
    assert (third.outcome, third.rows_changed) == (Outcome.TAKEN, 3)
    assert set(h.names().values()) == {"张伟0", "张伟1", "张伟2"}


def test_a_refused_file_stays_refused_while_it_lies_there_and_is_not_recorded_again(home):
    h = home()
    h.drop("full_202610.csv", "no header\n1\n")
    (first,) = h.run("full")
    (again,) = h.run("full", minutes=5)
    assert (first.outcome, again) == (Outcome.REFUSED, first)
    assert h.deliveries() == 1
    assert h.payload(first) == b"no header\n1\n"


def test_raw_only_grows(home):
    h = home()
    first = h.take("full_202610.csv", people(range(3)))
    after_first = h.rows("raw.full")
    h.take("full_202611.csv", people(range(2), name="李娜"))
    rows = h.rows("raw.full")
    assert [row for row in rows if row["_batch"] == first.batch] == after_first
    assert len(rows) == 5


def test_two_files_of_one_period_at_once_are_two_deliveries_in_order_of_their_names(home):
    h = home()
    h.drop("full_202610b.csv", people(range(3), name="乙"))
    h.drop("full_202610a.csv", people(range(4), name="甲"))
    settled = h.run("full")
    assert [(one.id, one.name, one.outcome) for one in settled] == [
        ("full/2026-10/0001", "ga/full_202610a.csv", Outcome.TAKEN),
        ("full/2026-10/0002", "ga/full_202610b.csv", Outcome.TAKEN),
    ]
    assert set(h.names().values()) == {"乙0", "乙1", "乙2"}
    again = h.run("full", minutes=5)
    assert [one.outcome for one in again] == [Outcome.UNCHANGED] * 2, "they do not take turns at every run"
    assert h.deliveries() == 2


def test_older_periods_in_the_inbox_come_first(home):
    h = home()
    h.drop("full_202611.csv", people(range(3), name="新"))
    h.drop("full_202610.csv", people(range(3), name="旧"))
    assert [one.period for one in h.run("full")] == ["2026-10", "2026-11"]
    assert set(h.names().values()) == {"新0", "新1", "新2"}


def test_a_file_that_the_department_is_still_writing_counts_as_it_was_when_it_was_kept(home):
    grown = people(range(5))

    def copy_while_it_grows(source: Path, target: Path) -> None:
        target.write_text(grown, encoding="utf-8")

    h = home()
    h.kept = Landing(h.root / "landing", copy=copy_while_it_grows)
    one = h.take("full_202610.csv", people(range(2)))
    assert (one.sha256, one.size) == (hashlib.sha256(grown.encode()).hexdigest(), len(grown.encode()))
    assert h.payload(one) == grown.encode()
    assert one.rows_taken == 5


# --- dying ------------------------------------------------------------------------------------------------------

DEATHS = {
    "while the bytes are copied": ("pipelines.intake.landing.sha256_of", "full/2026-10/0001"),
    "after the bytes were copied": ("pipelines.intake.store.DeliveryStore.add", "full/2026-10/0001"),
    "after the delivery was registered": ("pipelines.intake.landing.Landing.settle_in", "full/2026-10/0001"),
    "after the bytes had their folder": ("pipelines.intake.landing.Landing.write_outcome", "full/2026-10/0001"),
    "while the lake was written": ("pipelines.intake.take._batch_row", "full/2026-10/0001"),
    "after the lake was written": ("pipelines.intake.store.DeliveryStore.settle", "full/2026-10/0001"),
}


@pytest.mark.parametrize("inbox", ["the file lies there still", "the file was taken away"])
@pytest.mark.parametrize("death", DEATHS)
def test_whenever_a_run_dies_the_next_one_takes_the_delivery_once(home, monkeypatch, death, inbox):
    h = home()
    path = h.drop("full_202610.csv", people(range(3)))
    place, name = DEATHS[death]
    registered = list(DEATHS).index(death) >= 2

    def die(*_: object, **__: object) -> None:
        raise Died

    with monkeypatch.context() as patch:
        if place.endswith("sha256_of"):
            h.kept = Landing(h.root / "landing", copy=die)
        else:
            patch.setattr(place, die)
        with pytest.raises(Died):
            h.run("full")
    h.kept = None
    if inbox == "the file was taken away":
        path.unlink()
        if not registered:
            path = h.drop("full_202610.csv", people(range(3)))  # nobody had it yet: the department brings it again
    settled = h.run("full", minutes=5)
    assert {(one.id, one.rows_taken) for one in settled} == {(name, 3)}
    assert settled[0].outcome is Outcome.TAKEN
    assert h.deliveries() == 1
    assert len(h.rows("standard.person")) == len(h.rows("raw.full")) == len(h.rows("raw.batch")) * 3 == 3
    assert h.payload(settled[0]) == people(range(3)).encode()
    assert h.outcome(settled[0])["outcome"] == "taken"
    assert not list((h.root / "landing").glob(".*")), "nothing half copied stays"


def test_an_outcome_that_could_not_be_written_is_written_by_the_next_run(home, monkeypatch):
    h = home()
    h.drop("full_202610.csv", people(range(3)))
    written = []
    real = Landing.write_outcome

    def die_at_the_second(self, one, *rest, **more):
        written.append(one.outcome)
        if len(written) == 2:
            raise Died
        real(self, one, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Landing, "write_outcome", die_at_the_second)
        with pytest.raises(Died):
            h.run("full")
    assert written == ["landed", "taken"]
    (again,) = h.run("full", minutes=5)
    assert again.outcome is Outcome.UNCHANGED
    assert h.outcome(again)["outcome"] == "taken"
    assert h.outcome(again)["rows"]["taken"] == 3


def test_the_outcome_of_an_unchanged_delivery_is_mended_with_its_pointer(home):
    h = home()
    first = h.take("full_202610.csv", people(range(3)))
    second = h.take("full_202610b.csv", people(range(3)))
    path = h.root / "landing" / "full" / "2026-10" / "0002" / "outcome.json"
    path.write_text("{ half", encoding="utf-8")
    h.run("full")
    assert json.loads(path.read_text(encoding="utf-8"))["bytes_kept_in"] == first.id
    assert second.outcome is Outcome.UNCHANGED


def test_a_replay_that_dies_after_the_lake_was_written_is_finished_by_the_next(home, monkeypatch):
    h = home(feed("full", columns={"身份证": "citizen_id", "姓名": "name"}))
    refused = h.take("full_202610.csv", people(range(3)))
    h.declare(feed("full"))

    def die(*_: object, **__: object) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr("pipelines.intake.store.DeliveryStore.settle", die)
        with pytest.raises(Died):
            h.replay(refused.id)
    taken = h.replay(refused.id)
    assert (taken.outcome, taken.attempt, taken.rows_taken) == (Outcome.TAKEN, 2, 3)
    assert len(h.rows("raw.full")) == len(h.rows("standard.person")) == 3


def test_landed_bytes_that_were_lost_are_asked_for_and_nothing_is_made_up(home, monkeypatch):
    h = home()
    h.drop("full_202610.csv", people(range(3)))

    def die(*_: object, **__: object) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr("pipelines.intake.take.take", die)
        with pytest.raises(Died):
            h.run("full")
    (payload,) = (h.root / "landing").rglob("payload*")
    payload.unlink()
    with pytest.raises(Unavailable, match="restore the landing folder") as lost:
        h.run("full", minutes=5)
    assert lost.value.where == "full/2026-10/0001" and "备份" in lost.value.zh
    assert h.rows("standard.person") == []


# --- two at once ------------------------------------------------------------------------------------------------


def test_two_runs_at_once_in_one_process_take_it_once(home):
    h = home()
    h.drop("full_202610.csv", people(range(50)))
    services, outcomes, gate = [h.service, Home(h.root).service], [], threading.Barrier(2)

    def run(service):
        gate.wait()
        outcomes.extend(one.outcome for one in service.run("full", NOW))

    workers = [threading.Thread(target=run, args=(service,)) for service in services]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert sorted(outcomes) == [Outcome.TAKEN, Outcome.UNCHANGED]
    assert h.deliveries() == 1
    assert len(h.rows("raw.full")) == len(h.rows("standard.person")) == 50


# --- looking without taking -------------------------------------------------------------------------------------


def test_check_says_what_would_become_of_a_file_and_takes_nothing(home):
    h = home()
    header, *rows = people(range(3)).splitlines()
    lines = ["备注," + header, *["x," + row for row in rows], "x,P8,,1,", "too,short", "x,P9,某人,1,not a time"]
    path = h.drop("full_202610.csv", "\n".join(lines) + "\n")
    (reading,) = h.service.check("full", NOW)
    assert (reading.name, reading.period, reading.rows, reading.refusal) == ("ga/full_202610.csv", "2026-10", 6, None)
    assert reading.not_taken == ["备注"]
    assert reading.mapping == COLUMNS
    assert reading.problems == {
        "line:broken_line": (1, [6]),
        "name:missing": (1, [5]),
        "updated_at:not_timestamp": (1, [7]),
    }
    (other,) = h.service.check("full", NOW, h.root / "inbox" / "ga" / path.name)
    assert other.period == "2026-11", "a file given by hand speaks for the period of today"
    assert (h.deliveries(), h.rows("raw.full"), (h.root / "lake").exists()) == (0, [], False)
    assert not list((h.root / "landing").rglob("*"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "0 bytes"),
        ("a,b\n1,2\n", "not the agreed header"),
        (csv("公民身份号码 | 姓名 | 电话 | 更新时间\nP1 | | |"), "1 of 1 rows"),
    ],
    ids=["empty", "another header", "every row broken"],
)
def test_check_says_what_would_be_refused(home, content, says):
    h = home()
    h.drop("full_202610.csv", content)
    (reading,) = h.service.check("full", NOW)
    assert reading.refusal is not None and says in reading.refusal[1]
    assert h.deliveries() == 0
