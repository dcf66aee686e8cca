"""What the forms with a geometry share: attributes beside shapes, the shapes in the delivery's reference system."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from catalog.feed import Feed
from simulation.register import Habits
from simulation.writers.layout import Layout, layout_of
from standards.coordinates import CGCS2000, WGS84, from_cgcs2000, normal_crs

_SAME = (CGCS2000, WGS84)
_CODES = {CGCS2000: "EPSG:4490", WGS84: "EPSG:4326"}


@dataclass
class Features:
    """The columns of a feed with a geometry, and what was found out about them in the first block.

    Attributes:
        attributes: the columns but the geometry.
        crs: of the delivery, as in the feed.
        item: the column of the rows that holds the geometry.
    """

    attributes: Layout
    crs: str
    item: str
    _types: dict[str, pa.DataType] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """The EPSG code that the file names."""
        return _CODES.get(self.crs, self.crs)

    def table(self, rows: pd.DataFrame) -> pa.Table:
        """The attributes of rows: text, numbers where the habits say so; an empty text is null.

        Whether a number is whole is settled by the first rows, so that every block has the same types.
        """
        layout, columns = self.attributes, {}
        for heading, text in zip(layout.headings, layout.columns(rows), strict=True):
            given = pd.Series(text.to_pylist(), dtype=object).replace("", None)
            if heading in layout.numbers:
                whole = not given.dropna().str.contains(".", regex=False).any()
                kind = self._types.setdefault(heading, pa.int64() if whole else pa.float64())
                columns[heading] = pa.array(pd.to_numeric(given).to_numpy(), kind, from_pandas=True)
            else:
                columns[heading] = pa.array(given, pa.string(), from_pandas=True)
        return pa.table(columns)

    def shapes(self, rows: pd.DataFrame) -> npt.NDArray[Any]:
        """The geometries of rows in the reference system of the delivery, None where there is none."""
        import shapely  # compiled and heavy; only whoever draws needs it

        shapes: npt.NDArray[Any] = shapely.from_wkt(rows[self.item].replace("", None).to_numpy(dtype=object))
        if normal_crs(self.crs) in _SAME:
            return shapes
        moved: npt.NDArray[Any] = shapely.transform(
            shapes, lambda points: np.stack(from_cgcs2000(points[:, 0], points[:, 1], self.crs), axis=1)
        )
        return moved


def features_of(feed: Feed, habits: Habits) -> Features:
    """The columns of a feed.

    Raises:
        ValueError: a feed without a geometry column.
    """
    shape = feed.geometry
    if shape is None or shape.column is None:
        raise ValueError(f"{feed.id} delivers no geometry in a column")
    layout = layout_of(feed, habits)
    kept = [place for place, heading in enumerate(layout.headings) if heading != shape.column]
    attributes = Layout(
        tuple(layout.headings[place] for place in kept),
        tuple(layout.sources[place] for place in kept),
        layout.dates,
        layout.numbers,
    )
    return Features(attributes, normal_crs(shape.crs), shape.item)
