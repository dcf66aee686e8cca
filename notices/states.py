"""The life of a delivery as data: states, events, and which event leads from where to where."""

from __future__ import annotations

from enum import StrEnum

from ground.errors import UserError


class State(StrEnum):
    """Where the delivery of a notice to one address stands."""

    WAITING = "waiting"
    FAILED = "failed"
    SENT = "sent"
    GIVEN_UP = "given_up"


class Event(StrEnum):
    """What happened to a delivery."""

    TAKEN = "taken"
    """The channel took the message."""
    REFUSED = "refused"
    """It did not, and there will be another try."""
    ENDED = "ended"
    """It did not, and there will be none."""
    RETRIED = "retried"
    """A person asks for another try."""


STATE_WORDS: dict[State, tuple[str, str]] = {
    State.WAITING: ("待发送", "waiting: not tried yet"),
    State.FAILED: ("发送失败，将重试", "failed: will be tried again"),
    State.SENT: ("已发送", "sent: the channel took it"),
    State.GIVEN_UP: ("已放弃", "given up: waits for a person"),
}
"""State -> its word and its meaning."""

DUE = (State.WAITING, State.FAILED)
"""States in which a delivery is tried when its time has come."""

NEXT: dict[tuple[State, Event], State] = {
    (State.WAITING, Event.TAKEN): State.SENT,
    (State.WAITING, Event.REFUSED): State.FAILED,
    (State.WAITING, Event.ENDED): State.GIVEN_UP,
    (State.FAILED, Event.TAKEN): State.SENT,
    (State.FAILED, Event.REFUSED): State.FAILED,
    (State.FAILED, Event.ENDED): State.GIVEN_UP,
    (State.FAILED, Event.RETRIED): State.WAITING,
    (State.GIVEN_UP, Event.RETRIED): State.WAITING,
}
"""(state, event) -> state; a pair that is not here is not a step."""


def after(state: State, event: Event) -> State:
    """The state after an event.

    Raises:
        UserError: there is no such step.
    """
    if (state, event) not in NEXT:
        zh, en = STATE_WORDS[state]
        raise UserError(f"该投递{zh}，不能再次发送。", f"This delivery cannot be tried again; it is {en}.")
    return NEXT[(state, event)]
