"""The streets of the city: codes, names, outlines, how many doors each has, and where its built-up core lies.

The core is a rectangle in the street's own coordinates (u from its west to its east side, v from south to north, 0 to 1),
just large enough for its doors, close to the eastern border: coordinates in the system of a web map, which leads some 500
metres eastward, then lie in the next street. Between the core and the other borders there are fields, woods and water.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from simulation.numbers import Ints, Text
from simulation.places import names
from simulation.places.area import DEGREE, areas
from simulation.places.tessellation import Floats, cells, outlines
from simulation.pools import DISTRICTS
from simulation.scatter import shares

LOTS = 2
"""Door lots of a parcel, side by side."""
_LOT_WIDTH, _BAND_DEPTH = 45.0, 130.0
"""Metres along the road, and across the road with the lots on both its sides, where there is room enough."""
_WIDEST = 0.9
"""Of a street that its core takes at most, along u and along v."""
_MARGIN = (0.01, 20.0)
"""Between the core and the eastern border: a share of the width, more than the border is bent, and metres."""
_FEWEST_DOORS = 10
_COMMUNITIES = (5, 9)
"""Of a street: the fewest, and one more than the most."""


@dataclass(frozen=True)
class Streets:
    """Arrays with one entry for each street, ordered by district and code.

    Attributes:
        code: 12 digits.
        name: as it is called today.
        old_name: a name that is no more: its own former one, or that of a street merged into it; '' if neither.
        division: six-digit number of the district.
        town: whether it is a town (镇) and not a street.
        corners: shape (streets, 4, 2), from the south-west counter-clockwise; degrees, CGCS2000.
        borders: shape (streets, 4, points, 2): south, east, north and west side, counter-clockwise.
        first_door: index of the first door of each, and at the end how many doors there are.
        parcels: parcels along one side of a road.
        roads: roads of the street.
        first_road: roads of the city before the first of this street.
        place: place in its district, from 0.
        core: west, south, east and north edge of the built-up core, u and v; shape (streets, 4).
        communities: how many communities it has.
    """

    code: Text
    name: Text
    old_name: Text
    division: Ints
    town: npt.NDArray[np.bool_]
    corners: Floats
    borders: Floats
    first_door: Ints
    parcels: Ints
    roads: Ints
    first_road: Ints
    place: Ints
    core: Floats
    communities: Ints

    def __len__(self) -> int:
        return len(self.code)

    def ring(self) -> Floats:
        """The closed outline of every street, counter-clockwise; shape (streets, points, 2)."""
        open_ring = self.borders[:, :, :-1].reshape(len(self), -1, 2)
        return np.concatenate([open_ring, open_ring[:, :1]], axis=1)

    def at(self, street: Any, u: Floats, v: Floats) -> Floats:
        """Degrees of places given in streets' own coordinates; shape of ``u`` and one axis more."""
        four = self.corners[street]
        east, north = u[..., None], v[..., None]
        south_side = four[..., 0, :] * (1 - east) + four[..., 1, :] * east
        north_side = four[..., 3, :] * (1 - east) + four[..., 2, :] * east
        result: Floats = south_side * (1 - north) + north_side * north
        return result


def make_streets(seed: int, doors: int) -> Streets:
    """The streets of the city of ``seed`` with ``doors`` doors; 10 in each street at the least."""
    districts, places = cells()
    division = np.array(districts)
    corners, borders = outlines(seed, places)
    words = [word for district in DISTRICTS for word in names.STREETS[district].split()]
    place = np.concatenate([np.arange(count) for count in np.unique(division, return_counts=True)[1]])
    last = np.array([int(word[:3]) for word in words])
    town = (last >= 100) & (last < 200)
    count = _doors(areas(borders[:, :, :-1].reshape(len(places), -1, 2)), doors, seed)
    along, up = _extent(corners)
    parcels = np.clip(np.round(np.sqrt(count / 2 * _BAND_DEPTH / _LOT_WIDTH) / LOTS), 2, 60).astype(np.int64)
    roads = -(-count // (2 * LOTS * parcels))
    east = 1 - _MARGIN[0] - _MARGIN[1] / along
    west = east - np.minimum(_WIDEST, parcels * LOTS * _LOT_WIDTH / along)
    half_v = np.minimum(_WIDEST, roads * _BAND_DEPTH / up) / 2
    return Streets(
        code=np.array([f"{district}{word[:3]}000" for district, word in zip(districts, words, strict=True)]),
        name=np.array([word[3:] + ("镇" if is_town else "街道") for word, is_town in zip(words, town, strict=True)]),
        old_name=_old_names(division, place),
        division=division,
        town=town,
        corners=corners,
        borders=borders,
        first_door=np.append(0, np.cumsum(count)),
        parcels=parcels,
        roads=roads,
        first_road=np.cumsum(roads) - roads,
        place=place,
        core=np.stack([west, 0.5 - half_v, east, 0.5 + half_v], axis=-1),
        communities=_COMMUNITIES[0] + (shares(np.arange(len(words)), seed, 101) * np.diff(_COMMUNITIES)).astype(int),
    )


def _doors(square_metres: Floats, doors: int, seed: int) -> Ints:
    """Doors of each street: more where there is room, but the middle of the city is the densest."""
    weight = square_metres**0.3 * (0.7 + 0.6 * shares(np.arange(len(square_metres)), seed, 102))
    spread = max(doors - _FEWEST_DOORS * len(weight), 0)
    edges = np.round(np.append(0, np.cumsum(weight)) / weight.sum() * spread).astype(np.int64)
    result: Ints = np.diff(edges) + _FEWEST_DOORS
    return result


def _extent(corners: Floats) -> tuple[Floats, Floats]:
    """Metres from the west to the east side and from the south to the north side, across the middle."""
    width = (corners[:, 1] + corners[:, 2] - corners[:, 0] - corners[:, 3]) / 2
    height = (corners[:, 2] + corners[:, 3] - corners[:, 0] - corners[:, 1]) / 2
    shrink = np.cos(np.radians(corners[:, :, 1].mean(axis=1)))
    return DEGREE * width[:, 0] * shrink, DEGREE * height[:, 1]


def _old_names(division: Ints, place: Ints) -> Text:
    old = np.full(len(place), "", dtype="U12")
    for district, changes in names.CHANGES.items():
        for change in changes:
            old[(division == district) & (place == change.street)] = change.old
    return old
