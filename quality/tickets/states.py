"""The life of a ticket as data: states, events, and which event leads from where to where.

The loop of Haishu article 27: find, feed back, correct, share (发现、反馈、修正、共享). Everything that asks whether a step
exists asks here; the diagram in docs/ticket-states.md is drawn from here. Whether a step may be taken now is
`quality.tickets.policies`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a ticket stands."""

    ROUTED = "routed"
    ACCEPTED = "accepted"
    CLOSED = "closed"


class Event(StrEnum):
    """What happened to a ticket; the stream of these is the truth."""

    OPENED = "opened"
    ACCEPTED = "accepted"
    FINDINGS_GONE = "findings_gone"
    REPAIRED = "repaired"


class Outcome(StrEnum):
    """How a ticket ended (Haishu 27)."""

    CORRECTED = "corrected"
    """完成整改: put right and gathered again."""


class Stage(StrEnum):
    """The four stages of the closed loop (Haishu 27)."""

    FIND = "发现"
    FEED_BACK = "反馈"
    CORRECT = "修正"
    SHARE = "共享"


@dataclass(frozen=True, slots=True)
class Step:
    """One event, the states it may happen in, and the state it leads to.

    Attributes:
        event: what happens.
        before: states it may happen in; None is "no ticket yet".
        after: the state it leads to; None leaves the state as it is.
        zh: the event in the words of the office.
        en: the same in English.
        by: who or what brings it about.
        proof: what the event must carry.
    """

    event: Event
    before: tuple[State | None, ...]
    after: State | None
    zh: str
    en: str
    by: str
    proof: str


STATE_WORDS: dict[State, tuple[str, str, Stage]] = {
    State.ROUTED: ("已分派", "routed: it stands in the department's queue and the clock runs", Stage.FEED_BACK),
    State.ACCEPTED: ("已签收", "accepted: the department has confirmed receipt", Stage.CORRECT),
    State.CLOSED: ("已办结", "closed: corrected data is published again", Stage.SHARE),
}
"""State -> its word, its meaning, its stage. The first stage, 发现, is the finding itself, before there is a ticket."""

STEPS: tuple[Step, ...] = (
    Step(
        Event.OPENED,
        (None,),
        State.ROUTED,
        "开单并分派",
        "opened on the owning department",
        "rules on a published snapshot",
        "findings, snapshot, deadline",
    ),
    Step(
        Event.ACCEPTED,
        (State.ROUTED,),
        State.ACCEPTED,
        "签收",
        "receipt confirmed; the deadline stays",
        "department",
        "who",
    ),
    Step(
        Event.FINDINGS_GONE,
        (State.ROUTED, State.ACCEPTED),
        None,
        "部分修正",
        "some findings are gone, others remain",
        "rules on a later snapshot",
        "findings gone, snapshot, batches",
    ),
    Step(
        Event.REPAIRED,
        (State.ROUTED, State.ACCEPTED),
        State.CLOSED,
        "完成整改",
        "every finding is gone from the published data",
        "rules on a later snapshot",
        "findings gone, snapshot, at least one batch",
    ),
)

NEXT: dict[tuple[State | None, Event], State] = {
    (before, step.event): after
    for step in STEPS
    for before in step.before
    if (after := step.after or before) is not None
}
"""(state, event) -> state; a pair that is not here is not a step."""
