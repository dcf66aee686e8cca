"""The folder of a release before it is visible: data files, their description, and the manifest that names them all."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path

from exchange.publication import dcat, manifest
from exchange.publication.content import Content
from exchange.publication.manifest import Manifest, PublishedColumn, PublishedFile
from exchange.publication.release import Release
from exchange.publication.states import State
from exchange.publication.subject import Key, Subject
from exchange.publication.writing import write_rows
from ground.files import flush


def write_draft(
    release: Release, subject: Subject, content: Content, *, draft: Path, now: datetime, key: Key | None, state: State
) -> Manifest:
    """Write every file of a release into the empty folder ``draft``; the manifest comes last.

    Returns:
        The manifest as it was written.
    """
    csv, parquet = draft / f"{release.slug}.csv", draft / f"{release.slug}.parquet"
    titles = {one.name: one.title for one in content.columns}
    rows = write_rows(content.batches(), content.schema, titles, csv=csv, parquet=parquet)
    data = [
        manifest.described(csv, "text/csv"),
        manifest.described(parquet, "application/vnd.apache.parquet"),
    ]
    release_id = f"{release.slug}/{subject.snapshot}"
    description = dcat.dataset(
        release, release_id=release_id, publisher=subject.publisher, as_of=subject.as_of, now=now, files=data
    )
    _text(draft / dcat.NAME, json.dumps(description, ensure_ascii=False, indent=2))
    files = [*data, manifest.described(draft / dcat.NAME, "application/ld+json")]
    made = _manifest(release, subject, content, rows=rows, now=now, key=key, state=state, files=files)
    _text(draft / manifest.NAME, made.model_dump_json(indent=2))
    return made


def _manifest(
    release: Release,
    subject: Subject,
    content: Content,
    *,
    rows: int,
    now: datetime,
    key: Key | None,
    state: State,
    files: list[PublishedFile],
) -> Manifest:
    measured = content.measured
    return Manifest(
        release=f"{release.slug}/{subject.snapshot}",
        document=release.id,
        document_sha256=fingerprint(release),
        title=release.title,
        kind=release.kind,
        library=release.library,
        department=release.department,
        snapshot=subject.snapshot,
        as_of=subject.as_of,
        published_at=now,
        filter=release.where,
        columns=[PublishedColumn(name=one.name, title=one.title, technique=one.technique) for one in content.columns],
        reads=release.reads,
        rows=rows,
        k_required=measured.k_required,
        k=measured.k,
        l=measured.l,
        rows_withheld=measured.rows_withheld,
        min_cell=measured.min_cell,
        cells=measured.cells,
        cells_suppressed=measured.cells_suppressed,
        pseudonym_key=key.id if key and release.masking and release.masking.uses_pseudonyms else None,
        consents={one.department: one.document for one in release.consents},
        assessment=release.assessment.document if release.assessment else None,
        reviews=[one.document for one in release.reviews],
        licence=release.licence,
        state=state,
        files=files,
    )


def fingerprint(release: Release) -> str:
    """SHA-256 of the release document as it was understood: layout and comments do not count."""
    return hashlib.sha256(release.model_dump_json().encode()).hexdigest()


def _text(path: Path, text: str) -> None:
    path.write_text(text + "\n", encoding="utf-8")
    flush(path)
