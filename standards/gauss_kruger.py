"""Gauss-Krueger zones of CGCS2000: degrees to metres and back by Krüger's series (GRS 80, to the fourth order of n).

Coefficients after C. F. F. Karney, Transverse Mercator with an accuracy of a few nanometers (2011), equations 35 and 36,
and for the latitude from the conformal latitude J. P. Snyder, Map Projections (1987), 3-5, in terms of n. Left out are parts
of a micrometre. Written here although pyproj knows the same: a PROJ context made in a worker thread of the engine ends the
process now and then. Arrays in, arrays out; longitude and easting first; not a number where the series does not reach.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_SEMI_MAJOR = 6378137.0  # metres
_FLATTENING = 1 / 298.257222101
_N = _FLATTENING / (2 - _FLATTENING)
_ECCENTRICITY = np.sqrt(_FLATTENING * (2 - _FLATTENING))
_RADIUS = _SEMI_MAJOR / (1 + _N) * (1 + _N**2 / 4 + _N**4 / 64)
"""Of the circle as long as a meridian, metres."""
_FURTHEST = 45.0
"""Degrees from the central meridian to which the series is used; a city's points lie within two."""

_FORWARD = (
    _N / 2 - 2 * _N**2 / 3 + 5 * _N**3 / 16 + 41 * _N**4 / 180,
    13 * _N**2 / 48 - 3 * _N**3 / 5 + 557 * _N**4 / 1440,
    61 * _N**3 / 240 - 103 * _N**4 / 140,
    49561 * _N**4 / 161280,
)
_BACKWARD = (
    _N / 2 - 2 * _N**2 / 3 + 37 * _N**3 / 96 - _N**4 / 360,
    _N**2 / 48 + _N**3 / 15 - 437 * _N**4 / 1440,
    17 * _N**3 / 480 - 37 * _N**4 / 840,
    4397 * _N**4 / 161280,
)
_FROM_CONFORMAL = (
    2 * _N - 2 * _N**2 / 3 - 2 * _N**3 + 116 * _N**4 / 45,
    7 * _N**2 / 3 - 8 * _N**3 / 5 - 227 * _N**4 / 45,
    56 * _N**3 / 15 - 136 * _N**4 / 35,
    4279 * _N**4 / 630,
)


def to_metres(lng: Array, lat: Array, *, meridian: float, false_easting: float) -> tuple[Array, Array]:
    """Easting and northing in metres of points in degrees.

    Args:
        lng: longitudes.
        lat: latitudes.
        meridian: longitude of the central meridian, degrees; its scale is 1.
        false_easting: easting of the central meridian, metres.
    """
    reached = (np.abs(lng - meridian) <= _FURTHEST) & (np.abs(lat) < 90)
    away = np.radians(np.where(reached, lng - meridian, np.nan))
    sine = np.sin(np.radians(np.where(reached, lat, np.nan)))
    conformal = np.sinh(np.arctanh(sine) - _ECCENTRICITY * np.arctanh(_ECCENTRICITY * sine))  # its tangent
    north = np.arctan2(conformal, np.cos(away))
    east = np.arctanh(np.sin(away) / np.hypot(1, conformal))
    more_north, more_east = _waves(_FORWARD, north, east)
    return false_easting + _RADIUS * (east + more_east), _RADIUS * (north + more_north)


def to_degrees(x: Array, y: Array, *, meridian: float, false_easting: float) -> tuple[Array, Array]:
    """Longitude and latitude in degrees of points in metres: the inverse of `to_metres`."""
    given_north, given_east = y / _RADIUS, (x - false_easting) / _RADIUS
    reached = (np.abs(given_north) < np.pi / 2) & (np.abs(given_east) < 1)
    given_north, given_east = np.where(reached, given_north, np.nan), np.where(reached, given_east, np.nan)
    less_north, less_east = _waves(_BACKWARD, given_north, given_east)
    north, east = given_north - less_north, given_east - less_east
    conformal = np.arcsin(np.sin(north) / np.cosh(east))
    lat = conformal.copy()
    for place, factor in enumerate(_FROM_CONFORMAL, start=1):
        lat += factor * np.sin(2 * place * conformal)
    return meridian + np.degrees(np.arctan2(np.sinh(east), np.cos(north))), np.degrees(lat)


def _waves(factors: Sequence[float], north: Array, east: Array) -> tuple[Array, Array]:
    more_north, more_east = np.zeros_like(north), np.zeros_like(east)
    for place, factor in enumerate(factors, start=1):
        more_north += factor * np.sin(2 * place * north) * np.cosh(2 * place * east)
        more_east += factor * np.cos(2 * place * north) * np.sinh(2 * place * east)
    return more_north, more_east
