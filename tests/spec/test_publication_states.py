"""The whole matrix of moves of a publication."""

import pytest

from exchange.publication.states import TRANSITIONS, State, can_move, check_can_move
from ground.errors import InternalFault

ALLOWED = {("masked", "measured"), ("measured", "refused"), ("measured", "published")}


@pytest.mark.parametrize("current", list(State))
@pytest.mark.parametrize("target", list(State))
def test_moves(current, target):
    allowed = (current.value, target.value) in ALLOWED
    assert can_move(current, target) is allowed
    if allowed:
        assert check_can_move(current, target) is target
    else:
        with pytest.raises(InternalFault, match=f"{current}.*{target}"):
            check_can_move(current, target)


def test_every_state_says_what_may_follow():
    assert set(TRANSITIONS) == set(State)
