"""An office with a few units over a bare database: for tests of projects, purchases, filings and gathering.

What was delivered is said by the test (`Office.came`), so that a gate is asked with every kind of evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from catalog.cases import store
from catalog.cases.model import Case
from catalog.cases.person import HUB, Part, Person
from catalog.cases.store import Change
from catalog.city import City
from catalog.departments import Department
from catalog.entries.states import ENTRY
from catalog.feed import Feed
from catalog.filings.service import FilingService
from catalog.gathered import Gathered
from catalog.model import Resource
from catalog.projects.service import ProjectService
from catalog.purchases.duplicates import search_in
from catalog.purchases.service import PurchaseService
from catalog.register import Register
from catalog.systems import InformationSystem
from policy.clock import SHANGHAI
from policy.profile import Profile, load_profile
from policy.profiles import Profiles, Version
from warehouse.operational import OperationalDatabase

NOW = datetime(2026, 11, 25, 10, tzinfo=SHANGHAI)
CITIES = ("wuhan", "lianyungang", "longyan", "chifeng", "haishu")

UNITS: list[dict[str, Any]] = [
    {"id": "gov", "name": "市人民政府", "kind": "peoples_government"},
    {"id": "bureau", "name": "市大数据局", "kind": "authority", "parent": "gov"},
    {"id": "centre", "name": "市大数据中心", "kind": "operator", "parent": "gov"},
    {"id": "ga", "name": "市公安局", "parent": "gov", "functions": ["public_security"]},
    {"id": "mz", "name": "市民政局", "parent": "gov", "functions": ["civil_affairs"]},
    {"id": "water", "name": "市水务集团", "kind": "public_enterprise", "parent": "gov"},
    {"id": "east", "name": "东区人民政府", "kind": "peoples_government", "level": "district", "parent": "gov"},
    {"id": "east_data", "name": "东区大数据局", "kind": "authority", "level": "district", "parent": "east"},
    {"id": "east_mz", "name": "东区民政局", "level": "district", "parent": "east"},
    {"id": "east_water", "name": "东区水厂", "kind": "public_enterprise", "level": "district", "parent": "east"},
    {"id": "east_ga", "name": "公安局东区分局", "level": "district", "parent": "ga", "vertical": True},
]
GA = Person("person:gao", Part.PROVIDER, "ga")
MZ = Person("person:min", Part.PROVIDER, "mz")
EAST_MZ = Person("person:dong", Part.PROVIDER, "east_mz")
BUREAU = Person("person:ju", Part.AUTHORITY, "bureau")
EAST = Person("person:east", Part.AUTHORITY, "east_data")
CENTRE = Person("person:centre", Part.OPERATOR, "centre")
ROOT = Person("person:root", Part.AUTHORITY)

OPEN: dict[str, Any] = {"class": "unconditional"}
NOT_SHARED: dict[str, Any] = {"class": "not", "reason": "法律规定不得提供", "legal_basis": "档案法第二十八条"}
ON_CONDITION: dict[str, Any] = {
    "class": "conditional",
    "reason": "含个人信息",
    "legal_basis": "个人信息保护法第三十四条",
}


def resource(name: str, department: str = "ga", **over: Any) -> Resource:
    """An entry of two items; a keyword replaces a field."""
    return Resource.model_validate(
        {
            "id": name, "title": name, "department": department, "system": "人口信息系统", "sharing": OPEN, "opening": OPEN,
            "update_cycle": "monthly", "key": ["no"], "items": [{"id": "no", "title": "编号"}, {"id": "name", "title": "姓名"}],
            **over,
        }
    )  # fmt: skip


def feed(name: str, of: str | None = None) -> Feed:
    """A feed that reads a CSV from the inbox."""
    return Feed.model_validate(
        {
            "id": name, "resource": of or name, "source": {"kind": "file", "path": f"{name}/{{period}}.csv"},
            "format": {"kind": "csv"}, "columns": {"编号": "no"},
        }
    )  # fmt: skip


def city_of(
    *resources: Resource,
    feeds: tuple[Feed, ...] = (),
    systems: tuple[dict[str, Any], ...] = (),
    register: Mapping[str, Any] | None = None,
) -> City:
    """A city of `UNITS`."""
    return City(
        departments=tuple(Department.model_validate(one) for one in UNITS),
        resources=resources,
        feeds=feeds,
        register=Register.model_validate(register or {"libraries": {}}),
        systems=tuple(InformationSystem.model_validate(one) for one in systems),
    )


def delivered(times: int = 1, *, late: bool = False, excused: str | None = None) -> Gathered:
    """Data that came this often, the last time on 20 November."""
    last = datetime(2026, 11, 20, 9, tzinfo=SHANGHAI)
    return Gathered(times, last, 100, date(2026, 11, 24) if late else date(2026, 12, 31), late, excused)


@dataclass
class Office:
    """Services over one database, under the rules of one city."""

    database: OperationalDatabase
    rules: str
    city: City = field(default_factory=city_of)
    came: dict[str, Gathered] = field(default_factory=dict)
    """Resource -> what came of it."""

    @property
    def profile(self) -> Profile:
        """The rules of the city."""
        return load_profile(self.rules)

    def _rules_for(self, name: str | None, now: datetime) -> Version:
        profiles = Profiles.standard()
        return profiles.version(name) if name else profiles.newest(self.rules)

    @cached_property
    def projects(self) -> ProjectService:
        """Projects."""
        return ProjectService(
            self.database, lambda: self.city, self._rules_for,
            lambda names, _: {name: self.came[name] for name in names if name in self.came},
        )  # fmt: skip

    @cached_property
    def purchases(self) -> PurchaseService:
        """Purchases."""
        return PurchaseService(
            self.database, lambda: self.city, self._rules_for, lambda wanted: search_in(self.city.resources, wanted)
        )

    @cached_property
    def filings(self) -> FilingService:
        """Filings about gathering."""
        return FilingService(self.database, lambda: self.city, self._rules_for)

    def entry(self, document: Resource, *events: str) -> Case:
        """An entry that lived through these events of its own life, from a draft on."""
        said = document.model_dump(mode="json", by_alias=True, exclude_unset=True)
        with self.database.writing() as connection:
            case = store.find(connection, ENTRY, document.id)
            for event in events:
                sets = {"published": said} if event == "published" else {}
                change = Change(case=case, event=event, by=HUB, now=NOW, sets=sets)
                if case is None:
                    change = replace(
                        change, id=document.id, title=document.title, department=document.department,
                        profile=self.profile.version, sets={"draft": said, "published": None},
                    )  # fmt: skip
                case = store.happen(connection, ENTRY, change)
        assert case is not None
        return case


DRAFT = ("drafted",)
SUBMITTED = ("drafted", "submitted")
PUBLISHED = ("drafted", "submitted", "reviewed", "published")
