"""Tells persons and systems what happened: queued with what happened, sent when its time has come, tried again.

The outbox pattern: `NoticeService.queue` writes in the caller's transaction, so that a notice is there exactly if the thing
it tells of is. Sending is a step of its own; what fails is kept, tried again and shown, and never fails its caller. A
message that was handed over just before a crash is sent once more: at least once, and never by two senders at once.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.engine import Connection

from ground.errors import UserError
from notices import inbox, store, timing
from notices.channels.channel import OUT_OF_ORDER, Channel, DeliveryFailed
from notices.inbox import Entry
from notices.message import Message
from notices.model import Address, Directory, Notice, is_machine
from notices.routing import CALLBACK, routes
from notices.settings import NoticeSettings
from notices.states import Event, State
from notices.store import Claimed, Delivery, Planned
from policy.calendar import WorkingCalendar
from policy.clock import SHANGHAI
from warehouse.operational import OperationalDatabase

CHUNK = 200
"""Notices that are routed in one transaction."""


@dataclass(frozen=True, slots=True)
class SentReport:
    """What a run of sending did, in deliveries; a digest of five is five.

    Attributes:
        sent: handed over.
        failed: will be tried again.
        given_up: will not.
        nowhere: notices that no channel leads to; they stand at the desk.
        left: still due, since a channel is out of order or the limit was reached.
    """

    sent: int
    failed: int
    given_up: int
    nowhere: int
    left: int


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
        self._directory = directory
        self._channels = channels
        self._is_workday = calendar.is_workday
        self._elapsed = elapsed

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
        begun = self._elapsed()
        nowhere = self._route_due(now)
        avoid: set[tuple[str, str]] = set()
        merging = [name for name, channel in self._channels.items() if channel.merges]
        done: dict[State | None, int] = {}
        for _ in range(limit):
            at = now + timedelta(seconds=self._elapsed() - begun)
            lease = uuid.uuid4().hex
            with self._db.begin() as connection:
                claimed = store.claim(connection, at, lease, avoid=avoid, merging=merging)
            if not claimed:
                break
            failure = self._try(claimed, at)
            if failure is not None and failure.kind in OUT_OF_ORDER:
                avoid.add(_server(claimed[0]))
            settled = now + timedelta(seconds=self._elapsed() - begun)
            with self._db.begin() as connection:
                for one in claimed:
                    state = self._settle(connection, one, lease, failure, settled)
                    done[state] = done.get(state, 0) + 1
        with self._db.begin() as connection:
            left = store.due_count(connection, now)
        return SentReport(
            sent=done.get(State.SENT, 0),
            failed=done.get(State.FAILED, 0),
            given_up=done.get(State.GIVEN_UP, 0),
            nowhere=nowhere,
            left=left,
        )

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

    def _route_due(self, now: datetime) -> int:
        """Make the deliveries of what is due: only now is it known who is there today. How many lead nowhere."""
        nowhere = 0
        resolve = self._remembering(now)
        while True:
            with self._db.begin() as connection:
                due = store.unrouted(connection, now, CHUNK)
            ways = [(one, routes(one, self._settings, resolve(one.recipient))) for one in due]
            with self._db.begin() as connection:
                made = [(way, store.route(connection, one, way, now)) for one, way in ways]
            nowhere += sum(1 for way, mine in made if mine and not way)
            if len(due) < CHUNK:
                return nowhere

    def _remembering(self, now: datetime) -> Callable[[str], Sequence[Address]]:
        today = now.astimezone(SHANGHAI).date()
        known: dict[str, Sequence[Address]] = {}

        def resolve(recipient: str) -> Sequence[Address]:
            if recipient not in known:
                known[recipient] = self._directory.resolve(recipient, today)
            return known[recipient]

        return resolve

    def _try(self, claimed: list[Claimed], at: datetime) -> DeliveryFailed | None:
        first = claimed[0]
        try:
            channel = self._channels.get(first.channel)
            if channel is None:
                raise DeliveryFailed("channel_removed", retry=False)
            message = Message(_message_id(claimed), first.name, tuple(one.notice for one in claimed))
            channel.send(self._address(first, at), message, at)
        except DeliveryFailed as failure:
            return failure
        except Exception as fault:  # a fault of ours in one channel must not stop the others
            return DeliveryFailed(f"fault_{type(fault).__name__}", retry=True)
        return None

    def _address(self, one: Claimed, at: datetime) -> Address:
        """The address, with its secret, which is asked for anew at every try and kept nowhere here."""
        if one.channel != CALLBACK:
            return Address(one.channel, one.target, one.name)
        for found in self._directory.resolve(one.notice.recipient, at.astimezone(SHANGHAI).date()):
            if (found.channel, found.target) == ("webhook", one.target):
                return found
        raise DeliveryFailed("key_withdrawn", retry=False)

    def _settle(
        self, connection: Connection, one: Claimed, lease: str, failure: DeliveryFailed | None, now: datetime
    ) -> State | None:
        settle = partial(store.settle, connection, one, lease, now=now)
        if failure is None:
            return settle(Event.TAKEN, error=None, next_try_at=None)
        then = timing.after_failure(one.tries + 1, now) if failure.retry else None
        if then is None:
            return settle(Event.ENDED, error=failure.kind, next_try_at=None)
        if not (one.notice.urgent or is_machine(one.notice.recipient)):
            then = timing.first_audible(then, self._settings.quiet, self._is_workday)
        return settle(Event.REFUSED, error=failure.kind, next_try_at=then)


def _message_id(claimed: list[Claimed]) -> str:
    """The same whenever the same deliveries go together; mail programs hide the second of two with one id."""
    ids = sorted(one.id for one in claimed)
    if len(ids) == 1:
        return f"D{ids[0]}"
    return f"D{ids[0]}-{hashlib.sha256(repr(ids).encode()).hexdigest()[:12]}"


def _server(one: Claimed) -> tuple[str, str]:
    """What is out of order when a message was not taken: the channel, or of callbacks the one system."""
    return (one.channel, one.target if one.channel == CALLBACK else "")
