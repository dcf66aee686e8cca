"""Until when a ticket must be dealt with: which limit holds, on which day it ends, and every day on the way there.

Counting is `policy.clock`; which periods a city sets is its profile. A limit is kept as it was set (five working days, or a
date), so that the day can be computed again when the calendar changes, and explained to whoever asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from ground.errors import UserError
from ledger.chain import Json
from policy.calendar import WorkingCalendar
from policy.cited import SILENT, Cited, Silent
from policy.clock import Deadline, Period, Unit, bring_forward, due, end_of, extend, legal_date
from policy.profile import ProblemData, Silence, cited_as
from policy.profiles import Profiles, Version
from policy.sections.supervision import Breach
from policy.silence import OnSilence


class LimitKind(StrEnum):
    """Why a limit holds."""

    TRIAGE = "triage"
    """The authority's own limit to route what was reported: a house rule."""
    LEGAL = "legal"
    """The instrument states the days."""
    HOUSE = "house"
    """The instrument says at once or promptly; the days are the house's."""
    URGENT = "urgent"
    EXTENDED = "extended"
    ORDERED = "ordered"
    """The date of a rectification order."""


LIMIT_WORDS: dict[LimitKind, tuple[str, str]] = {
    LimitKind.TRIAGE: ("受理时限（内部规则）", "to be routed (house rule)"),
    LimitKind.LEGAL: ("法定时限", "legal limit"),
    LimitKind.HOUSE: ("内部时限（法规未定天数）", "house limit (the law states no days)"),
    LimitKind.URGENT: ("限时办理", "urgent limit"),
    LimitKind.EXTENDED: ("延期后的时限", "extended limit"),
    LimitKind.ORDERED: ("整改通知时限", "limit of the rectification order"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A limit as it was set, and the day it ends.

    Attributes:
        kind: why it holds.
        text: as it was set: a period (``5wd``) or the last day (``2026-03-20``).
        received_at: day zero of the count.
        due: last day in time.
        due_at: the moment from which it is late: the end of ``due``.
        provisional: the date rests on a year whose holidays are not announced yet.
    """

    kind: LimitKind
    text: str
    received_at: datetime
    due: date
    due_at: datetime
    provisional: bool

    def as_json(self) -> dict[str, Json]:
        """The limit as events carry it."""
        return {
            "kind": self.kind.value,
            "text": self.text,
            "received_at": self.received_at.isoformat(),
            "due": self.due.isoformat(),
            "due_at": self.due_at.isoformat(),
            "provisional": self.provisional,
        }

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Limit:
        """The limit that an event carries."""
        return cls(
            kind=LimitKind(said["kind"]),
            text=said["text"],
            received_at=datetime.fromisoformat(said["received_at"]),
            due=date.fromisoformat(said["due"]),
            due_at=datetime.fromisoformat(said["due_at"]),
            provisional=said["provisional"],
        )


class TicketClock(Protocol):
    """Which version of the rules a case is dealt with under: `CityClock`, or one `ProfileClock` for all cases."""

    def on(self, moment: datetime) -> ProfileClock:
        """The clock of the version that a case filed at ``moment`` keeps."""

    def of(self, version: str) -> ProfileClock:
        """The clock of the version that a case kept when it was filed."""


@dataclass(frozen=True)
class CityClock:
    """The clocks of a city's rules: a case keeps the version in force on the day it was filed, to its end.

    Args:
        city: whose rules new cases are filed under.
        profiles: all versions; cases of another city, filed before the home changed to this one, are among them.
        calendar: the working-day calendar.
    """

    city: str
    profiles: Profiles
    calendar: WorkingCalendar

    def on(self, moment: datetime) -> ProfileClock:
        """The clock of the version in force on the day of ``moment``."""
        return self._clock(self.profiles.on(self.city, legal_date(moment)))

    def of(self, version: str) -> ProfileClock:
        """The clock of the version that a case keeps."""
        return self._clock(self.profiles.version(version))

    def _clock(self, version: Version) -> ProfileClock:
        title = version.profile.instrument
        rules = version.profile.problem_data
        called = (f"《{title.title_zh}》", f"The {title.title_en}")
        return ProfileClock(version.name, rules, self.calendar, called, version.profile.supervision.breach)


@dataclass(frozen=True)
class ProfileClock:
    """The clock of one version of a city's rules on the official calendar.

    Args:
        profile: name of the version, which a case keeps.
        rules: what they say of problem data.
        calendar: the working-day calendar.
        title: how the instrument is called in refusals, in Chinese and English.
        breach: what they say follows a duty that is not done in time.
    """

    profile: str
    rules: ProblemData
    calendar: WorkingCalendar
    title: tuple[str, str] = ("本市规则", "The city's rules")
    breach: Cited[list[Breach]] | Silent = SILENT

    def on(self, moment: datetime) -> ProfileClock:
        """This clock: alone, it holds for every case."""
        return self

    def of(self, version: str) -> ProfileClock:
        """This clock: alone, it holds for every case."""
        return self

    def triage(self, received: datetime) -> Limit:
        """Until when the authority routes what was reported (a house rule)."""
        return _limit(
            LimitKind.TRIAGE, str(self.rules.triage.value), due(received, self.rules.triage.value, self.calendar)
        )

    def receipt(self, received: datetime) -> Limit:
        """Until when a provider deals with what it received (Haishu 27: five working days from receipt)."""
        days = self.rules.days
        kind = LimitKind.LEGAL if days.article is not None else LimitKind.HOUSE
        return _limit(kind, str(days.value), due(received, days.value, self.calendar))

    def urgent(self, limit: Limit, until: date) -> Limit:
        """An urgent limit (Haishu 27: 限时处理): after the day of receipt, never later than before.

        Raises:
            UserError: the profile knows no urgent limits, or the date lies outside.
        """
        check_can_be_urgent(self)
        shorter = bring_forward(self._deadline(limit), until, self.calendar)
        return _limit(LimitKind.URGENT, until.isoformat(), shorter)

    def extended(self, limit: Limit, until: date | None) -> Limit:
        """The limit after an extension, at most the cap counted from receipt (Haishu 27: 60 natural days).

        Raises:
            UserError: the profile knows no extension, or the date lies beyond the cap or not after the present limit.
        """
        cap = check_can_extend(self)
        longer = extend(
            self._deadline(limit), cap, self.calendar,
            until=until, roll_past_holidays=self.rules.roll_past_holidays.value,
        )  # fmt: skip
        return _limit(LimitKind.EXTENDED, str(cap) if until is None else longer.due.isoformat(), longer)

    def ordered(self, limit: Limit, until: date, now: datetime) -> Limit:
        """The limit of a rectification order: a date after the day of the order; receipt stays what it was.

        Raises:
            UserError: the date is not after today.
        """
        if until <= legal_date(now):
            raise UserError(
                f"整改期限应晚于今日（{legal_date(now)}），所设为 {until}。",
                f"The date of the order must lie after today ({legal_date(now)}); set to {until}.",
            )
        return Limit(
            kind=LimitKind.ORDERED, text=until.isoformat(), received_at=limit.received_at,
            due=until, due_at=end_of(until), provisional=False,
        )  # fmt: skip

    def again(self, limit: Limit) -> Limit:
        """The same limit under today's calendar."""
        return _limit(limit.kind, limit.text, self._deadline(limit))

    def explain(self, limit: Limit) -> Deadline:
        """Every day of the count."""
        return self._deadline(limit)

    def reminders(self, limit: Limit) -> list[tuple[str, date]]:
        """``before`` so many working days ahead, and ``due`` on the last day; house rules of the profile.

        A reminder that would fall on or before the day of receipt is left out.
        """
        found = []
        for ahead in self.rules.remind_before.value:
            day = limit.due
            for _ in range(ahead.count):
                day = self.calendar.workday_on_or_before(day - timedelta(days=1))
            if day > legal_date(limit.received_at):
                found.append((f"before-{ahead}", day))
        return [*found, ("due", limit.due)]

    def on_silence(self, limit: Limit) -> OnSilence:
        """What it means that a limit ran out and nobody answered.

        Nothing; but an order to rectify that was not carried out goes to the government where the rules say so (Lianyungang 39).
        """
        told = not isinstance(self.breach, Silence) and "report_to_government" in self.breach.value
        return OnSilence.ESCALATE if told and limit.kind is LimitKind.ORDERED else OnSilence.NOTHING

    @property
    def breach_ground(self) -> str:
        """The article on what follows a breach; empty where the rules are silent."""
        breach = self.breach
        if isinstance(breach, Silence) or breach.article is None:
            return ""
        return f"{breach.instrument or self.title[0]}{cited_as(breach.article)}"

    def rectification_from(self, limit: Limit) -> date:
        """The first day on which an overdue case is put forward for a rectification order (house rule)."""
        return due(limit.due, self.rules.rectify_after.value, self.calendar).due

    def _deadline(self, limit: Limit) -> Deadline:
        try:
            period = Period.parse(limit.text)
        except UserError:
            until = date.fromisoformat(limit.text)
            days = max((until - legal_date(limit.received_at)).days, 1)
            return due(limit.received_at, Period(days, Unit.NATURAL_DAYS), self.calendar)
        roll = limit.kind is LimitKind.EXTENDED and self.rules.roll_past_holidays.value
        return due(limit.received_at, period, self.calendar, roll_past_holidays=roll)


def check_can_extend(clock: ProfileClock) -> Period:
    """The city's rules know extensions, up to this cap; UserError names the rules that do not."""
    cap = clock.rules.extension_cap
    if isinstance(cap, Silence):
        zh, en = clock.title
        raise UserError(f"{zh}没有延期的规定，不能延期。", f"{en} know no extension; none can be granted.")
    return cap.value


def check_can_be_urgent(clock: ProfileClock) -> None:
    """The city's rules know urgent limits; UserError names the rules that do not."""
    if isinstance(clock.rules.urgent, Silence):
        zh, en = clock.title
        raise UserError(f"{zh}没有限时办理的规定，不能另设时限。", f"{en} know no urgent limit; none can be set.")


def _limit(kind: LimitKind, text: str, deadline: Deadline) -> Limit:
    received = deadline.received
    if not isinstance(received, datetime):
        raise TypeError("a ticket is received at a moment")
    return Limit(
        kind=kind,
        text=text,
        received_at=received,
        due=deadline.due,
        due_at=deadline.due_at,
        provisional=deadline.provisional,
    )
