"""Bytes on their way in from a system that pushes: a file beside the deliveries, which has its folder or is gone.

The file is locked for as long as its process lives, so that what a killed process left is told from what is still coming.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
import uuid
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from ground.errors import Unavailable

RECEIVING = ".receiving-"
QUIET = 60
"""Seconds for which a file that nobody holds is left alone: it may have been made this very moment."""


class Receiving:
    """One body that is coming in; use it as a context.

    Args:
        root: the landing folder; the file lies in it, on the disk where its delivery will.
        suffix: of the payload.

    Attributes:
        path: the file.
        size: bytes so far.
    """

    def __init__(self, root: Path, suffix: str) -> None:
        self.path = root / f"{RECEIVING}{uuid.uuid4().hex}{suffix}"
        self.size = 0
        self._digest = hashlib.sha256()

    def __enter__(self) -> Self:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = self.path.open("xb")
            fcntl.flock(self._stream, fcntl.LOCK_EX)
        except OSError as fault:
            raise _not_received(fault) from fault
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # a disk that is full says so again when the buffer is closed
            self._stream.close()
        self.path.unlink(missing_ok=True)

    @property
    def sha256(self) -> str:
        """Digest of the bytes so far, hexadecimal."""
        return self._digest.hexdigest()

    def write(self, chunk: bytes) -> None:
        """Add bytes.

        Raises:
            Unavailable: the disk takes no more.
        """
        try:
            self._stream.write(chunk)
        except OSError as fault:
            raise _not_received(fault) from fault
        self._digest.update(chunk)
        self.size += len(chunk)

    def finish(self) -> None:
        """Have every byte on the disk, not in its cache, before anybody is told that it came.

        Raises:
            Unavailable: the disk takes no more.
        """
        try:
            self._stream.flush()
            os.fsync(self._stream.fileno())
        except OSError as fault:
            raise _not_received(fault) from fault

    def settle_in(self, folder: Path) -> None:
        """Give the bytes their folder, as its payload.

        Raises:
            Unavailable: the folder cannot be made.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.path.replace(folder / f"payload{self.path.suffix}")
        except OSError as fault:
            raise _not_received(fault) from fault


def sweep(root: Path) -> int:
    """Remove what killed processes were receiving; how many files."""
    removed = 0
    for left in root.glob(f"{RECEIVING}*"):
        with suppress(OSError), left.open("rb") as stream:  # held, or finished meanwhile
            if time.time() - os.fstat(stream.fileno()).st_mtime < QUIET:
                continue
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left.unlink()
            removed += 1
    return removed


def _not_received(fault: OSError) -> Unavailable:
    return Unavailable(
        f"送达未能接收：磁盘不可写（{fault.strerror}）。请稍后以同一 Idempotency-Key 重发。",
        f"The delivery was not received: the disk cannot be written ({fault.strerror}). Send it again later with the same "
        "Idempotency-Key.",
    )
