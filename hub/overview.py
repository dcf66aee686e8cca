"""The state of the hub at a glance: counts per stage and feed, libraries, findings, tickets, releases."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from hub.hub import Hub
from pipelines.intake import periods
from pipelines.intake.store import Delivery, Outcome
from policy.calendar_table import FIRST_YEAR
from policy.clock import SHANGHAI, end_of, legal_date
from policy.freshness import next_delivery_due
from policy.profiles import Version


@dataclass(frozen=True)
class FeedState:
    """One feed: what came last, the rows of the delivery last taken, and whether it is late by its update cycle."""

    feed: str
    resource: str
    department: str
    cycle: str
    deliveries: int
    last: str | None
    outcome: str | None
    period: str | None
    received_at: datetime | None
    rows_in: int
    rows_taken: int
    rows_quarantined: int
    refused: int
    next_due: date | None
    late: bool


def overview(hub: Hub, now: datetime) -> dict[str, Any]:
    """Everything ``status`` shows, as plain values."""
    deliveries = hub.deliveries.of()
    feeds = [feed_state(hub, feed.id, now) for feed in hub.city.feeds]
    stages = _stages(hub, deliveries)
    published = hub.pointer.current()
    tickets = hub.tickets.list()
    return {
        "home": str(hub.home),
        "now": now.isoformat(),
        "profile": _profile(hub.rules_on(now), legal_date(now)),
        "published": None
        if published is None
        else {
            "publication": published.id,
            "snapshot": published.lake_snapshot,
            "at": published.published_at.astimezone(SHANGHAI).isoformat(),
        },
        "stages": stages,
        "libraries": _libraries(hub),
        "feeds": {one.feed: vars(one) for one in feeds},
        "findings": _findings(hub),
        "tickets": dict(Counter(one.state.value for one in tickets)),
        "overdue": sum(one.state.value != "closed" and now >= one.due_at for one in tickets),
        "catalogue_tasks": dict(Counter(one.kind.value for one in hub.catalogue_tasks.listed(open_only=True))),
        "releases": [one.release for one in hub.releases.published()],
    }


def _profile(rules: Version, day: date) -> dict[str, Any]:
    """Which rules hold, and what is to be known of their status on ``day``."""
    profile = rules.profile
    return {
        "id": profile.id,
        "version": rules.name,
        "title": profile.title_zh,
        "status": profile.status_on(day),
        "status_zh": rules.status_zh(day),
        "status_en": rules.status_en(day),
        "note": profile.status_note_zh,
        "note_en": profile.status_note_en,
        "unverified": [{"parameter": one.number.parameter, "zh": one.zh, "en": one.en} for one in rules.pending],
    }


def feed_state(hub: Hub, name: str, now: datetime) -> FeedState:
    """How a feed stands: what came last, what is in, and whether it is late by its update cycle.

    Raises:
        UserError: no such feed.
    """
    feed = hub.city.feed(name)
    mine = hub.deliveries.of(name)
    resource = hub.city.resource(feed.resource_id)
    taken = [one for one in mine if one.outcome is Outcome.TAKEN]
    last = mine[-1] if mine else None
    fresh = [one for one in mine if one.outcome in (Outcome.TAKEN, Outcome.UNCHANGED)]
    due = None
    if fresh:
        # What counts is the latest period that came, not the latest file: an old one that arrives today is no news.
        until = max(
            periods.speaks_until(one.period, one.received_at.astimezone(SHANGHAI).date(), resource.update_cycle)
            for one in fresh
        )
        due = next_delivery_due(resource.update_cycle.value, max(until, date(FIRST_YEAR, 1, 1)), hub.calendar)
    return FeedState(
        feed=name,
        resource=feed.resource_id,
        department=hub.city.department_of(feed.resource_id).name,
        cycle=resource.update_cycle.value,
        deliveries=len(mine),
        last=last.id if last else None,
        outcome=last.outcome.value if last else None,
        period=last.period if last else None,
        received_at=last.received_at if last else None,
        rows_in=(taken[-1].rows_in or 0) if taken else 0,
        rows_taken=(taken[-1].rows_taken or 0) if taken else 0,
        rows_quarantined=(taken[-1].rows_quarantined or 0) if taken else 0,
        refused=sum(one.outcome is Outcome.REFUSED for one in mine),
        next_due=due,
        late=due is not None and now >= end_of(due),
    )


def _stages(hub: Hub, deliveries: list[Delivery]) -> dict[str, Any]:
    landing = dict(Counter(one.outcome.value for one in deliveries))
    counts: dict[str, dict[str, int]] = {"raw": {}, "quarantine": {}, "standard": {}}
    if hub.lake.location.exists:
        with hub.lake.reading(None) as reader:
            for schema, of in counts.items():
                of.update({name: reader.count(f"{schema}.{name}") for name in reader.tables(schema) if name != "batch"})
    return {"landing": landing, **counts}


def _libraries(hub: Hub) -> dict[str, int]:
    """Rows of every library as published: 0 for one that is declared and not built yet."""
    counts = dict.fromkeys(hub.city.register.libraries, 0)
    published = hub.pointer.current()
    if published is not None:
        with hub.lake.reading(published.lake_snapshot) as reader:
            counts.update({name: reader.count(f"base.{name}") for name in counts})
    return counts


def _findings(hub: Hub) -> dict[str, int]:
    """Present findings by severity."""
    published = hub.pointer.current()
    if published is None:
        return {}
    with hub.serving.open() as session:
        table = session.tables.get("finding")
        if table is None:
            return {}
        present = table.filter(table["gone_since"].isnull())
        rows = session.reader.engine.to_arrow(present.group_by("severity").agg(n=present.count())).to_pylist()
    return {row["severity"]: row["n"] for row in rows}
