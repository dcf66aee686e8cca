"""A life as data: states, events, and which event leads from where to where.

Every noun with a life (an entry, an open list, a project …) states its `Machine` once, in its ``states.py``; whoever asks
whether a step exists asks it, and its diagram in docs/catalogue-states.md is drawn from it. Whether a step may be taken now
is the noun's ``policies.py``, who may take it its ``permissions.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ground.errors import Conflict, InternalFault

Words = tuple[str, str]
"""The same in Chinese and in English."""


@dataclass(frozen=True, slots=True)
class Step:
    """One event, the states it may happen in, and the state it leads to.

    Attributes:
        event: what happens.
        before: states it may happen in; None is "no case yet".
        after: the state it leads to; None leaves the state as it is.
        zh: the event in the words of the office.
        en: the same in English.
        by: who or what brings it about, for the reader.
        needs: what the event must carry, for the reader.
    """

    event: str
    before: tuple[str | None, ...]
    after: str | None
    zh: str
    en: str
    by: str
    needs: str


REMINDED = "reminded"
OVERDUE = "overdue"
DUE_RECOMPUTED = "due_recomputed"
NOTED = "noted"

BY_ITSELF = ("hub", "clock")
"""Who brings about what nobody does by hand; such steps are not offered."""


class Machine:
    """The life of one noun.

    Args:
        kind: the noun, as cases carry it.
        title: what it is called.
        states: state -> its words, in the order of life.
        ended: states in which nothing is owed any more.
        steps: the steps of its own; reminders, lateness, a recomputed date and a note are added for every open state.

    Raises:
        InternalFault: a step names a state that is not declared, or one event is declared twice.
    """

    def __init__(
        self, kind: str, title: Words, states: Mapping[str, Words], ended: frozenset[str], steps: tuple[Step, ...]
    ) -> None:
        self.kind = kind
        self.title = title
        self.states = dict(states)
        self.ended = frozenset(ended)
        self.steps = (*steps, *_common(tuple(name for name in self.states if name not in self.ended)))
        named = {one for step in self.steps for one in (*step.before, step.after) if one is not None}
        events = [step.event for step in self.steps]
        wrong = sorted((named | self.ended) - set(self.states)) + sorted({e for e in events if events.count(e) > 1})
        if wrong:
            raise InternalFault(f"{kind} 的状态表有误：{wrong}。", f"The table of states of {kind} is wrong: {wrong}.")

    @cached_property
    def next(self) -> dict[tuple[str | None, str], str]:
        """(state, event) -> state; a pair that is not here is not a step."""
        return {
            (before, step.event): after
            for step in self.steps
            for before in step.before
            if (after := step.after or before) is not None
        }

    @cached_property
    def events(self) -> dict[str, Step]:
        """Event -> its step."""
        return {step.event: step for step in self.steps}

    def possible(self, state: str | None) -> list[Step]:
        """The steps that exist in ``state``."""
        return [step for step in self.steps if (state, step.event) in self.next]

    def is_open(self, state: str) -> bool:
        """Whether something is still owed or can still be done."""
        return state not in self.ended

    def check_can(self, state: str | None, event: str, subject: str) -> None:
        """Whether ``event`` is a step from ``state``; Conflict says what is one.

        Args:
            state: where the case stands; None is "no case yet".
            event: the step.
            subject: how messages call the case.
        """
        if (state, event) in self.next:
            return
        step = self.events[event]
        here = self.states[state] if state is not None else ("尚未建立", "not there yet")
        own = [one for one in self.possible(state) if one.by not in BY_ITSELF]
        can_zh = "、".join(one.zh for one in own) or "无"
        can_en = ", ".join(one.en for one in own) or "nothing"
        raise Conflict(
            f"{self.title[0]}现为“{here[0]}”，不能“{step.zh}”。此时可以：{can_zh}。",
            f"This {self.title[1]} is now '{here[1]}'; the step '{step.en}' does not exist there. Possible: {can_en}.",
            where=subject,
        )


def _common(open_states: tuple[str, ...]) -> tuple[Step, ...]:
    return (
        Step(REMINDED, open_states, None, "催办提醒", "reminded before and on the last day", "clock", "occasion"),
        Step(OVERDUE, open_states, None, "记逾期", "the limit has run out; noted as a fact", "clock", "due date"),
        Step(
            DUE_RECOMPUTED, open_states, None, "重算期限", "the calendar changed; the date with it", "clock",
            "old and new date",
        ),
        Step(NOTED, open_states, None, "备注", "a note", "whoever may see it", "text"),
    )  # fmt: skip
