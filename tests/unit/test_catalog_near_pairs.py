"""Who decides whether two items are one fact, and whether the gate still asks about two of them."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.departments import Department
from catalog.gate.gate import CatalogueGate
from catalog.matching.index import Collected
from catalog.model import Resource
from catalog.organisation import Organisation
from catalog.register import Register
from catalog.tasks.near import decided_by

UNITS: list[dict[str, Any]] = [
    {"id": "gov", "name": "市政府", "kind": "peoples_government"},
    {"id": "bureau", "name": "大数据局", "kind": "authority", "parent": "gov"},
    {"id": "ga", "name": "公安局", "parent": "gov"},
    {"id": "mz", "name": "民政局", "parent": "gov"},
    {"id": "water", "name": "水务集团", "kind": "public_enterprise", "parent": "gov"},
    {"id": "east", "name": "东区政府", "kind": "peoples_government", "level": "district", "parent": "gov"},
    {"id": "east_data", "name": "东区数据局", "kind": "authority", "level": "district", "parent": "east"},
    {"id": "east_mz", "name": "东区民政局", "level": "district", "parent": "east"},
    {"id": "east_jy", "name": "东区教育局", "level": "district", "parent": "east"},
    {"id": "east_ga", "name": "公安局东区分局", "level": "district", "parent": "ga", "vertical": True},
    {"id": "west", "name": "西区政府", "kind": "peoples_government", "level": "district", "parent": "gov"},
    {"id": "west_data", "name": "西区数据局", "kind": "authority", "level": "district", "parent": "west"},
    {"id": "west_mz", "name": "西区民政局", "level": "district", "parent": "west"},
]
DEPARTMENTS = [Department.model_validate(one) for one in UNITS]


@pytest.mark.parametrize(
    ("left", "right", "authority"),
    [
        ("ga", "mz", "bureau"), ("east_mz", "east_jy", "east_data"), ("east_mz", "mz", "bureau"), ("mz", "east_mz", "bureau"),
        ("east_mz", "west_mz", "bureau"), ("east_ga", "east_mz", "bureau"), ("east_mz", "east_ga", "bureau"),
        ("water", "ga", "bureau"), ("east_mz", "dissolved", "bureau"), ("dissolved", "ga", "bureau"),
    ],
)  # fmt: skip
def test_the_lowest_authority_over_both_departments_decides(left: str, right: str, authority: str) -> None:
    decides = decided_by(Organisation(DEPARTMENTS))
    assert decides(Collected(left, "a", "x"), Collected(right, "b", "y")) == authority


def test_where_no_authority_stands_above_both_the_first_items_decides_and_without_any_nobody() -> None:
    apart = Organisation(one for one in DEPARTMENTS if one.id != "bureau")
    assert decided_by(apart)(Collected("west_mz", "a", "x"), Collected("east_mz", "b", "y")) == "west_data"
    none = Organisation(one for one in DEPARTMENTS if "data" not in one.id and one.id != "bureau")
    assert decided_by(none)(Collected("ga", "a", "x"), Collected("mz", "b", "y")) is None


def resource(name: str, department: str, item: dict[str, Any], **more: Any) -> Resource:
    said = {
        "id": name, "title": "疫苗接种登记", "department": department, "system": "系统", "sharing": {"class": "unconditional"},
        "opening": {"class": "unconditional"}, "update_cycle": "daily", "key": ["code"],
        "items": [{"id": "code", "title": "公民身份号码", "element": "citizen_id"}, {"id": "dose"} | item], **more,
    }  # fmt: skip
    return Resource.model_validate(said)


DOSES = resource("doses", "ga", {"title": "疫苗接种剂次说明"})
LEFT, RIGHT = Collected("mz", "children", "dose"), Collected("ga", "doses", "dose")
PORTIONS = {"title": "疫苗接种剂量说明"}


def asks(*published: Resource, under_review: tuple[Resource, ...] = (), register: dict[str, Any] | None = None) -> bool:
    said = Register.model_validate(register or {"libraries": {}})
    return CatalogueGate([DOSES, *published], said, DEPARTMENTS).asks(LEFT, RIGHT, under_review)


def test_a_pair_stands_while_both_are_there_and_near_in_the_catalogue_or_under_review() -> None:
    children = resource("children", "mz", PORTIONS)
    assert asks(children) and asks(under_review=(children,))
    assert asks(resource("children", "mz", {"title": "班级"}), under_review=(children,)), (
        "a change that brings it is under way"
    )


@pytest.mark.parametrize(
    ("item", "more"),
    [
        ({"title": "班级"}, {}),
        ({"title": "疫苗接种剂次说明"}, {}),
        (PORTIONS | {"collection": {"as": "corroboration", "source": "doses.dose"}}, {}),
        (PORTIONS, {"department": "ga"}),
    ],
)
def test_a_pair_is_over_where_it_is_another_fact_the_same_for_certain_or_registered(
    item: dict[str, Any], more: dict[str, Any]
) -> None:
    assert not asks(resource("children", more.get("department", "mz"), item))
    assert not asks()


def test_a_pair_is_over_where_the_register_relates_the_two() -> None:
    named = {
        "title": "剂次",
        "authority": "doses",
        "corroborating": ["children"],
        "from_item": {"children": "dose", "doses": "dose"},
    }
    held = {"title": "接种", "key": "id", "key_in": {"doses": "code", "children": "code"}, "items": {"dose": named}}
    children = resource("children", "mz", PORTIONS)
    assert not asks(children, register={"libraries": {"vaccination": held}})
