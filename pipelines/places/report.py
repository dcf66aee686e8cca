"""How well addresses are matched: rows per grade, and, in a simulated city, how often each grade is right.

A department's own city has no truth to hold the matches against; there the grades are all that can be said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from catalog.city import City
from pipelines.fusion.service import base_name
from pipelines.places.grades import GRADES
from pipelines.places.service import place_name
from quality.row_key import row_key_of
from warehouse.lake import LakeReader

TRUTH_COLUMNS = ("resource", "key", "form", "complete", "address_id", "building_id")
"""What is known of an address that was made up: the row it stands in, the form it is written in, and what it means."""


@dataclass(frozen=True)
class Rate:
    """Addresses of one kind against the truth.

    Attributes:
        kind: a form, or a grade.
        rows: addresses.
        right: those at the right door.
        wrong: those at another door.
        building_right: those that name a building at all, at the right one.
        buildings: those whose truth is a building.
    """

    kind: str
    rows: int
    right: int
    wrong: int
    building_right: int = 0
    buildings: int = 0

    @property
    def right_rate(self) -> float:
        """Share at the right door."""
        return self.right / self.rows if self.rows else 0.0

    @property
    def error_rate(self) -> float:
        """Share at a wrong door."""
        return self.wrong / self.rows if self.rows else 0.0

    def plus(self, other: Rate) -> Rate:
        """Both together, under this one's name."""
        names = ("rows", "right", "wrong", "building_right", "buildings")
        return Rate(self.kind, **{name: getattr(self, name) + getattr(other, name) for name in names})


@dataclass(frozen=True)
class AddressReport:
    """What can be said of the matches.

    Attributes:
        grades: (library, item, grade) -> addresses.
        forms: per form that is complete, then per form that is not; empty without a truth.
        by_grade: per grade, best first; empty without a truth.
        complete: all complete forms together; None without a truth.
    """

    grades: dict[tuple[str, str, str], int]
    forms: list[Rate] = field(default_factory=list)
    by_grade: list[Rate] = field(default_factory=list)
    complete: Rate | None = None


def address_report(reader: LakeReader, city: City, truth: pa.Table | None = None) -> AddressReport:
    """Count the matches in a lake, and hold them against a truth.

    Args:
        reader: the lake at the published snapshot.
        city: what is declared.
        truth: `TRUTH_COLUMNS`, one row per resource and key of the standard stage; None where there is none.
    """
    grades = dict(_grades(reader, city))
    if truth is None or truth.num_rows == 0:
        return AddressReport(grades)
    known = reader.engine.load("_address_truth", truth.select(list(TRUTH_COLUMNS)))
    parts = list(_compared(reader, city, known))
    if not parts:
        return AddressReport(grades)
    compared = reader.engine.stage(ibis.union(*parts) if len(parts) > 1 else parts[0], "_address_compared")
    forms = _rates(reader, compared, ["complete", "form"])
    order = {one.id: place for place, one in enumerate(GRADES)}
    by_grade = sorted((rate for _, rate in _rates(reader, compared, ["grade"])), key=lambda one: order[one.kind])
    complete = [rate for (whole, _), rate in forms if whole]
    return AddressReport(
        grades,
        [rate for (whole, _), rate in sorted(forms, key=lambda one: (not one[0][0], one[0][1]))],
        by_grade,
        reduce(Rate.plus, complete, Rate("complete", 0, 0, 0)) if complete else None,
    )


def _grades(reader: LakeReader, city: City) -> Iterator[tuple[tuple[str, str, str], int]]:
    order = {one.id: place for place, one in enumerate(GRADES)}
    for name, library in city.register.libraries.items():
        if library.located and reader.has(place_name(name)):
            places = reader.table(place_name(name))
            counts = reader.engine.to_arrow(places.group_by(["item", "grade"]).agg(rows=places.count())).to_pylist()
            for one in sorted(counts, key=lambda one: (one["item"], order[one["grade"]])):
                yield (name, one["item"], one["grade"]), one["rows"]


def _compared(reader: LakeReader, city: City, truth: ir.Table) -> Iterator[ir.Table]:
    """Per address of a library whose truth is known: form, grade, and the doors and buildings found and meant.

    A library shows one of several rows of a person; the truth belongs to the row whose address is shown.
    """
    for name, library in city.register.libraries.items():
        if not library.located or not reader.has(place_name(name)):
            continue
        base, places = reader.table(base_name(name)), reader.table(place_name(name))
        for item in library.located:
            for resource in library.items[item].origins:
                if not reader.has(f"standard.{resource}"):
                    continue
                rows = reader.table(f"standard.{resource}")
                column = library.items[item].from_item.get(resource, item)
                delivered = rows.select(
                    row_key=row_key_of(rows, city.resource(resource).key),
                    subject=library.key_in[resource],
                    written=column,
                )
                meant = truth.filter(truth["resource"] == resource).drop("resource")
                meant = delivered.join(meant, delivered["row_key"] == meant["key"])
                shown = base.select(_subject=library.key, _written=item)
                meant = meant.join(
                    shown, [meant["subject"] == shown["_subject"], meant["written"] == shown["_written"]]
                )
                found = places.filter(places["item"] == item).select(
                    "grade", _key=library.key, found_address="address_id", found_building="building_id"
                )
                yield (
                    meant.join(found, meant["subject"] == found["_key"])
                    .select("subject", "form", "complete", "grade", "address_id", "building_id", "found_address", "found_building")
                    .distinct()
                )  # fmt: skip


def _rates(reader: LakeReader, compared: ir.Table, by: Sequence[str]) -> list[tuple[tuple[object, ...], Rate]]:
    found, meant = compared["found_address"], compared["address_id"]
    building = compared["building_id"].nullif("")
    sums = compared.group_by(list(by)).agg(
        rows=compared.count(),
        right=(found == meant).fill_null(False).sum(),
        wrong=(found != meant).fill_null(False).sum(),
        building_right=(compared["found_building"] == building).fill_null(False).sum(),
        buildings=building.notnull().sum(),
    )
    rows = reader.engine.to_arrow(sums).to_pylist()
    numbers = ("rows", "right", "wrong", "building_right", "buildings")
    return [
        (tuple(one[name] for name in by), Rate(str(one[by[-1]]), **{name: int(one[name] or 0) for name in numbers}))
        for one in rows
    ]
