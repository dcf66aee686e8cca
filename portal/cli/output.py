"""How commands speak: tables and lines for people, JSON for machines, progress on the error stream."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from policy.clock import SHANGHAI

BROAD = 12
"""Columns that still stand side by side on a screen."""
WIDE = 150
"""Columns where the output is no terminal (a file, a log): narrow tables are made for screens only."""

# No emoji codes: ``:100:`` in a department's data stays what it is.
out = Console(soft_wrap=True, highlight=False, emoji=False)
err = Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)
if not out.is_terminal:
    out = Console(soft_wrap=True, highlight=False, emoji=False, width=WIDE)


class _Progress:
    """Whether progress is told: not to a program, which reads one JSON document on either stream."""

    told = True


def plain(value: Any) -> Any:
    """A value as JSON can hold it."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None  # JSON has no such number
    return str(value) if isinstance(value, Path) else value


def moment(value: datetime | None) -> str:
    """A moment as people here read it: Beijing time, to the minute; what names no zone (values of records) is in it already."""
    if value is None:
        return ""
    return f"{value.astimezone(SHANGHAI) if value.tzinfo else value:%Y-%m-%d %H:%M}"


def as_json(value: Any) -> None:
    """Print one JSON document."""
    raw(json.dumps(plain(value), ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def raw(text: str) -> None:
    """Print text as it is, byte for byte: what a program or a spreadsheet reads is never styled or wrapped."""
    out.file.write(text)
    out.file.flush()


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table for people; nothing but the title's note where it has no rows."""
    grid = Table(title=title, title_justify="left", title_style="bold", header_style="dim")
    for column in columns:
        # Chinese above, English below: two short lines in place of one long one.
        grid.add_column(column.replace(" ", "\n", 1), overflow="fold")
    for row in rows:
        # Text, not markup: brackets in the data are data.
        grid.add_row(*[Text("" if cell is None else str(cell)) for cell in row])
    out.print(grid if grid.row_count else f"[bold]{escape(title)}[/bold]：无 none")


def records(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows as a table, or one below another where they have too many columns to stand side by side."""
    if len(columns) <= BROAD:
        table(title, columns, rows)
        return
    for number, row in enumerate(rows, start=1):
        table(f"{title} {number}", ["列 column", "值 value"], zip(columns, row, strict=True))


def heading(text: str) -> None:
    """Print the heading of a part."""
    out.rule(f"[bold]{text}[/bold]", align="left")


def line(text: str) -> None:
    """Print a line for people; ``[bold]`` and the like are styles, so names from outside go through `shown`."""
    out.print(text)


def shown(text: object) -> str:
    """Text from outside for `line`: its brackets are no styles."""
    return escape(str(text))


def warn(text: str) -> None:
    """Say on the error stream what a reader of the output must know."""
    err.print(f"[yellow]{escape(text)}[/yellow]")


def progress(text: str) -> None:
    """Say what is going on, on the error stream."""
    if _Progress.told:
        err.print(f"[dim]· {escape(text)}[/dim]")


def silence_progress(silent: bool) -> None:
    """Whether progress is kept to ourselves."""
    _Progress.told = not silent
