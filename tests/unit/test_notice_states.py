"""The life of a delivery: every pair of state and event."""

from itertools import product

import pytest

from ground.errors import UserError
from notices.states import DUE, NEXT, STATE_WORDS, Event, State, after

MATRIX = {
    (State.WAITING, Event.TAKEN): State.SENT,
    (State.WAITING, Event.REFUSED): State.FAILED,
    (State.WAITING, Event.ENDED): State.GIVEN_UP,
    (State.FAILED, Event.TAKEN): State.SENT,
    (State.FAILED, Event.REFUSED): State.FAILED,
    (State.FAILED, Event.ENDED): State.GIVEN_UP,
    (State.FAILED, Event.RETRIED): State.WAITING,
    (State.GIVEN_UP, Event.RETRIED): State.WAITING,
}


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_the_whole_matrix(state, event):
    if (state, event) in MATRIX:
        assert after(state, event) is MATRIX[(state, event)]
    else:
        with pytest.raises(UserError):
            after(state, event)
    assert (state, event) not in set(NEXT) ^ set(MATRIX)


def test_every_state_has_its_words_and_what_is_due_can_end_each_way():
    assert set(STATE_WORDS) == set(State)
    for state in DUE:
        assert {NEXT[(state, event)] for event in (Event.TAKEN, Event.REFUSED, Event.ENDED)} == {
            State.SENT, State.FAILED, State.GIVEN_UP,
        }  # fmt: skip
    assert State.SENT not in {state for state, _ in NEXT}, "what was sent is over"
