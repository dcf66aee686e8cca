"""Suppression of small cells of a count table, so that no hidden cell can be computed from what is published.

Hiding the small cells alone protects nothing: a row with one hidden cell gives it away by its total, and so does a chain
of rows and columns. What is needed is that for every hidden cell another table exists which agrees with all that is
published and has another value there. Such a table differs by a cycle: one up, the next in its column down, and so on
round. So the margins are taken in as one more row and column (with the sign turned, so that every line sums to zero),
rows and columns are the nodes of a directed graph, and a hidden cell is safe exactly if it lies on a cycle of hidden
cells that may move. Where there is none, the cheapest one is made, by shortest path, and its cells are hidden too. Every
cell of that cycle is safe with it, and hiding more never makes a safe cell unsafe: one pass is enough.

What the reader knows is counted in: zeros are published as zeros, so a hidden cell holds at least 1.

Small data only: the cells of one published table, never rows of a library.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST = 1
"""A hidden cell holds at least this, because a zero is shown as zero."""

Counts = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Margins:
    """Which totals are published beside the cells; the grand total is published with the column totals and row totals."""

    rows: bool
    columns: bool


def with_margins(counts: Counts) -> Counts:
    """The table with one more column (row totals) and one more row (column totals)."""
    wide = np.column_stack([counts, counts.sum(axis=1)])
    return np.vstack([wide, wide.sum(axis=0)])


def suppress(counts: Counts, threshold: int, margins: Margins) -> Mask:
    """The cells to hide.

    Args:
        counts: cells, shape (r, c), none negative.
        threshold: counts from 1 to below this are hidden, margins included.
        margins: totals that are published.

    Returns:
        Mask of shape (r + 1, c + 1), margins last; False for totals that are not published.
    """
    graph = _Graph(with_margins(counts), margins)
    hidden = graph.published & (graph.counts > 0) & (graph.counts < threshold)
    small = np.argwhere(hidden)
    for row, column in small[np.argsort(graph.counts[hidden], kind="stable")]:
        _, cycle = graph.cheapest_cycle(int(row), int(column), hidden, graph.cost)
        for cell in cycle:
            hidden[cell] = graph.published[cell]
    return hidden


def exposed(counts: Counts, hidden: Mask, margins: Margins) -> int:
    """How many hidden cells have one possible value only, given everything that is published."""
    graph = _Graph(with_margins(counts), margins)
    closed = np.full(graph.counts.shape, np.inf)
    cells = [(int(row), int(column)) for row, column in np.argwhere(hidden & graph.published)]
    return sum(not np.isfinite(graph.cheapest_cycle(row, column, hidden, closed)[0]) for row, column in cells)


class _Graph:
    """Rows and columns as nodes; an arc row->column raises the signed cell between them, column->row lowers it."""

    def __init__(self, counts: Counts, margins: Margins) -> None:
        self.counts = counts
        rows, columns = counts.shape
        self.published: Mask = np.ones((rows, columns), dtype=bool)
        self.published[:, -1] &= margins.rows
        self.published[-1, :] &= margins.columns
        turned = np.zeros((rows, columns), dtype=bool)
        turned[:-1, -1] = True
        turned[-1, :-1] = True
        can_fall = (counts > LEAST) | ~self.published
        self._up_open = ~turned | can_fall
        self._down_open = turned | can_fall
        whole = float(counts[-1, -1]) + 1.0
        dearness = np.ones((rows, columns))
        dearness[:, -1] *= whole
        dearness[-1, :] *= whole
        self.cost = np.where(counts > 0, (counts + 1.0) * dearness, np.inf)
        """What hiding a cell loses: its count, and far more for a total. A zero is never hidden."""

    def cheapest_cycle(
        self, row: int, column: int, hidden: Mask, cost: NDArray[np.float64]
    ) -> tuple[float, list[tuple[int, int]]]:
        """Cost and cells of the cheapest cycle through a cell; cost 0 if hidden cells suffice, infinite if there is none."""
        price = np.where(hidden | ~self.published, 0.0, cost)
        up = np.where(self._up_open, price, np.inf)
        down = np.where(self._down_open, price, np.inf)
        up[row, column] = down[row, column] = np.inf
        rows = self.counts.shape[0]
        found: list[tuple[float, list[tuple[int, int]]]] = []
        if self._up_open[row, column]:
            found.append(_shortest(up, down, rows + column, row))
        if self._down_open[row, column]:
            found.append(_shortest(up, down, row, rows + column))
        return min(found, key=lambda one: one[0], default=(np.inf, []))


def _shortest(
    up: NDArray[np.float64], down: NDArray[np.float64], start: int, goal: int
) -> tuple[float, list[tuple[int, int]]]:
    """Shortest path between two nodes, rows first and columns after them, and the cells it runs through."""
    rows, columns = up.shape
    distance = np.full(rows + columns, np.inf)
    before = np.full(rows + columns, -1, dtype=np.int64)
    open_ = np.ones(rows + columns, dtype=bool)
    distance[start] = 0.0
    while True:
        node = int(np.argmin(np.where(open_, distance, np.inf)))
        if not open_[node] or not np.isfinite(distance[node]):
            return np.inf, []
        if node == goal:
            return float(distance[goal]), _cells(before, goal, rows)
        open_[node] = False
        near, offset = (up[node], rows) if node < rows else (down[:, node - rows], 0)
        reach = slice(offset, offset + near.size)
        shorter = distance[node] + near < distance[reach]
        distance[reach] = np.where(shorter, distance[node] + near, distance[reach])
        before[reach] = np.where(shorter, node, before[reach])


def _cells(before: NDArray[np.int64], goal: int, rows: int) -> list[tuple[int, int]]:
    cells = []
    node = goal
    while before[node] >= 0:
        previous = int(before[node])
        cells.append((min(node, previous), max(node, previous) - rows))
        node = previous
    return cells
