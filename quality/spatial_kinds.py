"""Kinds of checks of geometry as declared data.

A geometry is well-known text, longitude before latitude, in CGCS2000. All but `geometry_valid` pass on a geometry that is
itself invalid, and on a row whose counterpart is not there or invalid: one error shall give one finding. Only the engine
with the spatial functions evaluates them (`quality.geometry`).
"""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from catalog.model import Identifier
from quality.check_kinds import CheckKind


class GeometryValid(CheckKind):
    """The geometry can be read and is valid (OGC Simple Features): rings closed and not crossing themselves."""

    kind: Literal["geometry_valid"]


class WithinCity(CheckKind):
    """The geometry lies inside the city: a box, or all polygons of a resource together."""

    kind: Literal["within_city"]
    bounds: tuple[float, float, float, float] | None = None
    """West, south, east, north in degrees."""
    resource: Identifier | None = None
    item: Identifier | None = None
    """The item of that resource that holds its polygons."""

    @model_validator(mode="after")
    def _one_city(self) -> Self:
        if (self.bounds is None) == (self.resource is None) or (self.resource is None) != (self.item is None):
            raise ValueError("须写 bounds，或 resource 与 item；write bounds, or resource and item")
        if self.bounds and not (self.bounds[0] < self.bounds[2] and self.bounds[1] < self.bounds[3]):
            raise ValueError("bounds 的次序是西、南、东、北；the order of bounds is west, south, east, north")
        return self

    def other_items(self) -> dict[str, set[str]]:
        """The resource with the city's polygons."""
        return {self.resource: {self.item}} if self.resource and self.item else {}


class InsideOf(CheckKind):
    """The geometry lies inside a polygon that another resource holds under the same code: a door inside its street.

    Passes where the other resource does not have the code.
    """

    kind: Literal["inside_of"]
    key: Identifier
    """The item of this resource with the code."""
    resource: Identifier
    item: Identifier
    """The item of the other resource with the polygon."""
    other_key: Identifier | None = None
    """The item of the other resource with the code; the same name if not given."""
    tolerance_m: float = Field(default=0, ge=0)
    """Metres by which it may stick out, such as the width of a survey line."""

    def own_items(self) -> set[str]:
        """The code."""
        return {self.key}

    def other_items(self) -> dict[str, set[str]]:
        """The resource with the polygons: the code and the polygon."""
        return {self.resource: {self.other_key or self.key, self.item}}


class NoOverlap(CheckKind):
    """The polygon overlaps no other of the resource by more than ``tolerance_m2`` square metres; both are findings."""

    kind: Literal["no_overlap"]
    tolerance_m2: float = Field(default=1, ge=0)
    across_rows: ClassVar[bool] = True


class AreaEquals(CheckKind):
    """The area that is written down equals that of the polygon on the ellipsoid, within a share of the latter."""

    kind: Literal["area_equals"]
    geometry: Identifier
    unit: Literal["m2", "mu", "hectare"] = "m2"
    tolerance: float = Field(default=0.01, ge=0, le=1)

    def own_items(self) -> set[str]:
        """The polygon."""
        return {self.geometry}


class CoordinateShift(InsideOf):
    """The point is not inside its polygon, but would be if its coordinates were of another system.

    Broken only then: it tells the department what went wrong, where `inside_of` says that something did.
    """

    kind: Literal["coordinate_shift"]  # type: ignore[assignment]
    systems: list[Literal["gcj02", "bd09"]] = Field(default=["gcj02", "bd09"], min_length=1)


SPATIAL = (GeometryValid, WithinCity, InsideOf, NoOverlap, AreaEquals)
"""Every kind here; `CoordinateShift` is an `InsideOf`."""
