"""The sensors: on the inbox, on what systems pushed, and on answers that wait for their proof. They judge nothing.

Of the inbox only names, sizes and times are looked at. A file counts once it looks the same at two looks in a row, so that one that is
still being copied is not taken in halves.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence

import dagster as dg

from assets import keys
from assets.jobs import BUILD_AND_PUBLISH, FEED, INTAKE, RESOURCE
from assets.resources import Clock, HubResource
from catalog.feed import Feed
from catalog.sources import FileSource, PushSource
from ground.errors import UserError
from hub.hub import Hub
from pipelines.intake import inbox
from policy.clock import SHANGHAI
from quality.tickets.events import TicketRow
from quality.tickets.queue import QueueFilter
from quality.tickets.states import State

INTERVAL = 30
"""Seconds between two looks."""
AGAIN = 600
"""Seconds after which what was pushed and still waits is asked for anew."""
MOST = 10_000
"""Answers that one look considers, the most urgent first."""


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


@dg.sensor(
    name="pushes",
    job_name=INTAKE,
    minimum_interval_seconds=INTERVAL,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="部门系统推送的数据一到即采集。Asks for a feed as soon as a department's system has pushed something to it.",
)
def pushes_sensor(_context: dg.SensorEvaluationContext, hub: HubResource, clock: Clock) -> dg.SensorResult:
    """One run per feed with pushed deliveries that wait; all that came until the run begins are taken in it.

    What still waits after `AGAIN` is asked for anew: its run may have failed.
    """
    turn = int(clock.now().timestamp()) // AGAIN
    with hub.opened() as opened:
        waiting = {one.feed: one.seq for one in opened.deliveries.landed()}
        feeds = [feed for feed in opened.city.feeds if feed.id in waiting and isinstance(feed.source, PushSource)]
        looks = {feed.id: f"pushed/{waiting[feed.id]}/{turn}" for feed in feeds}
        requests = list(_requests(opened, looks))
    return dg.SensorResult(
        run_requests=requests, skip_reason=None if requests else "没有待采集的推送。Nothing that was pushed waits."
    )


@dg.sensor(
    name="recollection",
    job_name=INTAKE,
    minimum_interval_seconds=INTERVAL,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="部门答复“完成整改”后，重新采集其资源。Gathers a resource again when its department says it is put right.",
)
def recollection_sensor(context: dg.SensorEvaluationContext, hub: HubResource) -> dg.SensorResult:
    """One run per resource with answers that were not asked for yet: each answer once."""
    asked: dict[str, str] = json.loads(context.cursor) if context.cursor else {}
    with hub.opened() as opened:
        answers = {one.id: (one.resource, str(one.answered_at)) for one in _unproven(opened)}
        fresh = {name: answer for name, answer in answers.items() if asked.get(name) != answer[1]}
        requests = list(_recollections(opened, fresh))
    return dg.SensorResult(
        run_requests=requests,
        skip_reason=None if requests else "没有新的整改答复。No new answer waits for its proof.",
        cursor=json.dumps({name: at for name, (_, at) in answers.items()}, sort_keys=True),
    )


@dg.sensor(
    name="proof",
    job_name=BUILD_AND_PUBLISH,
    minimum_interval_seconds=INTERVAL,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="有待核验的工单且有新批次时融合并核验。Builds when a ticket waits for its proof and something was taken.",
)
def proof_sensor(_context: dg.SensorEvaluationContext, hub: HubResource) -> dg.SensorResult:
    """One build per state of the deliveries, while any answer waits for its proof."""
    with hub.opened() as opened:
        wanted = bool(_unproven(opened)) and opened.builder.behind()
        last = max((one.seq for one in opened.deliveries.of()), default=0) if wanted else 0
    why = "没有待核验的工单，或没有新采用的批次。No answer waits for its proof, or nothing was taken."
    requests = [dg.RunRequest(run_key=f"proof/{last}")] if wanted else []
    return dg.SensorResult(run_requests=requests, skip_reason=None if wanted else why)


def _unproven(hub: Hub) -> Sequence[TicketRow]:
    """Tickets that are said to be put right."""
    return hub.tickets.queue(QueueFilter(states=(State.VERIFICATION,)), limit=MOST).rows


def _recollections(hub: Hub, fresh: Mapping[str, tuple[str, str]]) -> Iterator[dg.RunRequest]:
    for resource in dict.fromkeys(resource for resource, _ in fresh.values()):
        mine = sorted(f"{name}@{at}" for name, (of, at) in fresh.items() if of == resource)
        feeds = [feed for feed in hub.city.feeds if feed.resource_id == resource]
        if feeds:
            yield dg.RunRequest(
                run_key=f"{resource}/{hashlib.sha256(json.dumps(mine).encode()).hexdigest()[:16]}",
                asset_selection=[keys.CATALOGUE, *[key for feed in feeds for key in keys.of_feed(feed)]],
                tags={RESOURCE: resource},
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
