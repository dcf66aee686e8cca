"""The life of one publication: states and allowed moves as data. A statistic's small cells count as its mask."""

from __future__ import annotations

from enum import StrEnum

from ground.errors import InternalFault


class State(StrEnum):
    """Where a publication stands."""

    MASKED = "masked"
    MEASURED = "measured"
    REFUSED = "refused"
    PUBLISHED = "published"


TRANSITIONS: dict[State, frozenset[State]] = {
    State.MASKED: frozenset({State.MEASURED}),
    State.MEASURED: frozenset({State.REFUSED, State.PUBLISHED}),
    State.REFUSED: frozenset(),
    State.PUBLISHED: frozenset(),
}
"""From each state, the states that may follow. What was not measured is never published."""


def can_move(current: State, target: State) -> bool:
    """Whether ``target`` may follow ``current``."""
    return target in TRANSITIONS[current]


def check_can_move(current: State, target: State) -> State:
    """``target``, if it may follow ``current``.

    Raises:
        InternalFault: it may not.
    """
    if not can_move(current, target):
        allowed = ", ".join(sorted(TRANSITIONS[current])) or "-"
        raise InternalFault(
            f"发布状态不能从 {current} 变为 {target}；允许：{allowed}",
            f"A publication cannot go from {current} to {target}; allowed: {allowed}",
        )
    return target
