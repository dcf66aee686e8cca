"""Chance that depends on an index alone: the same company or household looks the same from every block.

A generator must be drawn from in order; these numbers need not, so that block 7 can name the state of a company of block
130 without making block 130. The mixer is SplitMix64 (Steele, Lea, Flood 2014), all 64 bits well mixed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from simulation.numbers import Ints

_GOLDEN, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_WORD = (1 << 64) - 1


def scattered(index: npt.ArrayLike, seed: int, stream: int) -> npt.NDArray[np.uint64]:
    """64 random bits for every number of ``index``, others for each seed and stream."""
    start = (_mixed(seed * _GOLDEN + 1) + _mixed(stream * _GOLDEN + 2)) & _WORD
    bits = (np.asarray(index).astype(np.uint64) + np.uint64(1)) * np.uint64(_GOLDEN) + np.uint64(start)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(_FIRST)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(_SECOND)
    result: npt.NDArray[np.uint64] = bits ^ (bits >> np.uint64(31))
    return result


def shares(index: npt.ArrayLike, seed: int, stream: int) -> npt.NDArray[np.float64]:
    """A number from 0 to below 1 for every number of ``index``."""
    result: npt.NDArray[np.float64] = (scattered(index, seed, stream) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return result


def below(index: npt.ArrayLike, limit: int, seed: int, stream: int) -> Ints:
    """A whole number from 0 to ``limit`` - 1 for every number of ``index``."""
    return (shares(index, seed, stream) * limit).astype(np.int64)


def picked(index: npt.ArrayLike, choices: Any, weights: Any, seed: int, stream: int) -> npt.NDArray[Any]:
    """One of ``choices`` for every number of ``index``, as often as the weights (their sum is 1) say."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))[:-1]
    result: npt.NDArray[Any] = np.asarray(choices)[np.searchsorted(edges, shares(index, seed, stream), side="right")]
    return result


def _mixed(word: int) -> int:
    word &= _WORD
    word = ((word ^ (word >> 30)) * _FIRST) & _WORD
    word = ((word ^ (word >> 27)) * _SECOND) & _WORD
    return word ^ (word >> 31)
