"""The feeds about people besides the household register and social insurance, and which of their rows errors may be given."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.planting import HOUSEHOLD, Planter
from simulation.registers.subjects import FURTHER, persons

MIGRATION, RESIDENCE, CODE_CHANGE = "ga_migration", "ga_residence", "ga_code_change"
MARRIAGE, MINIMUM = "mz_marriage", "mz_minimum_living"
BIRTH, DEATH, RECORD = "wj_birth", "wj_death", "wj_health_record"
MEDICAL, FUND = "yb_medical_insurance", "gjj_housing_fund"
SCHOOL, DISABILITY = "jy_school_roll", "cl_disability"


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
