"""Which row holds the titles: tables in, the row out."""

from __future__ import annotations

import pytest

from pipelines.intake.drafting import header


def rows(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in text.strip("\n").splitlines()]


CASES = {
    "titles over values": ("编号 | 名称 | 面积\n001 | 甲 | 12.5\n002 | 乙 | 8", (1, 1, False)),
    "Latin titles": ("code|name|cityCode\n110101|东城区|1101\n110102|西城区|1101", (1, 1, False)),
    "headings above": ("全市厕所名录 | | \n制表：某局 | | \n编号 | 名称 | 男厕位\n1|甲|3\n2|乙|4", (3, 1, False)),
    "no titles, numbers": ("甲|363.96|2005|8500000.0\n乙|140.35|2013|1700000.0\n丙|110.56|2015|1350000.0", (0, 1, False)),
    "no titles, one column": ("汉族\n蒙古族\n回族\n藏族", (0, 1, False)),
    "no titles, all text": ("甲资料|提供甲|/dataset/a\n乙资料|提供乙|/dataset/b\n丙资料|提供丙|/dataset/c\n丁资料|提供丁|/dataset/d", (0, 1, False)),
    "all text with titles": ("姓名|备注\n张伟|好\n李娜|好", (1, 1, False)),
    "merged cells": ("姓名|保障金| |备注\n |月标准|人数| \n张伟|600|3|无\n李娜|700|2|无\n王芳|650|1|无", (1, 2, False)),
    "sub-headings": ("序号|学校|代码\n北京市| | \n1|甲校|4111\n2|乙校|4112\n天津市| | \n3|丙校|4113", (1, 1, True)),
    "a code list of codes": ("代码|含义\n01|汉族\n02|蒙古族\n03|回族", (1, 1, False)),
    "dates below": ("日期|数值\n2026-01-01|3\n2026-01-02|4", (1, 1, False)),
    "nothing": ("", (1, 1, False)),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_row_of_titles(case):
    text, expected = CASES[case]
    found = header.find(rows(text), merged=True)
    assert (found.row, found.rows, found.subheadings) == expected, found.why
    assert all(found.why)


def test_text_files_have_no_merged_cells():
    found = header.find(rows(CASES["merged cells"][0]))
    assert found.rows == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [("12", True), ("-1,234.5", True), ("3%", True), ("1e5", True), ("2026-11-21", True), ("2026年11月", True), ("08:30", True),
     ("A12", False), ("编号", False), ("", False), ("12岁", False)],
)  # fmt: skip
def test_values_and_titles(text, value):
    assert header.looks_like_value(text) is value
