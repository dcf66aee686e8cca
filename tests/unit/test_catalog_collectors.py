"""Who collects which fact by law, and that the register of sources keeps to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.city import City
from catalog.collectors import Certainty, LawfulCollectors, shipped_collectors
from catalog.documents import load_city
from ground.errors import DocumentError
from simulation.declared import DOCUMENTS
from standards.elements import elements

LIST = LawfulCollectors.standard()

DEPARTMENTS = """\
departments:
  - {id: ga, name: 公安局, functions: [public_security]}
  - {id: mz, name: 民政局, functions: [civil_affairs]}
  - {id: wj, name: 卫健委, functions: [health]}
  - {id: sc, name: 市监局, functions: [market_regulation]}
  - {id: mz_east, name: 东区民政局, level: district, parent: mz, vertical: true}
"""
REGISTER = """\
libraries:
  population:
    title: 人口库
    base: population
    key: citizen_id
    key_in: {people: citizen_id, marriage: citizen_id}
    items:
      name: {title: 姓名, authority: people}
      marital: {title: 婚姻状况, authority: marriage}
  legal_person:
    title: 法人库
    base: legal_person
    key: credit_code
    key_in: {company: credit_code, society: credit_code}
    items:
      org_name: {title: 名称, authority: company, co_authorities: [society]}
"""
COMMON = """\
storage_format: database
share_until: 长期
provision_mode: file
sharing: {class: unconditional}
opening: {class: unconditional}
update_cycle: monthly
system: 系统
"""
PEOPLE = "id: people\ntitle: 户籍\ndepartment: ga\nkey: [citizen_id]\nitems:\n"
PEOPLE += "  - {id: citizen_id, title: 公民身份号码, element: citizen_id}\n  - {id: name, title: 姓名, element: person_name}\n"
MARRIAGE = "id: marriage\ntitle: 婚姻\ndepartment: mz\nkey: [citizen_id]\nitems:\n"
MARRIAGE += "  - {id: citizen_id, title: 公民身份号码, element: citizen_id}\n  - {id: marital, title: 婚姻状况, element: marital}\n"
COMPANY = "id: company\ntitle: 主体\ndepartment: sc\nkey: [credit_code]\nitems:\n"
COMPANY += "  - {id: credit_code, title: 统一社会信用代码, element: credit_code}\n  - {id: org_name, title: 名称, element: organisation_name}\n"
SOCIETY = COMPANY.replace("id: company", "id: society").replace("department: sc", "department: mz")
SOUND = {
    "departments.yaml": DEPARTMENTS,
    "register.yaml": REGISTER,
    "resources/people.yaml": COMMON + PEOPLE,
    "resources/marriage.yaml": COMMON + MARRIAGE,
    "resources/company.yaml": COMMON + COMPANY,
    "resources/society.yaml": COMMON + SOCIETY,
}


def load(directory: Path, **changed: tuple[str, str]) -> City:
    """The sound city with one text replaced per document; ``resources/people.yaml`` is ``people``."""
    city = directory / "city"
    (city / "resources").mkdir(parents=True, exist_ok=True)
    for name, text in SOUND.items():
        old, new = changed.get(Path(name).stem, ("", ""))
        assert old in text, "the test replaces nothing"
        (city / name).write_text(text.replace(old, new) if old else text, encoding="utf-8")
    return load_city(city)


def refused(directory: Path, **changed: tuple[str, str]) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        load(directory, **changed)
    zh, en = caught.value.zh.splitlines()[1:], caught.value.en.splitlines()[1:]
    assert [line.split(": ")[0] for line in zh] == [line.split(": ")[0] for line in en]
    return zh


# --- the list ---------------------------------------------------------------------------------------------------------


@pytest.mark.duty("R-056", "R-052")
@pytest.mark.parametrize(
    ("element", "functions"),
    [
        ("person_name", {"public_security"}),
        ("birth_date", {"public_security"}),
        ("household_no", {"public_security"}),
        ("marital", {"civil_affairs"}),
        ("death_date", {"health", "public_security", "civil_affairs"}),
        ("mother_id", {"health", "public_security"}),
        ("medical_insured_kind", {"medical_security"}),
        ("insured_state", {"human_resources", "taxation"}),
        ("school_state", {"education", "human_resources"}),
        ("disability_level", {"disabled_federation"}),
        ("fund_state", {"housing_fund"}),
        ("benefit_state", {"civil_affairs"}),
    ],
)
def test_facts_about_persons_have_their_lawful_collector(element: str, functions: set[str]) -> None:
    assert {function for one in LIST.of(element, "person") for function in one.lawful} == functions


@pytest.mark.duty("R-057", "R-052")
@pytest.mark.parametrize(
    ("element", "functions"),
    [
        ("business_scope", {"market_regulation"}),
        ("organisation_type", {"civil_affairs", "staffing"}),
        ("tax_state", {"taxation"}),
        ("employees", {"statistics"}),
    ],
)
def test_facts_about_organisations_have_their_lawful_collector(element: str, functions: set[str]) -> None:
    assert {function for one in LIST.of(element, "legal_person") for function in one.lawful} == functions


@pytest.mark.duty("R-057")
def test_every_register_of_organisations_names_its_own() -> None:
    found = {one.collector for one in LIST.of("organisation_name", "legal_person")}
    assert {
        "market_regulation",
        "civil_affairs",
        "staffing",
        "justice",
        "religion",
        "trade_union",
        "agriculture",
    } <= found


def test_a_title_goes_before_an_element_and_an_element_before_the_whole_subject() -> None:
    assert [one.id for one in LIST.of("address", "person")] == ["household_registration"]
    assert [one.id for one in LIST.of("address", "person", "健康档案现住址")] == ["health_record"]
    assert [one.id for one in LIST.of("area", "parcel")] == ["land_survey"]
    assert LIST.of("phone", "person") == ()
    assert LIST.of("marital", "parcel")[0].id == "land_survey", "a subject without classes by element is one class"


def test_the_list_names_elements_functions_and_subjects_that_exist() -> None:
    known = {one.id for one in elements()}
    assert {name for one in shipped_collectors().classes for name in one.elements} <= known
    assert {one.key_element for one in shipped_collectors().subjects if one.key_element} <= known
    assert LIST.unknown_names() == []
    assert all(one.source for one in shipped_collectors().classes)


# --- the register is driven by it -------------------------------------------------------------------------------------


@pytest.mark.duty("R-052")
def test_lawful_authorities_load(tmp_path: Path) -> None:
    assert load(tmp_path).register.libraries["population"].items["name"].authority == "people"


@pytest.mark.duty("R-052", "R-056")
def test_an_authority_that_does_not_collect_by_law_is_refused_naming_who_does(tmp_path: Path) -> None:
    lines = refused(tmp_path, people=("department: ga", "department: wj"))
    assert len(lines) == 1
    assert lines[0].startswith("city/register.yaml:8 libraries.population.items.name: ")
    assert "由公安依法采集：公安局（ga）；卫健委（wj）没有此项职能" in lines[0]


@pytest.mark.duty("R-052", "R-057")
def test_a_co_authority_is_held_to_it_too(tmp_path: Path) -> None:
    lines = refused(tmp_path, society=("department: mz", "department: ga"))
    assert len(lines) == 1
    assert "民政局（mz）" in lines[0]
    assert "公安局（ga）没有此项职能" in lines[0]


@pytest.mark.duty("R-052")
def test_what_a_library_calls_an_item_decides_not_what_the_source_does(tmp_path: Path) -> None:
    """Else the federation would be the lawful source of marital states, as of everything else that it has."""
    item = "  - {id: marital, title: 婚姻状况, element: marital}\n"
    lines = refused(
        tmp_path,
        marriage=(item, "  - {id: marital, title: 残疾类别, element: disability_kind}\n"),
        departments=("[civil_affairs]", "[disabled_federation]"),
    )
    assert any("“婚姻状况”（婚姻登记）由民政依法采集" in line for line in lines)


def test_an_agreement_with_its_document_is_accepted(tmp_path: Path) -> None:
    agreed = ("{title: 姓名, authority: people}", "{title: 姓名, authority: people, agreed: 会议纪要〔2026〕1号}")
    city = load(tmp_path, people=("department: ga", "department: wj"), register=agreed)
    assert city.register.libraries["population"].items["name"].agreed == "会议纪要〔2026〕1号"
    lines = refused(tmp_path, register=("authority: people}", 'authority: people, agreed: ""}'))
    assert "agreed" in lines[0], "an agreement without a document is none"


def test_a_unit_managed_vertically_collects_by_its_managers_function(tmp_path: Path) -> None:
    assert load(tmp_path, marriage=("department: mz", "department: mz_east"))


def test_corroborating_and_fallback_sources_need_no_function(tmp_path: Path) -> None:
    more = (
        "{title: 姓名, authority: people}",
        "{title: 姓名, authority: people, corroborating: [marriage], fallback: [marriage]}",
    )
    item = "  - {id: marital, title: 婚姻状况, element: marital}\n"
    assert load(tmp_path, register=more, marriage=(item, item + "  - {id: name, title: 姓名, element: person_name}\n"))


def test_where_no_department_declares_functions_nobody_is_refused(tmp_path: Path) -> None:
    stripped = DEPARTMENTS
    for one in ("public_security", "civil_affairs", "health", "market_regulation"):
        stripped = stripped.replace(f", functions: [{one}]", "")
    assert load(tmp_path, departments=(DEPARTMENTS, stripped), people=("department: ga", "department: wj"))


def test_one_department_with_a_function_is_enough_to_hold_all_to_it(tmp_path: Path) -> None:
    lines = refused(tmp_path, departments=(", functions: [public_security]", ""))
    assert "本市尚无部门登记此项职能" in lines[0]


def test_a_function_that_does_not_exist_is_told_with_the_close_match(tmp_path: Path) -> None:
    lines = refused(tmp_path, departments=("[public_security]", "[public_securty]"))
    assert lines[0].startswith("city/departments.yaml:2 departments.0.functions.0: 没有名为 public_securty 的职能。")
    assert "是否想写 public_security？" in lines[0]


@pytest.mark.duty("R-056")
def test_persons_are_keyed_by_the_citizen_id(tmp_path: Path) -> None:
    lines = refused(
        tmp_path,
        people=("element: citizen_id", "element: passport"),
        marriage=("element: citizen_id", "element: passport"),
    )
    assert {line.split(": ")[0] for line in lines} == {
        "city/register.yaml:6 libraries.population.key_in.people",
        "city/register.yaml:6 libraries.population.key_in.marriage",
    }
    assert "自然人以 citizen_id 为唯一标识" in lines[0]


@pytest.mark.duty("R-057")
def test_organisations_are_keyed_by_the_credit_code(tmp_path: Path) -> None:
    wrong = ("element: credit_code", "element: registration_number")
    lines = refused(tmp_path, company=wrong, society=wrong)
    assert len(lines) == 2
    assert "以 credit_code 为唯一标识" in lines[0]


def test_a_library_may_say_what_it_is_about(tmp_path: Path) -> None:
    lines = refused(tmp_path, register=("base: population", "subject: parcell"))
    assert "是否想写 parcel？" in lines[0]
    lines = refused(tmp_path, register=("base: population", "subject: poi"))
    assert any("没有法定采集部门，由 ga 牵头须经商定" in line for line in lines)


# --- a home's own list ------------------------------------------------------------------------------------------------

OWN = """\
functions: [{id: city_brain, title: 城市运行}]
classes:
  - {id: marriage, title: 婚姻登记, subject: person, elements: [marital], collector: city_brain, certainty: high, source: 本市方案}
"""


def own(directory: Path, text: str) -> None:
    (directory / "city").mkdir(exist_ok=True)
    (directory / "city" / "collectors.yaml").write_text(text, encoding="utf-8")


@pytest.mark.duty("R-052")
def test_a_home_says_otherwise_by_the_same_id(tmp_path: Path) -> None:
    own(tmp_path, OWN)
    lines = refused(tmp_path)
    assert len(lines) == 1
    assert "由城市运行依法采集" in lines[0]
    city = load(tmp_path, departments=("[civil_affairs]", "[civil_affairs, city_brain]"))
    assert [one.collector for one in city.collectors.of("marital", "person")] == ["city_brain"]
    assert city.content["collectors"]["functions"][0]["id"] == "city_brain"


def test_a_class_of_low_certainty_is_told_and_not_enforced(tmp_path: Path) -> None:
    own(tmp_path, OWN.replace("certainty: high", "certainty: low"))
    city = load(tmp_path)
    assert city.collectors.of("marital", "person")[0].certainty is Certainty.LOW


def test_a_class_that_names_nobody_is_refused_with_its_line(tmp_path: Path) -> None:
    own(tmp_path, OWN.replace("collector: city_brain", "collector: city_brian"))
    lines = refused(tmp_path)
    assert lines[0].startswith("city/collectors.yaml:3 classes.0.collector: 没有名为 city_brian 的职能。")
    assert "是否想写 city_brain？" in lines[0]


@pytest.mark.duty("R-052")
def test_the_demo_citys_register_keeps_to_the_list_and_says_what_was_agreed() -> None:
    city = load_city(DOCUMENTS)
    assert sum(bool(one.functions) for one in city.departments) > 15
    agreed = {
        name for name, library in city.register.libraries.items() if any(item.agreed for item in library.items.values())
    }
    assert agreed == {"place_poi"}
