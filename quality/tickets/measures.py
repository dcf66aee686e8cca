"""How well are problem data handled? On time, how long, come back, how old: pure, tables in and table out.

What is counted, and why it cannot be made to look better:

- *due*: tickets that are finished, or whose limit has run out. Of these *on time* are those finished before their limit (the
  extended one, where it was extended; not the date of a rectification order). Whoever never finishes is not on time.
- *finished*: put right and gathered again (完成整改) on the day this was proven; confirmed or talked through on the day the
  department answered, since the review after it is the authority's. Merged and withdrawn tickets count nowhere.
- *days*: from the day of receipt, which is day zero, as the law counts (Haishu 27); working days by the official calendar.
- *came back*: an answer or an end that did not hold: sent back, not repaired, disputed, reopened, or one of its findings
  was found again after the ticket had ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from quality.tickets.events import Kind
from quality.tickets.states import Outcome, State

TICKET_SCHEMA = ibis.schema(
    {
        "id": "string",
        "department": "string",
        "resource": "string",
        "rule": "string",
        "state": "string",
        "outcome": "string",
        "received_at": "timestamp",
        "answered_at": "timestamp",
        "closed_at": "timestamp",
        "due_at": "timestamp",
        "rectified": "boolean",
        "rounds": "int64",
        "found_again": "boolean",
        "asked": "int64",
        "granted": "int64",
        "refused": "int64",
    }
)
"""One row per ticket; moments in UTC. ``found_again``: a finding that had ended in it stands, or stood, in a later ticket."""

CALENDAR_SCHEMA = ibis.schema({"day": "date", "number": "int64"})
"""Every day with the number of working days up to it, itself included: the working days between two are a difference."""

AGES: tuple[tuple[str, int | None, str, str], ...] = (
    ("a5", 5, "5 个工作日以内", "up to 5 working days"),
    ("a10", 10, "6–10 个工作日", "6 to 10"),
    ("a20", 20, "11–20 个工作日", "11 to 20"),
    ("a40", 40, "21–40 个工作日", "21 to 40"),
    ("more", None, "40 个工作日以上", "more than 40"),
)
"""Buckets of the age of open tickets: name, last working day since receipt, words."""

_BEIJING = ibis.interval(hours=8)
_COUNTED = (State.MERGED, State.WITHDRAWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """The measures of one department, one rule, or all.

    Attributes:
        level: ``city``, ``department`` or ``rule``; id: which one (a rule as ``resource/rule``); title: how it is called.
        received: tickets that reached a department; waiting: not yet routed.
        open, overdue: of the received; finished: of the received.
        due, on_time: tickets whose limit has told, and those in time.
        median_working_days, median_days: of the finished, from receipt; None where there is none.
        answered: tickets answered or ended at least once; came_back: of those.
        ages: bucket of `AGES` -> open tickets.
        asked, granted, refused: tickets with an extension asked for, granted, refused.
    """

    level: str
    id: str
    title: str
    received: int
    waiting: int
    open: int
    overdue: int
    finished: int
    due: int
    on_time: int
    median_working_days: float | None
    median_days: float | None
    answered: int
    came_back: int
    ages: dict[str, int]
    asked: int
    granted: int
    refused: int

    @property
    def on_time_rate(self) -> float | None:
        """Share of what was due; None where nothing was."""
        return self.on_time / self.due if self.due else None

    @property
    def reopen_rate(self) -> float | None:
        """Share of what was answered; None where nothing was."""
        return self.came_back / self.answered if self.answered else None

    @property
    def extension_rate(self) -> float | None:
        """Share of what was received for which an extension was granted."""
        return self.granted / self.received if self.received else None


def timed(tickets: ir.Table, calendar: ir.Table, now: ir.TimestampValue) -> ir.Table:
    """The tickets with what the clock says of each.

    Args:
        tickets: in `TICKET_SCHEMA`.
        calendar: in `CALENDAR_SCHEMA`, over every day in question.
        now: the moment, in UTC.

    Returns:
        ``id, department, resource, rule`` and the booleans and numbers that `measured` counts.
    """
    counted = tickets.filter(tickets["state"].notin([one.value for one in _COUNTED]))
    received = counted["received_at"].notnull()
    closed = counted["state"] == State.CLOSED.value
    corrected = counted["outcome"] == Outcome.CORRECTED.value
    ended = ibis.ifelse(corrected, counted["closed_at"], ibis.coalesce(counted["answered_at"], counted["closed_at"]))
    # Answered and under review: the department has done its part; the time goes on only if it is sent back.
    done = closed | (counted["state"] == State.RESOLVED.value)
    finished_at = ibis.ifelse(done & received, ended, ibis.null("timestamp"))
    late = counted["rectified"] | (ibis.coalesce(finished_at, now) >= counted["due_at"])
    rows = counted.mutate(
        _received=received,
        _finished=finished_at.notnull(),
        _open=received & ~done,
        _due=received & (finished_at.notnull() | late),
        _on_time=finished_at.notnull() & ~late,
        _overdue=received & ~done & (now >= counted["due_at"]),
        _from=(counted["received_at"] + _BEIJING).date(),
        _until=(ibis.coalesce(finished_at, now) + _BEIJING).date(),
        _answered=done | (counted["rounds"] > 0),
        _came_back=(counted["rounds"] > 0) | (closed & counted["found_again"]),
    )
    first = calendar.select(_from="day", _from_number="number")
    last = calendar.select(_until="day", _until_number="number")
    joined = rows.left_join(first, "_from").drop("_from_right").left_join(last, "_until").drop("_until_right")
    return joined.mutate(
        _working=joined["_until_number"] - joined["_from_number"],
        _natural=joined["_until"].epoch_days() - joined["_from"].epoch_days(),
    )


def measured(rows: ir.Table, by: Sequence[str]) -> ir.Table:
    """The counts of `Measure`, one row per group.

    Args:
        rows: what `timed` gives.
        by: columns to group by; none for one row over all.
    """
    finished, still = rows["_finished"], rows["_open"]
    ages = {name: (still & within).sum() for name, within in _ages(rows["_working"]).items()}
    counts = {
        "received": rows["_received"].sum(),
        "waiting": (~rows["_received"]).sum(),
        "open": still.sum(),
        "overdue": rows["_overdue"].sum(),
        "finished": finished.sum(),
        "due": rows["_due"].sum(),
        "on_time": rows["_on_time"].sum(),
        "median_working_days": rows["_working"].cast("float64").median(where=finished),
        "median_days": rows["_natural"].cast("float64").median(where=finished),
        "answered": rows["_answered"].sum(),
        "came_back": rows["_came_back"].sum(),
        "asked": (rows["asked"] > 0).sum(),
        "granted": (rows["granted"] > 0).sum(),
        "refused": (rows["refused"] > 0).sum(),
        **ages,
    }
    exact = {name: one if name.startswith("median") else one.fill_null(0).cast("int64") for name, one in counts.items()}
    grouped = rows.group_by(list(by)) if by else rows
    return grouped.agg(**exact)


def of_reports(rule: str) -> bool:
    """Whether a rule is no rule but what people report."""
    return rule in {f"report.{one.value}" for one in Kind}


def _ages(days: ir.IntegerValue) -> dict[str, ir.BooleanValue]:
    found: dict[str, ir.BooleanValue] = {}
    before = None
    for name, last, _, _ in AGES:
        low = ibis.literal(True) if before is None else days > before
        found[name] = low if last is None else low & (days <= last)
        before = last
    return found
