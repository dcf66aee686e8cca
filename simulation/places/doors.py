"""Doors: which road and community a door is on, its number, its estate, and where it stands.

Doors are numbered through the city street by street. Within a street, roads run from west to east one above the other;
doors alternate between the two sides of a road. Everything is a function of the door's index.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from simulation.numbers import Ints, Text, numerals
from simulation.places import names
from simulation.places.streets import LOTS, Streets
from simulation.places.tessellation import DECIMALS, Floats
from simulation.scatter import below, shares

_ESTATES = 0.55
"""Of the doors that belong to a housing estate."""
_TRUNK_STEP = 300
"""Along the road through a district, numbers start anew at the next multiple of this in each street."""
_COMMON_EVERY, _COMMON_AT = 6, 2
"""Every sixth road of a district, but the first of each street, bears a name that is met in the other districts too."""
_PATTERN, _BASES = 16, 14
"""Of 16 doors in a row the 4th is n-1 of the one before it, and the 7th n号附3号 of the one before it."""
_HYPHEN, _ANNEX = 3, 6
ROAD_EDGES = (0.44, 0.56)
"""Of a band of lots, road and lots: where the road begins and ends."""
_SETBACK = 0.05
"""How far behind the edge of the road a door stands, in shares of the band."""


def streets_of(streets: Streets, doors: Ints) -> Ints:
    """The street of each door."""
    return np.searchsorted(streets.first_door, doors, side="right") - 1


def lots(streets: Streets, street: Ints, doors: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Where doors stand: road of the street, place along the road, side (0 south, 1 north) and lot on that side."""
    local = doors - streets.first_door[street]
    road, along = np.divmod(local, 2 * LOTS * streets.parcels[street])
    return road, along, along % 2, along // 2


def numbers(streets: Streets, street: Ints, road: Ints, along: Ints) -> Text:
    """Door numbers: ``12号``, ``12-1号`` or ``12号附3号``."""
    run, step = np.divmod(along, _PATTERN)
    base = run * _BASES + step + 1 - (step >= _HYPHEN) - (step >= _ANNEX)
    base = base + np.where(road == 0, streets.place[street] * _TRUNK_STEP, 0)
    tail = np.array(["号", "-1号", "号附3号"])[np.select([step == _HYPHEN, step == _ANNEX], [1, 2], 0)]
    return np.strings.add(base.astype("U8"), tail)


def roads(streets: Streets, street: Ints, road: Ints) -> Text:
    """Names of roads: one through each district, some met in every district, the others met once in the city."""
    serial = streets.first_road[street] + road
    in_district = serial - streets.first_road[np.searchsorted(streets.division, streets.division[street])]
    # The first road of each street is the one through the district; the others are counted without it.
    common, at = np.divmod(in_district - streets.place[street] - 1, _COMMON_EVERY)
    shared = np.array(names.COMMON_ROADS)
    is_common = (at == _COMMON_AT) & (common < len(shared)) & (road > 0)
    name = np.where(is_common, shared[np.minimum(common, len(shared) - 1)], _own_roads(serial))
    districts = np.array(list(names.TRUNKS))
    trunk = np.array(list(names.TRUNKS.values()))[np.searchsorted(districts, streets.division[street])]
    return np.where(road == 0, trunk, name)


def _own_roads(serial: Ints) -> Text:
    first, second = np.array(list(names.ROAD_FIRST)), np.array(list(names.ROAD_SECOND))
    stems = len(first) * len(second)
    stem = serial * 1_009 % stems
    ending = (stem % 7 + serial // stems) % len(names.ROAD_ENDINGS)
    word = np.strings.add(first[stem // len(second)], second[stem % len(second)])
    return np.strings.add(word, np.array(names.ROAD_ENDINGS)[ending])


def communities(streets: Streets, street: Ints, road: Ints, along: Ints) -> tuple[Ints, Text]:
    """Place of each door's community in its street, from 1, and the community's name."""
    whole = 2 * LOTS * streets.parcels[street]
    position = road * whole + along
    place = position * streets.communities[street] // (streets.roads[street] * whole)
    return place + 1, community_names(streets, street, place)


def community_names(streets: Streets, street: Ints, place: Ints) -> Text:
    """Names of the ``place``-th communities (from 0) of streets; distinct in the city."""
    first, second = np.array(list(names.COMMUNITY_FIRST)), np.array(list(names.COMMUNITY_SECOND))
    serial = street * 10 + place
    stem = serial * 37 % (len(first) * len(second))
    word = np.strings.add(first[stem // len(second)], second[stem % len(second)])
    # Four hundred words do not reach for the whole city: in later rounds a direction goes before them.
    before = np.array(["", "东", "西", "南", "北"])[serial // (len(first) * len(second))]
    return np.strings.add(np.strings.add(before, word), np.where(streets.town[street], "村", "社区"))


def estates(doors: Ints, seed: int) -> Text:
    """Names of the housing estates at doors, '' where there is none."""
    first, second = np.array(names.ESTATE_FIRST), np.array(names.ESTATE_SECOND)
    drawn = below(doors, len(first) * len(second), seed, 103)
    name = np.strings.add(first[drawn // len(second)], second[drawn % len(second)])
    return np.where(has_estate(doors, seed), name, "")


def has_estate(doors: Ints, seed: int) -> npt.NDArray[np.bool_]:
    """Whether the doors belong to an estate."""
    return shares(doors, seed, 104) < _ESTATES


def community_codes(streets: Streets, street: Ints, place: Ints) -> Text:
    """12-digit codes of the ``place``-th communities (from 1) of streets."""
    return np.strings.add(np.strings.slice(streets.code[street], 0, 9), numerals(place, 3))


def places(streets: Streets, street: Ints, road: Ints, side: Ints, lot: Ints) -> Floats:
    """Degrees of doors, CGCS2000, shape (doors, 2): at the front of the lot's middle."""
    across = np.where(side == 0, ROAD_EDGES[0] - _SETBACK, ROAD_EDGES[1] + _SETBACK)
    middle: Floats = np.asarray(lot + 0.5, dtype=np.float64)
    return on_ground(streets, street, road, across.astype(np.float64), middle).round(DECIMALS)


def on_ground(streets: Streets, street: Ints, road: Ints, across: Floats, lot: Floats) -> Floats:
    """Degrees of places at a road: ``across`` its band (0 south to 1 north), ``lot`` lots from its western end."""
    core = streets.core[street]
    u = core[..., 0] + (core[..., 2] - core[..., 0]) * lot / (LOTS * streets.parcels[street])
    v = core[..., 1] + (core[..., 3] - core[..., 1]) * (road + across) / streets.roads[street]
    return streets.at(street, u, v)
