"""The ledger of data assets: generated from entries, systems, purchases and libraries, with what happened to each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from project_office import GA, NOW, city_of, delivered, resource

from catalog.assets import Asset, AssetKind, Derived, ledger
from catalog.cases.machine import Machine
from catalog.cases.model import Case, Happening, apply
from catalog.city import City
from catalog.entries.states import ENTRY
from catalog.gathered import Gathered
from catalog.purchases.states import PURCHASE


def lived(
    machine: Machine, name: str, *events: str, sets: Mapping[str, Any] | None = None
) -> tuple[Case, list[Happening]]:
    """A case through these events, one a day from NOW on."""
    case, trail = None, []
    for number, event in enumerate(events, start=1):
        first = {"title": name, "department": "ga", "profile": "haishu@2022-01-01"} if case is None else {}
        state = machine.next[case.state if case else None, event]
        one = Happening(
            kind=machine.kind, case=name, number=number, at=NOW + timedelta(days=number - 1), by=GA, event=event, state=state,
            sets=sets or {}, **first,
        )  # fmt: skip
        case = apply(machine, case, one)
        trail.append(one)
    assert case is not None
    return case, trail


def listed(
    city: City, *lives: tuple[Case, list[Happening]], gathered: Mapping[str, Gathered] | None = None,
    libraries: Iterable[Derived] = (), now: datetime = NOW,
) -> dict[str, Asset]:  # fmt: skip
    cases, events = [case for case, _ in lives], [event for _, trail in lives for event in trail]
    found = ledger(city, cases=cases, events=events, gathered=gathered or {}, libraries=libraries, now=now)
    assert found == sorted(found, key=lambda one: (one.department, list(AssetKind).index(one.kind), one.id))
    return {one.id: one for one in found}


PUBLISHED = ("drafted", "submitted", "reviewed", "published")


@pytest.mark.duty("R-050")
def test_an_entry_is_an_asset_from_its_publication_on_and_its_changes_are_its_events() -> None:
    changed = (*PUBLISHED, "change_requested", "change_reviewed", "change_published")
    found = listed(city_of(), lived(ENTRY, "a", *changed), gathered={"a": delivered(3)})
    one = found["a"]
    assert (one.kind, one.department, one.since) == (AssetKind.RESOURCE, "ga", date(2026, 11, 28))
    assert (one.state[0], one.version, one.rows) == ("已发布", "2", 100)
    assert [change.zh for change in one.changes] == ["发布", "申请变更", "变更审核通过", "发布变更"]


@pytest.mark.duty("R-050")
def test_drafts_are_no_assets_and_what_was_withdrawn_stays_with_its_end() -> None:
    gone = lived(ENTRY, "gone", *PUBLISHED, "withdrawal_requested", "withdrawn")
    never = lived(ENTRY, "never", "drafted", "discarded")
    found = listed(city_of(), lived(ENTRY, "draft", "drafted", "submitted"), gone, never)
    assert set(found) == {"gone"}
    assert (found["gone"].state[0], found["gone"].changes[-1].zh) == ("已撤销", "撤销")


def test_an_entry_stands_once_whether_it_came_by_document_or_by_desk() -> None:
    city = city_of(resource("a"), resource("b", released=date(2025, 1, 1)))
    found = listed(city, lived(ENTRY, "a", "declared"), gathered={"b": delivered()})
    assert {name: (one.version, one.since) for name, one in found.items()} == {
        "a": ("1", date(2026, 11, 25)), "b": ("", date(2025, 1, 1)),
    }  # fmt: skip
    assert found["b"].rows == 100


@pytest.mark.duty("R-050")
def test_systems_purchases_and_libraries_stand_beside_entries() -> None:
    city = city_of(
        systems=(
            {"id": "pop", "name": "人口系统", "department": "ga", "hosting": "own_room", "migration": "planned", "filed_on": "2024-06-01"},
        )
    )  # fmt: skip
    bought = lived(PURCHASE, "G-1", "told", "bought", sets={"bought_on": "2026-11-26", "matches": [], "entries": []})
    told = lived(PURCHASE, "G-2", "told")
    libraries = [
        Derived(AssetKind.LIBRARY, "population", "人口基础库", "bureau", rows=600),
        Derived(AssetKind.SPECIAL, "flood", "汛期", "mz", "f" * 64, 3, date(2026, 11, 30)),
    ]
    found = listed(city, bought, told, libraries=libraries)
    assert set(found) == {"pop", "G-1", "population", "flood"}  # what is only told is not bought
    assert (found["pop"].state[0], found["pop"].since) == ("拟迁移", date(2024, 6, 1))
    assert (found["G-1"].state[0], found["G-1"].since) == ("已购买，待编目共享", date(2026, 11, 26))
    assert found["population"].rows == 600
    assert (found["flood"].state[0], found["flood"].version) == ("用至 2026-11-30", "f" * 12)
    later = listed(city, libraries=libraries, now=NOW + timedelta(days=6))
    assert later["flood"].state[0] == "已到期"
