"""Delivering: every feed of the city is written block after block, and the truth beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from catalog.feed import Feed, Mode
from catalog.sources import FileSource
from simulation.assembly import REGISTERS
from simulation.declared import declared_feeds
from simulation.making import Made
from simulation.numbers import Ints
from simulation.planting import rows_of
from simulation.register import Writer
from simulation.writers.opening import open_writer, place_of
from simulation.writers.part_file import finish, part_of


class Deliveries:
    """The deliveries of one period while they are written.

    Args:
        home: whose inbox and simulation folder are written to.
        period: goes into the files' names, such as 2026-11.
        as_of: the day of writing, as far as a form tells it.
        day: 1, or 2, on which batches of corrections and tombstones come too.
    """

    def __init__(self, home: Path, period: str, as_of: date, day: int) -> None:
        self._home = home
        self._feeds = _delivered(day)
        self._writers: dict[str, Writer] = {}
        for name, feed in self._feeds.items():
            register = REGISTERS[feed.resource_id]
            # What is outside the catalogue stands in the register's own delivery, not in the batches beside it.
            habits = register.habits if name == feed.resource_id else replace(register.habits, outside={})
            path = place_of(feed, home, period)
            opened = register.writer or (lambda path, feed, _, habits: open_writer(feed, path, habits, as_of))
            self._writers[name] = opened(path, feed, period, habits)
        suffix = "" if day == 1 else f"_day{day}"
        self._truth = TruthFile(home / "simulation" / f"truth{suffix}.parquet")
        self._addresses = TruthFile(home / "simulation" / f"address_truth{suffix}.parquet")
        self._counts = {name: [0] for name in self._feeds}
        self._last = dict.fromkeys(self._feeds, 0)

    @property
    def truth(self) -> Path:
        """Where the truth table is."""
        return self._truth.path

    def append(self, made: Made) -> None:
        """Write one block."""
        for name, feed in self._feeds.items():
            rows = made.rows[name] if name in made.rows else made.rows[feed.resource_id]
            lines = self._writers[name].append(rows)
            self._count(name, feed, lines)
            if name not in made.rows or name == feed.resource_id:
                self._truth.append(rows_of(made.truth, feed.resource_id, rows, lines))
        self._addresses.append(made.addresses)

    def close(self) -> dict[str, int]:
        """Finish all files; delivered file below the home -> number of its data rows."""
        files = {}
        for name, writer in self._writers.items():
            for path, count in zip(writer.close(), self._counts[name], strict=True):
                files[path.relative_to(self._home).as_posix()] = count
        self._truth.close()
        self._addresses.close()
        return files

    def _count(self, name: str, feed: Feed, lines: Ints) -> None:
        """Count rows; where a delivery comes in parts, a line number that is not above the last begins another one."""
        parts = isinstance(feed.source, FileSource) and feed.source.in_parts
        none = np.array([], dtype=np.int64)
        begins = np.flatnonzero(np.diff(lines, prepend=self._last[name]) <= 0) if parts else none
        first, *others = np.split(lines, begins)
        self._counts[name][-1] += len(first)
        self._counts[name] += [len(one) for one in others]
        if len(lines):
            self._last[name] = int(lines[-1])


class TruthFile:
    """A Parquet file that grows block by block."""

    def __init__(self, path: Path) -> None:
        self.path, self._part = path, part_of(path)
        self._writer: pq.ParquetWriter | None = None

    def append(self, rows: pd.DataFrame) -> None:
        """Write rows of the same columns as before."""
        table = pa.Table.from_pandas(rows, preserve_index=False).replace_schema_metadata(None)
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._part, table.schema)
        self._writer.write_table(table.cast(self._writer.schema))

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.close()
            finish(self._part, self.path)


def _delivered(day: int) -> dict[str, Feed]:
    """The feeds that deliver on a day: all registers, and from day 2 on the batches beside them."""
    batches = (Mode.CORRECTION, Mode.TOMBSTONE)
    return {
        name: feed
        for name, feed in declared_feeds().items()
        if feed.resource_id in REGISTERS and (day > 1 or feed.mode not in batches)
    }
