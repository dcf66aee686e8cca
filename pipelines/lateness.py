"""Which resources are overdue by their update cycle, by the deliveries that came."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import ibis.expr.types as ir

from catalog.city import City
from catalog.feed import Mode
from pipelines.intake import periods
from pipelines.intake.store import Delivery, Outcome
from policy.calendar import WorkingCalendar
from policy.clock import SHANGHAI
from quality.freshness import State, failures, rule_id, states


def lateness(
    city: City,
    deliveries: Sequence[Delivery],
    now: datetime,
    calendar: WorkingCalendar,
    excused: Collection[str] = frozenset(),
) -> list[State]:
    """How every resource stands at a moment.

    A delivery counts if it was taken, or was the same bytes again. What counts of a feed is the latest period that came,
    not the latest file; a resource of several feeds stands as its slowest feed does. Corrections have no cycle.

    Args:
        city: the catalogue.
        deliveries: of all feeds, in any order.
        now: the moment, aware.
        calendar: the working-day calendar.
        excused: resources that an exception on file excuses now (Longyan 9): their due day stands, and they are not late.
    """
    resources = {one.id: one for one in city.resources}
    regular = {one.id: one.resource_id for one in city.feeds if one.mode is not Mode.CORRECTION}
    spoken: dict[str, date] = {}
    for one in deliveries:
        if one.feed in regular and one.outcome in (Outcome.TAKEN, Outcome.UNCHANGED):
            cycle = resources[regular[one.feed]].update_cycle
            day = periods.speaks_until(one.period, one.received_at.astimezone(SHANGHAI).date(), cycle)
            spoken[one.feed] = max(day, spoken.get(one.feed, day))
    last: dict[str, date] = {}
    for feed, day in spoken.items():
        last[regular[feed]] = min(day, last.get(regular[feed], day))
    found = states(city.resources, last, now.astimezone(SHANGHAI).date(), calendar)
    return [replace(one, late=False) if one.resource in excused else one for one in found]


@dataclass(frozen=True)
class Overdue:
    """What discovery says of late deliveries: one look of its own, over all resources, at every run.

    Attributes:
        failures: one row per overdue resource, in `quality.mask.FAILURE_SCHEMA`.
        rules: ids of the rules that were evaluated: of every resource for which something says when it is due.
    """

    failures: ir.Table
    rules: frozenset[str]


def overdue(
    city: City,
    deliveries: Sequence[Delivery],
    now: datetime,
    calendar: WorkingCalendar,
    excused: Collection[str] = frozenset(),
) -> Overdue:
    """The overdue resources as failures; see `lateness` for what counts, and whom an exception excuses.

    An excused resource is looked at and found in time: what was found on it goes, and comes back when the exception ends.
    """
    found = lateness(city, deliveries, now, calendar, excused)
    # The last one in order of arrival; what is late is what should have come after it.
    batches = {one.resource: one.batch for one in deliveries if one.outcome is Outcome.TAKEN}
    departments = {one.id: one.department for one in city.resources}
    rules = frozenset(rule_id(one.resource) for one in found if one.assessable)
    return Overdue(failures(found, departments, batches), rules)
