"""Which items a department puts right: by the seed alone, and some in every city."""

from __future__ import annotations

import pytest

from simulation.answers import ALWAYS, CORRECTABLE, NOT, PARTLY, WHOLLY, corrected, repaired_share
from simulation.declared import declared_keys
from simulation.seen_by_people import PAIRS


@pytest.mark.parametrize("seed", [1, 7, 2026])
def test_some_answers_are_given_in_every_city(seed: int) -> None:
    keys = declared_keys()
    assert all(repaired_share(seed, resource, item, keys[resource]) == WHOLLY for resource, item in ALWAYS)
    assert corrected(seed) in CORRECTABLE
    assert repaired_share(seed, *corrected(seed), keys["ga_household"]) == WHOLLY
    assert all(repaired_share(seed, resource, item, keys[resource]) < WHOLLY for resource, item in PAIRS)


def test_answers_differ_by_seed_and_by_item() -> None:
    answers = {
        (seed, item): repaired_share(seed, "gh_poi", item, ("poi_id",)) for seed in range(20) for item in "abcde"
    }
    assert set(answers.values()) == {WHOLLY, PARTLY, NOT}
    assert all({answers[seed, item] for seed in range(20)} == {WHOLLY, PARTLY, NOT} for item in "abcde")
    assert repaired_share(3, "gh_poi", "a", ("poi_id",)) == answers[3, "a"]


def test_a_wrong_key_is_left_where_nothing_tells_that_the_row_is_the_same() -> None:
    answers = {repaired_share(seed, "sw_social_insurance", "citizen_id", ("citizen_id",)) for seed in range(60)}
    assert answers == {PARTLY, NOT}
