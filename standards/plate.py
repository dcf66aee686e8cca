"""Number plates of motor vehicles (机动车号牌, GA 36-2018): is a plate written as one can be.

Province, authority (a letter) and five signs, the last perhaps a word for its use (挂 trailer, 学 driving school, 警 police, 港 and
澳 cross-border, 领 consulate); new-energy vehicles have six, with a letter of their own at the head (small) or at the end
(large). Letters I and O are not used. Plates have no check digit: a plate in the right form may not exist.
"""

from __future__ import annotations

import re
from typing import Literal

import ibis.expr.types as ir

from standards.text import whole_match

PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
"""First sign of a plate, one for each of the 31 provinces of the mainland."""
_LETTER = "[A-HJ-NP-Z]"
_SIGN = "[A-HJ-NP-Z0-9]"
_HEAD = f"[{PROVINCES}]{_LETTER}"
_ORDINARY = f"{_HEAD}{_SIGN}{{4}}({_SIGN}|[挂学警港澳领])|使[0-9]{{6}}"
_NEW_ENERGY = f"{_HEAD}([A-HJK]{_SIGN}[0-9]{{4}}|[0-9]{{5}}[A-HJK])"


def kind(value: str) -> Literal["ordinary", "new_energy"] | None:
    """What sort of plate a value is, in capitals and without the dot; None if it is none."""
    if re.fullmatch(_ORDINARY, value):
        return "ordinary"
    return "new_energy" if re.fullmatch(_NEW_ENERGY, value) else None


def is_valid(value: str) -> bool:
    """Whether a value is a plate, in capitals and without the dot after the authority."""
    return kind(value) is not None


def valid(col: ir.StringValue) -> ir.BooleanValue:
    """Set-based `is_valid`; null for null."""
    return whole_match(col, f"{_ORDINARY}|{_NEW_ENERGY}")


def new_energy(col: ir.StringValue) -> ir.BooleanValue:
    """Whether each value is the plate of a new-energy vehicle; null for null."""
    return whole_match(col, _NEW_ENERGY)
