"""Which polygons overlap: every pair, over a million of them, without comparing each with each.

Each polygon is put into the cells of a grid that its rectangle touches; only polygons of one cell are compared. A pair
that shares several cells is compared in one: the cell of the lower left corner of what their rectangles share.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from quality import geometry as g

CELL = 0.002
"""Smallest width of a cell in degrees, about 200 m: most parcels of a city touch one to four."""


def overlapping(rows: ir.Table, *, tolerance_m2: float) -> ir.Table:
    """Row keys of the polygons that overlap another one by more than a tolerance, each once.

    Args:
        rows: ``row_key``, ``polygon`` (well-known text; invalid ones overlap nothing).
        tolerance_m2: square metres on the ellipsoid; neighbours share borders, and rounding makes them overlap a little.

    Returns:
        ``row_key``.
    """
    shapes = rows.select("row_key", _g=g.geometry(rows["polygon"]))
    boxes = shapes.select(
        "row_key",
        west=g.west(shapes["_g"]),
        south=g.south(shapes["_g"]),
        east=g.east(shapes["_g"]),
        north=g.north(shapes["_g"]),
    )
    boxes = boxes.filter(boxes["west"].notnull())
    # Counties need wider cells than parcels: as wide as a polygon is on average, each touches a few.
    side = ibis.greatest(boxes["east"] - boxes["west"], boxes["north"] - boxes["south"])
    boxes = boxes.mutate(cell=ibis.greatest(ibis.literal(CELL), side.mean().over(ibis.window())))
    ours, theirs = _in_cells(boxes, "_a"), _in_cells(boxes, "_b")
    pairs = ours.inner_join(
        theirs,
        [
            ours["_ax"] == theirs["_bx"],
            ours["_ay"] == theirs["_by"],
            ours["_arow_key"] < theirs["_brow_key"],
            ours["_awest"] < theirs["_beast"],
            theirs["_bwest"] < ours["_aeast"],
            ours["_asouth"] < theirs["_bnorth"],
            theirs["_bsouth"] < ours["_anorth"],
            _cell(ibis.greatest(ours["_awest"], theirs["_bwest"]), ours["_acell"]) == ours["_ax"],
            _cell(ibis.greatest(ours["_asouth"], theirs["_bsouth"]), ours["_acell"]) == ours["_ay"],
        ],
    ).select("_arow_key", "_brow_key")
    # The polygons themselves join at the end: a large one would be copied into each of its cells.
    one = rows.select(_one="row_key", _polygon="polygon")
    other = rows.select(_other="row_key", _with="polygon")
    both = pairs.inner_join(one, pairs["_arow_key"] == one["_one"])
    both = both.inner_join(other, both["_brow_key"] == other["_other"])
    shared = g.area_m2(g.intersection(g.geometry(both["_polygon"]), g.geometry(both["_with"])))
    broken = both.filter(shared > tolerance_m2)
    return broken.select(row_key="_arow_key").union(broken.select(row_key="_brow_key")).distinct()


def _in_cells(boxes: ir.Table, prefix: str) -> ir.Table:
    """Each box once for every cell that it touches, columns prefixed, ``x`` and ``y`` naming the cell."""
    wide = boxes.mutate(
        x=ibis.range(_cell(boxes["west"], boxes["cell"]), _cell(boxes["east"], boxes["cell"]) + 1).unnest()
    )
    both = wide.mutate(
        y=ibis.range(_cell(wide["south"], wide["cell"]), _cell(wide["north"], wide["cell"]) + 1).unnest()
    )
    return both.rename({f"{prefix}{name}": name for name in both.columns})


def _cell(degrees: ir.FloatingValue, width: ir.FloatingValue) -> ir.IntegerValue:
    return (degrees / width).floor().cast("int64")
