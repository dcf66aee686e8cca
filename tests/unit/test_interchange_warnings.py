"""What a sheet says that only the submission would refuse: told at import, cell by cell, with what was probably meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from interchange_entries import DEPARTMENTS
from interchange_sheets import HEADER, PLAIN, plan, sheet

from catalog.departments import Department
from catalog.interchange.cells import Cells
from catalog.interchange.entries import _told
from catalog.interchange.names import Providers, standards
from catalog.interchange.plan import ImportPlan, import_catalogue
from catalog.interchange.reading import read_table
from catalog.interchange.systems import KnownSystems
from catalog.interchange.words import Words
from catalog.systems import InformationSystem

EAST = Department(id="east_mz", name="东区民政局", parent="mz", vertical=True)


def system(name: str, department: str = "mz", **more: Any) -> InformationSystem:
    return InformationSystem(
        id=f"s{abs(hash(name))}", name=name, department=department, hosting="government_cloud", **more
    )


REGISTERED = KnownSystems(
    (system("婚姻登记管理系统（二期）", tables=["hydj", "lhdj"]), system("低保管理系统"), system("人口系统", "ga")),
    (*DEPARTMENTS, EAST),
)
MORE = [*HEADER, "汇聚方式", "数据表名", "采集方式", "例外采集依据", "采集依据", "资源标识", "信息资源摘要"]


def read(tmp_path: Path, /, **cells: str) -> ImportPlan:
    return read_with(REGISTERED, tmp_path, **cells)


def read_with(systems: KnownSystems | None, tmp_path: Path, /, **cells: str) -> ImportPlan:
    said = PLAIN | {"信息系统名称": "低保管理系统"} | cells
    return plan(sheet(tmp_path / "目录.xlsx", [said], MORE), systems=systems)


def warned(found: ImportPlan) -> list[tuple[str, str]]:
    return [(one.cell, one.title) for one in found.warnings]


@pytest.mark.parametrize(
    ("name", "zh"),
    [
        ("婚姻登记系统", "是否应为“婚姻登记管理系统（二期）”"),
        ("人口系统", "登记在公安局名下"),
        ("Q", "已登记的有：低保管理系统"),
    ],
)
def test_a_system_that_is_not_registered_is_told_in_its_cell_with_near_names(
    tmp_path: Path, name: str, zh: str
) -> None:
    found = read(tmp_path, 信息系统名称=name)
    assert found.faults == () and [one.resource.system for one in found.new] == [name]
    assert warned(found) == [("C2", "信息系统名称")]
    assert zh in found.warnings[0].zh and "systems.yaml" in found.warnings[0].en


@pytest.mark.parametrize("written", ["婚姻登记管理系统（二期）", "婚姻登记管理系统(二期)", "婚姻登記管理系統（二期）"])
def test_a_registered_system_is_taken_as_it_is_registered(tmp_path: Path, written: str) -> None:
    found = read(tmp_path, 信息系统名称=written, 数据表名="hydj")
    assert warned(found) == [] and found.new[0].resource.system == "婚姻登记管理系统（二期）"


def test_a_unit_managed_vertically_names_the_systems_of_its_manager(tmp_path: Path) -> None:
    said = PLAIN | {"信息系统名称": "低保管理系统", "信息资源提供方": "东区民政局"}
    path = sheet(tmp_path / "目录.xlsx", [said], MORE)
    found = import_catalogue(
        read_table(path), providers=Providers((*DEPARTMENTS, EAST)), words=Words(), standards=standards(), existing=[],
        systems=REGISTERED,
    )  # fmt: skip
    assert warned(found) == []


def test_what_is_registered_without_tables_or_where_no_register_is_kept_is_taken(tmp_path: Path) -> None:
    assert warned(read(tmp_path, 数据表名="any")) == []
    for none in (None, KnownSystems()):
        assert warned(read_with(none, tmp_path, 信息系统名称="任何系统")) == []


def test_a_table_that_its_system_does_not_have_is_told(tmp_path: Path) -> None:
    found = read(tmp_path, 信息系统名称="婚姻登记管理系统（二期）", 数据表名="hydjj")
    assert [one.title for one in found.warnings] == ["数据表名"] and "是否应为“hydj”" in found.warnings[0].zh


@pytest.mark.parametrize(("mode", "told"), [("实时汇聚", True), ("人工上传", False), ("", False)])
def test_what_has_no_system_is_uploaded_by_hand(tmp_path: Path, mode: str, told: bool) -> None:
    found = read(tmp_path, 信息系统名称="无", **({"汇聚方式": mode} if mode else {}))
    assert (warned(found) != []) is told and found.new[0].resource.system == "无"


NOT_SHARED = {"共享类型": "非共享", "共享理由": "涉及个人隐私"}


@pytest.mark.parametrize(
    ("basis", "zh"),
    [
        ("无", "会被拒绝"),
        ("待补充", "会被拒绝"),
        ("工作需要", "会被拒绝"),
        ("依据有关规定", "主管部门核定"),
        ("国家有关规定", "主管部门核定"),
        ("个人信息保护法第二十五条", ""),
    ],
)
def test_a_basis_that_names_no_law_is_told_in_its_cell(tmp_path: Path, basis: str, zh: str) -> None:
    for cells, title in (
        (NOT_SHARED | {"共享依据": basis}, "共享依据"),
        ({"开放依据": basis}, "开放依据"),
        ({"采集方式": "例外", "例外采集依据": basis}, "例外采集依据"),
    ):
        found = read(tmp_path, **cells)
        assert found.faults == () and len(found.new) == 1, "a draft may wait for its provision"
        assert [one.title for one in found.warnings] == ([title] if zh else [])
        assert all(zh in one.zh and basis in one.en and one.cell.endswith("2") for one in found.warnings)


def test_an_unconditional_class_needs_no_basis_and_the_functions_of_a_department_are_one(tmp_path: Path) -> None:
    assert warned(read(tmp_path, 共享依据="无", 采集依据="三定方案")) == []
    assert [one.title for one in read(tmp_path, 采集依据="待补充").warnings] == ["采集依据"]


def test_every_character_that_nobody_sees_is_told_at_its_cell_with_what_else_is_wrong(tmp_path: Path) -> None:
    found = read(
        tmp_path, 资源标识="坏 标识", 信息资源名称="婚姻\u200b登\ufeff记", 信息项名称="登记\u200b证号", 信息资源提供方="民政\u200b局",
        信息资源摘要="结婚\u200b登记", 更新周期="时常",
    )  # fmt: skip
    told = {one.title: one for one in found.faults}
    assert told.keys() == {"资源标识", "信息资源名称", "信息项名称", "信息资源提供方", "更新周期"}
    title = told["信息资源名称"]
    assert title.zh == "第 3 个字符（U+200B）、第 5 个字符（U+FEFF）看不见。请删去后重写。"
    assert title.en == "The characters 3 (U+200B), 5 (U+FEFF) cannot be seen; write it anew without."
    for said in (told["信息资源提供方"].zh, told["信息资源提供方"].en):
        assert "U+200B" in said and "\u200b" not in said
    assert "信息资源摘要" in [one.title for one in found.warnings], "running text is told, and taken"


def test_what_the_model_alone_sees_is_told_in_each_language_apart(tmp_path: Path) -> None:
    error = {"loc": ("title",), "msg": "Value error, 甲；乙；one, two"}
    cells = Cells(read_table(sheet(tmp_path / "目录.xlsx", [PLAIN])), Words())
    _told(cells, cells.table.rows[0], error)
    assert [(one.zh, one.en) for one in cells.faults] == [("甲；乙。请改正。", "one, two")]


def test_a_bare_number_is_explained_by_classes_in_their_columns_alone(tmp_path: Path) -> None:
    found = read(tmp_path, 更新周期="3", 共享类型="1")
    told = {one.title: one.zh for one in found.faults}
    assert "无条件，在有的系统" in told["共享类型"]
    assert "无条件" not in told["更新周期"] and "请改写词语：" in told["更新周期"] and "每日" in told["更新周期"]
