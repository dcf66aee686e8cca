"""Blocks of a city fit together though none is made from another."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from simulation.companies import UNIFIED_FROM
from simulation.identities import SEQUENCES, issue_ids
from simulation.numbers import registration_numbers
from simulation.scatter import below, picked, scattered, shares
from simulation.world import BLOCK, MOST, Block, World, make_world
from standards import credit_code, registration_number

AS_OF = date(2026, 11, 1)
PERSONS = 6_000


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(11, PERSONS, AS_OF, block_size=PERSONS // 3)


@pytest.fixture(scope="module")
def blocks(world: World) -> list[Block]:
    return [world.block(number) for number in world.blocks()]


def test_blocks_cover_the_city_once(world: World, blocks: list[Block]) -> None:
    people = pd.concat([block.people for block in blocks])
    assert people.index.tolist() == list(range(PERSONS))
    assert people["household"].is_monotonic_increasing
    assert set(np.diff(people["household"].unique())) == {1}
    migrants = pd.concat([block.migrants for block in blocks])
    assert migrants.index.tolist() == list(range(PERSONS, PERSONS + world.migrant_count))
    companies = pd.concat([block.companies for block in blocks])
    assert companies.index.tolist() == list(range(world.company_count))


def test_no_number_is_given_twice_in_the_city(blocks: list[Block]) -> None:
    ids = pd.concat([ids for block in blocks for ids in (block.people["citizen_id"], block.migrants["citizen_id"])])
    assert ids.is_unique
    companies = pd.concat([block.companies for block in blocks])
    assert companies["credit_code"].is_unique
    numbers = companies["registration_number"]
    assert numbers[numbers != ""].is_unique
    assert [one for one in numbers[numbers != ""] if registration_number.problem(one)] == []
    assert [one for one in companies["credit_code"] if credit_code.problem(one)] == []


def test_a_block_is_the_same_whatever_was_made_before(world: World, blocks: list[Block]) -> None:
    again = world.block(2)
    pd.testing.assert_frame_equal(again.people, blocks[2].people)
    pd.testing.assert_frame_equal(again.companies, blocks[2].companies)


def test_companies_of_other_blocks_are_known_by_their_index(world: World, blocks: list[Block]) -> None:
    companies = pd.concat([block.companies for block in blocks])
    index = companies.index.to_numpy()
    assert (world.company_code(index) == companies["credit_code"]).all()
    assert (world.company_state(index) == companies["state"]).all()
    people = pd.concat([block.people for block in blocks])
    employers = companies.loc[people.loc[people["employer"] >= 0, "employer"].unique()]
    assert (employers["state"] == "active").all()
    assert not (employers["special"] == "quiet").any()


def test_companies_are_what_their_row_says(blocks: list[Block]) -> None:
    companies = pd.concat([block.companies for block in blocks])
    early = companies["established_on"] < str(UNIFIED_FROM)
    assert ((companies["registration_number"] != "") == early).all()
    people = pd.concat([block.people for block in blocks]).loc[companies["legal_representative_person"]]
    assert (people["citizen_id"].to_numpy() == companies["legal_representative_id"]).all()
    assert (people["name"].to_numpy() == companies["legal_representative"]).all()
    plain = companies[companies["special"] != "namesake"]
    assert plain["name"].is_unique
    namesakes = companies[companies["special"] == "namesake"].groupby("name")["division"]
    assert (namesakes.size() == 2).all()
    assert (namesakes.nunique() == 2).all()


def test_a_city_has_blocks_of_one_size() -> None:
    for persons in (500, BLOCK, BLOCK + 1, 1_000_000):
        world = make_world(1, persons, AS_OF)
        sizes = [len(world.share_of(persons, number)) for number in world.blocks()]
        assert sum(sizes) == persons
        assert max(sizes) <= BLOCK
        assert max(sizes) - min(sizes) <= 1
    assert -(-MOST // BLOCK) <= SEQUENCES


def test_day_two_is_a_month_later() -> None:
    assert make_world(1, 500, AS_OF).today == AS_OF
    assert make_world(1, 500, AS_OF, 2).today == date(2026, 12, 1)
    assert make_world(1, 500, date(2026, 12, 31), 2).today == date(2027, 1, 28)


def test_ids_stay_distinct_where_a_birthday_is_crowded() -> None:
    count = 3_000
    births = np.full(count, np.datetime64("1990-05-05"))
    divisions = np.full(count, 420102)
    bound = np.arange(count) < 600
    nobody = np.array([], dtype=np.int64)
    sexes = np.arange(count) % 2 + 1
    issued = issue_ids(
        np.random.default_rng(1), divisions, births, sexes, (nobody, nobody), bound, (0, 1), [420102, 420103, 420104, 420105]
    )  # fmt: skip
    assert len(set(issued)) == count
    assert set(divisions[bound]) == {420102}
    assert births[~bound].min() == np.datetime64("1990-05-05")


def test_chance_by_index_is_even_and_apart_by_seed_and_stream() -> None:
    index = np.arange(20_000)
    numbers = shares(index, 3, 4)
    assert abs(numbers.mean() - 0.5) < 0.01
    assert np.abs(np.bincount(below(index, 10, 3, 4), minlength=10) / 2_000 - 1).max() < 0.1
    assert abs(np.corrcoef(numbers, shares(index, 3, 5))[0, 1]) < 0.03
    assert abs(np.corrcoef(numbers, shares(index, 4, 4))[0, 1]) < 0.03
    assert len(np.unique(scattered(index, 3, 4))) == len(index)
    chosen = picked(index, ["a", "b"], [0.25, 0.75], 3, 4)
    assert abs((chosen == "a").mean() - 0.25) < 0.02


def test_registration_numbers_are_those_of_the_standard() -> None:
    issued = registration_numbers(np.array([420103, 100000]), np.array([15308649, 4002]))
    assert [registration_number.problem(one) for one in issued.tolist()] == [None, None]
    assert issued[1].startswith("10000000004002")
