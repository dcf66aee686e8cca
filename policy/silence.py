"""What follows when a limit ran out and nobody answered (默示).

Here: the consequence, and when nothing may follow yet. That nobody answered is for the room to know whose case it is; which
meaning holds is in the city's profile (`policy.profile`), and only Wuhan 17 gives silence the meaning of consent.

============  ============  =====================  ==========================  ========
meaning       not run out   run out                run out, provisional date   paused
============  ============  =====================  ==========================  ========
``nothing``   waiting       nothing                nothing                     paused
``consent``   waiting       consent, provided      held                        paused
``escalate``  waiting       escalated              held                        paused
============  ============  =====================  ==========================  ========

A limit has run out from 00:00 (Beijing) of the day after its last. *Held*: its date rests on a year whose holiday notice is not
in the calendar, so it may still move, and nothing that binds anybody follows from it (decision 0005).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from policy.clock import SHANGHAI, Deadline, Suspended


class OnSilence(StrEnum):
    """What it means that nobody answered in time. Where an instrument does not say, it means nothing.

    Not to be taken for `policy.cited.Silence`, which says that the instrument itself is silent on a point.
    """

    NOTHING = "nothing"
    """The case is overdue, and nobody has agreed to anything."""
    CONSENT = "consent"
    """It is taken for consent, and the platform itself provides (Wuhan 17: 视为同意，平台直接提供)."""
    ESCALATE = "escalate"
    """It goes to whoever stands above."""


class Following(StrEnum):
    """What follows at a moment."""

    WAITING = "waiting"
    PAUSED = "paused"
    HELD = "held"
    NOTHING = "nothing"
    CONSENT = "consent"
    ESCALATED = "escalated"


@dataclass(frozen=True, slots=True)
class SilenceOutcome:
    """What follows from silence at the moment that was asked about.

    Attributes:
        follows: what.
        since: from when it holds, 00:00 of the day after the last; None where nothing has run out.
        provides: the platform now provides by itself; with consent only.
        zh: the reason in Chinese.
        en: the reason in English.
    """

    follows: Following
    since: datetime | None
    provides: bool
    zh: str
    en: str


def after_silence(meaning: OnSilence, deadline: Deadline | Suspended, now: datetime) -> SilenceOutcome:
    """What follows at ``now`` for a case that nobody has answered.

    Args:
        meaning: what silence means under the rules of the case.
        deadline: as computed under today's calendar, with its pauses.
        now: the moment, aware.

    Raises:
        InternalFault: ``now`` has no time zone.
    """
    late = deadline.is_overdue(now)
    if isinstance(deadline, Suspended):
        return SilenceOutcome(
            Following.PAUSED, None, provides=False,
            zh=f"期限自 {deadline.since} 起暂停（{deadline.reason}），未届满，沉默不产生任何后果。",
            en=f"The limit is paused since {deadline.since} ({deadline.reason}) and has not run out: "
            "nothing follows from silence.",
        )  # fmt: skip
    if not late:
        return SilenceOutcome(
            Following.WAITING, None, provides=False,
            zh=f"期限至 {deadline.due} 24:00，尚未届满。",
            en=f"The limit runs until {deadline.due} 24:00; it has not run out.",
        )  # fmt: skip
    if deadline.provisional and meaning is not OnSilence.NOTHING:
        return SilenceOutcome(
            Following.HELD, deadline.due_at, provides=False,
            zh=f"截止日 {deadline.due} 为暂定（放假通知尚未录入），不得据此视为同意或上报；"
            "录入通知（shuyuan calendar import）后重新计算。",
            en=f"The due date {deadline.due} is provisional (a holiday notice is missing): neither consent nor escalation "
            "follows from it. Enter the notice (shuyuan calendar import) and it is counted again.",
        )  # fmt: skip
    follows, zh, en = _RUN_OUT[meaning]
    since = deadline.due_at.astimezone(SHANGHAI)
    return SilenceOutcome(
        follows, since, provides=meaning is OnSilence.CONSENT,
        zh=f"期限于 {deadline.due} 24:00 届满，未收到答复：{zh}",
        en=f"The limit ran out at the end of {deadline.due} without an answer: {en}",
    )  # fmt: skip


_RUN_OUT: dict[OnSilence, tuple[Following, str, str]] = {
    OnSilence.NOTHING: (
        Following.NOTHING,
        "逾期，但不产生同意或其他后果。",
        "it is overdue; neither consent nor anything else follows.",
    ),
    OnSilence.CONSENT: (
        Following.CONSENT,
        "视为同意，由平台直接提供。",
        "it is taken for consent, and the platform provides by itself.",
    ),
    OnSilence.ESCALATE: (
        Following.ESCALATED,
        "上报处理。",
        "it goes to the level above.",
    ),
}
