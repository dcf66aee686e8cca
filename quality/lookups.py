"""What a rule needs that looks beyond its own row: a column beside the row, made by joins before the scan.

Each lookup joins one column (`hit_of`) and never adds a row. What it says is the business of the condition in
`quality.checks`: that the other table holds the value, or that this row is among those that break the rule.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any

import ibis
import ibis.expr.types as ir

from quality import geometry as g
from quality import library_kinds as lk
from quality import relation_kinds as rk
from quality import spatial_kinds as sk
from quality.library_lookups import same_place, steady
from quality.lookup_parts import Asked, Found, by_row
from quality.overlaps import overlapping
from quality.row_key import row_key_of
from quality.rules import Rule
from standards.coordinates import column_to_cgcs2000


def hit_of(number: int) -> str:
    """The column that holds what the lookup of the rule at this place found."""
    return f"_hit_{number}"


def with_lookups(
    table: ir.Table,
    rules: Sequence[Rule],
    references: Mapping[str, ir.Table],
    key: Sequence[str],
    as_of: datetime.date,
) -> ir.Table:
    """``table`` with the columns of every rule that looks beyond its row; never more rows than before."""
    own = table
    for number, rule in enumerate(rules):
        lookup = LOOKUPS.get(type(rule.check))
        found = lookup(rule.check, Asked(rule, own, key, references, as_of)) if lookup else None
        if found is not None:
            table = _joined(table, found, number)
    return table


def _joined(table: ir.Table, found: Found, number: int) -> ir.Table:
    rows = found.rows.filter(found.rows["value"].notnull())
    if "hit" not in rows.columns:
        rows = rows.distinct().mutate(hit=ibis.literal(True))
    value, hit = f"_value_{number}", hit_of(number)
    rows = rows.select(**{value: rows["value"], hit: rows["hit"]})
    # A column by name: an expression in the condition that the other side holds too, Ibis would take for the other side's.
    asked = table.mutate(_asked=found.column(table))
    return asked.left_join(rows, asked["_asked"] == rows[value]).select(*table.columns, hit)


def _in_reference(check: rk.InReference, asked: Asked) -> Found:
    def part(table: ir.Table) -> ir.Value:
        column = table[asked.rule.item]
        return column.substr(check.part.from_ - 1, check.part.to - check.part.from_ + 1) if check.part else column

    held = [
        asked.references[name].select(value=item) for name, item in [(check.resource, check.item), *check.or_in.items()]
    ]
    return Found(part, reduce(lambda one, other: one.union(other), held))


def _absent_in_reference(check: rk.AbsentInReference, asked: Asked) -> Found:
    other = asked.references[check.resource]
    there = other.filter(*_conditions(other, check.other_when)) if check.other_when else other
    return Found(lambda table: table[asked.rule.item], there.select(value=there[check.item]))


def _cross(check: rk.Cross, asked: Asked) -> Found:
    """Keys that the other resource contradicts, or rows where dates are compared too."""
    other = asked.references[check.other]
    there = other.filter(*_conditions(other, check.other_when)) if check.other_when else other
    there_key = there[check.other_key or check.key]
    if not check.other_earlier:
        return Found(lambda table: table[check.key], there.select(value=there_key))
    # Every date must be earlier, each than its own: the row of this resource is needed for that.
    own = asked.own.select(
        _row=asked.row_key,
        _key=asked.own[check.key],
        **{
            f"_own_{place}": ibis.literal(asked.as_of) if name == rk.AS_OF else asked.own[name].cast("date")
            for place, name in enumerate(check.other_earlier.values())
        },
    )
    dated = there.select(
        _other=there_key,
        **{f"_their_{place}": there[name].cast("date") for place, name in enumerate(check.other_earlier)},
    )
    both = own.inner_join(dated, own["_key"] == dated["_other"])
    earlier = [
        both[f"_own_{place}"].delta(both[f"_their_{place}"], unit="day") > check.days
        for place in range(len(check.other_earlier))
    ]
    return Found(lambda table: row_key_of(table, asked.key), both.filter(*earlier).select(value="_row"))


def _follows(check: rk.Follows, asked: Asked) -> Found:
    """Rows whose predecessor under the same ``by`` has the value that should have ended."""
    own = asked.own.filter(asked.own[check.by].notnull(), asked.own[check.order].notnull())
    order = [own[check.order].asc(), *[own[name].asc() for name in asked.key]]
    window = ibis.window(group_by=own[check.by], order_by=order)
    asked_before = {"_before": check.before} | ({"_excuse": check.unless_in.own_item} if check.unless_in else {})
    rows = own.select(
        value=row_key_of(own, asked.key),
        **{name: own[item].lag().over(window) for name, item in asked_before.items()},
    )
    broken = rows.filter(rows["_before"] == check.never_after)
    if check.unless_in:
        there = asked.references[check.unless_in.resource].select(_held=check.unless_in.item)
        broken = broken.anti_join(there, broken["_excuse"] == there["_held"])
    return by_row(asked, broken)


def _agrees_with(check: rk.AgreesWith, asked: Asked) -> Found:
    """Rows whose value is none of those that the other resource has under the key, though it has one."""
    other = asked.references[check.resource]
    compared = [check.item, *([check.or_item] if check.or_item else [])]
    held = [other.select(_other=other[check.other_key or check.key], _held=other[name]) for name in compared]
    values = reduce(lambda one, more: one.union(more), held)
    values = values.filter(values["_other"].notnull(), values["_held"].notnull()).distinct()
    own = asked.own.select(_row=asked.row_key, _key=asked.own[check.key], _value=asked.own[asked.rule.item])
    own = own.filter(own["_key"].notnull(), own["_value"].notnull())
    keys = values.select(_known="_other").distinct()
    known = own.semi_join(keys, own["_key"] == keys["_known"])
    wrong = known.anti_join(values, [known["_key"] == values["_other"], known["_value"] == values["_held"]])
    return by_row(asked, wrong.select(value="_row"))


def _conditions(table: ir.Table, when: Mapping[str, str]) -> list[ir.BooleanValue]:
    return [table[name] == value for name, value in when.items()]


def _unique_item(check: rk.UniqueItem, asked: Asked) -> Found:
    """Values that several rows have, or that differ in one of the items."""
    names = [asked.rule.item, *check.together_with]
    own = asked.own.select(_value=_together(asked.own, names), **{name: name for name in check.differs_in})
    grouped = own.group_by(value="_value").agg(
        _rows=own.count(), **{f"_n{name}": own[name].nunique() for name in check.differs_in}
    )
    several = [grouped[f"_n{name}"] > 1 for name in check.differs_in] or [grouped["_rows"] > 1]
    return Found(lambda table: _together(table, names), grouped.filter(reduce(or_, several)).select("value"))


def _together(table: ir.Table, names: Sequence[str]) -> ir.Value:
    """Several items as one value; null where one is missing, since a missing value equals no other."""
    given = ibis.and_(*[table[name].notnull() for name in names])
    return ibis.ifelse(given, row_key_of(table, names), ibis.null("string"))


def _usual_with(check: rk.UsualWith, asked: Asked) -> Found:
    """Rows of a minority where more than half of the rows with the same given items have one other value."""
    rows = asked.own.select(_row=asked.row_key, _given=_together(asked.own, check.given), _value=asked.rule.item)
    rows = rows.filter(rows["_given"].notnull(), rows["_value"].notnull())
    counted = rows.group_by("_given", "_value").agg(_times=rows.count())
    whole = counted.group_by(_of="_given").agg(_most=counted["_times"].max(), _all=counted["_times"].sum())
    both = counted.inner_join(whole, counted["_given"] == whole["_of"])
    minority = both.filter(both["_times"] < both["_most"], both["_most"] * 2 > both["_all"])
    return by_row(asked, rows.semi_join(minority, ["_given", "_value"]).select(value="_row"))


def _within_city(check: sk.WithinCity, asked: Asked) -> Found | None:
    if check.resource is None:
        return None
    borders = asked.references[check.resource]
    city = borders.agg(_city=g.union_of(g.geometry(borders[check.item])))
    rows = asked.own.select(value=asked.row_key, _g=g.geometry(asked.own[asked.rule.item])).cross_join(city)
    return by_row(asked, rows.filter(~g.covered_by(rows["_g"], rows["_city"])))


def _inside_of(check: sk.InsideOf, asked: Asked) -> Found:
    return by_row(asked, _outside(check, asked))


def _coordinate_shift(check: sk.CoordinateShift, asked: Asked) -> Found:
    """Rows outside their polygon whose point falls inside it when it is read in another system."""
    outside = _outside(check, asked)
    rows = asked.own.select(_row=asked.row_key, _code=asked.own[check.key], _text=asked.own[asked.rule.item])
    rows = rows.semi_join(outside, rows["_row"] == outside["value"])
    rows = rows.select("_row", "_code", _c=g.centroid(g.geometry(rows["_text"])))
    rows = rows.select("_row", "_code", _x=g.longitude(rows["_c"]), _y=g.latitude(rows["_c"]))
    polygons = _polygons(check, asked)
    both = rows.inner_join(polygons, rows["_code"] == polygons["_there"])
    found = []
    for system in check.systems:
        read = both.mutate(_p=column_to_cgcs2000(both["_x"], both["_y"], system))
        inside = g.covered_by(g.point(read["_p"]["lng"], read["_p"]["lat"]), read["_polygon"])
        found.append(read.filter(inside).select(value="_row"))
    return by_row(asked, reduce(lambda one, other: one.union(other), found))


def _outside(check: sk.InsideOf, asked: Asked) -> ir.Table:
    """``value``: row keys whose geometry no polygon of its code covers, though there is one."""
    rows = asked.own.select(_row=asked.row_key, _code=asked.own[check.key], _g=g.geometry(asked.own[asked.rule.item]))
    polygons = _polygons(check, asked)
    both = rows.inner_join(polygons, rows["_code"] == polygons["_there"])
    judged = both.filter(both["_g"].notnull()).select("_row", _inside=g.covered_by(both["_g"], both["_polygon"]))
    by_row = judged.group_by(value="_row").agg(_any=judged["_inside"].any())
    return by_row.filter(~by_row["_any"]).select("value")


def _polygons(check: sk.InsideOf, asked: Asked) -> ir.Table:
    other = asked.references[check.resource]
    polygons = other.select(_there=other[check.other_key or check.key], _polygon=g.geometry(other[check.item]))
    if check.tolerance_m:
        wide = g.widened(polygons["_polygon"], check.tolerance_m / g.METRES_PER_DEGREE)
        polygons = polygons.select("_there", _polygon=wide)
    return polygons.filter(polygons["_polygon"].notnull())


def _no_overlap(check: sk.NoOverlap, asked: Asked) -> Found:
    rows = asked.own.select(row_key=asked.row_key, polygon=asked.own[asked.rule.item])
    return by_row(asked, overlapping(rows, tolerance_m2=check.tolerance_m2).select(value="row_key"))


LOOKUPS: dict[type, Callable[[Any, Asked], Found | None]] = {
    rk.InReference: _in_reference,
    rk.AbsentInReference: _absent_in_reference,
    rk.Cross: _cross,
    rk.Follows: _follows,
    rk.AgreesWith: _agrees_with,
    rk.UniqueItem: _unique_item,
    rk.UsualWith: _usual_with,
    lk.Steady: steady,
    lk.SamePlace: same_place,
    sk.WithinCity: _within_city,
    sk.InsideOf: _inside_of,
    sk.CoordinateShift: _coordinate_shift,
    sk.NoOverlap: _no_overlap,
}
