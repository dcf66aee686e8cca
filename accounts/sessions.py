"""Who is behind this browser: sessions, known by a token of which only a digest is kept.

A session lives on for its lifetime after each use, and ends twelve hours after it began whatever happens. Its token
against forged requests (CSRF) is computed from the session's own token, and so is nowhere kept.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from accounts import store
from accounts.model import Account, can_enter
from accounts.tables import account_session

LIFETIME = timedelta(hours=8)
"""A working day: how long an idle session lives on."""
LONGEST = timedelta(hours=12)
"""From its beginning, used or not."""
_SLACK = timedelta(minutes=1)  # a page with twenty pictures must not write the session twenty times


@dataclass(frozen=True, slots=True)
class Session:
    """One session.

    Attributes:
        account: who is behind it, as the account stands now.
        csrf: what a form of this session must bring along.
        opened_at: when it began.
        expires_at: when it ends if it is not used again.
    """

    account: Account
    csrf: str
    opened_at: datetime
    expires_at: datetime


def begin(connection: Connection, account_id: str, now: datetime, lifetime: timedelta) -> str:
    """Begin a session; its token, which is kept nowhere. Sessions that are over are removed."""
    connection.execute(sa.delete(account_session).where(account_session.c.expires_at <= now))
    token = secrets.token_urlsafe(32)
    connection.execute(
        sa.insert(account_session).values(
            digest=_digest(token),
            account=account_id,
            opened_at=now,
            lifetime=int(lifetime.total_seconds()),
            expires_at=now + min(lifetime, LONGEST),
        )
    )
    return token


def use(connection: Connection, token: str, now: datetime) -> Session | None:
    """The session of ``token``, prolonged; None where there is none, it is over, or its holder may no longer come in."""
    kept = account_session.c
    row = connection.execute(sa.select(account_session).where(kept.digest == _digest(token))).mappings().first()
    if row is None or row["expires_at"] <= now:
        return None
    holder = store.find(connection, row["account"])
    if holder is None or not can_enter(holder, now):
        return None
    expires = min(now + timedelta(seconds=row["lifetime"]), row["opened_at"] + LONGEST)
    if expires - row["expires_at"] >= _SLACK:
        connection.execute(sa.update(account_session).where(kept.digest == row["digest"]).values(expires_at=expires))
    else:
        expires = row["expires_at"]
    return Session(holder, _csrf(token), row["opened_at"], expires)


def end(connection: Connection, token: str) -> None:
    """End the session of ``token``; nothing happens where there is none."""
    connection.execute(sa.delete(account_session).where(account_session.c.digest == _digest(token)))


def end_all(connection: Connection, account_id: str) -> None:
    """End every session of an account."""
    connection.execute(sa.delete(account_session).where(account_session.c.account == account_id))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _csrf(token: str) -> str:
    digest = hashlib.sha256(b"shuyuan csrf\x00" + token.encode("utf-8", "surrogatepass")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
