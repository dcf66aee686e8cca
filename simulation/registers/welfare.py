"""What the disabled persons' federation holds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.days import between, chinese, days, span, updated, yesterday
from simulation.register import PERSON, Habits, Register
from simulation.world import Block, World

_STREAM = 260
_RATE_YOUNG, _RATE_OLD, _OLD = 0.004, 0.014, 60
_KINDS = (0.12, 0.12, 0.02, 0.55, 0.08, 0.09, 0.02)
"""Shares of sight, hearing, speech, limbs, intellect, mind and several (GB/T 26341, codes 1 to 7)."""
_LEVELS = (0.15, 0.3, 0.3, 0.25)
_TERM = 3_652


def cl_disability(world: World, block: Block) -> pd.DataFrame:
    """The certificates in force, one a person; the number is the citizen id, the kind and the level (20 characters)."""
    rng = world.rng(_STREAM, block.number)
    people = block.people
    rate = np.where(people["age"] >= _OLD, _RATE_OLD, _RATE_YOUNG)
    holders = people[(rng.random(len(people)) < rate) & people["died"].isna() & (people["age"] >= 1)]
    kind = rng.choice([str(one + 1) for one in range(len(_KINDS))], len(holders), p=_KINDS)
    level = rng.choice([str(one + 1) for one in range(len(_LEVELS))], len(holders), p=_LEVELS)
    last = yesterday(world.as_of, len(holders))
    issued = between(rng, np.maximum(days(holders["birth"]) + span(200), last - span(_TERM - 100)), last)
    number = np.strings.add(holders["citizen_id"].to_numpy().astype("U18"), np.strings.add(kind, level))
    return pd.DataFrame(
        {
            "certificate_no": number,
            "citizen_id": holders["citizen_id"],
            "name": holders["name"],
            "kind": kind,
            "level": level,
            "issued_on": chinese(issued),
            "valid_to": chinese(issued + span(_TERM)),
            "updated_at": updated(rng, issued, world.as_of),
        },
        index=holders.index,
    )


REGISTERS = {"cl_disability": Register(cl_disability, PERSON, Habits(byte_order_mark=True))}
