"""Parcels: the land of a street in pieces that neither overlap nor leave a gap.

The core of a street is cut into parcels of door lots on both sides of each road and the ground of the road itself; around
it lie fields, woods and water up to the border. Neighbours share their corners, so that they touch and nothing else. One
in so many surrounds a pond (a polygon with a hole), and one in so many lies on both sides of its road (two parts).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.numbers import Ints
from simulation.places.area import areas
from simulation.places.doors import ROAD_EDGES, on_ground
from simulation.places.streets import LOTS, Streets
from simulation.places.tessellation import DECIMALS, PIECES, Floats

LOT, ROAD, OPEN, POND = "lot", "road", "open", "pond"
"""What a parcel is: building land, the ground of a road, open land, water within open land."""
_POND_EVERY = 5
_POND_SIZE = 0.2
_BOTH_SIDES_EVERY, _BOTH_SIDES_AT = 4, 1


def parcels_of(streets: Streets, street: int) -> pd.DataFrame:
    """All parcels of one street.

    Returns:
        ``kind`` (`LOT`, `ROAD`, `OPEN`, `POND`), ``road`` (-1 for open land), ``along`` (place along the road, from the
        west, or around the core), ``side`` (0 south, 1 north, 2 both), ``shape`` (shapely, degrees, CGCS2000) and ``area``
        (square metres). A lot's eastern neighbour is the next row, where there is one on the same side.
    """
    corners = _corners(streets, street)
    parts = [_lots(corners), _roads(corners), _open_land(streets, street, corners)]
    return pd.concat(parts, ignore_index=True)


def _corners(streets: Streets, street: int) -> Floats:
    """Corners of the parcels of the core: road, line across its band (4), place along the road, 2."""
    road = np.arange(streets.roads[street])
    along = np.arange(streets.parcels[street] + 1) * LOTS
    across = np.array([0, *ROAD_EDGES, 1.0])
    grid = np.broadcast_arrays(road[:, None, None], across[:, None], along.astype(np.float64))
    return on_ground(streets, np.full(grid[0].shape, street), *grid).round(DECIMALS)


def _lots(corners: Floats) -> pd.DataFrame:
    import shapely  # compiled and heavy; only whoever draws needs it

    roads, _, lines, _ = corners.shape
    south, north = corners[:, (0, 2)], corners[:, (1, 3)]
    ring = np.stack([south[:, :, :-1], south[:, :, 1:], north[:, :, 1:], north[:, :, :-1]], axis=3)
    road, side, along = (one.ravel() for one in np.indices((roads, 2, lines - 1)))
    shape = shapely.polygons(ring)
    table = _table(LOT, road, along, side, shape.ravel(), areas(ring).ravel())
    both = (road % _BOTH_SIDES_EVERY == _BOTH_SIDES_AT) & (along == 0)
    southern = np.flatnonzero(both & (side == 0))
    northern = np.flatnonzero(both & (side == 1))
    pairs = np.stack([table["shape"].to_numpy()[southern], table["shape"].to_numpy()[northern]], axis=-1)
    table.loc[southern, "shape"] = shapely.multipolygons(pairs)
    table.loc[southern, "area"] += table["area"].to_numpy()[northern]
    table.loc[southern, "side"] = 2
    return table.drop(index=pd.Index(northern))


def _roads(corners: Floats) -> pd.DataFrame:
    import shapely

    ring = np.concatenate([corners[:, 1], corners[:, 2, ::-1]], axis=1)
    road = np.arange(len(ring))
    return _table(ROAD, road, np.zeros_like(road), np.full_like(road, 2), shapely.polygons(ring), areas(ring))


def _open_land(streets: Streets, street: int, corners: Floats) -> pd.DataFrame:
    """From each of the four sides of the core to the border, in as many pieces as the border has."""
    import shapely

    up = np.concatenate([corners[:, :3].reshape(-1, corners.shape[2], 2), corners[-1:, 3]])
    sides = [corners[0, 0], up[:, -1], corners[-1, 3, ::-1], up[::-1, 0]]
    shapes: list[Any] = []
    size: list[float] = []
    kinds: list[str] = []
    for side, inner in enumerate(sides):
        outer = streets.borders[street, side]
        cuts = np.round(np.arange(PIECES + 1) * (len(inner) - 1) / PIECES).astype(np.int64)
        for piece in range(PIECES):
            ring = np.concatenate([outer[piece : piece + 2], inner[cuts[piece] : cuts[piece + 1] + 1][::-1]])
            area = float(areas(ring))
            holes: list[Floats] = []
            if side == 0 and piece == 1 and street % _POND_EVERY == 0:
                quarter = np.stack([outer[piece], outer[piece + 1], inner[cuts[piece + 1]], inner[cuts[piece]]])
                middle = quarter.mean(axis=0)
                pond = (middle + (quarter - middle) * _POND_SIZE).round(DECIMALS)
                holes = [pond[::-1]]
                shapes, size, kinds = [*shapes, shapely.Polygon(pond)], [*size, float(areas(pond))], [*kinds, POND]
                area -= size[-1]
            shapes, size, kinds = [*shapes, shapely.Polygon(ring, holes)], [*size, area], [*kinds, OPEN]
    around = np.arange(len(shapes))
    return _table(np.array(kinds), np.full_like(around, -1), around, np.full_like(around, 2), shapes, np.array(size))


def _table(kind: Any, road: Ints, along: Ints, side: Ints, shape: Any, area: npt.NDArray[np.float64]) -> pd.DataFrame:
    table = pd.DataFrame({"kind": kind, "road": road, "along": along, "side": side})
    table["shape"] = np.asarray(shape, dtype=object)
    table["area"] = area
    return table
