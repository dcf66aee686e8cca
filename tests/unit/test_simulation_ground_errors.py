"""What is planted about places is wrong as the truth table says, and nothing else is."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import shapely

from simulation import ground_errors, ground_look_alikes
from simulation.ground_errors import BUILDING, DIVISION, DOOR, PARCEL, POINT
from simulation.places.area import areas
from simulation.places.tessellation import BOX
from simulation.planting import Planter
from simulation.registers.ground import REGISTERS
from simulation.world import Block, World, make_world
from standards.code_list import codes
from standards.coordinates import to_cgcs2000

KEYS = {
    DIVISION: ("code", "valid_from"),
    "mz_street_boundary": ("street_code",),
    DOOR: ("address_id",),
    BUILDING: ("building_id",),
    PARCEL: ("bsm",),
    POINT: ("poi_id",),
}


def _planted(world: World, number: int) -> tuple[Planter, dict[str, pd.DataFrame]]:
    block: Block = SimpleNamespace(number=number)  # type: ignore[assignment]
    tables = {resource: register.rows(world, block) for resource, register in REGISTERS.items()}
    right = {resource: table.copy() for resource, table in tables.items()}
    rng = np.random.default_rng([world.seed, 8, number])
    planter = Planter(tables, KEYS, {}, rng, fewest=5 if number == 0 else 0)
    ground_look_alikes.plant(planter, world, block)
    ground_errors.plant(planter, world, block)
    return planter, right


WORLD = make_world(2026, 100_000, date(2026, 11, 1))
PLANTER, RIGHT = _planted(WORLD, 0)
TRUTH = PLANTER.noted()


def _rows(kind: str) -> pd.DataFrame:
    """The rows that bear a kind, as delivered."""
    noted = TRUTH[TRUTH["kind"] == kind]
    assert len(noted)
    return PLANTER.delivery(str(noted["resource"].iloc[0])).loc[noted["_subject"]]


def _inside_city(lng: np.ndarray, lat: np.ndarray) -> np.ndarray:
    return (lng >= BOX[0]) & (lng <= BOX[2]) & (lat >= BOX[1]) & (lat <= BOX[3])


def test_every_kind_is_planted_and_no_row_twice() -> None:
    declared = [one for one in vars(ground_errors).values() if hasattr(one, "hint")]
    declared += [one for one in vars(ground_look_alikes).values() if hasattr(one, "hint")]
    assert {one.name for one in declared} == set(TRUTH["kind"])
    assert not TRUTH.duplicated(["resource", "_subject"]).any()
    assert (TRUTH["key"] != "").all()


@pytest.mark.parametrize("persons", [500, 100_000, 3_000_000])
def test_rows_with_no_truth_are_untouched(persons: int) -> None:
    world = make_world(5, persons, date(2026, 11, 1))
    planter, right = _planted(world, 0)
    truth = planter.noted()
    for resource, table in planter.tables.items():
        free = table.index.difference(truth.loc[truth["resource"] == resource, "_subject"])
        pd.testing.assert_frame_equal(table.loc[free], right[resource].loc[free])


def test_registers_are_text_with_distinct_subjects() -> None:
    for table in RIGHT.values():
        assert table.index.is_unique
        assert table.map(lambda value: isinstance(value, str)).all(axis=None)


def test_blocks_make_the_whole_once() -> None:
    for resource, register in REGISTERS.items():
        blocks = [register.rows(WORLD, SimpleNamespace(number=number)) for number in WORLD.blocks()]  # type: ignore[arg-type]
        whole = pd.concat(blocks)
        assert whole.index.is_unique
        assert not whole.duplicated(list(KEYS[resource])).any()
        assert len(blocks) == 2


def test_codes_are_in_their_lists() -> None:
    for table, item, name in ((PARCEL, "dlbm", "land_class"), (BUILDING, "use", "building_use"), (POINT, "category", "poi_category"), (DIVISION, "level", "division_level"), (DIVISION, "change", "division_change")):  # fmt: skip
        assert set(RIGHT[table][item]) <= set(codes(name))
    assert not set(_rows("unknown_land_class")["dlbm"]) & set(codes("land_class"))


def test_right_parcels_add_up_and_have_their_true_area() -> None:
    land = RIGHT[PARCEL]
    written = land[["tbmj", "kcmj", "tbdlmj"]].astype(float)
    assert (written["tbmj"] - written["kcmj"] - written["tbdlmj"]).abs().max() < 0.006
    assert (written["kcmj"] > 0).any()
    simple = land["shape"].str.count("[(]") == 2
    shapes = shapely.from_wkt(land.loc[simple, "shape"].to_numpy().astype(str))
    true = np.array([areas(shapely.get_coordinates(shape)) for shape in shapes])
    assert written.loc[simple, "tbmj"].to_numpy() == pytest.approx(true, abs=0.006)
    assert (land["qsdwdm"].str.fullmatch(r"\d{12}0{7}") & (land["qsdwdm"].str[:6] == land["bsm"].str[:6])).all()


def test_parcels_that_overlap_are_pairs() -> None:
    table = PLANTER.tables[PARCEL]
    shapes = shapely.from_wkt(table["shape"].to_numpy().astype(str))
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = one < other
    one, other = one[pairs], other[pairs]
    # Less than a square metre is what is left of coordinates of 8 decimals.
    over = shapely.area(shapely.intersection(shapes[one], shapes[other])) > 1e-10
    found = set(table["bsm"].to_numpy()[one[over]]) | set(table["bsm"].to_numpy()[other[over]])
    assert found == set(TRUTH.loc[TRUTH["kind"] == "parcels_overlap", "key"])
    assert over.sum() * 2 == len(found)


def test_areas_of_overlapping_parcels_are_those_drawn() -> None:
    rows = _rows("parcels_overlap")
    shapes = shapely.from_wkt(rows["shape"].to_numpy().astype(str))
    true = [areas(shapely.get_coordinates(shape)) for shape in shapes]
    assert rows["tbmj"].astype(float).to_numpy() == pytest.approx(np.array(true), abs=0.006)
    assert (rows["tbmj"] == rows["tbdlmj"]).all()


def test_parcel_errors() -> None:
    area = _rows("parcel_area_not_of_polygon")
    was = RIGHT[PARCEL].loc[area.index, "tbmj"].astype(float)
    assert (area["tbmj"].astype(float) / was).to_numpy() == pytest.approx(1.37, abs=0.001)
    parts = area[["tbmj", "kcmj", "tbdlmj"]].astype(float)
    assert (parts["tbmj"] - parts["kcmj"] - parts["tbdlmj"]).abs().max() < 0.006
    sums = _rows("parcel_areas_do_not_add_up")[["tbmj", "kcmj", "tbdlmj"]].astype(float)
    assert (sums["tbmj"] - sums["kcmj"] - sums["tbdlmj"]).abs().min() > 100
    owners = _rows("parcel_owner_of_another_district")
    assert (owners["qsdwdm"].str[:6] != owners["zldwdm"].str[:6]).all()
    assert (owners["qsdwdm"].str.len() == 19).all()


def test_polygons_that_look_odd_are_valid_and_the_crossed_ones_are_not() -> None:
    shapes = {
        kind: shapely.from_wkt(_rows(kind)[item].to_numpy().astype(str))
        for kind, item in (
            ("parcel_with_pond", "shape"), ("parcel_of_two_parts", "shape"), ("building_with_courtyard", "footprint"),
            ("building_crosses_itself", "footprint"),
        )
    }  # fmt: skip
    assert not shapely.is_valid(shapes.pop("building_crosses_itself")).any()
    assert all(shapely.is_valid(one).all() for one in shapes.values())
    assert (shapely.get_num_interior_rings(shapes["parcel_with_pond"]) == 1).all()
    assert (shapely.get_num_interior_rings(shapes["building_with_courtyard"]) == 1).all()
    assert (shapely.get_num_geometries(shapes["parcel_of_two_parts"]) == 2).all()


def test_doors_in_the_wrong_place() -> None:
    borders = WORLD.ground.streets().set_index("street_code")["boundary"]

    def in_street(kind: str) -> np.ndarray:
        rows = _rows(kind)
        there = shapely.points(rows["lng"].astype(float), rows["lat"].astype(float))
        return shapely.covers(borders.loc[rows["street_code"]].to_numpy(), there)

    for kind in ("door_in_gcj02", "door_swapped", "door_outside_city", "door_outside_street"):
        assert not in_street(kind).any()
    assert in_street("door_beside_door").all()
    shifted = _rows("door_in_gcj02")
    lng, lat = to_cgcs2000(shifted["lng"].astype(float), shifted["lat"].astype(float), "gcj02")
    right = RIGHT[DOOR].loc[shifted.index]
    assert np.abs(lng - right["lng"].astype(float)).max() < 1e-7
    assert np.abs(lat - right["lat"].astype(float)).max() < 1e-7
    away = _rows("door_outside_city")
    assert not _inside_city(away["lng"].astype(float), away["lat"].astype(float)).any()
    swapped = _rows("door_swapped")
    assert set(_rows("building_of_swapped_door")["address_id"]) == set(swapped["address_id"])
    assert _inside_city(swapped["lat"].astype(float), swapped["lng"].astype(float)).all()


def test_an_address_under_two_ids_is_there_twice() -> None:
    doors = PLANTER.delivery(DOOR)
    twice = doors[doors.duplicated(["division", "road", "door_number"], keep=False)]
    assert set(twice["address_id"]) == set(TRUTH.loc[TRUTH["kind"] == "address_under_two_ids", "key"])
    assert doors["address_id"].is_unique


def test_points_in_the_wrong_system_lie_in_another_division() -> None:
    streets = WORLD.ground.streets()
    districts = streets.groupby("division")["boundary"].agg(lambda shapes: shapely.union_all(shapes.to_numpy()))
    rows = _rows("point_in_bd09")
    for system, expected in (("gcj02", False), ("bd09", True)):
        there = shapely.points(*to_cgcs2000(rows["lng"].astype(float), rows["lat"].astype(float), system))
        assert (shapely.covers(districts.loc[rows["division"]].to_numpy(), there) == expected).all()


def test_a_point_on_the_border_is_within_a_handbreadth_of_it() -> None:
    rows = _rows("point_on_border")
    there = shapely.points(*to_cgcs2000(rows["lng"].astype(float), rows["lat"].astype(float), "gcj02"))
    lines = shapely.union_all(shapely.boundary(WORLD.ground.streets()["boundary"].to_numpy()))
    assert shapely.distance(lines, there).max() < 2e-6
    assert shapely.distance(shapely.box(*BOX).exterior, there).min() > 0.01
    assert rows["address"].str.fullmatch("武汉市.+区.+(街道|镇)").all()


def test_buildings_and_divisions() -> None:
    known = set(PLANTER.delivery(DOOR)["address_id"])
    assert not set(_rows("building_without_address")["address_id"]) & known
    assert set(RIGHT[BUILDING]["address_id"]) == set(RIGHT[DOOR]["address_id"])
    floors = _rows("impossible_floors")["floors"].astype(int)
    assert ((floors < 1) | (floors > 150)).all()
    backwards = _rows("division_ends_before_it_begins")
    assert (backwards["valid_to"] < backwards["valid_from"]).all()
    assert not set(_rows("unknown_successor")["successor"]) & set(RIGHT[DIVISION]["code"])
