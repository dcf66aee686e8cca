"""Written addresses and numbers, cut into their parts one by one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standards.address import Address, parse_text
from standards.chinese_number import NUMERALS, to_digits

HOME = {"road": "中山大道", "door": "12", "building": "3", "unit": "2", "room": "501"}
FULL = {"city": "武汉市", "district": "江岸区", "street": "一元街道", "estate": "阳光花园", **HOME}

CASES: list[tuple[str, dict[str, str]]] = [
    # The six ways in which the issue counts addresses.
    ("武汉市江岸区一元街道中山大道12号阳光花园3栋2单元501室", FULL),
    ("江岸区中山大道12号阳光花园3栋2单元501室", {"district": "江岸区", "estate": "阳光花园", **HOME}),
    (
        "湖北省武汉市江岸区一元街道扬子社区中山大道12号3栋2单元501室",
        {
            "province": "湖北省", "city": "武汉市", "district": "江岸区", "street": "一元街道", "community": "扬子社区",
            **HOME,
        },
    ),
    ("江岸区中山大道12号3-2-501", {"district": "江岸区", **HOME}),
    ("江岸区中山大道十二号三栋二单元五〇一室", {"district": "江岸区", **HOME}),
    ("江岸区　中山大道１２号３栋２单元５０１室", {"district": "江岸区", **HOME}),
    ("江岸区老沙街道中山大道12号", {"district": "江岸区", "street": "老沙街道", "road": "中山大道", "door": "12"}),
    # What an address may leave out.
    ("江岸区中山大道阳光花园", {"district": "江岸区", "road": "中山大道", "estate": "阳光花园"}),
    ("江岸区一元街道", {"district": "江岸区", "street": "一元街道"}),
    ("中山大道12号", {"road": "中山大道", "door": "12"}),
    ("江岸区阳光花园3栋2单元501室", {"district": "江岸区", "estate": "阳光花园", "building": "3", "unit": "2", "room": "501"}),
    ("江岸区中山大道12", {"district": "江岸区", "road": "中山大道", "door": "12"}),
    ("", {}),
    # Numbers of doors.
    ("八一路一百零三号附3号", {"road": "八一路", "door": "103-3"}),
    ("中山大道12之1号", {"road": "中山大道", "door": "12-1"}),
    ("中山大道12-1号", {"road": "中山大道", "door": "12-1"}),
    ("中山大道12号附3", {"road": "中山大道", "door": "12-3"}),
    ("中山大道12号附34栋", {"road": "中山大道", "door": "12-3", "building": "4"}),
    ("中山大道12号附33-2-501", {"road": "中山大道", "door": "12-3", "building": "3", "unit": "2", "room": "501"}),
    ("中山大道12号附3501", {"road": "中山大道", "door": "12-3", "room": "501"}),
    ("中山大道12号附12号3栋", {"road": "中山大道", "door": "12-12", "building": "3"}),
    # Buildings, units, rooms.
    ("中山大道12号3号楼501", {"road": "中山大道", "door": "12", "building": "3", "room": "501"}),
    ("中山大道12号3#楼2门501户", HOME),
    ("中山大道12号3幢2-501", HOME),
    ("中山大道12号A座1203", {"road": "中山大道", "door": "12", "building": "A", "room": "1203"}),
    ("中山大道12号3-501", {"road": "中山大道", "door": "12", "building": "3", "room": "501"}),
    ("中山大道12号（原32号）3栋", {"road": "中山大道", "door": "12", "building": "3"}),
    ("中山大道阳光花园12号3栋", {"road": "中山大道", "door": "12", "estate": "阳光花园", "building": "3"}),
    ("中山大道12号八一花园三栋", {"road": "中山大道", "door": "12", "estate": "八一花园", "building": "3"}),
    # Names that hold a number or the sign of another part.
    ("工业八号路12号", {"road": "工业八号路", "door": "12"}),
    ("工业8号路12号", {"road": "工业8号路", "door": "12"}),
    ("洪山区街道口路12号", {"district": "洪山区", "road": "街道口路", "door": "12"}),
    ("台州市路桥区三阳路12号", {"city": "台州市", "district": "路桥区", "road": "三阳路", "door": "12"}),
    ("武昌区中华路街道和平大道12号", {"district": "武昌区", "street": "中华路街道", "road": "和平大道", "door": "12"}),
    ("武昌区粮道街道汇港街2号", {"district": "武昌区", "street": "粮道街道", "road": "汇港街", "door": "2"}),
    ("青山区青山镇街道和平大道12号", {"district": "青山区", "street": "青山镇街道", "road": "和平大道", "door": "12"}),
    ("红旗路12号", {"road": "红旗路", "door": "12"}),
    ("阳光小区3栋", {"estate": "阳光小区", "building": "3"}),
    ("一元街道办事处中山路社区居委会中山路5号", {"street": "一元街道", "community": "中山路社区", "road": "中山路", "door": "5"}),
    # The countryside.
    ("黄陂区木兰乡张家村3组12号", {"district": "黄陂区", "street": "木兰乡", "road": "张家村3组", "door": "12"}),
    ("木兰乡张家村村委会三组十二号", {"street": "木兰乡", "community": "张家村", "road": "3组", "door": "12"}),
    ("江岸区幸福里12号", {"district": "江岸区", "road": "幸福里", "door": "12"}),
]  # fmt: skip


@pytest.mark.parametrize(("written", "parts"), CASES, ids=[one for one, _ in CASES])
def test_parts(written: str, parts: dict[str, str]) -> None:
    assert parse_text(written) == Address(**parts)


NUMBERS = [
    ("12", "12"), ("012", "12"), ("十二", "12"), ("十", "10"), ("二十", "20"), ("一百零三", "103"), ("一〇三", "103"),
    ("一百二", "120"), ("一百一十", "110"), ("一百十五", "115"), ("两千三百四十五", "2345"), ("三千零一十", "3010"),
    ("一千零五", "1005"), ("五0一", "501"), ("〇", ""), ("", ""), ("A", "A"), ("12A", "12A"), ("甲", "甲"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "number"), NUMBERS)
def test_numbers(written: str, number: str) -> None:
    assert to_digits(written) == number


def in_chinese(number: int) -> str:
    """A number below ten thousand as it is said, written here by another way than it is read."""
    digits = "零一二三四五六七八九"
    said = ""
    for place, unit in enumerate(["千", "百", "十", ""]):
        digit = number // 10 ** (3 - place) % 10
        said += digits[digit] + (unit if digit else "")
    while "零零" in said:
        said = said.replace("零零", "零")
    return said.strip("零")


@settings(max_examples=200, deadline=None)
@given(number=st.integers(1, 9999))
def test_a_number_said_is_the_number(number: int) -> None:
    said = in_chinese(number)
    assert to_digits(said) == str(number)
    assert to_digits(said.removeprefix("一") if said.startswith("一十") else said) == str(number)
    assert to_digits("".join("〇一二三四五六七八九"[int(one)] for one in str(number))) == str(number)


@settings(max_examples=200, deadline=None)
@given(
    written=st.text(
        st.sampled_from("市区县镇街道路大里村组社号附之-栋单元室0129A（）#江岸中山" + NUMERALS), max_size=24
    )
)
def test_no_text_is_too_strange(written: str) -> None:
    """Whatever is written, the parts come without a blank and no longer than what was written."""
    parts: dict[str, Any] = vars(parse_text(written))
    assert all(isinstance(part, str) and " " not in part for part in parts.values())
    assert sum(map(len, parts.values())) <= 4 * len(written)
