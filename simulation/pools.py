"""Where names come from: a few thousand surnames, given names and trade words, drawn once per city.

Every word can be written in GBK, because the household register is delivered in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from simulation.numbers import Text

DISTRICTS = {
    420102: "江岸区",
    420103: "江汉区",
    420104: "硚口区",
    420105: "汉阳区",
    420106: "武昌区",
    420107: "青山区",
    420111: "洪山区",
    420112: "东西湖区",
    420113: "汉南区",
    420114: "蔡甸区",
    420115: "江夏区",
    420116: "黄陂区",
    420117: "新洲区",
}
"""The thirteen districts of Wuhan (GB/T 2260)."""

ELSEWHERE = (420202, 420302, 420502, 420602, 420902, 421002, 421102, 411502, 430102, 340802)
"""Districts of other cities, where those come from who are insured here without a household here."""

OLD_DIVISIONS = (420121, 420122, 420123, 420124)
"""Counties of Wuhan that became districts between 1992 and 1998; ids that were issued there stay right (GB 11643)."""

PERMITS = {
    "hong_kong": (810000,),
    "macao": (820000,),
    "taiwan": (830000,),
    "foreign": (942392, 942410, 942840, 942276),
}
"""First six digits of residence permits and of permanent residence (9, province, nationality by ISO 3166) cards."""

_GIVEN_MALE = "伟强磊洋勇军杰涛超明刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林欢佳阳建亮成志文国庆海峰振东子轩晨博"
_GIVEN_FEMALE = "芳娜敏静丽艳娟霞燕玲桂英丹萍红玉兰凤洁梅琳素云莲雪荣爱妹香月莺媛瑞凡倩婷姣婉娴瑾颖露瑶怡婵雁蓓"
_TRADES = (
    "科技",
    "商贸",
    "建筑工程",
    "电子",
    "餐饮管理",
    "物流",
    "机械制造",
    "生物医药",
    "环保",
    "教育咨询",
    "文化传媒",
    "物业管理",
    "农业",
    "装饰",
    "信息技术",
    "汽车服务",
    "纺织",
    "光电",
    "食品",
    "广告",
)
_SYLLABLES = "华中楚汉江长东光海天盛鼎佳宏瑞泰达兴源创科信诚远博康和晟安邦昌辰迪恩方冠恒嘉凯乐利美诺鹏启荣润森顺拓万旭雅亿永裕元悦展正智众"
_DOTTED_FIRST = ("阿卜杜拉", "艾力", "买买提", "吐尔逊", "阿依古丽", "热依汗", "木拉提", "古丽娜尔", "帕提曼", "玉素甫")
_DOTTED_LAST = ("买买提", "吐尔逊", "阿不都", "依明", "卡德尔", "热合曼", "艾山", "尼亚孜", "达吾提", "司马义")


@dataclass(frozen=True)
class Pools:
    """Arrays to draw from; how often a word stands in one is how often it is met in the city."""

    surnames: Text
    given_male: Text
    given_female: Text
    dotted: Text
    trades: Text
    syllables: Text


@cache
def draw_pools(seed: int) -> Pools:
    """The words of the city of ``seed``."""
    from faker import Faker  # a quarter of a second that only whoever makes a city pays

    faker = Faker("zh_CN")
    faker.seed_instance(seed)
    rng = np.random.default_rng([seed, 1])
    surnames = [faker.last_name() for _ in range(3_000)]
    male = [faker.first_name_male() for _ in range(500)]
    female = [faker.first_name_female() for _ in range(500)]
    return Pools(
        surnames=_writable(surnames),
        given_male=_writable(male + _pairs(rng, _GIVEN_MALE, 1_200)),
        given_female=_writable(female + _pairs(rng, _GIVEN_FEMALE, 1_200)),
        dotted=_writable([f"{first}·{last}" for first in _DOTTED_FIRST for last in _DOTTED_LAST if first != last]),
        trades=_writable(list(_TRADES)),
        syllables=_writable(list(_SYLLABLES)),
    )


def _pairs(rng: np.random.Generator, characters: str, count: int) -> list[str]:
    drawn = rng.integers(0, len(characters), size=(count, 2))
    return [characters[first] + characters[second] for first, second in drawn if first != second]


def _writable(words: list[str]) -> Text:
    return np.array([word for word in words if word.encode("gbk", errors="ignore").decode("gbk") == word])
