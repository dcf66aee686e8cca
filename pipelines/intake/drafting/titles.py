"""Latin names for delivered columns: the standard element's, the title's own, or words of the trade put together.

No transliteration: pinyin without tones reads as nothing. A title whose words are not known gets its number, ``item_03``,
or its last word with the number where that one is known, ``name_03``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from catalog.model import RESERVED

LONGEST = 40
YAML_WORDS = {"no": "number", "yes": "yes_item", "on": "on_item", "off": "off_item", "y": "y_item", "n": "n_item",
              "true": "true_item", "false": "false_item", "null": "null_item"}  # fmt: skip
"""Names that YAML reads as something else than text -> what is written instead."""
_ID = re.compile(r"[a-z][a-z0-9_]{0,62}")

WORDS = {
    "编号": "number", "编码": "code", "代码": "code", "标识码": "code", "号码": "number", "序号": "row_no", "名称": "name", "简称": "short_name",
    "全称": "full_name", "姓名": "person_name", "名": "name", "类型": "kind", "类别": "kind", "种类": "kind", "性质": "nature",
    "状态": "state", "等级": "grade", "级别": "grade", "层次": "level", "备注": "remark", "说明": "remark", "描述": "description",
    "地址": "address", "住址": "address", "位置": "place", "所在地": "place", "所在区": "district", "所属区": "district",
    "区县": "district", "行政区": "district", "区": "district", "街道": "street", "社区": "community", "省份": "province", "省": "province",
    "城市": "city", "市": "city", "乡镇": "town", "村": "village", "经度": "longitude", "纬度": "latitude", "坐标": "coordinates",
    "面积": "area", "长度": "length", "宽度": "width", "高度": "height", "层数": "floors", "楼层": "floor", "户型": "layout", "朝向": "facing",
    "数量": "count", "人数": "persons", "总数": "total", "金额": "amount", "价格": "price", "总价": "total_price", "单价": "unit_price",
    "比例": "share", "率": "rate", "日期": "date", "时间": "time", "年份": "year", "年度": "year", "年": "year", "月份": "month",
    "开始": "start", "结束": "end", "起始": "start", "截止": "end", "启用": "in_use", "成立": "established", "建成": "built",
    "登记": "registered", "注册": "registered", "更新": "updated", "发布": "published", "有效期": "valid", "电话": "phone", "手机": "mobile",
    "邮编": "postcode", "邮箱": "email", "网址": "website", "网站": "website", "学校": "school", "医院": "hospital", "企业": "company",
    "公司": "company", "单位": "unit", "部门": "department", "机构": "organisation", "主管": "supervising", "站点": "stop", "站": "station",
    "线路": "line", "车辆": "vehicle", "道路": "road", "建筑": "building", "楼栋": "building", "房屋": "house", "小区": "estate",
    "负责人": "head", "联系人": "contact", "法人": "legal_person", "开放": "open", "许可": "licence", "证书": "certificate", "证": "certificate",
    "人口": "population", "户数": "households", "用途": "use", "来源": "source", "设施": "facility", "规模": "size", "范围": "scope",
}  # fmt: skip
"""Words of titles -> what they are called; the longest that fits is taken first."""
_BY_LENGTH = sorted(WORDS, key=len, reverse=True)


def names(titles: Iterable[tuple[str, str | None]], *, used: Sequence[str] = ()) -> list[str]:
    """A name for every column, no two alike.

    Args:
        titles: title and standard element (or None) of each, in order.
        used: names that are given already.
    """
    taken = list(used)
    for number, (title, element) in enumerate(titles, start=1):
        wanted = element if element is not None and element not in taken else _own(title, number)
        taken.append(_free(wanted, taken))
    return taken[len(used) :]


def slug(text: str) -> str | None:
    """Latin letters and digits of a text in lower case, words parted by underscores; None where too little is Latin."""
    apart = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", text)
    latin = re.sub(r"[^A-Za-z0-9]+", "_", apart).strip("_").lower()[:LONGEST].strip("_")
    if not latin or sum(sign.isascii() for sign in text) * 2 < len(text):
        return None
    return latin if latin[0].isalpha() else f"c_{latin}"


def _own(title: str, number: int) -> str:
    if title.isdecimal():
        return f"column_{int(title):02d}"  # a file without header: its columns are numbered already
    plain = re.sub(r"[（(].*?[)）]", "", title).strip()
    return slug(plain) or _words(plain, number)


def _words(title: str, number: int) -> str:
    """Known words put together; the last one with a number where the title has others; else ``item_03``."""
    found: list[str] = []
    rest = title
    while rest or not found:
        word = next((one for one in _BY_LENGTH if rest.startswith(one)), None)
        if word is None:
            last = next((one for one in _BY_LENGTH if title.endswith(one)), None)
            return f"{WORDS[last]}_{number:02d}" if last is not None else f"item_{number:02d}"
        found.append(WORDS[word])
        rest = rest.removeprefix(word)
    return "_".join(found)[:LONGEST]


def _free(wanted: str, taken: list[str]) -> str:
    """The name, or one like it that is free: reserved words and endings of the hub are none."""
    wanted = YAML_WORDS.get(wanted, wanted)
    if wanted in RESERVED or "__" in wanted or not _ID.fullmatch(wanted):
        wanted = f"{re.sub(r'_+', '_', wanted).strip('_')}_item"
    number, name = 2, wanted
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    return name
