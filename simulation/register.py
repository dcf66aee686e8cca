"""What is known of the register of one resource: its rows, whom a row is about, and the habits of its delivery.

Each module of `simulation.registers` exposes ``REGISTERS``, a dictionary from resource to `Register`; the catalogue's
entry and the feed's document say the rest (key, columns, format, file).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pandas as pd

from catalog.feed import Feed
from simulation.numbers import Ints
from simulation.world import Block, World

PERSON, COMPANY = "person", "company"
"""Subjects of registers that share an index: `Block.people` with `Block.migrants`, and `Block.companies`."""

Rows = Callable[[World, Block], pd.DataFrame]
"""The rows of one block: items as text, index the subjects, unique; an item that is not given is ''."""


class Writer(Protocol):
    """Writes one delivery, block after block; nothing of it is seen in the inbox before `close`."""

    def append(self, rows: pd.DataFrame) -> Ints:
        """Write rows (columns named as the headings in the delivery); the number of each as intake counts ``_row``."""
        ...

    def close(self) -> list[Path]:
        """Finish; the files written."""
        ...


@dataclass(frozen=True)
class Habits:
    """How a department writes beyond what the feed's document says.

    Attributes:
        outside: heading -> column of the rows that is delivered though no entry of the catalogue has it.
        line_end: of text files.
        byte_order_mark: whether text begins with one.
        title: what stands in the rows above the header of a workbook, one text for each row.
        dates: items that a workbook holds as real dates (of day or second), the others being text.
        numbers: items that a workbook, JSON or Parquet holds as numbers.
        nulls: how an empty value is written in JSON: left out, or as null.
        group: item by whose value rows stand together: sub-heading rows of a workbook, members of a ZIP, layers.
        member: name of a member of a ZIP, with ``{group}``.
        root: element around the records of XML.
    """

    outside: Mapping[str, str] = field(default_factory=dict)
    line_end: str = "\n"
    byte_order_mark: bool = False
    title: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    nulls: str = "null"
    group: str = ""
    member: str = "{group}.csv"
    root: str = "records"


@dataclass(frozen=True)
class Register:
    """One resource of the city.

    Attributes:
        rows: makes the rows of a block as the department would hold them if it made no mistake.
        subject: whom the index numbers: `PERSON`, `COMPANY`, or '' where the resource numbers its own rows. Errors are
            planted so that no subject bears two of them, over all registers with the same subject.
        habits: of delivery.
        writer: opens the writer where the form is not one of `simulation.writers`.
    """

    rows: Rows
    subject: str = ""
    habits: Habits = Habits()
    writer: Callable[[Path, Feed, str, Habits], Writer] | None = None
