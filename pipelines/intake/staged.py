"""What a reader hands on: delivered rows as text under their items' names, and what it could not read."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import ibis
import ibis.expr.types as ir

from catalog.feed import Feed
from catalog.formats import null_values
from ground.errors import RefusedData
from warehouse.duckdb_engine import RejectedLine

UNREADABLE = "\ufffd"
"""Stands in a text where a character could not be decoded or a number had lost digits; such a row is quarantined."""


class WrongHeader(RefusedData):
    """A delivery whose header is not the one its feed maps.

    Attributes:
        header: the columns as read; where the row is none of titles these may be values, which are kept nowhere.
        missing: columns of the feed that are not among them.
    """

    def __init__(self, zh: str, en: str, *, where: str, header: Sequence[str], missing: Sequence[str]) -> None:
        self.header = tuple(header)
        self.missing = tuple(missing)
        super().__init__(zh, en, where=where)


@dataclass(frozen=True)
class Staged:
    """Rows of one delivery before the contract.

    Attributes:
        table: one text column per mapped item, and ``_row`` (1-based: the line, sheet row or record; of an archive a
            running number over its members, which a note explains). A geometry is well-known text, as delivered.
        rejected: lines that are no row.
        not_taken: delivered columns outside the feed's mapping (one number, one source at intake).
        notes: what the reader found out about the file, as (zh, en), for ``feed check``.
    """

    table: ir.Table
    rejected: list[RejectedLine] = field(default_factory=list)
    not_taken: list[str] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)


def header_name(text: object) -> str:
    """A column title as it is compared: compatibility-normalised, without surrounding blanks or a BOM."""
    return unicodedata.normalize("NFKC", "" if text is None else str(text)).strip().strip("\ufeff").strip()


def wanted(feed: Feed) -> dict[str, str]:
    """Delivered column (as compared) -> item, the tombstone's reason as ``_reason``."""
    columns = {header_name(column): item for column, item in feed.columns.items()}
    if feed.reason_column is not None:
        columns[header_name(feed.reason_column)] = "_reason"
    if feed.geometry is not None and feed.geometry.column is not None:
        columns[header_name(feed.geometry.column)] = feed.geometry.item
    return columns


def needed(feed: Feed) -> list[str]:
    """Every delivered column that the feed reads, as compared; columns of coordinates included."""
    place = feed.geometry
    pair = (
        [] if place is None else [header_name(name) for name in (place.longitude, place.latitude) if name is not None]
    )
    return list(dict.fromkeys([*wanted(feed), *pair]))


def taken(feed: Feed, table: ir.Table, columns: Mapping[str, str]) -> ir.Table:
    """The columns a feed takes, under their items' names, and ``_row``.

    Args:
        feed: the feed.
        table: delivered rows as text, with ``_row``.
        columns: delivered column (as compared) -> its name in ``table``.
    """
    mapping = wanted(feed)
    values = {mapping[name]: table[column] for name, column in columns.items() if name in mapping}
    place = feed.geometry
    if place is not None and place.column is not None and place.item in values:
        values[place.item] = _shape(values[place.item])
    if place is not None and place.longitude is not None and place.latitude is not None:
        pair = (columns[header_name(name)] for name in (place.longitude, place.latitude))
        values[place.item] = _point(feed, *(table[column] for column in pair))
    return table.select(**values, _row=table["_row"])


def not_taken(feed: Feed, header: Sequence[str]) -> list[str]:
    """Delivered columns that nothing of the feed names."""
    read = set(needed(feed))
    return [column for column in header if column and column not in read]


def part_note(zh: str, en: str, above: int, rows: int) -> tuple[str, str]:
    """Which rows of the running number a sheet or member has: ``above`` rows stand in those before it."""
    return (
        f"{zh}：第 {above + 1}–{above + rows} 行（其中的行号 = 此处行号 − {above}）",
        f"{en}: rows {above + 1}–{above + rows} (the row in it is this number less {above})",
    )


def _shape(text: ir.StringValue) -> ir.StringValue:
    """Well-known text; a point that is written ``114.33,30.71``, as map services do, becomes one."""
    return text.re_replace(r"^\s*([0-9.+-]+)\s*[,，]\s*([0-9.+-]+)\s*$", r"POINT (\1 \2)")


def _point(feed: Feed, lng: ir.StringValue, lat: ir.StringValue) -> ir.StringValue:
    """``POINT (lng lat)`` of the delivered texts; null where both are missing, no valid text where one is.

    Blanks within a coordinate are kept from parting it in two: ``1 2`` and ``3`` must not become a point with a height.
    """
    words = null_values(feed.format)
    there = [one.strip().nullif("") for one in (lng, lat)]
    there = [ibis.ifelse(one.isin(words), ibis.null("string"), one) for one in there] if words else there
    x, y = (one.re_replace(r"\s+", "_").fill_null("") for one in there)
    text = ibis.literal("POINT (") + x + " " + y + ")"
    return ibis.ifelse(there[0].isnull() & there[1].isnull(), ibis.null("string"), text)


def check_header(
    feed: Feed, header: Sequence[str], *, where: str, header_row: int, above: Sequence[Sequence[str]] = ()
) -> None:
    """Refuse a file whose header is not the one the feed maps.

    Args:
        feed: the feed.
        header: column titles as read at ``header_row``.
        where: the file, for the message.
        header_row: 1-based row the header was read from; 0 where there is none.
        above: the first rows of the file, to look for a header that moved.

    Raises:
        RefusedData: a mapped column is missing (says which, and in which row a matching header stands), or twice there.
    """
    expected = set(needed(feed))
    missing = [column for column in needed(feed) if column not in header and column not in feed.may_be_missing]
    if missing and not header_row:
        raise WrongHeader(
            f"文件没有表头（format.header_row: 0），各列按 1、2、3…… 称呼，首行有 {len(header)} 列，缺少列：{'、'.join(missing)}。请核对 format.delimiter 与 columns。整个文件未采用，原件已保留。",
            f"The file has no header (format.header_row: 0): its columns are called 1, 2, 3, …; the first line has {len(header)}, "
            f"missing columns: {', '.join(missing)}. Check format.delimiter and columns. The file was not taken; its bytes are kept.",
            where=where,
            header=header,
            missing=missing,
        )
    if missing:
        elsewhere = [
            number for number, row in enumerate(above, start=1)
            if number != header_row and expected <= {header_name(cell) for cell in row}
        ]  # fmt: skip
        hint_zh = f"表头似乎在第 {elsewhere[0]} 行，请把 format.header_row 改为 {elsewhere[0]}。" if elsewhere else (
            "请核对 format.encoding、format.header_row 与 columns。"
        )  # fmt: skip
        hint_en = f"The header seems to stand in row {elsewhere[0]}: set format.header_row: {elsewhere[0]}." if elsewhere else (
            "Check format.encoding, format.header_row and columns."
        )  # fmt: skip
        raise WrongHeader(
            f"第 {header_row} 行不是约定的表头，缺少列：{'、'.join(missing)}。{hint_zh}整个文件未采用，原件已保留。",
            f"Row {header_row} is not the agreed header; missing columns: {', '.join(missing)}. {hint_en} "
            "The file was not taken; its bytes are kept.",
            where=where,
            header=header,
            missing=missing,
        )
    twice = sorted({column for column in expected if list(header).count(column) > 1})
    if twice:
        raise RefusedData(
            f"表头中有重复的列：{'、'.join(twice)}，无法判断采用哪一列。",
            f"Columns stand twice in the header: {', '.join(twice)}; which one is meant cannot be told.",
            where=where,
        )
