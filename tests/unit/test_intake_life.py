"""The life of a delivery: every step that may be taken and every one that may not."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from catalog.model import UpdateCycle
from pipelines.intake import periods
from pipelines.intake.store import TRANSITIONS, Delivery, DeliveryStore, Outcome, delivery
from warehouse.operational import OperationalDatabase, metadata

NOW = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
LEGAL = {
    (Outcome.LANDED, Outcome.TAKEN),
    (Outcome.LANDED, Outcome.REFUSED),
    (Outcome.LANDED, Outcome.LATE),
    (Outcome.TAKEN, Outcome.TAKEN),
    (Outcome.REFUSED, Outcome.TAKEN),
    (Outcome.REFUSED, Outcome.REFUSED),
}
MATRIX = list(itertools.product(Outcome, Outcome))


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Iterator[DeliveryStore]:
    database = OperationalDatabase(f"sqlite:///{tmp_path_factory.mktemp('life') / 'operational.sqlite'}")
    metadata.create_all(database.engine, tables=[delivery])
    yield DeliveryStore(database)
    database.dispose()


def landed(
    store: DeliveryStore, outcome: Outcome = Outcome.LANDED, feed: str = "f", period: str = "2026-11"
) -> Delivery:
    return store.add(
        feed=feed, resource="r", period=period, name="n.csv", sha256="0" * 64, size=1, now=NOW, outcome=outcome
    )


def at(store: DeliveryStore, outcome: Outcome) -> Delivery:
    """A delivery that came to ``outcome`` as deliveries do."""
    if outcome in (Outcome.LANDED, Outcome.UNCHANGED):
        return landed(store, outcome)
    return store.settle(landed(store), outcome, NOW)


def test_every_outcome_has_its_line_in_the_table():
    assert set(TRANSITIONS) == set(Outcome)
    assert {(one, to) for one, allowed in TRANSITIONS.items() for to in allowed} == LEGAL


@pytest.mark.parametrize(("current", "future"), MATRIX, ids=[f"{one}-{to}" for one, to in MATRIX])
def test_only_the_steps_of_the_table_are_taken(store, current, future):
    one = at(store, current)
    if (current, future) in LEGAL:
        after = store.settle(one, future, NOW)
        assert (after.outcome, after.settled_at, after.seq) == (future, NOW, one.seq)
    else:
        with pytest.raises(ValueError, match=f"from {current} to {future}"):
            store.settle(one, future, NOW)
        assert store.by_id(one.id) == one, "a step that may not be taken leaves the delivery as it was"


def test_deliveries_are_numbered_within_feed_and_period_in_order_of_arrival(store):
    a, b = landed(store, feed="numbers"), landed(store, feed="numbers")
    other = landed(store, feed="numbers", period="2026-12")
    assert [one.id for one in (a, b, other)] == ["numbers/2026-11/0001", "numbers/2026-11/0002", "numbers/2026-12/0001"]
    assert a.seq < b.seq < other.seq
    assert store.of("numbers") == [a, b, other]
    assert set(store.landed()) >= {a, b, other}
    assert store.of_resource("nothing") == []


def test_a_replay_has_its_own_batch_and_keeps_its_place(store):
    one = at(store, Outcome.TAKEN)
    again = store.settle(replace(one, attempt=2), Outcome.TAKEN, NOW, rows_in=7)
    assert (one.batch, again.batch, again.id, again.seq) == (one.id, f"{one.id}~2", one.id, one.seq)
    assert store.by_id(one.id) == again
    assert again.rows_in == 7


@pytest.mark.parametrize("name", ["", "f", "f/2026-11", "f/2026-11/x", "f/2026-11/9999", "../../etc/passwd"])
def test_what_is_no_delivery_is_not_found(store, name):
    assert store.by_id(name) is None


@pytest.mark.parametrize(
    ("written", "canonical"),
    [("202611", "2026-11"), ("2026-11", "2026-11"), ("20261121", "2026-11-21"), ("2026Q4", "2026Q4"), ("2026", "2026")],
)
def test_periods_have_one_way_of_writing(written, canonical):
    assert periods.canonical(written) == canonical


def test_periods_sort_as_text_in_time():
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 9, 30), date(2026, 10, 1)]
    for cycle in UpdateCycle:
        found = [periods.of_day(day, cycle) for day in days]
        assert found == sorted(found), cycle
    assert [periods.of_day(days[-1], cycle) for cycle in (UpdateCycle.MONTHLY, UpdateCycle.QUARTERLY, UpdateCycle.DAILY)] == [
        "2026-10", "2026Q4", "2026-10-01",
    ]  # fmt: skip
