"""A value that goes from A to B and back to A within days is found in the history that builds kept; late deliveries are told."""

from __future__ import annotations

import csv
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import ibis
import pytest

from hub.hub import Hub
from pipelines.lateness import overdue
from pipelines.serving import Reader
from quality.freshness import WHOLE_RESOURCE, rule_id

ME = Reader("tester", "测试")
START = datetime.fromisoformat("2026-11-21T15:00:00+08:00")
FILE = "inbox/ga/hukou_2026-11.csv"
STEADY = """\
resource: ga_household
rules:
  - id: ga_household.ethnicity.steady
    title: 民族未反复
    item: ethnicity
    check: {kind: steady, key: citizen_id, library: population, library_item: ethnicity, within_days: 5}
    severity: warning
    dimension: consistency
    basis: 户口登记条例第十七条
    message: {zh: 民族在几日内改动又改回，请核实。, en: The ethnicity was changed and changed back within days; verify it.}
"""


def set_ethnicity(home: Path, values: dict[str, str]) -> dict[str, str]:
    """Write values for some people into the file of the household register; what stood there before."""
    path = home / FILE
    with path.open(encoding="gbk", newline="") as stream:
        rows = list(csv.DictReader(stream))
    before = {row["公民身份号码"]: row["民族"] for row in rows if row["公民身份号码"] in values}
    for row in rows:
        row["民族"] = values.get(row["公民身份号码"], row["民族"])
    with path.open("w", encoding="gbk", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return before


def step(home: Path, day: int) -> Hub:
    """Take what the household register delivers and build, so many days after the start."""
    now = START + timedelta(days=day)
    hub = Hub(home)
    for feed in hub.city.feeds:
        hub.intake.run(feed.id, now)
    hub.builder.run(now)
    return hub


@pytest.mark.duty("R-076")
def test_a_value_that_came_back_within_days_is_found_and_one_that_merely_changed_is_not(
    small_city: Path, tmp_path: Path
) -> None:
    home = Path(shutil.copytree(small_city, tmp_path / "home"))
    hub = step(home, 0)
    # Rows that are right, so that nothing else speaks of them.
    people = hub.serving.sql(
        "SELECT h.citizen_id FROM ga_household h JOIN population p USING (citizen_id) WHERE h.ethnicity = '01' "
        "AND NOT p.ethnicity__disputed AND NOT p.name__disputed ORDER BY 1 LIMIT 3", ME, START,
    ).column(0).to_pylist()  # fmt: skip
    hub.close()
    flipping, changing, staying = people
    set_ethnicity(home, {flipping: "02", changing: "02"})
    step(home, 1).close()
    set_ethnicity(home, {flipping: "01"})
    hub = step(home, 2)
    [trial] = hub.rulemaking.dry_run(STEADY).trials
    assert trial.failing == 1
    hub.rulemaking.adopt(STEADY, "甲", START)
    hub.close()
    hub = step(home, 3)
    found = hub.serving.sql(
        "SELECT row_key FROM finding WHERE rule = 'ga_household.ethnicity.steady' AND gone_since IS NULL", ME, START
    )
    assert found.column(0).to_pylist() == [flipping]
    assert {changing, staying}.isdisjoint(found.column(0).to_pylist())
    hub.close()
    # It is settled by another value, and by none that merely stays.
    set_ethnicity(home, {flipping: "03"})
    hub = step(home, 4)
    left = hub.serving.sql(
        "SELECT row_key FROM finding WHERE rule = 'ga_household.ethnicity.steady' AND gone_since IS NULL", ME, START
    )
    assert left.num_rows == 0
    hub.close()


def late_at(hub: Hub, now: datetime) -> list[dict[str, Any]]:
    """The failures of overdue resources at a moment."""
    found = overdue(hub.city, hub.deliveries.of(), now, hub.calendar)
    rows: list[dict[str, Any]] = ibis.duckdb.connect().to_pyarrow(found.failures).to_pylist()
    return rows


@pytest.mark.duty("R-071", "R-072", "R-073")
def test_a_resource_is_overdue_until_it_delivers_again(small_city: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(small_city, tmp_path / "home"))
    hub = Hub(home)
    try:
        for feed in hub.city.feeds:
            hub.intake.run(feed.id, START)
        every = {rule_id(one.id) for one in hub.city.resources}
        in_time = overdue(hub.city, hub.deliveries.of(), START, hub.calendar)
        assert in_time.rules == every
        assert late_at(hub, START) == []
        later = START + timedelta(days=70)
        late = late_at(hub, later)
        assert {one["rule"] for one in late} == every
        assert {one["row_key"] for one in late} == {WHOLE_RESOURCE}
        assert {one["batch"] for one in late} == {one.batch for one in hub.deliveries.of()}
        (home / "inbox" / "ga" / "hukou_2027-01.csv").write_bytes((home / FILE).read_bytes())
        outcomes = {one.outcome.value for one in hub.intake.run("ga_household", later)}
        assert outcomes <= {"taken", "unchanged", "late"}
        assert {one["rule"] for one in late_at(hub, later)} == every - {rule_id("ga_household")}
    finally:
        hub.close()
