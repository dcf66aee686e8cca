"""What a district of the small city sends, and how the city takes it in: for tests of packages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from entry_desk import BUREAU, NOW, ORGANISATION, UNITS, Desk, resource

from catalog.departments import Department
from catalog.interchange.package import Package, open_package, pack
from catalog.interchange.package_desk import Received
from catalog.interchange.service import CatalogueExchange
from catalog.interchange.words import Words
from catalog.model import Resource

BY_ID = {one["id"]: Department.model_validate(one) for one in UNITS}


def sent(*resources: Resource, version: int = 1, district: str = "east") -> bytes:
    """The package as it travels."""
    units = [BY_ID[name] for name in (*ORGANISATION.below(ORGANISATION.unit(district).parent or district), district)]
    return pack(BY_ID[district], units, resources, version=version, now=NOW).encode()


def package(*resources: Resource, version: int = 1, district: str = "east") -> Package:
    """The package as it is opened."""
    return open_package(sent(*resources, version=version, district=district), "east.json")


def exchange(desk: Desk, **office: Any) -> CatalogueExchange:
    """The catalogue in and out over the desk, as it stands now."""
    return CatalogueExchange(replace(desk.service.office, **office), desk.city(), Words(), [])


def receive(desk: Desk, one: Package, **more: Any) -> Received:
    """By file, or with ``sent=True`` and ``by`` as the district sends it; ``office`` replaces parts of the office."""
    door = exchange(desk, **more.pop("office", {}))
    return door.receive(door.plan_receipt(one), more.pop("by", BUREAU), NOW, **more)


def pension(abstract: str = "按月发放", **over: Any) -> Resource:
    """An entry of the district's civil affairs."""
    return resource(
        "east_mz_pension", **{"code": "2/1", "title": "高龄津贴", "department": "east_mz", "abstract": abstract, **over}
    )


def canteen(abstract: str = "食堂名录", **over: Any) -> Resource:
    """Another."""
    return resource(
        "east_mz_canteen", **{"code": "2/2", "title": "老年食堂", "department": "east_mz", "abstract": abstract, **over}
    )
