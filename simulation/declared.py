"""The declared documents of the demo city: kept below ``simulation/documents/``, copied into a home.

A document that is already there and differs was edited by somebody: it is left as it is, and reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from catalog.feed import Feed
from catalog.model import Resource
from ground.documents import read_document

DOCUMENTS = Path(__file__).parent / "documents"


@dataclass(frozen=True)
class Copied:
    """What became of the documents, as paths below ``city/``.

    Attributes:
        written: new in the home.
        same: already there, word for word.
        kept: already there and different; not touched.
    """

    written: tuple[str, ...]
    same: tuple[str, ...]
    kept: tuple[str, ...]


def copy_documents(home: Path) -> Copied:
    """Copy every document of the demo city into ``home``/city."""
    outcome: dict[str, list[str]] = {"written": [], "same": [], "kept": []}
    for source in sorted(path for path in DOCUMENTS.rglob("*") if path.is_file() and _is_document(path)):
        name = source.relative_to(DOCUMENTS).as_posix()
        target = home / "city" / name
        content = source.read_bytes()
        if target.exists():
            outcome["same" if target.read_bytes() == content else "kept"].append(name)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        outcome["written"].append(name)
    return Copied(**{key: tuple(names) for key, names in outcome.items()})


def _is_document(path: Path) -> bool:
    return not path.name.startswith((".", "__")) and path.suffix != ".pyc"


@cache
def declared_feeds() -> dict[str, Feed]:
    """The feeds of the demo city as it declares them, by id; what a home made of its copies does not matter here."""
    return {path.stem: read_document(path, Feed) for path in sorted((DOCUMENTS / "feeds").glob("*.yaml"))}


@cache
def declared_keys() -> dict[str, tuple[str, ...]]:
    """The key items of every resource of the demo city."""
    entries = (read_document(path, Resource) for path in sorted((DOCUMENTS / "resources").glob("*.yaml")))
    return {entry.id: tuple(entry.key) for entry in entries}
