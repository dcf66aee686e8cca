"""How a file of features is to be read: its layer, the encoding of its attributes, the reference system it states itself."""

from __future__ import annotations

import re
from pathlib import Path

import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from catalog.formats import Vector
from ground.errors import RefusedData
from pipelines.intake.drafting.guess import Guess, Guessed

STATED = {"EPSG:4326": "wgs84", "OGC:CRS84": "wgs84", "EPSG:4490": "cgcs2000"}
ZONES = range(4513, 4555)
"""EPSG codes of the 3-degree zones of CGCS2000."""


def detect(path: Path, form: Vector) -> Guessed:
    """The options of a file of features whose kind is known.

    Raises:
        RefusedData: it cannot be opened.
    """
    try:
        layers = [str(name) for name, geometry in pyogrio.list_layers(path) if geometry is not None]
        info = pyogrio.read_info(path, layer=layers[0] if layers else None)
    except (DataSourceError, DataLayerError, ValueError) as fault:
        raise RefusedData(
            "无法作为空间要素打开。shapefile 须含 .shp、.shx、.dbf，请一并提供（或打成 ZIP）。",
            "It cannot be opened as features. A shapefile needs .shp, .shx and .dbf: give them all (or a ZIP).",
            where=path.name,
        ) from fault
    guesses = {}
    if len(layers) > 1:
        others = "、".join(layers[1:])
        guesses["layer"] = Guess(layers[0], f"第一个图层；另有 {others}", f"the first layer; there are also {others}")
        form = form.model_copy(update={"layer": layers[0]})
    return Guessed(form, guesses, _stated(path, form, str(info["crs"]) if info["crs"] else None))


def _stated(path: Path, form: Vector, crs: str | None) -> Guess | None:
    """The reference system, where the file itself states one that can be used; a format's default is no statement."""
    if form.kind == "geojson":
        start = path.read_bytes()[:4096].decode("utf-8", "replace")
        if re.search(r'"crs"\s*:', start) is None:
            return None
    if crs is None:
        return None
    zone = re.fullmatch(r"EPSG:(\d+)", crs)
    name = STATED.get(crs) or (crs if zone and int(zone[1]) in ZONES else None)
    if name is None:
        return None
    return Guess(name, f"文件写明 {crs}", f"the file states {crs}")
