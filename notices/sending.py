"""One run of sending: what is due is routed, claimed, handed to its channel, and settled.

What fails is kept and tried again, and costs nobody else anything. A message that was handed over just before a crash is
sent once more: at least once, and never by two senders at once.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.engine import Connection

from notices import claims, store, timing
from notices.channels.channel import OUT_OF_ORDER, Channel, DeliveryFailed
from notices.claims import Claimed
from notices.message import Message
from notices.model import Address, Directory, is_machine
from notices.routing import CALLBACK, routes
from notices.settings import NoticeSettings
from notices.states import Event, State
from notices.timing import IsWorkday
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
        left: still due, since a channel is out of order, the limit was reached, or hours are quiet by now.
    """

    sent: int
    failed: int
    given_up: int
    nowhere: int
    left: int


class Sender:
    """Sends what is due; arguments as for `notices.service.NoticeService`."""

    def __init__(
        self,
        db: OperationalDatabase,
        settings: NoticeSettings,
        directory: Directory,
        channels: Mapping[str, Channel],
        is_workday: IsWorkday,
        elapsed: Callable[[], float],
    ) -> None:
        self._db = db
        self._settings = settings
        self._directory = directory
        self._channels = channels
        self._is_workday = is_workday
        self._elapsed = elapsed

    def send_due(self, now: datetime, limit: int) -> SentReport:
        """Send what is due, at most ``limit`` messages."""
        begun = self._elapsed()
        nowhere = self._route_due(now)
        avoid: set[tuple[str, str]] = set()
        merging = [name for name, channel in self._channels.items() if channel.merges]
        done: dict[State | None, int] = {}
        messages = 0
        while messages < limit:
            at = now + timedelta(seconds=self._elapsed() - begun)
            lease = uuid.uuid4().hex
            with self._db.begin() as connection:
                claimed = claims.claim(connection, at, lease, avoid=avoid, merging=merging, quiet=self._is_quiet(at))
            if claimed is None:
                break
            if not claimed:
                continue
            messages += 1
            failure = self._try(claimed, at)
            if failure is not None and failure.kind in OUT_OF_ORDER:
                avoid.add(_server(claimed[0]))
            settled = now + timedelta(seconds=self._elapsed() - begun)
            with self._db.begin() as connection:
                for one in claimed:
                    state = self._settle(connection, one, lease, failure, settled)
                    done[state] = done.get(state, 0) + 1
        with self._db.begin() as connection:
            left = claims.due_count(connection, now)
        return SentReport(
            sent=done.get(State.SENT, 0),
            failed=done.get(State.FAILED, 0),
            given_up=done.get(State.GIVEN_UP, 0),
            nowhere=nowhere,
            left=left,
        )

    def _route_due(self, now: datetime) -> int:
        """Make the deliveries of what is due: only now is it known who is there today. How many lead nowhere."""
        nowhere = 0
        resolve = self._remembering(now)
        quiet = self._is_quiet(now)
        while True:
            with self._db.begin() as connection:
                due = store.unrouted(connection, now, CHUNK, quiet=quiet)
            ways = [(one, routes(one, self._settings, resolve(one.recipient))) for one in due]
            with self._db.begin() as connection:
                made = [(way, store.route(connection, one, way, now)) for one, way in ways]
            nowhere += sum(1 for way, mine in made if mine and not way)
            if len(due) < CHUNK:
                return nowhere

    def _is_quiet(self, at: datetime) -> bool:
        """Whether persons are left alone now: the sender may run late, long after a notice was due."""
        quiet = self._settings.quiet
        return quiet is not None and quiet.holds(at, self._is_workday)

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
        settle = partial(claims.settle, connection, one, lease, now=now)
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
