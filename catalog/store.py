"""The catalogue in the operational database: what the portal lists, and every version that was ever in force.

The YAML documents are the truth; these tables are their projection and are replaced whole when the digest changes. Days change one
thing that documents do not: which steward is in office.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from catalog.city import City
from catalog.projection import projection, steward_name
from catalog.tables import PROJECTED, catalogue_version, department, item, resource, source_register
from ground.errors import Unavailable
from policy.clock import legal_date
from warehouse.operational import OperationalDatabase


@dataclass(frozen=True)
class Version:
    """One version of the catalogue.

    Args:
        version: 1, 2, 3 … in the order of loading.
        digest: sha256 of its content.
        loaded_at: when it came into force.
    """

    version: int
    digest: str
    loaded_at: datetime


@dataclass(frozen=True)
class Loaded:
    """What a load did: the version now in force, and whether it is a new one."""

    version: Version
    changed: bool


@dataclass(frozen=True)
class ResourceRow:
    """One resource in a list."""

    id: str
    title: str
    department: str
    department_name: str
    sharing: str
    opening: str
    update_cycle: str


@dataclass(frozen=True)
class ItemRow:
    """One item of a resource, in the order of declaration."""

    id: str
    title: str
    type: str
    element: str | None
    required: bool
    is_key: bool


@dataclass(frozen=True)
class SourceRow:
    """One source of a library's item: its role (authority, corroborating, fallback) and what it calls the item."""

    role: str
    rank: int
    resource: str
    source_item: str
    department: str


class CatalogStore:
    """The catalogue's tables."""

    def __init__(self, db: OperationalDatabase) -> None:
        self._db = db

    def load(self, city: City, now: datetime) -> Loaded:
        """Bring a catalogue into force, in one transaction; the same digest as now in force makes no new version.

        Whose steward took or left office since is listed anew.

        Args:
            city: the catalogue, sound in itself.
            now: the moment, aware.

        Raises:
            Unavailable: another load was faster; nothing was changed, try again.
        """
        with self._db.begin() as connection:
            current = _latest(connection)
            if current is not None and current.digest == city.digest:
                _renew_stewards(connection, city, legal_date(now))
                return Loaded(current, changed=False)
            version = Version(current.version + 1 if current else 1, city.digest, now)
            _record(connection, version, city)
            _replace(connection, city, legal_date(now))
        return Loaded(version, changed=True)

    def resources(
        self, *, department_id: str | None = None, limit: int | None = None, offset: int = 0
    ) -> list[ResourceRow]:
        """Resources in the order of ids, those of one department if named."""
        query = (
            sa.select(
                resource.c.id,
                resource.c.title,
                resource.c.department,
                department.c.name.label("department_name"),
                resource.c.sharing,
                resource.c.opening,
                resource.c.update_cycle,
            )
            .join(department, department.c.id == resource.c.department)
            .order_by(resource.c.id)
            .limit(limit)
            .offset(offset)
        )
        if department_id is not None:
            query = query.where(resource.c.department == department_id)
        return [ResourceRow(**row) for row in self._rows(query)]

    def items(self, resource_id: str) -> list[ItemRow]:
        """Items of one resource, in the order of declaration; empty if there is no such resource."""
        query = (
            sa.select(
                item.c.id,
                item.c.title,
                item.c.type,
                item.c.element,
                item.c.required,
                item.c.key_position.is_not(None).label("is_key"),
            )
            .where(item.c.resource == resource_id)
            .order_by(item.c.position)
        )
        return [ItemRow(**row) for row in self._rows(query)]

    def sources_of(self, library: str, item_id: str) -> list[SourceRow]:
        """Sources of one item of a library: the authority, then who corroborates, then who fills gaps, in order."""
        query = (
            sa.select(
                source_register.c.role,
                source_register.c.rank,
                source_register.c.resource,
                source_register.c.source_item,
                resource.c.department,
            )
            .join(resource, resource.c.id == source_register.c.resource)
            .where(source_register.c.library == library, source_register.c.item == item_id)
            # The three roles happen to stand in the order of the alphabet.
            .order_by(source_register.c.role, source_register.c.rank)
        )
        return [SourceRow(**row) for row in self._rows(query)]

    def versions(self) -> list[Version]:
        """Every version that was ever in force, the newest first."""
        columns = (catalogue_version.c.version, catalogue_version.c.digest, catalogue_version.c.loaded_at)
        query = sa.select(*columns).order_by(catalogue_version.c.version.desc())
        return [Version(**row) for row in self._rows(query)]

    def documents(self, version: int) -> dict[str, Any] | None:
        """The whole catalogue as it was in one version; None if there is none with this number."""
        query = sa.select(catalogue_version.c.documents).where(catalogue_version.c.version == version)
        rows = self._rows(query)
        return dict(rows[0]["documents"]) if rows else None

    def _rows(self, query: sa.Select[Any]) -> list[dict[str, Any]]:
        with self._db.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]


def _latest(connection: Connection) -> Version | None:
    columns = (catalogue_version.c.version, catalogue_version.c.digest, catalogue_version.c.loaded_at)
    row = (
        connection.execute(sa.select(*columns).order_by(catalogue_version.c.version.desc()).limit(1)).mappings().first()
    )
    return Version(**row) if row else None


def _record(connection: Connection, version: Version, city: City) -> None:
    """The first of all writes: two loads at once meet here, and one is refused by the primary key."""
    try:
        connection.execute(
            sa.insert(catalogue_version).values(
                version=version.version, digest=version.digest, loaded_at=version.loaded_at, documents=city.content
            )
        )
    except IntegrityError as fault:
        raise Unavailable(
            "目录正被另一进程装载，本次未作更改，请稍后再试。",
            "Another process is loading the catalogue; nothing was changed, try again.",
        ) from fault


def _renew_stewards(connection: Connection, city: City, day: date) -> None:
    listed = {row.id: row.steward for row in connection.execute(sa.select(department.c.id, department.c.steward))}
    now = {one.id: steward_name(one, day) for one in city.departments}
    moved = [{"of": unit, "held": name} for unit, name in now.items() if unit in listed and listed[unit] != name]
    if moved:
        change = sa.update(department).where(department.c.id == sa.bindparam("of"))
        connection.execute(change.values(steward=sa.bindparam("held")), moved)


def _replace(connection: Connection, city: City, day: date) -> None:
    for table in reversed(PROJECTED):
        connection.execute(sa.delete(table))
    for table, rows in zip(PROJECTED, projection(city, day), strict=True):
        if rows:
            connection.execute(sa.insert(table), rows)
