"""How data come to a home: the push door, and how long they take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from catalog.entries.reading import EntryReading, is_published
from ground.errors import NotFound
from hub.home import Home
from pipelines.gathering_delays import DelayService
from pipelines.intake import drift
from pipelines.intake.push_store import PushStore
from pipelines.intake.pushing import PushDoor


def push_door(home: Home, look: drift.Look) -> PushDoor:
    """The door by which departments' own systems deliver.

    Args:
        home: whose deliveries; nothing is received for a draft, or for what was withdrawn.
        look: told of the columns of what is refused.
    """

    def in_force(resource: str, now: datetime) -> bool:
        entries = EntryReading(home.database)
        try:
            case = entries.get(resource)
        except NotFound:  # a document that nobody has loaded yet
            home.load_catalogue(now)
            case = entries.get(resource)
        return is_published(case)

    return PushDoor(home.home, lambda: home.city, home.database, in_force=in_force, look=look)


def delay_service(home: Home, excused: Callable[[datetime], Mapping[str, str]]) -> DelayService:
    """Measures how long changes take until they are on the platform.

    Args:
        home: whose deliveries.
        excused: resource -> number of the document that excuses it at a moment.
    """
    return DelayService(
        city=lambda: home.city,
        since=home.deliveries.since,
        of=home.deliveries.of,
        occurred=PushStore(home.database).occurred,
        rules=lambda now: home.rules_on(now).profile.gathering,
        excused=excused,
    )
