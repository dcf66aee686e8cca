"""The household register of the police: everybody who has a household here and is alive."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.companies import moments
from simulation.numbers import compact_dates
from simulation.people import phones
from simulation.register import PERSON, Habits, Register
from simulation.world import Block, World

_STREAM = 6
_RENAMED = 0.02
_OF_AGE_FOR_A_PHONE = 14


def ga_household(world: World, block: Block) -> pd.DataFrame:
    """One row per person, with ``contact``, which no entry of the catalogue has. The dead are struck off."""
    rng = world.rng(_STREAM, block.number)
    people = block.people[block.people["died"].isna()]
    count = len(people)
    names = people["name"].to_numpy().astype("U16")
    given = np.where(
        people["sex"] == "1", rng.choice(world.pools.given_male, count), rng.choice(world.pools.given_female, count)
    )
    former = np.strings.add(np.strings.slice(names, 0, 1), given)
    renamed = (rng.random(count) < _RENAMED) & (people["special"] == "").to_numpy() & (former != names)
    return pd.DataFrame(
        {
            "citizen_id": people["citizen_id"],
            "name": people["name"],
            "former_name": np.where(renamed, former, ""),
            "sex": people["sex"],
            "ethnicity": people["ethnicity"],
            "birth_date": compact_dates(people["birth"].to_numpy().astype("datetime64[D]")),
            "division": people["division"],
            "address": people["address"],
            "household_no": people["household_no"],
            "relation": people["relation"],
            "updated_at": moments(rng, count, world.as_of),
            "contact": np.where(people["age"] >= _OF_AGE_FOR_A_PHONE, phones(rng, count), ""),
        },
        index=people.index,
    )


REGISTERS = {
    "ga_household": Register(ga_household, PERSON, Habits(outside={"联系电话": "contact"}, line_end="\r\n")),
}
