"""Code lists, divisions and data elements: what they hold, and how a wrong name is answered."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest

from ground.documents import parse_document
from ground.errors import DocumentError, UserError
from standards import code_list, divisions, elements


def test_national_lists_are_whole(shared_data: Callable[[str], Path]) -> None:
    assert set(code_list.codes("sex")) == {"0", "1", "2", "9"}
    assert "".join(code_list.codes("industry")) == "ABCDEFGHIJKLMNOPQRST"
    ethnicity = code_list.codes("ethnicity")
    assert list(ethnicity) == [f"{number:02d}" for number in range(1, 57)] + ["97", "98"]
    found = shared_data("ethnic_groups")
    file = found if found.is_file() else found / "56_nations.csv"
    assert set(file.read_text(encoding="utf-8-sig").split()) == {
        title for code, title in ethnicity.items() if code < "90"
    }


def test_lists_of_the_city_hold_their_codes() -> None:
    lists = {
        "migration_direction": "12",
        "code_change_kind": "1234",
        "marriage_event": "12",
        "medical_insured_kind": "12",
        "benefit_state": "12",
        "fund_state": "123",
        "disability_kind": "1234567",
        "disability_level": "1234",
        "licence_state": "1234",
        "holder_kind": "12",
        "penalty_kind": "12345",
        "utility_kind": "123",
        "utility_state": "12",
        "division_level": "345",
        "building_use": "12345",
        "school_state": "123",
    }
    assert {name: "".join(code_list.codes(name)) for name in lists} == lists
    assert {code[:1] for code in code_list.codes("education")} == set("12346789")
    assert list(code_list.codes("licence_kind")) == [f"L0{place}" for place in range(1, 9)]
    assert code_list.codes("land_class")["08H1"] == "机关团体新闻出版用地"
    assert set(code_list.codes("division_change")) == {"established", "renamed", "merged", "abolished"}


REAL_HEADERS = {
    "企业名称": "organisation_name",
    "统一社会信用代码": "credit_code",
    "注册日期": "established_on",
    "法人代表": "legal_representative",
    "经营范围": "business_scope",
    "所在省份": "province_name",
    "注册地址": "address",
    "学校名称": "school",
    "学校标识码": "school_code",
    "主管部门": "authority_name",
    "医院名称": "medical_institution",
    "医院地址": "address",
    "区县": "division_name",
}


def test_headers_of_real_registers_find_their_element(shared_data: Callable[[str], Path]) -> None:
    shared_data("enterprise_registration")
    with next(shared_data("enterprise_registration").glob("*2019.csv")).open(encoding="utf-8-sig") as lines:
        header = lines.readline().strip().split(",")
    assert {title for title in header if elements.match(title) is None} == {"地区"}
    assert {title: elements.match(title) for title in REAL_HEADERS} == REAL_HEADERS


@pytest.mark.duty("R-018")
def test_every_list_names_its_standard() -> None:
    for list_id in code_list.list_ids():
        assert code_list.code_list(list_id).standard.startswith(("GB/T ", "本平台自定")), list_id


def test_an_unknown_list_is_answered_with_the_nearest() -> None:
    with pytest.raises(UserError) as fault:
        code_list.codes("ethnicty")
    assert "ethnicity？" in fault.value.zh
    assert "Did you mean ethnicity?" in fault.value.en


def test_divisions_are_asked_for_a_day() -> None:
    assert divisions.titles()["420106"] == "武昌区"
    assert len(divisions.divisions()) == 14
    assert {one.parent for one in divisions.divisions()} == {None, "420100"}
    assert code_list.is_in_list("420117", "division")
    gone = divisions.Division(
        code="420122", title="某县", valid_from=datetime.date(1983, 8, 1), valid_to=datetime.date(1998, 9, 14)
    )
    days = {datetime.date(1983, 7, 31): False, datetime.date(1998, 9, 14): True, datetime.date(1998, 9, 15): False}
    assert {day: gone.in_force(day) for day in days} == days
    assert gone.in_force(None)


@pytest.mark.parametrize(
    ("title", "element"),
    [
        ("公民身份号码", "citizen_id"),
        ("身份证号码", "citizen_id"),
        (" 身份证号　", "citizen_id"),
        ("纳税人识别号", "credit_code"),
        ("注册资本(万元)", "money_wan"),
        ("注册资本（万元）", "money_wan"),
        ("手机号码", "phone"),
        ("户籍地址", "address"),
        ("法定代表人姓名", "legal_representative"),
        ("母亲身份证号码", "mother_id"),
        ("营业执照注册号", "registration_number"),
        ("号牌号码", "plate"),
        ("文化程度", "education"),
        ("LON", "longitude"),
        ("CreditCode", "credit_code"),
        ("联系人/联系方式", "phone"),
        ("没有这样的列", None),
    ],
)
def test_titles_find_their_element(title: str, element: str | None) -> None:
    assert elements.match(title) == element


@pytest.mark.parametrize(
    ("element", "delivered", "normal"),
    [
        (None, "\u3000 a  b\n", "a  b"),
        ("citizen_id", " １１０１０５１９４９１２３１００２ｘ\ufeff", "11010519491231002X"),
        ("credit_code", "91420100-ma4k2nkx3-a", "91420100MA4K2NKX3A"),
        ("person_name", "张　三 ", "张三"),
        ("person_name", "阿里木江•买买提", "阿里木江·买买提"),
        ("person_name", "阿里木江．买买提", "阿里木江·买买提"),
        ("person_name", " JOHN   SMITH", "JOHN SMITH"),
        ("organisation_name", "武汉华彩(集团) 有限公司", "武汉华彩（集团）有限公司"),
        ("address", "光谷大道１号(３—２)", "光谷大道1号（3-2）"),
        ("phone", "＋８６ 138－1234－5678", "13812345678"),
        ("money_wan", "１,０００．５０ ", "1000.50"),
        ("birth_date", "１９４９1231", "19491231"),
        ("plate", "鄂a·１２３４５", "鄂A12345"),
        ("plate", "鄂A-D12345", "鄂AD12345"),
        ("longitude", "１１４．３０５", "114.305"),
        ("holder_code", "91420100-ma4k2nkx3-a", "91420100MA4K2NKX3A"),
        ("updated_at", "2026-11-01　08:00:00", "2026-11-01 08:00:00"),
    ],
)
def test_values_are_written_alike(element: str | None, delivered: str, normal: str) -> None:
    assert elements.normalise_text(delivered, element) == normal
    assert elements.normalise_text(normal, element) == normal


def test_an_unknown_element_is_answered_with_the_nearest() -> None:
    with pytest.raises(UserError) as fault:
        elements.element("citizen_ld")
    assert "citizen_id？" in fault.value.zh
    assert fault.value.exit_code == 2


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("  - {id: a, title: 甲, normalise: [shout]}", "no step shout"),
        ("  - {id: a, title: 甲, code_list: colours}", "no code list colours"),
        ("  - {id: a, title: 甲, aliases: [乙]}\n  - {id: b, title: '乙 '}", "claimed by both"),
        ("  - {id: a, title: 甲}\n  - {id: a, title: 乙}", "claimed by both"),
    ],
)
def test_a_wrong_declaration_is_refused_with_its_place(body: str, says: str) -> None:
    with pytest.raises(DocumentError) as fault:
        parse_document(f"elements:\n{body}\n", elements.Elements, name="elements.yaml")
    assert says in fault.value.en
    assert "elements.yaml:" in fault.value.en
