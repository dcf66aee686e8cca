"""Amounts of money as registers write them: a number, 万, and a currency in many spellings.

``1,000(万元人民币)``, ``1000万人民币`` and ``1000万元`` are one amount. Amounts in other currencies keep theirs: nothing is
converted, since the rate of the day is not in the text. An amount without a currency (``500(万)``) keeps that gap.
"""

from __future__ import annotations

import re

import ibis
import ibis.expr.types as ir

from standards.text import Step, whole_match

_AMOUNT = "[0-9]+([.][0-9]+)?万[元人民币美欧港日英镑加拿大澳新坡]*"
_YUAN = "万(元人民币|人民币元|人民币)$"
_HONG_KONG = "万(港币|元港币|港币元)$"
_PARENTHESES = "()（）"


def normalise_text(value: str) -> str:
    """``<number>万元`` for renminbi, ``<number>万<currency>`` for others; what is no such amount stays as delivered."""
    plain = value.translate({ord(sign): None for sign in _PARENTHESES})
    if not re.fullmatch(_AMOUNT, plain):
        return value
    return re.sub(_HONG_KONG, "万港元", re.sub(_YUAN, "万元", plain))


def normalise(col: ir.StringValue) -> ir.StringValue:
    """Set-based `normalise_text`; null stays null."""
    plain = col.translate(_PARENTHESES, "")
    spelt = plain.re_replace(_YUAN, "万元").re_replace(_HONG_KONG, "万港元")
    return ibis.ifelse(whole_match(plain, _AMOUNT), spelt, col)


STEP = Step(touches="万", scalar=normalise_text, column=normalise)
