"""The contract of an entry, set-based: delivered text becomes typed items, and rows that break it say why.

Pure expressions. A breach is about form (missing, too long, not a date), never about truth: a well-formed wrong
value passes here and is found by the rules.
"""

from __future__ import annotations

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from catalog.feed import Feed, Mode
from catalog.formats import null_values
from catalog.model import Item, ItemType, Resource
from pipelines.intake import geometry
from pipelines.intake.staged import UNREADABLE
from standards import elements

SEPARATOR, ABSENT = "\x1f", "\x1e"  # control characters that no delivered text holds
BREACH = "_breach"
SCIENTIFIC = r"^[1-9]\.[0-9]+[Ee]\+[0-9]{2}$"
"""How a spreadsheet writes a long number that it has rounded."""

DATA_TYPES: dict[ItemType, dt.DataType] = {
    ItemType.TEXT: dt.string,
    ItemType.INTEGER: dt.int64,
    ItemType.DECIMAL: dt.Decimal(18, 4),
    ItemType.DATE: dt.date,
    ItemType.TIMESTAMP: dt.timestamp,
    ItemType.GEOMETRY: dt.string,
}

REASONS: dict[str, tuple[str, str]] = {
    "missing": ("必填项为空", "required and missing"),
    "unreadable": ("字符或数字无法还原", "characters or digits cannot be recovered"),
    "too_long": ("超过约定长度", "longer than agreed"),
    "not_integer": ("不是整数", "not an integer"),
    "not_decimal": ("不是数值", "not a number"),
    "not_date": ("不是有效日期", "not a date that exists"),
    "not_timestamp": ("不是有效时间", "not a time that exists"),
    geometry.NOT_GEOMETRY: ("不是约定形状的几何图形", "not a geometry of the agreed shape"),
    geometry.OUT_OF_RANGE: (
        "坐标超出所声明坐标系的范围",
        "coordinates outside the range of the declared reference system",
    ),
    "duplicate_key": (
        "同一批次内主键重复且内容不同，采用较新一行",
        "same key, other content in one delivery; the newer row is taken",
    ),
    "unknown_key": ("更正或注销的主键不存在", "corrects or removes a key that is not there"),
    "broken_line": (
        "行结构有误（列数或引号），本批不判断注销",
        "the line is no row (columns or quotes); no key is taken for gone",
    ),
}
"""Reason code of quarantine -> what it means."""


def typed(staged: ir.Table, feed: Feed, resource: Resource) -> ir.Table:
    """Delivered rows as typed items with ``_row`` and ``_breach``.

    Args:
        staged: text columns named by item, and ``_row``.
        feed: which items are delivered (a correction may deliver a part).
        resource: types, elements and obligations of the items.

    Returns:
        One row per delivered row: the delivered items typed (null where the text does not convert), ``_row`` int64,
        ``_breach`` text: ``item:reason`` joined by ``;``, null where the row keeps the contract.
    """
    # Normalised once, in its own step, so that neither typing nor the checks repeat the work.
    present = [item for item in resource.items if item.id in staged.columns]
    extra = {"_reason": staged["_reason"]} if "_reason" in staged.columns else {}
    clean = staged.select(
        **{item.id: _clean(staged[item.id], item, feed) for item in present},
        **extra,
        _row=staged["_row"],
    )
    values = {item.id: convert(clean[item.id], item) for item in present}
    parts = [_reason(clean[item.id], values[item.id], item, feed, resource) for item in present]
    stated = [part for some in parts for part in some]
    breach = ibis.literal("").join(stated).nullif("") if stated else ibis.null(dt.string)
    return clean.select(**values, **{name: clean[name] for name in extra}, _row=clean["_row"], **{BREACH: breach})


def keys(rows: ir.Table, resource: Resource) -> ir.Table:
    """The business keys of raw rows, typed as in standard; one column per item of the key."""
    return rows.select(**key_values(rows, resource))


def key_values(rows: ir.Table, resource: Resource) -> dict[str, ir.Value]:
    """The key items of raw rows as columns of ``rows``, typed as in standard."""
    items = [resource.item(name) for name in resource.key]
    texts = {item.id: elements.normalise(rows[item.id], item.element).nullif("") for item in items}
    return {item.id: convert(texts[item.id], item) for item in items}


def convert(text: ir.StringValue, item: Item) -> ir.Value:
    """Normalised text as the item's type; null where it does not convert."""
    match item.type:
        case ItemType.TEXT:
            return text
        case ItemType.GEOMETRY:
            return geometry.value(text)
        case ItemType.INTEGER:
            return text.replace(",", "").try_cast(dt.int64)
        case ItemType.DECIMAL:
            return text.replace(",", "").try_cast(DATA_TYPES[ItemType.DECIMAL])
        case ItemType.DATE:
            return _day(text)
        case ItemType.TIMESTAMP:
            return _moment(text).try_cast(dt.timestamp)


def row_hash(table: ir.Table, items: list[str]) -> ir.StringValue:
    """MD5 over the typed items, null apart from empty: equal exactly where the content of two rows is equal."""
    texts = [table[item].cast(dt.string).fill_null(ABSENT) for item in items]
    return ibis.literal(SEPARATOR).join(texts).hexdigest("md5")


def _clean(text: ir.StringValue, item: Item, feed: Feed) -> ir.StringValue:
    """The delivered text in the one form of its element; a geometry converted into the system of the standard stage."""
    plain = elements.normalise(_stated(text, feed), item.element).nullif("")
    if item.type is not ItemType.GEOMETRY or feed.geometry is None or item.shape is None:
        return plain
    return geometry.in_cgcs2000(plain, feed.geometry.crs, item.shape)


def _stated(text: ir.StringValue, feed: Feed) -> ir.StringValue:
    """The text, null where it is one of the feed's words for no value. Raw keeps the word as delivered."""
    words = null_values(feed.format)
    return ibis.ifelse(text.strip().isin(words), ibis.null(dt.string), text) if words else text


def _day(text: ir.StringValue) -> ir.DateValue:
    """A written day; or the day that a sheet's bare number counts to (45000), of the years 1954 to 2119."""
    written = _dashed(text).try_cast(dt.date)
    number = ibis.ifelse(text.re_search(r"^[2-7][0-9]{4}$"), text, ibis.null(dt.string)).cast(dt.int64)
    return ibis.ifelse(
        number.notnull(), (ibis.date("1899-12-30") + number.as_interval("D")).cast(dt.timestamp).cast(dt.date), written
    )


def _dashed(text: ir.StringValue) -> ir.StringValue:
    """The usual ways to write a day, as ``YYYY-MM-DD``: 20260131, 2026/1/31, 2026.1.31, 2026年1月31日."""
    flat = text.replace("年", "-").replace("月", "-").replace("日", "").replace("/", "-").replace(".", "-")
    compact = flat.substr(0, 4) + "-" + flat.substr(4, 2) + "-" + flat.substr(6, 2)
    return ibis.cases((flat.re_search(r"^[0-9]{8}$"), compact), else_=flat)


def _moment(text: ir.StringValue) -> ir.StringValue:
    flat = text.replace("T", " ").replace("/", "-").replace("年", "-").replace("月", "-").replace("日", "")
    day = flat.substr(0, 4) + "-" + flat.substr(4, 2) + "-" + flat.substr(6, 2)
    clock = flat.substr(8, 2) + ":" + flat.substr(10, 2) + ":" + flat.substr(12, 2)
    return ibis.cases(
        (flat.re_search(r"^[0-9]{14}$"), day + " " + clock), (flat.re_search(r"^[0-9]{8}$"), day), else_=flat
    )


def _reason(text: ir.StringValue, value: ir.Value, item: Item, feed: Feed, resource: Resource) -> list[ir.StringValue]:
    """Breaches of one item as ``item:reason;`` texts, empty text where there is none."""
    must = item.required or item.id in resource.key
    if feed.mode is Mode.TOMBSTONE:
        must = item.id in resource.key
    checks: list[tuple[ir.BooleanValue, str]] = []
    if must:
        checks.append((text.isnull(), "missing"))
    if item.type is ItemType.GEOMETRY:
        checks += [
            (geometry.is_fault(text, reason), reason) for reason in (geometry.NOT_GEOMETRY, geometry.OUT_OF_RANGE)
        ]
        return _written(checks, item)
    checks.append((_unreadable(text, item), "unreadable"))
    if item.max_length is not None:
        checks.append((text.length() > item.max_length, "too_long"))
    if item.type is not ItemType.TEXT:
        checks.append((text.notnull() & value.isnull() & ~text.contains(UNREADABLE), f"not_{item.type}"))
    return _written(checks, item)


def _unreadable(text: ir.StringValue, item: Item) -> ir.BooleanValue:
    """A character that did not decode, or a code whose digits a sheet has turned into ``4.20106E+17``."""
    lost = text.contains(UNREADABLE)
    return lost | text.re_search(SCIENTIFIC) if item.type is ItemType.TEXT else lost


def _written(checks: list[tuple[ir.BooleanValue, str]], item: Item) -> list[ir.StringValue]:
    return [ibis.cases((check.fill_null(False), f"{item.id}:{reason};"), else_="") for check, reason in checks]
