"""The household register of the police: everybody who has a household here and is alive."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation import addresses
from simulation.companies import moments
from simulation.contacts import mobile_numbers
from simulation.numbers import compact_dates
from simulation.register import PERSON, Habits, Register
from simulation.world import Block, World

_STREAM = 6
_RENAMED = 0.02
_OF_AGE_FOR_A_PHONE = 14


def ga_household(world: World, block: Block) -> pd.DataFrame:
    """One row per person; the dead are struck off.

    Besides the items: ``contact``, which is delivered though no entry of the catalogue has it, and ``door``,
    ``building_no`` and ``form`` of the address.
    """
    rng = world.rng(_STREAM, block.number)
    people = block.people[block.people["died"].isna()]
    count = len(people)
    names = people["name"].to_numpy().astype("U16")
    given = np.where(
        people["sex"] == "1", rng.choice(world.pools.given_male, count), rng.choice(world.pools.given_female, count)
    )
    former = np.strings.add(np.strings.slice(names, 0, 1), given)
    renamed = (rng.random(count) < _RENAMED) & (people["special"] == "").to_numpy() & (former != names)
    form = addresses.forms(world.ground, "ga_household", people["household"], people["door"])
    return pd.DataFrame(
        {
            "citizen_id": people["citizen_id"],
            "name": people["name"],
            "former_name": np.where(renamed, former, ""),
            "sex": people["sex"],
            "ethnicity": people["ethnicity"],
            "birth_date": compact_dates(people["birth"].to_numpy().astype("datetime64[D]")),
            "division": people["division"],
            "address": addresses.write(world.ground, people, form),
            "household_no": people["household_no"],
            "relation": people["relation"],
            "updated_at": moments(rng, count, world.as_of),
            "contact": np.where(people["age"] >= _OF_AGE_FOR_A_PHONE, mobile_numbers(world, people.index), ""),
            "door": people["door"],
            "building_no": people["building_no"],
            "form": form,
        },
        index=people.index,
    )


REGISTERS = {
    "ga_household": Register(ga_household, PERSON, Habits(outside={"联系电话": "contact"}, line_end="\r\n")),
}
