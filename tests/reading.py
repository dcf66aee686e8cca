"""Reads delivered bytes as ``feed check`` would: a file, a format, the columns; out come rows, notes and refusals.

For tests of the formats. No home and no lake: one engine, one file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from catalog.feed import Feed
from ground.errors import RefusedData
from pipelines.intake import take
from pipelines.intake.staged import Staged
from warehouse.duckdb_engine import DuckDbEngine


@dataclass
class Desk:
    """One engine and one folder, in which files are read."""

    engine: DuckDbEngine
    folder: Path

    def file(self, name: str, content: bytes) -> Path:
        """Write a delivered file, where landing would have put it."""
        path = self.folder / "landing" / "2026-11" / "0001" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def staged(self, path: Path, form: dict[str, Any], columns: dict[str, str], **more: Any) -> Staged:
        """Read a file."""
        feed = Feed.model_validate(
            {"id": "f", "resource": "r", "source": {"kind": "file", "path": "a"}, "format": form, "columns": columns}
            | more
        )
        return take.read(self.engine, feed, path, self.folder / "spill", where=path.name)

    def read(self, name: str, content: bytes, form: dict[str, Any], columns: dict[str, str], **more: Any) -> Read:
        """Read bytes; nothing is left in the spill folder."""
        staged = self.staged(self.file(name, content), form, columns, **more)
        rows = self.engine.to_arrow(staged.table.order_by("_row")).to_pylist()
        left = list((self.folder / "spill").rglob("*")) if (self.folder / "spill").exists() else []
        assert not left, "work files were left behind"
        return Read(staged, rows)


@dataclass
class Read:
    """What came of a file."""

    staged: Staged
    rows: list[dict[str, Any]]

    @property
    def rejected(self) -> list[int]:
        """Numbers of the lines that are no row."""
        return [one.line for one in self.staged.rejected]

    @property
    def zh(self) -> str:
        """All notes in Chinese."""
        return "\n".join(zh for zh, _ in self.staged.notes)

    @property
    def en(self) -> str:
        """All notes in English."""
        return "\n".join(en for _, en in self.staged.notes)

    def column(self, item: str) -> list[Any]:
        """One item of all rows."""
        return [row[item] for row in self.rows]


def refusal(
    desk: Desk, name: str, content: bytes, form: dict[str, Any], columns: dict[str, str], **more: Any
) -> RefusedData:
    """The refusal of a file, which names the file."""
    with pytest.raises(RefusedData) as caught:
        desk.read(name, content, form, columns, **more)
    assert str(caught.value.where).startswith(name), "the message names the file"
    return caught.value
