"""What the values of delivered columns are, measured over the whole file in one pass: how many convert to which type.

The conversions are those of the contract, so that a type that is guessed here is a type that intake can read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from catalog.model import Item, ItemType
from pipelines.intake import contract
from standards import code_list, elements
from warehouse.duckdb_engine import DuckDbEngine

NOTHING = (
    "N/A",
    "n/a",
    "NA",
    "NULL",
    "null",
    "None",
    "NaN",
    "nan",
    "-",
    "--",
    "—",
    "/",
    "无",
    "空",
    "暂无",
    "暂缺",
    "不详",
    "未知",
)
"""Texts that usually say there is no value."""
ENOUGH = 0.98
"""Share of the values that must convert: the rest are mistakes, which quarantine will show."""
FEW_VALUES = 200
"""Distinct values up to which a column may be a code."""
_IDENTIFYING = re.compile(
    r"(?i)(^|_|[a-z])(id|no|code|key|zip|phone|tel|mobile|ssn)s?$|^(id|no|code|zip|phone|tel)|编号|代码|编码|号$|号码|电话|手机|邮编|标识码|证号|识别"
)
"""Titles of what is a name written in digits, and no number to add up."""
_LONGEST_INTEGER = 15
_DIGITS_AFTER_POINT = 4
"""Of a decimal in the standard stage, decimal(18,4); more would be rounded away."""


@dataclass(frozen=True)
class Column:
    """A delivered column and what was found out about it.

    Attributes:
        title: its title, as compared.
        place: its name in the table that was measured.
        values: rows with a value.
        distinct: distinct values.
        longest: characters of the longest value.
        type: the type that its values have.
        element: the standard data element that its title names.
        code_list: the list that all its values come from.
        nothing: words in it that say there is no value.
        floating: whether its values are numbers with a point, whatever its type: no such thing names a row.
        zh, en: how the type was told.
    """

    title: str
    place: str
    values: int
    distinct: int
    longest: int
    type: ItemType
    element: str | None
    code_list: str | None
    nothing: tuple[str, ...]
    floating: bool
    zh: str
    en: str

    @property
    def identifying(self) -> bool:
        """Whether its title says that it names something."""
        return bool(_IDENTIFYING.search(self.title)) or (
            self.element is not None and bool(_IDENTIFYING.search(elements.element(self.element).title))
        )


def measure(engine: DuckDbEngine, table: ir.Table, titles: Mapping[str, str]) -> list[Column]:
    """Measure every column.

    Args:
        engine: holds the table.
        table: delivered rows as text.
        titles: name in the table -> title.
    """
    if not titles:
        return []
    aggregates = {}
    for place in titles:
        for name, value in _facts(table[place]).items():
            aggregates[f"{place}__{name}"] = value
    (facts,) = engine.to_arrow(table.agg(**aggregates)).to_pylist()
    return [
        _column(engine, table, place, title, {name: facts[f"{place}__{name}"] or 0 for name in _facts(table[place])})
        for place, title in titles.items()
    ]


def _facts(delivered: ir.StringValue) -> dict[str, ir.Scalar]:
    text = delivered.strip().nullif("")
    stated = ibis.ifelse(text.isin(NOTHING), ibis.null("string"), text)

    def converts(kind: ItemType) -> ir.Scalar:
        item = {"id": "x", "title": "x", "type": kind}
        return contract.convert(stated, Item.model_validate(item)).notnull().sum()

    return {
        "values": text.notnull().sum(),
        "stated": stated.notnull().sum(),
        "distinct": text.nunique(),
        "longest": text.length().max(),
        "integers": stated.re_search(r"^-?[0-9]{1,18}$").sum(),
        "decimals": stated.re_search(r"^-?[0-9,]*\.?[0-9]+$").sum(),
        "fine": stated.re_search(r"\.[0-9]{5,}$").sum(),
        "zeros": stated.re_search(r"^0[0-9]+$").sum(),
        "dates": converts(ItemType.DATE),
        "times": stated.re_search(r"[0-9]:[0-9]{2}").sum(),
        "moments": converts(ItemType.TIMESTAMP),
    }


def _column(engine: DuckDbEngine, table: ir.Table, place: str, title: str, facts: Mapping[str, int]) -> Column:
    element = elements.match(title)
    kind, zh, en = _type(title, element, facts)
    words: tuple[str, ...] = ()
    codes = None
    if facts["stated"] < facts["values"] and kind is not ItemType.TEXT:
        words = tuple(word for word in _distinct(engine, table, place, NOTHING) if word in NOTHING)
    elif facts["stated"] < facts["values"]:
        words = tuple(word for word in _distinct(engine, table, place, NOTHING) if word in NOTHING[:8])
    if kind is ItemType.TEXT and element is not None and 0 < facts["distinct"] <= FEW_VALUES:
        listed = elements.element(element).code_list
        if listed is not None and set(_distinct(engine, table, place, None)) - set(words) <= set(
            code_list.codes(listed)
        ):
            codes = listed
    floating = facts["decimals"] > facts["integers"] and facts["decimals"] >= facts["stated"] * ENOUGH
    return Column(
        title, place, facts["values"], facts["distinct"], facts["longest"], kind, element, codes, words, floating, zh, en,
    )  # fmt: skip


def _distinct(engine: DuckDbEngine, table: ir.Table, place: str, among: Sequence[str] | None) -> list[str]:
    text = table[place].strip().nullif("")
    rows = table.select(value=text).filter(ibis._["value"].notnull())
    if among is not None:
        rows = rows.filter(rows["value"].isin(among))
    found: list[str] = engine.to_arrow(rows.distinct().limit(FEW_VALUES + 1))["value"].to_pylist()
    return found


def _type(title: str, element: str | None, facts: Mapping[str, int]) -> tuple[ItemType, str, str]:
    """The type of a column, and how it was told."""
    stated = facts["stated"]
    if element is not None and (known := elements.element(element).type) == "text":
        return ItemType(known), "", ""
    if not stated:
        return ItemType.TEXT, "没有值", "there are no values"
    enough = stated * ENOUGH
    odd = (
        (lambda n: f"，{stated - n} 行不合" if n < stated else ""),
        (lambda n: f", {stated - n} rows do not fit" if n < stated else ""),
    )
    if facts["moments"] >= enough and facts["times"] >= enough:
        return ItemType.TIMESTAMP, f"值是时间{odd[0](facts['moments'])}", f"values are times{odd[1](facts['moments'])}"
    if facts["dates"] >= enough and facts["longest"] >= len("2026-1-1"):
        return ItemType.DATE, f"值是日期{odd[0](facts['dates'])}", f"values are dates{odd[1](facts['dates'])}"
    if facts["zeros"]:
        return ItemType.TEXT, "有以 0 开头的代码", "there are codes that begin with 0"
    numeric = facts["integers"] >= enough or facts["decimals"] >= enough
    if numeric and _IDENTIFYING.search(title):
        return ItemType.TEXT, "用数字写的编号，不作数值", "a name written in digits, not a number"
    if facts["integers"] >= enough and facts["longest"] <= _LONGEST_INTEGER:
        return (
            ItemType.INTEGER,
            f"值是整数{odd[0](facts['integers'])}",
            f"values are integers{odd[1](facts['integers'])}",
        )
    if facts["decimals"] >= enough and facts["integers"] < enough:
        if facts["fine"]:
            more = f"小数多于 {_DIGITS_AFTER_POINT} 位，按 decimal 会被舍入，故取文本"
            return (
                ItemType.TEXT,
                more,
                f"more than {_DIGITS_AFTER_POINT} digits after the point, which decimal would round: text",
            )
        return (
            ItemType.DECIMAL,
            f"值是数值{odd[0](facts['decimals'])}",
            f"values are numbers{odd[1](facts['decimals'])}",
        )
    return ItemType.TEXT, "", ""
