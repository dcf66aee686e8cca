"""``clock``: until when, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from ground.errors import UserError
from policy.calendar import WorkingCalendar
from policy.clock import SHANGHAI, Period, due
from portal.cli import output
from portal.cli.context import HOME, Home, Json, Now, moment


def clock(
    received: Annotated[str, typer.Argument(help="收到之日或时刻，如 2026-09-24 day or moment of receipt.")],
    days: Annotated[str, typer.Option("--days", help="期限：10wd 工作日，60nd 自然日 period.")] = "5wd",
    roll: Annotated[bool, typer.Option("--roll", help="末日遇休息日顺延 move on past days off.")] = False,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """计算法定期限并逐日说明 Compute a deadline on the official calendar, and explain it day by day."""
    del home  # every command takes it; the calendar needs no home
    when = moment(now)
    try:
        start = datetime.fromisoformat(received)
    except ValueError:
        raise UserError(
            "收到日期应形如 2026-09-24 或 2026-09-24T15:00。", "Write the receipt as 2026-09-24 or 2026-09-24T15:00."
        ) from None
    start = start if start.tzinfo else start.replace(tzinfo=SHANGHAI)
    deadline = due(start, Period.parse(days), WorkingCalendar.standard(), roll_past_holidays=roll)
    if json:
        output.as_json(
            {
                "received": start,
                "period": str(deadline.period),
                "due": deadline.due,
                "due_at": deadline.due_at,
                "provisional": deadline.provisional,
                "overdue": deadline.is_overdue(when),
                "explanation": {"zh": deadline.explain("zh"), "en": deadline.explain("en")},
            }
        )
        return
    for zh, en in zip(deadline.explain("zh"), deadline.explain("en"), strict=True):
        output.line(f"{zh}  [dim]{en}[/dim]")


def register(app: typer.Typer) -> None:
    """Add these commands to the door."""
    app.command()(clock)
