"""Pauses of a limit: which days do not count because the case waits for something else, such as papers to be supplied.

Here: what a pause is and how pauses add up. Counting around them belongs to `policy.clock`.

A pause goes by whole days in Beijing time. The day on which it begins and the day on which it ends are both within it: an
event's own day is not counted (Civil Code 201), so the count goes on with the day after. A pause that begins and ends on one
day takes that day out. Days off within a pause take nothing away from a limit in working days, which would not count them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from ground.errors import UserError


@dataclass(frozen=True, slots=True)
class Pause:
    """Days that do not count.

    Attributes:
        since: the first of them.
        until: the last of them; None while nobody knows it, since the pause has not ended.
        reason: why, as shown beside each of its days.
    """

    since: date
    until: date | None
    reason: str

    def __post_init__(self) -> None:
        if self.until is not None and self.until < self.since:
            raise UserError(
                f"暂停的末日 {self.until} 早于首日 {self.since}，请检查日期。",
                f"A pause cannot end on {self.until}, before it begins on {self.since}; check the dates.",
            )
        if not self.reason.strip():
            raise UserError(
                f"自 {self.since} 起的暂停没有写明原因，请补充。", f"Give the reason of the pause from {self.since} on."
            )

    def covers(self, day: date) -> bool:
        """Whether ``day`` does not count."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class PauseStep:
    """One event in the life of a case that a pause is made of.

    Attributes:
        on: its day in Beijing time.
        reason: why the count pauses from this day on; None: it goes on, with the day after.
    """

    on: date
    reason: str | None


def pauses_of(steps: Iterable[PauseStep]) -> tuple[Pause, ...]:
    """The pauses that the events of a case add up to, in the order in which they happened.

    Pausing what is paused already adds its reason from that day on. Going on ends whatever was open.

    Raises:
        UserError: the count goes on while it is not paused, or an event lies before the one before it.
    """
    made: list[Pause] = []
    last = date.min
    for step in steps:
        if step.on < last:
            raise UserError(
                f"暂停记录的日期倒置：{step.on} 在 {last} 之后。请按发生顺序登记。",
                f"Events of pauses are out of order: {step.on} stands after {last}. Enter them as they happened.",
            )
        last = step.on
        if step.reason is not None:
            made.append(Pause(step.on, None, step.reason))
        elif not any(one.until is None for one in made):
            raise UserError(
                f"{step.on} 恢复计时，但期限并未暂停。请先登记暂停。",
                f"The count is said to go on on {step.on}, but it is not paused. Enter the pause first.",
            )
        else:
            made = [Pause(one.since, step.on, one.reason) if one.until is None else one for one in made]
    return merged(made)


def merged(pauses: Iterable[Pause]) -> tuple[Pause, ...]:
    """The same days without overlap, in order; where pauses overlap they are one, with the reasons of all."""
    made: list[Pause] = []
    for one in sorted(pauses, key=lambda pause: (pause.since, pause.until or date.max)):
        if made and made[-1].covers(one.since):
            made[-1] = _joined(made[-1], one)
        else:
            made.append(one)
    return tuple(made)


def pause_on(pauses: Sequence[Pause], day: date) -> Pause | None:
    """The pause that ``day`` lies in, if any."""
    return next((one for one in pauses if one.covers(day)), None)


def _joined(first: Pause, second: Pause) -> Pause:
    until = None if first.until is None or second.until is None else max(first.until, second.until)
    reasons = first.reason.split("；")
    reason = first.reason if second.reason in reasons else f"{first.reason}；{second.reason}"
    return Pause(first.since, until, reason)
