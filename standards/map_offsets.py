"""GCJ-02 and BD-09: the two systems of Chinese web maps, as offsets of WGS-84, forth and back.

GCJ-02 moves every point of the mainland by up to 700 metres, BD-09 (Baidu) moves GCJ-02 once more. Both are plain formulas
without an inverse in closed form. The usual one-step inverse is wrong by metres; here the inverse is iterated until it
stands still. Outside `CHINA` nothing is moved. Arrays in, arrays out; degrees, longitude first; not a number stays so.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Degrees = npt.NDArray[np.float64]
Pair = tuple[Degrees, Degrees]

CHINA = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east and north edge of the area in which the offsets are applied, degrees."""

_SEMI_MAJOR = 6378245.0  # Krasovsky 1940, metres
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_BAIDU_WAVE = np.pi * 3000 / 180
_STANDS_STILL = 1e-12  # degrees: a ten-thousandth of a millimetre
_MOST_ROUNDS = 30  # the offset changes by less than 3 % of the way, so that four to eight rounds do


def gcj02_from_wgs84(lng: Degrees, lat: Degrees) -> Pair:
    """WGS-84 degrees to GCJ-02 degrees."""
    return _within_china(lng, lat, _to_gcj02(lng, lat))


def wgs84_from_gcj02(lng: Degrees, lat: Degrees) -> Pair:
    """GCJ-02 degrees to WGS-84 degrees, better than 1e-9 degrees."""
    return _original(lng, lat, _inverse(_to_gcj02, lng, lat))


def bd09_from_wgs84(lng: Degrees, lat: Degrees) -> Pair:
    """WGS-84 degrees to BD-09 degrees."""
    return _within_china(lng, lat, _to_bd09(*_to_gcj02(lng, lat)))


def wgs84_from_bd09(lng: Degrees, lat: Degrees) -> Pair:
    """BD-09 degrees to WGS-84 degrees, better than 1e-9 degrees."""
    return _original(lng, lat, _inverse(_to_gcj02, *_inverse(_to_bd09, lng, lat)))


def _to_gcj02(lng: Degrees, lat: Degrees) -> Pair:
    x, y = lng - 105.0, lat - 35.0
    # Metres north and east; the constants are those of every published implementation.
    waves = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + waves
    north += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + waves
    east += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0

    latitude = np.radians(lat)
    flattened = 1.0 - _ECCENTRICITY_SQUARED * np.sin(latitude) ** 2
    meridian_radius = _SEMI_MAJOR * (1.0 - _ECCENTRICITY_SQUARED) / (flattened * np.sqrt(flattened))
    parallel_radius = _SEMI_MAJOR / np.sqrt(flattened) * np.cos(latitude)
    return lng + np.degrees(east / parallel_radius), lat + np.degrees(north / meridian_radius)


def _to_bd09(lng: Degrees, lat: Degrees) -> Pair:
    distance = np.hypot(lng, lat) + 0.00002 * np.sin(lat * _BAIDU_WAVE)
    angle = np.arctan2(lat, lng) + 0.000003 * np.cos(lng * _BAIDU_WAVE)
    return distance * np.cos(angle) + 0.0065, distance * np.sin(angle) + 0.006


def _inverse(forward: Callable[[Degrees, Degrees], Pair], lng: Degrees, lat: Degrees) -> Pair:
    """Where ``forward`` started, by fixed-point iteration; meaningless for points far from the earth, which `_original` drops."""
    found_lng, found_lat = lng, lat
    for _ in range(_MOST_ROUNDS):
        there_lng, there_lat = forward(found_lng, found_lat)
        miss_lng, miss_lat = lng - there_lng, lat - there_lat
        found_lng, found_lat = found_lng + miss_lng, found_lat + miss_lat
        if not ((np.abs(miss_lng) > _STANDS_STILL) | (np.abs(miss_lat) > _STANDS_STILL)).any():
            break
    return found_lng, found_lat


def _inside(lng: Degrees, lat: Degrees) -> npt.NDArray[np.bool_]:
    west, south, east, north = CHINA
    return (lng >= west) & (lng <= east) & (lat >= south) & (lat <= north)


def _within_china(lng: Degrees, lat: Degrees, moved: Pair) -> Pair:
    inside = _inside(lng, lat)
    return np.where(inside, moved[0], lng), np.where(inside, moved[1], lat)


def _original(lng: Degrees, lat: Degrees, found: Pair) -> Pair:
    """The origin found, if the offset was applied there; else the point itself, which was never moved.

    Asked of the origin, not of the point: what is moved over the edge must come back.
    """
    inside = _inside(*found)
    return np.where(inside, found[0], lng), np.where(inside, found[1], lat)
