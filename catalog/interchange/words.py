"""Coded words of a catalogue sheet: what a cell says, as the catalogue's value, and back. Bare digits are never understood.

Domain: 共享类型 1 is unconditional in one public system, conditional in another, and written 01 in a third; the same holds for
update cycles. Words say what they mean.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import opencc
from pydantic import RootModel
from rapidfuzz import fuzz, process

from ground.documents import parse_document

FORMATS: dict[str, tuple[str, ...]] = {
    "数据库": ("Dm", "KingbaseES", "Access", "DBF", "DBase", "Sybase", "Oracle", "SQL Server", "DB2", "MySQL", "PostgreSQL", "openGauss", "OceanBase", "TiDB"),
    "电子表格": ("ET", "XLS", "XLSX", "CSV"),
    "电子文件": ("OFD", "WPS", "XML", "TXT", "DOC", "DOCX", "HTML", "PDF", "PPT"),
    "图形图像": ("JPG", "GIF", "BMP", "TIFF", "PNG", "DWG", "SHP", "GeoJSON", "GeoPackage"),
    "流媒体": ("SWF", "RM", "MPG", "MP3", "MP4"),
    "自描述格式": ("JSON", "JSONL", "Parquet"),
}  # fmt: skip
"""Formats that the guide names below its six kinds, and those that are usual today."""

_DIGITS = re.compile(r"[0-9]{1,2}")
_NUMBERED = re.compile(r"^[0-9]{1,2}\s*[-—.、:：)）]?\s*(?=[^0-9.\s])")
_SIMPLIFIED = opencc.OpenCC("t2s")


class _Tables(RootModel[dict[str, dict[str, list[str]]]]):
    """The document ``words.yaml``: table -> value -> its words, the one that is written first."""


@cache
def _tables() -> dict[str, dict[str, list[str]]]:
    path = Path(__file__).with_name("words.yaml")
    return parse_document(path.read_text(encoding="utf-8"), _Tables, name="catalog/interchange/words.yaml").root


def plain(text: str) -> str:
    """A word as it is compared: half width, simplified, without spaces, upper case."""
    return re.sub(r"\s", "", _SIMPLIFIED.convert(unicodedata.normalize("NFKC", text))).upper()


@dataclass(frozen=True)
class NotUnderstood:
    """A word that the table does not have.

    Attributes:
        digits: it is a bare number.
        close: the word that was probably meant.
        allowed: the words that are written for each value.
    """

    digits: bool
    close: str | None
    allowed: tuple[str, ...]


@dataclass(frozen=True)
class Words:
    """Coded words, with the city's own for the classes.

    Args:
        sharing: the city's word for ``unconditional``, ``conditional``, ``not``; what it leaves out is the guide's.
        opening: the same for opening.
    """

    sharing: Mapping[str, str] = field(default_factory=dict)
    opening: Mapping[str, str] = field(default_factory=dict)
    _seen: dict[tuple[str, str], str | NotUnderstood] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def said(self, table: str, value: str) -> str:
        """The word for a value, the city's own where it has one; a value outside the table as it is."""
        own = {"sharing": self.sharing, "opening": self.opening}.get(table, {})
        if value in own:
            return own[value]
        words = _tables()[table].get(value)
        return words[0] if words else value

    def choices(self, table: str) -> tuple[str, ...]:
        """The words that are written for the values of a table."""
        return tuple(self.said(table, value) for value in _tables()[table])

    def meant(self, table: str, text: str) -> str | NotUnderstood:
        """The value that a cell says: by the city's word, the guide's, or a usual other one."""
        if (table, text) not in self._seen:  # a sheet says the same few words in every row
            self._seen[table, text] = self._meant(table, text)
        return self._seen[table, text]

    def _meant(self, table: str, text: str) -> str | NotUnderstood:
        known = self._known(table)
        word = plain(text)
        if word in known:
            return known[word]
        bare = plain(_NUMBERED.sub("", unicodedata.normalize("NFKC", text)))
        if bare in known and not _DIGITS.fullmatch(word):
            return known[bare]
        found = process.extractOne(word, list(known), scorer=fuzz.ratio, score_cutoff=50)
        close = self.said(table, known[found[0]]) if found else None
        return NotUnderstood(_DIGITS.fullmatch(word) is not None, close, self.choices(table))

    def _known(self, table: str) -> dict[str, str]:
        known = {plain(word): value for value, words in _tables()[table].items() for word in (value, *words)}
        own = {"sharing": self.sharing, "opening": self.opening}.get(table, {})
        return known | {plain(word): value for value, word in own.items()}


def storage_format(text: str) -> tuple[str, bool]:
    """The format that a cell names, and whether it is one we know: a kind of the guide, or a format below one.

    ``数据库:MySQL``, ``数据库/mysql`` and ``MySQL`` are ``MySQL``; ``电子表格`` is ``spreadsheet``; anything else stays as written.
    """
    given = unicodedata.normalize("NFKC", text).strip()
    known = {plain(name): name for names in FORMATS.values() for name in names}
    kinds = {plain(word): kind for kind, words in _tables()["format"].items() for word in (kind, *words)}
    named = re.sub(r"^(?:" + "|".join(FORMATS) + r")\s*[:/\-(]\s*(.+?)\)?$", r"\1", _SIMPLIFIED.convert(given))
    for candidate in (given, named):
        if plain(candidate) in kinds:
            return kinds[plain(candidate)], True
        if plain(candidate) in known:
            return known[plain(candidate)], True
    return text.strip(), False
