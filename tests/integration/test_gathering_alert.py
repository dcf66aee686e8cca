"""An exception on file takes the alert of a late resource away, in the build, the score and the status; its end brings it back."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from catalog.cases.person import Part, Person
from hub.hub import Hub
from hub.settings import FILE
from pipelines.gathering import Standing
from pipelines.serving import Reader
from policy.clock import SHANGHAI

LATE = datetime(2027, 3, 10, 9, tzinfo=SHANGHAI)
"""Four months after the last delivery: what is delivered monthly is late."""
SW = Person("person:sw", Part.PROVIDER, "sw")
BUREAU = Person("person:steward", Part.AUTHORITY, "bureau")


@pytest.fixture
def hub(built_city: Path, tmp_path: Path) -> Iterator[Hub]:
    home = tmp_path / "home"
    shutil.copytree(built_city, home)
    settings = home / FILE
    settings.write_text(
        re.sub(r"^profile: \w+", "profile: longyan", settings.read_text("utf-8"), flags=re.MULTILINE), "utf-8"
    )
    hub = Hub(home)
    hub.upgrade()
    yield hub
    hub.close()


def late_findings(hub: Hub, now: datetime) -> set[str]:
    hub.builder.run(now)
    query = "SELECT resource FROM finding WHERE rule LIKE 'freshness.%' AND gone_since IS NULL"
    return set(hub.serving.sql(query, Reader("test", "the alert is tested"), now)["resource"].to_pylist())


def standing(hub: Hub, now: datetime) -> Standing:
    return next(one.standing for one in hub.gathering.statuses(now) if one.resource == "sw_social_insurance")


@pytest.mark.duty("R-063")
def test_an_exception_on_file_suppresses_the_alert_while_it_is_valid(hub: Hub) -> None:
    before = late_findings(hub, LATE)
    assert "sw_social_insurance" in before
    assert standing(hub, LATE) is Standing.LATE

    filed = hub.filings.file(
        "sw_social_insurance", "系统改造", SW, LATE, met_by="提供接口查询", until=date(2027, 3, 31)
    )
    assert late_findings(hub, LATE.replace(day=11)) == before  # filed is not yet on file
    hub.filings.accept(filed.id, "龙数备〔2027〕3号", BUREAU, LATE.replace(day=11))

    assert late_findings(hub, LATE.replace(day=12)) == before - {"sw_social_insurance"}
    assert standing(hub, LATE.replace(day=12)) is Standing.EXCUSED

    assert "sw_social_insurance" in late_findings(hub, LATE.replace(month=4, day=1))
    assert standing(hub, LATE.replace(month=4, day=1)) is Standing.LATE
