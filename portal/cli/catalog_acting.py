"""Who acts on the catalogue by command: an account, or whoever sits at the machine of the hub, for a department.

As for tickets (`portal.cli.acting`) no password is asked for: whoever can write the home can do anything to it. What is
asked is a name, for the trail.
"""

from __future__ import annotations

import getpass
from datetime import datetime
from typing import TYPE_CHECKING

from accounts.model import Account, Role, check_can_enter
from catalog.cases.person import PART_WORDS, Part, Person
from catalog.departments import DepartmentKind
from ground.errors import Forbidden, UserError
from portal.cli import output

if TYPE_CHECKING:
    from hub.hub import Hub

_PARTS = {Role.STEWARD: Part.AUTHORITY, Role.OPERATOR: Part.OPERATOR, Role.PROVIDER: Part.PROVIDER}
_BY_KIND = {DepartmentKind.AUTHORITY: Part.AUTHORITY, DepartmentKind.OPERATOR: Part.OPERATOR}


def person_of(account: Account) -> Person:
    """An account as who acts on the catalogue.

    Raises:
        Forbidden: a reporter of problem data, who has no part in the catalogue.
    """
    part = _PARTS.get(account.role)
    if part is None:
        raise Forbidden(
            "反馈人不参与编目。请由本部门经办人或数据主管部门办理。",
            "A reporter has no part in the catalogue; an officer of the department or the authority does this.",
            where=account.id,
        )
    return Person(f"person:{account.id}", part, account.department)


def catalog_person(
    hub: Hub, account: str | None, now: datetime, *, department: str | None = None, looking: bool = False
) -> Person:
    """Who acts: the account that is named, or has the login's name; else whoever sits here, for ``department``.

    Args:
        hub: knows accounts and departments.
        account: what ``--as`` says.
        now: the account must be in force.
        department: what ``--department`` says: the part follows from its kind (an authority, the operator, a provider).
            Without it the administrator of this machine acts as the authority of the whole city.
        looking: nothing is recorded, so in whose name is not told.

    Raises:
        UserError: both are given, or there is no such account or department.
        Forbidden: the account has no part in the catalogue.
    """
    if account is not None and department is not None:
        raise UserError(
            "--as 与 --department 只写一个：账号自有部门。",
            "Give --as or --department: an account has its department.",
            where="--department",
        )
    login = getpass.getuser()
    own = hub.accounts.get(account) if account is not None else hub.accounts.find(login)
    if own is not None and department is None:
        check_can_enter(own, now)
        return person_of(own)
    part = Part.AUTHORITY
    if department is not None:
        part = _BY_KIND.get(hub.city.department(department).kind, Part.PROVIDER)
    if looking:
        return Person(f"person:{login}", part, department)
    words = PART_WORDS[part]
    of = f"（{department}）" if department else ""
    output.warn(
        f"未指明账号，以本机用户 {login} 的名义办理，视为{words[0]}{of}。"
        f" No account is named: recorded as person:{login}, acting as {words[1]}{f' ({department})' if department else ''}."
    )
    return Person(f"person:{login}", part, department)
