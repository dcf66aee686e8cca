"""Landing: the delivered bytes, untouched, one folder a delivery, with an outcome file whatever happened.

``landing/<feed>/<period>/<number>/payload<suffix>`` and ``outcome.json``. A folder appears whole or not at all.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ground.errors import Unavailable
from pipelines.intake import receiving
from pipelines.intake.store import Delivery

CHUNK = 1 << 20
INCOMING = ".incoming-"


@dataclass(frozen=True)
class Kept:
    """Bytes that wait inside landing for their folder: where, their digest, their size in bytes."""

    path: Path
    sha256: str
    size: int


def sha256_of(path: Path) -> tuple[str, int]:
    """Digest and size in bytes of a file."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size


class Landing:
    """The landing folder.

    Args:
        root: ``HOME/landing``.
        copy: how bytes are copied; replaced in tests to stand for a full disk.
    """

    def __init__(self, root: Path, copy: Callable[[Path, Path], object] = shutil.copyfile) -> None:
        self._root = root
        self._copy = copy

    def folder(self, one: Delivery) -> Path:
        """Folder of a delivery."""
        return self._root / one.feed / one.period / f"{one.number:04d}"

    def payload(self, one: Delivery) -> Path:
        """The delivered bytes of a delivery.

        Raises:
            Unavailable: they are not there (an unchanged delivery keeps none of its own; see its outcome file).
        """
        found = sorted(self.folder(one).glob("payload*"))
        if not found:
            raise Unavailable(
                "找不到该批次的原始文件，请从备份恢复 landing 目录。",
                "The delivered bytes of this batch are missing; restore the landing folder from backup.",
                where=one.id,
            )
        return found[0]

    def keep(self, source: Path) -> Kept:
        """Copy bytes to a waiting place inside landing, on the same disk, so that `settle_in` is one rename.

        The place carries the digest of the bytes, so that a run killed before `settle_in` finds them again (`adopt`).

        Raises:
            Unavailable: the disk is full or not writable; nothing is left behind.
        """
        copying = self._root / f"{INCOMING}{os.getpid()}"
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            self._copy(source, copying)
            # The digest that counts is that of the bytes kept: the department may be writing still.
            sha256, size = sha256_of(copying)
            with copying.open("rb") as stream:
                os.fsync(stream.fileno())  # on the disk, not in its cache, before anybody is told that it was landed
            waiting = copying.replace(self._root / f"{INCOMING}{sha256}{source.suffix}")
        except OSError as fault:
            copying.unlink(missing_ok=True)
            raise full_disk(fault, source.name) from fault
        return Kept(waiting, sha256, size)

    def adopt(self, one: Delivery) -> None:
        """Give a delivery its kept bytes, where a run was killed after it was registered and before they settled."""
        for waiting in self._root.glob(f"{INCOMING}{one.sha256}*"):
            if not any(self.folder(one).glob("payload*")):
                self.settle_in(waiting, one, waiting.suffix)

    def settle_in(self, waiting: Path, one: Delivery, suffix: str) -> Path:
        """Give kept bytes their folder."""
        folder = self.folder(one)
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"payload{suffix}"
        return waiting.replace(target)

    def tells(self, one: Delivery) -> bool:
        """Whether the outcome file says what became of a delivery (a run may have been killed before it could)."""
        try:
            facts = json.loads((self.folder(one) / "outcome.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return bool(facts.get("outcome") == str(one.outcome) and facts.get("attempt") == one.attempt)

    def write_outcome(self, one: Delivery, now: datetime, **more: Any) -> None:
        """Write ``outcome.json`` beside the payload, replacing an earlier one whole.

        Raises:
            Unavailable: the disk is full or not writable; the next run of the feed writes it.
        """
        folder = self.folder(one)
        facts = {
            "delivery": one.id, "feed": one.feed, "resource": one.resource, "period": one.period,
            "delivered_as": one.name, "sha256": one.sha256, "bytes": one.size,
            "received_at": one.received_at.isoformat(), "outcome": str(one.outcome), "attempt": one.attempt,
            "rows": {"in": one.rows_in, "taken": one.rows_taken, "quarantined": one.rows_quarantined,
                     "repeated": one.rows_repeated, "changed": one.rows_changed, "gone": one.rows_gone},
            "reasons": one.reasons, "zh": one.message_zh, "en": one.message_en, "written_at": now.isoformat(),
            **({"uploaded_by": one.uploaded_by, "upload_reason": one.upload_reason} if one.uploaded_by else {}), **more,
        }  # fmt: skip
        partial = folder / ".outcome.json"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            partial.write_text(json.dumps(facts, ensure_ascii=False, indent=2), encoding="utf-8")
            partial.replace(folder / "outcome.json")
        except OSError as fault:
            raise full_disk(fault, one.id) from fault

    def write_failure(self, feed: str, now: datetime, fault: Unavailable) -> Path:
        """Note an attempt that brought no bytes: ``landing/<feed>/failed/<moment>.json``."""
        folder = self._root / feed / "failed"
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{now:%Y%m%dT%H%M%S}.json"
        facts = {"feed": feed, "outcome": "unavailable", "zh": fault.zh, "en": fault.en, "written_at": now.isoformat()}
        target.write_text(json.dumps(facts, ensure_ascii=False, indent=2), encoding="utf-8")
        return target

    def clean(self) -> int:
        """Remove what a killed run left half copied; how many. Only under the writer's lock."""
        leftovers = list(self._root.glob(f"{INCOMING}*")) if self._root.is_dir() else []
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)
        return len(leftovers) + receiving.sweep(self._root)


def full_disk(fault: OSError, name: str) -> Unavailable:
    """An OSError while writing, in the reader's words."""
    if fault.errno in (errno.ENOSPC, errno.EDQUOT):
        return Unavailable(
            "磁盘已满，文件未落地，收件目录中的原件未动。请清理空间后重试。",
            "The disk is full; the file was not landed and the original in the inbox is untouched. Free space, then try again.",
            where=name,
        )
    return Unavailable(
        f"文件无法读写（{fault.strerror}），原件未动。请检查权限后重试。",
        f"The file could not be read or written ({fault.strerror}); the original is untouched. Check permissions, then try again.",
        where=name,
    )
