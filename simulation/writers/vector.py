"""The writer of a delivery with a geometry: GeoJSON, GeoPackage, or a ZIP of one shapefile for each group of rows."""

from __future__ import annotations

from pathlib import Path

from catalog.feed import Feed
from catalog.formats import Vector, Zip
from simulation.register import Habits, Writer
from simulation.writers.archive import ArchiveWriter
from simulation.writers.features import Features, features_of
from simulation.writers.geojson import GeoJsonWriter
from simulation.writers.geopackage import GeoPackageWriter
from simulation.writers.shapefile import ShapefileWriter


def open_vector(path: Path, feed: Feed, habits: Habits) -> Writer:
    """The writer for a feed whose form has a geometry.

    Raises:
        ValueError: another form, or a shapefile that is not in a ZIP.
    """
    form = feed.format
    if isinstance(form, Zip) and isinstance(form.content, Vector):
        content = form.content
        return ArchiveWriter(path, lambda member: _plain(member, content, features_of(feed, habits)), habits)
    if isinstance(form, Vector) and form.kind != "shapefile":
        return _plain(path, form, features_of(feed, habits))
    raise ValueError(f"{feed.id} is delivered in no form with a geometry that is written here")


def _plain(path: Path, form: Vector, features: Features) -> Writer:
    match form.kind:
        case "geojson":
            return GeoJsonWriter(path, features)
        case "geopackage":
            return GeoPackageWriter(path, features, form.layer or path.stem)
        case "shapefile":
            return ShapefileWriter(path, features, "UTF-8" if form.encoding == "auto" else form.encoding.upper())
