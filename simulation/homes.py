"""Where people live today, which for some is not where they are registered.

A household in twenty has moved to another home of the city and left its registration behind (人户分离). Those who are
registered in another city live where `Block.migrants` says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from simulation.days import day, span
from simulation.scatter import below, shares

if TYPE_CHECKING:
    from simulation.world import Block, World

HOME = ["door", "building_no", "unit", "room"]
_AWAY_SHARE = 0.05
_AWAY, _WHERE, _SINCE = 201, 202, 203
_LONGEST = 1_500


def away(world: World, block: Block) -> pd.DataFrame:
    """The living who have another home in the city than the one they are registered at.

    Returns:
        The columns of `HOME`, ``division`` of the new home (text), and ``since`` (datetime64[s]), by person; a household
        moves as one.
    """
    people = block.people
    household = people["household"].to_numpy()
    moved = (shares(household, world.seed, _AWAY) < _AWAY_SHARE) & people["died"].isna().to_numpy()
    gone = household[moved]
    # The home of any other household serves as the new one: two families under one roof contradict nothing.
    where = below(gone, int(household[-1]) + 1, world.seed, _WHERE)
    door = world.ground.door_of_household(where)
    building_no, unit, room = world.ground.rooms(where)
    since = day(world.as_of) - span(30 + below(gone, _LONGEST, world.seed, _SINCE))
    return pd.DataFrame(
        {
            "door": door,
            "building_no": building_no,
            "unit": unit,
            "room": room,
            "division": world.ground.division_of_door(door).astype("U6"),
            "since": since.astype("datetime64[s]"),
        },
        index=people.index[moved],
    )


def homes(world: World, block: Block) -> pd.DataFrame:
    """The home of everybody who lives here, the columns of `HOME`, by person."""
    everybody = block.residents[HOME].copy()
    elsewhere = away(world, block)
    for column in HOME:
        everybody.loc[elsewhere.index, column] = elsewhere[column]
    return everybody.astype({"door": np.int64})
