"""The columns of a catalogue sheet, as data with a version: `columns.yaml`.

Source: core metadata of the national guide (政务信息资源目录编制指南, 发改高技〔2017〕1272号), the nine mandatory fields of
Haishu 10, and what our entries hold beside them. Which of them a city asks for is its rules' to say (`mandatory`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Literal

import opencc
from pydantic import Field, model_validator
from rapidfuzz import fuzz, process

from catalog.model import refuse_repeated
from ground.documents import Declared, read_document

CLOSE = 75
"""Likeness, of 100, from which a title is said to be a slip of the pen for another."""


class Column(Declared):
    """One column.

    Attributes:
        title: as it is written by us.
        level: whether it says something of the resource or of one item.
        required: it always has to be filled.
        words: the table of coded words it takes its values from (`catalog.interchange.words`).
        written: whether an export has it; what is read only is another way of writing the same.
    """

    id: str
    level: Literal["resource", "item"]
    title: str
    en: str
    aliases: list[str] = Field(default_factory=list)
    note: str | None = None
    required: bool = False
    words: str | None = None
    written: bool = True


class Columns(Declared):
    """The document ``columns.yaml``: no title or alias may mean two columns."""

    version: str
    norm: str
    ignored: list[str]
    """Titles that stand in many sheets and say nothing of the entry."""
    columns: list[Column]

    @model_validator(mode="after")
    def _distinct(self) -> Columns:
        refuse_repeated("columns.id", [one.id for one in self.columns])
        refuse_repeated("columns.title", [bare(name) for one in self.columns for name in (one.title, *one.aliases)])
        return self


@cache
def columns() -> Columns:
    """The columns that come with the software."""
    return read_document(Path(__file__).with_name("columns.yaml"), Columns, name="catalog/interchange/columns.yaml")


@cache
def _by_title() -> dict[str, Column]:
    return {bare(name): one for one in columns().columns for name in (one.title, one.id, *one.aliases)}


@cache
def column(name: str) -> Column:
    """The column with this id; KeyError if there is none."""
    return next(iter([one for one in columns().columns if one.id == name])) if name in ids() else _none(name)


def _none(name: str) -> Column:
    raise KeyError(name)


@cache
def ids() -> frozenset[str]:
    """Ids of the columns."""
    return frozenset(one.id for one in columns().columns)


def find(title: str) -> Column | None:
    """The column that a sheet calls ``title``; None if none is called so."""
    return _by_title().get(bare(title))


def is_ignored(title: str) -> bool:
    """Whether the title is one of those that say nothing of the entry."""
    return bare(title) in {bare(one) for one in columns().ignored}


def close_to(title: str) -> Column | None:
    """The column that ``title`` is probably a slip of the pen for."""
    found = process.extractOne(bare(title), list(_by_title()), scorer=fuzz.ratio, score_cutoff=CLOSE)
    return _by_title()[found[0]] if found else None


def mandatory(asked_for: Iterable[str] = ()) -> list[Column]:
    """The columns that have to be there and filled, in order.

    Args:
        asked_for: what the city's instrument asks for, in its own words (业务名称, 数据项名称 …). The name of the
            business is the title of the entry, unless the sheet names both. A word that is no column asks for nothing.
    """
    named = {found.id for word in asked_for if (found := find(word)) is not None} - {"business"}
    return [one for one in columns().columns if one.required or one.id in named]


_SIMPLIFIED = opencc.OpenCC("t2s")


@cache
def bare(title: str) -> str:
    """A title without what differs between sheets that mean the same: width, traditional characters, spaces, remarks, stars."""
    text = _SIMPLIFIED.convert(unicodedata.normalize("NFKC", title))
    text = re.sub(r"\([^()]*\)|\[[^\[\]]*\]|【[^】]*】", "", text) or text
    return re.sub(r"[\s*:、_\-./\"'“”]", "", text).lower()
