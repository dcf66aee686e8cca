"""Information systems (信息系统): where data come from, where they run, how they are protected.

Sources: unified network and cloud, migration of what exists (Wuhan 6, Haishu 8), protection grade before a system is
connected (Longyan 25), systems in use and services already offered are filed with the authority (Wuhan 34).
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from catalog.model import Identifier, refuse_repeated
from ground.documents import Declared

NO_SYSTEM = "无"
"""What an entry writes in ``system`` where no information system holds the data: they are uploaded by hand (Longyan 9)."""


class Hosting(StrEnum):
    """Where a system runs."""

    GOVERNMENT_CLOUD = "government_cloud"
    PLATFORM = "platform"
    """On the city's data platform itself."""
    OWN_ROOM = "own_room"
    """In a machine room or on servers of its own: to be migrated (Wuhan 6), not to be built anew (Haishu 8)."""
    COMMERCIAL_CLOUD = "commercial_cloud"
    SUPERIOR = "superior"
    """A system of a superior level: its data come back by return flow (回流; Longyan 9)."""


class Zone(StrEnum):
    """The network a system stands in."""

    EXTRANET = "extranet"
    """电子政务外网."""
    INTERNET = "internet"
    DEDICATED = "dedicated"
    """部门专网."""


class Migration(StrEnum):
    """How far the move to the unified infrastructure is."""

    DONE = "done"
    UNDER_WAY = "under_way"
    PLANNED = "planned"
    NOT_PLANNED = "not_planned"
    EXEMPT = "exempt"
    """Not to be moved, with the reason in ``migration_note``."""


class Protection(Declared):
    """Classified protection (网络安全等级保护, MLPS) as assessed."""

    grade: int = Field(ge=1, le=5)
    assessed_on: date
    expires_on: date
    """Last day on which the assessment counts."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.expires_on < self.assessed_on:
            raise ValueError("expires_on 早于 assessed_on；expires_on lies before assessed_on")
        return self


class InformationSystem(Declared):
    """One information system of one department."""

    id: Identifier
    name: str = Field(min_length=1)
    """信息系统名称, as catalogue entries name it."""
    department: Identifier
    hosting: Hosting
    network_zone: Zone = Zone.EXTRANET
    protection: Protection | None = None
    migration: Migration = Migration.DONE
    migrate_by: date | None = None
    migration_note: str | None = None
    tables: list[str] = Field(default_factory=list)
    """Its tables that hold data of the department's work: what the catalogue is to cover (Wuhan 10: all of it)."""
    services: list[str] = Field(default_factory=list)
    """Data services it offers to others already (已对外提供的服务; Wuhan 34)."""
    channels: list[str] = Field(default_factory=list)
    """Exchanges with other departments that do not go through the platform, to be moved there (Longyan 7)."""
    filed_on: date | None = None
    """When the system and its services were filed with the authority (报备; Wuhan 34)."""

    @model_validator(mode="after")
    def _exempt_for_a_reason(self) -> Self:
        if self.migration is Migration.EXEMPT and not self.migration_note:
            raise ValueError(
                "migration 为 exempt 时须写 migration_note（理由）；an exempt system states why in migration_note"
            )
        return self


class Systems(Declared):
    """The document ``systems.yaml``."""

    systems: list[InformationSystem] = Field(min_length=1)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        refuse_repeated("systems", [one.id for one in self.systems])
        refuse_repeated("systems.name", [f"{one.department}/{one.name}" for one in self.systems])
        return self
