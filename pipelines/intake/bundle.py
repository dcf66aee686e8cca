"""One delivery that comes in several pieces becomes one file: a stored ZIP, the same bytes for the same pieces.

The pieces are kept as they came; the archive adds their names and nothing else (no time, no owner, no compression), so
that its digest says whether anything is new.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from catalog.feed import Feed
from catalog.formats import Rows, Zip
from catalog.sources import comes_in_parts

_NO_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest moment a ZIP can name."""
_UNIX = 3
SUFFIX = ".zip"


class Bundle:
    """An archive being written; use it as a context.

    Args:
        target: the file to write.
    """

    def __init__(self, target: Path) -> None:
        self._archive = zipfile.ZipFile(target, "w", zipfile.ZIP_STORED)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._archive.close()

    def add(self, name: str, content: bytes) -> None:
        """Add a piece that is in memory."""
        self._archive.writestr(_entry(name), content)

    def add_file(self, name: str, path: Path) -> None:
        """Add a piece that is a file, of any size."""
        with path.open("rb") as source, self._archive.open(_entry(name), "w", force_zip64=True) as target:
            shutil.copyfileobj(source, target, 1 << 20)


def pack(target: Path, pieces: Iterable[Path]) -> Path:
    """Put files into one archive, in the order given, each under its own name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with Bundle(target) as bundle:
        for piece in pieces:
            bundle.add_file(piece.name, piece)
    return target


def as_landed(feed: Feed, payload: Path) -> Feed:
    """The feed with the format that its landed bytes have: an archive of pieces, where the source brings pieces."""
    form = feed.format
    if payload.suffix != SUFFIX or not comes_in_parts(feed.source) or isinstance(form, Zip | Rows):
        return feed
    return feed.model_copy(update={"format": Zip(kind="zip", content=form)})


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _NO_TIME)
    entry.create_system = _UNIX
    entry.external_attr = 0o600 << 16
    entry.compress_type = zipfile.ZIP_STORED
    return entry
