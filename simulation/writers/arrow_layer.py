"""Rows into a layer that GDAL writes, whole columns at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from simulation.writers.features import Features

_GEOMETRY = "geometry"


def append_layer(path: Path, features: Features, rows: pd.DataFrame, *, driver: str, **options: Any) -> None:
    """Append features to the layer of a file; the first call makes both.

    Args:
        path: of the file.
        features: its columns and reference system.
        rows: as the register has them.
        driver: of GDAL.
        options: further ones of `pyogrio.write_arrow`.
    """
    import pyogrio  # compiled and heavy; only whoever makes a city needs it
    import shapely

    table = features.table(rows)
    shapes = pa.array(shapely.to_wkb(features.shapes(rows)), pa.binary())
    # The field's mark says which column is the geometry (GeoArrow).
    mark = pa.field(_GEOMETRY, pa.binary(), metadata={"ARROW:extension:name": "geoarrow.wkb"})
    pyogrio.write_arrow(
        table.append_column(mark, shapes),
        str(path),
        driver=driver,
        geometry_name=_GEOMETRY,
        geometry_type="Polygon",
        crs=features.code,
        append=path.exists(),
        **options,
    )
