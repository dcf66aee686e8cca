"""Which of a district's packages is its latest, and how the city's authority accepts another numbering."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from district_packages import canteen, exchange, package, pension, receive, sent
from entry_desk import BUREAU, EAST, GA, NOW, ORGANISATION, UNITS, Desk, make_desk

from catalog.cases import store
from catalog.cases.person import Part, Person
from catalog.interchange.numbering import LEAP, accept_numbering
from catalog.interchange.package import LAST_VERSION, Package, open_package
from catalog.interchange.receipts import RECEIPT
from catalog.interchange.service import CatalogueExchange
from ground.errors import DocumentError, Forbidden, UserError
from warehouse.operational import OperationalDatabase

KEY = Person("key:k_east", Part.AUTHORITY, "east_data")


@pytest.fixture
def desk(operational: OperationalDatabase, tmp_path: Path) -> Desk:
    return make_desk(operational, tmp_path / "home")


def accept(
    desk: Desk, version: int, *, by: Person = BUREAU, reason: str = "区级平台重建", district: str = "east"
) -> Any:
    return accept_numbering(desk.database, ORGANISATION, district, version, by, NOW, reason=reason)


def abstract(desk: Desk) -> str:
    return str(desk.case("east_mz_pension").facts["draft"]["abstract"])


@pytest.mark.duty("R-014", "R-017")
@pytest.mark.parametrize("how", [{}, {"sent": True, "by": KEY}], ids=["by file", "by the interface"])
def test_a_rebuilt_platform_is_let_in_again_by_the_authority_with_its_reason(desk: Desk, how: dict[str, Any]) -> None:
    receive(desk, package(pension("旧"), version=900), **how)
    rebuilt = package(pension("新"), version=1)
    with pytest.raises(DocumentError, match="catalog renumber east --version 1"):
        receive(desk, rebuilt, **how)
    assert accept(desk, 1).reached == 900
    assert receive(desk, rebuilt, **how).drafts == ("east_mz_pension",) and abstract(desk) == "新"
    with desk.database.begin() as connection:
        events = [one for one in store.trail(connection, kind=RECEIPT.kind) if one.event == "numbering_accepted"]
    assert [(one.by, one.facts["reason"], one.facts["reached"]) for one in events] == [(BUREAU, "区级平台重建", 900)]
    assert receive(desk, package(pension("更新"), version=2), **how).drafts and abstract(desk) == "更新"
    with pytest.raises(DocumentError, match="第 2 版已经接收"):
        receive(desk, package(pension("旧二"), version=1), **how)


def test_a_rebuilt_platform_may_say_word_for_word_what_it_said_under_the_same_number_before(desk: Desk) -> None:
    """The receipt has the same number at both ends; the package counts all the same, for the city has something else since."""
    first = package(pension("甲"), version=1)
    before = receive(desk, first).receipt
    receive(desk, package(pension("乙"), version=2))
    accept(desk, 1)
    again = receive(desk, first)
    assert again.before is None and again.receipt.number == before.number and abstract(desk) == "甲"
    assert receive(desk, first).before == NOW


def test_what_was_received_before_does_not_come_again_below_the_number_that_is_accepted(desk: Desk) -> None:
    old = package(pension("旧"), version=3)
    receive(desk, old)
    receive(desk, package(pension("新"), version=LEAP))
    accept(desk, 10)
    for one in (old, package(pension("旧二"), version=9)):
        with pytest.raises(DocumentError, match="第 10 版已经接收"):
            receive(desk, one)
    assert receive(desk, package(pension("十"), version=10)).drafts


def test_packages_that_come_at_the_same_moment_leave_the_latest_and_each_one_receipt(desk: Desk) -> None:
    """By several doors: a server and a command have no turn in common but that of the database."""
    receive(desk, package(pension("零"), version=1))
    packages = [package(pension(said), version=version) for said, version in (("二", 2), ("三", 3), ("三", 3))]
    doors, began = [exchange(desk) for _ in packages], threading.Barrier(len(packages))
    faults: list[BaseException] = []

    def take(door: CatalogueExchange, one: Package) -> None:
        began.wait(60)
        try:
            door.receive(door.plan_receipt(one), BUREAU, NOW)
        except DocumentError as fault:
            faults.append(fault)

    threads = [threading.Thread(target=take, args=pair) for pair in zip(doors, packages, strict=True)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(120)
    assert abstract(desk) == "三" and len(faults) <= 1, faults
    with desk.database.begin() as connection:
        versions = [one.facts["version"] for one in store.trail(connection, kind=RECEIPT.kind)]
    assert versions == sorted(set(versions)) and versions[-1] == 3


def test_a_number_that_leaps_shuts_nobody_out(desk: Desk) -> None:
    receive(desk, package(pension("一"), version=7))
    with pytest.raises(DocumentError, match="不像是逐次编号"):
        receive(desk, package(pension("二"), version=7 + LEAP + 1))
    assert receive(desk, package(pension("三"), version=8)).drafts
    accept(desk, LAST_VERSION, reason="已核实")
    assert receive(desk, package(pension("四"), version=LAST_VERSION)).drafts


def test_a_number_that_no_platform_counted_is_no_package() -> None:
    said = json.loads(sent(pension(), version=1))
    for version in (LAST_VERSION + 1, 10**15, 0, -1):
        with pytest.raises(DocumentError, match="version"):
            open_package(json.dumps({**said, "version": version}).encode(), "x.json")


def test_a_number_without_bound_that_came_before_there_was_one_is_set_aside_too(desk: Desk) -> None:
    receive(desk, package(pension("一")).model_copy(update={"version": 10**15}))
    with pytest.raises(DocumentError, match="renumber east --version 11"):
        receive(desk, package(pension("二"), version=11))
    assert accept(desk, 11).reached == 10**15
    assert receive(desk, package(pension("二"), version=11)).drafts


def test_a_districts_two_names_are_one_numbering(desk: Desk) -> None:
    """Its government and its authority speak for one platform: an older package does not come by the other name."""
    receive(desk, package(pension("新"), version=5))
    older = package(pension("旧"), version=4, district="east_data")
    with pytest.raises(DocumentError, match="第 5 版已经接收"):
        receive(desk, older)
    west = package(canteen(department="west_data"), version=1, district="west")
    assert receive(desk, west).drafts


def test_the_citys_authority_alone_accepts_and_says_why(desk: Desk) -> None:
    receive(desk, package(pension("一"), version=7))
    for by in (EAST, GA, KEY):
        with pytest.raises(Forbidden):
            accept(desk, 1, by=by)
    for wrong in ({"reason": " "}, {"version": 0}, {"version": LAST_VERSION + 1}, {"district": "west"}):
        with pytest.raises(UserError):
            accept(desk, **{"version": 1, **wrong})
    assert exchange(desk).plan_receipt(package(pension("二"), version=1)).problems, "nothing was accepted"


def test_the_command_lets_a_rebuilt_platform_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from docked_homes import CITY_ENTRIES, make_home

    from portal.cli.app import main

    city = make_home(tmp_path / "city", UNITS, CITY_ENTRIES)

    def run(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main(["catalog", *words, "--home", str(city), "--now", NOW.isoformat()])
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out, said.err

    late, first = tmp_path / "late.json", tmp_path / "first.json"
    late.write_bytes(sent(pension("旧"), version=900_000))
    first.write_bytes(sent(pension("新"), version=1))
    assert run("receive", str(late))[0] == 0
    code, _, err = run("receive", str(first))
    assert code == 2 and "catalog renumber east --version 1" in err
    assert run("renumber", "east", "--version", "1", "--reason", "区级平台重建", "--department", "east_data")[0] == 2
    code, said, err = run("renumber", "east", "--version", "1", "--reason", "区级平台重建")
    assert code == 0 and "第 900000 版" in said, err
    code, said, _ = run("receive", str(first))
    assert code == 0 and "草稿 1" in said
    assert run("renumber", "eest", "--version", "1", "--reason", "x")[0] == 2
