"""The manifest of a release: what it is, from which snapshot, what was measured, and the sums of its files.

It stands in the release's folder and is public: no names of reviewers, no rows. With it anyone can check a downloaded file,
and 'which releases hold this record' can be answered from snapshot, filter and key.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from pydantic import Field

from exchange.publication.writing import sha256
from ground.documents import Declared

NAME = "manifest.json"


class PublishedFile(Declared):
    """One file: name in the folder, media type, size in bytes, SHA-256."""

    name: str
    media_type: str
    bytes: int
    sha256: str


class PublishedColumn(Declared):
    """One column: name in the Parquet file, heading in the CSV, technique or kind of dimension it came through."""

    name: str
    title: str
    technique: str


class Manifest(Declared):
    """What was published, and what was measured of it."""

    release: str
    """``<slug>/<snapshot>``."""
    document: str
    document_sha256: str
    title: str
    kind: str
    library: str
    department: str
    snapshot: str
    as_of: date
    published_at: datetime
    filter: dict[str, list[str]] = Field(default_factory=dict)
    columns: list[PublishedColumn]
    reads: list[str] = Field(default_factory=list)
    """Columns of the library behind these and the filter, so that a correction finds the releases that hold its item."""
    rows: int
    k_required: int | None = None
    k: int | None = None
    l: int | None = None  # noqa: E741 - the name of the measure
    rows_withheld: int = 0
    min_cell: int | None = None
    cells: int | None = None
    cells_suppressed: int | None = None
    pseudonym_key: str | None = None
    """Id of the key of the pseudonyms, never the key."""
    consents: dict[str, str] = Field(default_factory=dict)
    assessment: str | None = None
    reviews: list[str] = Field(default_factory=list)
    licence: str
    state: str
    files: list[PublishedFile]


def described(path: Path, media_type: str) -> PublishedFile:
    """The entry of a file that has been written."""
    return PublishedFile(name=path.name, media_type=media_type, bytes=path.stat().st_size, sha256=sha256(path))


def read(folder: Path) -> Manifest:
    """The manifest in a release's folder."""
    return Manifest.model_validate_json((folder / NAME).read_text(encoding="utf-8"))


def altered(folder: Path, manifest: Manifest) -> list[str]:
    """Files that are gone or no longer what was published."""
    return [
        one.name
        for one in manifest.files
        if not (folder / one.name).is_file() or sha256(folder / one.name) != one.sha256
    ]
