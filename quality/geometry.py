"""Functions of geometry as Ibis expressions over well-known text, for the engine with spatial functions.

`warehouse.duckdb_engine.DuckDbEngine.extend_spatial` provides them. A geometry is never a column of a result, a staged
table or a stored one: Ibis would carry it as bytes and DuckDB would not take it back. It lives inside one expression,
where its type does not matter; binary stands for it.
"""

from __future__ import annotations

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

_GEOMETRY = dt.binary
METRES_PER_DEGREE = 111_320.0
"""Of latitude, and of longitude at the equator; good to 0.5 % for tolerances, never used for areas."""


@ibis.udf.scalar.builtin(name="shuyuan_parsed", signature=((dt.string,), _GEOMETRY))
def parsed(_text: ir.StringValue) -> ir.Value:
    """The geometry of a text, null where it is none."""


@ibis.udf.scalar.builtin(name="shuyuan_geometry", signature=((dt.string,), _GEOMETRY))
def geometry(_text: ir.StringValue) -> ir.Value:
    """The geometry of a text, null where it is none or an invalid one."""


@ibis.udf.scalar.builtin(name="ST_IsValid", signature=((_GEOMETRY,), dt.boolean))
def is_valid(_geometry: ir.Value) -> ir.Value:
    """OGC validity."""


@ibis.udf.scalar.builtin(name="ST_CoveredBy", signature=((_GEOMETRY, _GEOMETRY), dt.boolean))
def covered_by(_inner: ir.Value, _outer: ir.Value) -> ir.Value:
    """Whether no point of the first lies outside the second; its border belongs to it."""


@ibis.udf.scalar.builtin(name="ST_Buffer", signature=((_GEOMETRY, dt.float64), _GEOMETRY))
def widened(_geometry: ir.Value, _degrees: ir.Value) -> ir.Value:
    """The geometry and everything within some degrees of it."""


@ibis.udf.scalar.builtin(name="ST_Intersection", signature=((_GEOMETRY, _GEOMETRY), _GEOMETRY))
def intersection(_one: ir.Value, _other: ir.Value) -> ir.Value:
    """What both have in common."""


@ibis.udf.scalar.builtin(name="shuyuan_area_m2", signature=((_GEOMETRY,), dt.float64))
def area_m2(_geometry: ir.Value) -> ir.Value:
    """Square metres on the ellipsoid."""


@ibis.udf.scalar.builtin(name="shuyuan_box", signature=((dt.float64, dt.float64, dt.float64, dt.float64), _GEOMETRY))
def box(_west: ir.Value, _south: ir.Value, _east: ir.Value, _north: ir.Value) -> ir.Value:
    """A rectangle of degrees."""


@ibis.udf.scalar.builtin(name="ST_Point", signature=((dt.float64, dt.float64), _GEOMETRY))
def point(_longitude: ir.Value, _latitude: ir.Value) -> ir.Value:
    """A point."""


@ibis.udf.scalar.builtin(name="ST_Centroid", signature=((_GEOMETRY,), _GEOMETRY))
def centroid(_geometry: ir.Value) -> ir.Value:
    """The centre of gravity; of a point, itself."""


@ibis.udf.scalar.builtin(name="ST_X", signature=((_GEOMETRY,), dt.float64))
def longitude(_point: ir.Value) -> ir.Value:
    """Longitude of a point in degrees."""


@ibis.udf.scalar.builtin(name="ST_Y", signature=((_GEOMETRY,), dt.float64))
def latitude(_point: ir.Value) -> ir.Value:
    """Latitude of a point in degrees."""


@ibis.udf.scalar.builtin(name="ST_XMin", signature=((_GEOMETRY,), dt.float64))
def west(_geometry: ir.Value) -> ir.Value:
    """Its westernmost longitude."""


@ibis.udf.scalar.builtin(name="ST_XMax", signature=((_GEOMETRY,), dt.float64))
def east(_geometry: ir.Value) -> ir.Value:
    """Its easternmost longitude."""


@ibis.udf.scalar.builtin(name="ST_YMin", signature=((_GEOMETRY,), dt.float64))
def south(_geometry: ir.Value) -> ir.Value:
    """Its southernmost latitude."""


@ibis.udf.scalar.builtin(name="ST_YMax", signature=((_GEOMETRY,), dt.float64))
def north(_geometry: ir.Value) -> ir.Value:
    """Its northernmost latitude."""


@ibis.udf.agg.builtin(name="ST_Union_Agg", signature=((_GEOMETRY,), _GEOMETRY))
def union_of(_geometry: ir.Value) -> ir.Value:
    """All of a column in one."""
