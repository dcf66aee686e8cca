"""Errors in what is held about places: each kind, and how it is made.

Of two parcels that overlap and of two ids of one address, both rows bear the error: which of them is wrong cannot be seen.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.numbers import Text, numerals
from simulation.places.area import areas
from simulation.places.points import points
from simulation.places.tessellation import DECIMALS
from simulation.planting import Kind, Planter
from simulation.pools import DISTRICTS
from simulation.registers.ground import BUILDINGS, degrees, square_metres
from simulation.world import Block, World
from standards.coordinates import from_cgcs2000, to_cgcs2000
from standards.map_offsets import Pair

DIVISION, DOOR, BUILDING, PARCEL, POINT = "mz_division", "ga_address", "zj_building", "gh_parcel", "gh_poi"

BACKWARDS = Kind("division_ends_before_it_begins", DIVISION, "valid_to", "finding", "valid_to is not before valid_from")
NO_SUCCESSOR = Kind("unknown_successor", DIVISION, "successor", "finding", "successor exists in mz_division")
DOOR_GCJ02 = Kind("door_in_gcj02", DOOR, "location", "finding", "in its street if taken for GCJ-02")
DOOR_SWAPPED = Kind("door_swapped", DOOR, "location", "quarantine", "a latitude of 114 degrees is none", rate=0.0005)
LEFT_ALONE = Kind("building_of_swapped_door", BUILDING, "address_id", "finding", "its address is in quarantine")
DOOR_FAR = Kind("door_outside_city", DOOR, "location", "finding", "point in the city")
DOOR_ELSEWHERE = Kind("door_outside_street", DOOR, "location", "finding", "point in the boundary of its street")
TWO_IDS = Kind("address_under_two_ids", DOOR, "door_number", "finding", "one id for each door of a road", rate=0.001)
CROSSED = Kind("building_crosses_itself", BUILDING, "footprint", "finding", "valid polygon", rate=0.002)
NO_DOOR = Kind("building_without_address", BUILDING, "address_id", "finding", "address_id exists in ga_address")
FLOORS = Kind("impossible_floors", BUILDING, "floors", "finding", "floors between 1 and 150")
YEAR = Kind("impossible_built_year", BUILDING, "built_year", "finding", "built between 1840 and today")
OVERLAP = Kind("parcels_overlap", PARCEL, "shape", "finding", "parcels do not overlap", rate=0.002)
AREA = Kind("parcel_area_not_of_polygon", PARCEL, "tbmj", "finding", "tbmj is the area of the polygon")
BALANCE = Kind("parcel_areas_do_not_add_up", PARCEL, "tbdlmj", "finding", "tbdlmj = tbmj - kcmj")
OWNER = Kind("parcel_owner_of_another_district", PARCEL, "qsdwdm", "finding", "qsdwdm begins as zldwdm does")
LAND = Kind("unknown_land_class", PARCEL, "dlbm", "finding", "code list GB/T 21010")
POINT_BD09 = Kind("point_in_bd09", POINT, "location", "finding", "in its division if taken for BD-09")
POINT_SWAPPED = Kind("point_swapped", POINT, "location", "quarantine", "a latitude of 114 degrees is none", rate=0.001)
POINT_FAR = Kind("point_outside_city", POINT, "location", "finding", "point in the city")

OF_SEVERAL_ITEMS = frozenset({AREA.name, OVERLAP.name, TWO_IDS.name, LEFT_ALONE.name})
"""Kinds whose error is not put right by giving one item its right value."""

_FAR = 1.7
"""Degrees to the east: outside the city from anywhere in it."""
_INTO_NEIGHBOUR = 0.3
_OTHER_SERIAL, _NO_SERIAL = 50_000_000, 90_000_000
"""Serials of doors that no city reaches."""


def plant(planter: Planter, world: World, _block: Block) -> None:
    """Plant every kind of this module."""
    _divisions(planter)
    _doors(planter, world)
    _buildings(planter)
    _overlap(planter)
    _parcels(planter)
    _points(planter, world)


def move(planter: Planter, kind: Kind, subjects: pd.Index, lng: Any, lat: Any) -> None:
    """Give points other coordinates, and note it: where it is and where it should be, as ``lng lat``."""
    table = planter.tables[kind.resource]
    right = _pair(table.loc[subjects, "lng"], table.loc[subjects, "lat"])
    table.loc[subjects, "lng"] = lng
    table.loc[subjects, "lat"] = lat
    planter.note(kind, subjects, None, _pair(lng, lat), right)


def _pair(lng: Any, lat: Any) -> Text:
    first, second = (np.asarray(one).astype(str) for one in (lng, lat))
    return np.strings.add(np.strings.add(first, " "), second)


def _divisions(planter: Planter) -> None:
    table = planter.tables[DIVISION]
    open_ended = table.index[(table["valid_to"] == "") & (table["level"] == "5")]
    planter.change(BACKWARDS, planter.pick(BACKWARDS, open_ended), "1999-06-30")
    chosen = planter.pick(NO_SUCCESSOR, table.index[table["successor"] != ""])
    codes = planter.column(DIVISION, chosen, "successor")
    planter.change(NO_SUCCESSOR, chosen, np.strings.add(np.strings.slice(codes, 0, 6), "098000"))


def _doors(planter: Planter, world: World) -> None:
    table, ground = planter.tables[DOOR], world.ground
    moved = from_cgcs2000(table["lng"].astype(float), table["lat"].astype(float), "gcj02")
    _shift(planter, world, DOOR_GCJ02, "street_code", moved, moved)
    _swap_doors(planter)
    _send_away(planter, DOOR_FAR)
    chosen = planter.pick(DOOR_ELSEWHERE, table.index)
    other = ground.doors((chosen.to_numpy() + ground.door_count // 2) % ground.door_count)
    move(planter, DOOR_ELSEWHERE, chosen, *(degrees(other[axis].to_numpy(), DECIMALS) for axis in ("lng", "lat")))
    chosen = planter.pick(TWO_IDS, table.index)
    again = table.loc[chosen].copy()
    community = np.strings.slice(planter.column(DOOR, chosen, "address_id"), 0, 12)
    again["address_id"] = np.strings.add(community, numerals(_OTHER_SERIAL + chosen.to_numpy(), 8))
    planter.note_as_it_is(TWO_IDS, chosen)
    number = again["door_number"].to_numpy().astype(str)
    planter.note(TWO_IDS, planter.add_rows(DOOR, again), again["address_id"].to_numpy().astype(str), number, number)


def _shift(planter: Planter, world: World, kind: Kind, area: str, written: Pair, seen: Pair) -> None:
    """Write some points in another system, of those from which the shift leads out of their area.

    Within it nobody could tell from the point alone.

    Args:
        planter: of the block.
        world: for the streets.
        kind: of error.
        area: the item that says where the point should be: ``street_code`` or ``division``.
        written: degrees of all points of the block in the other system.
        seen: where these degrees are, in CGCS2000, taken for those of the declared system.
    """
    import shapely

    table = planter.tables[kind.resource]
    streets = world.ground.streets()
    borders = streets.groupby(area)["boundary"].agg(lambda shapes: shapely.union_all(shapes.to_numpy()))
    where = shapely.points(*seen)
    outside = ~shapely.covers(borders.loc[table[area]].to_numpy(), where)
    chosen = planter.pick(kind, table.index[outside])
    place = table.index.get_indexer(chosen)
    decimals = DECIMALS if kind.resource == DOOR else 6
    move(planter, kind, chosen, *(degrees(one[place], decimals) for one in written))


def _swap_doors(planter: Planter) -> None:
    """Swapped coordinates are refused; the buildings of such a door then refer to an address that is not known."""
    if planter.spared(LEFT_ALONE):
        return
    of_building = planter.tables[BUILDING].index.to_numpy(dtype=np.int64)
    free = planter.tables[DOOR].index.difference(pd.Index(planter.taken(BUILDING) // BUILDINGS))
    chosen = _swap(planter, DOOR_SWAPPED, free)
    left = pd.Index(of_building[np.isin(of_building // BUILDINGS, chosen)])
    planter.reserve(left, BUILDING)
    planter.note_as_it_is(LEFT_ALONE, left)


def _swap(planter: Planter, kind: Kind, candidates: pd.Index) -> pd.Index:
    chosen = planter.pick(kind, candidates)
    lng, lat = (planter.column(kind.resource, chosen, axis) for axis in ("lng", "lat"))
    move(planter, kind, chosen, lat, lng)
    return chosen


def _send_away(planter: Planter, kind: Kind) -> None:
    chosen = planter.pick(kind, planter.tables[kind.resource].index)
    lng, lat = (planter.column(kind.resource, chosen, axis) for axis in ("lng", "lat"))
    decimals = DECIMALS if kind.resource == DOOR else 6
    move(planter, kind, chosen, degrees(lng.astype(np.float64) + _FAR, decimals), lat)


def _buildings(planter: Planter) -> None:
    import shapely  # compiled and heavy; only whoever draws needs it

    table = planter.tables[BUILDING]
    whole = table.index[~table["footprint"].str.contains("), (", regex=False)]
    chosen = planter.pick(CROSSED, whole)
    rings = _rings(planter.column(BUILDING, chosen, "footprint"))
    crossed = shapely.polygons(rings[:, [0, 2, 1, 3, 4]])
    planter.change(CROSSED, chosen, shapely.to_wkt(crossed, rounding_precision=DECIMALS))
    chosen = planter.pick(NO_DOOR, table.index)
    community = np.strings.slice(planter.column(BUILDING, chosen, "address_id"), 0, 12)
    planter.change(NO_DOOR, chosen, np.strings.add(community, numerals(_NO_SERIAL + chosen.to_numpy() // BUILDINGS, 8)))
    chosen = planter.pick(FLOORS, table.index)
    planter.change(FLOORS, chosen, planter.rng.choice(["0", "-2", "188"], len(chosen)))
    chosen = planter.pick(YEAR, table.index)
    planter.change(YEAR, chosen, planter.rng.choice(["1066", "2089"], len(chosen)))


def _overlap(planter: Planter) -> None:
    """A lot is drawn a third into its eastern neighbour; its areas are those of the polygon as drawn."""
    import shapely

    table = planter.tables[PARCEL]
    pairs, rings = _neighbours(table)
    free = ~np.isin(pairs + 1, planter.taken(PARCEL))
    # Every other one, so that no neighbour is drawn over from two sides or draws over another.
    free &= pairs % 4 == 0
    chosen = planter.pick(OVERLAP, pd.Index(pairs[free]))
    neighbours = chosen + 1
    planter.reserve(neighbours, PARCEL)
    place = np.searchsorted(pairs, chosen)
    mine, theirs = rings[place, 0], rings[place, 1]
    drawn = mine.copy()
    drawn[:, 1:3] += _INTO_NEIGHBOUR * (theirs[:, 1:3] - mine[:, 1:3])
    drawn = drawn.round(DECIMALS)
    area = square_metres(areas(drawn))
    planter.change(OVERLAP, chosen, shapely.to_wkt(shapely.polygons(drawn), rounding_precision=DECIMALS))
    table.loc[chosen, "tbmj"] = area
    table.loc[chosen, "tbdlmj"] = area
    planter.note_as_it_is(OVERLAP, neighbours)


def _neighbours(table: pd.DataFrame) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Parcels of four corners whose next row is of four corners too and lies against their eastern side.

    Returns:
        Their subjects, sorted, and the rings of both, shape (parcels, 2, 5, 2).
    """
    import shapely

    shapes = shapely.from_wkt(table["shape"].to_numpy().astype(str))
    four = (shapely.get_num_coordinates(shapes) == 5) & (shapely.get_num_geometries(shapes) == 1)
    four &= (table["kcmj"] == "0.00").to_numpy()
    subjects = table.index.to_numpy(dtype=np.int64)[four]
    rings = shapely.get_coordinates(shapes[four]).reshape(-1, 5, 2)
    against = (subjects[1:] == subjects[:-1] + 1) & (rings[:-1, 1:3] == rings[1:, (0, 3)]).all(axis=(1, 2))
    first = np.flatnonzero(against)
    return subjects[first], np.stack([rings[first], rings[first + 1]], axis=1)


def _parcels(planter: Planter) -> None:
    table = planter.tables[PARCEL]
    chosen = planter.pick(AREA, table.index)
    area = (planter.column(PARCEL, chosen, "tbmj").astype(np.float64) * 1.37).round(2)
    deducted = planter.column(PARCEL, chosen, "kcmj").astype(np.float64)
    planter.change(AREA, chosen, square_metres(area))
    table.loc[chosen, "tbdlmj"] = square_metres(area - deducted)
    chosen = planter.pick(BALANCE, table.index)
    rest = planter.column(PARCEL, chosen, "tbdlmj").astype(np.float64)
    planter.change(BALANCE, chosen, square_metres(rest + 120.5))
    chosen = planter.pick(OWNER, table.index)
    owner = planter.column(PARCEL, chosen, "qsdwdm")
    known = np.array(list(DISTRICTS))
    district = known[(np.searchsorted(known, table.loc[chosen, "district"].astype(int)) + 5) % len(known)]
    planter.change(OWNER, chosen, np.strings.add(district.astype("U6"), np.strings.slice(owner, 6, None)))
    chosen = planter.pick(LAND, table.index)
    planter.change(LAND, chosen, planter.rng.choice(["0799", "1399", "9901"], len(chosen)))


def _points(planter: Planter, world: World) -> None:
    table = planter.tables[POINT]
    true = points(world.ground, table.index.to_numpy(dtype=np.int64))
    moved = from_cgcs2000(true["lng"].to_numpy(), true["lat"].to_numpy(), "bd09")
    _shift(planter, world, POINT_BD09, "division", moved, to_cgcs2000(*moved, "gcj02"))
    _swap(planter, POINT_SWAPPED, table.index)
    _send_away(planter, POINT_FAR)


def _rings(polygons: Text) -> npt.NDArray[np.float64]:
    import shapely

    result: npt.NDArray[np.float64] = shapely.get_coordinates(shapely.from_wkt(polygons)).reshape(-1, 5, 2)
    return result
