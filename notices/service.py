"""Tells persons and systems what happened: queued with what happened, sent when its time has come, tried again.

The outbox pattern: `NoticeService.queue` writes in the caller's transaction, so that a notice is there exactly if the thing
it tells of is. Sending is a step of its own; what fails is kept, tried again and shown, and never fails its caller. A
message that was handed over just before a crash is sent once more: at least once, and never by two senders at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy.engine import Connection

from ground.errors import UserError
from notices import claims, inbox, store, timing
from notices.channels.channel import Channel
from notices.inbox import Entry
from notices.model import Directory, Notice, is_machine
from notices.sending import Sender, SentReport
from notices.settings import NoticeSettings
from notices.states import State
from notices.store import Delivery, Planned
from policy.calendar import WorkingCalendar
from warehouse.operational import OperationalDatabase


class NoticeService:
    """Queues, sends and shows notices.

    Args:
        db: operational database.
        settings: channels and hours.
        directory: where recipients are reached.
        channels: channel id -> channel, from `notices.channels.making`.
        calendar: for days off.
        elapsed: seconds that go by while a run sends; replaced in tests.
    """

    def __init__(
        self,
        db: OperationalDatabase,
        settings: NoticeSettings,
        directory: Directory,
        channels: Mapping[str, Channel],
        calendar: WorkingCalendar,
        *,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._db = db
        self._settings = settings
        self._is_workday = calendar.is_workday
        self._sender = Sender(db, settings, directory, channels, calendar.is_workday, elapsed)

    def queue(self, connection: Connection, notices: Sequence[Notice], now: datetime) -> int:
        """Keep notices in the caller's transaction; how many are new. The same one twice is one.

        Args:
            connection: the transaction in which happens what they tell of.
            notices: what to tell whom.
            now: aware.
        """
        return store.add(connection, [self._planned(one, now) for one in notices])

    def send_due(self, now: datetime, limit: int = 1000) -> SentReport:
        """Send what is due, at most ``limit`` messages; a channel that fails costs nobody else anything.

        Args:
            now: aware; the moment of the run's beginning.
            limit: messages; a digest is one.

        Raises:
            Unavailable: the operational database cannot be used.
        """
        return self._sender.send_due(now, limit)

    def waiting(self, now: datetime) -> bool:
        """Whether anything is due to be sent."""
        with self._db.begin() as connection:
            return bool(store.unrouted(connection, now, 1, quiet=False)) or claims.due_count(connection, now) > 0

    def deliveries(self, state: State | None = None, limit: int = 100, offset: int = 0) -> list[Delivery]:
        """Deliveries, newest first, of one state or all."""
        with self._db.begin() as connection:
            return store.deliveries(connection, state=state, limit=limit, offset=offset)

    def counts(self) -> dict[State, int]:
        """How many deliveries there are in each state."""
        with self._db.begin() as connection:
            return store.counts(connection)

    def retry(self, delivery_id: int, now: datetime) -> Delivery:
        """Let a delivery that failed or was given up be tried at the next sending.

        Raises:
            UserError: there is none, it waits already, or it was sent.
        """
        with self._db.begin() as connection:
            found = store.again(connection, delivery_id, now)
        if found is None:
            raise UserError(
                f"没有编号为 {delivery_id} 的投递。请用 shuyuan notice list 查看。",
                f"There is no delivery {delivery_id}; see shuyuan notice list.",
            )
        return found

    def inbox(
        self,
        *recipients: str,
        reader: str | None = None,
        unread_only: bool = False,
        limit: int = 50,
        offset: int = 0,
    ) -> list[Entry]:
        """What stands at the desk, newest first.

        Args:
            *recipients: whose notices: ``person:<id>``, with ``department:<id>`` beside it.
            reader: who reads; the first of ``recipients`` unless said.
            unread_only: only what he has not read.
            limit: at most so many.
            offset: after so many.
        """
        with self._db.begin() as connection:
            return inbox.entries(
                connection, recipients, reader or recipients[0], unread_only=unread_only, limit=limit, offset=offset
            )

    def unread(self, *recipients: str, reader: str | None = None) -> int:
        """How many of them the reader has not read."""
        with self._db.begin() as connection:
            return inbox.unread(connection, recipients, reader or recipients[0])

    def mark_read(
        self, *recipients: str, now: datetime, ids: Sequence[str] | None = None, reader: str | None = None
    ) -> int:
        """Note that the reader has read notices (those with ``ids``, or all); how many he had not."""
        with self._db.begin() as connection:
            return inbox.mark_read(connection, recipients, reader or recipients[0], ids, now)

    # --- how -------------------------------------------------------------------------------------------------------

    def _planned(self, one: Notice, now: datetime) -> Planned:
        digest = self._settings.digest
        machine = is_machine(one.recipient)
        waits = digest is not None and one.topic in digest.topics and not one.urgent and not machine
        if not self._settings.sends:
            return Planned(one, None, digest=False)
        due = timing.when(
            now,
            urgent=one.urgent,
            machine=machine,
            digest_at=digest.at if digest is not None and waits else None,
            quiet=self._settings.quiet,
            is_workday=self._is_workday,
        )
        return Planned(one, due, digest=waits)
