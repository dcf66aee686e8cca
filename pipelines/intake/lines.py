"""The lines of a delivered text, some thousands at a time, so that a file of any size needs the memory of a few."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ground.errors import RefusedData
from pipelines.intake import decoding

LONGEST_LINE = 8 << 20
"""Characters of the longest line that is believed to be one."""


@dataclass(frozen=True)
class Block:
    """Some lines one below the other; ``first`` is the 1-based number of the first of them."""

    first: int
    lines: list[str]


class Lines:
    """The lines of a file, empty ones included, once.

    Attributes:
        total: lines seen so far; after the iteration, lines of the file.
        ended: whether the last line has an end; true until the iteration is over.
    """

    def __init__(self, path: Path, encoding: str, *, where: str) -> None:
        self._path, self._encoding, self._where = path, encoding, where
        self.total = 0
        self.ended = True

    def __iter__(self) -> Iterator[Block]:
        rest = ""
        for text in decoding.decoded(self._path, self._encoding):
            *lines, rest = (rest + text).split("\n")
            if len(rest) > LONGEST_LINE:
                raise RefusedData(
                    f"第 {self.total + len(lines) + 1} 行超过 {LONGEST_LINE} 个字符，不像按行书写的文本。请核对 format.kind，或按行重新导出。",
                    f"Line {self.total + len(lines) + 1} is longer than {LONGEST_LINE} characters: this does not look like text in "
                    "lines. Check format.kind, or export it line by line.",
                    where=f"{self._where}:{self.total + len(lines) + 1}",
                )
            if lines:
                yield Block(self.total + 1, lines)
                self.total += len(lines)
        if rest:
            yield Block(self.total + 1, [rest])
            self.total += 1
            self.ended = False


def refuse_cut_off(line: int, *, where: str) -> None:
    """Refuse a file of which the last line has no end and is no row: every row after the cut would look gone."""
    raise RefusedData(
        f"文件在第 {line} 行中断（该行不完整），可能传输中被截断。整个文件未采用，原件已保留，请重新送达。",
        f"The file breaks off at line {line} (that row is incomplete): it was probably cut in transfer. It was not taken; "
        "its bytes are kept. Deliver it again.",
        where=f"{where}:{line}",
    )
