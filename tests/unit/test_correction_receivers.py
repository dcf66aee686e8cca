"""Who used an old value: decided from uses, releases and places, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.corrections.model import WHOLE_RECORD, Correction, HeldRelease, Places, Use
from exchange.corrections.policies import (
    Known,
    can_have_used,
    can_hold,
    earliest,
    place_name,
    receiver_of,
    receivers,
    still_holds,
)
from notices.model import parts
from pipelines.problems.sharing_words import by_receiver, correction_notice
from quality.repairs import PROVEN, Repair

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
SEX = Correction(
    seq=5, publication=2, snapshot=20, ticket="T-20261121-0001", department="ga", resource="ga_household", item="sex",
    rule="ga_household.sex.code", kind=Repair.CHANGED, batch_before="h/2026-11/0001", batch_after="h/2026-11/0002",
    records=3, alone=True, wrong_from=10, repaired_at=NOW,
)  # fmt: skip
PLACES = Places(frozenset({"ga_household", "population", "aging"}), {"population": frozenset({"sex"})})
READ = Use(
    user="zhangw", tables=frozenset({"population"}), seen_from=12, seen_until=12, first_entry=7, last_entry=9, times=2
)
RELEASE = HeldRelease(
    id="by-sex/12", document="by_sex", department="ga", library="population", columns=frozenset({"sex", "division"}), snapshot=12
)  # fmt: skip
KNOWN = Known(
    accounts={"zhangw": "sw", "lina": "ga"},
    former={"gone": "mz", "k_00000002": "sc", "nowhere": None},
    keys={"k_00000001": "sw"},
    departments={"ga": "公安局", "sw": "税务局", "mz": "民政局", "sc": "市场监督管理局"},
    names={"李娜": "lina"},
)


@pytest.mark.parametrize(
    ("user", "receiver"),
    [
        ("张伟 (person:zhangw)", "person:zhangw"),
        ("zhangw", "person:zhangw"),
        ("person:zhangw", "person:zhangw"),
        ("李娜", "person:lina"),
        ("核验系统 (key:k_00000001)", "key:k_00000001"),
        ("k_00000001", "key:k_00000001"),
        ("公安局", "department:ga"),
        ("sw", "department:sw"),
        ("走了 (person:gone)", "department:mz"),
        ("旧系统 (key:k_00000002)", "department:sc"),
        ("nowhere", "unknown:nowhere"),
        ("王五", "unknown:王五"),
        ("张伟 (person:nobody)", "unknown:张伟 (person:nobody)"),
        # The id counts, not a name that somebody else has.
        ("李娜 (person:nobody)", "unknown:李娜 (person:nobody)"),
        ("冒名 (key:zhangw)", "unknown:冒名 (key:zhangw)"),
    ],
)
def test_a_user_of_the_ledger_is_a_person_a_system_a_department_or_kept_by_name(user: str, receiver: str) -> None:
    assert receiver_of(user, KNOWN) == receiver


@given(st.text(max_size=40))
def test_nobody_is_lost(user: str) -> None:
    receiver = receiver_of(user, KNOWN)
    if receiver.startswith("unknown:"):
        assert receiver == f"unknown:{user.strip()}"
    else:
        parts(receiver)


@pytest.mark.parametrize(
    ("changes", "used"),
    [
        ({}, True),
        ({"seen_from": 10, "seen_until": 10}, True),
        ({"seen_from": 9, "seen_until": 9}, False),
        ({"seen_from": 19, "seen_until": 19}, True),
        ({"seen_from": 20, "seen_until": 20}, False),
        # Of entries that do not name a snapshot the first and the last time are known.
        ({"seen_from": 5, "seen_until": 25}, True),
        ({"tables": frozenset({"legal_person"})}, False),
        ({"tables": frozenset({"aging", "legal_person"})}, True),
        ({"tables": frozenset(), "resource": "ga_household"}, True),
        ({"tables": frozenset(), "resource": "ga_household", "item": "sex"}, True),
        ({"tables": frozenset(), "resource": "ga_household", "item": "name"}, False),
        ({"tables": frozenset(), "resource": "sc_company"}, False),
        ({"tables": frozenset(), "resource": "ga_household", "finding": "f1"}, True),
        ({"tables": frozenset(), "resource": "ga_household", "finding": "f2"}, False),
    ],
)
def test_a_use_is_of_the_old_value_by_place_and_snapshot(changes: dict, used: bool) -> None:
    revealed = {(SEX.ticket, "f1"), ("T-20261121-0002", "f2")}
    assert can_have_used(replace(READ, **changes), SEX, PLACES, revealed) is used


def test_a_record_that_came_or_went_concerns_every_item() -> None:
    use = replace(READ, tables=frozenset(), resource="ga_household", item="name")
    for kind in PROVEN:
        whole = kind not in (Repair.CHANGED, Repair.OTHER_SIDE)
        of = replace(SEX, kind=kind)
        assert of.scope == (WHOLE_RECORD if whole else "sex")
        assert can_have_used(use, of, PLACES, ()) is whole


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({}, True),
        ({"snapshot": 9}, False),
        ({"snapshot": 20}, False),
        ({"library": "legal_person"}, False),
        ({"columns": frozenset({"division"})}, False),
        ({"columns": frozenset()}, True),
    ],
)
def test_a_release_holds_the_old_value_by_library_column_and_snapshot(changes: dict, holds: bool) -> None:
    assert can_hold(replace(RELEASE, **changes), SEX, PLACES) is holds
    whole = Places(PLACES.tables, {"population": None})
    assert can_hold(replace(RELEASE, columns=frozenset({"division"})), SEX, whole)


def test_a_release_is_outdated_until_a_newer_one_of_its_document_stands() -> None:
    newer, older = replace(RELEASE, id="by-sex/20", snapshot=20), replace(RELEASE, id="by-sex/15", snapshot=15)
    other = replace(RELEASE, id="by-age/20", document="by_age", snapshot=20)
    assert still_holds(RELEASE.id, 20, [RELEASE])
    assert still_holds(RELEASE.id, 20, [RELEASE, older, other])
    assert not still_holds(RELEASE.id, 20, [RELEASE, newer])
    assert not still_holds(RELEASE.id, 20, [other]), "it was withdrawn"


def test_the_snapshot_of_a_moment() -> None:
    hour = timedelta(hours=1)
    moments = [(10, NOW), (20, NOW + 2 * hour)]
    assert [earliest(moments, NOW + n * hour, visible=True) for n in (-1, 0, 1, 2, 3)] == [0, 10, 10, 20, 20]
    assert [earliest(moments, NOW + n * hour, visible=False) for n in (-1, 0, 1, 2, 3)] == [10, 10, 20, 20, 0]


def test_one_notice_for_all_that_a_receiver_used() -> None:
    more = replace(SEX, seq=8, batch_before="h/2026-10/0001", records=2)
    other = replace(SEX, seq=10, ticket="T-20261121-0002", item="name", rule="x", records=1)
    places = {place_name(SEX): PLACES, place_name(other): Places(frozenset({"nothing"}))}
    used = [
        READ,
        replace(READ, user="张伟 (person:zhangw)", first_entry=11, last_entry=11, times=1),
        replace(READ, user="nobody", first_entry=12, last_entry=12, times=1),
        replace(READ, user="ga", grant="G-1", first_entry=13, last_entry=13, times=1),
    ]
    found = receivers([SEX, more, other], used, [RELEASE], places, (), KNOWN)
    assert {(one.receiver, one.via, one.user, one.uses) for one in found} == {
        ("person:zhangw", "", "zhangw", 2),
        ("person:zhangw", "", "张伟 (person:zhangw)", 1),
        ("unknown:nobody", "", "nobody", 1),
        ("department:ga", "grant:G-1", "ga", 1),
        ("department:ga", "release:by-sex/12", "", 0),
    }
    notices = [correction_notice(who, of, {"ga_household": "户籍"}, NOW) for who, of in by_receiver(found)]
    assert sorted(one.recipient for one in notices) == ["department:ga", "person:zhangw"]
    [mine] = [one for one in notices if one.recipient == "person:zhangw"]
    assert mine.payload["records"] == 5
    assert mine.payload["uses"] == 3
    assert mine.payload["feed"] == {"after": 4, "until": 9}
    assert "sex 5 条" in mine.body_zh
    assert "第 7 至 11 条" in mine.body_zh
    [theirs] = [one for one in notices if one.recipient == "department:ga"]
    assert theirs.payload["releases"] == ["by-sex/12"]
    assert "重新发布" in theirs.body_zh
