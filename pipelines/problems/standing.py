"""What the loop knows and a build must respect: values confirmed as right, problems that people reported, batches gathered.

Read from the operational database before a build looks at anything; the build itself knows no ticket.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import sqlalchemy as sa

from catalog import forms
from catalog.city import City
from catalog.feed import Mode
from pipelines.fusion.marks import MARK_COLUMNS
from pipelines.intake.store import Delivery, DeliveryStore, Outcome
from quality.tickets import confirmations, reports
from quality.tickets.report_tables import confirmed_value
from quality.tickets.reports import Seal
from warehouse.operational import OperationalDatabase

CONFIRMED = pa.schema([("fingerprint", pa.string()), ("value", pa.string())])
REVOKED = pa.schema([("fingerprint", pa.string())])
REPORTED = pa.schema([(name, pa.string()) for name in ("fingerprint", "resource", "row_key", "item", "kind", "value")])


@dataclass(frozen=True)
class Standing:
    """What stands when a build begins.

    Attributes:
        confirmed: `CONFIRMED`: values that a department checked and found right, as keyed digests.
        reported: `REPORTED`: one row per reported problem, with the keyed digest of the value it is about.
        revoked: `REVOKED`: findings whose confirmation was disputed since the last publication. Their rows did not
            change, so that only a look at every row sees them fail again.
    """

    confirmed: pa.Table
    reported: pa.Table
    revoked: pa.Table


# Not `empty_table()`, which imports pandas: every command would wait for it.
NO_MARKS = pa.Table.from_batches([], pa.schema([(name, pa.string()) for name in MARK_COLUMNS]))
NOTHING = Standing(*(pa.Table.from_batches([], one) for one in (CONFIRMED, REPORTED, REVOKED)))
ReadStanding = Callable[[datetime | None], Standing]


def standing(db: OperationalDatabase, seal: Seal, published: datetime | None) -> Standing:
    """Read what stands now; ``published``: when readers were last given anything new."""
    with db.begin() as connection:
        doubted = confirmations.revoked_since(connection, published)
        known = connection.execute(
            sa.select(confirmed_value.c.fingerprint, confirmed_value.c.value).where(
                confirmed_value.c.revoked_at.is_(None)
            )
        ).all()
        said = reports.of_fingerprints(connection, seal, reports.standing_reported())
    return Standing(
        pa.table({"fingerprint": [one[0] for one in known], "value": [one[1] for one in known]}, schema=CONFIRMED),
        pa.table(
            {
                "fingerprint": [one.fingerprint for one in said],
                "resource": [one.said.resource for one in said],
                "row_key": [one.said.row_key for one in said],
                "item": [one.said.item or "" for one in said],
                "kind": [one.said.kind.value for one in said],
                "value": [one.value for one in said],
            },
            schema=REPORTED,
        ),
        pa.table({"fingerprint": doubted}, schema=REVOKED),
    )


def reported_marks(db: OperationalDatabase, seal: Seal, city: City) -> pa.Table:
    """Resource, row and item of every reported problem that stands; where the whole record is meant, its key items."""
    with db.begin() as connection:
        said = reports.of_fingerprints(connection, seal, reports.standing_reported())
    known = {one.id: one for one in city.resources}
    marks = [
        (one.said.resource, one.said.row_key, item)
        for one in said
        for item in (
            [one.said.item] if one.said.item else known[one.said.resource].key if one.said.resource in known else []
        )
    ]
    return pa.table(dict(zip(MARK_COLUMNS, map(list, zip(*marks, strict=True)), strict=True))) if marks else NO_MARKS


def gathered_between(
    deliveries: DeliveryStore, *, first: int, last: int, after: datetime, until: datetime
) -> list[Delivery]:
    """Deliveries taken from ``first`` to ``last`` (places in the order of arrival), and older ones replayed in that time."""
    return [
        one
        for one in deliveries.of()
        if one.outcome is Outcome.TAKEN
        and (
            first <= one.seq <= last
            # A replay keeps its place in the order of arrival; that it was settled in between tells it.
            or (one.attempt > 1 and one.settled_at is not None and after <= one.settled_at <= until)
        )
    ]


def whole(city: City, gathered: Iterable[Delivery]) -> dict[str, list[tuple[str, datetime]]]:
    """Resource -> batches that stated all of it, and when each was received."""
    found: dict[str, list[tuple[str, datetime]]] = {}
    for one in gathered:
        if mode_of(city, one) is Mode.FULL:
            found.setdefault(one.resource, []).append((one.batch, one.received_at))
    return found


def mode_of(city: City, one: Delivery) -> Mode | None:
    """What a delivery says of the rows it does not name; None where its feed is no longer declared."""
    known = {feed.id: feed.mode for feed in city.feeds}
    return known[one.feed] if one.feed in known else _of_the_desk(city, one)


def _of_the_desk(city: City, one: Delivery) -> Mode | None:
    declared = any(resource.id == one.resource for resource in city.resources)
    return forms.mode_of(one.feed) if declared and forms.is_form(one.feed) else None
