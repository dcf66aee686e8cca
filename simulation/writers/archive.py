"""A ZIP archive of one file, or of one for each group of rows; no time of writing gets into it."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from simulation.numbers import Ints
from simulation.register import Habits, Writer
from simulation.writers.part_file import finish, part_of

_NO_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_FAST = 1


class ArchiveWriter:
    """Writes each group into a member of its own; members stand in the order of their names.

    Args:
        path: of the archive.
        member: opens the writer of one member at a path.
        habits: how members are named and what groups them.
    """

    def __init__(self, path: Path, member: Callable[[Path], Writer], habits: Habits) -> None:
        self._path, self._part, self._open, self._habits = path, part_of(path), member, habits
        self._folder = path.with_name(f".{path.name}.members")
        shutil.rmtree(self._folder, ignore_errors=True)
        self._members: dict[str, Writer] = {}

    def append(self, rows: pd.DataFrame) -> Ints:
        """Write rows; their line numbers in their members."""
        if not self._habits.group:
            return self._member("").append(rows)
        lines = np.zeros(len(rows), dtype=np.int64)
        groups = rows[self._habits.group].to_numpy().astype(str)
        for group in np.unique(groups):
            mine = groups == group
            lines[mine] = self._member(str(group)).append(rows[mine])
        return lines

    def close(self) -> list[Path]:
        """Close the members and pack them."""
        paths = sorted(path for writer in self._members.values() for path in writer.close())
        with zipfile.ZipFile(self._part, "w", zipfile.ZIP_DEFLATED, compresslevel=_FAST) as archive:
            for path in paths:
                entry = zipfile.ZipInfo(path.name, _NO_TIME)
                entry.create_system, entry.compress_type = _UNIX, zipfile.ZIP_DEFLATED
                with path.open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
                    shutil.copyfileobj(source, target, 1 << 20)
        shutil.rmtree(self._folder)
        return [finish(self._part, self._path)]

    def _member(self, group: str) -> Writer:
        if group not in self._members:
            self._members[group] = self._open(self._folder / self._habits.member.format(group=group))
        return self._members[group]
