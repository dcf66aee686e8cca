"""The schedules: which feeds are asked on which day, when a build is worth its while, and when the clock of tickets ticks.

Time comes from the tick. Each due feed has a run of its own, so that a refused delivery of one department keeps neither
the other feeds nor the build of what was taken; what was refused never reached the standard stage.
"""

from collections.abc import Iterator
from datetime import date

import dagster as dg

from assets import keys
from assets.jobs import BUILD_AND_PUBLISH, DAY, FEED, INTAKE
from assets.resources import HubResource
from assets.ticking import TICKET_CLOCK
from assets.ticking import notices as notices_job
from assets.ticking import ticket_clock as ticket_clock_job
from catalog.feed import Feed
from catalog.model import UpdateCycle
from hub.hub import Hub
from hub.overview import feed_state
from policy.clock import SHANGHAI, end_of
from policy.freshness import next_delivery_due

Requested = Iterator[dg.RunRequest | dg.SkipReason]


@dg.schedule(
    name="feeds_due",
    job_name=INTAKE,
    cron_schedule="30 6 * * *",
    execution_timezone=str(SHANGHAI),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="每天 6:30，按更新周期与工作日历采集到期的数据源。Every day at 6:30, the feeds due by their update cycle.",
)
def feeds_due(context: dg.ScheduleEvaluationContext, hub: HubResource) -> Requested:
    """Ask for each due feed; on a day off only those that are delivered every day."""
    day = context.scheduled_execution_time.astimezone(SHANGHAI).date()
    with hub.opened() as opened:
        due = due_feeds(opened, day)
        today = opened.calendar.day(day)
    if not due:
        why = ("没有到期的数据源", "no feed is due") if today.works else ("不采集", "no feed is asked")
        yield dg.SkipReason(f"{day} {today.zh}，{why[0]}。{today.en}: {why[1]}.")
    for feed in due:
        yield dg.RunRequest(
            run_key=f"{feed.id}/{day}",
            asset_selection=[keys.CATALOGUE, *keys.of_feed(feed)],
            tags={FEED: feed.id, DAY: day.isoformat()},
        )


@dg.schedule(
    name="build_when_behind",
    job_name=BUILD_AND_PUBLISH,
    cron_schedule="30 7 * * *",
    execution_timezone=str(SHANGHAI),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="每天 7:30，有新采用的送达或改过声明时融合并发布。Every day at 7:30, if anything was taken or declared anew.",
)
def build_when_behind(context: dg.ScheduleEvaluationContext, hub: HubResource) -> Requested:
    """Ask for a build where it would find anything new."""
    day = context.scheduled_execution_time.astimezone(SHANGHAI).date()
    with hub.opened() as opened:
        behind = opened.builder.behind()
    if behind:
        yield dg.RunRequest(run_key=f"build/{day}", tags={DAY: day.isoformat()})
    else:
        yield dg.SkipReason("发布版本之后没有新采用的送达。Nothing was taken since the last publication.")


@dg.schedule(
    name="ticket_clock",
    job=ticket_clock_job,
    cron_schedule=["5 0 * * *", "0 8 * * *"],
    execution_timezone=str(SHANGHAI),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="每天 0:05 记逾期，8:00 提醒。Every day at 0:05, when limits have run out, and at 8:00, to remind.",
)
def ticket_clock(context: dg.ScheduleEvaluationContext) -> Requested:
    """Let the clock of tickets tick: a limit ends with its day, a reminder comes before the day's work."""
    at = context.scheduled_execution_time.astimezone(SHANGHAI)
    yield dg.RunRequest(run_key=f"{TICKET_CLOCK}/{at:%Y-%m-%dT%H:%M}", tags={DAY: at.date().isoformat()})


@dg.schedule(
    name="notices",
    job=notices_job,
    cron_schedule="*/5 * * * *",
    execution_timezone=str(SHANGHAI),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="每 5 分钟，有到期通知时发送。Every five minutes, if any notice is due.",
)
def notices_due(context: dg.ScheduleEvaluationContext, hub: HubResource) -> Requested:
    """Ask for a run of sending where it would have anything to do."""
    at = context.scheduled_execution_time.astimezone(SHANGHAI)
    with hub.opened() as opened:
        waiting = opened.notices.waiting(at)
    if waiting:
        yield dg.RunRequest(run_key=f"notices/{at:%Y-%m-%dT%H:%M}", tags={DAY: at.date().isoformat()})
    else:
        yield dg.SkipReason("没有到期的通知。No notice is due.")


ASKED_EVERY_DAY = (UpdateCycle.REAL_TIME, UpdateCycle.DAILY)


def due_feeds(hub: Hub, day: date) -> list[Feed]:
    """Feeds from which a delivery is expected on ``day`` and has not come.

    A feed is due from the first day of the period that follows its last delivery until it delivers. On a day off only
    feeds of the cycles ``daily`` and ``real_time`` are asked.
    """
    works = hub.calendar.is_workday(day)
    return [
        feed
        for feed in hub.city.feeds
        if (works or hub.city.resource(feed.resource_id).update_cycle in ASKED_EVERY_DAY) and _is_due(hub, feed, day)
    ]


def _is_due(hub: Hub, feed: Feed, day: date) -> bool:
    state = feed_state(hub, feed.id, end_of(day))
    following = next_delivery_due(state.cycle, day, hub.calendar)
    if following is None:
        return state.deliveries == state.refused
    # Two days of one period have the same next due date: an earlier one means an earlier period.
    return state.next_due is None or state.next_due < following
