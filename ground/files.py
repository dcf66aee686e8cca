"""Writes a small file whole or not at all, so that a kill or a full disk leaves what was there; one writer at a time."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ground.errors import Unavailable


def place(path: Path, content: bytes) -> None:
    """Put a file where it belongs: readers find the old one or the new one, after a power cut too.

    Args:
        path: of the file; its folder is made where it is missing, and its permissions are kept where it is there.
        content: all of it.

    Raises:
        Unavailable: the disk is full, or nothing may be written there; what was there is untouched.
    """
    try:
        _place(path, content)
    except OSError as fault:
        raise Unavailable(
            "无法写入该文件（磁盘已满或没有写权限），原内容未变。请腾出磁盘空间或检查权限后重试。",
            "This file cannot be written (the disk is full, or it may not be written); what was there is unchanged. Make room on the "
            "disk or check the permissions, then try again.",
            where=f"{path.parent.name}/{path.name}",
        ) from fault


def _place(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as target:
            target.write(content)
            target.flush()
            os.fsync(target.fileno())
        Path(made).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        Path(made).replace(path)
    except BaseException:
        Path(made).unlink(missing_ok=True)
        raise
    flush(path.parent)


def remove(path: Path) -> None:
    """No file there, for good."""
    path.unlink(missing_ok=True)
    flush(path.parent)


def flush(path: Path) -> None:
    """Make sure that a file, or the names in a folder, are on the disk: a power cut could bring the old name back."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def turn(folder: Path) -> Iterator[None]:
    """One step at a time over a folder, among all processes; a killed one gives its turn up."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)
