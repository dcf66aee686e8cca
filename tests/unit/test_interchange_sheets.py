"""Catalogue sheets as departments write them: columns in any order and by other names, coded words, and everything that is wrong."""

from __future__ import annotations

import csv
import zipfile
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from interchange_entries import DEPARTMENTS, HAISHU, entry
from interchange_sheets import HEADER, PLAIN, plan, sheet, told

from catalog.interchange.identifiers import initials, is_valid, item_id, resource_id
from catalog.interchange.marked import write_marked
from catalog.interchange.plan import carry_out
from catalog.interchange.reading import read_sheets, read_table
from catalog.interchange.template import write_template
from catalog.interchange.workbook import read_workbook
from ground.errors import DocumentError

# --- rows -----------------------------------------------------------------------------------------------------------


def test_blank_below_the_first_row_is_the_same_resource_and_a_difference_is_a_fault(tmp_path):
    rows = [PLAIN, {"信息项名称": "登记日期", "数据类型": "D"}, {"信息资源名称": "婚姻登记", "信息项名称": "登记机关"}]
    (one,) = plan(sheet(tmp_path / "a.xlsx", rows)).new
    assert [item.title for item in one.resource.items] == ["登记证号", "登记日期", "登记机关"]
    found = plan(sheet(tmp_path / "b.xlsx", [*rows, {"更新周期": "每月", "信息项名称": "状态"}]))
    assert told(found) == [("J5", "更新周期")] and "第 2 行" in found.faults[0].zh


def test_a_department_that_does_not_exist_is_told_with_place_and_the_close_one(tmp_path):
    found = plan(sheet(tmp_path / "a.xlsx", [PLAIN, {**PLAIN, "信息资源名称": "收养", "信息资源提供方": "民正局"}]))
    assert told(found) == [("B3", "信息资源提供方")]
    assert (
        "民正局" in found.faults[0].zh and "是否应为“民政局”" in found.faults[0].zh and "先登记" in found.faults[0].zh
    )
    with pytest.raises(DocumentError) as caught:
        found.check()
    assert "a.xlsx 目录:B3 信息资源提供方" in caught.value.zh and "a.xlsx 目录:B3 信息资源提供方" in caught.value.en


@pytest.mark.parametrize("name", ["民政局", "mz", "11420100000000002B", "民 政 局"])
def test_a_department_is_known_by_name_id_and_credit_code(name, tmp_path):
    assert plan(sheet(tmp_path / "a.xlsx", [{**PLAIN, "信息资源提供方": name}])).new[0].resource.department == "mz"


def test_all_faults_are_told_at_once_and_a_bare_digit_with_its_reason(tmp_path):
    rows = [
        {**PLAIN, "共享类型": "1", "更新周期": "每旬"},
        {**PLAIN, "信息资源名称": "收养登记", "共享类型": "受限共享", "信息项名称": ""},
    ]
    found = plan(sheet(tmp_path / "a.xlsx", rows))
    assert told(found) == [
        ("F2", "共享类型"),
        ("J2", "更新周期"),
        ("L3", "信息项名称"),
        ("O3", "共享理由"),
        ("P3", "共享依据"),
    ]
    assert "数字含义不同" in found.faults[0].zh and "受限共享" in found.faults[0].zh
    assert found.new == () and found.secret == 0


def test_one_wrong_row_in_five_thousand_imports_nothing(tmp_path):
    path = tmp_path / "many.csv"
    with path.open("w", encoding="gb18030", newline="") as stream:
        writer = csv.DictWriter(stream, HEADER)
        writer.writeheader()
        for number in range(5_000):
            wrong = {"更新周期": "有时"} if number == 3_210 else {}
            writer.writerow({**PLAIN, "信息资源名称": f"登记{number}", **wrong})
    found = plan(path)
    assert told(found) == [("J3212", "更新周期")] and len(found.new) == 4_999
    written: list[Any] = []
    with pytest.raises(DocumentError, match="J3212"):
        carry_out(found, lambda drafts, changes: written.append(drafts), update=True)
    assert written == []


def test_a_thousand_faults_are_counted_and_the_first_are_shown(tmp_path):
    found = plan(
        sheet(tmp_path / "a.xlsx", [{**PLAIN, "信息资源名称": f"登记{n}", "更新周期": "有时"} for n in range(100)])
    )
    with pytest.raises(DocumentError) as caught:
        found.check()
    assert (
        "100 处问题" in caught.value.zh and "另有 80 处" in caught.value.zh and len(caught.value.zh.splitlines()) == 22
    )


def test_a_state_secret_is_refused(tmp_path):
    found = plan(sheet(tmp_path / "a.xlsx", [{**PLAIN, "是否涉密": "是"}], [*HEADER, "是否涉密"]))
    assert told(found) == [("S2", "是否涉密")] and found.secret == 1 and found.new == ()


def test_the_same_resource_twice_is_refused_at_the_second(tmp_path):
    other = {**PLAIN, "信息资源名称": "收养登记"}
    again = plan(
        sheet(tmp_path / "a.xlsx", [{**PLAIN, "信息资源代码": "1/1"}, other, {**PLAIN, "信息资源代码": "1/1"}])
    )
    assert told(again) == [("R4", "信息资源代码")] and "第 2 行" in again.faults[0].zh


def test_an_entry_that_is_there_is_found_by_code_or_title_and_keeps_its_ids(tmp_path):
    there = entry(
        "old_name", title="婚姻登记", department="mz", code="1/1", key=["zh"], items=[{"id": "zh", "title": "登记证号"}]
    )
    by_title = plan(sheet(tmp_path / "a.xlsx", [PLAIN]), existing=[there])
    by_code = plan(
        sheet(tmp_path / "b.xlsx", [{**PLAIN, "信息资源名称": "婚姻登记信息", "信息资源代码": "1/1"}]), existing=[there]
    )
    for found in (by_title, by_code):
        (changed,) = found.changed
        assert (changed.entry.resource.id, changed.entry.resource.item_ids, found.new) == ("old_name", ["zh"], ())
    assert "title" in [one.field for one in by_code.changed[0].fields]


def test_titles_that_are_nearly_the_same_are_told(tmp_path):
    found = plan(
        sheet(tmp_path / "a.xlsx", [{**PLAIN, "信息资源名称": "最低生活保障对象名册"}]),
        existing=[entry("mz_db", title="最低生活保障对象名单", department="mz")],
    )
    assert [(one.row, one.other) for one in found.alike] == [(2, "mz_db")]


# --- ids ------------------------------------------------------------------------------------------------------------


def test_ids_are_made_of_department_and_initials_the_same_each_time(tmp_path):
    plain = {**PLAIN, "信息项名称": "登记簿号"}
    rows = [{**plain, "信息资源名称": "重庆路银行网点"}, {**plain, "信息资源名称": "重庆路银行往档"}]
    first, second = (plan(sheet(tmp_path / "a.xlsx", rows)).new for _ in range(2))
    assert [one.resource.id for one in first] == [one.resource.id for one in second] == ["mz_cqlyhwd", "mz_cqlyhwd_2"]
    assert first[0].made_id and first[0].resource.item_ids == ["djbh"]


def test_a_new_item_is_given_the_element_that_its_title_names_where_the_type_agrees(tmp_path):
    rows = [
        {**PLAIN, "信息项名称": "身份证号"},
        {**PLAIN, "信息项名称": "出生日期", "数据类型": "日期型"},
        {**PLAIN, "信息项名称": "死亡日期", "数据类型": "字符型"},
        {**PLAIN, "信息项名称": "簿册页数"},
    ]
    (found,) = plan(sheet(tmp_path / "a.xlsx", rows)).new
    assert [(one.id, one.element) for one in found.resource.items] == [
        ("citizen_id", "citizen_id"), ("birth_date", "birth_date"), ("swrq", None), ("bcys", None),
    ]  # fmt: skip


@given(st.text(max_size=80), st.sets(st.from_regex(r"[a-z]{1,4}", fullmatch=True)))
def test_any_title_makes_an_id_that_may_be_one(title, taken):
    for made in (item_id(title, taken), resource_id("a" * 63, title, taken)):
        assert is_valid(made) and made not in taken


def test_initials_read_characters_by_their_words():
    assert initials("重庆银行") == "cqyh" and initials("Ａ类２号") == "al2h" and initials("🙂") == ""


# --- files ----------------------------------------------------------------------------------------------------------


def test_merged_cells_are_refused_with_sheet_and_range_and_remedy(tmp_path):
    path = sheet(tmp_path / "a.xlsx", [PLAIN, {"信息项名称": "登记日期"}], above=1)
    book = openpyxl.load_workbook(path)
    book.active.merge_cells("A3:A4")
    book.active.merge_cells("A1:D1")  # a title across the sheet is no content
    book.save(path)
    with pytest.raises(DocumentError) as caught:
        read_table(path)
    assert caught.value.where == "a.xlsx 目录"
    assert "A3:A4" in caught.value.zh and "A1:D1" not in caught.value.zh
    assert "取消合并" in caught.value.zh and "填充" in caught.value.zh and "A3:A4" in caught.value.en


def test_several_sheets_need_a_name_and_hidden_ones_are_told(tmp_path):
    path = sheet(tmp_path / "a.xlsx", [PLAIN])
    book = openpyxl.load_workbook(path)
    book.copy_worksheet(book["目录"]).title = "去年"
    book.save(path)
    with pytest.raises(DocumentError, match="目录、去年"):
        read_table(path)
    assert read_table(path, sheet="去年").sheet == "去年"
    with pytest.raises(DocumentError, match="现有：目录、去年"):
        read_table(path, sheet="今年")
    book["去年"].sheet_state = "hidden"
    book.save(path)
    assert read_table(path).sheet == "目录"
    book.remove(book["目录"])
    book.create_sheet("说明").append(["请看附件"])
    book.active = 1
    book.save(path)
    with pytest.raises(DocumentError, match="去年 是隐藏的"):
        read_table(path)


def test_a_formula_without_a_value_and_a_code_that_lost_its_end_are_told(tmp_path):
    path = sheet(tmp_path / "a.xlsx", [PLAIN])
    book = openpyxl.load_workbook(path)
    book.active["A2"] = '=CONCATENATE("婚姻","登记")'
    book.active["R2"] = 12345678901234567890
    book.save(path)
    found = plan(path)
    assert ("A2", "信息资源名称") in told(found) and ("R2", "信息资源代码") in told(found)
    assert found.new == () and any("公式" in one.zh for one in found.faults)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_text_is_read_in_the_encodings_and_delimiters_of_offices(encoding, delimiter, tmp_path):
    path = tmp_path / "a.csv"
    lines = [
        delimiter.join(HEADER),
        *(delimiter.join({**PLAIN, "信息资源名称": f"婚姻登记{n}"}.get(one, "") for one in HEADER) for n in range(20)),
    ]
    path.write_text("\n".join(lines), encoding=encoding)
    assert len(plan(path).new) == 20


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"", "0 字节"), (b"PK\x03\x04 broken", "已损坏"), (b"\xd0\xcf\x11\xe0" + bytes(range(256)) * 4, "请另存为 XLSX"), ("甲,乙\n1,2\n".encode(), "找不到表头"),
     (("信息资源名称,信息项名称\n" + '"a"b,c\n').encode(), "引号")],
)  # fmt: skip
def test_what_is_no_catalogue_sheet_is_refused_with_the_remedy(content, word, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(DocumentError, match=word):
        read_table(path)
    with pytest.raises(DocumentError, match="找不到文件"):
        read_table(tmp_path / "none.csv")


def test_text_that_begins_like_a_formula_is_guarded_in_csv_and_comes_back(tmp_path):
    from catalog.interchange.sheets import rows, write_csv

    path = tmp_path / "a.csv"
    resource = entry(abstract="=HYPERLINK(1)")
    write_csv(path, rows([resource], {one.id: one for one in DEPARTMENTS}, HAISHU))
    assert "'=HYPERLINK" in path.read_text(encoding="utf-8-sig")
    assert plan(path, existing=[resource]).unchanged == ("ga_household",)


def test_the_template_can_be_filled_in_and_imported(tmp_path):
    path = tmp_path / "t.xlsx"
    write_template(path, departments=DEPARTMENTS, words=HAISHU, asked_for=["共享期限"])
    assert plan(path).new == () and plan(path).faults == ()
    book = openpyxl.load_workbook(path)
    titles = [cell.value for cell in book["目录"][1]]
    for name, text in PLAIN.items():
        book["目录"].cell(2, titles.index(name) + 1, text)
    lists = [one.formula1 for one in book["目录"].data_validations.dataValidation]
    offered = [cell.value for column in book["词表"].columns for cell in column if cell.value]
    assert lists and "受限共享" in offered and "民政局" in offered and "每半年" in offered
    book.save(path)
    assert [one.resource.title for one in plan(path).new] == ["婚姻登记"]


def test_the_marked_copy_says_in_each_row_what_is_wrong_and_can_be_mended_and_imported(tmp_path):
    path = sheet(
        tmp_path / "a.xlsx", [PLAIN, {**PLAIN, "信息资源名称": "收养登记", "更新周期": "有时", "共享期限": ""}]
    )
    found = plan(path)
    marked = tmp_path / "marked.xlsx"
    write_marked(marked, read_sheets(path)[0], 1, found.faults)
    book = openpyxl.load_workbook(marked)
    page = book.active
    assert page.cell(1, len(HEADER) + 1).value == "问题" and page.cell(2, len(HEADER) + 1).value is None
    assert "更新周期：" in page.cell(3, len(HEADER) + 1).value and "共享期限：" in page.cell(3, len(HEADER) + 1).value
    assert (
        page["J3"].fill.bgColor.rgb != page["J2"].fill.bgColor.rgb
        or page["J3"].fill.fgColor.rgb != page["J2"].fill.fgColor.rgb
    )
    page["J3"], page["K3"] = "每月", "长期"
    book.save(marked)
    assert len(plan(marked).new) == 2 and plan(marked).faults == ()


@pytest.mark.parametrize(("address", "reach"), [("XFD1048576", "1048576 行 × 16384 列"), ("B9000000", "9000000 行")])
def test_a_cell_at_the_end_of_a_sheet_is_refused_before_anything_is_made_of_it(tmp_path, address, reach):
    path = sheet(tmp_path / "far.xlsx", [PLAIN])
    made = tmp_path / "made.xlsx"
    row = "".join(one for one in address if one.isdigit())
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                far = f'<row r="{row}"><c r="{address}"><v>1</v></c></row></sheetData>'.encode()
                assert b"</sheetData>" in content, "the test puts no cell in"
                content = content.replace(b"</sheetData>", far)
            new.writestr(name, content)
    with pytest.raises(DocumentError, match=reach) as caught:
        read_workbook(made, "made.xlsx")
    assert address in caught.value.zh and address in caught.value.en and "made.xlsx" in str(caught.value.where)


def test_a_format_without_contents_at_the_end_of_a_sheet_is_no_contents(tmp_path):
    path = sheet(tmp_path / "far.xlsx", [PLAIN])
    book = openpyxl.load_workbook(path)
    book.active["XFD1048576"].font = openpyxl.styles.Font(bold=True)
    book.save(path)
    (read,) = read_workbook(path, "far.xlsx")
    assert len(read.rows) == 2


@pytest.mark.parametrize("sign", ["\u200b", "\u202e"])
def test_a_title_with_a_character_that_nobody_sees_is_told_at_its_row(tmp_path, sign):
    found = plan(sheet(tmp_path / "a.xlsx", [{**PLAIN, "信息项名称": f"登记{sign}证号"}]))
    assert [(one.row, one.title) for one in found.faults] == [(2, "信息项名称")] and "看不见" in found.faults[0].zh
