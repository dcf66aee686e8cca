"""GeoJSON (RFC 7946), one feature a line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from simulation.numbers import Ints
from simulation.writers.features import Features
from simulation.writers.part_file import TextFile

_HEAD = '{"type": "FeatureCollection", "features": ['


class GeoJsonWriter:
    """Writes a collection of features in longitude and latitude; the coordinates as the rows have them."""

    def __init__(self, path: Path, features: Features) -> None:
        self._file = TextFile(path, "utf-8")
        self._features = features
        self._count = 0
        self._file.write(_HEAD)

    def append(self, rows: pd.DataFrame) -> Ints:
        """Write features; their numbers from 1."""
        numbers = np.arange(self._count + 1, self._count + len(rows) + 1)
        if len(rows):
            import shapely

            properties = self._features.table(rows).to_pandas().to_json(orient="records", lines=True, force_ascii=False)
            members = pd.Series(properties.splitlines(), dtype=object)
            shapes = pd.Series(shapely.to_geojson(self._features.shapes(rows)), dtype=object).fillna("null")
            lines = '{"type": "Feature", "properties": ' + members + ', "geometry": ' + shapes + "}"
            self._file.write(("," if self._count else "") + "\n" + ",\n".join(lines))
        self._count += len(rows)
        return numbers

    def close(self) -> list[Path]:
        """Finish the document."""
        self._file.write("\n]}\n")
        return [self._file.close()]
