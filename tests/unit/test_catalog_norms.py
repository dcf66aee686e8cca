"""The register of norms: versions in force, what an entry states under them, and what cites them."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from catalog.citations import Standing, bound_to, check_cited, citations
from catalog.departments import Department, DepartmentKind
from catalog.documents import load_city
from catalog.model import Resource
from catalog.norms import FIELDS, Norm, NormDocument, Norms, NormVersion, founding, missing_of, shipped_norms
from ground.errors import DocumentError, UserError
from simulation.declared import DOCUMENTS
from standards.elements import elements

DAY = date(2026, 11, 28)
NINE = [
    "title",
    "system",
    "items",
    "storage_format",
    "sharing",
    "opening",
    "provision_mode",
    "update_cycle",
    "share_until",
]
COMPLETE: dict[str, Any] = {
    "id": "r", "title": "名录", "department": "ga", "system": "系统", "storage_format": "database", "provision_mode": "file",
    "share_until": "长期", "sharing": {"class": "unconditional"}, "opening": {"class": "unconditional"},
    "update_cycle": "monthly", "key": ["code"], "items": [{"id": "code", "title": "编号"}],
}  # fmt: skip


def entry(*left_out: str, **more: Any) -> Resource:
    return Resource.model_validate({name: value for name, value in (COMPLETE | more).items() if name not in left_out})


def unit(kind: DepartmentKind) -> Department:
    return Department(id="ga", name="公安局", kind=kind)


def norm(name: str, number: str, version: str | None, begins: str | None, ends: str | None = None, **more: Any) -> Norm:
    declared = {"id": name, "number": number, "title": number, "version": version, "kind": "national"}
    return Norm.model_validate(declared | {"effective_from": begins, "effective_to": ends} | more)


# --- what an entry states ---------------------------------------------------------------------------------------------


@pytest.mark.duty("R-022", "R-036")
@pytest.mark.parametrize("field", ["storage_format", "provision_mode", "share_until"])
@pytest.mark.parametrize("kind", [one for one in DepartmentKind if one is not DepartmentKind.PUBLIC_ENTERPRISE])
def test_who_is_no_enterprise_states_all_nine(kind: DepartmentKind, field: str) -> None:
    assert founding().fields_for(kind) == NINE
    assert missing_of(entry(), kind, founding()) == []
    assert missing_of(entry(field), kind, founding()) == [field]


@pytest.mark.duty("R-026")
def test_a_public_enterprise_states_what_its_service_needs() -> None:
    kind = DepartmentKind.PUBLIC_ENTERPRISE
    assert missing_of(entry("storage_format", "share_until"), kind, founding()) == []
    assert missing_of(entry("provision_mode"), kind, founding()) == ["provision_mode"]


@pytest.mark.duty("R-026")
def test_a_document_of_an_enterprise_loads_where_a_departments_is_refused(tmp_path: Path) -> None:
    city = tmp_path / "city"
    (city / "resources").mkdir(parents=True)
    (city / "resources" / "r.yaml").write_text(
        "id: r\ntitle: 用户\ndepartment: gy\nsystem: 客户系统\nprovision_mode: file\nsharing: {class: unconditional}\n"
        "opening: {class: unconditional}\nupdate_cycle: monthly\nkey: [code]\nitems: [{id: code, title: 编号}]\n",
        encoding="utf-8",
    )
    departments = "departments: [{id: gy, name: 水务集团, kind: public_enterprise}]"
    (city / "departments.yaml").write_text(departments, encoding="utf-8")
    assert load_city(city).resource("r").share_until is None
    (city / "departments.yaml").write_text(departments.replace("public_enterprise", "institution"), encoding="utf-8")
    with pytest.raises(DocumentError) as caught:
        load_city(city)
    assert "storage_format（存储格式）" in caught.value.zh
    assert "share_until（共享期限）" in caught.value.zh


def test_a_default_is_not_a_statement_and_an_empty_text_neither() -> None:
    template = founding()
    assert missing_of(entry("storage_format"), DepartmentKind.GOVERNMENT, template) == ["storage_format"]
    assert missing_of(entry(share_until=""), DepartmentKind.GOVERNMENT, template) == ["share_until"]


CITY_NORM = """\
norms:
  - id: city_compilation
    number: 目录编制规范
    title: 本市目录编制规范
    version: 2026
    kind: city
    effective_from: 2026-01-01
    effective_to: 2026-12-31
    compilation: {fields: [title, abstract], where_conditional: [sharing.condition]}
  - id: city_compilation
    number: 目录编制规范
    title: 本市目录编制规范
    version: 2027
    kind: city
    effective_from: 2027-01-01
    compilation: {fields: [title, abstract, items.grade], by_kind: {public_enterprise: [title]}}
"""


def own_norms(tmp_path: Path, text: str = CITY_NORM) -> Norms:
    city = tmp_path / "city"
    city.mkdir(exist_ok=True)
    (city / "departments.yaml").write_text("departments: [{id: ga, name: 公安局}]", encoding="utf-8")
    (city / "norms.yaml").write_text(text, encoding="utf-8")
    return load_city(city).norms


@pytest.mark.duty("R-022")
def test_the_citys_norm_holds_in_the_version_of_the_day(tmp_path: Path) -> None:
    norms, ga = own_norms(tmp_path), unit(DepartmentKind.GOVERNMENT)
    assert norms.missing(entry(), ga, date(2025, 12, 31)) == [], "before it, ours holds, which asks no abstract"
    assert norms.missing(entry(), ga, date(2026, 1, 1)) == ["abstract"]
    assert norms.missing(entry(), ga, date(2026, 12, 31)) == ["abstract"]
    assert norms.missing(entry(abstract="摘要"), ga, date(2027, 1, 1)) == ["items.grade"]
    graded = entry(abstract="摘要", items=[{"id": "code", "title": "编号", "grade": 1}])
    assert norms.missing(graded, ga, date(2027, 1, 1)) == []
    assert norms.missing(entry(), unit(DepartmentKind.PUBLIC_ENTERPRISE), date(2027, 1, 1)) == []


def test_a_condition_is_asked_of_a_conditional_class_alone(tmp_path: Path) -> None:
    norms, ga = own_norms(tmp_path), unit(DepartmentKind.GOVERNMENT)
    based = {"class": "conditional", "reason": "含个人信息", "legal_basis": "条例第十六条"}
    assert norms.missing(entry(abstract="摘要"), ga, DAY) == []
    assert norms.missing(entry(abstract="摘要", sharing=based), ga, DAY) == ["sharing.condition"]
    assert norms.missing(entry(abstract="摘要", sharing=based | {"condition": "限履职"}), ga, DAY) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("abstract, items.grade", "abstrakt", "是否想写 abstract？"),
        ("effective_to: 2026-12-31", "effective_to: 2027-01-01", "同时有效"),
        ("effective_to: 2026-12-31", "effective_to: 2025-12-31", "effective_to"),
        ("version: 2027", "version: 2026", "重复"),
        ("kind: city", "kind: city\n    issued_by: [buero]", "没有名为 buero 的部门"),
        ("kind: city", "kind: city\n    issued_by: [ga, ga]", "issued_by"),
        ("kind: city", "kind: city\n    domains: [sharing, fishing]", "domains"),
    ],
)
def test_a_wrong_norm_is_refused_with_its_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in CITY_NORM
    with pytest.raises(DocumentError) as caught:
        own_norms(tmp_path, CITY_NORM.replace(old, new))
    assert "city/norms.yaml:" in caught.value.zh
    assert told in caught.value.zh


def test_every_field_a_norm_may_ask_for_can_be_stated_and_left_out() -> None:
    bare = entry()
    for field in FIELDS:
        head = field.split(".")[0]
        assert head in Resource.model_fields
        stated = missing_of(bare, DepartmentKind.GOVERNMENT, founding().model_copy(update={"fields": [field]})) == []
        assert stated == (field in NINE), field


# --- versions and citations -------------------------------------------------------------------------------------------

OLD_AND_NEW = Norms(
    [
        norm("gb_t_4754", "GB/T 4754", "2011", "2011-11-01", "2017-09-30"),
        norm("gb_t_4754", "GB/T 4754", "2017", "2017-10-01"),
        norm("gb_11643", "GB 11643", "1999", "1999-07-01"),
        norm("gb_t_2260", "GB/T 2260", "2007", None),
        norm("gb_t_2261_1", "GB/T 2261.1", "2003", None),
        norm("coming", "GB/T 9999", "2027", "2027-05-01"),
        norm("civil_code", "民法典", None, "2021-01-01", kind="law"),
    ]
)


@pytest.mark.duty("R-018", "R-019")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GB/T 4754-2017", [(Standing.BOUND, "GB/T 4754-2017")]),
        ("GB/T 4754", [(Standing.BOUND, "GB/T 4754-2017")]),
        ("GB/T 4754-2011 门类", [(Standing.SUPERSEDED, "GB/T 4754-2011")]),
        ("GB/T 4754-2025", [(Standing.UNREGISTERED, None)]),
        ("GB/T 9999-2027", [(Standing.NOT_YET, "GB/T 9999-2027")]),
        ("GB 11643-1999 顺序码", [(Standing.BOUND, "GB 11643-1999")]),
        ("GB/T2260", [(Standing.BOUND, "GB/T 2260-2007")]),
        ("GB/T 22601", [(Standing.UNREGISTERED, None)]),
        ("GB/T 2261.1-2003", [(Standing.BOUND, "GB/T 2261.1-2003")]),
        ("GB 11643-1999、GB/T 2260", [(Standing.BOUND, "GB 11643-1999"), (Standing.BOUND, "GB/T 2260-2007")]),
        ("民法典第一千零四十六条", [(Standing.BOUND, "民法典")]),
        ("经验", [(Standing.UNREGISTERED, None)]),
    ],
)
def test_a_text_is_bound_to_the_version_it_names(text: str, expected: list[tuple[Standing, str | None]]) -> None:
    found = citations(text, OLD_AND_NEW, DAY)
    assert [(one.standing, one.norm.cited if one.norm else None) for one in found] == expected


@pytest.mark.duty("R-018")
def test_a_superseded_standard_is_told_with_the_one_in_force_and_held_before() -> None:
    rules = [("r.industry", "GB/T 4754-2011"), ("r.id", "GB 11643-1999"), ("r.own", "听说的")]
    now = check_cited(rules, OLD_AND_NEW, DAY)
    assert [(one.subject, one.citation.standing) for one in now] == [
        ("r.industry", Standing.SUPERSEDED),
        ("r.own", Standing.UNREGISTERED),
    ]
    assert "现行版本为 GB/T 4754-2017" in now[0].citation.message()[0]
    then = check_cited(rules, OLD_AND_NEW, date(2016, 1, 1))
    assert [one.subject for one in then] == ["r.own"], "it was in force then"


@pytest.mark.duty("R-019")
@pytest.mark.parametrize(
    ("named", "day", "standing", "instead"),
    [
        ("gb_t_4754@2017", DAY, Standing.BOUND, None),
        ("gb_t_4754@2011", DAY, Standing.SUPERSEDED, "GB/T 4754-2017"),
        ("gb_t_4754@2011", date(2016, 1, 1), Standing.BOUND, None),
        ("gb_t_4754@2017", date(2016, 1, 1), Standing.NOT_YET, "GB/T 4754-2011"),
        ("gb_t_4754@2025", DAY, Standing.UNREGISTERED, "GB/T 4754-2017"),
        ("gb_t_9@2025", DAY, Standing.UNREGISTERED, None),
        ("civil_code", DAY, Standing.BOUND, None),
    ],
)
def test_a_document_is_bound_to_one_version_and_told_when_another_holds(
    named: str, day: date, standing: Standing, instead: str | None
) -> None:
    name, _, version = named.partition("@")
    found = bound_to(NormVersion(id=name, version=version or None), OLD_AND_NEW, day)
    assert (found.text, found.standing, found.instead.cited if found.instead else None) == (named, standing, instead)


@given(st.dates(date(1990, 1, 1), date(2060, 1, 1)))
def test_at_most_one_version_of_a_norm_is_in_force(day: date) -> None:
    held = [one.id for one in shipped_norms() if one.in_force(day)]
    assert len(held) == len(set(held))
    assert sum(one.compilation is not None and one.in_force(day) for one in shipped_norms()) == 1


def test_the_last_day_counts_and_the_day_after_does_not() -> None:
    last = date(2017, 9, 30)
    assert OLD_AND_NEW.norm("gb_t_4754", last).version == "2011"
    assert OLD_AND_NEW.norm("gb_t_4754", last + timedelta(days=1)).version == "2017"
    with pytest.raises(UserError, match="No version of gb_t_4754 is in force"):
        OLD_AND_NEW.norm("gb_t_4754", date(2000, 1, 1))
    with pytest.raises(UserError, match="Did you mean gb_11643"):
        OLD_AND_NEW.norm("gb_11634", DAY)


def test_a_home_replaces_a_shipped_version_and_keeps_the_others() -> None:
    mine = norm("gb_t_2260", "GB/T 2260", "2007", "2008-02-01", note="按民政部公布")
    norms = Norms(shipped_norms(), [mine])
    assert [one.note for one in norms if one.id == "gb_t_2260"] == ["按民政部公布"]
    assert len(list(norms)) == len(shipped_norms())


def test_two_norms_of_compilation_at_once_are_refused() -> None:
    asked = {"fields": ["title"]}
    both = [
        {"id": name, "number": name, "title": name, "kind": "city", "compilation": asked} for name in ("one", "other")
    ]
    with pytest.raises(ValidationError, match="in force at once"):
        NormDocument.model_validate({"norms": both})


@pytest.mark.duty("R-018")
def test_every_element_of_ours_rests_on_a_norm_in_force() -> None:
    named = [(one.id, one.standard) for one in elements() if one.standard]
    assert named
    assert check_cited(named, Norms.standard(), DAY) == []


@pytest.mark.duty("R-022")
def test_the_demo_citys_entries_follow_its_norm_of_today() -> None:
    city = load_city(DOCUMENTS)
    template = city.norms.compilation_on(DAY)
    assert template is not None
    assert (template.id, template.version) == ("city_compilation", "2026")
    assert {
        one.id: missing
        for one in city.resources
        if (missing := city.norms.missing(one, city.department(one.department), DAY))
    } == {}
    later = date(2028, 1, 1)
    assert {one.id for one in city.resources if city.norms.missing(one, city.department(one.department), later)} == {
        "sw_tax_registration"
    }
