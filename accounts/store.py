"""The rows of accounts and their passwords: read and written, in the transaction of the caller."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from accounts.model import Account, Role
from accounts.tables import account, account_password

_FIELDS = [field.name for field in fields(Account)]


def find(connection: Connection, account_id: str) -> Account | None:
    """The account with this id."""
    if "\x00" in account_id:
        return None  # PostgreSQL cannot even be asked for it
    row = connection.execute(sa.select(account).where(account.c.id == account_id)).mappings().first()
    return as_account(row) if row else None


def rows(connection: Connection, *, role: Role | None = None, department: str | None = None) -> list[Account]:
    """Accounts by id."""
    found = sa.select(account).order_by(account.c.id)
    if role is not None:
        found = found.where(account.c.role == role.value)
    if department is not None:
        found = found.where(account.c.department == department)
    return [as_account(row) for row in connection.execute(found).mappings()]


def insert(connection: Connection, one: Account, kept: str, now: datetime) -> None:
    """Write a new account with its password as it is kept."""
    facts = {name: getattr(one, name) for name in _FIELDS}
    connection.execute(sa.insert(account).values({**facts, "role": one.role.value}))
    connection.execute(sa.insert(account_password).values(account=one.id, kept=kept, set_at=now))


def update(connection: Connection, account_id: str, changes: dict[str, Any]) -> None:
    """Write the fields of ``changes``, and no others: two changes of different fields at once both stand."""
    connection.execute(sa.update(account).where(account.c.id == account_id).values(changes))


def kept_password(connection: Connection, account_id: str) -> str | None:
    """The password of an account as it is kept."""
    found = sa.select(account_password.c.kept).where(account_password.c.account == account_id)
    return connection.execute(found).scalar()


def keep_password(connection: Connection, account_id: str, kept: str, now: datetime) -> None:
    """Keep another password."""
    changed = sa.update(account_password).where(account_password.c.account == account_id)
    connection.execute(changed.values(kept=kept, set_at=now))


def as_account(row: RowMapping) -> Account:
    """An account from its row."""
    return Account(**{name: row[name] for name in _FIELDS if name != "role"}, role=Role(row["role"]))
