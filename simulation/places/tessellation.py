"""The city cut into cells without gap or overlap: one cell a street, the cells of a district side by side.

Neighbours share the very same border points, so that they touch and nothing else. The lines lie closer together in the
middle of the city, and no border is straight. Degrees of CGCS2000, longitude first, rounded to `DECIMALS`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from simulation.pools import DISTRICTS

Floats = npt.NDArray[np.float64]

BOX = (113.70, 29.97, 115.08, 31.37)
"""West, south, east and north edge of the city."""
DECIMALS = 8
PIECES = 4
"""A border between two corners is broken into so many pieces."""

_MAP = (
    "LLLLLLLLMMMMM",
    "HLLLLLAAAMMMM",
    "HHHCAAAAAAMFF",
    "HHHCCAAABBBFF",
    "HHHCCCBBBEEFF",
    "JJCCCCBBBBEEF",
    "JJDDDDEEEEEFF",
    "JJDDDDEEEEGGG",
    "JJJDDDGGGGGGG",
    "JJIIIIKKKKGGG",
    "IIIIKKKKKKKKK",
)
"""North is up; A is the first of `DISTRICTS`."""
_WIDTHS = np.array([14, 13, 12, 9, 7, 5, 5, 5, 6, 8, 11, 14, 16], dtype=np.float64)
_HEIGHTS = np.array([14, 11, 9, 7, 5, 4.5, 5, 8, 12, 18, 20], dtype=np.float64)
"""Of the columns from the west and the rows from the south, in any unit."""
_CORNER_SHIFT, _BORDER_SHIFT = 0.15, 0.004
"""How far a corner lies off its place, and a border point off the straight line, in widths of a cell."""


def cells() -> tuple[list[int], list[tuple[int, int]]]:
    """District and place (row from the south, column) of every cell: district after district, each from the north-west."""
    districts, places = [], []
    for letter, district in zip("ABCDEFGHIJKLM", DISTRICTS, strict=True):
        for row, line in enumerate(_MAP):
            mine = [column for column, one in enumerate(line) if one == letter]
            districts += [district] * len(mine)
            places += [(len(_MAP) - 1 - row, column) for column in mine]
    return districts, places


def outlines(seed: int, places: list[tuple[int, int]]) -> tuple[Floats, Floats]:
    """Corners and borders of the cells at ``places``.

    Returns:
        Corners, shape (cells, 4, 2): south-west, south-east, north-east, north-west. Borders, shape (cells, 4, `PIECES` + 1,
        2): south, east, north and west side, counter-clockwise, both ends included.
    """
    rng = np.random.default_rng([seed, 100])
    corners = _corners(rng)
    level = _broken(rng, corners[:, :-1], corners[:, 1:], _spacing(_HEIGHTS), axis=1)
    upright = _broken(rng, corners[:-1], corners[1:], _spacing(_WIDTHS), axis=0)
    row, column = np.array(places).T
    sides = [
        level[row, column],
        upright[row, column + 1],
        level[row + 1, column][:, ::-1],
        upright[row, column][:, ::-1],
    ]
    borders = np.stack(sides, axis=1)
    return borders[:, :, 0], borders


def _corners(rng: np.random.Generator) -> Floats:
    west, south, east, north = BOX
    lng = west + (east - west) * np.append(0, np.cumsum(_WIDTHS)) / _WIDTHS.sum()
    lat = south + (north - south) * np.append(0, np.cumsum(_HEIGHTS)) / _HEIGHTS.sum()
    grid = np.stack(np.broadcast_arrays(lng[None, :], lat[:, None]), axis=-1).copy()
    room = np.stack(np.broadcast_arrays(_closest(lng)[None, :], _closest(lat)[:, None]), axis=-1)
    grid[1:-1, 1:-1] += (rng.uniform(-_CORNER_SHIFT, _CORNER_SHIFT, grid.shape) * room)[1:-1, 1:-1]
    return grid.round(DECIMALS)


def _closest(lines: Floats) -> Floats:
    """Of every line, how far the nearer neighbour is."""
    gaps = np.diff(lines)
    return np.minimum(np.append(gaps[:1], gaps), np.append(gaps, gaps[-1:]))


def _spacing(sizes: Floats) -> Floats:
    """Of every line, the size of the smaller cell beside it, in shares of the whole."""
    return _closest(np.append(0, np.cumsum(sizes)) / sizes.sum())


def _broken(rng: np.random.Generator, start: Floats, end: Floats, spacing: Floats, *, axis: int) -> Floats:
    """Lines from ``start`` to ``end`` with points between, moved across; those on the edge of the city stay straight."""
    share = np.linspace(0, 1, PIECES + 1)[:, None]
    line = start[:, :, None] * (1 - share) + end[:, :, None] * share
    across = np.array([[0.0, BOX[3] - BOX[1]], [BOX[2] - BOX[0], 0.0]])[1 - axis]
    room = spacing[:, None] if axis == 1 else spacing[None, :]
    moved = rng.uniform(-_BORDER_SHIFT, _BORDER_SHIFT, (*line.shape[:2], PIECES - 1)) * room[..., None]
    moved[(0, -1), :] *= axis != 1
    moved[:, (0, -1)] *= axis == 1
    line[:, :, 1:-1] += moved[..., None] * across
    return line.round(DECIMALS)
