"""The journal of a step that writes several documents: killed in the middle, it is brought to its end or taken back.

Files are renamed one after another, and a database commits beside them; no kill may leave half of them. So before the first
of them is touched it is written down, flushed, what stands there and what is to stand there (``city/.step.json``), and
whoever opens the home next settles it: forward where the events of the step are committed, else back. A file that somebody
has edited meanwhile stays as it was edited.

A step holds the lock of the folder from its beginning to its end, and the kernel lets go of it with the process: a journal whose
lock is free belongs to nobody who is alive.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from catalog.cases import store
from catalog.cases.store import Change
from catalog.cases.tables import catalogue_event
from catalog.entries.states import ENTRY
from ground.errors import DocumentError
from ground.files import flush as flush_name
from ground.files import place, remove, turn
from warehouse.operational import OperationalDatabase

JOURNAL = ".step.json"
STAGE = ".step"
FLUSHED_AT_ONCE = 16
"""Documents flushed side by side: a disk takes many in one write of its own journal, and one after another each waits for it."""

Replacements = Mapping[Path, tuple[bytes | None, bytes | None]]
"""File -> what stands there and what is to stand there; None is no file."""


def begin(directory: Path, files: Replacements, changes: Sequence[Change]) -> None:
    """Write down what a step is about to do.

    Args:
        directory: the folder ``city``.
        files: what it replaces, all below ``directory``.
        changes: what it commits to the database.
    """
    said = {
        "events": [[one.case.id, one.case.events + 1, one.event] for one in changes if one.case is not None],
        "files": [
            [path.relative_to(directory).as_posix(), _text(old), _text(new)] for path, (old, new) in files.items()
        ],
    }
    place(directory / JOURNAL, json.dumps(said).encode("ascii"))


def end(directory: Path) -> None:
    """The step is over, one way or the other."""
    remove(directory / JOURNAL)
    shutil.rmtree(directory / STAGE, ignore_errors=True)


def stage(directory: Path, contents: Mapping[Path, bytes]) -> dict[Path, Path]:
    """Write new documents aside, flushed, so that putting them into place is a renaming; file -> where it waits."""
    shutil.rmtree(directory / STAGE, ignore_errors=True)
    (directory / STAGE).mkdir()
    staged = {path: directory / STAGE / str(number) for number, path in enumerate(contents)}
    for path in staged:
        path.parent.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(FLUSHED_AT_ONCE) as pool:
        for _ in pool.map(lambda path: _stage(path, staged[path], contents[path]), staged):
            pass  # a fault is raised here
    return staged


def _stage(path: Path, waits: Path, content: bytes) -> None:
    with waits.open("wb") as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())
    waits.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)


def move(waits: Path, path: Path) -> None:
    """Put a document that waits into its place; the folder is flushed by `flush` afterwards."""
    waits.replace(path)


def flush(folders: Iterable[Path]) -> None:
    """Keep the names in these folders. A power cut would otherwise leave old files after the commit."""
    for one in folders:
        flush_name(one)


def settle(directory: Path, database: OperationalDatabase) -> bool:
    """Bring to its end what a killed process left, before anybody reads the documents; whether there was anything.

    A step that is still under way is waited for.
    """
    if not (directory / JOURNAL).exists():
        return False
    with turn(directory):
        return settle_held(directory, database)


def settle_held(directory: Path, database: OperationalDatabase) -> bool:
    """`settle` for whoever has the turn.

    Raises:
        DocumentError: what the killed step wrote down cannot be read.
    """
    path = directory / JOURNAL
    if not path.exists():
        return False
    said = _said(path)
    with database.writing() as connection:
        store.take_turn(connection)  # a commit that the killed process had asked for is over then
        table = catalogue_event.c
        forward = all(
            connection.execute(
                sa.select(table.event).where(table.kind == ENTRY.kind, table.case == case, table.number == number)
            ).scalar()
            == event
            for case, number, event in said["events"]
        )
    for name, old, new in said["files"]:
        was, becomes = (_bytes(old), _bytes(new)) if forward else (_bytes(new), _bytes(old))
        replace(directory / name, was, becomes)
    end(directory)
    return True


def _said(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(path.read_text(encoding="ascii"))
        [(str(one), int(number), str(event)) for one, number, event in said["events"]]
        [(str(name), _bytes(old), _bytes(new)) for name, old, new in said["files"]]
    except (ValueError, KeyError, TypeError) as fault:
        raise DocumentError(
            "这是中断的目录操作留下的记录，已损坏，无法据此恢复。请先将该文件移出 city 目录另行保存（不要直接删除），"
            "再用 shuyuan catalog check 核对条目；不一致的条目，请以 shuyuan catalog confirm 确认或恢复其文件。",
            "A step of the catalogue that was cut off left this record, and it is damaged: nothing can be restored from it. Move it "
            "out of the folder city and keep it, then run shuyuan catalog check; confirm entries that differ, or put their files back.",
            where=f"{path.parent.name}/{path.name}",
        ) from fault
    return dict(said)


def replace(path: Path, was: bytes | None, becomes: bytes | None) -> None:
    """Put ``becomes`` where ``was`` stands; what is neither was written by somebody else and stays."""
    if was == becomes or (path.read_bytes() if path.exists() else None) != was:
        return
    if becomes is None:
        remove(path)
    else:
        place(path, becomes)


def _text(content: bytes | None) -> str | None:
    return None if content is None else content.decode("utf-8", "surrogateescape")


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode("utf-8", "surrogateescape")
