"""Behind the door: which building, and whether the unit and the room written can be in it."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir


def housed(found: ir.Table, buildings: ir.Table) -> ir.Table:
    """The places with ``building_id``, and the grade ``building`` or ``room`` where ``door`` reaches so far.

    The building is the one whose number is written; where none is written, the door's only one. The room must lie in it:
    no unit beyond its units, no floor (the room's number without its last two digits) beyond its floors.

    Args:
        found: ``address_id, grade, building, unit, room`` among others.
        buildings: as of `doors.Doors`.
    """
    numbered = _single(buildings.filter(buildings["building"] != ""), ["address_id", "building"], "numbered")
    only = _single(buildings, ["address_id"], "only")
    joined = found.left_join(
        numbered,
        [found["address_id"] == numbered["numbered_address_id"], found["building"] == numbered["numbered_building"]],
    )
    joined = joined.left_join(only, [joined["address_id"] == only["only_address_id"], joined["building"] == ""])
    table = joined.mutate(
        building_id=ibis.coalesce(joined["numbered_id"], joined["only_id"]),
        _floors=ibis.coalesce(joined["numbered_floors"], joined["only_floors"]),
        _units=ibis.coalesce(joined["numbered_units"], joined["only_units"]),
    )
    inside = _within(table["unit"], table["_units"]) & (_floor(table["room"]) <= table["_floors"]).fill_null(False)
    finer = ibis.cases(
        (table["grade"] != "door", table["grade"]),
        (table["building_id"].isnull(), table["grade"]),
        (inside, "room"),
        (table["building"] == "", table["grade"]),
        else_="building",
    )
    return table.mutate(grade=finer)


def _single(buildings: ir.Table, by: list[str], prefix: str) -> ir.Table:
    """The building of each group that has just one, columns named ``<prefix>_…``."""
    grouped = buildings.group_by(by).agg(
        id=buildings["building_id"].min(), times=buildings.count(), floors=buildings["floors"].max(), units=buildings["units"].max()
    )  # fmt: skip
    alone = grouped.filter(grouped["times"] == 1).drop("times")
    return alone.rename({f"{prefix}_{name}": name for name in alone.columns})


def _within(number: ir.StringValue, most: ir.IntegerValue) -> ir.BooleanValue:
    """Whether a number is at most so much; a text that is none, and a bound that is not known, contradict nothing."""
    plain = ibis.ifelse(number.re_search("^[0-9]{1,6}[|]?$"), number, ibis.null("string")).cast("int64")
    return (plain <= most).fill_null(True)


def _floor(room: ir.StringValue) -> ir.IntegerValue:
    """The floor of a room: 501 is on the fifth, 1203A on the twelfth, 5 on the first; null without a room."""
    number = room.re_extract("^[0-9]{1,6}", 0).nullif("").cast("int64")
    return ibis.ifelse(number < 100, 1, (number - number % 100) // 100).cast("int64")
