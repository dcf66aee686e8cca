"""The feeds about people besides the household register and social insurance, and which of their rows errors may be given."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.days import day, days, span, updated
from simulation.numbers import Text, citizen_ids, compact_dates
from simulation.planting import HOUSEHOLD, Planter
from simulation.registers.subjects import FURTHER, persons
from simulation.world import Block, World

MIGRATION, RESIDENCE, CODE_CHANGE = "ga_migration", "ga_residence", "ga_code_change"
MARRIAGE, MINIMUM = "mz_marriage", "mz_minimum_living"
BIRTH, DEATH, RECORD = "wj_birth", "wj_death", "wj_health_record"
MEDICAL, FUND = "yb_medical_insurance", "gjj_housing_fund"
SCHOOL, DISABILITY = "jy_school_roll", "cl_disability"
_NOBODY, _SEQUENCES = 420100, 499
"""Ids of the city as a whole: nobody of it has one, and they are valid. How many sequence numbers each sex has."""


def single(planter: Planter, resource: str) -> pd.Index:
    """Subjects with exactly one row in ``resource``: what is wrong there is wrong about the person."""
    index = planter.tables[resource].index
    several = persons(index[index >= FURTHER])
    return index[(index < FURTHER) & ~index.isin(several)]


def registered(planter: Planter, resource: str) -> pd.Index:
    """Those of `single` who are in the household register, with one name in their life."""
    household = planter.tables[HOUSEHOLD]
    return single(planter, resource).intersection(household.index[household["former_name"] == ""])


def with_id(planter: Planter, resource: str, among: pd.Index) -> pd.Index:
    """Those of ``among`` whose row gives a citizen id."""
    ids = planter.column(resource, among, "citizen_id")
    return among[np.strings.str_len(ids) > 0]


def still_registered(planter: Planter, world: World, block: Block, dead: pd.Index) -> pd.DataFrame:
    """Rows of the household register for people who died, as they stood there before."""
    people = block.people.loc[dead]
    before = days(people["died"]) - span(planter.rng.integers(30, 600, len(people)))
    rows = people.assign(
        former_name="",
        birth_date=compact_dates(days(people["birth"])),
        updated_at=updated(planter.rng, before, world.as_of),
    )
    return rows.reindex(columns=planter.tables[HOUSEHOLD].columns, fill_value="")


def unissued_ids(planter: Planter, world: World, block: Block, count: int) -> Text:
    """Valid ids that nobody has."""
    birth = day(world.as_of) - span(planter.rng.integers(20 * 366, 70 * 365, count))
    sequence = planter.rng.choice(np.arange(block.number, _SEQUENCES, world.block_count), count) * 2 + 1
    return citizen_ids(np.full(count, _NOBODY), birth, sequence)
