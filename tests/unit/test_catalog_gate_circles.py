"""Corroboration that leads back to itself is refused: a fact has a source, however many hold it beside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.departments import Department
from catalog.gate.circles import circle_from
from catalog.gate.gate import CatalogueGate
from catalog.gate.verdict import Reason, Verdict
from catalog.model import Resource
from catalog.register import Register

UNITS = [Department(id=one, name=f"{one}局") for one in ("ga", "sw", "jy", "mz")]


def resource(name: str, department: str, source: str | None = None, **more: Any) -> Resource:
    """Holds a person's name: as its own, or beside ``source``."""
    held = {"collection": {"as": "corroboration", "source": source}} if source else {}
    said = {
        "id": name, "title": name, "department": department, "system": "系统", "sharing": {"class": "unconditional"},
        "opening": {"class": "unconditional"}, "update_cycle": "daily", "key": ["code"],
        "items": [
            {"id": "code", "title": "公民身份号码", "element": "citizen_id"},
            {"id": "name", "title": "姓名", "element": "person_name"} | held | more.pop("item", {}),
        ], **more,
    }  # fmt: skip
    return Resource.model_validate(said)


def gate(*existing: Resource, register: dict[str, Any] | None = None) -> CatalogueGate:
    return CatalogueGate(existing, Register.model_validate(register or {"libraries": {}}), UNITS)


def reasons(verdict: Verdict) -> list[Reason]:
    return [one.reason for one in verdict.refusals]


def refused(checked: CatalogueGate) -> dict[str, list[Reason]]:
    return {name: reasons(one) for name, one in checked.whole(findings_too=False).items()}


@pytest.mark.duty("R-053", "R-055")
def test_two_departments_that_name_each_other_are_both_refused_with_both_places_and_the_remedy() -> None:
    household, insurance = resource("household", "ga", "insurance.name"), resource("insurance", "sw", "household.name")
    for found in (gate()([household, insurance]), list(gate(household, insurance).whole().values())):
        assert [reasons(one) for one in found] == [[Reason.CIRCLE], [Reason.CIRCLE]]
        for one in found[0].refusals[0], found[1].refusals[0]:
            assert "household.name" in one.zh and "insurance.name" in one.zh and "没有一项是权威来源" in one.zh
            assert "去掉 collection" in one.zh and "takes collection out" in one.en and "register.yaml" in one.zh
    first = found[0].refusals[0]
    assert first.source is not None and (first.source.resource, first.source.item) == ("insurance", "name")


def test_the_second_of_two_is_told_when_it_is_put_forward_and_so_is_the_first_when_it_changes() -> None:
    insurance = resource("insurance", "sw", "household.name")
    assert reasons(gate(resource("household", "ga"))([insurance])[0]) == []
    changed = resource("household", "ga", "insurance.name")
    (verdict,) = gate(resource("household", "ga"), insurance)([changed])
    assert reasons(verdict) == [Reason.CIRCLE]
    (verdict,) = gate(resource("household", "ga"))([changed], [insurance])
    assert reasons(verdict) == [Reason.CIRCLE], "what is under review counts"


@pytest.mark.parametrize("scopes", [(None, None, None), ("东区", None, "西区")])
def test_longer_circles_and_those_through_a_district_are_refused_and_so_is_what_leads_into_one(
    scopes: Sequence[str | None],
) -> None:
    ring = [
        resource(name, department, source, **({"scope": scope} if scope else {}))
        for (name, department, source), scope in zip(
            [("aa", "ga", "bb.name"), ("bb", "sw", "cc.name"), ("cc", "jy", "aa.name")], scopes, strict=True
        )
    ]
    into = resource("dd", "mz", "aa.name")
    assert refused(gate(*ring, into)) == {one: [Reason.CIRCLE] for one in ("aa", "bb", "cc", "dd")}
    told = gate(*ring, into).whole()["dd"].refusals[0]
    assert all(f"{one}.name" in told.zh for one in ("aa", "bb", "cc", "dd"))


def test_a_chain_that_ends_at_a_source_or_at_an_exception_is_none() -> None:
    chain = [resource("aa", "ga"), resource("bb", "sw", "aa.name"), resource("cc", "jy", "bb.name")]
    assert refused(gate(*chain)) == {}
    law = {"collection": {"as": "exception", "legal_basis": "社会保险法第五十七条"}}
    assert refused(gate(resource("aa", "ga", item=law), resource("bb", "sw", "aa.name"))) == {}


def test_a_chain_that_breaks_off_is_told_where_it_does() -> None:
    assert refused(gate(resource("aa", "ga", "bb.name"), resource("bb", "sw", "gone.name"))) == {
        "bb": [Reason.NO_SOURCE]
    }


def related(**name: Any) -> dict[str, Any]:
    said = {"title": "姓名", "authority": "household", "from_item": {"insurance": "name", "household": "name"}} | name
    held = {"title": "人口", "key": "id", "key_in": {"household": "code", "insurance": "code"}, "items": {"name": said}}
    return {"libraries": {"population": held}}


def test_the_register_closes_a_circle_and_says_which_of_it_is_the_source() -> None:
    beside = related(corroborating=["insurance"])
    household = resource("household", "ga", "insurance.name")
    checked = gate(household, resource("insurance", "sw"), register=beside)
    assert refused(checked) == {"household": [Reason.CIRCLE]}
    told = checked.whole()["household"].refusals[0]
    assert (
        "《household》“姓名”（household.name），其条目去掉 collection" in told.zh
        and "source: household.name" in told.en
    )
    assert refused(gate(resource("household", "ga"), resource("insurance", "sw"), register=beside)) == {}


EDGES = st.dictionaries(st.integers(0, 6), st.lists(st.integers(0, 6), max_size=3), max_size=7)


@given(edges=EDGES, start=st.integers(0, 6))
def test_a_circle_is_found_where_no_way_leads_to_a_source_and_only_there(
    edges: dict[int, list[int]], start: int
) -> None:
    place = {number: (f"r{number}", "x") for number in range(7)}
    number = {name: one for one, name in place.items()}
    circle = circle_from(place[start], lambda one: [place[each] for each in edges.get(number[one], [])])
    reached = {start}
    for _ in range(7):
        reached |= {after for one in reached for after in edges.get(one, [])}
    assert bool(circle) is all(edges.get(one) for one in reached)
    if circle:
        ring = [number[one] for one in circle]
        assert len(set(ring)) == len(ring)
        assert all(after in edges[one] for one, after in zip(ring, [*ring[1:], ring[0]], strict=True))
