"""Buildings: how many stand at a door, how high they are, what ground they cover, and which rooms households live in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulation.numbers import Ints, Text
from simulation.places.doors import ROAD_EDGES, has_estate, lots, on_ground, streets_of
from simulation.places.streets import Streets
from simulation.places.tessellation import DECIMALS, Floats
from simulation.scatter import below, picked, shares

MOST = 6
"""Buildings at one door."""
COLUMNS = 3
"""Buildings of an estate stand in two rows of three."""
_OF_ESTATE = ((2, 3, 4, 5, 6), (0.4, 0.3, 0.15, 0.1, 0.05))
_USES = (("1", "2", "3", "4", "5"), (0.45, 0.3, 0.1, 0.1, 0.05))
_HOME = "1"
_MARGIN = 0.02
_ROOMS = 4
"""Of a floor in one unit."""
_WALL = 0.3
"""Half of the side of a building, in shares of the ground it may take."""


@dataclass(frozen=True)
class Bodies:
    """What is known about buildings but their names; one entry each.

    Attributes:
        floors: above ground.
        units: staircases.
        use: code of `building_use`.
        built_year: four digits.
    """

    floors: Ints
    units: Ints
    use: Text
    built_year: Ints


def counts(doors: Ints, seed: int) -> Ints:
    """How many buildings stand at each door."""
    estate = picked(doors, *_OF_ESTATE, seed, 105)
    return np.where(has_estate(doors, seed), estate, 1)


def bodies(doors: Ints, building: Ints, seed: int) -> Bodies:
    """Floors, units, use and year of the ``building``-th (from 1) buildings at doors; those of an estate are alike."""
    estate = has_estate(doors, seed)
    floors = np.where(estate, 6 + below(doors, 28, seed, 106), 1 + below(doors, 7, seed, 107))
    units = np.where(estate, 1 + below(doors, 4, seed, 108), 1)
    use = np.where(estate, _HOME, picked(doors, *_USES, seed, 109))
    year = 1975 + below(doors, 48, seed, 110) + (building - 1) // COLUMNS
    return Bodies(floors, units, use, year)


def rooms(doors: Ints, visit: Ints, seed: int) -> tuple[Ints, Ints, Ints]:
    """Building, unit and room number of the ``visit``-th household (from 0) at each door; no two share a room."""
    count = counts(doors, seed)
    body = bodies(doors, np.ones_like(doors), seed)
    rest, building = np.divmod(visit, count)
    rest, unit = np.divmod(rest, body.units)
    turn, floor = np.divmod(rest, body.floors)
    floor = (floor + below(doors, 33, seed, 111)) % body.floors
    number = (turn + below(doors, _ROOMS, seed, 112)) % _ROOMS + turn // _ROOMS * _ROOMS
    return building + 1, unit + 1, (floor + 1) * 100 + number + 1


def footprints(streets: Streets, doors: Ints, building: Ints, seed: int) -> Floats:
    """Closed outlines of buildings, counter-clockwise, shape (buildings, 5, 2); degrees, CGCS2000."""
    alone = ~has_estate(doors, seed)
    row, column = np.divmod(building - 1, COLUMNS)
    lot = np.where(alone, 0.5, (column + 0.5) / COLUMNS)
    depth = np.where(alone, 0.5, (row + 0.5) / 2)
    half_lot = _WALL * np.where(alone, 1, 1 / COLUMNS)
    half_depth = _WALL * np.where(alone, 1, 1 / 2)
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)])
    return _drawn(
        streets,
        doors,
        lot[:, None] + half_lot[:, None] * corners[:, 0],
        depth[:, None] + half_depth[:, None] * corners[:, 1],
    )


def courtyards(streets: Streets, doors: Ints) -> Floats:
    """Closed outlines, clockwise, of courtyards within the only buildings of doors."""
    corners = np.array([(-1, -1), (-1, 1), (1, 1), (1, -1), (-1, -1)]) * _WALL / 2 + 0.5
    return _drawn(streets, doors, *np.broadcast_arrays(corners[:, 0], corners[:, 1], np.empty((len(doors), 1)))[:2])


def has_courtyard(doors: Ints, seed: int) -> npt.NDArray[np.bool_]:
    """Whether the building of a door surrounds a courtyard."""
    return ~has_estate(doors, seed) & (shares(doors, seed, 113) < 0.01)


def _drawn(streets: Streets, doors: Ints, lot: Floats, depth: Floats) -> Floats:
    """Degrees of places on the ground of doors: shares of the lot's width and, from the south, of its depth."""
    street = streets_of(streets, doors)
    road, _, side, along = lots(streets, street, doors)
    deep = ROAD_EDGES[0] - 2 * _MARGIN
    south = np.where(side == 0, _MARGIN, ROAD_EDGES[1] + _MARGIN)
    across = south[:, None] + deep * depth
    return on_ground(streets, street[:, None], road[:, None], across, along[:, None] + lot).round(DECIMALS)
