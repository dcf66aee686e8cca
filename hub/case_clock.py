"""What a day brings to the cases of the catalogue: reminders, lateness, and what holds for a time only. Safe to repeat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from catalog.cases.machine import OVERDUE, REMINDED
from catalog.cases.model import Case
from catalog.cases.timing import CaseTimer
from catalog.entries.states import IN_FORCE, UNREVIEWED
from catalog.machines import MACHINES
from hub.hub import Hub
from pipelines.case_telling import CaseTelling


@dataclass(frozen=True, slots=True)
class CaseTicks:
    """The cases that the clock did something to.

    Attributes:
        reminded: whoever has them was reminded, before or on the last day.
        overdue: their limit has run out; noted, with no consequence for the case itself.
        overrides_ended: entries whose temporary class of sharing ended (Wuhan 16).
        terms_ended: entries whose share term ended (Haishu 10).
        exceptions_ended: exceptions from real time whose last day is over (Longyan 9).
        purchases_shared: purchases whose entry is published and shared by now (Wuhan 34).
        gathering_opened: tasks of entries whose data have not come yet (Wuhan 13).
        gathering_settled: tasks whose data have come, or whose entry is out of force.
    """

    reminded: list[Case]
    overdue: list[Case]
    overrides_ended: list[Case]
    terms_ended: list[Case]
    exceptions_ended: list[Case]
    purchases_shared: list[Case]
    gathering_opened: list[Case]
    gathering_settled: list[Case]


def timer_of(hub: Hub) -> CaseTimer:
    """The clock of this home's cases."""
    telling = CaseTelling(lambda: hub.notices.queue, lambda: hub.city.organisation)
    return CaseTimer(hub.database, MACHINES, hub.calendar, telling.heard)


def tick(hub: Hub, now: datetime) -> CaseTicks:
    """Do what the day brings.

    The catalogue is loaded first: the end of a temporary class writes a document, and what somebody did to it by hand is
    noted before and stays; that class alone goes.
    """
    hub.load_catalogue(now)
    told = timer_of(hub).tick(now)
    entries = hub.entries.tick(now)
    standing = hub.entries.reading.standings()
    published = {one.id for one in standing if one.state in IN_FORCE and one.state not in UNREVIEWED}
    opened, settled = hub.gathering_tasks.catch_up(published, now)
    return CaseTicks(
        told[REMINDED],
        told[OVERDUE],
        entries.overrides,
        entries.terms,
        hub.filings.settle(now),
        hub.purchases.settle(now),
        [one.case for one in opened],
        [one.case for one in settled],
    )
