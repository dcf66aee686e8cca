"""Publish one release of one snapshot: mask, measure, refuse or write, and move into place in one step.

The folder ``<target>/<slug>/<snapshot>/`` is there whole or not at all: everything is written to a folder beside it, which
is renamed last. A release that exists is returned as it is, never written again.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import ibis.expr.types as ir
import pyarrow as pa

from exchange.publication import manifest
from exchange.publication.content import Batches, Content, ToArrow, check_measured, counted, masked_rows, narrowed
from exchange.publication.drafting import fingerprint, write_draft
from exchange.publication.manifest import Manifest
from exchange.publication.policies import OpeningRules, check_can_publish
from exchange.publication.release import Release
from exchange.publication.states import State, check_can_move
from exchange.publication.subject import Key, Subject
from ground.errors import RefusedData, UserError
from ground.files import flush


@dataclass(frozen=True)
class Published:
    """A release that stands in its folder.

    ``existed``: it was there before. ``document_changed``: its document has changed since then, so that the next snapshot
    will look different.
    """

    release: str
    folder: Path
    manifest: Manifest
    existed: bool = False
    document_changed: bool = False


def publish(
    release: Release,
    subject: Subject,
    *,
    target: Path,
    now: datetime,
    rules: OpeningRules,
    to_arrow: ToArrow,
    batches: Batches | None = None,
    key: Key | None = None,
    before_release: Callable[[Manifest], None] | None = None,
) -> Published:
    """Publish ``release`` from ``subject`` below ``target``, or return what was published of this snapshot before.

    Args:
        release: the release document.
        subject: the library at one snapshot.
        target: folder of all releases.
        now: time of publication, aware.
        rules: the city's rules of opening.
        to_arrow: evaluates an expression.
        batches: evaluates a large one piece by piece; default: ``to_arrow`` at once.
        key: key of the pseudonyms, where the plan has any.
        before_release: called with the manifest when all is written and nothing is visible yet, such as to enter it in the
            ledger; if it raises, nothing is published.

    Raises:
        RefusedData: not allowed, or not safe as measured, or an earlier release was altered; nothing is written.
        UserError: the document asks for a column, a code list or a key that is not there.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", subject.snapshot):
        raise UserError(
            "快照号只能含字母、数字、点、横线和下划线。", "A snapshot id has letters, digits, . - and _ only."
        )
    release_id = f"{release.slug}/{subject.snapshot}"
    folder = target / release.slug / subject.snapshot
    if folder.exists():
        return _existing(release, release_id, folder)
    check_can_publish(release, rules, subject.sources)
    content = _content(release, subject, rules, to_arrow, batches, key)
    state = check_can_move(State.MASKED, State.MEASURED)
    if content.measured.refusal:
        check_can_move(state, State.REFUSED)
        check_measured(release, content.measured)
    state = check_can_move(state, State.PUBLISHED)
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{subject.snapshot}-", dir=folder.parent))
    try:
        made = write_draft(release, subject, content, draft=draft, now=now, key=key, state=state)
        if before_release:
            before_release(made)
        draft.chmod(0o755)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        if folder.exists():  # another process was first; what it published stands
            return _existing(release, release_id, folder)
        raise
    flush(folder.parent)
    return Published(release_id, folder, made)


def published(target: Path) -> list[Published]:
    """Every release below ``target``, by name and time of publication."""
    found = [
        Published(made.release, path.parent, made, existed=True)
        for path in target.glob(f"*/[!.]*/{manifest.NAME}")
        for made in [manifest.read(path.parent)]
    ]
    return sorted(found, key=lambda one: (one.manifest.document, one.manifest.published_at))


def _content(
    release: Release,
    subject: Subject,
    rules: OpeningRules,
    to_arrow: ToArrow,
    batches: Batches | None,
    key: Key | None,
) -> Content:
    table = narrowed(release, subject.table)
    if release.masking:

        def at_once(rows: ir.Table) -> Iterator[pa.RecordBatch]:
            return iter(to_arrow(rows).to_batches())

        return masked_rows(
            release.masking,
            table,
            hmac=key.hmac if key else None,
            as_of=subject.as_of,
            to_arrow=to_arrow,
            batches=batches or at_once,
        )
    if release.statistic:
        return counted(
            release.statistic,
            table,
            as_of=subject.as_of,
            rules=rules,
            to_arrow=to_arrow,
        )
    raise UserError("发布文件没有内容。", "The release document has no content.", where=release.id)


def _existing(release: Release, release_id: str, folder: Path) -> Published:
    made = manifest.read(folder)
    changed = manifest.altered(folder, made)
    if changed:
        raise RefusedData(
            f"已发布的文件被改动或丢失：{'、'.join(changed)}。请撤下该发布并查明原因。",
            f"Published files were altered or are gone: {', '.join(changed)}. Withdraw the release and find out why.",
            where=release_id,
        )
    return Published(
        release_id, folder, made, existed=True, document_changed=made.document_sha256 != fingerprint(release)
    )
