"""The ground of the simulated city is whole before any error is planted: nothing overlaps, everything lies where it says."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from simulation import addresses
from simulation.ground import Ground
from simulation.places import names
from simulation.places.address_text import COMPLETE, FORMS
from simulation.places.history import divisions
from simulation.places.parcels import LOT, parcels_of
from simulation.places.points import points
from simulation.places.tessellation import BOX
from simulation.pools import DISTRICTS
from simulation.registers.ground import in_gcj02
from standards.coordinates import to_cgcs2000

GROUND = Ground(2026, 20_000)
DOORS = GROUND.doors(np.arange(GROUND.door_count))
STREETS = GROUND.streets().set_index("street_code")


def test_streets_fill_the_city_and_only_touch() -> None:
    shapes = STREETS["boundary"].to_numpy()
    assert shapely.is_valid(shapes).all()
    whole = shapely.union_all(shapes)
    assert whole.bounds == BOX
    assert whole.area == pytest.approx(shapely.area(shapes).sum(), abs=1e-12)
    assert whole.area == pytest.approx((BOX[2] - BOX[0]) * (BOX[3] - BOX[1]))


def test_every_district_is_one_piece_of_eight_to_fourteen_streets() -> None:
    by_district = STREETS.groupby("division")["boundary"]
    assert set(by_district.groups) == {str(code) for code in DISTRICTS}
    assert by_district.size().between(8, 14).all()
    assert {shapely.union_all(one.to_numpy()).geom_type for _, one in by_district} == {"Polygon"}


def test_codes_are_those_of_the_standard() -> None:
    assert STREETS.index.str.fullmatch(r"4201\d\d[01]\d\d000").all()
    assert STREETS.index.is_unique
    assert (STREETS.index.str[:6] == STREETS["division"]).all()
    assert (STREETS["name"].str.endswith("镇") == (STREETS.index.str[6] == "1")).all()
    assert DOORS["address_id"].str.fullmatch(r"\d{20}").all()
    assert DOORS["address_id"].is_unique
    assert (DOORS["address_id"].str[:9] == DOORS["street_code"].str[:9]).all()


@pytest.mark.parametrize("persons", [500, 20_000, 10_000_000])
def test_doors_stand_in_their_street(persons: int) -> None:
    ground = Ground(7, persons)
    index = np.linspace(0, ground.door_count - 1, 2_000).astype(np.int64)
    doors = ground.doors(index)
    streets = ground.streets().set_index("street_code")["boundary"]
    there = shapely.points(doors["lng"], doors["lat"])
    assert shapely.contains(streets.loc[doors["street_code"]].to_numpy(), there).all()
    assert len(np.unique(shapely.get_coordinates(there), axis=0)) == len(np.unique(index))


def test_a_door_does_not_depend_on_its_company() -> None:
    some = np.array([5, 1_000, 3, 700])
    pd.testing.assert_frame_equal(GROUND.doors(some), DOORS.loc[some])
    assert (GROUND.address_id(some) == DOORS.loc[some, "address_id"]).all()
    assert not Ground(2027, 20_000).doors(some)["lng"].equals(DOORS.loc[some, "lng"])


def test_no_two_doors_of_a_district_share_road_and_number() -> None:
    assert not DOORS.duplicated(["division", "road", "door_number"]).any()
    districts = DOORS.groupby("road")["division"].nunique()
    assert districts["人民路"] > 5
    assert (districts > 1).sum() < len(districts) / 5


def test_door_12_1_is_beside_door_12() -> None:
    hyphen = DOORS[DOORS["door_number"].str.contains("-1号")]
    before = DOORS.loc[GROUND.doors(hyphen.index.to_numpy() - 1).index]
    assert (before["door_number"].str.removesuffix("号").to_numpy() + "-1号" == hyphen["door_number"].to_numpy()).all()
    assert (before["road"].to_numpy() == hyphen["road"].to_numpy()).all()
    assert DOORS["door_number"].str.contains("号附3号").any()


@given(st.integers(0, 2**31), st.integers(500, 60_000))
def test_no_two_households_share_a_room(seed: int, persons: int) -> None:
    ground = Ground(seed, persons)
    homes = ground.dwelling_of_household(np.arange(min(persons, 5_000)))
    assert not homes.duplicated().any()
    assert homes["door"].between(0, ground.door_count - 1).all()
    numbers = homes[["building_no", "unit", "room"]].astype(int)
    assert (numbers["building_no"].to_numpy() <= ground.building_count(homes["door"].to_numpy())).all()


def test_households_spread_over_every_street() -> None:
    homes = GROUND.door_of_household(np.arange(7_500))
    assert len(np.unique(homes)) == GROUND.door_count
    assert set(DOORS.loc[GROUND.door_of_company(np.arange(GROUND.door_count)), "street_code"]) == set(STREETS.index)


def test_every_word_can_be_written_in_gbk() -> None:
    words = [*DOORS["road"].unique(), *DOORS["community"].unique(), *DOORS["estate"].unique(), names.CONFUSED]
    words += [*STREETS["name"], *STREETS["old_name"], *(one for chain in names.CHAINS.values() for one in chain)]
    assert "".join(words).encode("gbk").decode("gbk") == "".join(words)
    assert not set(names.CONFUSED) & set(names.ROAD_FIRST)


# --- how addresses are written ---------------------------------------------------------------------------------------

_DOOR = pd.DataFrame(
    {
        "division": ["420102"],
        "street": ["一元街道"],
        "community": ["扬子社区"],
        "road": ["中山大道"],
        "door_number": ["12号"],
        "estate": ["阳光花园"],
    }
)


@pytest.mark.parametrize(
    ("form", "door", "text"),
    [
        ("1", 0, "武汉市江岸区一元街道中山大道12号阳光花园3栋2单元501室"),
        ("2", 0, "江岸区中山大道12号阳光花园3栋2单元501室"),
        ("3", 0, "湖北省武汉市江岸区一元街道扬子社区中山大道12号3栋2单元501室"),
        ("4", 0, "江岸区中山大道12号3-2-501"),
        ("5", 0, "武汉市江岸区一元街道中山大道１２号阳光花园３栋２单元５０１室"),
        ("5", 1, "武汉市江岸区一元街道中山大道十二号阳光花园三栋二单元五〇一室"),
        ("no_door", 0, "武汉市江岸区一元街道中山大道阳光花园3栋2单元501室"),
        ("street_only", 0, "武汉市江岸区一元街道"),
        ("no_district", 0, "武汉市中山大道12号阳光花园3栋2单元501室"),
        ("misspelt", 0, "江岸区常山大道12号阳光花园3栋2单元501室"),
        ("misspelt", 10, "江岸区中山路12号阳光花园3栋2单元501室"),
    ],
)
def test_forms(form: str, door: int, text: str) -> None:
    written = GROUND.write_address(_DOOR.set_axis([door]), ["3"], ["2"], ["501"], [form])
    assert written.tolist() == [text]


def test_an_old_street_name_stands_for_the_present_one() -> None:
    here = DOORS[GROUND.has_old_name(DOORS.index)].iloc[:1]
    old = str(STREETS.loc[here["street_code"].iloc[0], "old_name"])
    (text,) = GROUND.write_address(here, "", "", "", "6").tolist()
    assert old in text
    assert here["street"].iloc[0] not in text


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("7", "七"),
        ("10", "十"),
        ("18", "十八"),
        ("20", "二十"),
        ("105", "一百零五"),
        ("110", "一百一十"),
        ("3008", "三千零八"),
    ],
)
def test_numbers_as_they_are_said(number: str, said: str) -> None:
    door = _DOOR.assign(door_number=f"{number}号", estate="").set_axis([1])
    assert GROUND.write_address(door, "", "", "", "5").tolist() == [f"武汉市江岸区一元街道中山大道{said}号"]


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown forms"):
        GROUND.write_address(_DOOR.set_axis([0]), "", "", "", "7")


@pytest.mark.parametrize("resource", list(addresses.SHARES))
def test_nine_addresses_in_ten_are_complete(resource: str) -> None:
    index = np.arange(20_000)
    homes = GROUND.dwelling_of_household(index % 7_000)
    forms = addresses.forms(GROUND, resource, index, homes["door"])
    truth = addresses.address_truth(GROUND, resource, index, homes, forms)
    assert list(truth.columns) == addresses.TRUTH
    assert truth["complete"].mean() == pytest.approx(0.9, abs=0.03)
    assert (truth["complete"] == truth["form"].isin(COMPLETE)).all()
    assert set(truth["form"]) == set(addresses.SHARES[resource]) <= set(FORMS)
    assert sum(addresses.SHARES[resource].values()) == pytest.approx(1)
    assert (truth["building_id"].str[:20] == truth["address_id"]).all()


# --- parcels, buildings, points, history -----------------------------------------------------------------------------


@pytest.mark.parametrize("street", [0, 77, 142])
def test_parcels_fill_their_street_and_only_touch(street: int) -> None:
    land = parcels_of(GROUND.street_table, street)
    shapes = land["shape"].to_numpy()
    assert shapely.is_valid(shapes).all()
    border = STREETS["boundary"].iloc[street]
    assert shapely.area(shapes).sum() == pytest.approx(border.area, abs=1e-13)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = one < other
    shared = shapely.intersection(shapes[one[pairs]], shapes[other[pairs]])
    assert shapely.area(shared).max() == 0
    assert {"MultiPolygon", "Polygon"} == set(land["shape"].map(lambda shape: shape.geom_type))


def test_areas_are_true() -> None:
    land = parcels_of(Ground(3, 5_000_000).street_table, 12)
    lots = land[land["kind"] == LOT].iloc[:200]
    known = [abs(Geod(ellps="GRS80").geometry_area_perimeter(shape)[0]) for shape in lots["shape"]]
    assert lots["area"].to_numpy() == pytest.approx(np.array(known), rel=1e-5)


def test_buildings_stand_apart_in_a_parcel_of_their_street() -> None:
    from simulation.places import buildings

    door = np.repeat(np.arange(60), GROUND.building_count(np.arange(60)))
    number = np.concatenate([np.arange(one) + 1 for one in GROUND.building_count(np.arange(60))])
    shapes = shapely.polygons(buildings.footprints(GROUND.street_table, door, number, GROUND.seed))
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    assert (one == other).all()
    streets = GROUND.street_table
    land = pd.concat([parcels_of(streets, street) for street in (0, 1, 2)])
    lots = land.loc[land["kind"] == LOT, "shape"].to_numpy()
    inside, _ = shapely.STRtree(lots).query(shapes, predicate="within")
    here = np.searchsorted(streets.first_door, door, side="right") - 1
    assert set(inside) >= set(np.flatnonzero(here <= 2))
    assert (here <= 2).sum() > 50


def test_web_map_coordinates_lead_back() -> None:
    true = points(GROUND, np.arange(100))
    lng, lat = in_gcj02(true["lng"].to_numpy(), true["lat"].to_numpy())
    back = to_cgcs2000(lng.astype(float), lat.astype(float), "gcj02")
    assert np.abs(back[0] - true["lng"]).max() < 1e-6
    assert np.abs(lng.astype(float) - true["lng"]).min() > 0.004


def test_history_has_no_gap_and_every_successor() -> None:
    rows = divisions(GROUND.street_table)
    assert not rows.duplicated(["code", "valid_from"]).any()
    today = rows[rows["valid_to"] == ""]
    assert set(STREETS.index) <= set(today["code"])
    assert set(today.loc[today["level"] != "3", "parent"]) <= set(today["code"])
    renamed = rows[rows["change"] == "renamed"]
    former = rows[rows["code"].isin(renamed["code"]) & (rows["valid_to"] != "")]
    assert len(renamed) == len(former) == len(DISTRICTS)
    last = former.set_index("code")["valid_to"].map(date.fromisoformat)
    first = renamed.set_index("code")["valid_from"].map(date.fromisoformat)
    assert (first - last == timedelta(days=1)).all()
    merged = rows[rows["change"] == "merged"]
    assert len(merged) == len(DISTRICTS)
    assert set(merged["successor"]) <= set(STREETS.index)
    assert not set(merged["code"]) & set(STREETS.index)
