"""Chinese addresses cut into their parts (GB/T 23705-2009): divisions, road, door, estate, building, unit, room.

The order of parts is that of the standard: administrative division, basic area (street, community, estate), local point
(road and door), household. Nothing is looked up here: which of the parts exist is for the registers of places to say.

Numbers come as plain digits whatever they were written in; 12之1, 12-1 and 12号附1 are all door ``12-1``; 号楼, 栋, 幢, 座
and # all lead to the building; 3-2-501 behind a door is building, unit, room. In the countryside the group of a village
(村民小组) stands where a road would: ``张家村3组``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields

import ibis.expr.types as ir

from standards import text
from standards.chinese_number import NUMERALS
from standards.grammar import Before, Behind, Find, First, Joined, Keep, Layer, Number, Where, cut, cut_text


@dataclass(frozen=True)
class Address:
    """The parts of one address; an empty text for a part that it does not name."""

    province: str = ""
    city: str = ""
    district: str = ""
    """District, county or county-level city, as written."""
    street: str = ""
    """Street office, town or township (街道、镇、乡), as written."""
    community: str = ""
    """Community or village without its committee (社区、村)."""
    road: str = ""
    door: str = ""
    """``12``, ``12-1``."""
    estate: str = ""
    building: str = ""
    unit: str = ""
    room: str = ""


PARTS = tuple(one.name for one in fields(Address))
LOCAL_PARTS = PARTS[PARTS.index("road") :]

_STEPS = [text.STEPS[name] for name in ("half_width", "remove_spaces", "hyphens", "upper")]
_ASIDE = "[(][^()]*[)]|[,，.。;；、]"
"""Remarks in parentheses and signs between parts."""
_ALIKE = {"号楼": "栋", "#楼": "栋", "街道办事处": "街道"}

_N = f"[0-9{NUMERALS}]+"
_NUMBER = f"{_N}(?:[-之附]{_N})?"
_SIGN = f"号(?:[附之]{_N}号?|-{_N}号)?"

# --- divisions: none of their names holds a digit or the sign of a door -----------------------------------------------

_PROVINCE = "[^省市区县0-9号]{2,8}(?:省|自治区|特别行政区)"
_CITY = "[^省市区县路街道巷0-9号]{2,7}(?:市|自治州)"
_NAME = "[^省市区县旗路街道0-9号]"
# 小区, 社区, 园区 and the like are no districts; 路桥区 and 道里区 are.
_NO_DISTRICT = "小社园片院厂校库营景业宅活民"
_DISTRICT = (
    f"(?:[路道]?{_NAME}{{0,9}}?[^{_NO_DISTRICT}省市区县旗路街道0-9号](?:区|县)|{_NAME}{{1,8}}(?:自治|[左右前后中])旗)"
)
# 中华路街道, 粮道街道 and 青山镇街道 are street offices; a town has no such sign in its name.
_STREET = "(?:[^省市区县0-9号]{1,8}?街道|[^省市区县镇乡路街道0-9号]{1,8}?(?:镇|乡))"
_COMMUNITY = "[^0-9号]{1,12}?(?:社区居民委员会|社区居委会|社区|村民委员会|村委会|居委会)"
_UPPER = [f"(?:{one})?" for one in (_PROVINCE, _CITY, f"{_DISTRICT}|{_CITY}", _STREET, _COMMUNITY)]

DIVISIONS: Sequence[Layer] = (
    {"head": Find("text", "^" + "".join(_UPPER))},
    {
        # How far each level reaches. A whole match costs a tenth of one with groups.
        "province": Find("head", "^" + _UPPER[0]),
        "to_city": Find("head", "^" + "".join(_UPPER[:2])),
        "to_district": Find("head", "^" + "".join(_UPPER[:3])),
        "to_street": Find("head", "^" + "".join(_UPPER[:4])),
        "local": Behind("text", "head"),
    },
    {
        "city": Behind("to_city", "province"),
        "district": Behind("to_district", "to_city"),
        "street": Behind("to_street", "to_district"),
        "committee": Behind("head", "to_street"),
    },
    {"committee_of": Find("committee", "^(.*?(?:社区|村))(?:村?民?委员?会|居民?委员?会)?$", 1)},
    {"community": First(("committee_of", "committee"))},
)
"""Cut the text into divisions and ``local``, what stands behind them."""

# --- road and door ----------------------------------------------------------------------------------------------------

_ROAD = "(?:大道|路|街|道|巷|弄|胡同)"
_ROW = "(?:大道|路|街|道|巷|弄|胡同|里|坊|村|组|湾|塆|屯|队|线|段)"
"""What door numbers are counted along; the longer list is trusted only right before a number."""
_POINT = f"^(?:.*?{_ROW}{_NUMBER}(?:{_SIGN}|$)|[^0-9栋幢座#室-]*?{_NUMBER}{_SIGN}|[^0-9]{{2,}}?{_ROAD})"
"""A road with its number, else anything with a number and 号, else a road alone."""

# --- estate, building, unit, room -------------------------------------------------------------------------------------

_B = f"[A-Z0-9{NUMERALS}甲乙丙丁]+"
_ROOM = f"{_N}[A-Z]?"
_END = "(?:室|户|房|号)?$"
_HOUSEHOLD = f"(?:{_B}(?:栋|幢|座|#|单元|门|室|户|房|层|楼|-|号)|[0-9]+[A-Z]?$|$)"

LOCAL: Sequence[Layer] = (
    {"point": Find("local", _POINT)},
    {"number": Find("point", f"{_NUMBER}(?:{_SIGN})?$"), "behind": Behind("local", "point")},
    # 7号附13栋, 7号附3501: where 附 has no 号 of its own, its number runs into that of the building or the room. The first
    # digit is the annex then; an annex beyond nine is told from it by a 号 or an estate between them.
    {
        "together": Find("number", "附[0-9]([0-9]+)$", 1),
        "hanging": Find("behind", "^[栋幢座#-]"),
        "room_over": Find("number", "附[0-9]([0-9]{3,})$", 1),
    },
    {"building_over": Where("together", "hanging")},
    {"over": First(("building_over", "room_over"))},
    {
        "number_alone": Before("number", "over"),
        "behind_number": Joined("over", "behind"),
    },
    {
        "named": Before("point", "number"),
        "door_main": Find("number_alone", f"^{_N}"),
        "door_annex": Find("number_alone", f"[-之附]({_N})", 1),
        "household": Find("behind_number", "^[-院]*(.*)$", 1),
    },
    {
        "row": Find("named", f"^.*{_ROW}$"),
        "road_part": Find("named", f"^.{{2,}}?{_ROAD}"),
        "estate_behind": Find("household", f"^(.*?){_HOUSEHOLD}", 1),
        "building_signed": Find("household", f"({_B})(?:栋|幢|座|#)", 1),
        "unit_signed": Find("household", f"({_B})(?:单元|门[0-9{NUMERALS}])", 1),
        "room_signed": Find("household", f"({_ROOM})(?:室|户|房)", 1),
        "dash_third": Find("household", f"({_B})-{_B}-{_ROOM}{_END}", 1),
        "dash_second": Find("household", f"({_B})-{_ROOM}{_END}", 1),
        "last": Find("household", f"([0-9][0-9{NUMERALS}]*[A-Z]?){_END}", 1),
        "door_number": Number("door_main"),
        "door_annex_number": Number("door_annex"),
    },
    {
        "road_written": First(("row", "road_part")),
        "building_written": First(("building_signed", "dash_third")),
        "room_written": First(("room_signed", "last")),
        "door": Joined("door_number", "door_annex_number", between="-"),
    },
    {
        "estate_before": Behind("named", "road_written"),
        "group_written": Find("road_written", f"{_N}组$"),
        "unit_dashed": Where("dash_second", "building_written"),
        "building_dashed": Where("dash_second", "building_written", absent=True),
        "room": Number("room_written"),
    },
    {
        "road_before": Before("road_written", "group_written"),
        "group_number": Find("group_written", f"^{_N}"),
        "estate": First(("estate_before", "estate_behind")),
        # 3-501 without any sign is building and room; behind 2单元 the first is no building.
        "building_either": Where("building_dashed", "unit_signed", absent=True),
        "unit_either": First(("unit_signed", "unit_dashed")),
    },
    {
        "group": Number("group_number"),
        "building_any": First(("building_written", "building_either")),
        "unit": Number("unit_either"),
    },
    {
        "road": Joined("road_before", "group", behind="组"),
        "building": Number("building_any"),
    },
)
"""Cut ``local`` into road, door, estate, building, unit and room."""


def normal_text(value: str) -> str:
    """An address without blanks, remarks and full-width signs, before it is cut."""
    plain = text.apply_text(value, _STEPS)
    for written, meant in _ALIKE.items():
        plain = plain.replace(written, meant)
    return re.sub(_ASIDE, "", plain)


def normal(col: ir.StringValue) -> ir.StringValue:
    """Set-based `normal_text`; null stays null."""
    plain = text.apply(col, _STEPS)
    for written, meant in _ALIKE.items():
        plain = plain.replace(written, meant)
    return plain.re_replace(_ASIDE, "")


def parse_text(value: str) -> Address:
    """The parts of one address."""
    parts = cut_text({"text": normal_text(value)}, [*DIVISIONS, *LOCAL])
    return Address(**{name: parts[name] for name in PARTS})


def divide(table: ir.Table, keep: Keep) -> ir.Table:
    """Cut the divisions off a table's column ``text``, which `normal` has gone over; ``local`` is what is left."""
    known = list(table.columns)
    divided = cut(table, DIVISIONS, keep)
    return divided.select(*known, *PARTS[: PARTS.index("road")], "local")


def localise(table: ir.Table, keep: Keep) -> ir.Table:
    """Cut a table's column ``local``, a text without divisions that `normal` has gone over, into the other parts."""
    known = [name for name in table.columns if name != "local"]
    return cut(table, LOCAL, keep).select(*known, *LOCAL_PARTS)


def parse(table: ir.Table, column: str, keep: Keep) -> ir.Table:
    """Set-based `parse_text`: a column for every part beside the columns of ``table``.

    Args:
        table: any table; parse the distinct addresses of a large one.
        column: its text column, not null.
        keep: evaluates a table once, such as the engine's ``stage``.
    """
    known = list(table.columns)
    cut_off = divide(keep(table.mutate(text=normal(table[column]))), keep)
    return localise(cut_off, keep).select(*known, *PARTS)
