"""Who acts on a ticket by command: an account, or whoever sits at the machine of the hub.

Whoever can write the home can do anything to it, so no password is asked for here; what is asked is a name, for the record.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from accounts.model import ROLE_WORDS, Account, Role, check_can_enter
from ground.errors import UserError
from portal.cli import output
from portal.cli.accounts import check_department
from portal.cli.context import moment, opened
from portal.wording import is_late, said_due, said_state
from quality.tickets.permissions import Actor

if TYPE_CHECKING:
    from hub.hub import Hub
    from quality.tickets.events import TicketRow

Ticket = Annotated[str, typer.Argument(help="工单编号 id of a ticket.")]
As = Annotated[str | None, typer.Option("--as", help="以此账号的名义办理 the account that acts.")]
OfDepartment = Annotated[
    str | None,
    typer.Option(
        "--department", help="没有账号时，经办人所属部门 department of the officer, where no account is given."
    ),
]
Reason = Annotated[str, typer.Option("--reason", help="理由或说明 reason.")]
Document = Annotated[str, typer.Option("--document", help="文号 number of the document.")]
Record = Annotated[str, typer.Option("--record", help="记录 record of what was said.")]


def actor_of(account: Account) -> Actor:
    """An account as who acts."""
    return Actor(f"person:{account.id}", account.name, account.role, account.department)


def _entered(account: Account, now: datetime) -> Actor:
    check_can_enter(account, now)
    return actor_of(account)


def acting(
    hub: Hub, account: str | None, now: datetime, *, department: str | None = None, provider: bool = False
) -> Actor:
    """Who acts: the account that is named, or has the login's name; else the administrator of this machine.

    Args:
        hub: knows the accounts.
        account: what ``--as`` says.
        now: the account must be in force.
        department: what ``--department`` says: an officer of this department.
        provider: the step is one of a department's officer.

    Raises:
        UserError: no such account, it may not be used, or nobody says for which department.
    """
    if account is not None:
        if department is not None:
            raise UserError(
                "--as 与 --department 只写一个：账号自有部门。",
                "Give --as or --department: an account has its department.",
                where="--department",
            )
        return _entered(hub.accounts.get(account), now)
    login = getpass.getuser()
    own = hub.accounts.find(login)
    if own is not None and department is None:
        return _entered(own, now)
    check_department(hub, department)
    if provider and department is None:
        raise UserError(
            "此步骤由部门经办人办理：请用 --as 指明账号，或用 --department 指明部门。",
            "An officer of a department does this: name the account by --as, or the department by --department.",
            where="--as",
        )
    role = Role.PROVIDER if provider else Role.STEWARD
    output.warn(
        f"未指明账号，以本机用户 {login} 的名义办理，视为{ROLE_WORDS[role][0]}{f'（{department}）' if provider else ''}。"
        f" No account is named: recorded as person:{login}, acting as {role.value}{f' of {department}' if provider else ''}."
    )
    return Actor(f"person:{login}", login, role, department if provider else None)


MORE_WORDS = {
    "report": "报告 report",
    "joined": "并入已有工单 joined a ticket that was there",
    "repeated": "重复报告 sent before",
    "batch": "批次 batch",
}


@dataclass
class Step:
    """One step of a ticket by command: who does it, when, and what is told of it."""

    hub: Hub
    actor: Actor
    now: datetime
    json: bool

    def done(self, *rows: TicketRow, **more: Any) -> None:
        """Tell where the tickets stand now."""
        if self.json:
            facts = [facts_of(one, self.now) for one in rows]
            output.as_json({**facts[0], **more} if len(facts) == 1 else facts)
            return
        for one in rows:
            output.line(
                f"{one.id}：{said_state(self.hub, one)}，部门 department {one.department}，"
                f"问题 findings {one.findings_open}/{one.findings_total}，截止 due {said_due(one, self.now)}"
            )
        for name, value in more.items():
            said = ("是 yes" if value else "否 no") if isinstance(value, bool) else output.shown(value)
            output.line(f"{MORE_WORDS.get(name, name)}：{said}")


def facts_of(one: TicketRow, when: datetime) -> dict[str, Any]:
    """A ticket for programs."""
    return {**asdict(one), "overdue": is_late(one, when)}


@contextmanager
def step(
    home: Path,
    now: str | None,
    json: bool,
    account: str | None,
    *,
    department: str | None = None,
    provider: bool = False,
) -> Iterator[Step]:
    """Open the home for one step."""
    when = moment(now)
    with opened(home) as hub:
        yield Step(hub, acting(hub, account, when, department=department, provider=provider), when, json)


def needed_day(text: str | None, option: str) -> date:
    """A day that must be given.

    Raises:
        UserError: it is missing or no day.
    """
    if text is None:
        raise UserError(f"请写明 {option}，形如 2026-12-01。", f"Give {option}, such as 2026-12-01.", where=option)
    return day(text, option)


def day(text: str, option: str) -> date:
    """A day as written; UserError if it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(f"{option} 应形如 2026-12-01。", f"Write {option} as 2026-12-01.", where=option) from None


def content_of(path: Path) -> bytes:
    """The bytes of a file; UserError if it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise UserError("没有这个文件。", "There is no such file.", where=str(path)) from None
    except OSError as fault:
        raise UserError(
            f"文件无法读取（{type(fault).__name__}）。", f"The file cannot be read ({type(fault).__name__}).", where=str(path)
        ) from None  # fmt: skip
