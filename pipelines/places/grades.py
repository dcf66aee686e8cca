"""How well an address was matched, best first: the grades, what each means, and whether it names a door.

A grade is a statement about evidence, not a probability; how often each is right is measured
(`pipelines.places.report`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Grade:
    """One grade: its id, whether an address of this grade has a door, and its meaning."""

    id: str
    door: bool
    zh: str
    en: str


GRADES = (
    Grade("room", True, "门牌、楼栋存在，单元与房号在楼栋范围内", "door and building exist, unit and room lie within the building"),
    Grade("building", True, "门牌、楼栋存在", "door and building exist"),
    Grade("door", True, "门牌在所写或所报区划内存在且唯一", "the one such door of the district that is written or declared"),
    Grade("door_by_estate", True, "未写门牌，所写小区只有一个门牌", "no number is written, but the estate has a single door"),
    Grade("door_other_street", True, "门牌在区内唯一，但不在所写街道", "the one such door of the district lies in another street than written"),
    Grade("door_other_estate", True, "门牌在区内唯一，但登记的小区名与所写不同", "the one such door of the district belongs to another estate than written"),
    Grade("door_other_division", True, "门牌全市唯一，或所写区与所报区划不同", "the one such door of the city, or in a district other than declared"),
    Grade("door_similar", True, "道路名相差一字或路、大道互换，同区同号仅此一处", "a road one character away or 路 for 大道; the one such door of the district"),
    Grade("estate", False, "小区存在，未能确定门牌", "the estate exists, the door is not known"),
    Grade("road", False, "道路存在，未能确定门牌", "the road exists, the door is not known"),
    Grade("ambiguous", False, "不止一个门牌相符，不予指认", "several doors fit, none is named"),
    Grade("street", False, "仅街道（镇、乡）可确定", "only the street or town is known"),
    Grade("division", False, "仅区可确定", "only the district is known"),
    Grade("elsewhere", False, "所写城市不是本市", "the city written is another one"),
    Grade("none", False, "无法确定", "nothing is known"),
)  # fmt: skip
"""All grades, best first."""

WITH_DOOR = tuple(one.id for one in GRADES if one.door)
