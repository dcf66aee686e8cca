"""What a district reads of its entries is whole on either database, however the city's officers write meanwhile."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from district_packages import package, pension
from entry_desk import BUREAU, EAST_MZ, GA, NOW, ORGANISATION, Desk, make_desk, resource
from entry_desk import EAST as EAST_DATA

from catalog.cases.tables import catalogue_event
from catalog.interchange.outcomes import outcomes_since
from catalog.interchange.sendings import Sendings
from ground.errors import Conflict
from warehouse.operational import OperationalDatabase

AREA = ORGANISATION.district_area("east_data")
PENSION = resource("east_mz_pension", code="2/1", title="高龄津贴", department="east_mz")


@pytest.fixture
def desk(operational: OperationalDatabase, tmp_path: Path) -> Desk:
    return make_desk(operational, tmp_path / "home")


def through(desk: Desk) -> None:
    """One entry all the way, and another department's beside it."""
    desk.service.draft(PENSION, EAST_MZ, NOW)
    desk.service.draft(resource(), GA, NOW)
    desk.service.submit([PENSION.id], EAST_MZ, NOW)
    desk.service.return_([PENSION.id], EAST_DATA, NOW, reason="请补摘要")
    desk.service.submit([PENSION.id], EAST_MZ, NOW)
    desk.service.review([PENSION.id], EAST_DATA, NOW)
    desk.service.merge([PENSION.id], BUREAU, NOW)
    desk.service.publish([PENSION.id], BUREAU, NOW)


@pytest.mark.duty("R-014")
def test_every_step_comes_once_in_order_with_its_reason_and_its_code(desk: Desk) -> None:
    through(desk)
    first = outcomes_since(desk.database, AREA, 0, 4)
    second = outcomes_since(desk.database, AREA, first.next, 4)
    assert (first.more, second.more) == (True, False)
    told = [*first.outcomes, *second.outcomes]
    assert [one.event for one in told] == [
        "drafted", "submitted", "returned", "submitted", "passed_to_city", "merged", "published",
    ]  # fmt: skip
    assert {one.entry for one in told} == {PENSION.id}
    assert [one.reason for one in told if one.reason] == ["请补摘要"]
    assert [(one.event, one.code) for one in told if one.code] == [("published", "2/1")]
    assert outcomes_since(desk.database, AREA, second.next, 4).outcomes == ()
    with pytest.raises(Conflict, match="restored from a backup"):
        outcomes_since(desk.database, AREA, second.next + 1_000, 4)


def test_a_step_that_was_numbered_first_and_committed_last_is_not_passed_over(desk: Desk) -> None:
    if desk.database.engine.dialect.name != "postgresql":
        pytest.skip("one writer at a time: numbers are committed in their order")
    through(desk)
    row = {"kind": "entry", "case": PENSION.id, "at": NOW, "actor": "x", "part": "system", "event": "withdrawn",
           "state": "withdrawn", "facts": {"facts": {}, "sets": {}}}  # fmt: skip
    start = outcomes_since(desk.database, AREA, 0, 100).next
    seen: list[list[int]] = []
    reader = threading.Thread(
        target=lambda: seen.append([one.place for one in outcomes_since(desk.database, AREA, start, 100).outcomes])
    )
    with desk.database.engine.connect() as slow:
        slow.execute(sa.insert(catalogue_event), [{**row, "number": 101}])
        with desk.database.begin() as quick:
            quick.execute(sa.insert(catalogue_event), [{**row, "number": 102}])
        reader.start()
        reader.join(0.5)
        assert reader.is_alive(), "it waits for whoever is writing"
        slow.commit()
    reader.join(30)
    assert seen == [[start + 1, start + 2]]


def test_what_came_back_is_noted_once_with_the_place_to_go_on_from(desk: Desk) -> None:
    through(desk)
    told = outcomes_since(desk.database, AREA, 0, 100)
    # The same database stands for both ends here: the entry is the district's own as well.
    sendings = Sendings(desk.service.office, "east_data")
    done = sendings.note(told.outcomes, 0, told.next, EAST_DATA, NOW)
    assert (done.noted, done.known, done.unknown, sendings.cursor()) == (7, 0, (), told.next)
    assert desk.events(PENSION.id)[-7:] == ["decided_above"] * 7
    assert desk.case(PENSION.id).facts["above"]["code"] == "2/1"
    again = sendings.note(told.outcomes, 0, told.next, EAST_DATA, NOW)
    assert (again.noted, again.known) == (0, 7)
    assert desk.case(PENSION.id).state == "published", "a note decides nothing here"


def test_what_a_rebuilt_platform_delivered_counts_though_its_number_is_smaller(desk: Desk) -> None:
    sendings = Sendings(desk.service.office, "east_data")
    for minute, (abstract, version) in enumerate((("旧", 900), ("新", 1))):
        now, sent = NOW + timedelta(minutes=minute), package(pension(abstract), version=version)
        number = sendings.prepared(sent, "https://city", EAST_DATA, now).id
        sendings.happened(number, "package_delivered", {"receipt": number, "held_back": []}, EAST_DATA, now)
        assert sendings.delivered(sent.digest) is not None, "it is not sent again every night"
    assert sendings.delivered(package(pension("旧"), version=2).digest) is None


def test_what_the_city_holds_back_in_part_is_not_all_delivered(desk: Desk) -> None:
    sendings, sent = Sendings(desk.service.office, "east_data"), package(pension())
    number = sendings.prepared(sent, "https://city", EAST_DATA, NOW).id
    waits = {"receipt": number, "held_back": [{"entry": PENSION.id, "code": "in_review", "zh": "待", "en": "waits"}]}
    for receipt, known in ((waits, False), ({"receipt": number}, True)):
        sendings.happened(number, "package_delivered", receipt, EAST_DATA, NOW)
        assert (sendings.delivered(sent.digest) is not None) is known
