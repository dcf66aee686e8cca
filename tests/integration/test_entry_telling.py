"""Who is told that entries changed: the authority of the jurisdiction, and the department where somebody else did it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from entry_desk import BUREAU, EAST, EAST_MZ, GA, NOT_SHARED, NOW, ORGANISATION, Desk, make_desk, resource

from accounts.keys import KeyService
from accounts.service import AccountService
from catalog.interchange.receiving import ReceivedEntries
from hub.directory import AccountDirectory
from notices.service import NoticeService
from notices.settings import NoticeSettings
from notices.tables import notice
from pipelines.entry_telling import LISTED, EntryTelling
from policy.calendar import WorkingCalendar
from portal.cli.catalog_words import state_of
from warehouse.operational import OperationalDatabase

DAY = timedelta(days=1)
MARRIAGE = {"department": "east_mz", "key": ["no"], "items": [{"id": "no", "title": "结婚证字号"}]}


def telling_desk(operational: OperationalDatabase, folder: Path, city: str) -> Desk:
    """Entries of a city with two districts under the rules of ``city``, whose steps are told."""
    directory = AccountDirectory(AccountService(operational), KeyService(operational, b"k" * 32))
    notices = NoticeService(operational, NoticeSettings(), directory, {}, WorkingCalendar.standard())
    telling = EntryTelling(lambda: notices.queue, lambda: ORGANISATION)
    return make_desk(operational, folder, city=city, heard=telling.heard)


@pytest.fixture
def desk(operational: OperationalDatabase, tmp_path: Path) -> Desk:
    return telling_desk(operational, tmp_path, "haishu")


def told(desk: Desk) -> list[tuple[str, str, list[str]]]:
    """Event, recipient and entries of every notice, oldest first."""
    with desk.database.begin() as connection:
        rows = connection.execute(
            sa.select(notice.c.recipient, notice.c.payload)
            .where(notice.c.topic == "catalogue_changed")
            .order_by(notice.c.seq)
        )
        read = [(one.recipient.removeprefix("department:"), json.loads(one.payload)) for one in rows]
    return [(said["event"], recipient, said["entries"]) for recipient, said in read]


def in_force(desk: Desk, *names: str, by=GA, reviewer=BUREAU, **over) -> None:
    desk.service.draft_many([resource(name, **over) for name in names], by, NOW)
    desk.service.submit(list(names), by, NOW)
    desk.service.review(list(names), reviewer, NOW)
    desk.service.publish(list(names), by, NOW)


@pytest.mark.duty("R-038")
def test_the_authority_of_the_jurisdiction_is_told_of_every_entry_that_changed(desk: Desk) -> None:
    in_force(desk, "ga_household")
    in_force(desk, "east_marriage", by=EAST_MZ, reviewer=EAST, **MARRIAGE)
    assert told(desk) == [("published", "bureau", ["ga_household"]), ("published", "east_data", ["east_marriage"])]
    desk.service.request_change([resource(title="户口")], GA, NOW + DAY, cause="error")
    assert len(told(desk)) == 2, "what is only asked for changed nothing"
    desk.service.review(["ga_household"], BUREAU, NOW + DAY)
    desk.service.publish(["ga_household"], GA, NOW + DAY)
    desk.service.request_withdrawal(["ga_household"], GA, NOW + 2 * DAY, reason="系统停用")
    desk.service.withdraw(["ga_household"], BUREAU, NOW + 2 * DAY)
    assert told(desk)[2:] == [
        ("change_published", "bureau", ["ga_household"]),
        ("withdrawn", "ga", ["ga_household"]),
    ]
    with desk.database.begin() as connection:
        bodies = list(connection.execute(sa.select(notice.c.body_zh).order_by(notice.c.seq)).scalars())
    assert "变化的内容：title" in bodies[2]


def test_many_entries_in_one_step_are_one_notice(desk: Desk) -> None:
    names = [f"entry_{number:02d}" for number in range(LISTED + 4)]
    entries = [
        resource(name, code=f"1001001001/{number:06d}", key=["no"], items=[{"id": "no", "title": f"编号{number}"}])
        for number, name in enumerate(names)
    ]
    desk.service.draft_many(entries, GA, NOW)
    desk.service.submit(names, GA, NOW)
    desk.service.review(names, BUREAU, NOW)
    desk.service.publish(names, GA, NOW)
    assert told(desk) == [("published", "bureau", names[:LISTED])]
    with desk.database.begin() as connection:
        one = connection.execute(sa.select(notice)).one()
    assert f"{LISTED + 4} 个条目" in one.subject_zh and "另有 4 个" in one.body_zh


def test_whoever_did_it_is_not_told_and_the_department_is_where_it_was_somebody_else(desk: Desk) -> None:
    in_force(desk, "ga_household")
    before = len(told(desk))
    desk.service.request_change([resource(title="户口")], GA, NOW + DAY, cause="error")
    desk.service.review(["ga_household"], BUREAU, NOW + DAY)
    desk.service.publish(["ga_household"], BUREAU, NOW + DAY)
    assert told(desk)[before:] == [("change_published", "ga", ["ga_household"])], "the authority did it itself"


def test_a_package_that_is_taken_in_tells_the_department_whose_entries_it_brings(desk: Desk) -> None:
    taken = ReceivedEntries(desk.service.office, ORGANISATION.district_area("east_data"))
    taken.draft_many([resource("east_marriage", **MARRIAGE)], BUREAU, NOW)
    assert told(desk) == [("drafted", "east_mz", ["east_marriage"])]


def test_what_was_done_to_a_document_by_hand_is_told_to_both(desk: Desk) -> None:
    in_force(desk, "ga_household")
    before = len(told(desk))
    desk.write(resource(title="户口"))
    desk.service.reconcile(desk.city(), NOW + DAY)
    assert told(desk)[before:] == [("redeclared", "bureau", ["ga_household"]), ("redeclared", "ga", ["ga_household"])]


@pytest.mark.duty("R-038")
def test_what_was_declared_by_hand_and_what_was_taken_away_is_told_to_the_authority(desk: Desk) -> None:
    desk.write(resource("ga_before"))
    desk.service.reconcile(desk.city(), NOW)
    assert told(desk) == [], "what was there as the home was set up changed nothing"
    desk.write(resource("ga_before"))
    desk.write(resource("ga_household"))
    desk.service.reconcile(desk.city(), NOW + DAY)
    assert told(desk) == [("added", "bureau", ["ga_household"]), ("added", "ga", ["ga_household"])]
    desk.file("ga_household").unlink()
    desk.service.reconcile(desk.city(), NOW + 2 * DAY)
    assert told(desk)[2:] == [("undeclared", "bureau", ["ga_household"]), ("undeclared", "ga", ["ga_household"])]


@pytest.mark.duty("R-004")
def test_a_class_that_the_government_approves_is_put_to_the_government_of_the_level_which_is_told(
    operational: OperationalDatabase, tmp_path: Path
) -> None:
    desk = telling_desk(operational, tmp_path, "wuhan")
    of_district = {**MARRIAGE, "code": "1001001001/000002", "sharing": NOT_SHARED}
    for name, by, reviewer, over in (
        ("ga_household", GA, BUREAU, {"sharing": NOT_SHARED}), ("east_marriage", EAST_MZ, EAST, of_district),
    ):  # fmt: skip
        desk.service.draft(resource(name, **over), by, NOW)
        desk.service.submit([name], by, NOW)
        desk.service.review([name], reviewer, NOW)
    assert told(desk) == [
        ("passed_to_government", "gov", ["ga_household"]), ("passed_to_government", "east", ["east_marriage"]),
    ]  # fmt: skip
    case = desk.case("east_marriage")
    assert (case.state, desk.trail("east_marriage")[-1].facts["government"]) == ("with_government", "east")
    assert "待政府批准（东区人民政府）" in state_of(case)
