"""The register of information systems, held against departments and the entries that name a system."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from catalog.city import City
from catalog.documents import load_city
from catalog.systems import NO_SYSTEM, InformationSystem, Protection
from ground.errors import DocumentError, UserError

DEPARTMENTS = """\
departments:
  - {id: bureau, name: 大数据局, kind: authority}
  - {id: ga, name: 公安局}
  - {id: sw, name: 税务局}
  - {id: sw_east, name: 东区税务局, level: district, parent: sw, vertical: true}
"""
SYSTEMS = """\
systems:
  - {id: hukou, name: 户籍管理系统, department: ga, hosting: government_cloud, tables: [t_household, t_move]}
  - {id: tax, name: 金税工程, department: sw, hosting: superior}
"""
ENTRY = """\
id: r
title: 户籍登记
department: ga
system: 户籍管理系统
table: t_household
storage_format: database
share_until: 长期
provision_mode: file
sharing: {class: unconditional}
opening: {class: unconditional}
update_cycle: monthly
key: [code]
items: [{id: code, title: 编号}]
"""


def load(directory: Path, entry: str = ENTRY, systems: str | None = SYSTEMS) -> City:
    city = directory / "city"
    (city / "resources").mkdir(parents=True, exist_ok=True)
    (city / "departments.yaml").write_text(DEPARTMENTS, encoding="utf-8")
    (city / "resources" / "r.yaml").write_text(entry, encoding="utf-8")
    if systems is not None:
        (city / "systems.yaml").write_text(systems, encoding="utf-8")
    return load_city(city)


def refused(tmp_path: Path, *, entry: tuple[str, str] = ("", ""), systems: tuple[str, str] = ("", "")) -> str:
    assert entry[0] in ENTRY
    assert systems[0] in SYSTEMS
    with pytest.raises(DocumentError) as caught:
        load(tmp_path, ENTRY.replace(*entry, 1), SYSTEMS.replace(*systems, 1))
    assert len(caught.value.zh.splitlines()) == len(caught.value.en.splitlines()) == 2
    return caught.value.zh.splitlines()[1]


def test_an_entry_finds_its_system(tmp_path: Path) -> None:
    city = load(tmp_path)
    found = city.system_of("r")
    assert found is not None
    assert found.id == "hukou"
    assert city.system("tax").name == "金税工程"
    with pytest.raises(UserError, match="Did you mean hukou"):
        city.system("hukuo")


def test_a_city_without_the_register_checks_no_names(tmp_path: Path) -> None:
    city = load(tmp_path, ENTRY.replace("户籍管理系统", "没有登记的系统"), systems=None)
    assert city.systems == ()
    assert city.system_of("r") is None


def test_a_system_that_is_not_registered_is_told_with_the_close_match(tmp_path: Path) -> None:
    line = refused(tmp_path, entry=("system: 户籍管理系统", "system: 户籍管理"))
    assert line.startswith("city/resources/r.yaml:4 system: ")
    assert "是否想写 户籍管理系统？" in line


def test_a_system_of_another_department_is_refused(tmp_path: Path) -> None:
    line = refused(tmp_path, entry=("system: 户籍管理系统", "system: 金税工程"))
    assert "登记在 sw 名下，不是本资源的部门 ga" in line


def test_a_unit_managed_vertically_works_in_its_managers_system(tmp_path: Path) -> None:
    text = ENTRY.replace("department: ga", "department: sw_east").replace(
        "户籍管理系统\ntable: t_household", "金税工程"
    )
    found = load(tmp_path, text).system_of("r")
    assert found is not None
    assert found.id == "tax"


def test_a_table_the_system_does_not_have_is_told(tmp_path: Path) -> None:
    line = refused(tmp_path, entry=("table: t_household", "table: t_houshold"))
    assert line.startswith("city/resources/r.yaml:5 table: ")
    assert "是否想写 t_household？" in line


def test_a_system_of_an_unknown_department_is_told(tmp_path: Path) -> None:
    line = refused(tmp_path, systems=("department: sw", "department: xw"))
    assert line.startswith("city/systems.yaml:3 systems.1.department: 没有名为 xw 的部门。")


def test_without_a_system_data_are_uploaded_by_hand(tmp_path: Path) -> None:
    text = ENTRY.replace(
        "system: 户籍管理系统\ntable: t_household", f"system: {NO_SYSTEM}\ngathering: {{mode: manual}}"
    )
    assert load(tmp_path, text).system_of("r") is None
    with pytest.raises(DocumentError, match="uploaded by hand"):
        load(tmp_path, text.replace("manual", "real_time"))


def test_an_unreadable_register_is_told_once(tmp_path: Path) -> None:
    line = refused(tmp_path, systems=("hosting: superior", "hosting: cellar"))
    assert line.startswith("city/systems.yaml:3")
    assert "hosting" in line


def test_the_register_is_part_of_the_catalogue(tmp_path: Path) -> None:
    one = load(tmp_path / "one")
    other = load(tmp_path / "other", systems=SYSTEMS.replace("t_move", "t_moved"))
    assert one.digest != other.digest
    assert one.content["systems"][0]["tables"] == ["t_household", "t_move"]


def test_an_exempt_system_says_why_and_an_assessment_ends_after_it_began() -> None:
    with pytest.raises(ValidationError, match="migration_note"):
        InformationSystem.model_validate(
            {"id": "a", "name": "甲", "department": "ga", "hosting": "own_room", "migration": "exempt"}
        )
    with pytest.raises(ValidationError, match="expires_on"):
        Protection.model_validate({"grade": 3, "assessed_on": "2026-01-02", "expires_on": "2026-01-01"})
