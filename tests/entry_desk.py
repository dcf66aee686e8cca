"""A city of few units over a bare database and a bare folder: for tests of the life of entries and lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zlib import crc32

import yaml

from catalog.cases import store
from catalog.cases.model import Case, Happening
from catalog.cases.person import Part, Person
from catalog.city import City
from catalog.departments import Department
from catalog.documents import load_city
from catalog.entries.content import text_of
from catalog.entries.desk import EntryOffice
from catalog.entries.files import Shelf
from catalog.entries.journal import settle
from catalog.entries.rules import EntryRules, RuleVersions
from catalog.entries.service import EntryService
from catalog.entries.states import ENTRY
from catalog.model import Resource
from catalog.organisation import Organisation
from policy.calendar import WorkingCalendar
from policy.clock import SHANGHAI
from policy.profile import load_profile
from warehouse.operational import OperationalDatabase

NOW = datetime(2026, 11, 25, 10, tzinfo=SHANGHAI)
"""A Wednesday; three working days end with Monday, 30 November."""
CALENDAR = WorkingCalendar.standard()

UNITS: list[dict[str, Any]] = [
    {"id": "gov", "name": "市人民政府", "kind": "peoples_government"},
    {"id": "bureau", "name": "市大数据局", "kind": "authority", "parent": "gov"},
    {"id": "centre", "name": "市大数据中心", "kind": "operator", "parent": "gov"},
    {"id": "ga", "name": "市公安局", "parent": "gov"},
    {"id": "mz", "name": "市民政局", "parent": "gov"},
    {"id": "water", "name": "市水务集团", "kind": "public_enterprise", "parent": "gov"},
    {"id": "court", "name": "市中级法院", "kind": "by_reference", "parent": "gov"},
    {"id": "east", "name": "东区人民政府", "kind": "peoples_government", "level": "district", "parent": "gov"},
    {"id": "east_data", "name": "东区大数据局", "kind": "authority", "level": "district", "parent": "east"},
    {"id": "east_mz", "name": "东区民政局", "level": "district", "parent": "east"},
    {"id": "west", "name": "西区人民政府", "kind": "peoples_government", "level": "district", "parent": "gov"},
    {"id": "west_data", "name": "西区大数据局", "kind": "authority", "level": "district", "parent": "west"},
    {"id": "east_ga", "name": "公安局东区分局", "level": "district", "parent": "ga", "vertical": True},
]
ORGANISATION = Organisation(Department.model_validate(one) for one in UNITS)

GA = Person("person:gao", Part.PROVIDER, "ga")
MZ = Person("person:min", Part.PROVIDER, "mz")
WATER = Person("person:shui", Part.PROVIDER, "water")
EAST_MZ = Person("person:dong", Part.PROVIDER, "east_mz")
EAST_GA = Person("person:fen", Part.PROVIDER, "east_ga")
BUREAU = Person("person:ju", Part.AUTHORITY, "bureau")
EAST = Person("person:east", Part.AUTHORITY, "east_data")
WEST = Person("person:west", Part.AUTHORITY, "west_data")
ROOT = Person("person:root", Part.AUTHORITY)
CENTRE = Person("person:centre", Part.OPERATOR, "centre")

PLAIN: dict[str, Any] = {
    "title": "户籍登记", "department": "ga", "system": "人口信息系统", "code": "1001001001/000001", "category": "基础/人口",
    "abstract": "全市户籍人口登记信息", "storage_format": "database", "provision_mode": "file", "share_until": "长期",
    "sharing": {"class": "unconditional"}, "opening": {"class": "unconditional"}, "update_cycle": "monthly",
    "key": ["citizen_id"],
    "items": [{"id": "citizen_id", "title": "公民身份号码"}, {"id": "name", "title": "姓名"}],
}  # fmt: skip
NOT_SHARED = {"class": "not", "reason": "法律规定不得提供", "legal_basis": "档案法第二十八条"}
CONDITIONAL = {
    "class": "conditional", "reason": "含个人信息", "legal_basis": "个人信息保护法第三十四条", "condition": "按履职需要",
}  # fmt: skip


def code(name: str) -> str:
    """A code that no entry of another name has."""
    return f"1001001001/{crc32(name.encode()) % 1_000_000:06d}"


def resource(name: str = "ga_household", **over: Any) -> Resource:
    """A complete entry; a keyword replaces a field, None takes it out."""
    said = {"id": name, **PLAIN, "code": PLAIN["code"] if name == "ga_household" else code(name), **over}
    return Resource.model_validate({field: value for field, value in said.items() if value is not None})


def rules(city: str) -> EntryRules:
    """The rules of a city as they are shipped."""
    profile = load_profile(city)
    return EntryRules(profile.version, profile)


@dataclass
class Desk:
    """A service over a folder, and ways to look at what it did."""

    database: OperationalDatabase
    directory: Path
    service: EntryService

    def case(self, name: str = "ga_household") -> Case:
        """Where an entry stands."""
        with self.database.begin() as connection:
            return store.get(connection, ENTRY, name)

    def trail(self, name: str = "ga_household") -> list[Happening]:
        """What happened to it."""
        with self.database.begin() as connection:
            return store.events(connection, ENTRY.kind, name)

    def events(self, name: str = "ga_household") -> list[str]:
        """Names of what happened to it."""
        return [one.event for one in self.trail(name)]

    def city(self) -> City:
        """The city's folder, read as the hub reads it."""
        settle(self.directory, self.database)
        return load_city(self.directory)

    def file(self, name: str = "ga_household") -> Path:
        """Where the document of an entry stands."""
        return self.directory / "resources" / f"{name}.yaml"

    def write(self, document: Resource) -> None:
        """An engineer's hand."""
        said = document.model_dump(mode="json", by_alias=True, exclude_unset=True)
        self.file(document.id).write_text(text_of(said), encoding="utf-8")


def make_desk(database: OperationalDatabase, home: Path, city: str = "wuhan", **more: Any) -> Desk:
    """A desk under the rules of a city; ``more`` replaces parts of its office."""
    directory = home / "city"
    (directory / "resources").mkdir(parents=True, exist_ok=True)
    (directory / "feeds").mkdir(exist_ok=True)
    text = yaml.safe_dump({"departments": [dict(one) for one in UNITS]}, allow_unicode=True)
    (directory / "departments.yaml").write_text(text, encoding="utf-8")
    parts: Mapping[str, Any] = {
        "database": database,
        "organisation": ORGANISATION,
        "rules": RuleVersions.fixed(rules(city)),
        "calendar": CALENDAR,
        "shelf": Shelf(directory, load_city),
        **more,
    }
    return Desk(database, directory, EntryService(EntryOffice(**parts)))
