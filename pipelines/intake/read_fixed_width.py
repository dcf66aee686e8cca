"""Reads lines cut at fixed places, in bytes or in characters, by arithmetic over whole blocks of lines."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from catalog.feed import Feed
from catalog.formats import FixedField, FixedWidth
from ground.errors import RefusedData
from pipelines.intake import decoding, lines
from pipelines.intake.staged import UNREADABLE, Staged, check_header, header_name, not_taken, taken
from warehouse.duckdb_engine import DuckDbEngine, RejectedLine

Places = npt.NDArray[np.int64]
SHORT = "TOO SHORT"
_LOST = ord(UNREADABLE)
_BASIC_PLANE = 0x10000


def read(engine: DuckDbEngine, path: Path, feed: Feed, form: FixedWidth, *, where: str) -> Staged:
    """Stage a delivered file of fixed-width lines.

    Raises:
        RefusedData: empty, no text, in another encoding than declared, or cut off in its last line.
    """
    decoding.refuse_no_text(path, where)
    encoding = decoding.choose(path, form.encoding)
    notes = [encoding.note()]
    if (fault := decoding.first_fault(path, encoding.name)) is not None:
        other = "gb18030" if encoding.name == "utf-8" else "utf-8"
        if decoding.fits(path, other):
            raise decoding.other_encoding(path, encoding.name, other, ("内容", "content"), where)
        notes.append(decoding.lost_note(path, encoding.name))
    names = {header_name(name): name for name in form.fields}
    check_header(feed, list(names), where=where, header_row=0)
    cutting = _Cutting(form, encoding.name, lossless=fault is None)
    source = lines.Lines(path, encoding.name, where=where)
    table = engine.load_stream(f"_fixed_{path.parent.name}", cutting.schema, cutting.rows(source))
    if cutting.short and cutting.short[-1] == source.total and not source.ended:
        lines.refuse_cut_off(source.total, where=where)
    if source.total <= form.skip_lines:
        raise RefusedData(
            f"文件共 {source.total} 行，没有数据行（format.skip_lines: {form.skip_lines}）。请核对后重新送达。",
            f"The file has {source.total} lines and no row of data (format.skip_lines: {form.skip_lines}). Check and deliver it again.",
            where=where,
        )
    columns = {plain: f"c{number}" for number, plain in enumerate(names)}
    unit = ("字节", "bytes") if form.unit == "bytes" else ("字符", "characters")
    notes.append(
        (
            f"按{unit[0]}切分，每行至少 {cutting.needed} {unit[0]}，共 {len(names)} 栏",
            f"cut by {unit[1]}: lines of at least {cutting.needed} {unit[1]}, {len(names)} fields",
        )
    )
    rejected = [RejectedLine(line, SHORT) for line in cutting.short]
    return Staged(taken(feed, table, columns), rejected, not_taken(feed, list(names)), notes)


class _Cutting:
    """Cuts blocks of lines; a cut within a character is `UNREADABLE`.

    Attributes:
        schema: ``c0``, ``c1``, … one per field as text without the blanks that fill it, ``_row``.
        needed: what a line must have, in the declared unit.
        short: numbers of the lines that have less; they are no rows.
    """

    def __init__(self, form: FixedWidth, encoding: str, *, lossless: bool) -> None:
        self._fields = list(form.fields.values())
        self._widths = _widths(encoding) if form.unit == "bytes" else None
        self._skip = form.skip_lines
        self._lossless = lossless
        ends = [field.start + field.width - 1 for field in self._fields]
        self.needed = min(field.start for field in self._fields) if form.trimmed else max(ends)
        self.short: list[int] = []
        names = [f"c{number}" for number in range(len(self._fields))]
        self.schema = pa.schema([*((name, pa.string()) for name in names), ("_row", pa.int64())])

    def rows(self, blocks: lines.Lines) -> Iterator[pa.RecordBatch]:
        for block in blocks:
            above = max(self._skip - block.first + 1, 0)
            if block.lines[above:]:
                yield self._cut(block.first + above, block.lines[above:])

    def _cut(self, first: int, texts: list[str]) -> pa.RecordBatch:
        text = "\n".join(texts) + "\n"
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        ends = np.flatnonzero(points == ord("\n"))
        starts = np.concatenate([[0], ends[:-1] + 1])
        # Where each character begins: in the unit that fields are counted in, and in the UTF-8 that Arrow holds.
        units = _running(np.ones(len(points), np.int64) if self._widths is None else _unit_widths(points, self._widths))
        utf8 = _running(1 + (points >= 0x80) + (points >= 0x800) + (points >= _BASIC_PLANE))
        held = pa.py_buffer(text.encode("utf-8", "surrogatepass"))
        length = units[ends] - units[starts]
        columns = [self._field(field, starts, ends, units, utf8, held) for field in self._fields]
        if not self._lossless:
            # How many bytes an undecoded character took is not known: nothing in its line stands where it should.
            lost = pa.array(np.add.reduceat(points == _LOST, starts) > 0)
            columns = [pc.if_else(lost, UNREADABLE, column) for column in columns]
        numbers = np.arange(first, first + len(texts), dtype=np.int64)
        blank = ends == starts
        self.short += numbers[(length < self.needed) & ~blank].tolist()
        batch = pa.record_batch([*columns, pa.array(numbers)], schema=self.schema)
        return batch.filter(pa.array((length >= self.needed) & ~blank))

    @staticmethod
    def _field(
        field: FixedField, starts: Places, ends: Places, units: Places, utf8: Places, held: pa.Buffer
    ) -> pa.Array:
        """One field of all lines: the places of its cuts in the one text, which Arrow then reads as it stands."""
        from_unit = np.minimum(units[starts] + field.start - 1, units[ends])
        to_unit = np.minimum(from_unit + field.width, units[ends])
        begin, stop = np.searchsorted(units, from_unit), np.searchsorted(units, to_unit)
        within = (units[begin] != from_unit) | (units[stop] != to_unit)
        cuts = np.empty(2 * len(starts), dtype=np.int32)
        cuts[0::2], cuts[1::2] = utf8[begin], np.maximum(utf8[stop], utf8[begin])
        pieces = pa.StringArray.from_buffers(len(cuts) - 1, pa.py_buffer(cuts), held)
        values = pc.utf8_trim_whitespace(pieces.take(pa.array(np.arange(0, len(cuts), 2))))
        values = pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)
        return pc.if_else(pa.array(within), UNREADABLE, values) if within.any() else values


def _running(widths: npt.NDArray[np.integer]) -> Places:
    return np.concatenate([[0], np.cumsum(widths, dtype=np.int64)])


def _unit_widths(points: npt.NDArray[np.uint32], widths: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return widths[np.minimum(points, _BASIC_PLANE)]


@cache
def _widths(encoding: str) -> npt.NDArray[np.uint8]:
    """Bytes of every character of the basic plane in an encoding; last, of any beyond it (four in each of them)."""
    name = "utf-8" if encoding == "utf-8" else "gb18030"
    sizes = [len(chr(point).encode(name, "replace")) for point in range(_BASIC_PLANE)]
    return np.array([*sizes, 4], dtype=np.uint8)
