"""The register of doors in the words that addresses are cut into, so that one joins to the other.

Road, number and building go through the same grammar as an address (`standards.address`): what it makes of one it makes
of the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pipelines.places.divisions import present_codes
from standards import address
from standards.grammar import Keep


@dataclass(frozen=True)
class Doors:
    """The places of a city, as they are looked up.

    Attributes:
        doors: ``address_id, district, street, community, named, door, estate``: one row per door; ``named`` is the
            road, the village and its group, or the estate that the number belongs to. No nulls.
        buildings: ``building_id, address_id, building, floors, units``; floors and units may be null.
    """

    doors: ir.Table
    buildings: ir.Table


def named(road: ir.StringValue, community: ir.StringValue, estate: ir.StringValue) -> ir.StringValue:
    """What a number is counted along: the road; a group with its village before it; without a road, the estate."""
    return ibis.cases(
        (road.re_search("^[0-9]+组"), community + road), (road == "", ibis.ifelse(estate == "", community, estate)),
        else_=road,
    )  # fmt: skip


def index(doors: ir.Table, buildings: ir.Table, divisions: ir.Table, keep: Keep) -> Doors:
    """Prepare the registers for matching.

    Args:
        doors: ``address_id`` and `catalog.register.DOOR_ITEMS`.
        buildings: ``building_id`` and `catalog.register.BUILDING_ITEMS`.
        divisions: `catalog.register.DIVISION_ITEMS`.
        keep: evaluates a table once.
    """
    codes = present_codes(divisions, keep).rename(_code="code")
    given = doors.select("address_id", "division", "street_code", **{one: _plain(doors[one]) for one in _WRITTEN})
    number = given["door_number"]
    # 12 and 12-1 are given their sign; 12号附3 has it already.
    signed = ibis.ifelse((number == "") | number.contains("号"), number, number + "号")
    given = keep(given.mutate(door_number=signed))
    houses = keep(_houses(buildings))
    roads, numbers, houses_numbers = _cut(given, houses, keep)
    joined = given.left_join(roads, given["road"] == roads["_road_written"])
    joined = joined.left_join(numbers, joined["door_number"] == numbers["_door_written"])
    joined = joined.left_join(codes, joined["street_code"] == codes["_code"])
    community = joined["community"].re_replace("(居委会|村委会)$", "")
    found = joined.select(
        "address_id",
        district=_plain(joined["division"]).left(6),
        street=ibis.coalesce(joined["present"], joined["street_code"], ""),
        community=community,
        named=named(joined["_road"], community, joined["estate"]),
        door="_door",
        estate="estate",
    )
    inside = houses.left_join(houses_numbers, houses["signed"] == houses_numbers["_building_written"])
    return Doors(keep(found), keep(inside.select("building_id", "address_id", "floors", "units", building="_building")))


_WRITTEN = ("community", "road", "door_number", "estate")


def _plain(col: ir.StringValue) -> ir.StringValue:
    return ibis.coalesce(address.normal(col), "")


def _houses(buildings: ir.Table) -> ir.Table:
    """Buildings of a known door; their number with a sign, so that 3, 3号楼 and 三栋 are read alike."""
    plain = _plain(buildings["building_no"].cast("string"))
    return buildings.filter(buildings["address_id"].notnull()).select(
        "building_id",
        "address_id",
        floors=buildings["floors"].cast("int64"),
        units=buildings["units"].cast("int64"),
        signed=ibis.ifelse(plain.re_search("[栋幢座#]$"), plain, plain + "栋"),
    )


def _cut(doors: ir.Table, houses: ir.Table, keep: Keep) -> tuple[ir.Table, ir.Table, ir.Table]:
    """What the grammar makes of each distinct road, number and building: ``_<part>_written``, ``_<part>``.

    A city has far more doors than roads, or numbers along them: only the distinct texts are cut, all in one go.
    """
    asked = {
        "road": (doors["road"], doors["road"] + "1号"),
        "door": (doors["door_number"], "路" + doors["door_number"]),
        "building": (houses["signed"], houses["signed"]),
    }
    texts = [
        (houses if part == "building" else doors).select(part=ibis.literal(part), written=written, local=local)
        for part, (written, local) in asked.items()
    ]
    cut = address.localise(keep(ibis.union(*texts, distinct=True)), keep)
    roads, numbers, buildings = (
        keep(cut.filter(cut["part"] == part).select(**{f"_{part}_written": "written", f"_{part}": part}))
        for part in asked
    )
    return roads, numbers, buildings
