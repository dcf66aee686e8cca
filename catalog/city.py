"""The whole catalogue of one city in memory, sound in itself, and how its parts are found.

It is built by `catalog.documents.load_city`; nothing here reads files or a database.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from catalog import forms
from catalog.collectors import LawfulCollectors
from catalog.departments import Department
from catalog.feed import Feed
from catalog.model import Resource
from catalog.norms import Norms
from catalog.organisation import Organisation
from catalog.problems import Problem, choices
from catalog.register import Library, Register
from catalog.systems import InformationSystem
from ground.documents import Declared
from ground.errors import UserError

T = TypeVar("T")


@dataclass(frozen=True)
class City:
    """Departments, systems, resources, feeds and the register of sources, each in the order of its id.

    A resource that a feed declares inline stands among ``resources`` like any other. ``systems`` is empty where a city keeps
    no register of them.
    """

    departments: tuple[Department, ...]
    resources: tuple[Resource, ...]
    feeds: tuple[Feed, ...]
    register: Register
    systems: tuple[InformationSystem, ...] = ()
    norms: Norms = field(default_factory=Norms.standard, compare=False)
    collectors: LawfulCollectors = field(default_factory=LawfulCollectors.standard, compare=False)
    warnings: Callable[[], Iterable[Problem]] = field(default=tuple, compare=False, repr=False)
    """What bars nothing and should be looked at, with its place; found when it is asked for."""

    def department(self, name: str) -> Department:
        """The department with this id; UserError with the close match if there is none."""
        return _find("部门", "department", name, self._departments)

    def resource(self, name: str) -> Resource:
        """The resource with this id; UserError with the close match if there is none."""
        return _find("信息资源", "resource", name, self._resources)

    def feed(self, name: str) -> Feed:
        """The feed with this id, declared or of the desk; UserError with the close match if there is none."""
        if name not in self._feeds and forms.is_form(name) and forms.resource_of(name) in self._resources:
            return forms.form_feed(self._resources[forms.resource_of(name)], forms.mode_of(name))
        return _find("数据源", "feed", name, self._feeds)

    def library(self, name: str) -> Library:
        """The base library with this id; UserError with the close match if there is none."""
        return _find("基础库", "base library", name, self.register.libraries)

    def system(self, name: str) -> InformationSystem:
        """The information system with this id; UserError with the close match if there is none."""
        return _find("信息系统", "information system", name, self._systems)

    def system_of(self, resource: str) -> InformationSystem | None:
        """The registered system that a resource comes from; None for uploads by hand, or without a register of systems."""
        entry = self.resource(resource)
        named = [one for one in self.systems if one.name == entry.system]
        own = (one for one in named if one.department == entry.department)
        # A unit managed vertically works in its manager's system.
        owner = self.organisation.catalogue_owner(entry.department).id
        return next(own, next((one for one in named if one.department == owner), None))

    @cached_property
    def organisation(self) -> Organisation:
        """The order of the departments: who is below whom, who governs, which platform."""
        return Organisation(self.departments)

    def feeds_of(self, resource: str) -> tuple[Feed, ...]:
        """The feeds that deliver this resource, in the order of their ids."""
        self.resource(resource)
        return tuple(feed for feed in self.feeds if feed.resource_id == resource)

    def department_of(self, resource: str) -> Department:
        """The one department that is responsible for this resource (Haishu article 5)."""
        return self.department(self.resource(resource).department)

    def libraries_of(self, resource: str) -> tuple[str, ...]:
        """Ids of the base libraries to which this resource contributes."""
        self.resource(resource)
        return tuple(name for name, library in self.register.libraries.items() if resource in library.key_in)

    @cached_property
    def content(self) -> dict[str, Any]:
        """The catalogue as plain JSON values; the same meaning gives the same content, however it was laid out."""
        return {
            "departments": [_plain(one) for one in self.departments],
            "resources": [_plain(one) for one in self.resources],
            "feeds": [_plain(one) for one in self.feeds],
            "register": _plain(self.register),
            "systems": [_plain(one) for one in self.systems],
            "norms": [_plain(one) for one in self.norms.own],
            "collectors": _plain(self.collectors.own) if self.collectors.own else {},
        }

    @cached_property
    def digest(self) -> str:
        """sha256 (hex) of `content`: changes when the catalogue's meaning changes, not with comments or layout.

        The order of mappings counts, because the order of ``key_in`` is the order of contributing resources.
        """
        text = json.dumps(self.content, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    @cached_property
    def _departments(self) -> dict[str, Department]:
        return {one.id: one for one in self.departments}

    @cached_property
    def _resources(self) -> dict[str, Resource]:
        return {one.id: one for one in self.resources}

    @cached_property
    def _systems(self) -> dict[str, InformationSystem]:
        return {one.id: one for one in self.systems}

    @cached_property
    def _feeds(self) -> dict[str, Feed]:
        return {one.id: one for one in self.feeds}


def _plain(model: Declared) -> dict[str, Any]:
    return model.model_dump(mode="json", by_alias=True)


def _find(zh: str, en: str, name: str, table: Mapping[str, T]) -> T:
    if name not in table:
        hint_zh, hint_en = choices(name, table)
        raise UserError(f"没有名为 {name} 的{zh}。{hint_zh}", f"There is no {en} {name}. {hint_en}")
    return table[name]
