"""A delivered geometry as the standard stage holds it: well-known text in CGCS2000, or the reason why it cannot be.

Set-based: the engine hands over batches of text, shapely and numpy work on whole arrays. Only form is judged: a polygon that
crosses itself passes, and a rule finds it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from standards import coordinates

NOT_GEOMETRY = "not_geometry"
OUT_OF_RANGE = "out_of_range"
DECIMALS = 8
"""Of a degree: a millimetre."""
_FAULT = "!"
"""Stands before a reason, where no geometry could be made; no well-known text begins so."""
_TYPES = {
    "point": (shapely.GeometryType.POINT,),
    "line": (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING),
    "polygon": (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON),
}
_DEGREES = ((-180.0, 180.0), (-90.0, 90.0))
_NORTHINGS = (0.0, 6_700_000.0)
"""Metres from the equator to 60°N, beyond every point of the country."""
_HALF_ZONE = 350_000.0
"""Metres to both sides of a zone's meridian: its own 1.5 degrees, and the neighbours' that are delivered with it."""
_MIDDLE = 500_000.0
_NUMBERED = range(4513, 4534)
"""EPSG numbers of the zones with the zone's number before the easting."""

Texts = npt.NDArray[np.object_]
Shapes = npt.NDArray[np.object_]


def in_cgcs2000(text: ir.StringValue, crs: str, shape: str) -> ir.StringValue:
    """Well-known text in CGCS2000, longitude before latitude, rounded to `DECIMALS`; null for null.

    Args:
        text: well-known text as delivered, in the declared system; easting before northing.
        crs: the declared system (`standards.coordinates.normal_crs`).
        shape: ``point``, ``line`` or ``polygon``, as the contract says.

    Returns:
        The text; ``!not_geometry`` or ``!out_of_range`` where there can be none. See `value` and `fault`.
    """
    return _converter(coordinates.normal_crs(crs), shape)(text)


def value(converted: ir.StringValue) -> ir.StringValue:
    """The geometry of what `in_cgcs2000` gave, null where it is a fault."""
    return ibis.ifelse(converted.startswith(_FAULT), ibis.null("string"), converted)


def is_fault(converted: ir.StringValue, reason: str) -> ir.BooleanValue:
    """Whether `in_cgcs2000` found that reason."""
    return converted == _FAULT + reason


def convert(texts: Texts, crs: str, shape: str) -> Texts:
    """`in_cgcs2000` on an array; None where there is no text."""
    there = np.array([text is not None for text in texts], dtype=bool) if len(texts) else np.zeros(0, dtype=bool)
    shapes: Shapes = shapely.force_2d(shapely.from_wkt(texts, on_invalid="ignore"))
    fits = np.isin(shapely.get_type_id(shapes), _TYPES[shape]) & ~shapely.is_empty(shapes)
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    fits &= ~_of_any(~np.isfinite(points).all(axis=1), owner, len(shapes))
    shapes = _only(shapes, fits)
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    x, y = points[:, 0], points[:, 1]
    moved = np.column_stack(coordinates.to_cgcs2000(x, y, crs))
    inside = fits & ~_of_any(_outside(x, y, crs) | np.isnan(moved).any(axis=1), owner, len(shapes))
    moved[~inside[owner]] = 0.0
    shapes = shapely.set_coordinates(shapes, np.round(moved, DECIMALS))
    written: Texts = shapely.to_wkt(_only(shapes, inside), rounding_precision=DECIMALS)
    written = np.where(there & ~fits, _FAULT + NOT_GEOMETRY, written)
    return np.where(fits & ~inside, _FAULT + OUT_OF_RANGE, written)


def _only(shapes: Shapes, kept: npt.NDArray[np.bool_]) -> Shapes:
    chosen = shapes.copy()
    chosen[~kept] = None
    return chosen


def _of_any(marked: npt.NDArray[np.bool_], owner: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.bool_]:
    """Geometries of which any vertex is marked."""
    found = np.zeros(count, dtype=bool)
    found[owner[marked]] = True
    return found


def _outside(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], crs: str) -> npt.NDArray[np.bool_]:
    """Vertices outside the range of numbers that the system has: degrees, or metres of a zone and its neighbours.

    What it finds: axes in the wrong order, degrees given for metres, a missing or wrong zone number.
    """
    horizontal, vertical = _DEGREES
    if coordinates.is_projected(crs):
        number = int(crs.removeprefix("EPSG:"))
        zone = (number - _NUMBERED.start + 25) * 1_000_000.0 if number in _NUMBERED else 0.0
        middle = zone + _MIDDLE
        horizontal, vertical = (middle - _HALF_ZONE, middle + _HALF_ZONE), _NORTHINGS
    return (x < horizontal[0]) | (x > horizontal[1]) | (y < vertical[0]) | (y > vertical[1])


@cache
def _converter(crs: str, shape: str) -> Any:
    def convert_batch(texts: pa.ChunkedArray) -> pa.Array:
        return pa.array(convert(texts.to_numpy(zero_copy_only=False), crs, shape), pa.string())

    convert_batch.__name__ = f"{shape}_in_cgcs2000_from_{crs.replace(':', '_').lower()}"
    return ibis.udf.scalar.pyarrow(convert_batch, signature=(("string",), "string"))
