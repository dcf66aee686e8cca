"""What looks wrong about places and is right: nothing may complain about these rows. Chosen before any error is planted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.ground_errors import BUILDING, DIVISION, DOOR, PARCEL, POINT
from simulation.numbers import Ints
from simulation.places import names
from simulation.places.points import points
from simulation.places.streets import Streets
from simulation.places.tessellation import BOX, Floats
from simulation.planting import Kind, Planter, look_alike
from simulation.registers.ground import in_gcj02
from simulation.world import Block, World

RENAMED = look_alike("street_renamed", DIVISION, "code", "the same code again, from another day on")
BESIDE = look_alike("door_beside_door", DOOR, "door_number", "12-1 and 12号附3号 beside 12 are doors of their own")
SAME_ROAD = look_alike("same_road_other_district", DOOR, "road", "roads of one name in several districts")
COURTYARD = look_alike("building_with_courtyard", BUILDING, "footprint", "a polygon with a hole")
TOUCHING = look_alike("parcels_touch", PARCEL, "shape", "neighbours share a border and nothing else")
HOLE = look_alike("parcel_with_pond", PARCEL, "shape", "a polygon with a hole, and another parcel in it")
PARTS = look_alike("parcel_of_two_parts", PARCEL, "shape", "a polygon of two parts")
CHAIN = look_alike("chain_store", POINT, "name", "many points of one name")
ON_BORDER = look_alike("point_on_border", POINT, "location", "a point on the border belongs to either side")


def plant(planter: Planter, world: World, _block: Block) -> None:
    """Choose the look-alikes; points on a border are moved there."""
    divisions, doors = planter.tables[DIVISION], planter.tables[DOOR]
    _keep(planter, RENAMED, divisions.index[divisions["change"] == "renamed"])
    annex = doors["door_number"].str.contains("-|附")
    planter.note_as_it_is(BESIDE, planter.pick(BESIDE, doors.index[annex]))
    shared = doors["road"].isin([*names.COMMON_ROADS, "中山大道", "和平大道"]) & ~annex
    planter.note_as_it_is(SAME_ROAD, planter.pick(SAME_ROAD, doors.index[shared]))
    _shapes(planter)
    poi = planter.tables[POINT]
    bare = [name for chain in names.CHAINS.values() for name in chain]
    planter.note_as_it_is(CHAIN, planter.pick(CHAIN, poi.index[poi["name"].isin(bare)]))
    _on_borders(planter, world)


def _keep(planter: Planter, kind: Kind, subjects: pd.Index) -> None:
    planter.reserve(subjects, kind.resource)
    planter.note_as_it_is(kind, subjects)


def _shapes(planter: Planter) -> None:
    buildings, parcels = planter.tables[BUILDING], planter.tables[PARCEL]
    hollow = buildings["footprint"].str.contains("), (", regex=False)
    planter.note_as_it_is(COURTYARD, planter.pick(COURTYARD, buildings.index[hollow]))
    parts = parcels["shape"].str.startswith("MULTI")
    hole = parcels["shape"].str.contains("), (", regex=False) & ~parts
    planter.note_as_it_is(PARTS, planter.pick(PARTS, parcels.index[parts]))
    planter.note_as_it_is(HOLE, planter.pick(HOLE, parcels.index[hole]))
    planter.note_as_it_is(TOUCHING, planter.pick(TOUCHING, parcels.index[~parts & ~hole]))


def _on_borders(planter: Planter, world: World) -> None:
    """The address of such a point names the street alone, so that nothing but the border is there to judge it by."""
    chosen = planter.pick(ON_BORDER, planter.tables[POINT].index)
    ground = world.ground
    doors = ground.doors(points(ground, chosen.to_numpy())["door"].to_numpy())
    streets = ground.street_table
    street = np.searchsorted(streets.code, doors["street_code"].to_numpy().astype(str))
    where = _inner_border(streets, street)
    lng, lat = in_gcj02(where[:, 0], where[:, 1])
    table = planter.tables[POINT]
    table.loc[chosen, "address"] = ground.write_address(doors, "", "", "", "street_only")
    table.loc[chosen, "lng"] = lng
    table.loc[chosen, "lat"] = lat
    there = np.strings.add(np.strings.add(lng, " "), lat)
    planter.note(ON_BORDER, chosen, None, there, there)


def _inner_border(streets: Streets, street: Ints) -> Floats:
    """A point of the border of each street that is not on the edge of the city."""
    middle = streets.borders[street][:, :, 2]
    west, south, east, north = BOX
    edge = np.isin(middle[..., 0], (west, east)) | np.isin(middle[..., 1], (south, north))
    result: Floats = middle[np.arange(len(street)), np.argmin(edge, axis=1)]
    return result
