"""Lets several senders share the work without sending anything twice.

A sender claims a delivery by writing its name and a time into it, in one statement that succeeds for one sender only. A
sender that dies leaves a claim that runs out; one that is slow no longer settles what another has claimed since.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from notices.model import Notice
from notices.states import DUE, Event, State, after
from notices.store import as_notice, disturbs
from notices.tables import notice, notice_delivery

LEASE = timedelta(minutes=5)
"""How long a claim holds; longer than any channel may take over one message."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this sender alone may try now."""

    id: int
    notice: Notice
    channel: str
    target: str
    name: str
    state: State
    tries: int


def claim(
    connection: Connection,
    now: datetime,
    lease: str,
    *,
    avoid: Collection[tuple[str, str]],
    merging: Collection[str],
    quiet: bool,
) -> list[Claimed] | None:
    """Claim what is tried next: one delivery, or all that go into the same digest.

    Args:
        connection: a transaction of its own, committed before anything is sent.
        now: aware.
        lease: the name of this sender's claim; a new one for every call.
        avoid: channels and targets that are out of order; no target means the whole channel.
        merging: channels in which a digest is one message.
        quiet: persons are left alone now, but for what is urgent.

    Returns:
        What was claimed; nothing if another sender was quicker; None if nothing is due.
    """
    free = _free(now, avoid)
    if quiet:
        free = sa.and_(
            free, sa.exists().where(notice.c.id == notice_delivery.c.notice, disturbs()).correlate(notice_delivery)
        )
    found = (
        sa.select(notice_delivery.c.id, notice_delivery.c.channel, notice_delivery.c.target, notice.c.digest)
        .join(notice, notice.c.id == notice_delivery.c.notice)
        .where(free)
        .order_by(notice_delivery.c.next_try_at, notice_delivery.c.id)
        .limit(1)
    )
    first = connection.execute(found).mappings().first()
    if first is None:
        return None
    together = notice_delivery.c.id == first["id"]
    if first["digest"] and first["channel"] in merging:
        together = sa.and_(
            notice_delivery.c.channel == first["channel"],
            notice_delivery.c.target == first["target"],
            notice_delivery.c.notice.in_(sa.select(notice.c.id).where(notice.c.digest)),
        )
    # In order of id, so that two senders wait for each other and never in a ring; the second then finds nothing free.
    wanted = sa.select(notice_delivery.c.id).where(free, together).order_by(notice_delivery.c.id).with_for_update()
    ids = connection.execute(wanted).scalars().all()
    # SQLite has no lock on a row: there this statement decides who is first.
    mine = sa.update(notice_delivery).where(notice_delivery.c.id.in_(ids), free)
    connection.execute(mine.values(lease=lease, leased_until=now + LEASE))
    return _claimed(connection, lease)


def _free(now: datetime, avoid: Collection[tuple[str, str]]) -> sa.ColumnElement[bool]:
    kept = notice_delivery.c
    return sa.and_(
        kept.state.in_(DUE),
        kept.next_try_at <= now,
        sa.or_(kept.leased_until.is_(None), kept.leased_until <= now),
        kept.channel.not_in([channel for channel, target in avoid if not target]),
        *[sa.or_(kept.channel != channel, kept.target != target) for channel, target in avoid if target],
    )


def settle(
    connection: Connection,
    one: Claimed,
    lease: str,
    event: Event,
    *,
    now: datetime,
    error: str | None,
    next_try_at: datetime | None,
) -> State | None:
    """Write down how a try ended; None if the claim had run out and another sender has it."""
    state = after(one.state, event)
    done = connection.execute(
        sa.update(notice_delivery)
        .where(notice_delivery.c.id == one.id, notice_delivery.c.lease == lease)
        .values(
            state=state,
            tries=one.tries + 1,
            next_try_at=next_try_at,
            last_error=error,
            sent_at=now if state is State.SENT else None,
            lease=None,
            leased_until=None,
        )
    )
    return state if done.rowcount == 1 else None


def due_count(connection: Connection, now: datetime) -> int:
    """How many deliveries are due."""
    found = sa.select(sa.func.count()).where(notice_delivery.c.state.in_(DUE), notice_delivery.c.next_try_at <= now)
    return int(connection.execute(found).scalar_one())


def _claimed(connection: Connection, lease: str) -> list[Claimed]:
    kept = notice_delivery.c
    found = (
        sa.select(
            notice,
            kept.id.label("delivery"),
            kept.channel,
            kept.target,
            kept.name,
            kept.state,
            kept.tries,
        )
        .join(notice, notice.c.id == kept.notice)
        .where(kept.lease == lease)
        .order_by(notice.c.seq, kept.id)
    )
    return [
        Claimed(
            id=row["delivery"],
            notice=as_notice(row),
            channel=row["channel"],
            target=row["target"],
            name=row["name"],
            state=State(row["state"]),
            tries=row["tries"],
        )
        for row in connection.execute(found).mappings()
    ]
