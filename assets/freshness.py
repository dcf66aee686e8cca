"""How old data may get before Dagster marks it stale, from the update cycle of the resource.

Dagster knows no working days, so its windows are the longest time that can lie between two deliveries which are both on
time; the exact date, by the working-day calendar, is judged by the check ``update_cycle`` of every feed.
"""

from datetime import timedelta

import dagster as dg

from catalog.model import UpdateCycle

LONGEST = {
    UpdateCycle.REAL_TIME: 2,
    UpdateCycle.DAILY: 2,
    UpdateCycle.WORKING_DAY: 13,  # a long holiday with the weekends beside it
    UpdateCycle.WEEKLY: 21,
    UpdateCycle.MONTHLY: 62,
    UpdateCycle.QUARTERLY: 184,
    UpdateCycle.HALF_YEARLY: 366,
    UpdateCycle.YEARLY: 731,
}
"""Days from the first moment of one period to the end of the next; ``ad_hoc`` and ``once`` never get stale."""


def freshness_of(cycle: UpdateCycle) -> dg.FreshnessPolicy | None:
    """The policy of what is delivered in ``cycle``; a warning comes at three quarters of the time."""
    days = LONGEST.get(cycle)
    if days is None:
        return None
    window = timedelta(days=days)
    return dg.FreshnessPolicy.time_window(fail_window=window, warn_window=window * 0.75)
