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
    given = keep(doors.select("address_id", "division", "street_code", **{one: _plain(doors[one]) for one in _WRITTEN}))
    roads = _cut(given["road"], before="", after="1号", part="road", keep=keep)
    number = given["door_number"]
    # 12 and 12-1 are given their sign; 12号附3 has it already.
    signed = ibis.ifelse((number == "") | number.contains("号"), number, number + "号")
    given = keep(given.mutate(door_number=signed))
    numbers = _cut(given["door_number"], before="路", after="", part="door", keep=keep)
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
    return Doors(keep(found), keep(_buildings(buildings, keep)))


_WRITTEN = ("community", "road", "door_number", "estate")


def _plain(col: ir.StringValue) -> ir.StringValue:
    return ibis.coalesce(address.normal(col), "")


def _cut(written: ir.StringValue, *, before: str, after: str, part: str, keep: Keep) -> ir.Table:
    """What the grammar makes of each distinct text: ``_<part>_written``, ``_<part>``.

    A city has as many roads as a door has numbers, and far more doors than either: only the distinct texts are cut.
    """
    texts = written.name(f"_{part}_written").as_table().distinct()
    local = before + texts[f"_{part}_written"] + after
    cut = address.localise(keep(texts.mutate(local=local)), keep)
    return keep(cut.select(f"_{part}_written", **{f"_{part}": part}))


def _buildings(buildings: ir.Table, keep: Keep) -> ir.Table:
    """Buildings with their number as an address would give it: 3, 3号楼 and 三栋 are all ``3``."""
    plain = _plain(buildings["building_no"].cast("string"))
    signed = ibis.ifelse(plain.re_search("[栋幢座#]$"), plain, plain + "栋")
    given = buildings.filter(buildings["address_id"].notnull())
    given = keep(given.select("building_id", "address_id", "floors", "units", signed=signed))
    numbers = _cut(given["signed"], before="", after="", part="building", keep=keep)
    joined = given.left_join(numbers, given["signed"] == numbers["_building_written"])
    return joined.select(
        "building_id",
        "address_id",
        building="_building",
        floors=joined["floors"].cast("int64"),
        units=joined["units"].cast("int64"),
    )
