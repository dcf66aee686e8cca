"""How long it takes from a change at a department until its data are on the platform, and whether real time is kept.

Source: data of a department's own system are gathered in real time (实时汇聚, Longyan 9); what cannot be is filed and excused
while the filing is valid. No article states a number of minutes: `BOUND` is the house's, and whoever asks may state another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

from catalog.city import City
from catalog.feed import Feed
from catalog.model import GatheringMode, Resource
from catalog.sources import PushSource
from pipelines.gathering import modes, wants_real_time
from pipelines.intake.store import Delivery, Outcome
from policy.profile import Gathering

BOUND = timedelta(minutes=15)
"""What still counts as real time where nobody states a bound (house)."""
WINDOW = timedelta(days=7)
"""How far back deliveries are measured where nobody says."""


class Basis(StrEnum):
    """From when a delay is counted."""

    EVENT = "event"
    """From when the sender says that the oldest change in the delivery happened."""
    ARRIVAL = "arrival"
    """Pushed, without a word on when it happened: from its arrival."""
    INTERVAL = "interval"
    """Fetched or dropped as a file: from the delivery before it, since when a change may have waited."""


BASIS_WORDS: dict[Basis, tuple[str, str]] = {
    Basis.EVENT: ("自变化发生", "from the event"),
    Basis.ARRIVAL: ("自到达", "from arrival"),
    Basis.INTERVAL: ("自上次送达（上限）", "from the delivery before, at most"),
}


class Verdict(StrEnum):
    """Whether real time is kept."""

    KEPT = "kept"
    MISSED = "missed"
    EXCUSED = "excused"
    FIRST = "first"
    """First deliveries came and nothing else: how long they took nobody can know, since none came before them."""
    NOTHING = "nothing"
    """Nothing came, and nothing waits."""


VERDICT_WORDS: dict[Verdict, tuple[str, str]] = {
    Verdict.KEPT: ("达到", "kept"),
    Verdict.MISSED: ("未达到", "missed"),
    Verdict.EXCUSED: ("例外备案", "exception on file"),
    Verdict.FIRST: ("首次送达，尚无可计的延迟", "first delivery, no delay to count yet"),
    Verdict.NOTHING: ("无送达", "nothing came"),
}


@dataclass(frozen=True, slots=True)
class Timeliness:
    """One resource that is gathered in real time.

    Attributes:
        resource, title, department: which one.
        basis: from when its delays are counted: the weakest basis of any of them; None where nothing was measured.
        measured: deliveries taken in the window whose delay is known.
        within: of these, those within the bound.
        median, worst: of the delays; None where nothing was measured.
        waiting: pushed deliveries that are not taken yet.
        oldest: how long the longest of them has waited; None where none does.
        excused: number of the document that excuses it now.
        verdict: whether real time is kept.
    """

    resource: str
    title: str
    department: str
    basis: Basis | None
    measured: int
    within: int
    median: timedelta | None
    worst: timedelta | None
    waiting: int
    oldest: timedelta | None
    excused: str | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class DelayReport:
    """The resources that are gathered in real time, the slowest first.

    Attributes:
        bound, window: what was asked.
        asked: whether the city's rules ask for real time; else the report is for information.
        resources: each of them.
    """

    bound: timedelta
    window: timedelta
    asked: bool
    resources: tuple[Timeliness, ...]


class DelayService:
    """Measures delays.

    Args:
        city: the catalogue in force.
        since: deliveries of all feeds since a moment, and those that wait, in order of arrival.
        of: all deliveries of a feed, in order of arrival.
        occurred: of what feeds were pushed since a moment: ``seq`` -> when what it says happened.
        rules: the city's rules at a moment.
        excused: resource -> number of the document that excuses it at a moment.
    """

    def __init__(
        self,
        *,
        city: Callable[[], City],
        since: Callable[[datetime], Sequence[Delivery]],
        of: Callable[[str], Sequence[Delivery]],
        occurred: Callable[[Sequence[str], datetime], Mapping[int, datetime | None]],
        rules: Callable[[datetime], Gathering],
        excused: Callable[[datetime], Mapping[str, str]],
    ) -> None:
        self._city = city
        self._since = since
        self._of = of
        self._occurred = occurred
        self._rules = rules
        self._excused = excused

    def report(self, now: datetime, *, bound: timedelta = BOUND, window: timedelta = WINDOW) -> DelayReport:
        """How every resource in real time does.

        Args:
            now: the moment, aware.
            bound: how long a change may take until it is on the platform.
            window: how far back deliveries are measured.
        """
        city, start = self._city(), now - window
        how = modes(city)
        feeds = [one for one in city.feeds if how[one.resource_id] is GatheringMode.REAL_TIME]
        pushed = [one.id for one in feeds if isinstance(one.source, PushSource)]
        # What waits may have come before the window; its moment is looked up as far back as the oldest of it.
        recent = self._since(start)
        first = min([start, *(one.received_at for one in recent)])
        happened = self._occurred(pushed, first) if pushed else {}
        delays: dict[str, list[tuple[Basis, timedelta | None]]] = defaultdict(list)
        waits: dict[str, list[timedelta]] = defaultdict(list)
        for feed in feeds:
            mine = [one for one in recent if one.feed == feed.id]
            delays[feed.resource_id] += self._delays(feed, mine, happened, start)
            waits[feed.resource_id] += [
                now - (happened.get(one.seq) or one.received_at) for one in mine if one.outcome is Outcome.LANDED
            ]
        excused = self._excused(now)
        found = [
            _timeliness(one, delays[one.id], waits[one.id], bound, excused.get(one.id))
            for one in city.resources
            if how[one.id] is GatheringMode.REAL_TIME
        ]
        found.sort(key=lambda one: (-_slowness(one), one.resource))
        return DelayReport(bound, window, wants_real_time(self._rules(now)), tuple(found))

    def _delays(
        self, feed: Feed, recent: Sequence[Delivery], happened: Mapping[int, datetime | None], start: datetime
    ) -> Iterator[tuple[Basis, timedelta | None]]:
        """The delays of what was taken of a feed in the window; None for a first delivery, whose delay cannot be known."""
        if isinstance(feed.source, PushSource):
            for one in recent:
                if one.outcome is Outcome.TAKEN and one.settled_at is not None and one.received_at >= start:
                    occurred = happened.get(one.seq)
                    basis = Basis.ARRIVAL if occurred is None else Basis.EVENT
                    yield basis, one.settled_at - (occurred or one.received_at)
            return
        before: datetime | None = None
        for one in self._of(feed.id):
            if one.outcome not in (Outcome.TAKEN, Outcome.UNCHANGED):
                continue
            if one.settled_at is not None and one.received_at >= start:
                yield Basis.INTERVAL, None if before is None else one.settled_at - before
            before = one.received_at


def _timeliness(
    resource: Resource, came: Sequence[tuple[Basis, timedelta | None]], waits: Sequence[timedelta], bound: timedelta,
    excused: str | None,
) -> Timeliness:  # fmt: skip
    delays = [(basis, delay) for basis, delay in came if delay is not None]
    lasted = [delay for _, delay in delays]
    oldest = max(waits, default=None)
    worst = max([*lasted, *waits], default=None)
    if excused is not None:
        verdict = Verdict.EXCUSED
    elif worst is None:
        verdict = Verdict.FIRST if came else Verdict.NOTHING
    else:
        verdict = Verdict.KEPT if worst <= bound else Verdict.MISSED
    order = list(Basis)
    return Timeliness(
        resource=resource.id, title=resource.title, department=resource.department,
        basis=max((basis for basis, _ in delays), key=order.index, default=None), measured=len(lasted),
        within=sum(one <= bound for one in lasted), median=_median(lasted),
        worst=max(lasted, default=None), waiting=len(waits), oldest=oldest, excused=excused, verdict=verdict,
    )  # fmt: skip


def _median(lasted: Sequence[timedelta]) -> timedelta | None:
    return timedelta(seconds=median(one.total_seconds() for one in lasted)) if lasted else None


def _slowness(one: Timeliness) -> float:
    """For the order of the list: what was missed before what was kept, then by the longest delay."""
    ranks = [Verdict.NOTHING, Verdict.FIRST, Verdict.KEPT, Verdict.EXCUSED, Verdict.MISSED]
    worst = max((span for span in (one.worst, one.oldest) if span is not None), default=timedelta())
    return ranks.index(one.verdict) * 1e12 + worst.total_seconds()
