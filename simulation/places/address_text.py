"""How one and the same address is written, in the ways departments write it.

The forms, of room 501 in building 3 of 阳光花园 at 中山大道 12号:

* ``1`` 武汉市江岸区一元街道中山大道12号阳光花园3栋2单元501室
* ``2`` 江岸区中山大道12号阳光花园3栋2单元501室
* ``3`` 湖北省武汉市江岸区一元街道扬子社区中山大道12号3栋2单元501室
* ``4`` 江岸区中山大道12号3-2-501
* ``5`` as 1, digits full-width (even doors) or in Chinese (odd doors; those with n-1 or 附 stay full-width)
* ``6`` as 1, with a former name of the street where it has one

and those from which the door cannot be told with certainty:

* ``no_door`` as 1 without the number, ``street_only`` up to the street
* ``no_district`` 武汉市中山大道12号阳光花园3栋2单元501室: a road of this name may be in several districts
* ``misspelt`` as 2 with one character of the road wrong, or 路 and 大道 exchanged
"""

from __future__ import annotations

from functools import cache, reduce
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.numbers import Text
from simulation.places import names
from simulation.pools import DISTRICTS

COMPLETE = ("1", "2", "3", "4", "5", "6")
INCOMPLETE = ("no_door", "street_only", "no_district", "misspelt")
FORMS = COMPLETE + INCOMPLETE

_CITY, _PROVINCE = "武汉市", "湖北省"
_DIGITS = "〇一二三四五六七八九"
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
_NUMERALS = 10_000


def write(
    doors: pd.DataFrame,
    old_street: Text,
    building_no: npt.ArrayLike,
    unit: npt.ArrayLike,
    room: npt.ArrayLike,
    form: npt.ArrayLike,
) -> Text:
    """One address for each row.

    Args:
        doors: as `simulation.ground.Ground.doors` gives them, index the door.
        old_street: a former name of each door's street, '' if none.
        building_no: number of the building at the door as text, '' to leave it out; one for each row, or one for all.
        unit: likewise.
        room: likewise.
        form: one of `FORMS` likewise.

    Raises:
        ValueError: a form that is not known.
    """
    forms = _for_each(form, doors)
    if unknown := set(np.unique(forms)) - set(FORMS):
        raise ValueError(f"unknown forms of an address: {sorted(unknown)}")
    inside = [_for_each(one, doors) for one in (building_no, unit, room)]
    result = np.full(len(doors), "", dtype="U80")
    for one in np.unique(forms):
        chosen = forms == one
        here = doors[chosen]
        result[chosen] = _written(str(one), here, old_street[chosen], [part[chosen] for part in inside])
    return result


def _for_each(values: npt.ArrayLike, doors: pd.DataFrame) -> Text:
    return np.broadcast_to(np.asarray(values).astype(str), len(doors))


def _written(form: str, doors: pd.DataFrame, old_street: Text, inside: list[Text]) -> Text:
    column = {
        name: doors[name].to_numpy().astype(str) for name in ("road", "street", "community", "door_number", "estate")
    }
    district = np.array(list(DISTRICTS.values()))[np.searchsorted(list(DISTRICTS), doors["division"].astype(int))]
    road, number, estate = column["road"], column["door_number"], column["estate"]
    at_home = _room_text(*inside)
    match form:
        case "2":
            return _joined(district, road, number, estate, at_home)
        case "3":
            return _joined(_PROVINCE, _CITY, district, column["street"], column["community"], road, number, at_home)
        case "4":
            return _joined(district, road, number, _short(*inside))
        case "5":
            return _other_digits(doors, district, column, inside)
        case "6":
            street = np.where(old_street == "", column["street"], old_street)
            return _joined(_CITY, district, street, road, number, estate, at_home)
        case "no_door":
            return _joined(_CITY, district, column["street"], road, estate, at_home)
        case "street_only":
            return _joined(_CITY, district, column["street"])
        case "no_district":
            return _joined(_CITY, road, number, estate, at_home)
        case "misspelt":
            return _joined(district, misspelt(road, doors.index.to_numpy()), number, estate, at_home)
        case _:
            return _joined(_CITY, district, column["street"], road, number, estate, at_home)


def misspelt(roads: Text, doors: npt.NDArray[np.int64]) -> Text:
    """Names of roads written wrong: a wrong first character, or 路 for 大道 and 大道 for any other ending."""
    wrong = np.array(list(names.CONFUSED))[doors % len(names.CONFUSED)]
    first = np.strings.add(wrong, np.strings.slice(roads, 1, None))
    wide = np.strings.endswith(roads, "大道")
    ending = np.where(
        wide,
        np.strings.add(np.strings.slice(roads, 0, -2), "路"),
        np.strings.add(np.strings.slice(roads, 0, -1), "大道"),
    )
    return np.where(doors // len(names.CONFUSED) % 2 == 0, first, ending)


def _room_text(building: Text, unit: Text, room: Text) -> Text:
    return _joined(_with(building, "栋"), _with(unit, "单元"), _with(room, "室"))


def _with(number: Text, word: str) -> Text:
    return np.where(number == "", "", np.strings.add(number, word))


def _short(building: Text, unit: Text, room: Text) -> Text:
    parts = [np.where(part == "", "", np.strings.add(part, "-")) for part in (building, unit)]
    return np.strings.rstrip(_joined(*parts, room), "-")


def _other_digits(doors: pd.DataFrame, district: Text, column: dict[str, Text], inside: list[Text]) -> Text:
    number = column["door_number"]
    plain = np.strings.isdigit(np.strings.slice(number, 0, -1))
    spoken = plain & (doors.index.to_numpy() % 2 == 1)
    wide = _joined(number, column["estate"], _room_text(*inside))
    said = _joined(_said(np.where(plain, np.strings.slice(number, 0, -1), "1")), "号")
    building, unit, room = inside
    home = _joined(_with(_said(building), "栋"), _with(_said(unit), "单元"), _with(_spelt(room), "室"))
    tail = np.where(spoken, _joined(said, column["estate"], home), _translated(wide, _FULL_WIDTH))
    return _joined(_CITY, district, column["street"], column["road"], tail)


def _translated(texts: Text, table: dict[int, int]) -> Text:
    width = max(1, texts.dtype.itemsize // 4)
    points = np.ascontiguousarray(texts).view(np.uint32).reshape(len(texts), width)
    for plain, other in table.items():
        points = np.where(points == plain, np.uint32(ord(other) if isinstance(other, str) else other), points)
    return np.ascontiguousarray(points).view(f"U{width}").ravel()


def _said(numbers: Text) -> Text:
    """Numbers below ten thousand as they are said (12 十二); '' stays ''."""
    given = numbers != ""
    return np.where(given, _spoken_numbers()[np.where(given, numbers, "0").astype(np.int64)], "")


def _spelt(numbers: Text) -> Text:
    """Numbers digit by digit (501 五〇一)."""
    return _translated(numbers, {ord(str(place)): ord(one) for place, one in enumerate(_DIGITS)})


@cache
def _spoken_numbers() -> Text:
    return np.array([_spoken(number) for number in range(_NUMERALS)])


def _spoken(number: int) -> str:
    if number < 10:
        return _DIGITS[number] if number else "零"
    said, gap = "", False
    for unit, word in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            said += ("零" if gap and said else "") + _DIGITS[digit] + word
        gap = not digit
    return said.removeprefix("一") if said.startswith("一十") else said


def _joined(*parts: Any) -> Text:
    result: Text = reduce(np.strings.add, (np.asarray(part) for part in parts))
    return result
