"""Looks through the parts of a workbook before anything is made of it: what they unpack to, how far their cells reach.

Readers of workbooks make room for the whole rectangle up to the furthest cell, so one cell at the end of a sheet asks for more
memory than there is. What is asked here is read piece by piece.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from xml.parsers import expat

from ground.errors import DocumentError

LARGEST = 200 * 1024 * 1024
"""Bytes that a workbook may unpack to: a catalogue of a hundred thousand rows has a tenth of it."""
MOST_CELLS = 10_000_000
"""Cells of the rectangle that a sheet's contents take: 200,000 rows of 50 columns."""
PIECE = 1 << 20
_ADDRESS = re.compile(r"([A-Z]{1,3})(\d{1,7})")


class _Stop(Exception):
    """Nothing more is asked of a part."""


class _Look:
    """What one part says of the cells that have contents."""

    def __init__(self) -> None:
        self.rows = self.columns = 0
        self.furthest = ""
        self.formulas = False
        self._cell = ""
        self._seen = False
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.StartDoctypeDeclHandler = self._doctype

    def read(self, piece: bytes) -> None:
        self._parser.Parse(piece, False)

    def _doctype(self, *_: object) -> None:
        raise _Stop  # nothing that a spreadsheet writes; readers that expand entities are not reached

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        element = name.rpartition(" ")[2]
        if not self._seen:
            self._seen = True
            if element != "worksheet":
                raise _Stop
        if element == "c":
            self._cell = attributes.get("r", "")
            self.formulas = self.formulas or attributes.get("t") == "e"
        elif element in ("v", "is", "f") and self._cell:
            self.formulas = self.formulas or element == "f"
            self._reach()

    def _reach(self) -> None:
        address, self._cell = _ADDRESS.fullmatch(self._cell), ""
        if address is None:
            return
        column = 0
        for letter in address[1]:
            column = column * 26 + ord(letter) - 64
        if int(address[2]) > self.rows or column > self.columns:
            self.furthest = address[0]
        self.rows, self.columns = max(self.rows, int(address[2])), max(self.columns, column)


def look_through(path: Path, name: str) -> bool:
    """Whether the workbook has formulas or errors in its cells.

    Args:
        path: of the workbook.
        name: what messages call it.

    Raises:
        DocumentError: the archive is damaged, unpacks out of all proportion, or has a sheet that reaches too far.
    """
    left, formulas = LARGEST, False
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                entry.file_size = LARGEST + 1  # the sizes that an archive states can lie
                look: _Look | None = _Look() if entry.filename.endswith(".xml") else None
                with archive.open(entry) as stream:
                    while left >= 0 and (piece := stream.read(PIECE)):
                        left -= len(piece)
                        look = _looked(look, piece)
                        if look is not None and look.rows * look.columns > MOST_CELLS:
                            raise _too_far(look, entry.filename, name)
                        formulas = formulas or (look is not None and look.formulas)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, zipfile.zlib.error) as fault:  # type: ignore[attr-defined]
        raise DocumentError(
            "工作簿已损坏（压缩包不完整或加密）。请重新保存后再导入。",
            "The workbook is damaged (its archive is incomplete or encrypted); save it again.",
            where=name,
        ) from fault
    if left < 0:
        raise DocumentError(
            "工作簿解开后过大（疑似压缩炸弹），未打开。请核实来源，删去空白行列后重新保存。",
            "The workbook unpacks out of all proportion (a zip bomb?); it was not opened. Check where it comes from.",
            where=name,
        )
    return formulas


def _looked(look: _Look | None, piece: bytes) -> _Look | None:
    if look is None:
        return None
    try:
        look.read(piece)
    except (_Stop, expat.ExpatError):
        return None  # no sheet, or one that the reader refuses in its own words
    return look


def _too_far(look: _Look, part: str, name: str) -> DocumentError:
    return DocumentError(
        f"单元格 {look.furthest}（{part}）有内容，工作表因此达到 {look.rows} 行 × {look.columns} 列，超过 {MOST_CELLS} 格，未打开。"
        "多为误填在远处的空格或数字：请删去数据区以外的行列，重新保存。",
        f"Cell {look.furthest} ({part}) has contents, so the sheet reaches {look.rows} rows by {look.columns} columns, more than "
        f"{MOST_CELLS} cells; it was not opened. Delete the rows and columns outside of the data and save it again.",
        where=name,
    )
