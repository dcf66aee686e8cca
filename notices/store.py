"""Keeps notices and their deliveries, and lets several senders share the work without sending anything twice.

A sender claims a delivery by writing its name and a time into it, in one statement that succeeds for one sender only. A
sender that dies leaves a claim that runs out; one that is slow no longer settles what another has claimed since.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, RowMapping

from ledger.chain import canonical
from notices.model import Notice, Topic
from notices.routing import Route
from notices.states import DUE, Event, State, after
from notices.tables import notice, notice_delivery

LEASE = timedelta(minutes=5)
"""How long a claim holds; longer than any channel may take over one message."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A notice and when it is told: None at the desk only; ``digest`` together with others."""

    notice: Notice
    due_at: datetime | None
    digest: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """The delivery of a notice to one address, as it is shown: without the address, which may be private."""

    id: int
    notice: str
    topic: Topic
    about: str
    recipient: str
    urgent: bool
    channel: str
    name: str
    state: State
    tries: int
    next_try_at: datetime | None
    last_error: str | None
    sent_at: datetime | None


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


def add(connection: Connection, planned: Sequence[Planned]) -> int:
    """Keep notices; those that are known are left as they are. How many are new."""
    if not planned:
        return 0
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    written = insert(notice).on_conflict_do_nothing().returning(notice.c.id)
    return len(connection.execute(written, [_as_row(one) for one in planned]).all())


def unrouted(connection: Connection, now: datetime, limit: int) -> list[Notice]:
    """Notices whose time has come and that have no deliveries yet, oldest first."""
    found = (
        sa.select(notice)
        .where(notice.c.routed_at.is_(None), notice.c.due_at <= now)
        .order_by(notice.c.due_at, notice.c.id)
        .limit(limit)
    )
    return [as_notice(row) for row in connection.execute(found).mappings()]


def route(connection: Connection, one: Notice, routes: Iterable[Route], now: datetime) -> bool:
    """Make the deliveries of a notice; False if another sender has made them."""
    taken = connection.execute(
        sa.update(notice).where(notice.c.id == one.id, notice.c.routed_at.is_(None)).values(routed_at=now)
    )
    if taken.rowcount != 1:
        return False
    rows = [
        {
            "notice": one.id,
            "channel": way.channel,
            "target": way.address.target,
            "name": way.address.name,
            "state": State.WAITING,
            "tries": 0,
            "next_try_at": now,
        }
        for way in routes
    ]
    if rows:
        connection.execute(sa.insert(notice_delivery), rows)
    return True


def claim(
    connection: Connection, now: datetime, lease: str, *, avoid: Iterable[tuple[str, str]], merging: Iterable[str]
) -> list[Claimed]:
    """Claim what is tried next: one delivery, or all that go into the same digest; none when nothing is due.

    Args:
        connection: a transaction of its own, committed before anything is sent.
        now: aware.
        lease: the name of this sender's claim; a new one for every call.
        avoid: channels and targets that are out of order.
        merging: channels in which a digest is one message.
    """
    free = sa.and_(
        notice_delivery.c.state.in_(DUE),
        notice_delivery.c.next_try_at <= now,
        sa.or_(notice_delivery.c.leased_until.is_(None), notice_delivery.c.leased_until <= now),
        *[
            sa.or_(notice_delivery.c.channel != channel, notice_delivery.c.target != target)
            for channel, target in avoid
            if target
        ],
        notice_delivery.c.channel.not_in([channel for channel, target in avoid if not target]),
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
        return []
    together = notice_delivery.c.id == first["id"]
    if first["digest"] and first["channel"] in merging:
        digests = sa.select(notice.c.id).where(notice.c.digest)
        together = sa.and_(
            notice_delivery.c.channel == first["channel"],
            notice_delivery.c.target == first["target"],
            notice_delivery.c.notice.in_(digests),
        )
    connection.execute(sa.update(notice_delivery).where(free, together).values(lease=lease, leased_until=now + LEASE))
    return _claimed(connection, lease)


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


def again(connection: Connection, delivery_id: int, now: datetime) -> Delivery | None:
    """Let a delivery that failed or was given up be tried at once, from the first pause on; None if there is none.

    Raises:
        UserError: it waits already, or was sent.
    """
    row = connection.execute(_shown().where(notice_delivery.c.id == delivery_id)).mappings().first()
    if row is None:
        return None
    before = State(row["state"])
    connection.execute(
        sa.update(notice_delivery)
        .where(notice_delivery.c.id == delivery_id, notice_delivery.c.state == before)
        .values(state=after(before, Event.RETRIED), tries=0, next_try_at=now, lease=None, leased_until=None)
    )
    return _as_delivery(connection.execute(_shown().where(notice_delivery.c.id == delivery_id)).mappings().one())


def deliveries(connection: Connection, *, state: State | None, limit: int, offset: int) -> list[Delivery]:
    """Deliveries, newest first."""
    found = _shown().order_by(notice_delivery.c.id.desc()).limit(limit).offset(offset)
    if state is not None:
        found = found.where(notice_delivery.c.state == state)
    return [_as_delivery(row) for row in connection.execute(found).mappings()]


def counts(connection: Connection) -> dict[State, int]:
    """How many deliveries there are in each state."""
    found = sa.select(notice_delivery.c.state, sa.func.count()).group_by(notice_delivery.c.state)
    counted = {State(state): int(number) for state, number in connection.execute(found)}
    return {state: counted.get(state, 0) for state in State}


def due_count(connection: Connection, now: datetime) -> int:
    """How many deliveries are due."""
    found = sa.select(sa.func.count()).where(notice_delivery.c.state.in_(DUE), notice_delivery.c.next_try_at <= now)
    return int(connection.execute(found).scalar_one())


def as_notice(row: RowMapping) -> Notice:
    """A notice from its row."""
    return Notice(
        topic=Topic(row["topic"]),
        about=row["about"],
        recipient=row["recipient"],
        occasion=row["occasion"],
        subject_zh=row["subject_zh"],
        subject_en=row["subject_en"],
        body_zh=row["body_zh"],
        body_en=row["body_en"],
        created_at=row["created_at"],
        urgent=row["urgent"],
        payload=json.loads(row["payload"]),
    )


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
        .order_by(notice.c.created_at, kept.id)
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


def _shown() -> sa.Select[tuple[object, ...]]:
    return sa.select(notice_delivery, notice.c.topic, notice.c.about, notice.c.recipient, notice.c.urgent).join(
        notice, notice.c.id == notice_delivery.c.notice
    )


def _as_delivery(row: RowMapping) -> Delivery:
    return Delivery(
        id=row["id"],
        notice=row["notice"],
        topic=Topic(row["topic"]),
        about=row["about"],
        recipient=row["recipient"],
        urgent=row["urgent"],
        channel=row["channel"],
        name=row["name"],
        state=State(row["state"]),
        tries=row["tries"],
        next_try_at=row["next_try_at"],
        last_error=row["last_error"],
        sent_at=row["sent_at"],
    )


def _as_row(planned: Planned) -> dict[str, object]:
    one = planned.notice
    return {
        "id": one.id,
        "topic": one.topic,
        "about": one.about,
        "recipient": one.recipient,
        "occasion": one.occasion,
        "subject_zh": one.subject_zh,
        "subject_en": one.subject_en,
        "body_zh": one.body_zh,
        "body_en": one.body_en,
        "urgent": one.urgent,
        "payload": canonical(one.payload),
        "created_at": one.created_at,
        "digest": planned.digest,
        "due_at": planned.due_at,
        "routed_at": None,
    }
