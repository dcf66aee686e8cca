"""The order of departments: parents, jurisdictions, whose catalogue, which platform; and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.cases.person import Part, Person
from catalog.departments import Department, DepartmentKind, Level
from catalog.documents import load_city
from catalog.jurisdiction import governs
from catalog.model import Resource
from catalog.organisation import Organisation
from catalog.organisation_check import check_organisation
from catalog.places import Place
from catalog.rollup import merged, part_of, roll_up
from ground.errors import DocumentError, UserError
from simulation.declared import DOCUMENTS

CITY = """\
departments:
  - {id: gov, name: 市政府, kind: peoples_government}
  - {id: bureau, name: 大数据局, kind: authority, parent: gov}
  - {id: ga, name: 公安局, parent: gov}
  - {id: sw, name: 税务局, parent: gov}
  - {id: water, name: 水务集团, kind: public_enterprise, parent: gov}
  - {id: east, name: 东区政府, kind: peoples_government, level: district, parent: gov}
  - {id: east_data, name: 东区数据局, kind: authority, level: district, parent: east}
  - {id: east_edu, name: 东区教育局, level: district, parent: east}
  - {id: east_gas, name: 东区燃气公司, kind: public_enterprise, level: district, parent: east}
  - {id: east_street, name: 东街道, level: township, parent: east_edu}
  - {id: east_tax, name: 东区税务局, level: district, parent: sw, vertical: true}
  - {id: zone, name: 高新区管委会, kind: peoples_government, level: district, parent: gov}
  - {id: zone_data, name: 高新区数据中心, kind: authority, level: district, parent: zone}
  - {id: zone_plan, name: 高新区规划局, level: district, parent: zone}
"""
ALL = {
    "gov", "bureau", "ga", "sw", "water", "east", "east_data", "east_edu", "east_gas", "east_street", "east_tax", "zone",
    "zone_data", "zone_plan",
}  # fmt: skip
EAST = {"east", "east_data", "east_edu", "east_gas", "east_street"}


def written(directory: Path, text: str) -> Path:
    city = directory / "city"
    city.mkdir(exist_ok=True)
    (city / "departments.yaml").write_text(text, encoding="utf-8")
    return city


@pytest.fixture(scope="module")
def order(tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    return load_city(written(tmp_path_factory.mktemp("order"), CITY)).organisation


def refused(tmp_path: Path, old: str, new: str) -> DocumentError:
    assert old in CITY, "the test replaces nothing"
    with pytest.raises(DocumentError) as caught:
        load_city(written(tmp_path, CITY.replace(old, new)))
    return caught.value


@pytest.mark.duty("R-005")
def test_the_city_authority_governs_everybody(order: Organisation) -> None:
    assert order.city_authority is not None
    assert order.city_authority.id == "bureau"
    assert order.governed_by("bureau") == ALL
    assert {one for one in ALL if governs(Person("person:a", Part.AUTHORITY, "bureau"), one, order)} == ALL


@pytest.mark.duty("R-006")
def test_a_district_authority_governs_its_district_and_nobody_else(order: Organisation) -> None:
    assert order.governed_by("east_data") == EAST
    east = Person("person:e", Part.AUTHORITY, "east_data")
    assert {one for one in ALL if governs(east, one, order)} == EAST
    assert not any(governs(Person("person:o", Part.OPERATOR, "east_data"), one, order) for one in ALL)


def test_a_unit_that_is_no_authority_governs_nobody(order: Organisation) -> None:
    assert order.governed_by("gov") == order.governed_by("ga") == frozenset()
    assert not any(governs(Person("person:g", Part.AUTHORITY, "gov"), one, order) for one in ALL)


@pytest.mark.parametrize(
    ("unit", "authority"),
    [
        ("ga", "bureau"),
        ("gov", "bureau"),
        ("bureau", "bureau"),
        ("water", "bureau"),
        ("east", "east_data"),
        ("east_data", "east_data"),
        ("east_edu", "east_data"),
        ("east_street", "east_data"),
        ("east_tax", "bureau"),
        ("zone_plan", "zone_data"),
    ],
)
def test_the_authority_of_a_unit_is_the_nearest(order: Organisation, unit: str, authority: str) -> None:
    found = order.authority_of(unit)
    assert found is not None
    assert found.id == authority
    assert unit in order.governed_by(authority)


def test_authorities_have_one_above_them_but_for_the_citys(order: Organisation) -> None:
    assert order.superior_of("bureau") is None
    for one in ("east_data", "zone_data"):
        above = order.superior_of(one)
        assert above is not None
        assert above.id == "bureau"


@pytest.mark.duty("R-004")
def test_what_cannot_be_settled_goes_to_the_government_of_the_level(order: Organisation) -> None:
    leads = {one: order.government_of(one) for one in ALL}
    found = {one: lead.id for one, lead in leads.items() if lead is not None}
    assert found["ga"] == found["bureau"] == found["east_tax"] == "gov"
    assert found["east_edu"] == found["east_data"] == found["east_street"] == "east"
    assert found["zone_plan"] == "zone", "a committee of a functional zone counts as a district's government"


@pytest.mark.duty("R-024")
def test_units_managed_vertically_are_compiled_by_who_manages_them(order: Organisation) -> None:
    assert order.catalogue_owner("east_tax").id == "sw"
    assert {order.catalogue_owner(one).id for one in ALL - {"east_tax"}} == ALL - {"east_tax"}


@pytest.mark.duty("R-059")
def test_departments_gather_to_the_platform_of_their_own_level(order: Organisation) -> None:
    platforms = {one: order.platform_of(one) for one in ("ga", "east_edu", "east_street", "zone_plan")}
    assert {name: (one.authority, one.level) for name, one in platforms.items()} == {
        "ga": ("bureau", Level.CITY),
        "east_edu": ("east_data", Level.DISTRICT),
        "east_street": ("east_data", Level.DISTRICT),
        "zone_plan": ("zone_data", Level.DISTRICT),
    }


@pytest.mark.duty("R-060")
def test_vertical_units_gather_to_the_citys_platform(order: Organisation) -> None:
    platform = order.platform_of("east_tax")
    assert (platform.authority, platform.level) == ("bureau", Level.CITY)
    assert "税务局" in platform.zh


@pytest.mark.duty("R-061", "R-002")
@pytest.mark.parametrize("enterprise", ["water", "east_gas"])
def test_public_enterprises_gather_to_the_citys_platform(order: Organisation, enterprise: str) -> None:
    assert order.platform_of(enterprise).authority == "bureau"
    compiler = order.compiler_of(enterprise)
    assert compiler is not None
    assert compiler.id == "bureau", "and their catalogue goes to the city (Wuhan 10)"


@pytest.mark.duty("R-025", "R-026")
@pytest.mark.parametrize("name", ["east", "east_data"])
def test_a_district_hands_up_what_its_authority_compiles(order: Organisation, name: str) -> None:
    """Its gas company and its tax office belong to the city's catalogue (Wuhan 10)."""
    assert order.district_area(name) == {"east", "east_data", "east_edu", "east_street"}


@pytest.mark.parametrize(
    "name", ["gov", "bureau", "ga", "sw", "water", "east_edu", "east_gas", "east_street", "east_tax"]
)
def test_who_leads_no_district_hands_up_nothing(order: Organisation, name: str) -> None:
    assert order.district_area(name) == frozenset()


def test_a_district_without_an_authority_of_its_own_hands_up_nothing(tmp_path: Path) -> None:
    text = "\n".join(line for line in CITY.splitlines() if "zone_data" not in line)
    order = load_city(written(tmp_path, text)).organisation
    assert order.district_area("zone") == frozenset()
    assert order.district_area("east")


def resource(name: str, department: str) -> Resource:
    declared: dict[str, Any] = {
        "id": name, "title": name, "department": department, "system": "系统",
        "sharing": {"class": "unconditional"}, "opening": {"class": "unconditional"},
        "update_cycle": "daily", "key": ["code"], "items": [{"id": "code", "title": "编号"}],
    }  # fmt: skip
    return Resource.model_validate(declared)


ENTRIES = [
    resource(f"{one}_r", one) for one in ("ga", "sw", "water", "east_edu", "east_street", "east_gas", "east_tax", "zone_plan")
]  # fmt: skip


@pytest.mark.duty("R-025")
def test_a_district_aggregates_the_catalogues_of_its_departments(order: Organisation) -> None:
    part = part_of(order, ENTRIES, "east_data")
    assert part.owners == {"east_edu": ("east_edu_r",), "east_street": ("east_street_r",)}
    assert part_of(order, ENTRIES, "zone_data").entries == ("zone_plan_r",)


@pytest.mark.duty("R-027", "R-024", "R-026")
def test_the_city_merges_them_with_its_own_each_entry_once(order: Organisation) -> None:
    own = part_of(order, ENTRIES, "bureau").owners
    assert own["sw"] == ("east_tax_r", "sw_r"), "the vertical unit's entries are in the catalogue of who manages it"
    assert own["water"] == ("water_r",)
    assert own["east_gas"] == ("east_gas_r",)
    whole = merged(order, ENTRIES, "bureau")
    assert list(whole.entries) == sorted(one.id for one in ENTRIES)
    assert merged(order, ENTRIES, "east_data").entries == part_of(order, ENTRIES, "east_data").entries
    assert sorted(name for part in roll_up(order, ENTRIES) for name in part.entries) == list(whole.entries)


def test_a_city_without_parents_is_one_jurisdiction(tmp_path: Path) -> None:
    flat = (
        "departments: [{id: bureau, name: 大数据局, kind: authority}, {id: ga, name: 公安局}, {id: sw, name: 税务局}]"
    )
    city = load_city(written(tmp_path, flat))
    order = city.organisation
    assert order.governed_by("bureau") == {"bureau", "ga", "sw"}
    assert {one: found.id for one in ("bureau", "ga", "sw") if (found := order.authority_of(one))} == dict.fromkeys(
        ("bureau", "ga", "sw"), "bureau"
    )
    assert order.platform_of("ga").authority == "bureau"
    assert order.government_of("ga") is None
    assert part_of(order, [resource("r", "ga")], "bureau").owners == {"ga": ("r",)}


def test_a_city_without_an_authority_still_loads(tmp_path: Path) -> None:
    order = load_city(written(tmp_path, "departments: [{id: ga, name: 公安局}]")).organisation
    assert order.authority_of("ga") is None
    assert order.platform_of("ga").authority is None
    assert [part.authority for part in roll_up(order, [resource("r", "ga")])] == [None]


def test_two_districts_without_a_city_authority_govern_their_own(tmp_path: Path) -> None:
    text = "\n".join(line for line in CITY.splitlines() if "bureau" not in line)
    order = load_city(written(tmp_path, text)).organisation
    assert order.city_authority is None
    assert order.authority_of("ga") is None
    assert order.governed_by("east_data") == EAST
    assert [one.id for one in order.leading] == ["east_data", "zone_data"]


def test_an_unknown_unit_is_told_with_the_close_match(order: Organisation) -> None:
    with pytest.raises(UserError, match="Did you mean east_edu"):
        order.below("east_edv")


# --- what is refused --------------------------------------------------------------------------------------------------


def test_a_circle_of_parents_is_refused_with_the_way_round(tmp_path: Path) -> None:
    text = (
        "departments:\n  - {id: a, name: 甲}\n  - {id: b, name: 乙, parent: d}\n  - {id: c, name: 丙, parent: b}\n"
        "  - {id: d, name: 丁, parent: c}\n"
    )
    with pytest.raises(DocumentError) as caught:
        load_city(written(tmp_path, text))
    zh, en = caught.value.zh.splitlines()[1:], caught.value.en.splitlines()[1:]
    assert len(zh) == len(en) == 1, "one circle is told once"
    assert zh[0].startswith("city/departments.yaml:3 departments.1.parent: 上级关系成环：b → d → c → b")
    assert "b → d → c → b" in en[0]


def test_a_unit_that_is_its_own_parent_is_a_circle(tmp_path: Path) -> None:
    fault = refused(tmp_path, "{id: ga, name: 公安局, parent: gov}", "{id: ga, name: 公安局, parent: ga}")
    assert "ga → ga" in fault.zh


def test_a_parent_that_does_not_exist_is_told_with_the_close_match(tmp_path: Path) -> None:
    fault = refused(
        tmp_path,
        "name: 高新区规划局, level: district, parent: zone",
        "name: 高新区规划局, level: district, parent: zonne",
    )
    assert "city/departments.yaml:15 departments.13.parent: 没有名为 zonne 的上级部门。是否想写 zone？" in fault.zh


def test_a_unit_above_its_parent_is_refused(tmp_path: Path) -> None:
    fault = refused(tmp_path, "level: township, parent: east_edu", "level: city, parent: east_edu")
    assert "departments.9.level" in fault.zh
    assert "高于其上级 east_edu" in fault.zh


@pytest.mark.duty("R-006")
def test_a_jurisdiction_has_one_authority(tmp_path: Path) -> None:
    fault = refused(tmp_path, "{id: east_edu, name: 东区教育局,", "{id: east_edu, name: 东区教育局, kind: authority,")
    assert "east 已有主管部门 east_data" in fault.zh


def test_two_authorities_of_the_whole_city_are_refused(tmp_path: Path) -> None:
    text = "departments: [{id: a, name: 甲, kind: authority}, {id: b, name: 乙, kind: authority}]"
    with pytest.raises(DocumentError, match="the whole city has the authority a already"):
        load_city(written(tmp_path, text))


def test_a_districts_authority_names_its_government(tmp_path: Path) -> None:
    fault = refused(tmp_path, "kind: authority, level: district, parent: east}", "kind: authority, level: district}")
    assert "须写 parent" in fault.zh
    fault = refused(
        tmp_path,
        "kind: authority, level: district, parent: east}",
        "kind: authority, level: district, parent: east_edu}",
    )
    assert "peoples_government" in fault.zh


def test_a_wrong_credit_code_is_refused(tmp_path: Path) -> None:
    fault = refused(tmp_path, "{id: ga, name: 公安局,", "{id: ga, name: 公安局, credit_code: 11420100MB0001038X,")
    assert "departments.2.credit_code" in fault.zh
    assert "校验码不符" in fault.zh


# --- any order --------------------------------------------------------------------------------------------------------


@st.composite
def forests(draw: st.DrawFn) -> list[Department]:
    """Any order without a circle, in any order of declaration: every parent is an earlier unit of the same or a higher level."""
    units: list[Department] = []
    governments: list[str] = []
    for number in range(draw(st.integers(1, 14))):
        parent = draw(st.sampled_from([None, *units])) if units else None
        levels = [one for one in Level if parent is None or not one.is_above(parent.level)]
        vertical = parent is not None and draw(st.booleans())
        kind = draw(
            st.sampled_from(
                [DepartmentKind.GOVERNMENT, DepartmentKind.PUBLIC_ENTERPRISE, DepartmentKind.PEOPLES_GOVERNMENT]
            )
        )
        unit = Department(
            id=f"u{number}", name="某", kind=kind, level=draw(st.sampled_from(levels)),
            parent=parent.id if parent else None, vertical=vertical,
        )  # fmt: skip
        units.append(unit)
        if kind is DepartmentKind.PEOPLES_GOVERNMENT and draw(st.booleans()):
            governments.append(unit.id)
    by_id = {one.id: one for one in units}
    units += [
        Department(id=f"a_{one}", name="主管", kind=DepartmentKind.AUTHORITY, level=by_id[one].level, parent=one)
        for one in governments
    ]
    return list(draw(st.permutations(units)))


@settings(max_examples=200, deadline=None)
@given(forests())
def test_every_order_holds_together(units: Sequence[Department]) -> None:
    """Independent of how an order is drawn: jurisdictions nest, and each unit stands in that of its own authority."""
    assert list(check_organisation(units, Place(Path("none.yaml"), "none.yaml"))) == []
    order = Organisation(units)
    assert sorted(one.id for _, one in order.tree()) == sorted(one.id for one in units)
    for unit in units:
        below = order.below(unit.id)
        assert unit.id in below
        assert all(unit.id in {one.id for one in order.above(name)} for name in below - {unit.id})
        authority = order.authority_of(unit.id)
        if authority is not None:
            assert unit.id in order.governed_by(authority.id)
        assert not order.catalogue_owner(unit.id).vertical
    scopes = [order.governed_by(one.id) for one in order.authorities]
    assert all(not (one & other) or one <= other or other <= one for one in scopes for other in scopes)
    entries = [resource(f"r_{one.id}", one.id) for one in units]
    assert sorted(name for part in roll_up(order, entries) for name in part.entries) == sorted(
        one.id for one in entries
    )


def test_the_demo_city_is_in_order() -> None:
    city = load_city(DOCUMENTS)
    order = city.organisation
    assert order.city_authority is not None
    assert order.city_authority.id == "bureau"
    assert order.catalogue_owner("jar_sw").id == "sw"
    assert "jar_sw" not in order.governed_by("jar_sj")
    assert part_of(order, city.resources, "jar_sj").entries == ("jar_jy_kindergarten_place", "jar_mz_elderly_home")
    assert part_of(order, city.resources, "dhf_sj").entries == ("dhf_cg_street_stall",)
    assert all(one.credit_code for one in city.departments)
