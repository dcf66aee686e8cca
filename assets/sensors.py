"""The sensor on the inbox: sees that a department dropped something, and asks for its feed. It judges nothing.

Only names, sizes and times are looked at. A file counts once it looks the same at two looks in a row, so that one that is
still being copied is not taken in halves.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping

import dagster as dg

from assets import keys
from assets.jobs import FEED, INTAKE
from assets.resources import Clock, HubResource
from catalog.feed import Feed
from catalog.sources import FileSource
from ground.errors import UserError
from hub.hub import Hub
from pipelines.intake import inbox
from policy.clock import SHANGHAI

INTERVAL = 30
"""Seconds between two looks."""


@dg.sensor(
    name="inbox",
    job_name=INTAKE,
    minimum_interval_seconds=INTERVAL,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="收件目录有新文件时采集其数据源。Asks for a feed when its department dropped a file.",
)
def inbox_sensor(context: dg.SensorEvaluationContext, hub: HubResource, clock: Clock) -> dg.SensorResult:
    """One run per feed with something new that lies still."""
    before = json.loads(context.cursor) if context.cursor else {"seen": {}, "asked": {}}
    with hub.opened() as opened:
        seen = {feed.id: look for feed in opened.city.feeds if (look := _look(opened, feed, clock))}
    still = {name: look for name, look in seen.items() if before["seen"].get(name) == look}
    ready = {name: look for name, look in still.items() if before["asked"].get(name) != look}
    return dg.SensorResult(
        run_requests=list(_requests(opened, ready)),
        skip_reason=None if ready else "收件目录没有新文件。Nothing new lies in the inbox.",
        cursor=json.dumps({"seen": seen, "asked": before["asked"] | ready}, sort_keys=True),
    )


def _requests(hub: Hub, ready: Mapping[str, str]) -> Iterator[dg.RunRequest]:
    for name, look in ready.items():
        yield dg.RunRequest(
            run_key=f"{name}/{look}",
            asset_selection=[keys.CATALOGUE, *keys.of_feed(hub.city.feed(name))],
            tags={FEED: name},
        )


def _look(hub: Hub, feed: Feed, clock: Clock) -> str | None:
    """What lies there for a feed, as a digest of names, sizes and times; None where nothing does, or it is no file."""
    if not isinstance(feed.source, FileSource):
        return None
    cycle = hub.city.resource(feed.resource_id).update_cycle
    try:
        found = inbox.find(hub.home / "inbox", feed.source, cycle, clock.now().astimezone(SHANGHAI).date(), feed.format)
        whole = [(one, path) for one in found if one.lacking is None for path in one.paths]
        facts = [(f"{one.name}/{path.name}", (stat := path.stat()).st_size, stat.st_mtime_ns) for one, path in whole]
    except UserError as fault:
        facts = [(str(fault), 0, 0)]  # the run says it, where it is seen
    except FileNotFoundError:
        return None  # taken away while we looked: the next look decides
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16] if facts else None
