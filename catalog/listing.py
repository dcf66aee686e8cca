"""Plain rows for lists that people read, such as ``feed list``; how they are drawn is the door's matter."""

from __future__ import annotations

from dataclasses import dataclass

from catalog.city import City


@dataclass(frozen=True)
class FeedRow:
    """One feed in a list.

    Args:
        id: the feed.
        resource: the resource it delivers.
        department: name of the responsible department.
        mode: full, increment, correction or tombstone.
        cycle: update cycle of the resource.
        source: file pattern below ``inbox/``, or the address of the database, server or interface (it holds no password).
    """

    id: str
    resource: str
    department: str
    mode: str
    cycle: str
    source: str


def feed_rows(city: City) -> list[FeedRow]:
    """One row per feed, in the order of ids."""
    return [
        FeedRow(
            id=feed.id,
            resource=feed.resource_id,
            department=city.department_of(feed.resource_id).name,
            mode=feed.mode.value,
            cycle=city.resource(feed.resource_id).update_cycle.value,
            source=feed.source.place,
        )
        for feed in city.feeds
    ]
