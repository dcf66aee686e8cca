"""What the clock brings about, as jobs of one step each: reminders and overdue tickets and catalogue cases, and the sending of notices.

No assets: nothing is made that something else is made from. Metadata are counts and ids of tickets, never a value.
"""

from collections.abc import Sequence

import dagster as dg

from assets.faults import RETRY, explained
from assets.resources import Clock, HubResource
from hub.case_clock import tick
from notices.sending import SentReport
from quality.tickets.events import TicketRow

TICKET_CLOCK = "ticket_clock"
NOTICES = "notices"
SHOWN = 100
"""Ids of tickets that the metadata name; the counts are always whole."""


@dg.op(
    name="tick",
    retry_policy=RETRY,
    description="到期提醒、记逾期、按日历重算期限，并发送通知。Reminds, notes what is overdue, computes dates again, sends.",
)
def tick_op(context: dg.OpExecutionContext, hub: HubResource, clock: Clock) -> None:
    """Look at the clock for all tickets and all cases of the catalogue, then send what that brought about."""
    with explained(), hub.opened() as opened:
        now = clock.now()
        done = opened.timer.tick(now)
        late = opened.timer.to_rectify(now)
        metadata = {event.value: dg.MetadataValue.int(len(rows)) for event, rows in done.items()}
        metadata |= {"to_rectify": dg.MetadataValue.int(len(late))}
        named = {**{event.value: _ids(rows) for event, rows in done.items()}, "to_rectify": _ids(late)}
        cases = tick(opened, now)
        metadata |= {
            f"catalogue_{name}": dg.MetadataValue.int(len(getattr(cases, name)))
            for name in (
                "reminded",
                "overdue",
                "overrides_ended",
                "terms_ended",
                "exceptions_ended",
                "purchases_shared",
            )
        }
        sent = opened.notices.send_due(now)
        context.add_output_metadata({**metadata, "tickets": dg.MetadataValue.json(named), **_sent(sent)})


@dg.op(name="send", retry_policy=RETRY, description="发送到期的通知。Sends the notices that are due.")
def send_op(context: dg.OpExecutionContext, hub: HubResource, clock: Clock) -> None:
    """Send what is due."""
    with explained(), hub.opened() as opened:
        context.add_output_metadata(_sent(opened.notices.send_due(clock.now())))


@dg.job(name=TICKET_CLOCK, executor_def=dg.in_process_executor, description="工单时钟。The clock of tickets.")
def ticket_clock() -> None:
    """The clock of tickets."""
    tick_op()


@dg.job(name=NOTICES, executor_def=dg.in_process_executor, description="发送通知。Sending of notices.")
def notices() -> None:
    """Sending of notices."""
    send_op()


def _ids(rows: Sequence[TicketRow]) -> list[str]:
    return [one.id for one in rows[:SHOWN]]


def _sent(report: SentReport) -> dict[str, dg.MetadataValue]:
    facts = {"sent": report.sent, "failed": report.failed, "given_up": report.given_up, "nowhere": report.nowhere}
    return {f"notices_{name}": dg.MetadataValue.int(number) for name, number in facts.items()}
