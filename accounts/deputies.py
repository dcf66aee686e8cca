"""Who acts for an officer today: the officer, or the first along the chain of deputies who is there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from accounts.model import Account
from ground.errors import UserError


def stand_in(officer: Account, find: Callable[[str], Account | None], today: date) -> Account:
    """Who acts for ``officer`` on ``today``.

    Two officers may stand in for each other; the chain ends where it comes back. Where nobody along it is there, it is
    the officer: a notice that waits for somebody is better than one that reaches nobody.

    Args:
        officer: whose turn it is.
        find: account of an id.
        today: the day in Beijing.
    """
    seen: set[str] = set()
    one: Account | None = officer
    while one is not None and one.id not in seen:
        if _is_there(one, today):
            return one
        seen.add(one.id)
        one = find(one.deputy) if one.deputy is not None else None
    return officer


def check_can_stand_in(deputy: Account | None, officer: Account) -> None:
    """``deputy`` may stand in for ``officer``, or UserError says why not.

    The deputy sees what the officer would have seen, so both have the same role in the same department.
    """
    if deputy is None:
        raise UserError("代理人的账号不存在。", "There is no account of that deputy.", where="deputy")
    if deputy.disabled_at is not None:
        raise UserError("代理人的账号已停用。", "The account of that deputy is disabled.", where="deputy")
    if (deputy.role, deputy.department) != (officer.role, officer.department):
        raise UserError(
            "代理人须与本人同部门、同角色：代理人会看到本人应看到的内容。",
            "A deputy has the same role in the same department: the deputy sees what the officer would have seen.",
            where="deputy",
        )


def _is_there(one: Account, today: date) -> bool:
    ended = one.disabled_at is not None or (one.expires_on is not None and today > one.expires_on)
    return not ended and not one.absent(today)
