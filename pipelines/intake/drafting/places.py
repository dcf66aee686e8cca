"""Where rows say where they are: a geometry of features, a column of well-known text, or two columns of coordinates.

In which reference system they are cannot be told from numbers: the systems used in China differ by some hundred metres.
Only what the file states, or the person who drafts, counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import ibis.expr.types as ir

from pipelines.intake.drafting.columns import Column
from warehouse.duckdb_engine import DuckDbEngine

FEATURES = "geometry"
"""The column in which files of features carry theirs."""
LONGITUDES = ("lng", "lon", "long", "longitude", "经度", "东经", "x经度", "经度坐标")
LATITUDES = ("lat", "latitude", "纬度", "北纬", "y纬度", "纬度坐标")
Shape = Literal["point", "line", "polygon"]
_SHAPES: dict[str, Shape] = {
    "POINT": "point", "MULTIPOINT": "point", "LINESTRING": "line", "MULTILINESTRING": "line",
    "POLYGON": "polygon", "MULTIPOLYGON": "polygon",
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """How the place of a row is delivered.

    Attributes:
        columns: one column of well-known text, or longitude and latitude.
        shape: what the geometries are; the most frequent kind.
        mixed: whether there are other kinds.
    """

    columns: tuple[Column, ...]
    shape: Shape
    mixed: bool = False


def find(engine: DuckDbEngine, table: ir.Table, columns: Sequence[Column]) -> Place | None:
    """The place of the rows, if they have one: features and well-known text before coordinates."""
    for one in columns:
        kinds = _kinds(engine, table, one)
        if kinds:
            return Place((one,), _SHAPES[kinds[0]], len({_SHAPES[kind] for kind in kinds}) > 1)
    pair = _titled(columns, LONGITUDES), _titled(columns, LATITUDES)
    if pair[0] is not None and pair[1] is not None and pair[0].values and _degrees(engine, table, pair[0], pair[1]):
        return Place((pair[0], pair[1]), "point")
    return None


def _titled(columns: Sequence[Column], titles: Sequence[str]) -> Column | None:
    return next((one for one in columns if one.title.strip().lower() in titles), None)


def _kinds(engine: DuckDbEngine, table: ir.Table, one: Column) -> list[str]:
    """Kinds of geometry a column holds, most frequent first; none where it holds something else."""
    text = table[one.place].strip().nullif("")
    kind = text.re_extract(r"^(MULTI)?(POINT|LINESTRING|POLYGON) ?(Z|M|ZM)? ?\(", 0).re_extract(r"^[A-Z]+", 0)
    rows = table.select(kind=kind, there=text.notnull()).filter(lambda t: t["there"])
    counted = rows.group_by("kind").agg(n=rows.count()).order_by(lambda t: t["n"].desc())
    found = [row["kind"] for row in engine.to_arrow(counted.limit(10)).to_pylist()]
    return [] if "" in found[:1] or not found else [kind for kind in found if kind in _SHAPES]


def _degrees(engine: DuckDbEngine, table: ir.Table, longitude: Column, latitude: Column) -> bool:
    """Whether nearly all values are degrees (some of metres would be a projected system)."""
    x, y = (table[one.place].strip().try_cast("float64") for one in (longitude, latitude))
    inside = (x.between(-180, 180) & y.between(-90, 90)).cast("int8").mean()
    (share,) = engine.to_arrow(table.agg(share=inside))["share"].to_pylist()
    return share is not None and share > 0.9
