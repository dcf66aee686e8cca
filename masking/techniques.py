"""Techniques that hide part of a text: what is shown when a value has the expected shape, and nothing when it has not.

Every function takes a text column and gives a text column. Null stays null (that a value is missing is not personal);
everything else that a technique does not understand becomes `HIDDEN` whole, because the usual libraries let short or odd
values through unmasked. The hidden part has a fixed length: the length of a name is a clue. Ranges and dates are
`masking.generalise`; which column gets which technique is `masking.plan`.

A mask of one column proves nothing about the row: digits that are left over are quasi-identifiers and are measured as
such (`masking.risk`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import ibis
import ibis.expr.types as ir

Hmac = Callable[[ir.StringValue], ir.StringValue]
"""Keyed HMAC-SHA256 of a text as 64 hex digits; the engine leaf holds the key, so that it never stands in SQL text."""

HIDDEN = "**"
"""What is published for a value of which nothing may be seen."""

LEAST_HIDDEN = 6
"""`keep_ends` hides at least so many characters: four hidden digits are only 10,000 guesses."""

HAN = "〇㐀-䶿一-鿿𠀀-𳎯"
"""Chinese characters as a range of a character class; ``\\p{Han}`` is not understood by every engine."""

_NOT_A_DISTRICT = ["小区", "社区", "园区", "厂区", "校区", "院区", "景区", "库区", "营区", "宅区", "活区"]
"""Last two characters of what ends in 区 and is an estate, a campus or a works (住宅区, 生活区)."""

_CODE = "[0-9A-HJ-NPQRTUWXY]"


def keep_ends(text: ir.StringValue, *, first: int, last: int) -> ir.StringValue:
    """The first and last characters around a fixed ``****``.

    Hidden whole unless at least `LEAST_HIDDEN` characters, and at least as many as are shown, stay hidden. The well-known
    6+4 mask of a citizen id is therefore hidden whole: its check digit leaves 3,192 candidates of 35,064 dates.

    Args:
        text: any text.
        first: characters kept at the beginning, 0 or more.
        last: characters kept at the end, 0 or more.
    """
    shown = first + last
    enough = text.length() >= shown + max(LEAST_HIDDEN, shown)
    return _shown_if(enough, text, _ends(text, first, "****", last))


def person_name(text: ir.StringValue) -> ir.StringValue:
    """First character of a Chinese personal name and ``**``, whatever the length: 张三 and 张三丰 are both 张**.

    Hidden whole: one character, more than 20, a name that is not written in Chinese characters (``·`` may stand inside).
    """
    shaped = text.length().between(2, 20) & ~text.re_search(f"[^{HAN}·]") & (text.left(1) != "·")
    return _shown_if(shaped, text, text.left(1) + "**")


def citizen_id(text: ir.StringValue) -> ir.StringValue:
    """First and last character of a citizen identity number (GB 11643, 18 characters), nothing of the birth date."""
    shaped = (text.length() == 18) & text.re_search("^[0-9]{17}[0-9X]")
    return _shown_if(shaped, text, _ends(text, 1, "****************", 1))


def phone(text: ir.StringValue) -> ir.StringValue:
    """Three first and two last digits of a mobile number of 11 digits; six stay hidden. Landlines are hidden whole."""
    shaped = (text.length() == 11) & text.re_search("^1[3-9][0-9]{9}")
    return _shown_if(shaped, text, _ends(text, 3, "******", 2))


def credit_code(text: ir.StringValue) -> ir.StringValue:
    """A unified social credit code (GB 32100) as it is: the register of enterprises is public.

    Individual businesses (codes beginning 92) are mostly named after a person and are hidden, as is anything that is not
    such a code.
    """
    shaped = (text.length() == 18) & text.re_search(f"^{_CODE}{{2}}[0-9]{{6}}{_CODE}{{10}}")
    return _shown_if(shaped & ~text.startswith("92"), text, text)


def address(text: ir.StringValue, *, keep: str = "district") -> ir.StringValue:
    """An address cut after its district or after its street; characters are never counted.

    Args:
        text: an address in the order province, city, district, street; the first two may be missing.
        keep: ``district`` cuts after 区, 县 or 旗, ``street`` after 街道, 镇, 乡, 大道, 路 or 街.

    Returns:
        The part up to there, which holds no digit; hidden whole where there is none, or where what ends in 区 is an
        estate or a community (小区, 社区) and no district.
    """
    upper = f"(?:[{HAN}]{{2,8}}?(?:省|自治区|特别行政区))?(?:[{HAN}]{{2,10}}?(?:市|自治州|地区|盟))?"
    district = f"{upper}[{HAN}]{{1,12}}?(?:区|县|旗)"
    pattern = f"^({district})" if keep == "district" else f"^(({district})[{HAN}]{{1,12}}?(?:街道|镇|乡|大道|路|街))"
    kept = text.re_extract(pattern, 1)
    named = text.re_extract(f"^({district})", 1)
    estate = named.right(2).isin(_NOT_A_DISTRICT)
    return _shown_if((kept.length() > 0) & ~estate, text, kept)


def division(text: ir.StringValue, *, digits: int = 6) -> ir.StringValue:
    """The first digits of a division code of 6, 9 or 12 digits (GB/T 2260 and its extensions).

    Args:
        text: division code.
        digits: 2 for the province, 4 for the city, 6 for the county or district.
    """
    shaped = text.length().isin([6, 9, 12]) & ~text.re_search("[^0-9]")
    return _shown_if(shaped, text, text.left(digits))


def allowed(text: ir.StringValue, values: list[str]) -> ir.StringValue:
    """A text as it is where it is one of a closed list of values, hidden otherwise: free text never passes."""
    return _shown_if(text.isin(values), text, text)


def constant(text: ir.StringValue, value: str) -> ir.StringValue:
    """The same value for every row, null included, so that not even the gap shows."""
    return cast(ir.StringValue, ibis.ifelse(text.isnull(), value, value))


def pseudonym(text: ir.StringValue, hmac: Hmac) -> ir.StringValue:
    """A keyed pseudonym: HMAC-SHA256 under the recipient's secret key, its first 128 bits as 32 hex digits.

    Half of the digest is what RFC 2104 allows to keep; two of a billion persons share one with odds below 1e-20.

    A plain hash is none: the 40 million possible numbers of one division are tried in seconds. With a key per recipient
    two recipients cannot join what they hold. It is still personal data wherever the value was.
    """
    return hmac(text).left(32)


def _ends(text: ir.StringValue, first: int, middle: str, last: int) -> ir.StringValue:
    shown = text.left(first) + middle if first else ibis.literal(middle)
    return cast(ir.StringValue, shown + text.right(last) if last else shown)


def _shown_if(shaped: ir.BooleanValue, text: ir.StringValue, shown: ir.StringValue) -> ir.StringValue:
    whole = ibis.cases((text.isnull(), ibis.null("string")), (shaped, shown), else_=HIDDEN)
    return cast(ir.StringValue, whole)
