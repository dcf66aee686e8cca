"""An empty catalogue sheet to begin with: the columns, lists to choose coded words from, and what each column means."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from catalog.departments import Department
from catalog.interchange.columns import Column, columns, mandatory
from catalog.interchange.sheets import SHEET, head, written
from catalog.interchange.words import Words

ROWS = 5_000
"""Rows below the header that offer lists to choose from."""

_RULES = (
    "一行一个信息项。同一资源有多个信息项的，资源各列可逐行重复，也可只填第一行，其下留空表示同上。",
    "不要合并单元格；不要改列名；列的次序可变，用不到的非必填列可删去。",
    "共享类型、更新周期等请从下拉列表中选词，不写 1、2、3：各系统的数字含义不同。",
    "有条件、不予共享（开放）的，须填理由与法律依据（写到条），有条件的并填条件。",
    "通过共享获得的数据不得作为本部门的信息项登记；涉及国家秘密的不得登记。",
    "资源标识、信息项标识可不填，导入时按部门与名称的拼音首字母生成。",
)


def write_template(
    path: Path, *, departments: Sequence[Department], words: Words, asked_for: Iterable[str] = ()
) -> None:
    """Write the empty workbook.

    Args:
        path: where to.
        departments: offered as providers.
        words: offered as coded words, the city's own among them.
        asked_for: fields that the city's instrument asks for, in its own words.
    """
    needed = {one.id for one in mandatory(asked_for)}
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet(SHEET)
        head(book, sheet)
        text = book.add_format({"num_format": "@"})
        sheet.set_column(0, len(written()) - 1, 16, text)
        _explain(book, needed, words)
        _offer(book, sheet, departments, words)


def _explain(book: Any, needed: Collection[str], words: Words) -> None:
    sheet = book.add_worksheet("填写说明")
    bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    sheet.write_row(0, 0, [f"列的依据：{columns().norm}及本市规定；模板版本 {columns().version}"], bold)
    for line, rule in enumerate(_RULES, start=1):
        sheet.write_string(line, 0, f"{line}. {rule}")
    start = len(_RULES) + 2
    sheet.write_row(start, 0, ["列", "英文", "填写", "说明", "可填的词", "也认的列名"], bold)
    for line, one in enumerate(written(), start=start + 1):
        must = "必填" if one.id in needed else ""
        level = "每个资源" if one.level == "resource" else "每个信息项"
        choices = "、".join(words.choices(one.words)) if one.words and one.words != "format" else ""
        cells = [
            one.title,
            one.en,
            f"{level}{'，' if must else ''}{must}",
            one.note or "",
            choices,
            "、".join(one.aliases),
        ]
        for place, cell in enumerate(cells):
            sheet.write_string(line, place, cell, wrap)
    for place, width in enumerate((20, 26, 18, 44, 44, 44)):
        sheet.set_column(place, place, width)


def _offer(book: Any, sheet: Any, departments: Sequence[Department], words: Words) -> None:
    """Lists to choose from, kept on a hidden sheet: a list within a cell's rule is cut off at 255 characters."""
    lists = book.add_worksheet("词表")
    lists.hide()
    offered: list[tuple[Column, Sequence[str]]] = [
        (one, words.choices(one.words)) for one in written() if one.words and one.words not in ("format", "type")
    ]
    providers = [one.name for one in departments]
    offered += [(one, providers) for one in written() if one.id == "provider"]
    places = {one.id: place for place, one in enumerate(written())}
    for place, (one, values) in enumerate(offered):
        lists.write_column(0, place, values)
        name = xl_col_to_name(place, col_abs=True)
        if not values:
            continue
        sheet.data_validation(
            1, places[one.id], ROWS, places[one.id],
            {
                "validate": "list", "source": f"=词表!{name}$1:{name}${len(values)}", "error_type": "warning",
                "error_title": "请从列表中选择", "error_message": "列表以外的词可能无法识别。",
            },
        )  # fmt: skip
