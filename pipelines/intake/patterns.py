"""The patterns of delivered names: ``{period}``, ``{part}``, ``{parts}`` and shell wildcards in the last part of a path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import translate

from pipelines.intake import periods

_MARKS = {"{period}": periods.PERIOD, "{part}": r"(?P<part>\d{1,6})", "{parts}": r"(?P<parts>\d{1,6})"}


@dataclass(frozen=True)
class Named:
    """What a name says: its period as written, its number among the parts, and how many parts there are."""

    period: str | None
    part: int | None
    parts: int | None


class Pattern:
    """A declared path.

    Args:
        path: folders, and a name with marks and wildcards.
    """

    def __init__(self, path: str) -> None:
        *self.folders, last = path.split("/")
        pieces = re.split(r"(\{period\}|\{parts?\})", last)
        name = "".join(_MARKS[piece] if piece in _MARKS else _glob(piece) for piece in pieces)
        self._whole = re.compile("".join(re.escape(folder) + "/" for folder in self.folders) + name)
        self._name = re.compile(name)

    def match(self, path: str) -> Named | None:
        """What a whole path says; None where it does not match."""
        return _named(self._whole.fullmatch(path))

    def match_name(self, name: str) -> Named | None:
        """What a file's name alone says; None where it does not match."""
        return _named(self._name.fullmatch(name))


def _named(match: re.Match[str] | None) -> Named | None:
    if match is None:
        return None
    groups = match.groupdict()
    part, parts = groups.get("part"), groups.get("parts")
    return Named(groups.get("period"), int(part) if part else None, int(parts) if parts else None)


def _glob(text: str) -> str:
    """A shell pattern as a regular expression body: fnmatch's translation without its anchors."""
    return re.sub(r"^\(\?s:(.*)\)\\[zZ]$", r"(?s:\1)", translate(text)) if text else ""
