"""What the police and the tax office hold about people, before any error is planted.

Each function turns the true people into the rows of one resource, items as text, one row per person.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from simulation.companies import moments
from simulation.numbers import compact_dates
from simulation.people import make_migrants, phones
from simulation.pools import Pools

MIGRANTS = 0.03
"""People insured here without a household register here, as a share of those who have one."""
_INSURED = 0.6
_ADULT, _PENSION = 18, 60


def household_register(people: pd.DataFrame, *, seed: int, as_of: date, pools: Pools) -> pd.DataFrame:
    """ga_household of everybody, with the column ``contact`` that its catalogue entry does not have."""
    rng = np.random.default_rng([seed, 6])
    count = len(people)
    renamed = (rng.random(count) < 0.02) & (people["special"] == "").to_numpy()
    family = people["name"].str[:1].to_numpy().astype("U1")
    given = np.where(people["sex"] == "1", rng.choice(pools.given_male, count), rng.choice(pools.given_female, count))
    former = np.strings.add(family, given)
    renamed &= former != people["name"].to_numpy().astype("U16")
    table = people.drop(columns=["birth", "age", "special"])
    table.insert(2, "former_name", np.where(renamed, former, ""))
    table.insert(5, "birth_date", compact_dates(people["birth"].to_numpy().astype("datetime64[D]")))
    table["contact"] = np.where(people["age"] >= 14, phones(rng, count), "")
    table["updated_at"] = moments(rng, count, as_of)
    return table


def insurance_register(
    people: pd.DataFrame, employers: pd.Series, *, seed: int, as_of: date, pools: Pools
) -> pd.DataFrame:
    """sw_social_insurance: 60 % of the adults, and migrants, whose index follows that of the people.

    Args:
        people: the true people.
        employers: credit codes of those who employ, the larger ones first.
        seed: of the city.
        as_of: nobody is insured from a later day.
        pools: the words of the city.
    """
    rng = np.random.default_rng([seed, 7])
    dotted = (people["special"] == "dotted").to_numpy()
    taken = (people["age"] >= _ADULT).to_numpy() & ((rng.random(len(people)) < _INSURED) | dotted)
    migrants = make_migrants(max(5, int(len(people) * MIGRANTS)), seed=seed, as_of=as_of, pools=pools)
    migrants.index = pd.RangeIndex(len(people), len(people) + len(migrants))
    insured = pd.concat([people.loc[taken, ["citizen_id", "name", "age"]], migrants])
    count = len(insured)
    age = insured["age"].to_numpy()
    years = np.minimum(age - _ADULT, 20)
    since = np.datetime64(as_of, "D") - (years * rng.random(count) * 365 + 1).astype("timedelta64[D]")
    active = np.where(rng.random(count) < 0.93, "1", "2")
    place = (len(employers) * rng.random(count) ** 2).astype(np.int64)
    return pd.DataFrame(
        {
            "citizen_id": insured["citizen_id"],
            "name": insured["name"],
            "phone": phones(rng, count),
            "employer_code": employers.to_numpy()[place],
            "insured_from": np.datetime_as_string(since, unit="D"),
            "insured_state": np.where(age >= _PENSION, "4", active),
            "updated_at": moments(rng, count, as_of),
        },
        index=insured.index,
    )
