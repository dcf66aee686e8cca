"""GeoPackage: one layer, no time of writing in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from simulation.numbers import Ints
from simulation.writers.arrow_layer import append_layer
from simulation.writers.features import Features
from simulation.writers.part_file import finish, part_of

_NO_TIME = "2026-01-01T00:00:00.000Z"
"""Stands in the file's table of contents as its last change."""


class GeoPackageWriter:
    """Writes polygons into one layer, block after block; without a spatial index, which few who take delivery use."""

    def __init__(self, path: Path, features: Features, layer: str) -> None:
        self._path, self._features, self._layer = path, features, layer
        # GDAL insists on the ending.
        part = part_of(path)
        self._part = part.with_name(part.name + ".gpkg")
        self._part.unlink(missing_ok=True)
        self._count = 0

    def append(self, rows: pd.DataFrame) -> Ints:
        """Write features; their numbers from 1."""
        import pyogrio

        if len(rows) or not self._count:
            pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _NO_TIME})
            try:
                append_layer(
                    self._part,
                    self._features,
                    rows,
                    driver="GPKG",
                    layer=self._layer,
                    layer_options={} if self._part.exists() else {"SPATIAL_INDEX": "NO"},
                )
            finally:
                pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
        numbers = np.arange(self._count + 1, self._count + len(rows) + 1)
        self._count += len(rows)
        return numbers

    def close(self) -> list[Path]:
        """Finish the file."""
        return [finish(self._part, self._path)]
