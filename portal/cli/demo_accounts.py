"""Accounts to try the desk of a demo home with: one of each role, passwords in a file that its owner alone may read."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from accounts import passwords
from accounts.model import ROLE_WORDS, Account, Role

if TYPE_CHECKING:
    from hub.hub import Hub

FILE = "demo-accounts.txt"
DEMO = (
    Account(id="steward", name="演示管理员", role=Role.STEWARD),
    Account(id="ga", name="演示经办人", role=Role.PROVIDER, department="ga"),
    Account(id="counter", name="演示窗口", role=Role.REPORTER, department="sp"),
)


def make_demo_accounts(hub: Hub, now: datetime) -> Path:
    """Make those that are not there yet, and write their passwords beside the keys of the home; where they are written.

    An account that is there keeps its password.
    """
    path = hub.home / "keys" / FILE
    known = {one.id for one in hub.city.departments}
    lines = []
    for one in DEMO:
        if hub.accounts.find(one.id) is None and one.department in (None, *known):
            password = passwords.generated()
            hub.accounts.add(one, password, "demo", now)
            lines.append(f"{one.id}\t{password}\t{ROLE_WORDS[one.role][0]} {one.role.value}\n")
    if lines:
        path.touch(mode=0o600)
        with path.open("a", encoding="utf-8") as written:
            written.writelines(lines)
    return path
