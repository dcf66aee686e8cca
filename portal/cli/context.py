"""What every command shares: its options, the moment it runs at, the hub it opens."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ground.errors import UserError
from policy.clock import SHANGHAI
from portal.cli import output

if TYPE_CHECKING:
    from catalog.problems import Problem
    from hub.hub import Hub
    from pipelines.serving import Reader

Home = Annotated[Path, typer.Option("--home", help="工作目录，保存全部状态 folder of all state.", show_default=True)]
Json = Annotated[bool, typer.Option("--json", help="输出 JSON，供程序读取 print JSON for machines.")]
Now = Annotated[
    str | None,
    typer.Option(
        "--now", help="假定的当前时刻，如 2026-11-21T09:00（北京时间）pretend it is this moment (Beijing time)."
    ),
]
User = Annotated[str | None, typer.Option("--user", help="使用人员，记入台账 who reads, for the ledger.")]
Purpose = Annotated[str, typer.Option("--purpose", help="用途，记入台账 what for, for the ledger.")]

HOME = Path(".shuyuan")
TOLD = 10
"""Doubts that are told one by one."""
NOT_STATED = "未说明 not stated"


def moment(text: str | None) -> datetime:
    """The moment of a command: what ``--now`` says, else the clock. The one place that reads the clock.

    Raises:
        UserError: the text is no moment.
    """
    if text is None:
        return datetime.now(tz=SHANGHAI)
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(
            "--now 不是有效时刻，应形如 2026-11-21 或 2026-11-21T09:00:00+08:00。",
            "--now is no moment; write 2026-11-21 or 2026-11-21T09:00:00+08:00.",
        ) from None
    return value if value.tzinfo else value.replace(tzinfo=SHANGHAI)


@contextmanager
def opened(home: Path) -> Iterator[Hub]:
    """The hub over a home, its schema current, closed afterwards."""
    from hub.hub import Hub  # two seconds of imports: for commands that open a home, not for those that only speak

    hub = Hub(home)
    try:
        hub.upgrade()
        yield hub
        _tell(hub.doubts)
    finally:
        hub.close()


def _tell(doubts: Sequence[Problem]) -> None:
    """What was doubtful in a catalogue that was brought in, on the error stream."""
    if not doubts:
        return
    shown = [text for one in doubts[:TOLD] for text in one.lines()]
    more = ["……其余见 catalog check。… the others: catalog check."] if len(doubts) > TOLD else []
    output.warn("\n".join(["目录已载入，以下请核对 loaded, to be looked at:", *shown, *more]))


def reader(user: str | None, purpose: str) -> Reader:
    """Who reads, for the ledger; the account name where nobody is named."""
    from pipelines.serving import Reader

    return Reader(user or getpass.getuser(), purpose)
