"""A unit publishes nothing before its data steward is registered, where the city asks for one; through a whole home."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest
import yaml

from catalog.cases.person import Part, Person
from ground.errors import UserError
from hub.hub import Hub
from policy.clock import SHANGHAI

AUTHORITY = Person("person:anna", Part.AUTHORITY)
NOW = datetime(2026, 11, 25, 10, tzinfo=SHANGHAI)


def published(small_city: Path, tmp_path: Path, city: str, *, steward: bool) -> str:
    """A department changes the title of its entry, and the authority reviews it; what is published then."""
    home = tmp_path / f"{city}-{steward}"
    shutil.copytree(small_city, home)
    settings = home / "settings.yaml"
    settings.write_text(settings.read_text("utf-8").replace("profile: haishu", f"profile: {city}"), "utf-8")
    departments = home / "city" / "departments.yaml"
    said = yaml.safe_load(departments.read_text("utf-8"))
    for one in said["departments"]:
        if one["id"] == "ga":
            one["stewards"] = [{"name": "许宁", "appointed": "2026-01-05"}] if steward else []
            one["unit_in_charge"] = "人口管理支队"
    departments.write_text(yaml.safe_dump(said, allow_unicode=True), "utf-8")
    hub = Hub(home)
    try:
        hub.upgrade()
        hub.load_catalogue(NOW)
        entry = next(one for one in hub.city.resources if one.department == "ga")
        changed = entry.model_copy(update={"title": f"{entry.title}（改）"})
        hub.entries.request_change([changed], Person("person:ben", Part.PROVIDER, "ga"), NOW, cause="data_changed")
        hub.entries.review([entry.id], AUTHORITY, NOW)
        (case,) = hub.entries.publish([entry.id], AUTHORITY, NOW)
        return str(case.facts["published"]["title"]).removeprefix(entry.title)
    finally:
        hub.close()


@pytest.mark.duty("R-010")
def test_longyan_publishes_nothing_without_a_steward(small_city: Path, tmp_path: Path):
    with pytest.raises(UserError, match=r"没有在任的政务数据专管员"):
        published(small_city, tmp_path, "longyan", steward=False)
    assert published(small_city, tmp_path, "longyan", steward=True) == "（改）"


def test_a_city_that_asks_for_no_steward_publishes_for_the_same_unit(small_city: Path, tmp_path: Path):
    assert published(small_city, tmp_path, "wuhan", steward=False) == "（改）"
