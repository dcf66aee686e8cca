"""Keeps the places of people and organisations up to date in the lake, within a build: ``base.<library>_place``.

One row per key and item of `Library.located` that holds an address. Only the keys that a build looked at are matched
again; all of them when a door, a building or a division changed, since any address may then mean another door.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from catalog.city import City
from catalog.register import BUILDING_ITEMS, DIVISION_ITEMS, DOOR_ITEMS, Library, PlaceSources
from pipelines.fusion.service import Built, base_name
from pipelines.places.match import PLACE_COLUMNS, match
from standards.divisions import titles
from warehouse.duckdb_engine import DuckDbEngine
from warehouse.lake import LakeWriter, empty


@dataclass(frozen=True)
class Located:
    """What a build did to the places of one library.

    Attributes:
        library: its id.
        mode: ``full`` or ``increment``.
        rows: addresses with a place row now.
        looked_up: addresses that were matched in this build.
        with_door: of all rows, those that have a door.
    """

    library: str
    mode: str
    rows: int
    looked_up: int
    with_door: int


def place_name(library: str) -> str:
    """Lake table of a library's places."""
    return f"base.{library}_place"


def place_tables(city: City) -> list[str]:
    """Every lake table that `Locator` writes."""
    return [place_name(name) for name, library in city.register.libraries.items() if library.located]


class Locator:
    """Matches addresses inside an open writer.

    Args:
        writer: the open lake.
        city: what is declared.
        since: the snapshot the places stand at; None to look at every key.
    """

    def __init__(self, writer: LakeWriter, city: City, since: int | None) -> None:
        self._writer = writer
        self._city = city
        self._since = since

    def run(self, built: Sequence[Built]) -> Iterator[Located]:
        """Bring the places of every library up to date that declares addresses, each as it is done.

        Args:
            built: what was done to each library in this build.

        Yields:
            A library for which nothing had to be done, and all while no doors were delivered, are left out.
        """
        sources = self._city.register.places
        if sources is None or not self._writer.has(base_name(sources.doors)):
            return
        done = {one.library: one for one in built}
        everything = self._since is None or self._moved(sources, done)
        for name, library in self._city.register.libraries.items():
            if library.located and name in done:
                located = self._one(library, done[name], sources, everything=everything)
                if located is not None:
                    yield located

    def _moved(self, sources: PlaceSources, done: Mapping[str, Built]) -> bool:
        """Whether a door, a building or a division changed since the places were last matched."""
        if any(done[name].mode != "unchanged" for name in (sources.doors, sources.buildings) if name in done):
            return True
        table = f"standard.{sources.divisions}"
        if not self._writer.has(table):
            return False
        changed = self._writer.changed_keys(table, self._since or 0, ["code"])
        return changed is None or self._count(changed) > 0

    def _one(self, library: Library, built: Built, sources: PlaceSources, *, everything: bool) -> Located | None:
        writer, table = self._writer, place_name(built.library)
        schema = place_schema(library)
        known = writer.has(table) and writer.table(table).schema() == schema
        keys = None if everything or not known else built.keys
        if keys is not None and self._count(keys) == 0:
            return None
        base = writer.table(base_name(built.library))
        looked_at = base if keys is None else base.semi_join(keys, library.key)
        with _kept(writer.engine) as kept:
            found = kept.stage(self._matched(library, looked_at, sources, kept))
            mode = "full" if keys is None else "increment"
            with writer.transaction(f"locate {built.library}", {"library": built.library, "mode": mode}):
                if keys is None:
                    writer.create(table, found)
                else:
                    writer.delete(table, keys.select(library.key), [library.key])
                    writer.append(table, found)
            looked_up = self._count(found)
        rows = writer.table(table)
        return Located(
            built.library, mode, writer.count(table), looked_up, self._count(rows.filter(rows["address_id"].notnull()))
        )

    def _matched(self, library: Library, rows: ir.Table, sources: PlaceSources, kept: _Kept) -> ir.Table:
        """The place rows of these base rows; an item at a time, so that each text is compared with its own kind."""
        asked = [
            rows.filter(rows[item].notnull()).select(
                key=ibis.literal(f"{item}|") + rows[library.key],
                address=rows[item],
                division=rows[one.division] if one.division else ibis.null("string"),
            )
            for item, one in library.located.items()
        ]
        found = match(
            ibis.union(*asked) if len(asked) > 1 else asked[0],
            self._library_rows(sources.doors, "address_id", DOOR_ITEMS),
            self._library_rows(sources.buildings, "building_id", BUILDING_ITEMS),
            self._divisions(sources),
            kept.stage,
            city=self._city_name(sources),
        )
        item = found["key"].re_extract("^[^|]*", 0)
        key = found["key"].substr(item.length() + 1)
        return found.select(**{library.key: key}, item=item, **{name: found[name] for name in PLACE_COLUMNS}).cast(
            dict(place_schema(library).items())
        )

    def _library_rows(self, name: str, key: str, items: Sequence[str]) -> ir.Table:
        library = self._city.library(name)
        if not self._writer.has(base_name(name)):
            return empty(ibis.schema({key: "string"} | dict.fromkeys(items, "string")))
        rows = self._writer.table(base_name(name))
        return rows.select(**{key: rows[library.key]}, **{item: rows[item] for item in items if item != key})

    def _divisions(self, sources: PlaceSources) -> ir.Table:
        table = f"standard.{sources.divisions}"
        if self._writer.has(table):
            return self._writer.table(table).select(*DIVISION_ITEMS)
        types = {one: "date" if one.startswith("valid_") else "string" for one in DIVISION_ITEMS}
        return empty(ibis.schema(types))

    def _city_name(self, sources: PlaceSources) -> str | None:
        """What the city of these doors is called; None where its code is not among the known divisions."""
        doors = self._writer.table(base_name(sources.doors))
        code = self._writer.engine.to_arrow(doors["division"].min().left(4)).column(0)[0].as_py()
        return titles().get(f"{code}00")

    def _count(self, table: ir.Table) -> int:
        return int(self._writer.engine.to_arrow(table.count()).column(0)[0].as_py())


def place_schema(library: Library) -> ibis.Schema:
    """Columns of a table of places: the library's key, the item with the address, and `match.PLACE_COLUMNS`."""
    columns = {library.key: "string", "item": "string"} | dict.fromkeys(PLACE_COLUMNS, "string")
    return ibis.schema(columns | {"old_name_until": "date"})


class _Kept:
    """Temporary tables of one matching, dropped together at its end: they are as large as the addresses."""

    def __init__(self, engine: DuckDbEngine) -> None:
        self._engine = engine
        self._tables: list[ir.Table] = []

    def stage(self, expr: ir.Table) -> ir.Table:
        """Evaluate a table and remember it."""
        self._tables.append(self._engine.stage(expr))
        return self._tables[-1]

    def drop(self) -> None:
        """Drop them all."""
        for table in self._tables:
            self._engine.drop(table)


@contextmanager
def _kept(engine: DuckDbEngine) -> Iterator[_Kept]:
    kept = _Kept(engine)
    try:
        yield kept
    finally:
        kept.drop()
