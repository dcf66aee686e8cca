"""One record in clear, with what every source and every delivery says of the item in doubt: what helps to judge it.

Who may look, and that the look is logged before it is taken, is `pipelines.problems.viewing`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import ibis
import ibis.expr.types as ir

from catalog.city import City
from catalog.register import Library
from pipelines.fusion.shape import item_of
from pipelines.intake import contract
from quality.row_key import row_key_of
from warehouse.lake import LakeReader


@dataclass(frozen=True)
class SourceValue:
    """What one source says of the item: ``role`` is authority, corroborating or fallback."""

    resource: str
    department: str
    role: str
    value: str | None
    observed: datetime | None
    batch: str | None


@dataclass(frozen=True)
class Delivered:
    """What one delivery said of the item of this record."""

    batch: str
    value: str | None


@dataclass(frozen=True)
class RecordView:
    """One record with everything that helps to judge it; shown to whoever may, and logged.

    Attributes:
        resource: whose record it is.
        key: its key values, in clear.
        item: the item in doubt, None where the whole record is.
        values: the items of the record as they are published; empty where there is no record (any more).
        sources: the value of every source of the item, the authority first; empty where it is in no library.
        history: what each delivery said, the newest first.
    """

    resource: str
    key: str
    item: str | None
    values: dict[str, str | None]
    sources: list[SourceValue]
    history: list[Delivered]


class RecordReading:
    """Reads records at the snapshot of a reader.

    Args:
        reader: the lake.
        city: what is declared.
    """

    def __init__(self, reader: LakeReader, city: City) -> None:
        self._reader = reader
        self._city = city

    def record(self, resource_id: str, row_key: str, item: str | None, key_item: str | None) -> RecordView:
        """The record of ``resource_id`` that ``row_key`` names.

        Args:
            resource_id: whose record it is.
            row_key: its key, or the value of ``key_item``.
            item: the item in doubt; None where the whole record is.
            key_item: the item that the key is of, where that is not the resource's own key.
        """
        resource = self._city.resource(resource_id)
        table = standard(self._reader, resource.id)
        values: dict[str, str | None] = {}
        if table is not None:
            key = row_key_of(table, resource.key) if key_item is None else table[key_item].cast("string")
            texts = {name: table[name].cast("string") for name in resource.item_ids}
            rows = self._reader.engine.to_arrow(table.filter(key == row_key).select(**texts).limit(1)).to_pylist()
            values = rows[0] if rows else {}
        known = item if item in resource.item_ids else None
        return RecordView(
            resource.id, row_key, item, values,
            sources=[] if known is None else self._sources(resource.id, known, values, row_key),
            history=[] if known is None or not values else self._history(resource.id, known, values),
        )  # fmt: skip

    def _sources(self, resource: str, item: str, values: dict[str, str | None], row_key: str) -> list[SourceValue]:
        """The value of the item in every source of every library that takes it, for the same person or organisation."""
        found: list[SourceValue] = []
        for library in self._city.register.libraries.values():
            if resource not in library.key_in:
                continue
            key = values.get(library.key_in[resource]) or row_key
            for name, entry in library.items.items():
                if resource in [*entry.origins, *entry.corroborating] and item_of(resource, name, entry) == item:
                    found += self._of_library(library, name, key)
        return list(dict.fromkeys(found))

    def _of_library(self, library: Library, name: str, key: str) -> list[SourceValue]:
        entry = library.items[name]
        roles = [
            *[(one, "authority") for one in entry.authorities],
            *[(one, "corroborating") for one in entry.corroborating],
            *[(one, "fallback") for one in entry.origins if one not in entry.authorities],
        ]
        found = []
        for resource, role in dict(reversed(roles)).items():
            table = standard(self._reader, resource)
            if table is None:
                continue
            rows = table.filter(table[library.key_in[resource]].cast("string") == key).select(
                value=table[item_of(resource, name, entry)].cast("string"), observed="_observed", batch="_batch"
            )
            newest = rows.order_by(ibis.desc("observed")).limit(1)
            department = self._city.department_of(resource).name
            for row in self._reader.engine.to_arrow(newest).to_pylist():
                found.append(SourceValue(resource, department, role, row["value"], row["observed"], row["batch"]))
        order = {"authority": 0, "corroborating": 1, "fallback": 2}
        return sorted(found, key=lambda one: order[one.role])

    def _history(self, resource: str, item: str, values: dict[str, str | None]) -> list[Delivered]:
        """What each delivery said of the item under this key, the newest first; as delivered."""
        entry = self._city.resource(resource)
        found: list[Delivered] = []
        for name in self._reader.tables("raw"):
            if not self._is_feed_of(name, resource):
                continue
            table = self._reader.table(f"raw.{name}")
            if item not in table.columns:
                continue
            keys = contract.key_values(table, entry)
            mine = table.filter(*[keys[one].cast("string") == values[one] for one in entry.key])
            said = mine.select(batch="_batch", value=mine[item]).distinct()
            found += [Delivered(row["batch"], row["value"]) for row in self._reader.engine.to_arrow(said).to_pylist()]
        return sorted(found, key=lambda one: one.batch.partition("/")[2], reverse=True)

    def _is_feed_of(self, feed: str, resource: str) -> bool:
        return feed in {one.id for one in self._city.feeds_of(resource)} or (
            feed.startswith(resource) and feed.removeprefix(resource) in ("_form",)
        )


def standard(reader: LakeReader, resource: str) -> ir.Table | None:
    """The standard rows of a resource; None where there are none yet."""
    name = f"standard.{resource}"
    return reader.table(name) if reader.has(name) else None
