"""Names for what comes without one: a resource by its department and the initials of its title, an item by its initials."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

from catalog.model import RESERVED

SUFFIXES = ("__source", "__observed", "__agreement", "__disputed")
_VALID = re.compile(r"[a-z][a-z0-9_]{0,62}")
_LONGEST = 24
"""Letters of the initials: enough to tell titles apart, short enough for a table's name."""


def is_valid(name: str) -> bool:
    """Whether this may be the id of a department, a resource or an item."""
    return bool(_VALID.fullmatch(name)) and name not in RESERVED and not name.endswith(SUFFIXES)


def initials(title: str) -> str:
    """``重庆银行网点`` -> ``cqyhwd``, ``A类2号`` -> ``al2h``; empty where nothing in it can be said in Latin letters."""
    from pypinyin import Style, lazy_pinyin  # reads a dictionary for half a second

    text = unicodedata.normalize("NFKC", title).lower()
    parts = lazy_pinyin(text, style=Style.FIRST_LETTER, errors=_latin)
    return re.sub(r"[^a-z0-9]", "", "".join(parts))[:_LONGEST]


def _latin(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text)


def resource_id(department: str, title: str, taken: Container[str]) -> str:
    """An id that is not taken: ``mz_dbdx``, then ``mz_dbdx_2`` …"""
    return _free(f"{department[: 62 - _LONGEST - 4]}_{initials(title) or 'x'}", taken)


def item_id(title: str, taken: Container[str]) -> str:
    """An id of an item that is not taken within its resource."""
    name = initials(title) or "x"
    return _free(name if name[0].isalpha() else f"x{name}", taken)


def _free(name: str, taken: Container[str]) -> str:
    number, candidate = 1, name
    while candidate in taken or not is_valid(candidate):
        number += 1
        candidate = f"{name}_{number}"
    return candidate
