"""The push door: a department's own system delivers what changed, as it happens (Longyan 9: 实时汇聚).

What arrives is read at once, so that its sender is told there and then whether it is what the feed declares; it lands
untouched and is registered in one transaction, and the next run of intake takes it like every other delivery. A new key says
something new, even in the same bytes: a state may be left and come back. The same key again is the same delivery.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from catalog.city import City
from catalog.feed import Feed
from catalog.formats import Zip
from catalog.model import Resource
from catalog.sources import PushSource
from ground.errors import Conflict, Forbidden, NotFound, RefusedData, UserError
from pipelines.intake import checking, drift, periods, take
from pipelines.intake.arrivals import SHANGHAI
from pipelines.intake.landing import Landing
from pipelines.intake.push_store import Push, PushStore
from pipelines.intake.receiving import Receiving
from pipelines.intake.store import Delivery, DeliveryStore, Outcome
from warehouse.duckdb_engine import DuckDbEngine
from warehouse.operational import OperationalDatabase

AHEAD = timedelta(minutes=5)
"""By how much the clock of a sender may go before ours."""

AT_ONCE, MEMORY = 2, "512MB"
"""Bodies that are read at a time, and what the engine may hold for each: the desk answers people beside it."""

_SUFFIXES = {"fixed_width": ".txt", "shapefile": ".zip", "geopackage": ".gpkg"}


@dataclass(frozen=True, slots=True)
class Sent:
    """What a system says of the body that it sends.

    Attributes:
        idempotency_key: its own number of this delivery.
        api_key: id of the key it came with.
        occurred_at: when the oldest change in it happened; None where it does not say.
    """

    idempotency_key: str
    api_key: str
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a system is answered, and may ask for later.

    Attributes:
        delivery: as it stands now.
        push: what was read at the door.
        repeated: this key was sent before; nothing new was registered.
    """

    delivery: Delivery
    push: Push
    repeated: bool = False


class PushDoor:
    """Receives deliveries.

    Args:
        home: the home folder: ``landing/`` and ``spill/`` are below it.
        city: what is declared.
        database: where deliveries are registered.
        in_force: whether the entry of a resource is published and in force at a moment.
        look: told of the columns of a delivery that is refused (`pipelines.intake.drift`).
    """

    def __init__(
        self,
        home: Path,
        city: Callable[[], City],
        database: OperationalDatabase,
        *,
        in_force: Callable[[str, datetime], bool],
        look: drift.Look = drift.unwatched,
    ) -> None:
        self._home = home
        self._city = city
        self._database = database
        self._deliveries = DeliveryStore(database)
        self._pushes = PushStore(database)
        self._landing = Landing(home / "landing")
        self._in_force = in_force
        self._look = look
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def feed(self, feed_id: str, department: str) -> Feed:
        """The feed that a department's system names.

        Raises:
            NotFound: there is none.
            Forbidden: its resource is another department's.
        """
        city = self._city()
        found = next((one for one in city.feeds if one.id == feed_id), None)
        if found is None:
            raise NotFound("没有这个数据源，请核对编号。", "There is no such feed; check its id.", where="feed")
        if city.department_of(found.resource_id).id != department:
            raise Forbidden(
                "该数据源属于其他部门。每个部门只送达本部门的数据。",
                "This feed is another department's; each delivers its own data.",
                where=found.id,
            )
        return found

    def check_open(self, feed_id: str, department: str, now: datetime) -> Feed:
        """The feed, if a system of the department may push to it now.

        Raises:
            NotFound, Forbidden: as `feed`.
            UserError: the feed is not one that is pushed.
            Conflict: the entry of its resource is not published, or was withdrawn.
        """
        found = self.feed(feed_id, department)
        if not isinstance(found.source, PushSource):
            raise UserError(
                f"数据源 {found.id} 不是推送来源（source.kind: push），其数据另有来处。",
                f"The feed {found.id} is not pushed (source.kind: push); its data come another way.",
                where=found.id,
            )
        if not self._in_force(found.resource_id, now):
            raise Conflict(
                f"信息资源 {found.resource_id} 的目录条目未发布或已撤销，不接收送达。请先办理目录条目。",
                f"The entry of {found.resource_id} is not published, or was withdrawn; nothing is received for it. See to the "
                "entry first.",
                where=found.resource_id,
            )
        return found

    def receiving(self, feed: Feed) -> Receiving:
        """A place for a body of this feed that is coming in."""
        kind = "zip" if isinstance(feed.format, Zip) else feed.format.kind
        return Receiving(self._home / "landing", _SUFFIXES.get(kind, f".{kind}"))

    def take_in(self, feed: Feed, body: Receiving, sent: Sent, now: datetime) -> Receipt:
        """Register a body that has come in whole.

        Returns:
            The receipt; of a key that was sent before, that of its delivery.

        Raises:
            UserError: the body is empty, or what it says happened lies ahead.
            Conflict: the key was used for other bytes.
            RefusedData: the body is not what the feed declares, or too much of it breaks the contract. The delivery is
                registered, refused, and its bytes are kept; ``where`` is its number.
            Unavailable: the disk or the database cannot be used now; nothing is left.
        """
        _check_said(body, sent, now)
        body.finish()
        with self._database.begin() as connection:
            earlier = self._earlier(connection, feed, body, sent)
        if earlier is None:
            resource = self._city().resource(feed.resource_id)
            period = periods.of_day(now.astimezone(SHANGHAI).date(), resource.update_cycle)
            reading = self._read(feed, resource, body, f"push/{sent.api_key}", period, now)
            earlier = self._registered(feed, body, sent, reading, now)
        return _answered(earlier)

    def receipt(self, delivery_id: str, department: str) -> Receipt:
        """What became of a delivery that was pushed.

        Raises:
            NotFound: there is no such delivery, or it did not come this way.
            Forbidden: it is another department's.
        """
        one = self._deliveries.by_id(delivery_id)
        push = self._pushes.of_delivery(one.seq) if one is not None else None
        if one is None or push is None:
            raise NotFound(
                "没有这个推送批次，请核对编号。",
                "There is no such pushed delivery; check its number.",
                where="delivery",
            )
        self.feed(one.feed, department)
        return Receipt(one, push)

    def _earlier(self, connection: Connection, feed: Feed, body: Receiving, sent: Sent) -> Receipt | None:
        push = self._pushes.find(connection, feed.id, sent.idempotency_key)
        if push is None:
            return None
        one = self._deliveries.by_seq(connection, push.delivery)
        if one.sha256 != body.sha256:
            raise Conflict(
                f"此 Idempotency-Key 已用于批次 {one.id}，而内容不同。新的内容请用新的编号。",
                f"This Idempotency-Key was used for {one.id}, whose bytes are others. New content takes a new key.",
                where=one.id,
            )
        return Receipt(one, push, repeated=True)

    def _read(
        self, feed: Feed, resource: Resource, body: Receiving, name: str, period: str, now: datetime
    ) -> checking.Reading:
        """Read a body as intake will, and have the columns of a refused one looked at."""
        spill = self._home / "spill"
        with self._turns, DuckDbEngine(threads=1, memory_limit=MEMORY, temp_directory=spill) as engine:
            try:
                staged = take.read(engine, feed, body.path, spill, where=name)
            except RefusedData as refusal:
                seen = drift.of_refusal(feed, refusal)
                reading = checking.Reading(name, period, [], {}, [], 0, {}, (refusal.zh, refusal.en))
            else:
                seen = drift.of_taken(feed, staged.not_taken)
                reading = checking.judge(engine, feed, resource, staged, name=name, period=period, now=now)
        if reading.refusal is not None and seen is not None:
            self._look(feed, resource, seen, now)
        return reading

    def _registered(self, feed: Feed, body: Receiving, sent: Sent, reading: checking.Reading, now: datetime) -> Receipt:
        """`_register`, or the receipt of the same key that was registered at the same moment."""
        try:
            return self._register(feed, body, sent, reading, now)
        except IntegrityError:  # PostgreSQL has no writer wait for another that has not named a key yet
            with self._database.begin() as connection:
                earlier = self._earlier(connection, feed, body, sent)
            if earlier is None:
                raise
            return earlier

    def _register(self, feed: Feed, body: Receiving, sent: Sent, reading: checking.Reading, now: datetime) -> Receipt:
        """Delivery, key and bytes together: who sees the one sees the others."""
        with self._database.writing() as connection:
            earlier = self._earlier(connection, feed, body, sent)  # the same key may have come twice at once
            if earlier is not None:
                return earlier
            one = self._deliveries.add_in(
                connection, feed=feed.id, resource=feed.resource_id, period=reading.period, name=reading.name,
                sha256=body.sha256, size=body.size, now=now,
                outcome=Outcome.REFUSED if reading.refusal else Outcome.LANDED, message=reading.refusal or ("", ""),
            )  # fmt: skip
            problems = {reason: rows for reason, (rows, _) in reading.problems.items()}
            push = Push(one.seq, feed.id, sent.idempotency_key, sent.api_key, reading.rows, problems, sent.occurred_at)
            self._pushes.add_in(connection, push)
            body.settle_in(self._landing.folder(one))
        self._landing.write_outcome(one, now)
        return Receipt(one, push)


def _check_said(body: Receiving, sent: Sent, now: datetime) -> None:
    if body.size == 0:
        raise UserError(
            "请求体为空。没有变化就不必推送。", "The body is empty; what did not change is not pushed.", where="body"
        )
    if sent.occurred_at is not None and sent.occurred_at > now + AHEAD:
        raise UserError(
            "Occurred-At 晚于现在，请核对贵方系统的时钟。",
            "Occurred-At lies ahead of now; check the clock of your system.",
            where="Occurred-At",
        )


def _answered(receipt: Receipt) -> Receipt:
    """The receipt of a delivery that may stand; of one that was refused at the door, the refusal, however often it is sent."""
    one = receipt.delivery
    if one.outcome is Outcome.REFUSED:
        raise RefusedData(one.message_zh or "", one.message_en or "", where=one.id)
    return receipt
