"""What waits for a feed, wherever it comes from: every source ends in a local file with a name and a period.

Files in the inbox are read where they lie. What a database, an interface or a server gives, and what comes in pieces, is
written to a work file that is gone after the delivery was landed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from catalog.feed import Feed, Mode
from catalog.interfaces import HttpSource
from catalog.model import Resource
from catalog.sources import FileSource, PushSource, SftpSource, SqlSource
from ground.errors import Unavailable
from pipelines.intake import bundle, inbox, periods

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Waiting:
    """Bytes that wait for a feed.

    Attributes:
        path: where they are now.
        name: what they are called, for messages and to know them again.
        period: canonical period.
        stays: whether the same bytes are found again at every look (a file that lies there).
        landed: to be called once they are in landing.
    """

    path: Path
    name: str
    period: str
    stays: bool = False
    landed: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Lacking:
    """A delivery that is not whole yet and waits in the inbox: why, in both languages."""

    name: str
    period: str
    zh: str
    en: str


class Arrivals:
    """Looks for what came.

    Args:
        home: the home folder: ``inbox/``, ``landing/`` and ``spill/`` are below it.
        environment: variables that sources may name.
    """

    def __init__(self, home: Path, environment: Mapping[str, str]) -> None:
        self._home = home
        self._environment = environment

    def of(
        self, feed: Feed, resource: Resource, now: datetime, *, since: Callable[[], str | None], look: bool = False
    ) -> Iterator[Waiting | Lacking]:
        """What the source holds now, oldest period first.

        Args:
            feed, resource: their declarations.
            now: the moment.
            since: where an interface is to be continued.
            look: only look: an interface is asked for one page, a server for its oldest file.

        Raises:
            UserError: the source is declared wrongly, or a variable is not set.
            Unavailable: it does not answer.
        """
        today = now.astimezone(SHANGHAI).date()
        match feed.source:
            case FileSource():
                yield from self._files(feed, feed.source, resource, today)
            case SqlSource():
                yield from self._rows(feed, feed.source, resource, today)
            case HttpSource():
                yield from self._answers(feed, feed.source, resource, today, since, look=look)
            case SftpSource():
                yield from self._remote(feed, feed.source, resource, today, look=look)
            case PushSource():
                return  # what was pushed lies in landing already (`pipelines.intake.pushing`)

    def _spill(self, name: str) -> Path:
        folder = self._home / "spill"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / name

    def _files(self, feed: Feed, source: FileSource, resource: Resource, today: date) -> Iterator[Waiting | Lacking]:
        for found in inbox.find(self._home / "inbox", source, resource.update_cycle, today, feed.format):
            if found.lacking is not None:
                yield Lacking(found.name, found.period, *found.lacking)
            elif len(found.paths) == 1 and not source.in_parts:
                yield Waiting(found.paths[0], found.name, found.period, stays=True)
            else:
                target = self._spill(f"{feed.id}{bundle.SUFFIX}")
                try:
                    yield Waiting(bundle.pack(target, found.paths), found.name, found.period, stays=True)
                finally:
                    target.unlink(missing_ok=True)

    def _rows(self, feed: Feed, source: SqlSource, resource: Resource, today: date) -> Iterator[Waiting]:
        from pipelines.intake import read_sql

        target = self._spill(f"{feed.id}.parquet")
        try:
            read_sql.fetch(source, target, home=self._home, environment=self._environment, where=feed.id)
            yield Waiting(target, feed.id, periods.of_day(today, resource.update_cycle))
        finally:
            target.unlink(missing_ok=True)

    def _answers(
        self, feed: Feed, source: HttpSource, resource: Resource, today: date, since: Callable[[], str | None], *,
        look: bool,
    ) -> Iterator[Waiting]:  # fmt: skip
        from pipelines.intake import fetch_http

        target = self._spill(f"{feed.id}{bundle.SUFFIX}")
        try:
            fetched = fetch_http.fetch(
                source, feed.format, target, since=since(), environment=self._environment, where=feed.id,
                pages=1 if look else None,
            )  # fmt: skip
            if fetched.pages:
                yield Waiting(target, feed.id, periods.of_day(today, resource.update_cycle))
            elif feed.mode is Mode.FULL:
                raise Unavailable(
                    "接口没有返回任何记录。若来源确已清空，请用 tombstone 方式送达注销。",
                    "The interface returned no records. If the source is truly empty, deliver tombstones.",
                    where=feed.id,
                )
        finally:
            target.unlink(missing_ok=True)

    def _remote(
        self, feed: Feed, source: SftpSource, resource: Resource, today: date, *, look: bool
    ) -> Iterator[Waiting]:
        from pipelines.intake import fetch_sftp

        seen = fetch_sftp.Seen(self._home / "landing" / feed.id / "remote.json")
        with fetch_sftp.connected(source, home=self._home, environment=self._environment, where=feed.id) as folder:
            found = folder.find(resource.update_cycle, today)
            for one in found[:1] if look else [one for one in found if not seen.has(one)]:
                target = self._spill(f"{feed.id}{Path(one.name).suffix}")
                try:
                    folder.fetch(one, target)
                    yield Waiting(target, one.name, one.period, stays=True, landed=lambda one=one: seen.note(one))  # type: ignore[misc]
                finally:
                    target.unlink(missing_ok=True)


def continued(feed: Feed, highest: object, last: datetime | None) -> str | None:
    """What ``since`` asks an interface for.

    Args:
        feed: the feed.
        highest: the highest value of ``since.item`` that was taken: date, datetime, int, or None.
        last: when the last taken delivery came.

    Returns:
        The value as the interface wants it written; None where it asks for everything.
    """
    rule = feed.source.since if isinstance(feed.source, HttpSource) else None
    if rule is None:
        return None
    value = highest if rule.item is not None else (last.astimezone(SHANGHAI) if last is not None else None)
    if value is None:
        return rule.first
    if isinstance(value, int):
        return str(value)
    moment = value if isinstance(value, datetime) else datetime.combine(value, datetime.min.time())  # type: ignore[arg-type]
    return (moment - timedelta(minutes=rule.overlap_minutes)).strftime(rule.format)
