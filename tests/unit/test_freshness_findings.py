"""A resource that is overdue by its update cycle is one finding on the whole resource."""

from __future__ import annotations

from datetime import date

import ibis
import pytest

from catalog.model import Resource
from policy.calendar import WorkingCalendar
from quality.freshness import DELIVERY, WHOLE_RESOURCE, failures, rule_id, states
from quality.mask import FAILURE_SCHEMA

CALENDAR = WorkingCalendar.standard()


def resource(name: str, cycle: str) -> Resource:
    access = {"class": "unconditional"}
    return Resource.model_validate(
        {
            "id": name, "title": name, "department": "a", "system": "s", "sharing": access, "opening": access,
            "update_cycle": cycle, "key": ["no"], "items": [{"id": "no", "title": "编号"}],
        }
    )  # fmt: skip


@pytest.mark.duty("R-071", "R-072", "R-073")
@pytest.mark.parametrize(
    ("cycle", "last", "today", "late"),
    [
        ("monthly", date(2026, 9, 10), date(2026, 10, 30), False),  # the last working day of October, a Friday
        ("monthly", date(2026, 9, 10), date(2026, 10, 31), True),
        ("working_day", date(2026, 11, 20), date(2026, 11, 23), False),  # over a weekend
        ("working_day", date(2026, 11, 20), date(2026, 11, 24), True),
        ("yearly", date(2025, 3, 1), date(2026, 12, 1), False),
        ("once", date(2020, 3, 1), date(2026, 12, 1), False),
    ],
)
def test_late_after_the_day_that_the_cycle_gives(cycle: str, last: date, today: date, late: bool) -> None:
    [state] = states([resource("r", cycle)], {"r": last}, today, CALENDAR)
    assert state.late is late
    assert state.assessable is (cycle != "once")


def test_what_never_came_is_not_assessable() -> None:
    [state] = states([resource("r", "daily")], {}, date(2026, 11, 21), CALENDAR)
    assert (state.due, state.late, state.assessable) == (None, False, False)


@pytest.mark.duty("R-071")
def test_a_late_resource_is_one_failure_that_names_no_row_and_no_item() -> None:
    found = states(
        [resource("r", "daily"), resource("s", "daily")],
        {"r": date(2026, 11, 1), "s": date(2026, 11, 20)},
        date(2026, 11, 21),
        CALENDAR,
    )
    table = failures(found, {"r": "a", "s": "a"}, {"r": "r/2026-11-01/0001"})
    assert table.schema() == FAILURE_SCHEMA
    [row] = ibis.duckdb.connect().to_pyarrow(table).to_pylist()
    assert row == {
        "resource": "r", "department": "a", "row_key": WHOLE_RESOURCE, "item": DELIVERY, "rule": rule_id("r"),
        "severity": "warning", "dimension": "timeliness", "batch": "r/2026-11-01/0001",
    }  # fmt: skip
