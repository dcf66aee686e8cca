"""Is a resource overdue by its update cycle? One finding on the whole resource, not on any of its rows.

A late delivery says nothing about a value, so the finding has the row key ``*`` and the item ``_delivery``, which no resource
can have: no value is marked by it, and its ticket closes when a new delivery is taken (or came unchanged) in time again.
The day a delivery is due is `policy.freshness`; which day the last one speaks for is intake's to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from catalog.model import Resource
from policy.calendar import WorkingCalendar
from policy.calendar_table import FIRST_YEAR
from policy.freshness import next_delivery_due
from quality.mask import FAILURE_SCHEMA
from quality.rules import Dimension, Severity

WHOLE_RESOURCE = "*"
"""Row key of a finding on a resource as such."""
DELIVERY = "_delivery"
"""Item of such a finding; items of resources begin with a letter."""
METRIC = "0502"


@dataclass(frozen=True)
class State:
    """Whether a resource is in time.

    Attributes:
        resource: its id.
        due: the last day for its next delivery; None where it is delivered once, or was never delivered.
        late: that day is over.
        assessable: False where nothing says when it is due.
    """

    resource: str
    due: date | None
    late: bool

    @property
    def assessable(self) -> bool:
        """Whether anything says when the next delivery is due."""
        return self.due is not None


def rule_id(resource: str) -> str:
    """Id of the rule that a resource is delivered in time."""
    return f"freshness.{resource}.in_time"


def states(resources: Iterable[Resource], last: dict[str, date], today: date, calendar: WorkingCalendar) -> list[State]:
    """How every resource stands on a day.

    Args:
        resources: the catalogue's entries.
        last: resource -> the day its last delivery speaks for; missing where none was taken.
        today: the day of evaluation, in Beijing time. A delivery may come on the due day until midnight.
        calendar: the working-day calendar.
    """
    found = []
    for one in resources:
        day = last.get(one.id)
        due = (
            None
            if day is None
            else next_delivery_due(one.update_cycle.value, max(day, date(FIRST_YEAR, 1, 1)), calendar)
        )
        found.append(State(one.id, due, due is not None and today > due))
    return found


def failures(found: Sequence[State], departments: dict[str, str], batches: dict[str, str]) -> ir.Table:
    """The overdue resources, in `quality.mask.FAILURE_SCHEMA`; the scope is every rule id of ``found`` (`rule_id`).

    Args:
        found: how every resource stands.
        departments: resource -> the department that owns it.
        batches: resource -> its last batch.
    """
    rows = [
        {
            "resource": one.resource,
            "department": departments[one.resource],
            "row_key": WHOLE_RESOURCE,
            "item": DELIVERY,
            "rule": rule_id(one.resource),
            "severity": Severity.WARNING.value,
            "dimension": Dimension.TIMELINESS.value,
            "batch": batches.get(one.resource),
        }
        for one in found
        if one.late
    ]
    return ibis.memtable(rows, schema=FAILURE_SCHEMA)
