"""The simulated people make sense before any error is planted."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from simulation.people import CHILD, HEAD, PARENT, SPOUSE
from simulation.pools import DISTRICTS, OLD_DIVISIONS
from simulation.world import Block, make_world
from standards import citizen_id

AS_OF = date(2026, 11, 1)
TWIN_PAIRS = 5


@pytest.fixture(scope="module")
def block() -> Block:
    return make_world(5, 6_000, AS_OF).block(0)


@pytest.fixture(scope="module")
def people(block: Block) -> pd.DataFrame:
    return block.people


def test_ids_are_distinct_and_say_what_the_row_says(people: pd.DataFrame) -> None:
    ids = people["citizen_id"]
    assert ids.is_unique
    assert (ids.str[6:14] == people["birth"].dt.strftime("%Y%m%d")).all()
    assert ((ids.str[16].astype(int) % 2 == 1) == (people["sex"] == "1")).all()
    assert set(ids.str[:6]) <= {str(one) for one in (*DISTRICTS, *OLD_DIVISIONS)}
    assert set(ids.str[:6]) > {str(one) for one in DISTRICTS}
    assert [one for one in ids if citizen_id.problem(one)] == []


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
    assert len(twins) == 2 * TWIN_PAIRS
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
    old = rare.get_group("old_division")
    assert old["citizen_id"].str[:6].astype(int).isin(OLD_DIVISIONS).all()
    assert (old["birth"] < "1990").all()


def test_names_can_be_written_in_gbk(people: pd.DataFrame) -> None:
    text = "".join(people["name"]) + "".join(people["address"])
    assert text.encode("gbk").decode("gbk") == text


def test_migrants_come_from_elsewhere(block: Block, people: pd.DataFrame) -> None:
    migrants = block.migrants
    assert not migrants["citizen_id"].str.startswith("4201").any()
    assert migrants["citizen_id"].is_unique
    assert migrants["age"].between(17, 60).all()
    assert [one for one in migrants["citizen_id"] if citizen_id.problem(one)] == []
    heads = migrants.groupby("special")["citizen_id"].agg(lambda ids: set(ids.str[:3]))
    assert (heads["hong_kong"], heads["macao"], heads["taiwan"], heads["foreign"]) == (
        {"810"},
        {"820"},
        {"830"},
        {"942"},
    )
    assert migrants.index.intersection(people.index).empty


def test_spouses_and_parents_are_of_one_household(people: pd.DataFrame) -> None:
    for kin in ("spouse", "mother", "father"):
        known = people[people[kin] >= 0]
        others = people.loc[known[kin]]
        assert len(known) > 100
        assert (others["household"].to_numpy() == known["household"].to_numpy()).all()
        if kin == "spouse":
            assert (others["spouse"].to_numpy() == known.index).all()
            assert (others["sex"].to_numpy() != known["sex"].to_numpy()).all()
        else:
            assert (others["age"].to_numpy() - known["age"].to_numpy() >= 18).all()
            assert set(others["sex"]) == {"2" if kin == "mother" else "1"}


def test_few_have_died_within_the_year_and_they_work_no_more(people: pd.DataFrame) -> None:
    dead = people[people["died"].notna()]
    assert 0.002 < len(dead) / len(people) < 0.02
    assert dead["died"].between("2025-10-30", "2026-10-31").all()
    assert (dead["employer"] == -1).all()
    assert (dead["special"] == "").all()


def test_another_seed_makes_other_people(people: pd.DataFrame) -> None:
    other = make_world(6, 6_000, AS_OF).block(0).people
    assert len(set(other["citizen_id"]) & set(people["citizen_id"])) < 60
