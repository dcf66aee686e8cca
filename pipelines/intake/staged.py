"""What a reader hands on: delivered rows as text under their items' names, and what it could not read."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

import ibis.expr.types as ir

from catalog.feed import Feed
from ground.errors import RefusedData
from warehouse.duckdb_engine import RejectedLine

UNREADABLE = "\ufffd"
"""Stands in a text where a character could not be decoded or a number had lost digits; such a row is quarantined."""


@dataclass(frozen=True)
class Staged:
    """Rows of one delivery before the contract.

    Attributes:
        table: one text column per mapped item, and ``_row`` (1-based line or sheet row).
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
    return columns


def check_header(
    feed: Feed, header: Sequence[str], *, where: str, header_row: int, above: Sequence[Sequence[str]] = ()
) -> None:
    """Refuse a file whose header is not the one the feed maps.

    Args:
        feed: the feed.
        header: column titles as read at ``header_row``.
        where: the file, for the message.
        header_row: 1-based row the header was read from.
        above: the first rows of the file, to look for a header that moved.

    Raises:
        RefusedData: a mapped column is missing (says which, and in which row a matching header stands), or twice there.
    """
    expected = set(wanted(feed))
    missing = [column for column in wanted(feed) if column not in header]
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
        raise RefusedData(
            f"第 {header_row} 行不是约定的表头，缺少列：{'、'.join(missing)}。{hint_zh}整个文件未采用，原件已保留。",
            f"Row {header_row} is not the agreed header; missing columns: {', '.join(missing)}. {hint_en} "
            "The file was not taken; its bytes are kept.",
            where=where,
        )
    twice = sorted({column for column in expected if list(header).count(column) > 1})
    if twice:
        raise RefusedData(
            f"表头中有重复的列：{'、'.join(twice)}，无法判断采用哪一列。",
            f"Columns stand twice in the header: {', '.join(twice)}; which one is meant cannot be told.",
            where=where,
        )
