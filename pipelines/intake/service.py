"""The use cases of intake: take what was delivered, check it without taking, replay a batch.

One delivery is one transaction of the lake: raw rows, quarantine and the change of standard become visible together.
A run killed at any point leaves either nothing of a delivery or all of it; the next run finishes what was landed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from catalog import forms
from catalog.city import City
from catalog.feed import Feed, Mode
from catalog.interfaces import HttpSource
from catalog.model import Resource
from catalog.sources import PushSource, SqlSource, comes_in_parts
from ground.errors import RefusedData, Unavailable, UserError
from pipelines.intake import bundle, checking, drift, landing, periods, take, together
from pipelines.intake.arrivals import SHANGHAI, Arrivals, Lacking, Waiting, continued
from pipelines.intake.store import Delivery, DeliveryStore, Outcome
from pipelines.intake.uploads import Upload, period_of
from warehouse.duckdb_engine import DuckDbEngine
from warehouse.lake import Lake, LakeWriter

Progress = Callable[[str], None]


def _silent(_: str) -> None:
    """Progress that nobody watches."""


def _nobody(resource: str, now: datetime) -> None:
    """Nobody hears of what was taken."""


class IntakeService:
    """Takes deliveries.

    Args:
        home: the home folder: ``inbox/``, ``landing/`` and ``spill/`` are below it.
        city: what is declared.
        lake: where rows go.
        store: what is known of deliveries.
        environment: variables that source URLs may name.
        kept: the landing folder; replaced in tests.
        look: told of the columns of every delivery (`pipelines.intake.drift`).
        heard: told of a resource, at the end of a call in which something of it was taken, and when.
    """

    def __init__(
        self,
        home: Path,
        city: City,
        lake: Lake,
        store: DeliveryStore,
        *,
        environment: Mapping[str, str],
        kept: landing.Landing | None = None,
        look: drift.Look = drift.unwatched,
        heard: Callable[[str, datetime], object] = _nobody,
    ) -> None:
        self._home = home
        self._city = city
        self._lake = lake
        self._store = store
        self._arrivals = Arrivals(home, environment)
        self._landing = kept or landing.Landing(home / "landing")
        self._look = look
        self._heard = heard

    def run(self, feed_id: str, now: datetime, progress: Progress = _silent) -> list[Delivery]:
        """Take everything that is waiting for a feed.

        Returns:
            The deliveries settled by this call, in order; for a file that was dealt with before, its delivery with
            outcome ``unchanged`` (or ``refused``, while the refused bytes still lie there).

        Raises:
            UserError: no such feed, or its source is declared wrongly.
            Unavailable: the source, the disk or the lake cannot be used now; what was landed is taken next time.
        """
        feed = self._city.feed(feed_id)
        resource = self._city.resource(feed.resource_id)
        settled = []
        with self._lake.writing() as writer:
            self._mend(feed, now)
            for group in together.groups(feed, self._store.landed(feed.id)):
                word = "推送 pushed" if isinstance(feed.source, PushSource) else "续办 resumed"
                progress(f"{group[0].id} {word}" + (f" … {group[-1].id}" if len(group) > 1 else ""))
                settled += self._settle_group(writer, feed, resource, group, now)
            for waiting in self._waiting(feed, resource, now, writer):
                if isinstance(waiting, Lacking):
                    progress(f"{feed.id} {waiting.name} {waiting.period} {waiting.zh} {waiting.en}")
                    continue
                progress(f"{feed.id} {waiting.name}")
                one = self._land(feed, waiting, now)
                waiting.landed()
                if one.outcome is Outcome.LANDED:
                    settled.append(self._settle(writer, feed, resource, one, now))
                elif one.seq not in [other.seq for other in settled]:
                    settled.append(one)
        self._tell(settled, now)
        return settled

    def upload(self, feed_id: str, upload: Upload, now: datetime) -> Delivery:
        """Take a file that a person brings by hand: the same landing and the same checks as for any other.

        Returns:
            The delivery; ``unchanged`` where the same bytes were taken before.

        Raises:
            UserError: no such feed, no such period, or a feed that reads a database.
            Unavailable: the disk or the lake cannot be used now; what was landed is taken next time.
        """
        feed = self._city.feed(feed_id)
        resource = self._city.resource(feed.resource_id)
        if isinstance(feed.source, SqlSource):
            raise UserError(
                "该数据源读取数据库，没有可以上传的文件格式。请另写一个文件来源的数据源。",
                "This feed reads a database and has no form of file to upload; declare a feed with a file source beside it.",
                where=feed.id,
            )
        period = period_of(feed, resource, upload, now)
        with self._lake.writing() as writer:
            self._mend(feed, now)
            packed = self._home / "spill" / f"{feed.id}-upload{bundle.SUFFIX}"
            try:
                path = bundle.pack(packed, [upload.file]) if comes_in_parts(feed.source) else upload.file
                one = self._land(feed, Waiting(path, upload.file.name, period), now, upload)
            except OSError as fault:
                raise landing.full_disk(fault, upload.file.name) from fault
            finally:
                packed.unlink(missing_ok=True)
            settled = self._settle(writer, feed, resource, one, now) if one.outcome is Outcome.LANDED else one
        self._tell([settled], now)
        return settled

    def check(self, feed_id: str, now: datetime, file: Path | None = None) -> list[checking.Reading]:
        """Read what waits for a feed (or ``file``) and say what would become of it, taking nothing.

        Raises:
            UserError: no such feed.
            Unavailable: its database does not answer.
        """
        feed = self._city.feed(feed_id)
        resource = self._city.resource(feed.resource_id)
        if file is None:
            found = self._waiting(feed, resource, now)
        else:
            day = now.astimezone(SHANGHAI).date()
            found = iter([Waiting(file, file.name, periods.of_day(day, resource.update_cycle))])
        with DuckDbEngine() as engine:
            return [
                checking.lacking(feed, one)
                if isinstance(one, Lacking)
                else checking.check(
                    engine,
                    bundle.as_landed(feed, one.path),
                    resource,
                    one.path,
                    name=one.name,
                    period=one.period,
                    spill=self._home / "spill",
                    now=now,
                )
                for one in found
            ]

    def replay(self, delivery_id: str, now: datetime) -> Delivery:
        """Read a landed delivery again under the declarations of today.

        Raises:
            UserError: no such delivery, or one that has nothing to replay.
        """
        one = self._store.by_id(delivery_id)
        if one is None:
            raise UserError(
                f"没有批次 {delivery_id}。批次形如 feed/2026-11/0001，用 status 查看。",
                f"There is no delivery {delivery_id}; they look like feed/2026-11/0001, and status lists them.",
            )
        if one.outcome in (Outcome.UNCHANGED, Outcome.LATE):
            raise UserError(
                f"该批次的结果是 {one.outcome}，没有可重放的行。",
                f"This delivery is {one.outcome}; it has no rows to replay.",
                where=one.id,
            )
        feed = self._city.feed(one.feed)
        again = one if one.outcome is Outcome.LANDED else replace(one, attempt=one.attempt + 1)
        with self._lake.writing() as writer:
            settled = self._settle(writer, feed, self._city.resource(feed.resource_id), again, now)
        self._tell([settled], now)
        return settled

    def _tell(self, settled: Sequence[Delivery], now: datetime) -> None:
        for resource in sorted({one.resource for one in settled if one.outcome is Outcome.TAKEN}):
            self._heard(resource, now)

    def _waiting(
        self, feed: Feed, resource: Resource, now: datetime, writer: LakeWriter | None = None
    ) -> Iterator[Waiting | Lacking]:
        """What the source holds now; without a writer it is only looked at. A source that fails is noted in landing."""
        arrivals = self._arrivals.of(
            feed, resource, now, since=lambda: self._since(feed, resource, writer), look=writer is None
        )
        while True:
            try:
                one = next(arrivals, None)
            except Unavailable as fault:
                if writer is not None:
                    self._landing.write_failure(feed.id, now, fault)
                raise
            if one is None:
                return
            yield one

    def _since(self, feed: Feed, resource: Resource, writer: LakeWriter | None) -> str | None:
        """Where an interface is continued: read from what was taken, so that a refused delivery is asked for again."""
        rule = feed.source.since if isinstance(feed.source, HttpSource) else None
        taken = [one.received_at for one in self._store.of(feed.id) if one.outcome is Outcome.TAKEN]
        highest, name = None, f"standard.{resource.id}"
        if rule is not None and rule.item is not None and writer is not None and writer.has(name):
            rows = writer.table(name)
            rows = rows.filter(rows["_feed"] == feed.id)
            highest = writer.engine.to_arrow(rows[rule.item].max()).column(0)[0].as_py()
        return continued(feed, highest, taken[-1] if taken else None)

    def _land(self, feed: Feed, waiting: Waiting, now: datetime, upload: Upload | None = None) -> Delivery:
        """Register a delivery and keep its bytes; one that brings nothing new is said to be unchanged."""
        before = [one for one in self._store.of(feed.id) if one.period == waiting.period]
        sha256, size = landing.sha256_of(waiting.path)
        same = _same(before, waiting.name, sha256)
        lies_there = waiting.stays or (same is not None and same.outcome is Outcome.REFUSED)
        if same is not None and same.name == waiting.name and lies_there:
            # The same file lies where it lay, or a table says again what was refused: no new delivery, only an answer.
            return same if same.outcome is Outcome.REFUSED else replace(same, outcome=Outcome.UNCHANGED)
        facts: dict[str, Any] = {
            "feed": feed.id, "resource": feed.resource_id, "period": waiting.period, "name": waiting.name,
            **({"by": upload.by, "reason": upload.reason} if upload is not None else {}),
        }  # fmt: skip
        if same is not None:
            message = (f"内容与批次 {same.id} 相同，无需处理。", f"Same bytes as delivery {same.id}; nothing to do.")
            one = self._store.add(
                **facts, sha256=sha256, size=size, now=now, outcome=Outcome.UNCHANGED, message=message
            )
            self._landing.write_outcome(one, now, bytes_kept_in=same.id)
            return one
        kept = self._landing.keep(waiting.path)
        one = self._store.add(**facts, sha256=kept.sha256, size=kept.size, now=now, outcome=Outcome.LANDED)
        self._landing.settle_in(kept.path, one, waiting.path.suffix)
        self._landing.write_outcome(one, now)
        return one

    def _mend(self, feed: Feed, now: datetime) -> None:
        """Finish in landing what a killed run began: bytes without their folder, an outcome not yet written."""
        for one in self._store.landed():
            self._landing.adopt(one)
        self._landing.clean()
        for last in self._store.last_settled(feed.id):
            if self._landing.tells(last):
                continue
            more = {}
            if last.outcome is Outcome.UNCHANGED:
                same = [one for one in self._store.of(feed.id) if one.sha256 == last.sha256]
                more = {"bytes_kept_in": [one.id for one in same if one.outcome is not Outcome.UNCHANGED][-1]}
            self._landing.write_outcome(last, now, **more)

    def _settle(self, writer: LakeWriter, feed: Feed, resource: Resource, one: Delivery, now: datetime) -> Delivery:
        """Take, refuse or set aside a landed delivery, and write its outcome."""
        newer = [
            other for other in self._store.of(feed.id)
            if other.outcome is Outcome.TAKEN and (other.period, other.seq) > (one.period, one.seq)
        ]  # fmt: skip
        overtaken = feed.mode is Mode.FULL and bool(newer)
        if overtaken and one.attempt > 1:
            raise UserError(
                f"该数据源其后已采用全量批次 {newer[-1].id}，重放旧批次不会改变任何行，未执行。",
                f"Delivery {newer[-1].id} of this full feed was taken after it; replaying the older one would change nothing "
                "and was not done.",
                where=one.id,
            )
        if overtaken:
            settled = self._store.settle(
                one, Outcome.LATE, now,
                message_zh="已有更新周期的全量数据，本批次只存档，不覆盖。",
                message_en="A newer period was taken already; this one is kept and overwrites nothing.",
            )  # fmt: skip
        else:
            settled = self._taken_or_refused(writer, feed, resource, one, now)
        self._landing.write_outcome(settled, now)
        return settled

    def _settle_group(
        self, writer: LakeWriter, feed: Feed, resource: Resource, group: Sequence[Delivery], now: datetime
    ) -> list[Delivery]:
        """`_settle` of deliveries that are taken together."""
        after = self._after(group[0])
        if len(group) == 1 or len(after) != len(self._after(group[-1])):  # what came between them was taken before
            return [self._settle(writer, feed, resource, one, now) for one in group]
        before = take.taken_before(writer, [one.batch for one in group])
        fresh = [one for one in group if one.batch not in before]
        answers: dict[int, together.Answer] = {one.seq: before[one.batch] for one in group if one.batch in before}
        seen: list[drift.Seen] = []
        try:
            if fresh:
                spill = self._home / "spill"
                taken = together.take_together(
                    writer, feed, resource, fresh, self._landing.payload, spill, after=after
                )  # fmt: skip
                answers |= dict(zip([one.seq for one in fresh], taken.answers, strict=True))
                seen = taken.seen
        except OSError as fault:
            raise landing.full_disk(fault, group[0].name) from fault
        settled = self._store.settle_all([_settling(one, answers[one.seq]) for one in group], now)
        for one in settled:
            self._landing.write_outcome(one, now)
        for said in seen:
            self._columns(feed, resource, said, now)
        return settled

    def _taken_or_refused(
        self, writer: LakeWriter, feed: Feed, resource: Resource, one: Delivery, now: datetime
    ) -> Delivery:
        seen: list[drift.Seen] = []
        try:
            counts = take.taken_before(writer, [one.batch]).get(one.batch)
            if counts is None:
                payload = self._landing.payload(one)
                form = bundle.as_landed(feed, payload)
                counts = take.take(
                    writer, form, resource, one, payload, self._home / "spill", after=self._after(one),
                    watch=lambda staged: seen.append(drift.of_taken(feed, staged.not_taken)),
                )  # fmt: skip
        except OSError as fault:
            raise landing.full_disk(fault, one.name) from fault
        except RefusedData as refusal:
            self._columns(feed, resource, drift.of_refusal(feed, refusal) or (seen[0] if seen else None), now)
            if one.outcome is Outcome.TAKEN:
                raise  # a replay that fails leaves the delivery as it was taken
            return self._store.settle(one, Outcome.REFUSED, now, message_zh=refusal.zh, message_en=refusal.en)
        settled = self._store.settle(one, Outcome.TAKEN, now, **vars(counts), message_zh=None, message_en=None)
        self._columns(feed, resource, seen[0] if seen else None, now)
        return settled

    def _columns(self, feed: Feed, resource: Resource, seen: drift.Seen | None, now: datetime) -> None:
        """Have the columns looked at; a form of the desk has those of its entry."""
        if seen is not None and not forms.is_form(feed.id):
            self._look(feed, resource, seen, now)

    def _after(self, one: Delivery) -> list[Delivery]:
        """Taken deliveries that a delivery may not overwrite: later ones, and later periods of the same feed."""
        return [
            other for other in self._store.of_resource(one.resource)
            if other.outcome is Outcome.TAKEN
            and (other.seq > one.seq or (other.feed == one.feed and other.period > one.period))
        ]  # fmt: skip


def _settling(one: Delivery, answer: together.Answer) -> tuple[Delivery, Outcome, dict[str, Any]]:
    """What became of a delivery, as it is recorded."""
    if isinstance(answer, RefusedData):
        return one, Outcome.REFUSED, {"message_zh": answer.zh, "message_en": answer.en}
    return one, Outcome.TAKEN, {**vars(answer), "message_zh": None, "message_en": None}


def _same(before: list[Delivery], name: str, sha256: str) -> Delivery | None:
    """The delivery that these bytes repeat: the newest of that name, or the newest that was taken in its period."""
    named = [one for one in before if one.name == name and one.outcome is not Outcome.UNCHANGED]
    if named and named[-1].sha256 == sha256:
        return named[-1]
    taken = [one for one in before if one.outcome is Outcome.TAKEN]
    return taken[-1] if taken and taken[-1].sha256 == sha256 else None
