"""What titles say, of whom, and which element they mean: a table, and what no spelling may change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.matching.compare import compare
from catalog.matching.recognise import Ground, recognise
from catalog.matching.titles import fold, read
from catalog.matching.told import Told
from catalog.matching.vocabulary import Words, words
from standards import elements

ALIASES = [(one.id, title) for one in elements.elements() for title in (one.title, *one.aliases)]
BARE = {"名称", "级别"}
"""Aliases that name the thing of the row: without a resource they are taken, with another kind of rows not."""


@pytest.mark.parametrize(("element", "title"), ALIASES)
def test_every_title_of_the_standard_is_recognised_as_its_own(element: str, title: str) -> None:
    found = recognise(Told(title))
    assert found is not None and found.certain and (found.element, found.ground) == (element, Ground.ALIAS)


@pytest.mark.parametrize(
    ("title", "element"),
    [
        ("聯絡電話", "phone"),  # traditional
        ("ＣＯＮＴＡＣＴＮＵＭＢＥＲ", "phone"),  # full width
        ("出 生 日 期", "birth_date"),
        ("注册资本（单位：万元）", "money_wan"),
        ("去世时间", "death_date"),
        ("生母身份证号", "mother_id"),
        ("birthDate", "birth_date"),
        ("zip_code", "postal_code"),
        ("csrq", "birth_date"),
        ("chushengriqi", "birth_date"),
        ("学生姓名", "person_name"),
    ],
)
def test_the_same_in_other_words(title: str, element: str) -> None:
    found = recognise(Told(title))
    assert found is not None and found.certain and found.element == element
    assert title in found.zh or element in found.en


@pytest.mark.parametrize(
    "title",
    [
        "法定代表人手机号",
        "紧急联系人电话",
        "子女身份证号",
        "配偶出生日期",
        "死亡人数",
        "传真",
        "发动机号",
        "注册资本币种",
        "案件编号",
        "起迄日期",
    ],
)
def test_another_person_a_count_or_a_part_is_not_the_fact(title: str) -> None:
    found = recognise(Told(title))
    assert found is None or not found.certain


@pytest.mark.parametrize(
    ("title", "resource", "element"),
    [
        ("名称", "市场主体登记", "organisation_name"),
        ("名称", "兴趣点", None),
        ("名称", "药品目录", None),
        ("名称", "街道界线", "street_name"),
        ("种类", "行政处罚", "penalty_kind"),
        ("登记日期", "婚姻登记", "married_on"),
        ("登记日期", "税务登记", "registered_on"),
    ],
)
def test_a_bare_title_is_completed_by_its_resource_or_is_nothing(
    title: str, resource: str, element: str | None
) -> None:
    found = recognise(Told(title, resource=resource))
    assert (found.element if found is not None and found.certain else None) == element


def test_a_code_list_refutes_a_title_and_a_declared_element_gives_way_to_a_narrower_title() -> None:
    state = Told("登记状态", code_list="company_state", resource="市场主体登记")
    other = Told("登记状态", code_list="tax_state", resource="市场主体登记")
    assert recognise(state).element == "company_state" and recognise(other).element != "company_state"
    assert recognise(Told("母亲公民身份号码", element="citizen_id")).element == "mother_id"
    assert recognise(Told("身份证号", element="citizen_id")).ground is Ground.CODE
    assert recognise(Told("空间位置", type="date")) is None or not recognise(Told("空间位置", type="date")).certain


def test_numbers_and_days_are_one_fact_only_within_one_document() -> None:
    marriage, disability = Told("证书编号", resource="结婚登记"), Told("证书编号", resource="残疾人证")
    assert compare(marriage, disability) is None
    same = compare(marriage, Told("结婚证号", resource="公租房保障申请"))
    assert same is not None and same.certain


def test_facts_of_animals_are_not_those_of_persons() -> None:
    assert compare(Told("性别", resource="犬只登记"), Told("性别", resource="户籍登记")) is None


TITLES = st.sampled_from([title for _, title in ALIASES]) | st.text(
    "姓名电话日期号码母亲学生的甲乙丙ABC（）_- ", min_size=1, max_size=12
)
TOLD = st.builds(Told, TITLES, resource=st.sampled_from([None, "户籍登记", "企业名单", "结婚登记", "犬只登记"]))


@given(TOLD, TOLD)
def test_comparing_does_not_depend_on_the_order(left: Told, right: Told) -> None:
    one, other = compare(left, right), compare(right, left)
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert (one.certain, one.ground) == (other.certain, other.ground)
        assert one.score == pytest.approx(other.score)


@given(TITLES)
def test_a_reading_holds_in_other_width_case_and_blanks(title: str) -> None:
    assert read(f" {title.lower()} ").meaning == read(title.upper()).meaning or title.isascii()


@pytest.mark.parametrize("sign", ["\u200b", "\u00ad", "\ufe00", "\u202a", "\u0007", "\u2060", "\U000e0100"])
def test_a_character_that_nobody_sees_makes_no_other_title(sign: str) -> None:
    assert fold(f"婚姻{sign}状况") == fold("婚姻状况")
    assert read(f"{sign}婚姻状况{sign}").meaning == read("婚姻状况").meaning


@given(st.text("姓名电话日期号码母亲学生的甲乙丙企业编", max_size=15))
def test_cutting_a_title_loses_no_character(text: str) -> None:
    left = "".join(one for one in words().cut(text) if isinstance(one, str))
    known = [one for one in words().cut(text) if not isinstance(one, str)]
    assert set(left) <= set(text) and (bool(left) or bool(known) or not text)


def test_a_spelling_stands_in_one_place_and_elements_exist() -> None:
    held = words().model_dump()
    with pytest.raises(ValueError, match="two places"):
        Words.model_validate(held | {"noise": [*held["noise"], "母亲"]})
    with pytest.raises(ValueError, match="no such elements"):
        Words.model_validate(held | {"aside": ["shoe_size"]})
    with pytest.raises(ValueError, match="no such concepts"):
        Words.model_validate(held | {"heads": ["shoe"]})
