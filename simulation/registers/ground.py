"""What is held about the ground: divisions and their borders, doors, buildings, parcels, points of interest.

Geometries of areas are well-known text in CGCS2000 degrees; their writers bring them into the system of the delivery.
Points are two columns of text in the system of the delivery. Subjects are the places' own numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.days import day, span, updated
from simulation.numbers import Ints, Text, numerals
from simulation.places import buildings, doors
from simulation.places.history import divisions
from simulation.places.parcels import LOT, OPEN, ROAD, parcels_of
from simulation.places.points import count, points
from simulation.places.tessellation import DECIMALS
from simulation.register import Habits, Register
from simulation.scatter import below, picked
from standards.coordinates import from_cgcs2000

if TYPE_CHECKING:
    from simulation.world import Block, World

PARCELS = 1_000_000
"""Subjects of parcels: the street times this, and the parcel's place in its street."""
BUILDINGS = 10
"""Subjects of buildings: the door times this, and the building's number."""
LAND = {
    "0101": "水田",
    "0103": "旱地",
    "0301": "乔木林地",
    "0601": "工业用地",
    "0701": "城镇住宅用地",
    "0702": "农村宅基地",
    "0809": "公用设施用地",
    "05H1": "商业服务业设施用地",
    "08H1": "机关团体新闻出版用地",
    "1004": "城镇村道路用地",
    "1101": "河流水面",
    "1104": "坑塘水面",
}
"""Land classes met here (GB/T 21010-2017 and the third national land survey)."""
_DWELLING = {True: "0702", False: "0701"}
_BUILT = (("0601", "0809", "05H1", "08H1"), (0.25, 0.15, 0.4, 0.2))
_OPEN = (("0101", "0103", "0301", "1101", "1104"), (0.3, 0.2, 0.3, 0.08, 0.12))
_RIDGES = {"0101": 0.04, "0103": 0.08}
"""Share of fields that is the ridges between them, deducted from the area."""
_OTHER_USE = 0.3
_CHANGED = 900
"""Days within which a row was changed."""
_DIVISIONS, _STREETS, _DOORS, _BUILDINGS, _POINTS = 130, 131, 132, 133, 134
_USE, _CLASS = 135, 136


def mz_division(world: World, block: Block) -> pd.DataFrame:
    """Every state of every division, all in the first block."""
    rows = divisions(world.ground.street_table)
    rows["updated_at"] = _updated(world, block, len(rows), _DIVISIONS)
    return rows if block.number == 0 else rows.iloc[:0]


def mz_street_boundary(world: World, block: Block) -> pd.DataFrame:
    """The streets of today with their borders, all in the first block."""
    import shapely  # compiled and heavy; only whoever draws needs it

    streets = world.ground.streets()
    rows = streets[["street_code", "name", "division"]].copy()
    rows["boundary"] = shapely.to_wkt(streets["boundary"].to_numpy(), rounding_precision=DECIMALS)
    rows["updated_at"] = _updated(world, block, len(rows), _STREETS)
    return rows if block.number == 0 else rows.iloc[:0]


def ga_address(world: World, block: Block) -> pd.DataFrame:
    """Every door; ``lng`` and ``lat`` as 8 decimals."""
    rows = world.ground.doors(_doors(world, block))
    for axis in ("lng", "lat"):
        rows[axis] = degrees(rows[axis].to_numpy(), DECIMALS)
    rows["updated_at"] = _updated(world, block, len(rows), _DOORS)
    return rows.drop(columns="street")


def zj_building(world: World, block: Block) -> pd.DataFrame:
    """Every building, with the ground it covers; a few surround a courtyard."""
    ground, seed = world.ground, world.ground.seed
    known = ground.doors(_doors(world, block))
    number = ground.building_count(known.index)
    of_door = np.repeat(np.arange(len(known)), number)
    building = np.arange(len(of_door)) - np.repeat(np.cumsum(number) - number, number) + 1
    door = known.index.to_numpy()[of_door]
    body = buildings.bodies(door, building, seed)
    spoken = np.strings.add(building.astype("U1"), "栋")
    estate = known["estate"].to_numpy().astype(str)[of_door]
    address = known["address_id"].to_numpy().astype(str)[of_door]
    return pd.DataFrame(
        {
            "building_id": np.strings.add(address, numerals(building, 4)),
            "address_id": address,
            "name": np.where(estate == "", "", np.strings.add(estate, spoken)),
            "building_no": building.astype("U1"),
            "floors": body.floors.astype("U3"),
            "units": body.units.astype("U3"),
            "use": body.use,
            "built_year": body.built_year.astype("U4"),
            "footprint": _footprints(world, door, building),
            "updated_at": _updated(world, block, len(door), _BUILDINGS),
        },
        index=door * BUILDINGS + building,
    )


def gh_parcel(world: World, block: Block) -> pd.DataFrame:
    """Every parcel, street after street; the codes of owner and place are those of the community and seven noughts."""
    streets = world.share_of(len(world.ground.street_table), block.number)
    if not streets:
        return _parcels(world, 0).iloc[:0]
    return pd.concat([_parcels(world, street) for street in streets])


def gh_poi(world: World, block: Block) -> pd.DataFrame:
    """Every point of interest; ``lng`` and ``lat`` in GCJ-02 as 6 decimals."""
    rows = points(world.ground, np.array(world.share_of(count(world.persons), block.number), dtype=np.int64))
    rows["lng"], rows["lat"] = in_gcj02(rows["lng"].to_numpy(), rows["lat"].to_numpy())
    rows.insert(0, "poi_id", np.strings.add("WH", numerals(rows.index.to_numpy() + 1, 10)))
    rows["updated_at"] = _updated(world, block, len(rows), _POINTS)
    return rows.drop(columns="door")


def degrees(values: npt.NDArray[np.float64], decimals: int) -> Text:
    """Degrees as text."""
    return np.char.mod(f"%.{decimals}f", values)


def in_gcj02(lng: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]) -> tuple[Text, Text]:
    """CGCS2000 degrees as the web map's, the text of 6 decimals."""
    moved = from_cgcs2000(lng, lat, "gcj02")
    return degrees(moved[0], 6), degrees(moved[1], 6)


def square_metres(values: Any) -> Text:
    """Areas as text of two decimals."""
    return np.char.mod("%.2f", np.asarray(values, dtype=np.float64))


def _doors(world: World, block: Block) -> Ints:
    return np.array(world.share_of(world.ground.door_count, block.number), dtype=np.int64)


def _updated(world: World, block: Block, rows: int, stream: int) -> Text:
    rng = world.rng(stream, block.number)
    return updated(rng, day(world.as_of) - span(rng.integers(2, _CHANGED, rows)), world.as_of)


def _footprints(world: World, door: Ints, building: Ints) -> npt.NDArray[Any]:
    import shapely

    streets, seed = world.ground.street_table, world.ground.seed
    shapes = shapely.polygons(buildings.footprints(streets, door, building, seed))
    hollow = np.flatnonzero(buildings.has_courtyard(door, seed))
    if len(hollow):
        inner = shapely.polygons(buildings.courtyards(streets, door[hollow]))
        shapes[hollow] = shapely.difference(shapes[hollow], inner)
    result: npt.NDArray[Any] = shapely.to_wkt(shapes, rounding_precision=DECIMALS)
    return result


def _parcels(world: World, street: int) -> pd.DataFrame:
    import shapely

    streets = world.ground.street_table
    land = parcels_of(streets, street)
    subject = street * PARCELS + np.arange(len(land))
    use = _land_class(land, subject, world.seed, town=bool(streets.town[street]))
    community = (land["road"].clip(0) * streets.communities[street] // streets.roads[street]).to_numpy()
    place = np.where(land["road"] < 0, land["along"] % streets.communities[street], community)
    here = np.full(len(land), street)
    code = np.strings.add(doors.community_codes(streets, here, place + 1), "0000000")
    name = doors.community_names(streets, here, place)
    area = land["area"].to_numpy().round(2)
    deducted = (area * pd.Series(use).map(_RIDGES).fillna(0).to_numpy()).round(2)
    serial = streets.place[street] * PARCELS + np.arange(len(land)) + 1
    return pd.DataFrame(
        {
            "bsm": np.strings.add(f"{streets.division[street]}2001", numerals(serial, 8)),
            "dlbm": use,
            "dlmc": pd.Series(use).map(LAND).to_numpy(),
            "qsdwdm": code,
            "qsdwmc": name,
            "zldwdm": code,
            "zldwmc": name,
            "tbmj": square_metres(area),
            "kcmj": square_metres(deducted),
            "tbdlmj": square_metres(area - deducted),
            "shape": shapely.to_wkt(land["shape"].to_numpy(), rounding_precision=DECIMALS),
            "sjnf": str(world.as_of.year - 1),
            "district": str(streets.division[street]),
        },
        index=subject,
    )


def _land_class(land: pd.DataFrame, subject: Ints, seed: int, *, town: bool) -> Text:
    lived_in = below(subject, 100, seed, _USE) >= 100 * _OTHER_USE
    built = np.where(lived_in, _DWELLING[town], picked(subject, *_BUILT, seed, _CLASS))
    kind = land["kind"].to_numpy()
    still = np.where(kind == ROAD, "1004", "1104")
    return np.select([kind == LOT, kind == OPEN], [built, picked(subject, *_OPEN, seed, _CLASS)], still)


_POINT = {"lng": "lng", "lat": "lat"}

REGISTERS = {
    "mz_division": Register(mz_division),
    "mz_street_boundary": Register(mz_street_boundary),
    "ga_address": Register(ga_address, habits=Habits(outside=_POINT, numbers=("lng", "lat"))),
    "zj_building": Register(zj_building, habits=Habits(numbers=("floors", "units", "built_year"))),
    "gh_parcel": Register(
        gh_parcel,
        habits=Habits(numbers=("tbmj", "kcmj", "tbdlmj", "sjnf"), group="district", member="{group}.shp"),
    ),
    "gh_poi": Register(gh_poi, habits=Habits(outside={"经度": "lng", "纬度": "lat"})),
}
