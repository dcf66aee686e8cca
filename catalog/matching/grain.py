"""What only says which row it is, or of when: a number of the row, a period, the day of its change; no fact of its own."""

from __future__ import annotations

from functools import cache

from catalog.matching.compare import Fact
from catalog.matching.context import kind_of
from catalog.matching.titles import read
from catalog.matching.vocabulary import words
from standards.elements import elements


def names_row(fact: Fact) -> bool:
    """Whether an item of a key names the row: its own number, the area or the period it is of.

    Another person's or body's number (母亲公民身份号码) is a fact of the row, and so is whatever else the standard knows: sex,
    birthday, address.
    """
    if fact.reading.roles:
        return False
    if fact.element is None:
        known = frozenset(one for one in fact.reading.says if not one.startswith("="))
        return _is_number(known) or (bool(known) and known <= words().dating)
    kind = words().key_kinds.get(fact.element)
    if kind is not None:
        return kind_of(fact.told) in (None, kind)
    return fact.element in _numbers()


def dates_row(fact: Fact) -> bool:
    """Whether ``observed_at`` dates the row: a day that the standard does not know as one of something else (出生日期)."""
    said, typed = fact.reading.says, fact.told.type in ("date", "timestamp")
    return fact.element is None and not fact.reading.roles and (typed or bool(said & words().dating))


@cache
def _numbers() -> frozenset[str]:
    """Elements that are a row's own number: 证件编号, 学籍号, 账号."""
    said = {one.id: read(one.title) for one in elements()}
    return frozenset(name for name, one in said.items() if _is_number(one.says) and not one.roles)


def _is_number(says: frozenset[str]) -> bool:
    """Whether a title says a number, and not what is told of it: 账户, and not 账户状态."""
    return bool(says & words().numbers) and not says & (words().heads - words().numbers)
