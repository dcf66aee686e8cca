"""The simulated people make sense before any error is planted."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from simulation.people import CHILD, HEAD, PARENT, SPOUSE, make_migrants, make_people
from simulation.pools import DISTRICTS, Pools, draw_pools

AS_OF = date(2026, 11, 1)


@pytest.fixture(scope="module")
def pools() -> Pools:
    return draw_pools(5)


@pytest.fixture(scope="module")
def people(pools: Pools) -> pd.DataFrame:
    return make_people(6_000, seed=5, as_of=AS_OF, pools=pools, specials=8)


def test_ids_are_distinct_and_say_what_the_row_says(people: pd.DataFrame) -> None:
    ids = people["citizen_id"]
    assert ids.is_unique
    assert (ids.str[6:14] == people["birth"].dt.strftime("%Y%m%d")).all()
    assert ((ids.str[16].astype(int) % 2 == 1) == (people["sex"] == "1")).all()
    assert set(ids.str[:6]) == {str(one) for one in DISTRICTS}


def test_every_household_has_one_head_and_one_address(people: pd.DataFrame) -> None:
    homes = people.groupby("household_no")
    assert (homes["relation"].agg(lambda members: (members == HEAD).sum()) == 1).all()
    assert (homes["relation"].agg(lambda members: (members == SPOUSE).sum()) <= 1).all()
    for shared in ("address", "division"):
        assert (homes[shared].nunique() == 1).all()
    assert people["household_no"].str[:6].equals(people["division"])
    assert homes.size().max() > 3


def test_children_are_younger_and_parents_older_by_a_generation(people: pd.DataFrame) -> None:
    heads = people[people["relation"] == HEAD].set_index("household_no")["age"]
    gap = people["household_no"].map(heads) - people["age"]
    assert gap[people["relation"] == CHILD].min() >= 18
    assert gap[people["relation"] == PARENT].max() <= -18
    assert people["age"].min() == 0
    assert people["age"].max() <= 110


def test_ages_and_ethnicity_are_those_of_a_city(people: pd.DataFrame) -> None:
    assert 30 < people["age"].mean() < 55
    assert 0.9 < (people["ethnicity"] == "01").mean() < 0.99
    assert people["ethnicity"].str.fullmatch("0[1-9]|[1-4][0-9]|5[0-6]").all()


def test_twins_share_all_but_the_sequence(people: pd.DataFrame) -> None:
    twins = people[people["special"] == "twin"]
    assert len(twins) == 16
    elder, younger = twins.iloc[::2], twins.iloc[1::2]
    for shared in ("birth", "address", "household_no"):
        assert (elder[shared].to_numpy() == younger[shared].to_numpy()).all()
    assert (elder["citizen_id"].str[:14].to_numpy() == younger["citizen_id"].str[:14].to_numpy()).all()
    steps = (
        younger["citizen_id"].str[14:17].astype(int).to_numpy() - elder["citizen_id"].str[14:17].astype(int).to_numpy()
    )
    assert (steps == 1).all()


def test_rare_people_are_there(people: pd.DataFrame) -> None:
    rare = people.groupby("special")
    assert (rare.get_group("leap_day")["birth"].dt.strftime("%m%d") == "0229").all()
    assert (rare.get_group("centenarian")["age"] >= 100).all()
    assert rare.get_group("dotted")["name"].str.contains("·").all()


def test_names_can_be_written_in_gbk(people: pd.DataFrame) -> None:
    text = "".join(people["name"]) + "".join(people["address"])
    assert text.encode("gbk").decode("gbk") == text


def test_migrants_come_from_elsewhere(pools: Pools) -> None:
    migrants = make_migrants(300, seed=5, as_of=AS_OF, pools=pools)
    assert not migrants["citizen_id"].str.startswith("4201").any()
    assert migrants["citizen_id"].is_unique
    assert migrants["age"].between(17, 60).all()


def test_another_seed_makes_other_people(people: pd.DataFrame, pools: Pools) -> None:
    other = make_people(6_000, seed=6, as_of=AS_OF, pools=pools, specials=8)
    assert len(set(other["citizen_id"]) & set(people["citizen_id"])) < 60
