"""The telephone of a person: the same number in whatever register it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy.typing as npt

from simulation.numbers import Text, numerals
from simulation.scatter import below

if TYPE_CHECKING:
    from simulation.world import World

_FIRST, _COUNT = 13_000_000_000, 7_000_000_000
_STREAM = 209


def mobile_numbers(world: World, persons: npt.ArrayLike) -> Text:
    """Valid mobile numbers of people by their global index; hardly ever have two people the same."""
    return numerals(_FIRST + below(persons, _COUNT, world.seed, _STREAM), 11)
