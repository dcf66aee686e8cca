"""The document of one entry as it lies in the folder this moment: a file of its own, or inline in a feed.

A loaded city is a moment old, and another process may have published meanwhile. Whoever writes into a case because of a
document looks at the document itself, and again once it holds the lock under which documents are written.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from catalog.entries.content import digest_of, meaning_of
from catalog.feed import Feed
from catalog.model import Resource
from ground.documents import read_document
from ground.errors import DocumentError

UNREADABLE = ""
"""The digest of what is no document: that of no entry."""

Stamp = tuple[int, int, int]
"""Inode, nanoseconds of the last change, size of a file: it moves with every replacement."""


@dataclass(frozen=True, slots=True)
class Lying:
    """What lay there for an entry.

    Attributes:
        path: the file that declares it, or would.
        stamp: of the file; None where there is none.
        digest: of the document; None where there is none.
    """

    path: Path
    stamp: Stamp | None
    digest: str | None

    def is_still(self) -> bool:
        """Whether the same file lies there now."""
        return stamp_of(self.path) == self.stamp


def lying(directory: Path, name: str) -> Lying:
    """What lies there for an entry.

    Args:
        directory: the folder ``city``.
        name: id of the entry.
    """
    path = directory / "resources" / f"{name}.yaml"
    stamp = stamp_of(path)  # before its content: what is replaced in between has another
    if stamp is not None:
        return Lying(path, stamp, _digest(path, name))
    for feed in sorted((directory / "feeds").glob("*.yaml")):
        stamp = stamp_of(feed)
        if stamp is not None and name in feed.read_text(encoding="utf-8-sig", errors="replace"):
            inline = _inline(feed)
            if inline is not None and inline.id == name:
                return Lying(feed, stamp, digest_of(meaning_of(inline)))
    return Lying(path, None, None)


def stamp_of(path: Path) -> Stamp | None:
    """The stamp of a file; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _digest(path: Path, name: str) -> str | None:
    try:
        resource = read_document(path, Resource)
    except (DocumentError, OSError):
        return UNREADABLE if path.exists() else None
    return digest_of(meaning_of(resource)) if resource.id == name else UNREADABLE


def _inline(path: Path) -> Resource | None:
    try:
        feed = read_document(path, Feed)
    except (DocumentError, OSError):
        return None
    return feed.resource if isinstance(feed.resource, Resource) else None
