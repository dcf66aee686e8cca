"""Reference systems of coordinates: everything becomes CGCS2000 (EPSG:4490), the legal system of the country.

Known: CGCS2000; WGS-84, taken as equal to it (they differ by decimetres, less than a city's points are right); GCJ-02 and
BD-09 of web maps; and the 3-degree Gauss-Krueger zones of CGCS2000, EPSG:4513 to 4533 with the zone number in front of the
easting and EPSG:4534 to 4554 without. Any other is refused: a wrong guess moves a point by hundreds of metres.

Order is always longitude then latitude, easting then northing. Geographic coordinates are degrees, projected ones metres.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal, overload

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ground.errors import UserError
from standards import gauss_kruger, map_offsets
from standards.map_offsets import Degrees, Pair

CGCS2000 = "cgcs2000"
WGS84 = "wgs84"
GCJ02 = "gcj02"
BD09 = "bd09"
SRID = 4490
"""EPSG number of CGCS2000 longitude and latitude."""
ZONES = tuple(f"EPSG:{number}" for number in range(4513, 4555))
"""The 3-degree zones: number 25 (75°E) to 45 (135°E), with and without the zone number in the easting."""

_SPELLINGS = {
    "cgcs2000": CGCS2000,
    "epsg4490": CGCS2000,
    "4490": CGCS2000,
    "gcscgcs2000": CGCS2000,
    "gcschinageodeticcoordinatesystem2000": CGCS2000,
    "chinageodeticcoordinatesystem2000": CGCS2000,
    "2000国家大地坐标系": CGCS2000,
    "国家2000": CGCS2000,
    "wgs84": WGS84,
    "wgs1984": WGS84,
    "gcswgs1984": WGS84,
    "epsg4326": WGS84,
    "4326": WGS84,
    "crs84": WGS84,
    "ogccrs84": WGS84,
    "gcj02": GCJ02,
    "gcj02ll": GCJ02,
    "火星坐标系": GCJ02,
    "国测局坐标系": GCJ02,
    "bd09": BD09,
    "bd09ll": BD09,
    "百度坐标系": BD09,
}
_NOT_SPELLING = re.compile(r"[\s_:./()（）°-]+")
_URN = re.compile(
    r"^(?:urnogcdefcrs|httpwwwopengisnetdefcrs|httpswwwopengisnetdefcrs)(epsg|ogc)(?:[0-9]{1,2})?(crs84|[0-9]{4})$"
)
_ZONE = re.compile(r"^cgcs20003degree(?:gk|gausskruger)(?:zone(?P<zone>[0-9]{2})|cm(?P<meridian>[0-9]{2,3})e)$")


def normal_crs(name: str) -> str:
    """The name under which a reference system is known here.

    Args:
        name: in any usual spelling: ``WGS-84``, ``GCJ02``, ``EPSG:4490``, ``urn:ogc:def:crs:OGC:1.3:CRS84``,
            ``CGCS2000_3_Degree_GK_Zone_35``.

    Returns:
        ``cgcs2000``, ``wgs84``, ``gcj02``, ``bd09`` or one of `ZONES`.

    Raises:
        UserError: a system that is not known.
    """
    found = _normal(name)
    if found is None:
        raise UserError(
            f"不认识坐标系 {name}。可用：{CGCS2000}、{WGS84}、{GCJ02}、{BD09}、EPSG:4513 至 EPSG:4554（CGCS2000 三度带）。请向提供单位核实数据的坐标系。",
            f"Unknown reference system {name}. Known: {CGCS2000}, {WGS84}, {GCJ02}, {BD09}, EPSG:4513 to EPSG:4554 (3-degree zones of CGCS2000). Ask the provider which system the data are in.",
            where=f"crs {name}",
        )
    return found


def known_crs(name: str) -> bool:
    """Whether `normal_crs` knows the system."""
    return _normal(name) is not None


def is_projected(crs: str) -> bool:
    """Whether coordinates of the system are metres (easting, northing), not degrees; errors as `normal_crs`."""
    return normal_crs(crs) in ZONES


@overload
def to_cgcs2000(lng_or_x: float, lat_or_y: float, crs: str) -> tuple[float, float]: ...
@overload
def to_cgcs2000(lng_or_x: npt.ArrayLike, lat_or_y: npt.ArrayLike, crs: str) -> Pair: ...
def to_cgcs2000(lng_or_x: npt.ArrayLike, lat_or_y: npt.ArrayLike, crs: str) -> Pair | tuple[float, float]:
    """Longitude and latitude in CGCS2000 of points given in another system.

    Args:
        lng_or_x: longitudes in degrees or eastings in metres; one number or an array.
        lat_or_y: latitudes or northings, as many.
        crs: the system they are in, in any spelling of `normal_crs`.

    Returns:
        Degrees: two numbers for two numbers, else two arrays. Not a number where the input is none or no place on earth.

    Raises:
        UserError: an unknown system.
    """
    return _apply(lng_or_x, lat_or_y, normal_crs(crs), "to")


@overload
def from_cgcs2000(lng: float, lat: float, crs: str) -> tuple[float, float]: ...
@overload
def from_cgcs2000(lng: npt.ArrayLike, lat: npt.ArrayLike, crs: str) -> Pair: ...
def from_cgcs2000(lng: npt.ArrayLike, lat: npt.ArrayLike, crs: str) -> Pair | tuple[float, float]:
    """The inverse of `to_cgcs2000`: degrees in CGCS2000 to coordinates of another system."""
    return _apply(lng, lat, normal_crs(crs), "from")


def column_to_cgcs2000(lng_or_x: ir.NumericValue, lat_or_y: ir.NumericValue, crs: str) -> ir.StructValue:
    """`to_cgcs2000` inside the engine: a struct of ``lng`` and ``lat``, null where either coordinate is null.

    A vectorised function on Arrow batches, not an expression: the iteration of the inverse would double the expression
    each round. The engine hands over whole batches; no row is touched by Python.
    """
    return _in_engine(normal_crs(crs), "to")(lng_or_x.cast("float64"), lat_or_y.cast("float64"))


def column_from_cgcs2000(lng: ir.NumericValue, lat: ir.NumericValue, crs: str) -> ir.StructValue:
    """`from_cgcs2000` inside the engine, as `column_to_cgcs2000`."""
    return _in_engine(normal_crs(crs), "from")(lng.cast("float64"), lat.cast("float64"))


Direction = Literal["to", "from"]
_OFFSETS = {
    (GCJ02, "to"): map_offsets.wgs84_from_gcj02,
    (GCJ02, "from"): map_offsets.gcj02_from_wgs84,
    (BD09, "to"): map_offsets.wgs84_from_bd09,
    (BD09, "from"): map_offsets.bd09_from_wgs84,
}


def _apply(x: npt.ArrayLike, y: npt.ArrayLike, crs: str, direction: Direction) -> Pair | tuple[float, float]:
    xs, ys = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    found = _converted(xs, ys, crs, direction)
    return found if xs.ndim or ys.ndim else (float(found[0]), float(found[1]))


def _converted(x: Degrees, y: Degrees, crs: str, direction: Direction) -> Pair:
    with np.errstate(invalid="ignore", over="ignore"):
        if crs in ZONES:
            convert = gauss_kruger.to_degrees if direction == "to" else gauss_kruger.to_metres
            moved = convert(x, y, **_zone(crs))
        elif crs in (GCJ02, BD09):
            moved = _OFFSETS[crs, direction](x, y)
        else:
            moved = x, y
    real = np.isfinite(x) & np.isfinite(y) & np.isfinite(moved[0]) & np.isfinite(moved[1])
    return np.where(real, moved[0], np.nan), np.where(real, moved[1], np.nan)


def _zone(crs: str) -> dict[str, float]:
    """Central meridian and false easting of one of `ZONES`."""
    place = ZONES.index(crs)
    zone = 25 + place % 21
    return {"meridian": zone * 3.0, "false_easting": 500_000.0 + (zone * 1e6 if place < 21 else 0.0)}


@cache
def _in_engine(crs: str, direction: Direction) -> ir.Value:
    def convert(x: pa.ChunkedArray, y: pa.ChunkedArray) -> pa.Array:
        moved = _converted(_numbers(x), _numbers(y), crs, direction)
        columns = [pa.array(one, mask=np.isnan(one)) for one in moved]
        return pa.StructArray.from_arrays(columns, names=["lng", "lat"])

    convert.__name__ = f"{direction}_cgcs2000_{crs.replace(':', '_').lower()}"
    number = dt.float64
    return ibis.udf.scalar.pyarrow(convert, signature=((number, number), dt.Struct({"lng": number, "lat": number})))


def _numbers(values: pa.ChunkedArray) -> Degrees:
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)


def _normal(name: str) -> str | None:
    plain = _NOT_SPELLING.sub("", name).lower()
    if urn := _URN.match(plain):
        plain = urn[2] if urn[1] == "ogc" else f"epsg{urn[2]}"
    if plain in _SPELLINGS:
        return _SPELLINGS[plain]
    if zone := _ZONE.match(plain):
        plain = _zone_number(zone["zone"], zone["meridian"])
    code = f"EPSG:{plain.removeprefix('epsg')}"
    return code if code in ZONES else None


def _zone_number(zone: str | None, meridian: str | None) -> str:
    if zone is not None:
        return str(int(zone) - 25 + 4513) if 25 <= int(zone) <= 45 else ""
    degrees = int(meridian or 0)
    return str((degrees - 75) // 3 + 4534) if degrees % 3 == 0 and 75 <= degrees <= 135 else ""
