"""Functions of geometry as Ibis expressions over well-known text, for the engine with spatial functions.

`warehouse.duckdb_engine.DuckDbEngine.extend_spatial` provides them. A geometry is never a column of a result, a staged
table or a stored one: Ibis would carry it as bytes and DuckDB would not take it back. It lives inside one expression,
where its type does not matter; binary stands for it.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature
from typing import Any

import ibis
import ibis.expr.datatypes as dt

Function = Callable[..., Any]
_GEOMETRY = dt.binary
METRES_PER_DEGREE = 111_320.0
"""Of latitude, and of longitude at the equator; good to 0.5 % for tolerances, never used for areas."""


def _builtin(name: str, takes: tuple[dt.DataType, ...], gives: dt.DataType, *, aggregate: bool = False) -> Function:
    """A function that the engine has, by its name there."""

    def function(*_: Any) -> Any:
        raise NotImplementedError  # Ibis never calls it

    names = [f"argument_{number}" for number in range(len(takes))]
    function.__signature__ = Signature([Parameter(one, Parameter.POSITIONAL_OR_KEYWORD) for one in names])  # type: ignore[attr-defined]
    function.__name__ = name
    make = ibis.udf.agg.builtin if aggregate else ibis.udf.scalar.builtin
    made: Function = make(function, name=name, signature=(takes, gives))
    return made


parsed = _builtin("shuyuan_parsed", (dt.string,), _GEOMETRY)
"""The geometry of a text, null where it is none."""
geometry = _builtin("shuyuan_geometry", (dt.string,), _GEOMETRY)
"""The geometry of a text, null where it is none or an invalid one."""
is_valid = _builtin("ST_IsValid", (_GEOMETRY,), dt.boolean)
"""OGC validity."""
covered_by = _builtin("ST_CoveredBy", (_GEOMETRY, _GEOMETRY), dt.boolean)
"""Whether no point of the first lies outside the second; its border belongs to it."""
widened = _builtin("ST_Buffer", (_GEOMETRY, dt.float64), _GEOMETRY)
"""The geometry and everything within some degrees of it."""
area_m2 = _builtin("shuyuan_area_m2", (_GEOMETRY,), dt.float64)
"""Square metres on the ellipsoid."""
intersection = _builtin("ST_Intersection", (_GEOMETRY, _GEOMETRY), _GEOMETRY)
"""What both have in common."""
box = _builtin("shuyuan_box", (dt.float64, dt.float64, dt.float64, dt.float64), _GEOMETRY)
"""A rectangle of degrees."""
point = _builtin("ST_Point", (dt.float64, dt.float64), _GEOMETRY)
"""A point."""
centroid = _builtin("ST_Centroid", (_GEOMETRY,), _GEOMETRY)
"""The centre of gravity; of a point, itself."""
longitude = _builtin("ST_X", (_GEOMETRY,), dt.float64)
"""Longitude of a point in degrees."""
latitude = _builtin("ST_Y", (_GEOMETRY,), dt.float64)
"""Latitude of a point in degrees."""
west = _builtin("ST_XMin", (_GEOMETRY,), dt.float64)
"""Its westernmost longitude."""
east = _builtin("ST_XMax", (_GEOMETRY,), dt.float64)
"""Its easternmost longitude."""
south = _builtin("ST_YMin", (_GEOMETRY,), dt.float64)
"""Its southernmost latitude."""
north = _builtin("ST_YMax", (_GEOMETRY,), dt.float64)
"""Its northernmost latitude."""
union_of = _builtin("ST_Union_Agg", (_GEOMETRY,), _GEOMETRY, aggregate=True)
"""All of a column in one."""
