"""Code lists: which codes an item may hold, and what each means.

National lists and the few lists of the house stand in `code_lists.yaml`; the list `division` comes from `divisions`.
"""

from __future__ import annotations

import datetime
import difflib
from functools import cache
from pathlib import Path

import ibis.expr.types as ir
from pydantic import Field

from ground.documents import Declared, read_document
from ground.errors import UserError
from standards import divisions


class CodeList(Declared):
    """One list: its Chinese title, where it comes from, and the title of every code (always text, never a number)."""

    title: str = Field(min_length=1)
    standard: str = Field(min_length=1)
    codes: dict[str, str] = Field(min_length=1)


class CodeLists(Declared):
    """The document ``code_lists.yaml``."""

    lists: dict[str, CodeList]


def list_ids() -> list[str]:
    """The identifiers of all code lists."""
    return [*_document().lists, "division"]


def code_list(list_id: str, on: datetime.date | None = None) -> CodeList:
    """One code list.

    Args:
        list_id: such as ``sex``; see `list_ids`.
        on: only the codes in force on this day (of lists that keep dates: divisions); None for all that ever were.

    Raises:
        UserError: there is no such list.
    """
    if list_id == "division":
        return CodeList(title="行政区划", standard="GB/T 2260", codes=divisions.titles(on))
    lists = _document().lists
    if list_id not in lists:
        close = difflib.get_close_matches(list_id, list_ids(), n=1)
        known = "、".join(list_ids())
        raise UserError(
            f"没有代码表 {list_id}。{f'是否想写 {close[0]}？' if close else ''}可用的代码表：{known}",
            f"No code list {list_id}.{f' Did you mean {close[0]}?' if close else ''} Known lists: {known}",
            where=f"code_list {list_id}",
        )
    return lists[list_id]


def codes(list_id: str, on: datetime.date | None = None) -> dict[str, str]:
    """Code and Chinese title of every entry of a list; arguments and errors as `code_list`."""
    return dict(code_list(list_id, on).codes)


def is_in_list(value: str, list_id: str, on: datetime.date | None = None) -> bool:
    """Whether a normalised value is a code of the list."""
    return value in code_list(list_id, on).codes


def in_list(col: ir.StringValue, list_id: str, on: datetime.date | None = None) -> ir.BooleanValue:
    """Set-based `is_in_list`; null for null."""
    return col.isin(list(code_list(list_id, on).codes))


@cache
def _document() -> CodeLists:
    return read_document(Path(__file__).with_name("code_lists.yaml"), CodeLists, name="standards/code_lists.yaml")
