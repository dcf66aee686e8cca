"""Catalogue sheets as departments write them: columns in any order and by other names, coded words, and everything that is wrong."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from interchange_entries import DEPARTMENTS, HAISHU, LONGYAN, entry

from catalog.interchange import columns
from catalog.interchange.identifiers import initials, is_valid, item_id, resource_id
from catalog.interchange.marked import write_marked
from catalog.interchange.names import Providers, standards
from catalog.interchange.plan import ImportPlan, carry_out, import_catalogue
from catalog.interchange.reading import read_sheets, read_table
from catalog.interchange.template import write_template
from catalog.interchange.words import FORMATS, NotUnderstood, Words, storage_format
from ground.errors import DocumentError
from hub.exchanging import asked_for, words_of
from policy.profile import load_profile, profile_ids

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


# --- columns --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "column"),
    [("信息資源名稱", "title"), ("资源名称（必填）", "title"), ("*目录名称", "title"), ("资料集名称", "title"), ("信息资源\n提供方", "provider"),
     ("提供方代码（统一社会信用代码）", "provider_code"), ("數據項名稱", "item_title"), ("共享屬性", "sharing_class"),
     ("是否向社会开放", "opening_class"), ("更新頻率", "update_cycle"), ("字段英文名", "item_id"), ("Title", "title")],
)  # fmt: skip
def test_a_column_is_known_by_its_other_names_and_in_traditional_characters(title, column):
    found = columns.find(title)
    assert found is not None and found.id == column


@pytest.mark.duty("R-022")
def test_the_template_is_data_with_a_version_and_its_norm_and_has_the_core_metadata_of_the_guide():
    assert columns.columns().version and "编制指南" in columns.columns().norm
    core = ["信息资源分类", "信息资源名称", "信息资源代码", "信息资源提供方", "信息资源提供方代码", "信息资源摘要", "信息资源格式", "信息项名称",
            "数据类型", "共享类型", "共享条件", "共享方式", "是否向社会开放", "开放条件", "更新周期", "发布日期", "关联资源代码"]  # fmt: skip
    assert all(columns.find(one) is not None for one in core)


@pytest.mark.parametrize("city", profile_ids())
def test_every_field_that_a_city_asks_for_is_a_column(city):
    assert [one for one in asked_for(load_profile(city)) if columns.find(one) is None] == []


@pytest.mark.duty("R-036")
@pytest.mark.parametrize("field", asked_for(load_profile("haishu")))
def test_each_of_the_nine_fields_is_asked_of_a_sheet_under_haishu(field, tmp_path):
    """Taken out of the header, the sheet is refused and names it; the name of the business is the title."""
    column = columns.find(field)
    title = {"business": "信息资源名称"}.get(column.id, column.title)
    path = sheet(tmp_path / "a.xlsx", [PLAIN], [one for one in HEADER if one != title])
    if title in ("信息资源名称",):
        # Without a title the items alone make a header; what lacks is told.
        assert any(title in one.zh for one in plan(path, asked_for=asked_for(load_profile("haishu"))).faults)
        return
    (fault,) = plan(path, asked_for=asked_for(load_profile("haishu"))).faults
    assert "缺少必填列" in fault.zh and title in fault.zh and title in fault.en and fault.row == 1


@pytest.mark.duty("R-039")
def test_chifengs_requirement_of_sharing_is_asked_of_every_conditional_entry(tmp_path):
    """Chifeng fixes share type and requirements at cataloguing; elsewhere the guide's condition is a remark."""
    row = {
        **PLAIN,
        "共享类型": "有条件共享",
        "共享理由": "含个人信息",
        "共享依据": "个人信息保护法第三十四条",
        "开放类型": "不予开放",
    }
    path = sheet(tmp_path / "a.xlsx", [row])
    chifeng = plan(path, Words(), asked_for=asked_for(load_profile("chifeng")))
    assert told(chifeng) == [("Q2", "共享条件")] and chifeng.new == ()
    haishu = plan(path, Words(), asked_for=asked_for(load_profile("haishu")))
    assert haishu.faults == () and [one.title for one in haishu.warnings] == ["共享条件"]


def test_columns_stand_in_any_order_below_a_title_and_others_are_told(tmp_path):
    header = [*reversed(HEADER), "填报科室", "备注"]
    found = plan(sheet(tmp_path / "a.xlsx", [{**PLAIN, "填报科室": "x"}], header, above=2))
    assert [one.resource.title for one in found.new] == ["婚姻登记"] and found.faults == ()
    assert [zh for zh, _ in found.notes] == ["列“填报科室”不在目录表的列中，未读取"]


def test_a_slip_of_the_pen_in_a_header_is_no_note_but_a_fault(tmp_path):
    found = plan(sheet(tmp_path / "a.xlsx", [PLAIN], [one.replace("共享条件", "共享条伴") for one in HEADER]))
    assert told(found) == [("Q1", "共享条伴")] and "是否应为“共享条件”" in found.faults[0].zh and found.new


def test_one_meaning_in_two_columns_is_refused(tmp_path):
    found = plan(sheet(tmp_path / "a.xlsx", [PLAIN], [*HEADER, "资源名称"]))
    assert told(found) == [("S1", "资源名称")]


# --- words ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["sharing", "opening", "cycle", "mode", "provision", "gathering", "sensitivity"])
@given(digits=st.from_regex(r"[0-9]{1,2}", fullmatch=True))
def test_a_bare_digit_is_never_a_word(table, digits):
    for words in (Words(), HAISHU, LONGYAN):
        meant = words.meant(table, digits)
        assert isinstance(meant, NotUnderstood) and meant.digits


@pytest.mark.parametrize(
    ("table", "words"),
    [("sharing", HAISHU), ("sharing", LONGYAN), ("opening", LONGYAN), ("cycle", Words()), ("type", Words())],
)
def test_what_is_written_is_understood(table, words):
    from catalog.interchange.words import _tables

    assert all(words.meant(table, words.said(table, value)) == value for value in _tables()[table])


def test_the_citys_words_are_understood_beside_the_guides_and_another_citys_are_not():
    assert LONGYAN.meant("sharing", "暂不共享") == LONGYAN.meant("sharing", "不予共享") == "not"
    assert HAISHU.meant("sharing", "受限共享") == HAISHU.meant("sharing", "2-有条件共享") == "conditional"
    meant = HAISHU.meant("sharing", "暂不共享")
    assert isinstance(meant, NotUnderstood) and "非共享" in meant.allowed and not meant.digits


@pytest.mark.parametrize("city", profile_ids())
def test_every_city_reads_its_own_words(city):
    profile = load_profile(city)
    words = words_of(profile)
    for name in ("unconditional", "conditional", "not"):
        assert words.meant("sharing", profile.share_class(name)) == name
        assert words.meant("opening", profile.open_class(name)) == name


def test_formats_of_the_guide_are_known_with_and_without_their_kind():
    for kind, names in FORMATS.items():
        for name in names:
            assert (
                storage_format(name.lower())
                == storage_format(f"{kind}:{name}")
                == storage_format(f"{kind}（{name}）")
                == (name, True)
            )
    assert storage_format("电子表格") == ("spreadsheet", True) and storage_format("羊皮纸") == ("羊皮纸", False)


@pytest.mark.parametrize(
    ("text", "kind", "length"),
    [("C", "text", None), ("字符型（18）", "text", 18), ("VARCHAR2(200)", "text", 200), ("C20", "text", 20), ("N(10,2)", "decimal", None),
     ("N(10,0)", "integer", None), ("NUMBER", "decimal", None), ("D", "date", None), ("T", "timestamp", None), ("日期时间型", "timestamp", None), ("I", "integer", None),
     ("货币型", "decimal", None)],
)  # fmt: skip
def test_types_of_the_guide_carry_their_length(text, kind, length, tmp_path):
    (one,) = plan(sheet(tmp_path / "a.xlsx", [{**PLAIN, "数据类型": text}])).new
    assert (one.resource.items[0].type, one.resource.items[0].max_length) == (kind, length)


def test_open_to_society_yes_is_unconditional_and_with_a_condition_conditional(tmp_path):
    header = [
        *(one for one in HEADER if not one.startswith("开放")),
        "是否向社会开放",
        "开放条件",
        "开放理由",
        "开放依据",
    ]
    yes = {**PLAIN, "是否向社会开放": "是", "开放理由": "", "开放依据": ""}
    rows = [
        yes,
        {**yes, "信息资源名称": "收养登记", "开放条件": "实名申请", "开放理由": "含个人信息", "开放依据": "某法第一条"},
    ]
    found = plan(sheet(tmp_path / "a.xlsx", rows, header))
    assert [one.resource.opening.class_ for one in found.new] == ["unconditional", "conditional"]


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
    rows = [{**PLAIN, "信息资源名称": "重庆路银行网点"}, {**PLAIN, "信息资源名称": "重庆路银行往档"}]
    first, second = (plan(sheet(tmp_path / "a.xlsx", rows)).new for _ in range(2))
    assert [one.resource.id for one in first] == [one.resource.id for one in second] == ["mz_cqlyhwd", "mz_cqlyhwd_2"]
    assert first[0].made_id and first[0].resource.item_ids == ["djzh"]


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
