"""Where in an entry a query was found: the piece of text around it, with the places that match."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from catalog.search.terms import fold, is_han, latin, latin_tokens

AROUND = 12
"""Characters shown on either side of the first match of a long text."""


@dataclass(frozen=True)
class Snippet:
    """A piece of an entry.

    Attributes:
        field: ``title``, ``items``, ``department``, ``system``, ``abstract``, ``category``, ``elements`` or ``code``.
        text: the piece.
        marks: places in it that match, first and one past the last, in order, not overlapping.
    """

    field: str
    text: str
    marks: tuple[tuple[int, int], ...]

    def marked(self, before: str = "【", after: str = "】") -> str:
        """The piece with its marks written into it."""
        parts, last = [], 0
        for start, end in self.marks:
            parts += [self.text[last:start], before, self.text[start:end], after]
            last = end
        return "".join([*parts, self.text[last:]])


def snippet(field: str, text: str, runs: Sequence[str], *, by_pinyin: bool) -> Snippet | None:
    """The piece of ``text`` that matches, cut to what stands around the first match; None where nothing of it does."""
    marks = _joined(_found(text, runs, by_pinyin=by_pinyin))
    if not marks:
        return None
    start = max(0, marks[0][0] - AROUND)
    end = min(len(text), max(marks[0][1] + AROUND, start + 4 * AROUND))
    inside = tuple((first - start, min(last, end) - start) for first, last in marks if first < end)
    head = "…" if start else ""
    shift = len(head)
    return Snippet(
        field,
        head + text[start:end] + ("…" if end < len(text) else ""),
        tuple((first + shift, last + shift) for first, last in inside),
    )


def may_match(text: str, runs: Sequence[str], *, by_pinyin: bool) -> bool:
    """Whether it is worth looking for the runs in a text, piece by piece."""
    folded = fold(text)
    return any(
        (by_pinyin and not is_han(run))
        or run in folded
        or any(run[at : at + 2] in folded for at in range(len(run) - 1))
        for run in runs
    )


def _found(text: str, runs: Iterable[str], *, by_pinyin: bool) -> Iterator[tuple[int, int]]:
    folded = fold(text)
    for run in runs:
        pieces = [run] if run in folded or not is_han(run) else [run[at : at + 2] for at in range(len(run) - 1)]
        for piece in pieces:
            at = folded.find(piece)
            while at >= 0:
                yield at, at + len(piece)
                at = folded.find(piece, at + len(piece))
        if by_pinyin and not is_han(run) and any(one.startswith(run) for one in latin_tokens(text)):
            yield from _by_pinyin(text, run)


def _by_pinyin(text: str, run: str) -> Iterator[tuple[int, int]]:
    """Characters whose initials, or whose syllables, begin with the run."""
    said = latin(text)
    for parts in (said.initials, said.syllables):
        for start in range(len(parts)):
            length, end = 0, start
            while end < len(parts) and length < len(run) and run.startswith(parts[end], length):
                length += len(parts[end])
                end += 1
            if end < len(parts) and length < len(run) and parts[end].startswith(run[length:]):
                length, end = len(run), end + 1  # the last syllable is typed in part
            if length >= len(run):
                yield start, end
                return


def _joined(marks: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(marks):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
