"""Reading notices at the desk: what a person sees, and what he has read. Nothing needs to be sent for that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from notices.model import Notice
from notices.store import as_notice
from notices.tables import notice, notice_reading


@dataclass(frozen=True, slots=True)
class Entry:
    """A notice and when its reader read it; None when he has not."""

    notice: Notice
    read_at: datetime | None


def entries(
    connection: Connection, recipients: Sequence[str], reader: str, *, unread_only: bool, limit: int, offset: int
) -> list[Entry]:
    """Notices to any of ``recipients``, newest first."""
    found = (
        sa.select(notice, notice_reading.c.at.label("read_at"))
        .select_from(_with_reading(reader))
        .where(notice.c.recipient.in_(recipients))
        .order_by(notice.c.created_at.desc(), notice.c.seq.desc())
        .limit(limit)
        .offset(offset)
    )
    if unread_only:
        found = found.where(notice_reading.c.at.is_(None))
    return [Entry(as_notice(row), row["read_at"]) for row in connection.execute(found).mappings()]


def unread(connection: Connection, recipients: Sequence[str], reader: str) -> int:
    """How many notices to any of ``recipients`` the reader has not read."""
    found = (
        sa.select(sa.func.count())
        .select_from(_with_reading(reader))
        .where(notice.c.recipient.in_(recipients), notice_reading.c.at.is_(None))
    )
    return int(connection.execute(found).scalar_one())


def mark_read(
    connection: Connection, recipients: Sequence[str], reader: str, ids: Sequence[str] | None, now: datetime
) -> int:
    """Note that the reader has read these notices (None: all) to ``recipients``; how many he had not."""
    new = (
        sa.select(notice.c.id, sa.literal(reader), sa.bindparam("at", now, notice_reading.c.at.type))
        .select_from(_with_reading(reader))
        .where(notice.c.recipient.in_(recipients), notice_reading.c.at.is_(None))
    )
    if ids is not None:
        new = new.where(notice.c.id.in_(ids))
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    written = insert(notice_reading).from_select(["notice", "reader", "at"], new).on_conflict_do_nothing()
    return len(connection.execute(written.returning(notice_reading.c.notice)).all())


def _with_reading(reader: str) -> sa.Join:
    mine = sa.and_(notice_reading.c.notice == notice.c.id, notice_reading.c.reader == reader)
    return notice.outerjoin(notice_reading, mine)
