"""A docked home hands its catalogue up and brings back what the city decided, every night, as a job of one step.

No asset: nothing here is made from it. In a home that is docked to no platform the schedule says so and asks for nothing.
"""

from collections.abc import Iterator

import dagster as dg

from assets.faults import RETRY, explained
from assets.jobs import DAY
from assets.resources import Clock, HubResource
from hub.docking import docking_of, is_docked, platform_of
from policy.clock import SHANGHAI

DOCKING = "docking"


@dg.op(
    name="dock",
    retry_policy=RETRY,
    description="取回市级办理结果，再报送本区目录。Brings back what the city decided, then hands the district's catalogue up.",
)
def dock_op(context: dg.OpExecutionContext, hub: HubResource, clock: Clock) -> None:
    """Bring back, then send what the city has not yet."""
    with explained(), hub.opened() as opened:
        now = clock.now()
        docking = docking_of(opened, now)
        waiting = [one for one in docking.prepare(now) if not one.known]
        with platform_of(opened, lambda zh, en: context.log.info("%s %s", zh, en)) as platform:
            brought = docking.bring_back(platform, docking.by_clock, now)
            sent = list(docking.send(waiting, platform, docking.by_clock, now))
        context.add_output_metadata(
            {
                "noted": dg.MetadataValue.int(brought.noted),
                "unknown": dg.MetadataValue.int(len(brought.unknown)),
                "receipts": dg.MetadataValue.json([one.receipt.receipt for one in sent]),
                "drafts": dg.MetadataValue.int(sum(len(one.receipt.drafts) for one in sent)),
                "changes": dg.MetadataValue.int(sum(len(one.receipt.changes) for one in sent)),
                "held_back": dg.MetadataValue.int(sum(len(one.receipt.held_back) for one in sent)),
            }
        )


@dg.job(
    name=DOCKING, executor_def=dg.in_process_executor, description="与上级平台对接。Docking to the city's platform."
)
def docking() -> None:
    """Docking to the city's platform."""
    dock_op()


@dg.schedule(
    name="docking",
    job=docking,
    cron_schedule="30 5 * * *",
    execution_timezone=str(SHANGHAI),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="每天 5:30，已对接上级平台的，取回办理结果并报送目录。Every day at 5:30, where the home is docked.",
)
def docking_nightly(context: dg.ScheduleEvaluationContext, hub: HubResource) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Ask for a run where there is a platform above."""
    day = context.scheduled_execution_time.astimezone(SHANGHAI).date()
    with hub.opened() as opened:
        above = is_docked(opened)
    if above:
        yield dg.RunRequest(run_key=f"{DOCKING}/{day}", tags={DAY: day.isoformat()})
    else:
        yield dg.SkipReason("没有 city/upstream.yaml，未对接上级平台。The home is docked to no platform.")
