"""True areas: square metres on the ellipsoid of CGCS2000.

A cylindrical projection that keeps areas turns the ellipsoid into a plane on which the shoelace formula holds (J. P.
Snyder, Map Projections, 1987, equations 3-12 and 10-15). Sides count as straight there; for the sides of a parcel the
difference from a geodesic is less than a millionth of the area.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_SEMI_MAJOR = 6378137.0  # metres, GRS 80
_FLATTENING = 1 / 298.257222101
_ECCENTRICITY = np.sqrt(_FLATTENING * (2 - _FLATTENING))
DEGREE = np.pi / 180 * _SEMI_MAJOR
"""Metres of one degree of the equator; of a degree of longitude at a latitude, times its cosine."""


def areas(rings: Floats) -> Floats:
    """Square metres of rings, positive where they run counter-clockwise.

    Args:
        rings: shape (..., points, 2), degrees, longitude first; whether the last point repeats the first is the same.
    """
    sine = np.sin(np.radians(rings[..., 1]))
    wave = _ECCENTRICITY * sine
    height = (1 - _ECCENTRICITY**2) * (sine / (1 - wave**2) + np.arctanh(wave) / _ECCENTRICITY)
    # Measured from the first point, or the difference of large products would lose the small area.
    x = np.radians(rings[..., 0] - rings[..., :1, 0])
    y = height - height[..., :1]
    twice = np.sum(x * np.roll(y, -1, axis=-1) - np.roll(x, -1, axis=-1) * y, axis=-1)
    result: Floats = _SEMI_MAJOR**2 / 4 * twice
    return result
