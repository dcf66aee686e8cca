"""Reads features: GeoJSON, shapefile, GeoPackage. Attributes become text, geometries well-known text as delivered.

GDAL reads, in batches of Arrow; which driver it uses is ours to say, since some of them fetch what a file names.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
import pyogrio.errors
import shapely

from catalog.feed import Feed
from catalog.formats import Vector
from ground.errors import RefusedData
from pipelines.intake import decoding, file_crs, shapefile
from pipelines.intake.as_text import can_be_text, texts
from pipelines.intake.decoding import Encoding
from pipelines.intake.staged import Staged, check_header, header_name, needed, not_taken, taken
from warehouse.duckdb_engine import DuckDbEngine

ROWS_AT_ONCE = 65_536
GEOMETRY = "geometry"
"""The column that a feature's geometry is delivered in."""
DRIVERS = {"geojson": ("GeoJSON",), "shapefile": ("ESRI Shapefile",), "geopackage": ("GPKG",)}
_BYTES = "ISO-8859-1"
"""Keeps every byte of a shapefile's attributes apart, so that it is decoded here, and a cut character is seen."""
_GEOJSON = {
    "DATE_AS_STRING": "YES", "ARRAY_AS_STRING": "YES",
    "FLATTEN_NESTED_ATTRIBUTES": "YES", "NESTED_ATTRIBUTE_SEPARATOR": ".",
}  # fmt: skip
_SEPARATOR = "\x1e"
_WAL = 2
_CRS_MEMBER = re.compile(rb'"crs"\s*:\s*\{')
_FAULTS = (
    pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError, pyogrio.errors.FieldError,
    shapely.errors.ShapelyError, pa.ArrowException, OSError, RuntimeError,
)  # fmt: skip


@dataclass(frozen=True)
class _Source:
    """A file that GDAL may open: with which options, what its names and attributes are encoded in, what it says of itself."""

    path: Path
    options: dict[str, Any]
    encoding: Encoding | None
    says_crs: bool


def read(engine: DuckDbEngine, path: Path, feed: Feed, form: Vector, spill: Path, *, where: str) -> Staged:
    """Stage the features of a delivered file; ``_row`` is the number of the feature.

    Args:
        engine: where the staged table is made.
        path: the landed bytes: the file, a ZIP of a shapefile's parts, or a ``.shp`` with its parts beside it.
        feed: the feed, for its column mapping and reference system.
        form: the declared form.
        spill: folder for unpacked parts, deleted afterwards.
        where: the file, for messages.

    Raises:
        RefusedData: empty, another format, incomplete, no such layer, without the columns that the feed maps, or in another
            reference system than the declared one.
    """
    decoding.refuse_empty(path, where)
    spill.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=spill) as folder, warnings.catch_warnings():
        # GDAL warns of oddities that lose nothing; what loses something is refused before, or fails.
        warnings.simplefilter("ignore", RuntimeWarning)
        source = _source(path, form, Path(folder), where)
        try:
            return _staged(engine, source, path, feed, form, where)
        except _FAULTS as fault:
            raise _unreadable(form, where) from fault


def _staged(engine: DuckDbEngine, source: _Source, path: Path, feed: Feed, form: Vector, where: str) -> Staged:
    layer = _layer(source, form, where)
    info = pyogrio.read_info(source.path, layer=layer, **source.options)
    if info["driver"] not in DRIVERS[form.kind]:
        raise _unreadable(form, where)
    notes = [source.encoding.note()] if source.encoding else []
    notes.append(file_crs.check(feed, info["crs"] if source.says_crs else None, where=where))
    raw = {header_name(_restored(name, source)): name for name in info["fields"]}
    header = [*raw, GEOMETRY]
    check_header(feed, header, where=where, header_row=1)
    chosen = [name for name in needed(feed) if name != GEOMETRY]
    schema = pa.schema(
        [*((f"c{number}", pa.string()) for number in range(len(chosen))), (GEOMETRY, pa.string()), ("_row", pa.int64())]
    )
    with _opened(source, layer, [raw[name] for name in chosen]) as (names, batches):
        rows = _rows(batches, [raw[name] for name in chosen], names, source, schema)
        table = engine.load_stream(f"_features_{path.parent.name}", schema, rows)
    named = ("", "") if form.kind == "shapefile" else (f"图层：{layer}，", f"layer {layer}, ")
    notes.append(
        (
            f"{named[0]}{info['features']} 个要素，{info['geometry_type']}；属性：{'、'.join(raw)}",
            f"{named[1]}{info['features']} features, {info['geometry_type']}; attributes: {', '.join(raw)}",
        )
    )
    columns = {name: f"c{number}" for number, name in enumerate(chosen)} | {GEOMETRY: GEOMETRY}
    return Staged(taken(feed, table, columns), [], not_taken(feed, header), notes)


def _source(path: Path, form: Vector, folder: Path, where: str) -> _Source:
    with path.open("rb") as stream:
        start = stream.read(4096)
    match form.kind:
        case "shapefile":
            shape = path
            if start.startswith(b"PK"):
                shape = shapefile.unpack(path, folder, form.layer, where=where)
            parts = shapefile.beside(shape)
            shapefile.refuse_incomplete(parts, where=where)
            encoding = shapefile.attribute_encoding(parts, form.encoding)
            return _Source(parts[".shp"], {"encoding": _BYTES}, encoding, ".prj" in parts)
        case "geojson":
            if not start.removeprefix(decoding.BOM).lstrip().startswith(b"{"):
                raise _unreadable(form, where)
            encoding = decoding.choose(path, "auto")
            if encoding.name != "utf-8":
                # RFC 7946 section 11 (RFC 8259): it is always UTF-8, and GDAL takes it for that.
                raise decoding.other_encoding(path, "utf-8", encoding.name, ("内容", "content"), where)
            return _Source(path, _GEOJSON, encoding, _names_crs(path))
        case "geopackage":
            if not start.startswith(b"SQLite format 3\0"):
                raise _unreadable(form, where)
            if start[18] == _WAL:
                # Opening it would write files beside it.
                path = Path(shutil.copyfile(path, folder / "copy.gpkg"))
            return _Source(path, {}, None, True)


def _layer(source: _Source, form: Vector, where: str) -> str:
    """The one layer to read."""
    layers = [str(name) for name in pyogrio.list_layers(source.path)[:, 0]]
    if form.kind == "shapefile" or (form.layer is None and len(layers) == 1):
        return layers[0]
    if form.layer in layers:
        return str(form.layer)
    asked = "没有写明 format.layer" if form.layer is None else f"没有图层 {form.layer}"
    asked_en = "format.layer names none" if form.layer is None else f"there is no layer {form.layer}"
    raise RefusedData(
        f"{asked}，文件中的图层有：{'、'.join(layers)}。请用 format.layer 写明。整个文件未采用，原件已保留。",
        f"{asked_en}; the file has: {', '.join(layers)}. Name one in format.layer. The file was not taken; its bytes are kept.",
        where=where,
    )


@contextmanager
def _opened(source: _Source, layer: str, columns: list[str]) -> Iterator[tuple[str, Iterator[pa.RecordBatch]]]:
    """The batches of a layer and the name of their geometry column."""
    opened = pyogrio.raw.open_arrow(
        source.path, layer=layer, columns=columns, batch_size=ROWS_AT_ONCE, use_pyarrow=True, **source.options
    )
    with opened as (meta, reader):
        yield str(meta["geometry_name"] or "wkb_geometry"), reader


def _rows(
    batches: Iterator[pa.RecordBatch], chosen: list[str], geometry: str, source: _Source, schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    above = 0
    for batch in batches:
        columns = [_decoded(_text(batch.column(name)), source) for name in chosen]
        shapes = shapely.from_wkb(batch.column(geometry).to_numpy(zero_copy_only=False))
        # GEOS writes fifteen digits: to a micrometre what was delivered.
        written = pa.array(shapely.to_wkt(shapes, rounding_precision=-1), pa.string())
        numbers = pa.array(np.arange(above + 1, above + len(batch) + 1, dtype=np.int64))
        yield pa.record_batch([*columns, written, numbers], schema=schema)
        above += len(batch)


def _text(column: pa.Array) -> pa.Array:
    kind = column.storage.type if isinstance(column, pa.ExtensionArray) else column.type
    return texts(column) if can_be_text(kind) else pa.nulls(len(column), pa.string())


def _decoded(column: pa.Array, source: _Source) -> pa.Array:
    """Attributes of a shapefile from their bytes; a character that was cut in two becomes U+FFFD."""
    if source.encoding is None or source.options.get("encoding") != _BYTES:
        return column
    values = pc.fill_null(column, "").to_pylist()
    whole = _restored(_SEPARATOR.join(values), source).split(_SEPARATOR)
    if len(whole) != len(values):
        whole = [_restored(value, source) for value in values]
    return pc.if_else(pc.is_null(column), pa.scalar(None, pa.string()), pa.array(whole, pa.string()))


def _restored(text: str, source: _Source) -> str:
    if source.encoding is None or source.options.get("encoding") != _BYTES:
        return text
    name = "gb18030" if source.encoding.name == "gbk" else source.encoding.name
    return text.encode("latin-1", "replace").decode(name, "replace")


def _names_crs(path: Path) -> bool:
    """Whether a GeoJSON names its system: the member was dropped by RFC 7946, and GDAL reports WGS-84 without it."""
    rest = b""
    with path.open("rb") as stream:
        while chunk := stream.read(decoding.CHUNK):
            if _CRS_MEMBER.search(rest + chunk):
                return True
            rest = chunk[-64:]
    return False


def _unreadable(form: Vector, where: str) -> RefusedData:
    names = {"geojson": "GeoJSON", "shapefile": "shapefile", "geopackage": "GeoPackage"}
    return RefusedData(
        f"文件不是可读的 {names[form.kind]}（格式不符、不完整或已损坏）。请核对 format.kind，或重新导出后送达。整个文件未采用，原件已保留。",
        f"The file is no readable {names[form.kind]} (another format, incomplete or damaged). Check format.kind, or export it "
        "again. The file was not taken; its bytes are kept.",
        where=where,
    )
