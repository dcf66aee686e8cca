"""One number, one source, at the catalogue: what counts as collecting a fact twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from catalog.city import City
from catalog.departments import Department
from catalog.documents import load_city
from catalog.feed import Feed
from catalog.gate import duplicate_collection
from catalog.listing import feed_rows
from catalog.model import Resource
from catalog.register import Register
from simulation.declared import DOCUMENTS
from standards.code_list import list_ids
from standards.elements import elements


def resource(name: str, department: str, items: Mapping[str, str | None], observed_at: str | None = None) -> Resource:
    declared: dict[str, Any] = {
        "id": name,
        "title": name,
        "department": department,
        "system": "系统",
        "sharing": {"class": "unconditional"},
        "opening": {"class": "unconditional"},
        "update_cycle": "daily",
        "key": ["code"],
        "observed_at": observed_at,
        "items": [{"id": item, "title": item, "element": element} for item, element in items.items()],
    }
    return Resource.model_validate(declared)


def city(*resources: Resource, library: dict[str, Any] | None = None, feeds: tuple[Feed, ...] = ()) -> City:
    departments = tuple(Department(id=name, name=f"{name}局") for name in sorted({one.department for one in resources}))
    register = {"libraries": {"population": library} if library else {}}
    return City(departments, resources, feeds, Register.model_validate(register))


HOUSEHOLD = resource("household", "ga", {"code": "citizen_id", "name": "person_name", "address": "address"})
INSURANCE = resource("insurance", "sw", {"code": "citizen_id", "full_name": "person_name", "phone": None})


@pytest.mark.duty("R-053", "R-054", "R-055")
def test_the_same_element_of_the_same_thing_from_two_departments_is_reported() -> None:
    (found,) = duplicate_collection(city(HOUSEHOLD, INSURANCE))
    assert (found.element, found.first.resource, found.first.item) == ("person_name", "household", "name")
    assert (found.second.department, found.second.resource, found.second.item) == ("sw", "insurance", "full_name")
    zh, en = found.message()
    assert "insurance.full_name 与 household.name" in zh and "Register it as corroborating or fallback" in en


@pytest.mark.parametrize("role", ["corroborating", "fallback"])
def test_a_registered_relation_is_no_duplicate(role: str) -> None:
    name = {"title": "姓名", "authority": "household", role: ["insurance"], "from_item": {"insurance": "full_name"}}
    library = {
        "title": "人口",
        "key": "id",
        "key_in": {"household": "code", "insurance": "code"},
        "items": {"name": name},
    }
    assert duplicate_collection(city(HOUSEHOLD, INSURANCE, library=library)) == []


def test_what_a_corroborated_value_may_equal_instead_is_no_duplicate() -> None:
    items = {"code": "citizen_id", "name": "person_name", "former_name": "person_name"}
    name = {
        "title": "姓名",
        "authority": "household",
        "corroborating": ["insurance"],
        "from_item": {"insurance": "full_name"},
    }
    library = {
        "title": "人口",
        "key": "id",
        "key_in": {"household": "code", "insurance": "code"},
        "items": {"name": name},
    }
    household = resource("household", "ga", items)
    assert len(duplicate_collection(city(household, INSURANCE, library=library))) == 1
    name["also_agrees_with"] = ["former_name"]
    assert duplicate_collection(city(household, INSURANCE, library=library)) == []


@pytest.mark.duty("R-053", "R-054", "R-055")
def test_the_demo_city_collects_nothing_twice_and_names_known_elements() -> None:
    known_elements = frozenset(one.id for one in elements())
    demo = load_city(DOCUMENTS, known_elements=known_elements, known_code_lists=frozenset(list_ids()))
    assert any(item.element for one in demo.resources for item in one.items)
    assert duplicate_collection(demo) == []


def test_a_relation_of_another_item_does_not_excuse() -> None:
    other = {
        "title": "x",
        "authority": "household",
        "corroborating": ["insurance"],
        "from_item": {"insurance": "phone"},
    }
    library = {
        "title": "人口",
        "key": "id",
        "key_in": {"household": "code", "insurance": "code"},
        "items": {"name": other},
    }
    assert len(duplicate_collection(city(HOUSEHOLD, INSURANCE, library=library))) == 1


def test_keys_own_tables_and_other_things_are_no_duplicates() -> None:
    same_department = resource("passport", "ga", {"code": "citizen_id", "name": "person_name"})
    company = resource("company", "sc", {"code": "credit_code", "owner": "person_name", "address": "address"})
    assert duplicate_collection(city(HOUSEHOLD, same_department, company)) == []


def test_the_time_of_observation_dates_a_row_and_is_no_collection() -> None:
    items = {"code": "citizen_id", "updated_at": "updated_at"}
    dated = [resource(name, name, items, observed_at="updated_at") for name in ("ga", "sw")]
    assert duplicate_collection(city(*dated)) == []
    undated = [resource(name, name, items) for name in ("ga", "sw")]
    assert len(duplicate_collection(city(*undated))) == 1


def test_three_departments_make_three_pairs_in_a_fixed_order() -> None:
    third = resource("school", "jy", {"code": "citizen_id", "pupil": "person_name"})
    found = duplicate_collection(city(third, INSURANCE, HOUSEHOLD))
    assert [(one.first.resource, one.second.resource) for one in found] == [
        ("insurance", "household"),
        ("school", "household"),
        ("school", "insurance"),
    ]


def test_feeds_are_listed_with_department_cycle_and_source() -> None:
    file = Feed.model_validate(
        {
            "id": "a",
            "resource": "household",
            "source": {"kind": "file", "path": "ga/x_{period}.csv"},
            "format": {"kind": "csv"},
            "columns": {"A": "code"},
        }
    )
    sql = Feed.model_validate(
        {
            "id": "b",
            "resource": "insurance",
            "source": {"kind": "sql", "url": "sqlite:///inbox/sw/x.sqlite", "query": "x"},
            "format": {"kind": "rows"},
            "mode": "correction",
            "columns": {"A": "code"},
        }
    )
    rows = feed_rows(city(HOUSEHOLD, INSURANCE, feeds=(file, sql)))
    assert [(row.id, row.resource, row.department, row.mode, row.cycle, row.source) for row in rows] == [
        ("a", "household", "ga局", "full", "daily", "ga/x_{period}.csv"),
        ("b", "insurance", "sw局", "correction", "daily", "sqlite:///inbox/sw/x.sqlite"),
    ]
