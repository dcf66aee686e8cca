"""Keeps notices and their deliveries: what is to be told, to which addresses, and what became of it.

Who may try a delivery now is `notices.claims`; what is read at the desk `notices.inbox`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, RowMapping

from ledger.chain import canonical
from notices.model import Notice, To, Topic
from notices.routing import Route
from notices.states import Event, State, after
from notices.tables import notice, notice_delivery


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


def add(connection: Connection, planned: Sequence[Planned]) -> int:
    """Keep notices; those that are known are left as they are. How many are new."""
    if not planned:
        return 0
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    written = insert(notice).on_conflict_do_nothing().returning(notice.c.id)
    return len(connection.execute(written, [_as_row(one) for one in planned]).all())


def disturbs() -> sa.ColumnElement[bool]:
    """Whether a notice may be told in quiet hours: it is urgent, or a system is told."""
    return sa.or_(notice.c.urgent, notice.c.recipient.startswith(f"{To.KEY}:", autoescape=True))


def unrouted(connection: Connection, now: datetime, limit: int, *, quiet: bool) -> list[Notice]:
    """Notices whose time has come and that have no deliveries yet, oldest first; if ``quiet``, those that may disturb."""
    found = (
        sa.select(notice)
        .where(notice.c.routed_at.is_(None), notice.c.due_at <= now)
        .order_by(notice.c.due_at, notice.c.seq)
        .limit(limit)
    )
    if quiet:
        found = found.where(disturbs())
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
