"""Shapefiles: .shp, .shx, .dbf, .prj and .cpg, no day of writing in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from simulation.numbers import Ints
from simulation.writers.arrow_layer import append_layer
from simulation.writers.features import Features

_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_DAY = bytes((126, 1, 1))
"""Year since 1900, month and day in bytes 1 to 3 of a .dbf: the day of the last change (dBASE III)."""


class ShapefileWriter:
    """Writes the parts of one shapefile beside each other, block after block; they are delivered in a ZIP.

    Args:
        path: of the ``.shp``.
        features: the columns; names have at most ten characters (dBASE III).
        encoding: of the attributes.
    """

    def __init__(self, path: Path, features: Features, encoding: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._features, self._encoding = path, features, encoding
        for part in self._parts():
            part.unlink(missing_ok=True)
        self._count = 0

    def append(self, rows: pd.DataFrame) -> Ints:
        """Write features; their numbers from 1."""
        if len(rows) or not self._count:
            append_layer(self._path, self._features, rows, driver="ESRI Shapefile", encoding=self._encoding)
        numbers = np.arange(self._count + 1, self._count + len(rows) + 1)
        self._count += len(rows)
        return numbers

    def close(self) -> list[Path]:
        """Finish the parts."""
        with self._path.with_suffix(".dbf").open("r+b") as table:
            table.seek(1)
            table.write(_DAY)
        return [part for part in self._parts() if part.exists()]

    def _parts(self) -> list[Path]:
        return [self._path.with_suffix(suffix) for suffix in _PARTS]
