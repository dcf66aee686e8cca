"""Columns by any of their names, and coded words in the guide's and the city's own: what a sheet may say, and what is never understood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from interchange_entries import HAISHU, LONGYAN
from interchange_sheets import HEADER, PLAIN, plan, sheet, told

from catalog.interchange import columns
from catalog.interchange.words import FORMATS, NotUnderstood, Words, storage_format
from hub.exchanging import asked_for, words_of
from policy.profile import load_profile, profile_ids

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
