"""Catalogue sheets as departments write them, for tests: one good row, and what reading a sheet would do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
from interchange_entries import DEPARTMENTS, HAISHU

from catalog.interchange.names import Providers, standards
from catalog.interchange.plan import ImportPlan, import_catalogue
from catalog.interchange.reading import read_table
from catalog.interchange.words import Words

PLAIN = {
    "信息资源名称": "婚姻登记", "信息资源提供方": "民政局", "信息系统名称": "婚姻登记系统", "信息资源格式": "数据库", "提供方式": "库表交换",
    "共享类型": "无条件共享", "开放类型": "不得开放", "开放理由": "含个人隐私", "开放依据": "个人信息保护法第二十五条", "更新周期": "每日", "共享期限": "长期",
    "信息项名称": "登记证号", "数据类型": "字符型(20)", "是否主键": "是",
}  # fmt: skip
HEADER = [*PLAIN, "共享理由", "共享依据", "共享条件", "信息资源代码"]


def sheet(path: Path, rows: list[dict[str, str]], header: list[str] | None = None, above: int = 0) -> Path:
    """A workbook of these rows."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = "目录"
    for _ in range(above):
        page.append(["某市公共数据资源目录"])
    page.append(header or HEADER)
    for row in rows:
        page.append([row.get(name) for name in header or HEADER])
    book.save(path)
    return path


def plan(path: Path, words: Words = HAISHU, existing: list[Any] | None = None, **more: Any) -> ImportPlan:
    return import_catalogue(
        read_table(path),
        providers=Providers(DEPARTMENTS),
        words=words,
        standards=standards(),
        existing=existing or [],
        **more,
    )


def told(found: ImportPlan) -> list[tuple[str, str]]:
    """Cell and column of every fault."""
    return [(one.cell, one.title) for one in found.faults]
