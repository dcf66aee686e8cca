"""Intake and the truth agree about every delivery of the city: what no row can be is quarantined, what stands twice counts once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from catalog.city import City
from catalog.documents import load_city
from catalog.formats import Zip
from catalog.sources import comes_in_parts
from pipelines.intake.service import IntakeService
from pipelines.intake.store import Delivery, DeliveryStore, delivery
from simulation.city import simulate
from simulation.truth import read_truth
from warehouse.lake import Lake, LakeLocation
from warehouse.operational import OperationalDatabase, metadata

PERSONS = 600
FIRST, SECOND = (datetime(2026, month, 21, 15, 0, tzinfo=ZoneInfo("Asia/Shanghai")) for month in (11, 12))


@dataclass(frozen=True)
class Taken:
    home: Path
    city: City
    lake: Lake
    service: IntakeService
    truth: pd.DataFrame
    first: dict[str, Delivery]


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Taken]:
    home = tmp_path_factory.mktemp("taken")
    simulate(home, persons=PERSONS, seed=5)
    city = load_city(home / "city")
    lake = Lake(LakeLocation(home / "lake"), threads=1, lock_timeout=30.0)
    database = OperationalDatabase(f"sqlite:///{home / 'operational.sqlite'}")
    metadata.create_all(database.engine, tables=[delivery])
    service = IntakeService(home, city, lake, DeliveryStore(database), environment={}, kept=None)
    first = {feed.id: service.run(feed.id, FIRST) for feed in city.feeds}
    yield Taken(home, city, lake, service, read_truth(home), {name: one[0] for name, one in first.items() if one})
    database.dispose()


def _expected(taken: Taken, resource: str, expected: str) -> pd.DataFrame:
    return taken.truth[(taken.truth["resource"] == resource) & (taken.truth["expected"] == expected)]


def test_every_feed_is_taken_in_its_form(taken: Taken) -> None:
    assert len(taken.first) == 29
    assert {one.outcome.value for one in taken.first.values()} == {"taken"}


def test_what_is_quarantined_was_planted_and_the_other_way_round(taken: Taken) -> None:
    found = {name: one.rows_quarantined for name, one in taken.first.items()}
    assert found == {name: len(_expected(taken, taken.city.feed(name).resource_id, "quarantine")) for name in found}
    assert sum(found.values()) > 20


def test_what_stands_twice_was_planted_and_the_other_way_round(taken: Taken) -> None:
    twice = taken.truth[taken.truth["kind"] == "exact_duplicate"]["resource"].value_counts()
    found = {name: one.rows_repeated for name, one in taken.first.items()}
    assert found == {name: int(twice.get(taken.city.feed(name).resource_id, 0)) for name in found}


def test_quarantine_names_the_line_that_the_truth_names(taken: Taken) -> None:
    compared = 0
    with taken.lake.reading(None) as reader:
        for name in taken.first:
            feed = taken.city.feed(name)
            if isinstance(feed.format, Zip) or comes_in_parts(feed.source):
                continue  # numbered on through the members there
            planted = sorted(_expected(taken, feed.resource_id, "quarantine")["row"])
            table = f"quarantine.{feed.resource_id}"
            lines = reader.engine.to_arrow(reader.table(table))["_row"].to_pylist() if reader.has(table) else []
            assert sorted(lines) == planted, name
            compared += len(planted)
    assert compared > 10


def test_the_month_after_is_taken_too(taken: Taken) -> None:
    """Corrections and tombstones first: the full register that follows says the same."""
    simulate(taken.home, persons=PERSONS, seed=5, day=2)
    names = ("ga_household_correction", "ga_household_tombstone", "ga_household")
    settled = {name: taken.service.run(name, SECOND)[-1] for name in names}
    assert {one.outcome.value for one in settled.values()} == {"taken"}
    assert settled["ga_household_correction"].rows_changed == settled["ga_household_correction"].rows_in > 0
    assert settled["ga_household_tombstone"].rows_gone == settled["ga_household_tombstone"].rows_in > 0
    after = settled["ga_household"]
    # Only what a tombstone cannot say goes now: former keys of rows whose id was put right or broken anew.
    assert after.rows_gone < 15
    truth = read_truth(taken.home, day=2)
    planted = truth[(truth["resource"] == "ga_household") & (truth["expected"] == "quarantine")]
    assert after.rows_quarantined == len(planted)
