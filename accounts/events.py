"""What happened to accounts and keys, and who did it: written with the change, never changed after.

No event holds a password, a secret, or a way to reach a person: an entry that can never be removed is no place for those.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from accounts.tables import account_event, api_key_event
from ledger.chain import Json, canonical, check_text


class AccountEventKind(StrEnum):
    """What can happen to an account."""

    ADDED = "added"
    CHANGED = "changed"
    DISABLED = "disabled"
    PASSWORD_SET = "password_set"  # noqa: S105 (the name of an event)
    ENTERED = "entered"
    LOCKED = "locked"


class KeyEventKind(StrEnum):
    """What can happen to a key."""

    ISSUED = "issued"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened: when, by whom, what, with what facts."""

    at: datetime
    by: str
    event: str
    facts: Mapping[str, Any]


def note(
    connection: Connection,
    event: AccountEventKind | KeyEventKind,
    subject: str,
    by: str,
    now: datetime,
    facts: Json = None,
) -> None:
    """Write that ``event`` happened to ``subject`` (an account or, by the kind of event, a key), by ``by``."""
    check_text(by, "by")
    table, column = _place(isinstance(event, KeyEventKind))
    said = {column: subject, "at": now, "actor": by, "event": event.value, "facts": canonical(facts or {})}
    connection.execute(sa.insert(table).values(said))


def history(connection: Connection, subject: str, *, of_key: bool = False) -> list[Happening]:
    """Everything that happened to one account or key, in order."""
    table, column = _place(of_key)
    found = sa.select(table).where(table.c[column] == subject).order_by(table.c.id)
    return [
        Happening(row["at"], row["actor"], row["event"], json.loads(row["facts"]))
        for row in connection.execute(found).mappings()
    ]


def _place(of_key: bool) -> tuple[sa.Table, str]:
    return (api_key_event, "api_key") if of_key else (account_event, "account")
