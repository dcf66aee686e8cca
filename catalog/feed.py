"""A feed (数据源): how one resource is delivered: where from, in which form, what it means, which column is which item."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from catalog.formats import Format, Json, Rows, Vector, Zip
from catalog.interfaces import HttpSource
from catalog.model import Identifier, Resource, refuse_repeated
from catalog.sources import Source, SqlSource, comes_in_parts
from ground.documents import Declared
from standards.coordinates import known_crs


class Breach(Declared):
    """What happens to a row that breaks the contract, and when the whole delivery is refused."""

    row: Literal["quarantine", "refuse_delivery"] = "quarantine"
    refuse_above: float = Field(default=0.5, gt=0, le=1)
    """Share of broken rows above which the delivery is refused whole."""
    refuse_gone_above: float = Field(default=0.5, gt=0, le=1)
    """Full deliveries: share of known keys missing above which it is taken for cut off and refused whole."""


class Mode(StrEnum):
    """What a delivery says about the rows it does not name."""

    FULL = "full"
    """The whole resource: a key that is missing is gone."""
    INCREMENT = "increment"
    """New and changed rows only."""
    CORRECTION = "correction"
    """Some keys put right, on any day."""
    TOMBSTONE = "tombstone"
    """These keys are gone, and why."""


class Geometry(Declared):
    """How the geometry of a resource is delivered: in which reference system, and in which columns.

    Either two columns of coordinates (points), or one column of well-known text or of points written ``114.33,30.71``;
    the formats that are made for features carry theirs in the column ``geometry``.
    """

    item: Identifier
    crs: str = Field(min_length=1)
    """``cgcs2000``, ``wgs84``, ``gcj02``, ``bd09``, or a 3-degree zone of CGCS2000 (``EPSG:4513`` to ``EPSG:4554``)."""
    longitude: str | None = None
    latitude: str | None = None
    column: str | None = None
    file_crs: Literal["checked", "ignored"] = "checked"
    """``ignored`` where the system that the file names for itself is known to be wrong; else a contradiction is refused."""

    @field_validator("crs")
    @classmethod
    def _known(cls, value: str) -> str:
        if not known_crs(value):
            raise ValueError(
                f"不认识坐标系 {value}，可用：cgcs2000、wgs84、gcj02、bd09、EPSG:4513 至 EPSG:4554；"
                f"unknown reference system {value}; known: cgcs2000, wgs84, gcj02, bd09, EPSG:4513 to EPSG:4554"
            )
        return value

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        pair = self.longitude is not None and self.latitude is not None
        if pair == (self.column is not None) or (self.longitude is None) != (self.latitude is None):
            raise ValueError(
                "geometry 须写 column，或同时写 longitude 与 latitude；"
                "geometry names either column, or both longitude and latitude"
            )
        return self


class Feed(Declared):
    """How one resource is delivered: where, in which format, what it means, which column is which item.

    ``resource`` is the id of a catalogued resource, or the whole entry, so that a stranger's file needs one document.
    ``columns`` maps delivered column to item; a delivered column that is not named is not taken (one number, one
    source at intake).
    """

    id: Identifier
    resource: Identifier | Resource
    source: Source
    format: Format
    mode: Mode = Mode.FULL
    columns: dict[str, Identifier] = Field(min_length=1)
    reason_column: str | None = None
    """Tombstones only: the column that says why the key is gone."""
    geometry: Geometry | None = None
    on_breach: Breach = Breach()

    @property
    def resource_id(self) -> str:
        """Id of the resource this feed delivers."""
        return self.resource if isinstance(self.resource, str) else self.resource.id

    @property
    def may_be_missing(self) -> frozenset[str]:
        """Delivered columns that a file may leave out: none of a declared feed, whose header is an agreement."""
        return frozenset()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        places = [] if self.geometry is None else [self.geometry.item]
        refuse_repeated("columns", [*self.columns.values(), *places])
        if isinstance(self.source, SqlSource) != isinstance(self.format, Rows):
            raise ValueError(
                "sql 来源的 format 为 rows，其他来源不能为 rows；a sql source goes with format rows, and no other source does"
            )
        if comes_in_parts(self.source) and isinstance(self.format, Zip):
            raise ValueError(
                "分成几份的来源（{part}、http）由系统自行归档，format 写每一份的格式，不写 zip；"
                "a source in parts ({part}, http) is archived by the hub: format says what one part is, not zip"
            )
        if isinstance(self.source, HttpSource):
            self._http_fits(self.source)
        if (self.mode is Mode.TOMBSTONE) != (self.reason_column is not None):
            raise ValueError(
                "tombstone 方式必须写 reason_column，其他方式不写；reason_column belongs to mode tombstone, and only there"
            )
        return self

    def _http_fits(self, source: HttpSource) -> None:
        paged = isinstance(self.format, Json) or (isinstance(self.format, Vector) and self.format.kind == "geojson")
        if source.paging is not None and not paged:
            raise ValueError(
                "分页的接口须为 json、jsonl 或 geojson；an interface with paging answers in json, jsonl or geojson"
            )
        if source.since is not None and self.mode is not Mode.INCREMENT:
            raise ValueError(
                "since 只取新的行，mode 须为 increment；since brings new rows only and goes with mode increment"
            )
