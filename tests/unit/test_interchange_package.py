"""What a district sends: sound by its digest, of its own departments, and held against the city's register of units."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from entry_desk import BUREAU, EAST, GA, ORGANISATION, ROOT, UNITS
from interchange_entries import entry

from catalog.cases.model import Case
from catalog.departments import Department
from catalog.entries.content import document_of
from catalog.interchange.names import Providers
from catalog.interchange.package import Package, digest_of, open_package, pack
from catalog.interchange.package_plan import plan_receipt
from catalog.interchange.receipts import check_may_receive
from catalog.model import Resource
from ground.errors import DocumentError, Forbidden, UserError
from policy.clock import SHANGHAI

CITY = tuple(Department.model_validate(one) for one in UNITS)
NOW = datetime(2026, 11, 25, 10, tzinfo=SHANGHAI)
EAST_UNITS = ORGANISATION.district_area("east")


def sent(*resources: Resource, version: int = 3) -> bytes:
    units = [one for one in CITY if one.id in EAST_UNITS]
    return pack(ORGANISATION.unit("east"), units, resources, version=version, now=NOW).encode()


def plan(package: Package, existing: list[Resource] | None = None, **more: Any):
    return plan_receipt(package, providers=Providers(CITY), district_units=EAST_UNITS, existing=existing or [], **more)


def case_of(one: Resource, state: str) -> Case:
    """The case of an entry that was never published."""
    return Case(
        kind="entry", id=one.id, department=one.department, title=one.title, state=state, is_open=True, opened_at=NOW,
        changed_at=NOW, profile="wuhan", events=1, limit=None, facts={"draft": document_of(one)},
    )  # fmt: skip


ONE = entry("east_mz_pension", title="高龄津贴", department="east_mz", code=None)


@pytest.mark.duty("R-014", "R-017")
def test_a_package_holds_the_districts_published_entries_with_their_departments_and_comes_back_whole():
    package = open_package(sent(ONE, entry("ga_household", department="ga"), version=7), "east.json")
    assert (package.version, package.content.district, package.content.district_name) == (7, "east", "东区人民政府")
    assert package.content.resources == [ONE]
    assert [one.id for one in package.content.departments] == ["east_mz"]
    assert package.digest == digest_of(json.loads(sent(ONE))["content"])


def test_a_district_without_entries_has_nothing_to_send():
    with pytest.raises(UserError, match="没有可报送的内容"):
        sent(entry("ga_household", department="ga"))


@pytest.mark.parametrize(
    ("change", "word"),
    [(lambda said: said["content"]["resources"][0].update(title="别的"), "摘要不符"), (lambda said: said["content"]["resources"].clear(), "摘要不符"),
     (lambda said: said.update(digest="0" * 64), "摘要不符"), (lambda said: said.update(format="x/1"), "不是目录报送包")],
)  # fmt: skip
def test_a_package_changed_on_the_way_is_refused(change, word):
    said = json.loads(sent(ONE))
    change(said)
    with pytest.raises(DocumentError, match=word):
        open_package(json.dumps(said).encode(), "east.json")


@pytest.mark.parametrize("raw", [b"", b"[]", b"\xff\xfe", b"{", b"[" * 100_000])
def test_what_is_no_package_is_refused(raw):
    with pytest.raises(DocumentError, match="不是目录报送包"):
        open_package(raw, "x.json")


def test_a_package_whose_entries_are_no_entries_is_told_field_by_field():
    said = json.loads(sent(ONE))
    said["content"]["resources"][0]["update_cycle"] = "sometimes"
    said["digest"] = digest_of(said["content"])
    with pytest.raises(DocumentError, match=r"resources\.0\.update_cycle"):
        open_package(json.dumps(said).encode(), "east.json")


def test_new_changed_and_unchanged_entries_are_told_apart():
    other = entry("east_mz_low", department="east_mz", code=None)
    same = entry("east_mz_same", department="east_mz", code=None)
    package = open_package(sent(ONE, other, same), "x.json")
    before = entry("east_mz_low", department="east_mz", code=None, update_cycle="daily")
    found = plan(package, [same], cases=[case_of(before, "drafted")])
    assert [one.id for one in found.new] == ["east_mz_pension"] and found.unchanged == ("east_mz_same",)
    (changed,) = found.changed
    assert changed.is_draft and [one.field for one in changed.fields] == ["update_cycle"]
    found.check()


@pytest.mark.parametrize(
    ("department", "existing", "word"),
    [("west", [], "不属于 东区人民政府"), ("ga", [], "不属于 东区人民政府"), ("east_mzz", [], "没有登记部门"),
     ("east_mz", [entry("x", department="mz")], "属于另一部门 mz")],
)  # fmt: skip
def test_entries_that_cannot_be_the_districts_are_refused_whatever_the_package_says(department, existing, word):
    """The package calls any department its own; the city's register of units decides."""
    unit = Department(id=department, name="某单位", parent="east")
    text = pack(
        ORGANISATION.unit("east"), [unit, CITY[9]], [entry("x", department=department), ONE], version=1, now=NOW
    )
    found = plan(open_package(text.encode(), "x.json"), existing)
    (problem,) = found.problems
    assert word in problem.zh and problem.where == "resources x"
    with pytest.raises(DocumentError):
        found.check()


def test_a_package_of_who_leads_no_district_is_refused_whole():
    package = open_package(pack(ORGANISATION.unit("gov"), CITY, [ONE], version=1, now=NOW).encode(), "x.json")
    found = plan_receipt(package, providers=Providers(CITY), district_units=frozenset(), existing=[])
    (problem,) = found.problems
    assert "市人民政府（gov）不是" in problem.zh and not found.new
    with pytest.raises(DocumentError, match="district: gov leads no district"):
        found.check()


def test_a_public_enterprise_of_the_district_is_not_sent_since_its_catalogue_is_the_citys():
    gas = Department.model_validate(
        {"id": "east_gas", "name": "东区燃气公司", "kind": "public_enterprise", "level": "district", "parent": "east"}
    )
    units = [*(one for one in CITY if one.id in EAST_UNITS), gas]
    text = pack(ORGANISATION.unit("east"), units, [entry("gas_users", department="east_gas"), ONE], version=1, now=NOW)
    assert [one.id for one in open_package(text.encode(), "x.json").content.resources] == [ONE.id]


def test_the_citys_authority_alone_receives():
    for person in (BUREAU, ROOT):
        check_may_receive(person, ORGANISATION)
    for person in (EAST, GA):
        with pytest.raises(Forbidden, match="市大数据局"):
            check_may_receive(person, ORGANISATION)
