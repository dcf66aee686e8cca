"""The register of doors in the words that addresses are cut into, so that one joins to the other.

Road and number of a door go through the same grammar as an address (`standards.address`): what it makes of one it makes
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
    # 12 and 12-1 are written with the sign; 12号附3 has it already.
    written = given["road"] + ibis.ifelse((number == "") | number.contains("号"), number, number + "号")
    local = keep(given.mutate(local=ibis.ifelse(given["road"] == "", given["estate"], "") + written))
    cut = address.localise(local.rename(register_estate="estate").drop("road", "door_number"), keep)
    street = cut["street_code"]
    cut = cut.left_join(codes, street == codes["_code"])
    community = cut["community"].re_replace("(居委会|村委会)$", "")
    found = cut.select(
        "address_id",
        "door",
        district=_plain(cut["division"]).left(6),
        street=ibis.coalesce(cut["present"], cut["street_code"], ""),
        community=community,
        named=named(cut["road"], community, cut["register_estate"]),
        estate=cut["register_estate"],
    )
    return Doors(keep(found), keep(_buildings(buildings, keep)))


_WRITTEN = ("community", "road", "door_number", "estate")


def _plain(col: ir.StringValue) -> ir.StringValue:
    return ibis.coalesce(address.normal(col), "")


def _buildings(buildings: ir.Table, keep: Keep) -> ir.Table:
    """Buildings with their number as an address would give it: 3, 3号楼 and 三栋 are all ``3``."""
    plain = _plain(buildings["building_no"].cast("string"))
    signed = ibis.ifelse(plain.re_search("[栋幢座#]$"), plain, plain + "栋")
    cut = address.localise(keep(buildings.select("building_id", "address_id", "floors", "units", local=signed)), keep)
    return cut.filter(cut["address_id"].notnull()).select(
        "building_id", "address_id", "building", floors=cut["floors"].cast("int64"), units=cut["units"].cast("int64")
    )
