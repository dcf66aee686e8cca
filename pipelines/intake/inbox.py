"""Finds what departments dropped into the inbox. Looks only below it: neither ``..`` nor a link leads out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from fnmatch import translate
from pathlib import Path

from catalog.model import UpdateCycle
from catalog.sources import FileSource
from ground.errors import UserError
from pipelines.intake import periods


@dataclass(frozen=True)
class Dropped:
    """A file in the inbox that matches a feed's path.

    Attributes:
        path: the real file.
        name: its path below the inbox, for messages.
        period: canonical period.
    """

    path: Path
    name: str
    period: str


def find(inbox: Path, source: FileSource, cycle: UpdateCycle, today: date) -> list[Dropped]:
    """Files that match ``source.path``, by period, then by name.

    Raises:
        UserError: a matching name is a link that leads out of the inbox.
    """
    pattern = _pattern(source.path)
    base = inbox.resolve()
    found = []
    for path in sorted(_candidates(inbox, source.path)):
        name = path.relative_to(inbox).as_posix()
        match = pattern.fullmatch(name)
        if match is None or not path.is_file():
            continue
        if not path.resolve().is_relative_to(base):
            raise UserError(
                "该文件是指向收件目录之外的链接，未读取。请把文件本身放入收件目录。",
                "This name is a link out of the inbox and was not read; put the file itself into the inbox.",
                where=f"inbox/{name}",
            )
        text = match.groupdict().get("period")
        found.append(Dropped(path, name, periods.canonical(text) if text else periods.of_day(today, cycle)))
    return sorted(found, key=lambda one: (one.period, one.name))


def _candidates(inbox: Path, path: str) -> list[Path]:
    """Entries of the one folder a pattern names (wildcards are allowed in the last part only, by `_pattern`)."""
    folder = inbox.joinpath(*path.split("/")[:-1])
    if not folder.is_dir():
        return []
    # The folder itself may be a link out of the inbox.
    if not folder.resolve().is_relative_to(inbox.resolve()):
        raise UserError(
            "该文件夹是指向收件目录之外的链接，未读取。", "This folder is a link out of the inbox and was not read.",
            where=f"inbox/{folder.relative_to(inbox).as_posix()}",
        )  # fmt: skip
    return list(folder.iterdir())


def _pattern(path: str) -> re.Pattern[str]:
    *folders, last = path.split("/")
    before, mark, after = last.partition("{period}")
    plain = "".join(re.escape(folder) + "/" for folder in folders)
    return re.compile(plain + _glob(before) + (periods.PERIOD if mark else "") + _glob(after))


def _glob(text: str) -> str:
    """A shell pattern as a regular expression body: fnmatch's translation without its anchors."""
    return re.sub(r"^\(\?s:(.*)\)\\[zZ]$", r"(?s:\1)", translate(text)) if text else ""
